package workload

import (
	"strings"

	"tbraid/internal/block"
)

// dd explains a dd line. What an operand of size or place does depends on the
// ends: a device node, a file, or nothing of the box.
func (e *explainer) dd() {
	d := &dd{inputBytes: defaultBlockBytes, outputBytes: defaultBlockBytes}
	e.args(func(i int, text string) {
		name, value, _ := strings.Cut(text, "=")
		_ = d.operand(e.words[i], name, value) // Parse has taken it
	})
	e.add(e.first, "", "dd")
	e.args(func(i int, text string) {
		name, value, _ := strings.Cut(text, "=")
		values := []string{value}
		if name == "conv" || name == "iflag" || name == "oflag" {
			values = strings.Split(value, ",")
		}
		for _, v := range values {
			part := ""
			if len(values) > 1 {
				part = v
			}
			e.add(i, part, d.key(name, v, e.hosts))
		}
	})
}

// key is the text of an operand with this value.
func (d *dd) key(name, value string, hosts []Limits) string {
	in, out := place(d.in), place(d.out)
	switch name {
	case "if":
		return "dd if " + in
	case "of":
		return "dd of " + out
	case "bs":
		if listed(onBox, out) {
			return "dd obs " + out + whole(out, d.outputBytes, hosts)
		}
		return "dd ibs " + in
	case "ibs", "obs":
		switch {
		case d.whole:
			return "dd " + name + " ignored"
		case name == "ibs":
			return "dd ibs " + in
		}
		return "dd obs " + out + whole(out, d.outputBytes, hosts)
	case "skip", "iseek":
		return "dd skip " + in
	case "seek", "oseek":
		return "dd seek " + out
	case "conv":
		if value == "fsync" {
			return "dd conv fsync " + out
		}
		return "dd conv " + value
	case "oflag":
		if value == "fsync" {
			value = "sync" // dd takes either word for O_SYNC
		}
		return "dd oflag " + value + " " + out
	case "iflag":
		if value == "fsync" {
			value = "sync"
		}
		return "dd iflag " + value
	}
	if name == "status" {
		return "dd status " + value
	}
	return "dd " + name
}

// whole tells blocks that fit the node from those that do not: the pages of the
// buffered one, the blocks of the raw one.
func whole(out string, bytes uint64, hosts []Limits) string {
	switch out {
	case "raw":
		if bytes%block.Size != 0 {
			return " odd"
		}
	case "buffered":
		for _, h := range hosts {
			if bytes%h.PageBytes != 0 {
				return " odd"
			}
		}
	}
	return ""
}
