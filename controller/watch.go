package controller

import (
	"slices"

	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
)

// watch follows passes over the media unit by unit, with an event for each. The
// model does not depend on it: it is there for a ledger that listens.
type watch struct {
	array  *Array
	holes  *holes // nil: the rows are not wanted
	passes []watched
	steps  []raid.Step
	runs   []block.Run
}

// watched is a pass under way.
type watched struct {
	disks.Pass
	member int
	busy   bool
	before []block.Cell // what the medium held of Extent
	come   uint64       // units
}

func newWatch(a *Array, rows bool) *watch {
	w := &watch{array: a}
	if rows {
		w.holes = newHoles(a.layout)
	}
	return w
}

// began starts to follow a pass.
func (w *watch) began(now sim.Time, d *disks.Drive, p *disks.Pass) {
	i := slices.IndexFunc(w.passes, func(o watched) bool { return !o.busy })
	if i < 0 {
		i = len(w.passes)
		w.passes = append(w.passes, watched{})
	}
	o := &w.passes[i]
	*o = watched{Pass: *p, member: d.Member(), busy: true, before: d.Peek(o.before[:0], p.Extent)}
	o.Cells = slices.Clone(p.Cells)
	if p.End > now {
		w.array.k.At(max(now, min(p.Begin+1, p.End)), w, 0, uint32(i))
	}
}

// stored ends it: whatever has not come yet has.
func (w *watch) stored(now sim.Time, d *disks.Drive, p *disks.Pass) {
	i := slices.IndexFunc(w.passes, func(o watched) bool {
		return o.busy && o.member == d.Member() && o.Lane == p.Lane && o.Extent == p.Extent
	})
	o := &w.passes[i]
	w.advance(now, o, w.units(o))
	o.busy = false
}

// Fire looks at the pass that the event names, and asks to be called again when
// its next unit comes.
func (w *watch) Fire(e sim.Event) {
	o := &w.passes[e.Ref]
	if !o.busy || e.At < o.Begin || e.At >= o.End {
		return
	}
	n := w.units(o)
	span := uint64(o.End - o.Begin)
	w.advance(e.At, o, uint64(e.At-o.Begin)*n/span)
	next := o.Begin + sim.Time(((o.come+1)*span+n-1)/n)
	w.array.k.At(min(next, o.End), w, 0, e.Ref)
}

func (w *watch) units(o *watched) uint64 {
	return o.Units.Blocks / w.array.drives[o.member].TearBlocks()
}

// advance is told that so many units of the pass have come.
func (w *watch) advance(now sim.Time, o *watched, come uint64) {
	a := w.array
	unit := block.LBA(a.drives[o.member].TearBlocks())
	from, to := o.Units.Start+block.LBA(o.come)*unit, o.Units.Start+block.LBA(come)*unit
	o.come = come
	if e := o.Extent.Intersect(block.Between(from, to)); !e.Empty() && w.holes != nil {
		w.holes.Change(o.member, e, within(o.before, e), within(o.Cells, e))
		a.ledger.Holes(now, w.open())
	}
	if a.absent == 0 {
		return
	}
	if o.Tears && come < w.units(o) {
		to += unit // the unit under the head is torn
	}
	w.show(now, o.member, block.Between(from, min(to, block.LBA(a.layout.MemberBlocks()))))
}

// within is the part of cells in e.
func within(cells []block.Cell, e block.Extent) []block.Cell {
	var part []block.Cell
	for _, c := range cells {
		if in := c.Extent.Intersect(e); !in.Empty() {
			part = append(part, block.Cell{Extent: in, Tag: c.Tag})
		}
	}
	return part
}

// open is the number of rows that disagree and that nothing would repair.
func (w *watch) open() uint64 {
	if w.array.hole == firmware.HoleOpen {
		return w.holes.Rows()
	}
	n := w.holes.Rows()
	chunk := block.LBA(w.array.layout.ChunkBlocks())
	for _, r := range w.holes.rows.All(nil) {
		for at := r.Extent.Start; at < r.Extent.End(); {
			part := block.Between(at, min(r.Extent.End(), (at/chunk+1)*chunk))
			if w.array.onRecord(uint64(at / chunk)) {
				n -= part.Blocks
			}
			at = part.End()
		}
	}
	return n
}

