package controller

import (
	"fmt"

	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
)

// The partial parity log follows Linux md (drivers/md/raid5-ppl.c): before a
// stripe is written, the member that holds its parity takes a header, and the XOR
// of the data that the write leaves alone. md gathers several stripes into one log
// write; here each has its own. A full-stripe write logs its header only. Rows are
// logged by the block: neighbours that share a torn physical sector with a write
// smaller than that are not covered, where md logs pages of 4 KiB.
const (
	logBlocks    = 1 << 20 / block.Size // [V] mdadm super1.c, MULTIPLE_PPL_AREA_SIZE_SUPER1: 1 MiB a member
	headerBlocks = 4 << 10 / block.Size // [V] md_p.h, PPL_HEADER_SIZE: 4 KiB
	// maxEntries bounds the entries of one log, so that a header names the others
	// that count in one word.
	maxEntries = 64
)

// LogBlocks is how much of the end of each member the log of a profile takes.
func LogBlocks(h firmware.WriteHole) uint64 {
	if h == firmware.HolePPL {
		return logBlocks
	}
	return 0
}

// CheckWriteHole tells whether an array of geometry g can close its write hole in
// that way. The error says what does not fit and, behind a colon, what would work.
func CheckWriteHole(h firmware.WriteHole, g raid.Geometry) error {
	const least = 2 // so that a torn header never takes the newest whole one with it
	switch most := uint64(logBlocks/least - headerBlocks); {
	case h != firmware.HolePPL:
		return nil
	case g.Level != raid.RAID5:
		return fmt.Errorf("write_hole ppl on %v: a partial parity log takes RAID-5; write_hole: bitmap works on every level", g.Level)
	case g.ChunkBlocks > most:
		return fmt.Errorf("write_hole ppl with a chunk of %d KiB: takes a chunk of at most %d KiB, or write_hole: bitmap",
			g.ChunkBlocks*block.Size>>10, most*block.Size>>10)
	case g.MemberBlocks < logBlocks+g.ChunkBlocks:
		return fmt.Errorf("write_hole ppl on members of %d blocks: takes members of at least %d, or write_hole: bitmap",
			g.MemberBlocks, logBlocks+g.ChunkBlocks)
	}
	return nil
}

// parityLog is the log on one member: a ring of slots, each with room for the
// header and the partial parity of one whole chunk.
type parityLog struct {
	start      block.LBA // of slot 0, on the member
	slotBlocks uint64
	slots      []logEntry
	next       int // slot of the next entry
}

// logEntry is one slot. What the header says is kept here and not as bytes: on
// the member the header is its number, and counts only if all of it and all of
// the partial parity are there.
type logEntry struct {
	number  uint64 // in the order of writing, from 1; 0 is a slot never used
	live    uint64 // header: bit n: slot n counts too
	stripe  uint64
	spans   []raid.Span
	partial []block.Cell // at the addresses of the rows

	state   entryState
	flushes uint64 // that had begun when the write ended
}

type entryState uint8

const (
	settled entryState = iota // all of the write is durable: the slot is free
	writing                   // the stripe is being written
	written                   // and may be in the members' volatile caches
)

func newParityLog(memberBlocks, chunkBlocks uint64) parityLog {
	const physical = 4096 / block.Size // so that no torn sector is shared by two slots
	room := headerBlocks + (chunkBlocks+physical-1)/physical*physical
	return parityLog{start: block.LBA(memberBlocks - logBlocks), slotBlocks: room,
		slots: make([]logEntry, min(logBlocks/room, maxEntries))}
}

// extent is all of the log.
func (p *parityLog) extent() block.Extent {
	return block.Extent{Start: p.start, Blocks: p.slotBlocks * uint64(len(p.slots))}
}

func (p *parityLog) at(slot int) block.LBA { return p.start + block.LBA(uint64(slot)*p.slotBlocks) }

