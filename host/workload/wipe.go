package workload

import (
	"slices"

	"tbraid/internal/block"
)

// What wipefs(3) of libutil overwrites with zeros, so that no older volume or
// partition map is recognised there (libutil-73, wipefs.cpp). The ranges of the
// other file systems lie inside the first and the last of these.
const (
	wipeEndsBytes   = 2 << 20   // at the start and at the end: AddExtentsForFutureFS
	wipeMiddleBytes = 64 << 10  // around the middle: the NTFS boot sector copy
	wipeBufferBytes = 128 << 10 // each pwrite(2)
)

// wipeExtents is what a wipe of a device of that many blocks overwrites, in
// order, merged where a small device makes the ranges meet.
func wipeExtents(deviceBlocks uint64) []block.Extent {
	const ends, middle = wipeEndsBytes / block.Size, wipeMiddleBytes / block.Size
	device := block.Extent{Blocks: deviceBlocks}
	half := deviceBlocks / 2
	wanted := []block.Extent{
		{Start: 0, Blocks: ends},
		{Start: block.LBA(half - min(half, middle/2)), Blocks: middle},
		{Start: block.LBA(deviceBlocks - min(deviceBlocks, ends)), Blocks: ends},
	}
	slices.SortFunc(wanted, func(a, b block.Extent) int {
		if a.Start < b.Start {
			return -1
		}
		return 1
	})
	var out []block.Extent
	for _, e := range wanted {
		e = e.Intersect(device)
		last := len(out) - 1
		switch {
		case e.Empty():
		case last >= 0 && e.Start <= out[last].End():
			out[last] = block.Between(out[last].Start, max(out[last].End(), e.End()))
		default:
			out = append(out, e)
		}
	}
	return out
}

// wipe does what wipefs_wipe does on an open raw node: an unmap of everything,
// the writes up to the first that fails, and a flush. Only a write can fail it:
// the results of both ioctls are thrown away, and the flush is tried even after
// a write has failed (libutil-73, wipefs.cpp, wipefs_wipe).
func wipe(sh Shell, file int, deviceBlocks uint64) Errno {
	sh.Call(Call{Op: UnmapRange, File: file, Bytes: deviceBlocks * block.Size})
	err := OK
	for _, e := range wipeExtents(deviceBlocks) {
		r := sh.Call(Call{
			Op: Write, File: file, Offset: uint64(e.Start) * block.Size, Bytes: e.Bytes(),
			Request: wipeBufferBytes, Content: Zeros, Detail: "wipe",
		})
		if err = failed(r, e.Bytes()); err != OK {
			break
		}
	}
	sh.Call(Call{Op: SyncCache, File: file})
	return err
}

// failed is the error of a write; a short one counts as EIO.
func failed(r Reply, bytes uint64) Errno {
	if r.Err == OK && r.Bytes < bytes {
		return EIO
	}
	return r.Err
}
