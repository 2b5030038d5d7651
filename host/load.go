package host

import (
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim"
)

// loadRun is a Drive call: threads that each make one read(2) or write(2) of a
// character device at a time, split where the block driver splits, the pieces one
// after the other. What they read is not kept: a load looks at no content.
type loadRun struct {
	p       *Process
	active  bool
	err     workload.Errno // of the first request that failed: no other begins after it
	file    *node
	limit   uint64 // blocks a piece
	source  workload.Source
	start   sim.Time
	next    workload.Request // asked for, and not begun
	waits   bool             // there is a next
	timed   bool             // an event is under way for when it is due
	dry     bool             // the source has no more
	threads []thread
	idle    []uint32
	done    uint64 // bytes

	lastBytes    uint64
	lastSegments uint32
}

// thread is one of them, with what is left of its request.
type thread struct {
	left    block.Extent
	writing bool
}

// drive carries out the requests of a source, until it has no more or one fails.
func (p *Process) drive(f *openFile, c *workload.Call) workload.Reply {
	switch {
	case f.flags&workload.ForWrite == 0:
		return workload.Reply{Err: workload.EACCES}
	case f.kind != raw || c.Depth < 1 || c.Depth > workload.MaxDepth:
		return workload.Reply{Err: workload.EINVAL}
	case f.node.gone:
		return workload.Reply{Err: workload.ENXIO}
	}
	r := &p.load
	*r = loadRun{p: p, active: true, file: f.node, limit: p.s.rawLimit(), source: c.Source, start: p.s.k.Now(),
		threads: make([]thread, c.Depth), idle: make([]uint32, c.Depth)}
	for i := range r.idle {
		r.idle[i] = uint32(c.Depth - 1 - i)
	}
	r.pump(r.start)
	for r.active {
		p.park()
	}
	return workload.Reply{Bytes: r.done, Err: r.err}
}

// pump begins what is due, as far as threads are idle. With nothing under way and
// nothing to come the run has ended.
func (r *loadRun) pump(now sim.Time) {
	for r.active && len(r.idle) > 0 && r.draw() {
		due := r.start.Add(r.next.After)
		if due > now {
			if !r.timed {
				r.timed = true
				r.p.s.k.At(due, r.p.s, begin, r.p.slot)
			}
			return
		}
		r.begin()
	}
	if r.active && len(r.idle) == len(r.threads) {
		r.active = false
		r.p.wake()
	}
}

// due is the event for which the run waits.
func (r *loadRun) due(now sim.Time) {
	r.timed = false
	r.pump(now)
}

// draw sees to it that there is a next request, if the source has one more. One
// that the node does not hold fails the run.
func (r *loadRun) draw() bool {
	if r.waits {
		return true
	}
	if r.err != workload.OK || r.dry {
		return false
	}
	var ok bool
	if r.next, ok = r.source.Next(); !ok {
		r.dry = true
		return false
	}
	e, size := r.next.Extent, r.file.extent.Blocks
	if e.Empty() || uint64(e.Start) > size || e.Blocks > size-uint64(e.Start) {
		r.err = workload.EINVAL
		return false
	}
	r.waits = true
	return true
}

// begin gives the next request to an idle thread.
func (r *loadRun) begin() {
	n := len(r.idle) - 1
	ref := r.idle[n]
	r.idle, r.waits = r.idle[:n], false
	e := r.next.Extent
	t := &r.threads[ref]
	t.left.Start, t.left.Blocks, t.writing = r.file.extent.Start+e.Start, e.Blocks, r.next.Write
	r.send(t, ref)
}

// send sends the next piece of a thread's request.
func (r *loadRun) send(t *thread, ref uint32) {
	s := r.p.s
	piece := block.Extent{Start: t.left.Start, Blocks: min(t.left.Blocks, r.limit)}
	var c *command
	if t.writing {
		c = s.write(piece, piece, false, r, ref)
	} else {
		c = s.read(piece, r, ref)
	}
	c.task.Segments = r.segments(piece.Bytes())
	s.send(c, 0)
}

// segments is how many pages a buffer of so many bytes takes, which begins with one,
// as in rawRun: mostly as many as that of the last piece.
func (r *loadRun) segments(bytes uint64) uint32 {
	if page := r.p.s.p.Page; bytes != r.lastBytes {
		r.lastBytes, r.lastSegments = bytes, uint32((bytes+page-1)/page)
	}
	return r.lastSegments
}

// ended takes a piece back.
func (r *loadRun) ended(now sim.Time, c *command) {
	s, ref := r.p.s, c.ref
	good, piece := c.good(), c.plan.Extent
	s.release(c)
	if !r.active { // the program was killed
		return
	}
	t := &r.threads[ref]
	if !good {
		r.fail()
		t.left = block.Extent{}
	} else {
		r.count(piece, t.writing)
		t.left = block.Between(piece.End(), t.left.End())
	}
	if !t.left.Empty() {
		r.send(t, ref)
		return
	}
	r.idle = append(r.idle, ref)
	r.pump(now)
}

// fail notes the first error; what is under way goes on to its end.
func (r *loadRun) fail() {
	if r.err != workload.OK {
		return
	}
	r.waits, r.err = false, workload.EIO
	if r.file.gone {
		r.err = workload.ENXIO
	}
	r.p.s.complain("r" + device + ": I/O error.")
}

// count adds a piece to what the program has moved.
func (r *loadRun) count(piece block.Extent, written bool) {
	r.done += piece.Bytes()
	if written {
		r.p.stats.BytesWritten += piece.Bytes()
	} else {
		r.p.stats.BytesRead += piece.Bytes()
	}
}
