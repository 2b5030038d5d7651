package main

import (
	"fmt"
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/internal/block"
)

// region is what a dd writes on a disk.
type region struct {
	node   workload.Node
	extent block.Extent // rounded to whole blocks, cut at the end of the volume
	// As dd counts it, for a dd that reads the same back.
	blockSize   string
	seek, count uint64
}

// regions lists what the command lines of a scenario write to a disk by dd, each
// region once.
func regions(s *configs.Scenario) []region {
	var all []region
	for _, step := range s.Cases[0].Steps {
		if step.Kind != configs.Run || step.Tool.Kind != workload.DD {
			continue
		}
		if w, ok := regionOf(step.Tool, s); ok && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}

// regionOf works out what a dd writes to a disk; false if it writes none, or
// nothing.
func regionOf(t workload.Tool, s *configs.Scenario) (region, bool) {
	node, ok := workload.ParseNode(t.Output)
	if !ok {
		return region{}, false
	}
	op := operands(t.Line)
	w := region{node: node, blockSize: op.first("512", "bs", "obs"), seek: number(op.first("0", "seek", "oseek"))}
	size := number(w.blockSize)
	bytes := t.Bytes
	if length, file := fileSize(t.Inputs[0], s.Files); file {
		skip := number(op.first("0", "skip", "iseek")) * number(op.first("512", "bs", "ibs"))
		rest := length - min(skip, length)
		if bytes = min(bytes, rest); op.first("", "count") == "" {
			bytes = rest
		}
	}
	volume := block.Extent{Blocks: s.VolumeBlocks()}
	start := w.seek * size
	first := start / block.Size
	w.extent = block.Extent{Start: block.LBA(first), Blocks: (start+bytes+block.Size-1)/block.Size - first}.Intersect(volume)
	w.count = (bytes + size - 1) / size
	return w, bytes > 0 && !w.extent.Empty()
}

// readBack is the command line that reads the region through the buffered node.
func (w region) readBack() string {
	node := w.node
	node.Raw = false
	line := fmt.Sprintf("dd if=%s of=/tmp/readback bs=%s count=%d", node.Path(), w.blockSize, w.count)
	if w.seek > 0 {
		line += fmt.Sprintf(" skip=%d", w.seek)
	}
	return line
}

// operandValues are the operands of a dd by name.
type operandValues map[string]string

// operands takes a line apart that workload.Parse has accepted: a quote in an
// operand of digits and letters has no effect.
func operands(line string) operandValues {
	op := operandValues{}
	for _, word := range strings.Fields(strings.NewReplacer(`"`, "", "'", "", `\`, "").Replace(line)) {
		if name, value, ok := strings.Cut(word, "="); ok {
			op[name] = value
		}
	}
	return op
}

// first is the value of the first operand of the names that was given.
func (op operandValues) first(otherwise string, names ...string) string {
	for _, n := range names {
		if v, ok := op[n]; ok {
			return v
		}
	}
	return otherwise
}

// number is the value of a number as dd writes it, 1m or 2x80k: dd itself knows.
func number(text string) uint64 {
	t, err := workload.Parse("dd if=/dev/zero of=/dev/null bs=1 count=" + text)
	if err != nil {
		return 0 // beyond 2^63: the line itself was refused
	}
	return t.Bytes
}

// fileSize is the size of a declared file.
func fileSize(path string, files []configs.File) (uint64, bool) {
	for _, f := range files {
		if slices.Contains(f.Paths(), path) {
			return f.Size, true
		}
	}
	return 0, false
}
