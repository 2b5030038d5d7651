package workload

import (
	"fmt"

	"tbraid/internal/block"
)

func (p *partitioning) partitionDisk(sh Shell) int {
	sh.Print("Started partitioning on " + p.disk)
	if !p.run(sh) {
		return 1
	}
	sh.Print("Finished partitioning on " + p.disk)
	return runList(sh, p.disk)
}

func (p *partitioning) eraseDisk(sh Shell) int {
	sh.Print("Started erase on " + p.disk)
	if !p.run(sh) {
		return 1
	}
	sh.Print("Finished erase on " + p.disk)
	return 0
}

// Numbers and texts of diskutil's errors. -69825 and -69832 are as users quote
// them from the command line, -69877, -69888 and -69659 as from Disk Utility.
const (
	errCannotOpen    = "Error: -69877: Couldn't open device"
	errCannotUnmount = "Error: -69888: Couldn't unmount disk"
	errWipe          = "Error: -69825: Wiping volume data to prevent future accidental probing failed"
	errFormatter     = "Error: -69832: File system formatter failed"
	errTooLarge      = "Error: -69659: The disk is too large to be supported by the given partition scheme"
	errMap           = "Error: -69874: Couldn't modify partition map" // [G] text from memory
)

// run is the common part: unmount, wipe, map, file systems. What diskutil itself
// does is closed: the order follows its messages, and that its wipe is wipefs(3)
// on the raw node is inferred.
func (p *partitioning) run(sh Shell) bool {
	d := sh.Call(Call{Op: Describe, Path: p.disk})
	if d.Err != OK || d.Disk == nil {
		return refuse(sh, "Unable to find disk for "+p.disk)
	}
	blocks := d.Disk.SizeBytes / block.Size
	if blocks > p.scheme.mostBlocks {
		return refuse(sh, errTooLarge)
	}
	m, fits := p.layout(blocks)
	if !fits {
		return refuse(sh, "Error: the partitions do not fit on "+p.disk)
	}
	sh.Print("Unmounting disk")
	if sh.Call(Call{Op: Unmount, Path: p.disk}).Err != OK {
		return refuse(sh, errCannotUnmount)
	}
	whole := Node{Disk: p.disk, Raw: true}
	if !wipeNode(sh, whole, blocks) {
		return false
	}
	sh.Print("Creating the partition map")
	file, ok := openNode(sh, whole)
	if !ok {
		return false
	}
	ok = p.writeMap(sh, file, m, blocks)
	sh.Call(Call{Op: Close, File: file})
	if !ok {
		return refuse(sh, errMap)
	}
	// The writer has closed: the kernel reads the map and publishes its slices.
	sh.Call(Call{Op: Reprobe, Path: p.disk})
	sh.Print("Waiting for partitions to activate")
	return p.formatAll(sh, m)
}

// writeMap writes the structures of the map, each copy with its table before or
// after its header as on the disk.
func (p *partitioning) writeMap(sh Shell, file int, m *Map, diskBlocks uint64) bool {
	type structure struct {
		at, blocks uint64
		kind       Structure
		detail     string
	}
	var list []structure
	switch p.scheme.name {
	case schemeGPT:
		list = []structure{
			{0, 1, ProtectiveMBR, "protective MBR"},
			{1, 1, GPTHeader, "GPT header"},
			{2, gptTableBlocks, GPTTable, "GPT table"},
			{diskBlocks - 1 - gptTableBlocks, gptTableBlocks, GPTTable, "GPT backup table"},
			{diskBlocks - 1, 1, GPTHeader, "GPT backup header"},
		}
	case schemeMBR:
		list = []structure{{0, 1, MBRTable, "MBR"}}
	default:
		list = []structure{{0, appleMapBlocks, AppleMap, "Apple partition map"}}
	}
	for _, s := range list {
		meaning := &Meaning{Kind: s.kind}
		if s.kind != ProtectiveMBR {
			meaning.Map = m
		}
		bytes := s.blocks * block.Size
		r := sh.Call(Call{Op: Write, File: file, Offset: s.at * block.Size, Bytes: bytes, Request: bytes,
			Content: Metadata, Detail: s.detail, Meaning: meaning})
		if failed(r, bytes) != OK {
			return false
		}
	}
	return true
}

// formatAll wipes, formats and mounts slice by slice. A volume that cannot be
// mounted is told and passed over, as diskutil does.
func (p *partitioning) formatAll(sh Shell, m *Map) bool {
	next := 0
	for _, s := range m.Slices {
		n, _ := ParseNode(s.Identifier)
		n.Raw = true
		switch s.Type {
		case "Apple_partition_map":
			continue
		case "EFI":
			v := &Volume{FileSystem: "msdos", Name: "EFI"}
			made, opened := makeVolume(sh, n, s.Extent.Blocks, newfsFAT(s.Extent.Blocks, v))
			if !opened {
				return false
			}
			if !made {
				return refuse(sh, errFormatter)
			}
			continue
		}
		for p.parts[next].format.empty() {
			next++
		}
		if !p.volume(sh, p.parts[next], n, s.Extent.Blocks) {
			return false
		}
		next++
	}
	return true
}

// volume wipes a slice, makes a file system on it and mounts it.
func (p *partitioning) volume(sh Shell, part partition, n Node, sliceBlocks uint64) bool {
	v := part.format.volume
	v.Name = part.name
	sh.Print(fmt.Sprintf("Formatting %s as %s with name %s", n.Identifier(), part.format.label, v.Name))
	made, opened := makeVolume(sh, n, sliceBlocks, part.format.newfs(sliceBlocks, &v))
	if !opened {
		return false
	}
	if made && v.FileSystem == "hfs" {
		sh.Print(hfsReport(n, sliceBlocks, &v))
	}
	sh.Call(Call{Op: Reprobe, Path: p.disk}) // the formatter has closed
	sh.Print("Mounting disk")
	if !made || sh.Call(mountCall(n.Identifier(), v.Name, v.FileSystem)).Err != OK {
		sh.Print(fmt.Sprintf("Could not mount %s after erase", n.Identifier()))
	}
	if !made {
		return refuse(sh, errFormatter)
	}
	return true
}

// makeVolume wipes the slice and runs the formatter on it. If it comes to the
// formatter, opened is true, and made tells how that ended; if not, the error is
// printed.
func makeVolume(sh Shell, n Node, sliceBlocks uint64, f newfs) (made, opened bool) {
	if !wipeNode(sh, n, sliceBlocks) {
		return false, false
	}
	file, ok := openNode(sh, n)
	if !ok {
		return false, false
	}
	made = f.format(sh, file, sliceBlocks)
	sh.Call(Call{Op: Close, File: file})
	return made, true
}

// wipeNode is the wipe that diskutil makes before it writes anything of its own.
func wipeNode(sh Shell, n Node, blocks uint64) bool {
	file, ok := openNode(sh, n)
	if !ok {
		return false
	}
	err := wipe(sh, file, blocks)
	sh.Call(Call{Op: Close, File: file})
	if err != OK {
		return refuse(sh, errWipe)
	}
	return true
}

func openNode(sh Shell, n Node) (file int, ok bool) {
	r := sh.Call(Call{Op: Open, Path: n.Path(), Flags: ForRead | ForWrite})
	if r.Err != OK {
		return 0, refuse(sh, errCannotOpen)
	}
	return r.File, true
}

func mountCall(identifier, name, fileSystem string) Call {
	return Call{Op: Mount, Path: identifier, Target: "/Volumes/" + name, Detail: fileSystem}
}

// refuse prints an error and is always false.
func refuse(sh Shell, text string) bool {
	sh.Print(text)
	return false
}
