package host

import (
	"fmt"

	"tbraid/host/workload"
	"tbraid/internal/block"
)

// VolumeSpec is a file system that is on the disk before a scenario begins.
type VolumeSpec struct {
	FileSystem string       // hfs or apfs
	Name       string       // of the volume
	Mount      string       // where it is mounted; "" is not at all
	Extent     block.Extent // its slice
}

// Provision is a program that writes a partition map with one slice for each
// volume, formats and flushes them, and mounts them. It is for setting a scene:
// what diskutil sends for the same purpose is in the workload package.
func Provision(volumes []VolumeSpec) workload.Program {
	return func(sh workload.Shell) int {
		r := sh.Call(workload.Call{Op: workload.Stat, Path: "/dev/r" + device})
		if r.Err != workload.OK {
			return 1
		}
		disk := sh.Call(workload.Call{Op: workload.Open, Path: "/dev/r" + device, Flags: workload.ForRead | workload.ForWrite})
		if disk.Err != workload.OK {
			return 1
		}
		w := layer{sh: sh, file: disk.File}
		w.lay(r.Size/block.Size, volumes)
		sh.Call(workload.Call{Op: workload.SyncCache, File: disk.File})
		sh.Call(workload.Call{Op: workload.Close, File: disk.File})
		sh.Call(workload.Call{Op: workload.Reprobe, Path: device})
		for i, v := range volumes {
			if v.Mount == "" {
				continue
			}
			m := sh.Call(workload.Call{Op: workload.Mount, Path: slice(i), Target: v.Mount, Detail: v.FileSystem})
			w.failed = w.failed || m.Err != workload.OK
		}
		if w.failed {
			return 1
		}
		return 0
	}
}

func slice(i int) string { return fmt.Sprintf("%ss%d", device, i+1) }

// layer writes structures to the raw disk.
type layer struct {
	sh     workload.Shell
	file   int
	failed bool
}

func (w *layer) lay(blocks uint64, volumes []VolumeSpec) {
	m := &workload.Map{Scheme: "GUID_partition_scheme"}
	for i, v := range volumes {
		kind := "Apple_HFS"
		if v.FileSystem == "apfs" {
			kind = "Apple_APFS"
		}
		m.Slices = append(m.Slices, workload.Slice{Identifier: slice(i), Type: kind, Name: v.Name, Extent: v.Extent})
	}
	last := block.LBA(blocks - 1)
	w.put(block.Extent{Start: 0, Blocks: 1}, workload.Meaning{Kind: workload.ProtectiveMBR})
	w.put(block.Extent{Start: 1, Blocks: 1}, workload.Meaning{Kind: workload.GPTHeader, Map: m})
	w.put(block.Extent{Start: 2, Blocks: gptTableBlocks}, workload.Meaning{Kind: workload.GPTTable, Map: m})
	w.put(block.Extent{Start: last - gptTableBlocks, Blocks: gptTableBlocks}, workload.Meaning{Kind: workload.GPTTable, Map: m})
	w.put(block.Extent{Start: last, Blocks: 1}, workload.Meaning{Kind: workload.GPTHeader, Map: m})
	for _, v := range volumes {
		id := &workload.Volume{FileSystem: v.FileSystem, Name: v.Name, Journaled: v.FileSystem == "hfs"}
		at := v.Extent.Start + id.HeaderBlock()
		w.put(block.Extent{Start: at, Blocks: 1}, workload.Meaning{Kind: workload.VolumeHeader, Volume: id})
	}
}

func (w *layer) put(e block.Extent, m workload.Meaning) {
	r := w.sh.Call(workload.Call{Op: workload.Write, File: w.file, Offset: uint64(e.Start) * block.Size,
		Bytes: e.Bytes(), Request: e.Bytes(), Content: workload.Metadata, Meaning: &m, Detail: "provision"})
	w.failed = w.failed || r.Err != workload.OK
}
