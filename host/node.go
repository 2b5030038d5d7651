package host

import (
	"math"
	"slices"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim"
)

// node is the block device /dev/diskN or /dev/diskNsM: the buffer cache in front
// of the disk. All I/O is in pages of the machine. A page that a write(2)
// completes goes out at once and asynchronously; a page that it only touches is
// read first, and written when it is full, or at the last close (xnu spec_write:
// bread, bawrite, bdwrite).
//
// The model keeps no clean page except the one that is being read or filled, so
// a program that reads what it wrote through one open file reads it from the box.
type node struct {
	flow
	s       *System
	id      string
	extent  block.Extent
	bytes   uint64
	opens   int
	write   writeRun
	read    reader
	busy    []block.LBA // pages whose WRITE is under way; at most AsyncWrites
	delayed []*page     // partly written, in the order of first touch
	spare   []*page
	held    block.Map[block.Version] // whole pages that only the memory of the host has
	gone    bool                     // the disk went away while the node was open
	failed  bool                     // a synchronous write or a fill failed: the run ends with EIO
}

// writeRun is a run of write(2) calls under way.
type writeRun struct {
	active  bool
	filling bool
	at      uint64 // bytes from the start of the vnode
	start   uint64
	safe    uint64 // O_SYNC: what came before has been acknowledged
	end     uint64
	request uint64
	zeros   bool
	sync    bool // O_SYNC: one page at a time, and errors are returned
	meaning *workload.Meaning
	p       *Process
}

// page is one buffer.
type page struct {
	extent block.Extent
	dirty  block.Extent // what programs wrote, in one piece
	zeros  bool
	rest   []block.Run // what the page held when it was read
	notes  []note
}

// maxDelayed bounds the partly written pages of one node.
const maxDelayed = 64

// What a command of a node is for.
const (
	fillRead = iota
	pageWrite
	readAhead // and above: the slots of the reader
)

// node is the vnode of a device node. Another partition map can give its name to
// other blocks; the old vnode then lives on in who has it open.
func (s *System) node(id string, e block.Extent) *node {
	for _, n := range s.nodes {
		if n.id == id && n.extent == e {
			return n
		}
	}
	n := &node{s: s, id: id, extent: e, bytes: e.Bytes()}
	n.read = reader{s: s, source: n, flow: &n.flow, owner: n, last: math.MaxUint64}
	s.nodes = append(s.nodes, n)
	return n
}

// blocks is where bytes [from, to) of the node stand on the disk, in whole blocks.
func (n *node) blocks(from, to uint64) block.Extent {
	first, end := from/block.Size, (to+block.Size-1)/block.Size
	return block.Extent{Start: n.extent.Start + block.LBA(first), Blocks: end - first}
}

// span is the page that holds byte at.
func (n *node) span(at uint64) (e block.Extent, from, to uint64) {
	size := n.s.p.Page
	from = min(at/size*size, n.bytes)
	to = min(from+size, n.bytes)
	return n.blocks(from, to), from, to
}

// writeCalls carries out a run of write(2) calls and returns what they returned.
func (n *node) writeCalls(p *Process, c *workload.Call, sync bool) workload.Reply {
	switch {
	case n.gone:
		return workload.Reply{Err: workload.ENXIO}
	case c.Offset >= n.bytes && c.Bytes > 0:
		return workload.Reply{Err: workload.ENOSPC}
	}
	for n.write.active || n.reads > 0 {
		n.wait(p)
	}
	n.read.forget()
	if n.s.p.HoldWrites {
		if r, ok := n.hold(c, sync); ok {
			return r
		}
		n.letGo(p)
	}
	end := min(c.Offset+c.Bytes, n.bytes)
	n.write = writeRun{active: true, at: c.Offset, start: c.Offset, safe: c.Offset, end: end, request: request(c),
		zeros: c.Content == workload.Zeros, sync: sync, meaning: c.Meaning, p: p}
	n.failed = false
	n.pump()
	for n.write.active {
		n.wait(p)
	}
	r := workload.Reply{Bytes: n.write.at - c.Offset}
	switch {
	case n.failed:
		r.Err = workload.EIO
		if sync {
			r.Bytes = n.write.safe - c.Offset
		}
		r.Bytes -= r.Bytes % n.write.request // the call that failed wrote nothing
	case n.gone:
		r.Err = workload.ENXIO
	case end < c.Offset+c.Bytes:
		r.Err = workload.ENOSPC
	}
	return r
}

