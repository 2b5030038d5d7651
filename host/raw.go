package host

import (
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim"
)

// rawRun is a run of read(2) or write(2) calls on a character device, /dev/rdiskN:
// one call after the other, each split where the block driver splits, the pieces
// one after the other too. Errors reach the caller.
type rawRun struct {
	p       *Process
	active  bool
	writing bool
	failed  bool
	extent  block.Extent // what is left of the call under way
	done    uint64       // bytes of the pieces that have ended
	calls   uint64       // bytes of the calls that have ended
	left    block.Extent // what is left of the run, behind that call
	request uint64       // blocks a call
	limit   uint64       // blocks a piece
	zeros   bool
	meaning *workload.Meaning
	path    string
	found   []block.Run
}

// rawCalls carries out a run of calls on blocks of e. Offset and size of every
// call must be multiples of the block size.
func (p *Process) rawCalls(f *openFile, c *workload.Call, writing bool) workload.Reply {
	n, s := f.node, p.s
	if n.gone {
		return workload.Reply{Err: workload.ENXIO}
	}
	size := request(c)
	if c.Offset%block.Size != 0 || size%block.Size != 0 || c.Bytes%block.Size != 0 {
		return workload.Reply{Err: workload.EINVAL}
	}
	end := min(c.Offset+c.Bytes, n.bytes)
	if c.Offset >= n.bytes {
		if writing && c.Bytes > 0 {
			return workload.Reply{Err: workload.ENOSPC}
		}
		return workload.Reply{} // end of the medium
	}
	r := &p.raw
	*r = rawRun{p: p, active: true, writing: writing, request: size / block.Size, limit: s.rawLimit(),
		left: n.blocks(c.Offset, end), zeros: c.Content == workload.Zeros, meaning: c.Meaning,
		path: f.path, found: r.found[:0]}
	r.next()
	for r.active {
		p.park()
	}
	reply := workload.Reply{Bytes: r.calls}
	switch {
	case r.failed && n.gone:
		reply.Err = workload.ENXIO
	case r.failed:
		reply.Err = workload.EIO
	case writing && end < c.Offset+c.Bytes:
		reply.Err = workload.ENOSPC
	}
	return reply
}

// next sends the next piece.
func (r *rawRun) next() {
	s := r.p.s
	if r.extent.Empty() {
		if r.left.Empty() {
			r.active = false
			r.p.wake()
			return
		}
		r.extent = block.Extent{Start: r.left.Start, Blocks: min(r.left.Blocks, r.request)}
		r.left = block.Between(r.extent.End(), r.left.End())
	}
	piece := block.Extent{Start: r.extent.Start, Blocks: min(r.extent.Blocks, r.limit)}
	var c *command
	if r.writing {
		c = s.write(piece, piece, r.zeros, r, 0)
		if r.meaning != nil {
			s.mem.learn(c.task.Version, piece, r.meaning)
		}
	} else {
		c = s.read(piece, r, 0)
	}
	// The buffer is taken to be page-aligned. Each of its pages is a segment of its
	// own: that is what a driver with a one-segment gate fails (Apple developer
	// forums, thread 837425: the buffered node works, the raw one gives EIO).
	c.task.Segments = uint32((piece.Bytes() + s.p.Page - 1) / s.p.Page)
	s.send(c, 0)
}

// ended takes a piece back.
func (r *rawRun) ended(_ sim.Time, c *command) {
	s := r.p.s
	good, piece := c.good(), c.plan.Extent
	if good && !r.writing && r.active {
		r.found = s.l.Resolve(r.found[:0], c.task.Found)
		s.report(r.path, r.found)
	}
	s.release(c)
	switch {
	case !r.active: // the program was killed
	case !good:
		r.failed, r.active = true, false
		s.complain("r" + device + ": I/O error.")
		r.p.wake()
	default:
		r.done += piece.Bytes()
		r.extent = block.Between(piece.End(), r.extent.End())
		if r.extent.Empty() {
			r.calls = r.done
		}
		r.next()
	}
}
