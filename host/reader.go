package host

import (
	"math"

	"tbraid/host/workload"
	"tbraid/internal/block"
)

// reader reads a vnode unit by unit, a page of a device node or a cluster of a
// file, and one unit ahead when the reads are sequential (xnu buf_breadn,
// cluster_read).
type reader struct {
	s      *System
	source source
	flow   *flow
	owner  owner
	p      *Process // of the run
	slots  [2]slot
	active bool
	failed bool
	at     uint64
	end    uint64
	last   uint64 // end of the unit that was read last; MaxUint64 is none
	ahead  uint64 // start of the unit for which the read-ahead has been decided
	path   string
	found  []block.Run
}

// source maps the bytes of a vnode to units. At the end, from equals to.
type source interface {
	span(at uint64) (e block.Extent, from, to uint64)
}

// slot is one unit in memory or on its way there.
type slot struct {
	state  slotState
	ahead  bool
	extent block.Extent
	from   uint64
	to     uint64
	runs   []block.Run
}

type slotState uint8

const (
	slotEmpty slotState = iota
	slotBusy
	slotFull
	slotFailed
)

// readCalls carries out a run of read(2) calls.
func (r *reader) readCalls(p *Process, path string, c *workload.Call) workload.Reply {
	for r.active {
		r.flow.wait(p)
	}
	r.active, r.failed, r.path, r.p = true, false, path, p
	r.at, r.end = c.Offset, c.Offset+c.Bytes
	r.ahead = math.MaxUint64
	r.pump()
	for r.active {
		r.flow.wait(p)
	}
	reply := workload.Reply{Bytes: r.at - c.Offset}
	if r.failed {
		reply.Err = workload.EIO
		reply.Bytes -= reply.Bytes % request(c)
	}
	return reply
}

// pump delivers what is there and sends for what is not.
func (r *reader) pump() {
	for r.active {
		e, from, to := r.source.span(r.at)
		if r.at >= r.end || r.at >= to {
			r.finish()
			return
		}
		sl := r.find(from)
		if sl == nil {
			sl = r.fetch(r.vacant(), e, from, to)
		}
		r.fetchAhead(from, to)
		switch sl.state {
		case slotBusy:
			return
		case slotFailed:
			sl.state = slotEmpty
			if sl.ahead {
				continue // nobody was waiting for it: it is read again
			}
			r.failed = true
			r.finish()
			return
		}
		r.deliver(sl)
	}
}

// deliver hands over the part of a unit that was asked for.
func (r *reader) deliver(sl *slot) {
	stop := min(sl.to, r.end)
	first := (r.at - sl.from) / block.Size
	end := (stop - sl.from + block.Size - 1) / block.Size
	part := block.Extent{Start: sl.extent.Start + block.LBA(first), Blocks: end - first}
	r.found = r.found[:0]
	for _, run := range sl.runs {
		if in := run.Extent.Intersect(part); !in.Empty() {
			r.found = append(r.found, block.Run{Extent: in, Version: run.Version})
		}
	}
	r.s.report(r.path, r.found)
	r.at = stop
	if stop == sl.to {
		r.last = stop
	}
}

func (r *reader) finish() {
	r.active = false
	r.flow.wake()
}

// fetchAhead sends for the unit behind the one that is read, once, if the one in
// front of it was read before.
func (r *reader) fetchAhead(from, to uint64) {
	if r.ahead == from || from != r.last {
		return
	}
	r.ahead = from
	e, next, end := r.source.span(to)
	if next == end || r.find(next) != nil {
		return
	}
	for i := range r.slots {
		if sl := &r.slots[i]; sl.state != slotBusy && sl.from != from {
			r.fetch(i, e, next, end)
			sl.ahead = true
			return
		}
	}
}

// vacant is a slot that can be taken for the unit to read now. The reader waits
// for that unit before it goes on, so only the other slot, with a unit ahead, can
// be busy.
func (r *reader) vacant() int {
	if r.slots[0].state == slotBusy || r.slots[1].state == slotEmpty {
		return 1
	}
	return 0
}

func (r *reader) fetch(i int, e block.Extent, from, to uint64) *slot {
	sl := &r.slots[i]
	*sl = slot{state: slotBusy, extent: e, from: from, to: to, runs: sl.runs[:0]}
	r.flow.reads++
	r.s.send(r.s.read(e, r.owner, readAhead+uint32(i)), 0)
	return sl
}

// arrived fills the slot that a READ was for.
func (r *reader) arrived(c *command) {
	r.flow.reads--
	sl := &r.slots[c.ref-readAhead]
	if sl.state = slotFailed; c.good() {
		sl.state = slotFull
		sl.runs = r.s.l.Resolve(sl.runs[:0], c.task.Found)
	}
}

func (r *reader) find(from uint64) *slot {
	for i := range r.slots {
		if sl := &r.slots[i]; sl.state != slotEmpty && sl.from == from {
			return sl
		}
	}
	return nil
}

// abandon ends the run of a process that was killed.
func (r *reader) abandon(p *Process) {
	if r.p == p {
		r.active = false
	}
}

// forget drops what is in memory. Nothing may be under way.
func (r *reader) forget() {
	for i := range r.slots {
		r.slots[i].state = slotEmpty
	}
	r.last = math.MaxUint64
}