// hinders is the entry that has to settle before a write of the stripe can be
// logged: an earlier write of the same stripe, whose partial parity the new one
// would make wrong, or the one in the slot that comes next.
func (p *parityLog) hinders(stripe uint64) *logEntry {
	for i := range p.slots {
		if e := &p.slots[i]; e.state != settled && e.stripe == stripe {
			return e
		}
	}
	if e := &p.slots[p.next]; e.state != settled {
		return e
	}
	return nil
}

// take opens the next slot for a stripe.
func (p *parityLog) take(number, stripe uint64) (e *logEntry, at block.LBA) {
	e, at = &p.slots[p.next], p.at(p.next)
	p.next = (p.next + 1) % len(p.slots)
	e.number, e.stripe, e.state = number, stripe, writing
	e.spans, e.partial = e.spans[:0], e.partial[:0]
	e.live = 0
	for i := range p.slots {
		if p.slots[i].state != settled {
			e.live |= 1 << i
		}
	}
	return e, at
}

// content appends what the slot at an address of the member holds of e.
func (e *logEntry) content(dst []block.Cell, at block.LBA) []block.Cell {
	dst = append(dst, block.Cell{Extent: block.Extent{Start: at, Blocks: headerBlocks}, Tag: block.Tag(e.number)})
	at += headerBlocks
	for _, c := range e.partial {
		dst = append(dst, block.Cell{Extent: block.Extent{Start: at, Blocks: c.Extent.Blocks}, Tag: c.Tag})
		at += block.LBA(c.Extent.Blocks)
	}
	return dst
}

// log writes the log entry of a stripe write and reports true if the stripe may
// be written at once: it needs none where no parity is kept up. A write that finds
// no room waits.
func (a *Array) log(now sim.Time, j *job) bool {
	member := a.layout.ParityMember(j.stripe)
	if a.absent.Has(member) || j.absent.Has(member) {
		return true
	}
	p := &a.logs[member]
	if e := p.hinders(j.stripe); e != nil {
		a.hold(now, j, e)
		return false
	}
	a.logged++
	e, at := p.take(a.logged, j.stripe)
	e.spans, e.partial = a.layout.Partial(e.spans, e.partial, j.steps, j.stripe, j.batch.Runs, j.absent)
	cells := e.content(j.logIO.Cells[:0], at)
	end := cells[len(cells)-1].Extent.End()
	j.entry, j.stage = e, logging
	j.logIO = disks.IO{Op: disks.Write, FUA: true, Extent: block.Between(at, end), Cells: cells,
		Ref: j.slot<<stepBits | (1<<stepBits - 1)}
	a.counts.LogWrites++
	a.counts.LogBlocks += j.logIO.Extent.Blocks
	j.left = 1
	a.submit(now, member, &j.logIO)
	return false
}

// hold makes a write wait until an entry has settled. If that takes a flush of the
// members' caches, it is sent: md too flushes what the last entry covers before it
// writes the next.
func (a *Array) hold(now sim.Time, j *job, e *logEntry) {
	if j.stage != waiting {
		j.stage = waiting
		a.held = append(a.held, j.slot)
	}
	if e.state == written && !a.flushing {
		a.flushing = true
		f := a.take(flushJob, 0)
		f.own = true
		a.flush(now, f)
	}
}

// letGo begins the held writes that nothing hinders any more.
func (a *Array) letGo(now sim.Time) {
	for i := 0; i < len(a.held); {
		j := a.jobs[a.held[i]]
		member := a.layout.ParityMember(j.stripe)
		if e := a.logs[member].hinders(j.stripe); e != nil && !a.absent.Has(member) {
			a.hold(now, j, e)
			i++
			continue
		}
		a.held = append(a.held[:i], a.held[i+1:]...)
		j.stage = filled
		a.advance(now, j)
		i = 0 // it may have ended at once
	}
}

// forgetLog takes back what the logs say of a stripe that was put onto the media
// past them.
func (a *Array) forgetLog(stripe uint64) {
	for m := range a.logs {
		for i := range a.logs[m].slots {
			if e := &a.logs[m].slots[i]; e.stripe == stripe {
				e.number, e.state = 0, settled
			}
		}
	}
}