// request is the size of each call of a run.
func request(c *workload.Call) uint64 {
	if c.Request == 0 {
		return max(c.Bytes, 1)
	}
	return c.Request
}

// pump takes the run as far as buffers allow.
func (n *node) pump() {
	w := &n.write
	for w.active && !w.filling {
		if n.failed || w.at >= w.end || n.gone {
			if w.sync && n.writes > 0 {
				return
			}
			w.active = false
			n.flow.wake()
			return
		}
		e, _, _ := n.span(w.at)
		if n.writes >= n.depth() || n.underWay(e) {
			return
		}
		if !n.step(w) {
			return
		}
	}
}

// underWay tells whether the page of e is being written: who wants the buffer
// waits (xnu getblk), so two WRITEs of one page never overtake each other.
func (n *node) underWay(e block.Extent) bool { return slices.Contains(n.busy, e.Start) }

// depth is how many pages may be under way: xnu throttles asynchronous writes per
// vnode.
func (n *node) depth() int {
	if n.write.active && n.write.sync {
		return 1
	}
	return n.s.p.AsyncWrites
}

// step writes to one page. It is false if it has to wait for another page first.
func (n *node) step(w *writeRun) bool {
	e, from, to := n.span(w.at)
	stop := min(to, w.end)
	call := w.start + (w.at-w.start)/w.request*w.request // the write(2) that holds byte at
	if w.at == from && min(call+w.request, w.end) >= to {
		n.drop(e) // written over as a whole: not read
		pg := n.page(e)
		n.touch(pg, e, w)
		n.issue(pg)
		n.keep(pg)
		w.at = to
		return true
	}
	pg := n.find(e)
	if pg == nil {
		return n.fill(e)
	}
	part := n.blocks(w.at, stop)
	if !pg.dirty.Empty() && (part.Start > pg.dirty.End() || pg.dirty.Start > part.End()) {
		n.issue(pg) // a second piece: the first goes out by itself, so that each WRITE has one payload
		return true
	}
	n.touch(pg, part, w)
	w.at = stop
	if stop == to || w.sync {
		n.issue(pg)
	}
	if stop == to {
		n.drop(e)
	}
	return true
}

// touch notes that a program wrote e of the page.
func (n *node) touch(pg *page, e block.Extent, w *writeRun) {
	if pg.dirty.Empty() {
		pg.dirty, pg.zeros = e, w.zeros
	} else {
		pg.dirty = block.Between(min(pg.dirty.Start, e.Start), max(pg.dirty.End(), e.End()))
		pg.zeros = pg.zeros && w.zeros
	}
	switch {
	case w.meaning != nil:
		pg.notes = append(pg.notes, note{e, w.meaning})
	case len(pg.notes) > 0: // written over
		pg.notes = append(pg.notes, note{extent: e})
	}
}

// issue writes the page out. It stays as it is, with nothing dirty.
func (n *node) issue(pg *page) {
	c := n.s.write(pg.extent, pg.dirty, pg.zeros, n, pageWrite)
	v := c.task.Version
	for _, o := range pg.notes {
		n.s.mem.learn(v, o.extent, o.what)
	}
	if pg.dirty != pg.extent {
		n.s.l.Fill(v, outside(pg.rest, pg.dirty))
		pg.rest = overlay(nil, pg.rest, pg.dirty, v)
	}
	pg.notes, pg.dirty = pg.notes[:0], block.Extent{Start: pg.extent.Start}
	n.writes++
	n.busy = append(n.busy, pg.extent.Start)
	n.s.send(c, 0)
}

