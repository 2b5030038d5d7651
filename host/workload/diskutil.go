package workload

import (
	"fmt"
	"strconv"
	"strings"
)

// The verbs of diskutil(8) that are modelled.
const diskutilVerbs = "list info partitionDisk eraseDisk mount unmount unmountDisk eject"

// diskutilFilters are the words between list and the disk.
const diskutilFilters = "internal external physical virtual"

func parseDiskutil(tool word, args []word) (Tool, error) {
	if len(args) == 0 {
		return Tool{}, tool.fault("diskutil", "add one of "+diskutilVerbs, "there is no verb")
	}
	verb, rest := args[0], args[1:]
	for _, a := range rest {
		if a.text == "-plist" {
			return Tool{}, a.fault("diskutil", "leave it out", "-plist is not modelled")
		}
	}
	t := Tool{Name: "diskutil", Kind: Diskutil}
	var err error
	switch strings.ToLower(verb.text) { // diskutil takes its verbs in any case
	case "list":
		err = parseList(&t, rest)
	case "info", "information":
		err = parseOnNode(&t, verb, rest, runInfo)
	case "mount":
		err = parseOnNode(&t, verb, rest, runMount)
	case "unmount", "umount":
		err = parseUnmount(&t, verb, rest)
	case "unmountdisk":
		err = parseUnmountDisk(&t, verb, rest)
	case "eject":
		err = parseOnNode(&t, verb, rest, runEject)
	case "partitiondisk":
		err = parsePartitionDisk(&t, verb, rest)
	case "erasedisk":
		err = parseEraseDisk(&t, verb, rest)
	default:
		err = verb.fault("diskutil", meant(verb.text, diskutilVerbs)+"modelled are "+diskutilVerbs, "unknown verb %q", verb.text)
	}
	return t, err
}

// onDisk notes what the tool works on.
func (t *Tool) onDisk(n Node) { t.Disk, t.Output = n.Disk, n.Identifier() }

func parseNodeWord(w word) (Node, error) {
	n, ok := ParseNode(w.text)
	if !ok {
		return Node{}, w.fault("diskutil", "name it as disk5, disk5s2 or /dev/disk5", "%q is not a disk", w.text)
	}
	return n, nil
}

func parseWholeDisk(w word) (Node, error) {
	n, err := parseNodeWord(w)
	if err == nil && n.Slice != 0 {
		err = w.fault("diskutil", "name the whole disk: "+n.Disk, "%s is a slice", n.Identifier())
	}
	return n, err
}

// exactly asks for one operand.
func exactly(verb word, args []word, what string) error {
	switch {
	case len(args) == 0:
		return verb.fault("diskutil", "name "+what, "%s of what?", verb.text)
	case len(args) > 1:
		return args[1].fault("diskutil", verb.text+" takes one operand", "one operand too many: %q", args[1].text)
	}
	return nil
}

func parseOnNode(t *Tool, verb word, args []word, run func(Shell, Node) int) error {
	if err := exactly(verb, args, "a disk such as disk5"); err != nil {
		return err
	}
	n, err := parseNodeWord(args[0])
	if err != nil {
		return err
	}
	t.onDisk(n)
	t.Run = func(sh Shell) int { return run(sh, n) }
	return nil
}

func parseList(t *Tool, args []word) error {
	var n Node
	for i, a := range args {
		switch {
		case listed(diskutilFilters, a.text):
			continue // one external disk is all there is
		case i != len(args)-1:
			return a.fault("diskutil", "put the disk last", "unknown filter %q", a.text)
		}
		var err error
		if n, err = parseNodeWord(a); err != nil {
			return err
		}
		t.onDisk(n)
	}
	t.Run = func(sh Shell) int { return runList(sh, n.Disk) }
	return nil
}

// forced takes a leading "force" off the operands.
func forced(args []word) ([]word, Flags) {
	if len(args) > 1 && args[0].text == "force" {
		return args[1:], Force
	}
	return args, 0
}

func parseUnmount(t *Tool, verb word, args []word) error {
	args, flags := forced(args)
	if err := exactly(verb, args, "a volume such as disk5s2 or /Volumes/RAID"); err != nil {
		return err
	}
	path := args[0].text
	n, isNode := ParseNode(path)
	switch {
	case isNode && n.Slice == 0:
		return args[0].fault("diskutil", "use unmountDisk "+n.Disk+", or name a slice of it", "%s is a whole disk", n.Disk)
	case isNode:
		t.onDisk(n)
		path = n.Identifier()
	case !strings.HasPrefix(path, "/"):
		return args[0].fault("diskutil", "name it as disk5s2 or /Volumes/RAID", "%q is not a volume", path)
	default:
		t.Output = path
	}
	t.Run = func(sh Shell) int { return runUnmount(sh, path, flags) }
	return nil
}

func parseUnmountDisk(t *Tool, verb word, args []word) error {
	args, flags := forced(args)
	if err := exactly(verb, args, "a disk such as disk5"); err != nil {
		return err
	}
	n, err := parseNodeWord(args[0])
	if err != nil {
		return err
	}
	t.onDisk(Node{Disk: n.Disk})
	t.Run = func(sh Shell) int { return runUnmountDisk(sh, n.Disk, flags) }
	return nil
}

