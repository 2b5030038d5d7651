package workload

import (
	"fmt"
	"slices"
	"strings"
)

// dd is a dd(1) command: that of macOS, which is FreeBSD's with fdatasync left
// out (file_cmds, dd/dd.h). Conversions that change bytes are not modelled.
type dd struct {
	in, out     string
	inFlags     Flags
	outFlags    Flags
	inputBytes  uint64 // ibs
	outputBytes uint64 // obs
	whole       bool   // bs was given: blocks go out as they came in
	counted     bool
	count       uint64 // input blocks
	skip, seek  uint64 // blocks of the input, of the output
	seeks       bool   // seek was given, also as 0

	goOnAfterErrors bool // conv=noerror
	keepLength      bool // conv=notrunc
	padInput        bool // conv=sync
	padOutput       bool // conv=osync
	fsync           bool // conv=fsync: a plain fsync(2) before close

	quiet, terse bool // status=none, status=noxfer
}

// What dd knows: first what is modelled, then the rest of it.
const (
	ddOperands      = "if of bs ibs obs count skip iseek seek oseek conv iflag oflag status"
	ddOtherOperands = "cbs files fillchar speed"

	ddConversions = "fsync noerror notrunc osync sync"
	// These change bytes, or hang on what the bytes are.
	ddByteConversions = "ascii block ebcdic ibm lcase oldascii oldebcdic oldibm " +
		"pareven parnone parodd parset sparse swab ucase unblock"

	ddInputFlags  = "direct fsync fullblock sync"
	ddOutputFlags = "direct fsync sync"
	ddStatuses    = "none noxfer progress"
)

const defaultBlockBytes = 512 // FreeBSD bin/dd/args.c, jcl

func parseDD(tool word, args []word) (Tool, error) {
	d := &dd{inputBytes: defaultBlockBytes, outputBytes: defaultBlockBytes}
	var seen []string
	for _, a := range args {
		name, value, ok := strings.Cut(a.text, "=")
		if !ok {
			return Tool{}, a.fault("dd", meant(name, ddOperands)+"dd takes operand=value with "+ddOperands,
				"%q is no operand", a.text)
		}
		if value == "" {
			return Tool{}, a.fault("dd", "write a value after the =", "no value for %s", name)
		}
		canonical := strings.NewReplacer("iseek", "skip", "oseek", "seek").Replace(name)
		if canonical != "conv" && slices.Contains(seen, canonical) {
			return Tool{}, a.fault("dd", "leave one of them out", "%s was already given", canonical)
		}
		seen = append(seen, canonical)
		if err := d.operand(a, name, value); err != nil {
			return Tool{}, err
		}
	}
	return d.tool(tool, args)
}

func (d *dd) operand(a word, name, value string) error {
	switch name {
	case "if":
		d.in = value
	case "of":
		d.out = value
	case "bs", "ibs", "obs", "count", "skip", "iseek", "seek", "oseek":
		v, ok := ddNumber(value)
		if !ok {
			return a.fault("dd", "write a number such as 512, 64k, 1m or 2x80k (b is 512; k m g t p are powers of 1024)",
				"%s is not a number: %q", name, value)
		}
		return d.number(a, name, v)
	case "conv":
		return d.each(a, value, d.conversion)
	case "iflag":
		return d.each(a, value, d.inputFlag)
	case "oflag":
		return d.each(a, value, d.outputFlag)
	case "status":
		switch value {
		case "none":
			d.quiet = true
		case "noxfer":
			d.terse = true
		case "progress": // its lines come once a second and change nothing
		default:
			return a.fault("dd", meant(value, ddStatuses)+"dd knows "+ddStatuses, "unknown status %q", value)
		}
	default:
		if listed(ddOtherOperands, name) {
			return a.fault("dd", "leave it out", "dd knows %s=, but it is not modelled", name)
		}
		return a.fault("dd", meant(name, ddOperands)+"dd knows "+ddOperands, "unknown operand %q", name)
	}
	return nil
}

func (d *dd) number(a word, name string, v uint64) error {
	size := name == "bs" || name == "ibs" || name == "obs"
	if size && v == 0 {
		return a.fault("dd", "write 1 or more bytes, for instance 1m", "%s must not be 0", name)
	}
	switch name {
	case "bs":
		d.inputBytes, d.outputBytes, d.whole = v, v, true
	case "ibs":
		if !d.whole {
			d.inputBytes = v
		}
	case "obs":
		if !d.whole {
			d.outputBytes = v
		}
	case "count":
		d.count, d.counted = v, true
	case "skip", "iseek":
		d.skip = v
	case "seek", "oseek":
		d.seek, d.seeks = v, true
	}
	return nil
}

