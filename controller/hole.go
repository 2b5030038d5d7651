package controller

import (
	"fmt"

	"tbraid/controller/raid"
	"tbraid/internal/block"
)

// SuspectRows counts the rows of stripes first to end-1 of which the redundancy
// does not match the data on the media: blocks of a member at which P or Q is not
// that of the data, or copies differ. It reads what a loss of power now would
// leave, of all members, also of those that have dropped out, block by block: it
// is slow, and for judging. It panics if end is beyond the array.
func (a *Array) SuspectRows(first, end uint64) uint64 {
	if end > a.layout.Stripes() {
		panic(fmt.Sprintf("controller: stripe %d of an array of %d", end, a.layout.Stripes()))
	}
	var suspect uint64
	held := make([]block.Tag, len(a.drives))
	var cells []block.Cell
	for stripe := first; stripe < end; stripe++ {
		for row := range a.layout.ChunkBlocks() {
			at := block.Extent{Start: block.LBA(stripe*a.layout.ChunkBlocks() + row), Blocks: 1}
			for m, d := range a.drives {
				cells = d.Peek(cells[:0], at)
				held[m] = cells[0].Tag
			}
			if !a.layout.Agrees(stripe, held) {
				suspect++
			}
		}
	}
	return suspect
}

// holes keeps count of the rows whose redundancy does not match their data, as
// the members' media change. It begins with an array that agrees everywhere.
type holes struct {
	layout  *raid.Layout
	rows    block.Map[raid.Syndrome] // by address on the members
	count   uint64
	scratch []block.Value[raid.Syndrome]
}

func newHoles(l *raid.Layout) *holes { return &holes{layout: l} }

// Rows is the number of rows that do not agree now: what SuspectRows counts.
func (h *holes) Rows() uint64 { return h.count }

// Change tells of extent e of a member's medium, of which the cells before and
// after cover all, in order. What lies beyond the layout, such as a log, is passed
// over. The cost is that of the runs that change.
func (h *holes) Change(member int, e block.Extent, before, after []block.Cell) {
	end := min(e.End(), block.LBA(h.layout.MemberBlocks()))
	chunk := block.LBA(h.layout.ChunkBlocks())
	var b, a int
	for at := e.Start; at < end; {
		for before[b].Extent.End() <= at {
			b++
		}
		for after[a].Extent.End() <= at {
			a++
		}
		stop := min(end, before[b].Extent.End(), after[a].Extent.End(), (at/chunk+1)*chunk)
		if change := before[b].Tag ^ after[a].Tag; change != 0 {
			h.disturb(member, block.Between(at, stop), change)
		}
		at = stop
	}
}

// disturb applies one change to rows of one stripe.
func (h *holes) disturb(member int, e block.Extent, change block.Tag) {
	stripe := uint64(e.Start) / h.layout.ChunkBlocks()
	h.scratch = h.rows.Append(h.scratch[:0], e)
	for _, v := range h.scratch {
		s := v.Value
		h.layout.Disturb(&s, stripe, member, change)
		if v.Value != (raid.Syndrome{}) {
			h.count -= v.Extent.Blocks
		}
		if s != (raid.Syndrome{}) {
			h.count += v.Extent.Blocks
		}
		h.rows.Set(v.Extent, s)
	}
}