// parsePartitionDisk reads DISK [count] [GPT|MBR|APM] FORMAT NAME SIZE ...
func parsePartitionDisk(t *Tool, verb word, args []word) error {
	if len(args) == 0 {
		return verb.fault("diskutil", "write partitionDisk disk5 GPT JHFS+ RAID 100%", "partitionDisk of what?")
	}
	n, err := parseWholeDisk(args[0])
	if err != nil {
		return err
	}
	p := &partitioning{disk: n.Disk, scheme: gpt()}
	args = args[1:]
	count, counted := 0, word{}
	if len(args) > 0 {
		if v, err := strconv.Atoi(args[0].text); err == nil {
			count, counted, args = v, args[0], args[1:]
		}
	}
	if len(args) > 0 {
		if s, ok := schemeNamed(args[0].text); ok {
			p.scheme, args = s, args[1:]
		}
	}
	if len(args) == 0 || len(args)%3 != 0 {
		last := verb
		if len(args) > 0 {
			last = args[len(args)-1]
		}
		return last.fault("diskutil", "write FORMAT NAME SIZE for each partition, for instance JHFS+ RAID 100%",
			"%d words where threes are due", len(args))
	}
	for ; len(args) > 0; args = args[3:] {
		part, err := parsePartition(args[0], args[1], args[2])
		if err != nil {
			return err
		}
		p.parts = append(p.parts, part)
	}
	if counted.text != "" && count != len(p.parts) {
		return counted.fault("diskutil", fmt.Sprintf("write %d, or leave the number out", len(p.parts)),
			"%d partitions announced and %d given", count, len(p.parts))
	}
	t.onDisk(n)
	t.Run = p.partitionDisk
	return nil
}

// parseEraseDisk reads FORMAT NAME [GPT|MBR|APM] DISK.
func parseEraseDisk(t *Tool, verb word, args []word) error {
	if len(args) < 3 || len(args) > 4 {
		return verb.fault("diskutil", "write eraseDisk JHFS+ RAID disk5", "eraseDisk takes a format, a name and a disk")
	}
	last := args[len(args)-1]
	n, err := parseWholeDisk(last)
	if err != nil {
		return err
	}
	p := &partitioning{disk: n.Disk, scheme: gpt()}
	if len(args) == 4 {
		s, ok := schemeNamed(args[2].text)
		if !ok {
			return args[2].fault("diskutil", "use GPT, MBR or APM", "unknown partition scheme %q", args[2].text)
		}
		p.scheme = s
	}
	part, err := parsePartition(args[0], args[1], word{"R", args[1].column})
	if err != nil {
		return err
	}
	p.parts = []partition{part}
	t.onDisk(n)
	t.Run = p.eraseDisk
	return nil
}

func parsePartition(formatWord, name, size word) (partition, error) {
	f, ok := formatNamed(formatWord.text)
	if !ok {
		return partition{}, formatWord.fault("diskutil", meant(formatWord.text, formatNames)+"modelled are "+formatNames,
			"unknown format %q", formatWord.text)
	}
	if name.text == "" || strings.ContainsAny(name.text, "/:\x00") {
		return partition{}, name.fault("diskutil", "write a name without / and :", "%q cannot be a volume name", name.text)
	}
	s, ok := parseSize(size.text)
	if !ok {
		return partition{}, size.fault("diskutil", sizeRemedy, "%q is not a size", size.text)
	}
	return partition{format: f, name: name.text, size: s}, nil
}

const sizeRemedy = "write 100%, R for the remainder, or a number with b k m g t p (powers of 1000), " +
	"ki mi gi ti pi (of 1024) or s (blocks of 512)"

// size is how much of a disk a partition takes.
type size struct {
	bytes     uint64
	percent   uint64
	remainder bool
}

// parseSize reads a size as diskutil(8) describes it under SIZES: a number,
// with a fraction if it has a unit, and 0 or R for what is left.
func parseSize(s string) (size, bool) {
	if s == "R" || s == "r" {
		return size{remainder: true}, true
	}
	end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	number, unit := s, "b"
	if end >= 0 {
		number, unit = s[:end], strings.ToLower(s[end:])
	}
	whole, fraction, _ := strings.Cut(number, ".")
	w, err := strconv.ParseUint(whole, 10, 62)
	if err != nil || len(fraction) > 6 {
		return size{}, false
	}
	scale := uint64(1)
	for range len(fraction) {
		scale *= 10
	}
	f := uint64(0)
	if fraction != "" {
		if f, err = strconv.ParseUint(fraction, 10, 62); err != nil {
			return size{}, false
		}
	}
	if unit == "%" {
		return size{percent: w}, w > 0 && w <= 100 && fraction == ""
	}
	m := unitBytes(unit)
	bytes, ok := times(w, m)
	more, fits := times(f, m)
	if m == 0 || !ok || !fits {
		return size{}, false
	}
	bytes += more / scale
	return size{bytes: bytes, remainder: bytes == 0}, true
}

// unitBytes is a unit of diskutil(8) in bytes, 0 if it is none.
func unitBytes(unit string) uint64 {
	if unit == "b" {
		return 1
	}
	if unit == "s" {
		return 512
	}
	prefix := strings.IndexByte("kmgtp", unit[0])
	if prefix < 0 {
		return 0
	}
	step := uint64(1000)
	switch unit[1:] {
	case "", "b":
	case "i", "ib":
		step = 1024
	default:
		return 0
	}
	n := step
	for range prefix {
		n *= step
	}
	return n
}