// each calls set for every name of a comma-separated list.
func (d *dd) each(a word, list string, set func(word, string) error) error {
	for name := range strings.SplitSeq(list, ",") {
		if err := set(a, name); err != nil {
			return err
		}
	}
	return nil
}

func (d *dd) conversion(a word, name string) error {
	switch name {
	case "fsync":
		d.fsync = true
	case "noerror":
		d.goOnAfterErrors = true
	case "notrunc":
		d.keepLength = true
	case "osync":
		d.padOutput = true
	case "sync":
		d.padInput = true
	case "fdatasync":
		return a.fault("dd", "did you mean conv=fsync?", "conv=fdatasync is not in the dd of macOS")
	default:
		if listed(ddByteConversions, name) {
			return a.fault("dd", "leave it out: the model carries which write a block came from, not its bytes", "conv=%s looks at bytes", name)
		}
		return a.fault("dd", meant(name, ddConversions)+"modelled are "+ddConversions, "unknown conversion %q", name)
	}
	return nil
}

func (d *dd) inputFlag(a word, name string) error {
	switch name {
	case "direct":
		d.inFlags |= NoCache
	case "fsync", "sync":
		d.inFlags |= OSync
	case "fullblock": // no read here is ever short before the end
	default:
		return a.fault("dd", meant(name, ddInputFlags)+"dd knows "+ddInputFlags, "unknown iflag %q", name)
	}
	return nil
}

func (d *dd) outputFlag(a word, name string) error {
	switch name {
	case "direct":
		d.outFlags |= NoCache
	case "fsync", "sync":
		d.outFlags |= OSync
	default:
		return a.fault("dd", meant(name, ddOutputFlags)+"dd knows "+ddOutputFlags, "unknown oflag %q", name)
	}
	return nil
}

// tool checks the operands against each other.
func (d *dd) tool(name word, args []word) (Tool, error) {
	where := func(operand string) word {
		for _, a := range args {
			if strings.HasPrefix(a.text, operand+"=") {
				return a
			}
		}
		return name
	}
	switch {
	case d.in == "":
		return Tool{}, name.fault("dd", "say where from, for instance if=/dev/random", "there is no if=, and no standard input")
	case d.out == "":
		return Tool{}, name.fault("dd", "say where to, for instance of=/dev/disk5 or of=/dev/null", "there is no of=, and no standard output")
	case d.padOutput && d.whole:
		return Tool{}, where("conv").fault("dd", "give obs= instead of bs=", "conv=osync does nothing with bs=")
	}
	source, fromDisk := ParseNode(d.in)
	target, toDisk := ParseNode(d.out)
	if !d.counted && (endless(d.in) || fromDisk) {
		return Tool{}, where("if").fault("dd", "add count=, for instance count=64", "%s", d.endlessly(fromDisk, toDisk))
	}
	t := Tool{Name: "dd", Kind: DD, Run: d.run, Inputs: []string{d.in}, Output: d.out, ReadBack: fromDisk && !toDisk}
	t.Disk = target.Disk
	if !toDisk {
		t.Disk = source.Disk
	}
	for _, p := range []struct {
		operand       string
		bytes, blocks uint64
	}{{"count", d.inputBytes, d.count}, {"skip", d.inputBytes, d.skip}, {"seek", d.outputBytes, d.seek}} {
		if _, ok := times(p.bytes, p.blocks); !ok {
			return Tool{}, where(p.operand).fault("dd", "take fewer blocks", "%s times the block size is beyond 2^63 bytes", p.operand)
		}
	}
	t.Bytes = d.count * d.inputBytes
	return t, nil
}

// endlessly says what dd would do without count=.
func (d *dd) endlessly(fromDisk, toDisk bool) string {
	switch {
	case toDisk:
		return fmt.Sprintf("%s has no early end: this would write the whole of %s, 66 TB on the disk modelled by default", d.in, d.out)
	case fromDisk:
		return fmt.Sprintf("this would read the whole of %s, 66 TB on the disk modelled by default", d.in)
	}
	return fmt.Sprintf("%s never ends", d.in)
}

// endless tells whether reading the path never comes to an end.
func endless(path string) bool {
	return path == "/dev/zero" || path == "/dev/random" || path == "/dev/urandom"
}