// show tells the ledger what a read of the rows of e, which are of one member,
// would find now: of the member's own data, and of what is rebuilt with its help.
func (w *watch) show(now sim.Time, member int, e block.Extent) {
	a := w.array
	chunk := block.LBA(a.layout.ChunkBlocks())
	for at := e.Start; at < e.End(); {
		rows := block.Between(at, min(e.End(), (at/chunk+1)*chunk))
		stripe := uint64(at / chunk)
		base := a.layout.StripeExtent(stripe).Start + at%chunk
		for slot := range a.layout.StripeBlocks() / uint64(chunk) {
			v := block.Extent{Start: base + block.LBA(slot)*chunk, Blocks: rows.Blocks}
			w.runs = w.content(w.runs[:0], v)
			for _, r := range w.runs {
				a.ledger.Shows(now, r.Extent, r.Version)
			}
		}
		at = rows.End()
	}
}

// content is what a read of e would find on the media, if the power went now.
func (w *watch) content(dst []block.Run, e block.Extent) []block.Run {
	a := w.array
	var err error
	if w.steps, err = a.layout.PlanRead(w.steps[:0], e, a.absent); err != nil {
		return append(dst, block.Run{Extent: e, Version: block.Unread})
	}
	for i := range w.steps {
		s := &w.steps[i]
		s.Cells = w.held(s.Cells[:0], int(s.Member), s.Extent)
	}
	return a.layout.Assemble(dst, e, w.steps, a.absent)
}

// held is what the medium of a member would hold of e if the power went now.
func (w *watch) held(dst []block.Cell, member int, e block.Extent) []block.Cell {
	first := len(dst)
	dst = w.array.drives[member].Peek(dst, e)
	for i := range w.passes {
		if o := &w.passes[i]; o.busy && o.member == member && o.Units.Overlaps(e) {
			dst = append(dst[:first], w.over(slices.Clone(dst[first:]), o)...)
		}
	}
	return dst
}

// over is cells with what has come of a pass over them, and the unit under the
// head torn.
func (w *watch) over(cells []block.Cell, o *watched) []block.Cell {
	unit := block.LBA(w.array.drives[o.member].TearBlocks())
	head := o.Units.Start + block.LBA(o.come)*unit
	var m block.Map[block.Tag]
	const zero block.Tag = 1<<64 - 1 // a Map knows no value of 0
	for _, c := range cells {
		if c.Tag == 0 {
			c.Tag = zero
		}
		m.Set(c.Extent, c.Tag)
	}
	e := block.Between(cells[0].Extent.Start, cells[len(cells)-1].Extent.End())
	for _, c := range o.Cells {
		m.Set(c.Extent.Intersect(block.Between(o.Units.Start, head)).Intersect(e), c.Tag)
	}
	if now := w.array.k.Now(); o.Tears && o.Begin < now && now < o.End {
		for a := head; a < head+unit; a++ {
			m.Set(block.Extent{Start: a, Blocks: 1}.Intersect(e), block.TornTag(uint32(o.member)<<24^uint32(a)))
		}
	}
	cells = cells[:0]
	for _, v := range m.Append(nil, e) {
		if v.Value == zero {
			v.Value = 0
		}
		cells = append(cells, block.Cell{Extent: v.Extent, Tag: v.Value})
	}
	return cells
}

// onRecord tells whether the stripe would be repaired when the power is back.
func (a *Array) onRecord(stripe uint64) bool {
	if a.hole == firmware.HoleBitmap {
		return a.marks.marks.At(block.LBA(stripe)) != 0
	}
	for m := range a.logs {
		for i := range a.logs[m].slots {
			if e := &a.logs[m].slots[i]; e.stripe == stripe && e.state != settled {
				return true
			}
		}
	}
	return false
}
