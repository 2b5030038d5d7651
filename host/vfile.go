package host

import (
	"math"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim"
)

// vfile is a file or directory of a mounted volume.
type vfile struct {
	flow
	v       *volume
	index   int // among the files of the volume
	path    string
	dir     bool
	bytes   uint64
	extents []block.Extent
	opens   int
	read    reader

	// [dirtyFrom, dirtyTo) has been written by programs and not yet been sent: less
	// than a cluster, except while a run is under way.
	dirtyFrom, dirtyTo uint64
	zeros              bool
	noCache            bool
	clusters           bool // full clusters are being sent for a program that waits
}

// throttle is how many clusters of a file may be under way before the writer
// waits (xnu cluster_write_copy: 6 for a file system on a rotating or external disk).
const throttle = 6

// reader prepares the file for reading. A file's reads are clusters, one ahead.
func (f *vfile) reader() *reader {
	if f.read.s == nil {
		f.read = reader{s: f.v.s, source: f, flow: &f.flow, owner: f, last: math.MaxUint64}
	}
	return &f.read
}

// span is the cluster that holds byte at: up to the next multiple of 1 MiB, the
// end of the extent, the end of the file, or what the block driver sends at once.
func (f *vfile) span(at uint64) (e block.Extent, from, to uint64) {
	base := uint64(0)
	for _, x := range f.extents {
		if at >= base+x.Bytes() {
			base += x.Bytes()
			continue
		}
		from = base + (at-base)/f.unit()*f.unit()
		to = min(from+f.unit(), base+x.Bytes(), f.bytes)
		if to <= at {
			return block.Extent{}, at, at
		}
		return within(x, from-base, to-base), from, to
	}
	return block.Extent{}, at, at
}

// unit is a cluster as the block driver sends it.
func (f *vfile) unit() uint64 { return min(clusterBytes, f.v.s.limit()*block.Size) }

// within is the part of x from byte from to byte to, in whole blocks.
func within(x block.Extent, from, to uint64) block.Extent {
	first, end := from/block.Size, (to+block.Size-1)/block.Size
	return block.Extent{Start: x.Start + block.LBA(first), Blocks: end - first}
}

// writeCalls carries out a run of write(2) calls: the data are in the page cache
// at once, full clusters leave behind the program, which waits when too many are
// under way. What is less than a cluster stays until it grows, is pushed by an
// unmount, a sync(2) or an fsync(2), or dies with the machine. Metadata say where
// a file is before its data are there: HFS+ does not order them.
func (f *vfile) writeCalls(p *Process, c *workload.Call, flags workload.Flags) workload.Reply {
	if f.v.gone {
		return workload.Reply{Err: workload.ENXIO}
	}
	for f.clusters || f.reads > 0 {
		f.wait(p)
	}
	end := c.Offset + c.Bytes
	if !f.v.allocate(f, end) {
		return workload.Reply{Err: workload.ENOSPC}
	}
	if c.Offset != f.dirtyTo || f.dirtyFrom == f.dirtyTo {
		f.push(p)
		f.dirtyFrom, f.dirtyTo = c.Offset, c.Offset
	}
	f.read.forget()
	f.dirtyTo, f.zeros = end, c.Content == workload.Zeros
	f.noCache = flags&workload.NoCache != 0
	if end > f.bytes {
		f.bytes = end
		f.v.touch(f)
	}
	f.clusters = true
	f.pump()
	for f.clusters {
		f.wait(p)
	}
	if flags&(workload.OSync|workload.NoCache) != 0 {
		f.push(p)
	}
	return workload.Reply{Bytes: c.Bytes}
}

// pump sends full clusters while the throttle allows.
func (f *vfile) pump() {
	for f.clusters && f.writes < throttle {
		_, _, to := f.span(f.dirtyFrom)
		full := to > f.dirtyFrom && to <= f.dirtyTo && (to%f.unit() == 0 || to < f.bytes)
		if !full || f.v.gone {
			f.clusters = false
			f.flow.wake()
			return
		}
		f.issue(to)
	}
}

// issue writes the dirty bytes up to to, which are in one cluster.
func (f *vfile) issue(to uint64) {
	s := f.v.s
	unit, from, _ := f.span(f.dirtyFrom)
	e := within(unit, f.dirtyFrom-from, to-from)
	c := s.write(e, e, f.zeros, f, pageWrite)
	if !f.noCache {
		f.v.cached.Set(e, c.task.Version)
	}
	f.dirtyFrom = to
	f.writes++
	s.send(c, 0)
}

// push sends all that is dirty and waits for it.
func (f *vfile) push(p *Process) {
	for f.clusters {
		f.wait(p)
	}
	for f.dirtyFrom < f.dirtyTo && !f.v.gone {
		for f.writes >= throttle {
			f.wait(p)
		}
		_, _, to := f.span(f.dirtyFrom)
		f.issue(min(to, f.dirtyTo))
	}
	for f.writes > 0 {
		f.wait(p)
	}
}

// readCalls carries out a run of read(2) calls. What the page cache holds costs
// no I/O; a dirty tail is pushed first, so that what was read has a version.
func (f *vfile) readCalls(p *Process, path string, c *workload.Call) workload.Reply {
	switch {
	case f.v.gone:
		return workload.Reply{Err: workload.ENXIO}
	case c.Offset >= f.bytes:
		return workload.Reply{}
	}
	f.push(p)
	run := *c
	run.Bytes = min(c.Bytes, f.bytes-c.Offset)
	if f.fromCache(path, run.Offset, run.Offset+run.Bytes) {
		return workload.Reply{Bytes: run.Bytes}
	}
	return f.reader().readCalls(p, path, &run)
}

// fromCache reports the content of [from, to) if all of it is in the page cache.
func (f *vfile) fromCache(path string, from, to uint64) bool {
	var runs []block.Run
	var values []block.Value[block.Version]
	for at := from; at < to; {
		e, start, end := f.span(at)
		if start == end {
			return false
		}
		stop := min(end, to)
		values = f.v.cached.Append(values[:0], within(e, at-start, stop-start))
		for _, x := range values {
			if x.Value == 0 {
				return false
			}
			runs = append(runs, block.Run{Extent: x.Extent, Version: x.Value})
		}
		at = stop
	}
	f.v.s.report(path, runs)
	return true
}

// ended takes a command back. Errors of write-behind are for the kernel log.
func (f *vfile) ended(_ sim.Time, c *command) {
	if c.ref == pageWrite {
		f.writes--
		if !c.good() {
			f.v.s.complain(device + ": I/O error.")
		}
	} else {
		f.read.arrived(c)
	}
	f.v.s.release(c)
	f.pump()
	f.read.pump()
	f.flow.wake()
}

// abandon ends the runs of a process that was killed.
func (f *vfile) abandon(p *Process) {
	if f != nil {
		f.clusters = false
		f.read.abandon(p)
	}
}

// setLength is ftruncate(2).
func (f *vfile) setLength(p *Process, bytes uint64) workload.Errno {
	if !f.v.allocate(f, bytes) {
		return workload.ENOSPC
	}
	if bytes != f.bytes {
		if bytes < f.dirtyTo {
			f.push(p)
		}
		f.bytes = bytes
		f.v.touch(f)
	}
	return workload.OK
}
