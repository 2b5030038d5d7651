package workload

import (
	"fmt"
	"strconv"
	"strings"
)

// Node is a device node of a disk or of a slice of it, as its name says.
type Node struct {
	Disk  string // disk5
	Slice int    // 2 of disk5s2; 0 is the whole disk
	Raw   bool   // rdisk5: the character device
}

// ParseNode reads disk5, rdisk5s2, /dev/disk5 and the like. It is false for
// anything else, also for numbers with leading zeros, which no node has.
func ParseNode(path string) (Node, bool) {
	name := strings.TrimPrefix(path, "/dev/")
	rest, raw := strings.CutPrefix(name, "r")
	digits, ok := strings.CutPrefix(rest, "disk")
	if !ok {
		return Node{}, false
	}
	unit, slice, sliced := strings.Cut(digits, "s")
	n := Node{Disk: "disk" + unit, Raw: raw}
	if _, ok := decimal(unit); !ok {
		return Node{}, false
	}
	if sliced {
		if n.Slice, ok = decimal(slice); !ok || n.Slice == 0 {
			return Node{}, false
		}
	}
	return n, true
}

// Identifier is the name without its directory and without the r: disk5s2.
func (n Node) Identifier() string {
	if n.Slice == 0 {
		return n.Disk
	}
	return fmt.Sprintf("%ss%d", n.Disk, n.Slice)
}

// Path is the name in /dev: /dev/rdisk5s2.
func (n Node) Path() string {
	if n.Raw {
		return "/dev/r" + n.Identifier()
	}
	return "/dev/" + n.Identifier()
}

// decimal reads a number as a device node writes it.
func decimal(s string) (int, bool) {
	if s == "" || len(s) > 4 || s[0] == '0' && s != "0" {
		return 0, false
	}
	v, err := strconv.ParseUint(s, 10, 16)
	return int(v), err == nil
}