// fill reads a page before a part of it is written. It is false if there is no
// room for it yet.
func (n *node) fill(e block.Extent) bool {
	if len(n.delayed) == maxDelayed { // the oldest goes out to make room
		old := n.delayed[0]
		if n.underWay(old.extent) {
			return false
		}
		if !old.dirty.Empty() {
			n.issue(old)
			return false
		}
		n.drop(n.delayed[0].extent)
	}
	n.write.filling = true
	n.reads++
	n.s.send(n.s.read(e, n, fillRead), 0)
	return true
}

// ended takes a command back. The error of an asynchronous write is known to the
// kernel log and to no program (xnu buf_bwrite returns 0).
func (n *node) ended(_ sim.Time, c *command) {
	switch {
	case c.ref == pageWrite:
		n.writes--
		i, last := slices.Index(n.busy, c.plan.Extent.Start), len(n.busy)-1
		n.busy[i], n.busy = n.busy[last], n.busy[:last]
		if c.good() {
			n.write.safe = n.write.at // one page at a time, where it matters
		} else {
			n.s.complain(device + ": I/O error.")
			n.failed = n.failed || n.write.active && n.write.sync
		}
	case c.ref == fillRead:
		n.reads--
		n.write.filling = false
		if c.good() {
			pg := n.page(c.plan.Extent)
			pg.rest = n.s.l.Resolve(pg.rest[:0], c.task.Found)
			n.delayed = append(n.delayed, pg)
		} else {
			n.failed = true
		}
	default:
		n.read.arrived(c)
	}
	n.s.release(c)
	if n.write.active {
		n.pump()
	}
	n.read.pump()
	if len(n.waiters) > 0 {
		n.flow.wake()
	}
}

// drain writes out what is dirty and waits for everything under way.
func (n *node) drain(p *Process) {
	for n.write.active {
		n.wait(p)
	}
	for len(n.delayed) > 0 {
		pg := n.delayed[0]
		if pg.dirty.Empty() || n.gone {
			n.drop(pg.extent)
			continue
		}
		if n.writes >= n.s.p.AsyncWrites || n.underWay(pg.extent) {
			n.wait(p)
			continue
		}
		n.issue(pg)
		n.drop(pg.extent)
	}
	for n.writes > 0 || n.reads > 0 {
		n.wait(p)
	}
}

// close is the last close of the node if no other opener is left: the buffers are
// written out and invalidated. Nothing asks the box to flush.
func (n *node) close(p *Process) {
	if n.opens--; n.opens == 0 {
		n.drain(p)
		n.read.forget()
	}
}

// abandon ends the runs of a process that was killed; what is under way goes on.
func (n *node) abandon(p *Process) {
	if n.write.p == p {
		n.write.active = false
	}
	n.read.abandon(p)
}

// page takes a buffer.
func (n *node) page(e block.Extent) *page {
	if len(n.spare) == 0 {
		n.spare = append(n.spare, new(page))
	}
	k := len(n.spare) - 1
	pg := n.spare[k]
	n.spare = n.spare[:k]
	*pg = page{extent: e, dirty: block.Extent{Start: e.Start}, rest: pg.rest[:0], notes: pg.notes[:0]}
	return pg
}

// keep puts a buffer back.
func (n *node) keep(pg *page) { n.spare = append(n.spare, pg) }

func (n *node) find(e block.Extent) *page {
	for _, pg := range n.delayed {
		if pg.extent.Start == e.Start {
			return pg
		}
	}
	return nil
}

// drop forgets the buffer of e, if there is one.
func (n *node) drop(e block.Extent) {
	for i, pg := range n.delayed {
		if pg.extent.Start == e.Start {
			n.delayed = append(n.delayed[:i], n.delayed[i+1:]...)
			n.keep(pg)
			return
		}
	}
}
