package controller

import (
	"math/bits"

	"tbraid/disks"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// media tells the ledger what comes to the media of the members, as blocks of
// the volume. Of a whole array a pass over a medium says all: when it began, when
// it ends, and that its units come in equal steps. Where parity counts, because a
// member is missing or because the rows that disagree are wanted, it looks at
// each unit when it comes.
type media struct {
	numbers [][]int // of the passes under way, by member and lane
	pass    ledger.Pass
	watch   *watch // looks at each unit; nil if nothing needs it
}

func newMedia(drives []*disks.Drive) media {
	m := media{numbers: make([][]int, len(drives))}
	for i, d := range drives {
		m.numbers[i] = make([]int, d.Lanes())
	}
	return m
}

// Listen begins a sweep of the ledger: with what is on the media now, what the
// caches have beside it, and the passes under way. With rows it is to know of
// every row of which data and redundancy disagree; of an array that has lost a
// member there is no telling. No command may be under way.
func (c *Controller) Listen(now sim.Time, rows bool) *ledger.Sweep {
	a := c.array
	rows = rows && a.absent == 0
	if rows || a.absent != 0 {
		a.media.watch = newWatch(a, rows)
	}
	s := c.ledger.Listen(now, a.onMedia, c.keeping(now))
	for _, r := range c.cache.Dirty(nil) {
		c.ledger.Hold(now, r.Extent, r.Version)
	}
	for _, d := range a.drives {
		d.Underway(now)
	}
	c.tellKeeping(now)
	return s
}

// onMedia appends what a read of e would find if the power went now, passes under
// way left aside.
func (a *Array) onMedia(dst []block.Run, e block.Extent) []block.Run {
	steps, err := a.layout.PlanRead(nil, e, a.absent)
	if err != nil {
		return append(dst, block.Run{Extent: e, Version: block.Unread})
	}
	for i := range steps {
		steps[i].Cells = a.drives[steps[i].Member].Peek(nil, steps[i].Extent)
	}
	return a.layout.Assemble(dst, e, steps, a.absent)
}

// Began implements disks.Owner.
func (a *Array) Began(now sim.Time, d *disks.Drive, p *disks.Pass) {
	if a.ledger.Listening() {
		if a.absent == 0 {
			a.media.numbers[d.Member()][p.Lane] = a.ledger.Starts(now, a.ofVolume(d, p))
		}
		if a.media.watch != nil {
			a.media.watch.began(now, d, p)
		}
	}
	if a.ledger.Following() {
		a.ledger.Passes(d.Member(), a.copies(d, p), false)
	}
}

// Stored implements disks.Owner.
func (a *Array) Stored(now sim.Time, d *disks.Drive, p *disks.Pass) {
	a.counts.StoredBlocks += p.Extent.Blocks
	if a.ledger.Listening() {
		if a.absent == 0 {
			a.ledger.Ends(now, a.media.numbers[d.Member()][p.Lane])
		}
		if a.media.watch != nil {
			a.media.watch.stored(now, d, p)
		}
	}
	if a.ledger.Following() {
		a.ledger.Passes(d.Member(), a.copies(d, p), true)
	}
}

// ofVolume is a pass in blocks of the volume: the data that a read would take
// from this member, and what shares a unit with them.
func (a *Array) ofVolume(d *disks.Drive, p *disks.Pass) *ledger.Pass {
	unit := d.TearBlocks()
	out := &a.media.pass
	out.Begin, out.End, out.Tears = p.Begin, p.End, p.Tears
	out.Units, out.UnitBlocks = p.Units.Blocks>>bits.TrailingZeros64(unit), unit // a power of two
	out.Pieces = out.Pieces[:0]
	if p.Units.Start < p.Extent.Start {
		a.pieces(d, p, block.Cell{Extent: block.Between(p.Units.Start, p.Extent.Start)}, true)
	}
	for i := range p.Cells {
		a.pieces(d, p, p.Cells[i], false)
	}
	if p.Extent.End() < p.Units.End() {
		a.pieces(d, p, block.Cell{Extent: block.Between(p.Extent.End(), p.Units.End())}, true)
	}
	return out
}

// pieces adds one cell of a pass, a piece for each chunk. A log behind the last
// chunk is no part of the volume.
func (a *Array) pieces(d *disks.Drive, p *disks.Pass, c block.Cell, carried bool) {
	end := min(c.Extent.End(), block.LBA(a.layout.MemberBlocks()))
	for at := c.Extent.Start; at < end; {
		e, slot, ok := a.layout.DataAt(uint8(d.Member()), at, end)
		if ok {
			a.media.pass.Pieces = append(a.media.pass.Pieces, ledger.Piece{Extent: e, Offset: uint64(at - p.Units.Start),
				Version: c.Tag.Version(slot), Carried: carried})
		}
		at += block.LBA(e.Blocks)
	}
}
