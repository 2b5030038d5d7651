package raid

import (
	"fmt"

	"tbraid/internal/block"
)

// Span is a range of rows of one stripe in which a write changes the same data
// chunks. It is what a partial parity log says of a write, and, with all chunks,
// what a bitmap says of a stripe.
type Span struct {
	Extent block.Extent // the same on every member
	Chunks uint16       // bit n for data chunk n of the row
}

// Whole is the span of a whole stripe, as after a write of all of it.
func (l *Layout) Whole(stripe uint64) Span {
	r := l.open(stripe, 0)
	return Span{Extent: r.extent(0, l.chunk), Chunks: uint16(r.allData())}
}

// MemberBlocks is how much of each member the layout uses, from block 0.
func (l *Layout) MemberBlocks() uint64 { return l.stripes * l.chunk }

// Stripes is the number of stripes.
func (l *Layout) Stripes() uint64 { return l.stripes }

// ParityMember is the member that holds P of a stripe. It panics if the level has
// no parity.
func (l *Layout) ParityMember(stripe uint64) int {
	if l.parities == 0 {
		panic("raid: no parity in this level")
	}
	return l.member(stripe, l.data)
}

// Partial appends what a partial parity log keeps of a write of RAID-5: the rows
// that it changes, and for those of which it leaves some data chunk alone the XOR
// of the chunks that it leaves alone, at the addresses of the rows. The steps are
// those of the write after Fill, with P among them; content is the same.
//
// New parity is the XOR of what is left alone and of what is written, so the
// partial parity needs no read of its own.
func (l *Layout) Partial(spans []Span, partial []block.Cell, steps []Step, stripe uint64, content []block.Run,
	absent Absent) ([]Span, []block.Cell) {
	r := l.open(stripe, absent)
	for _, run := range content {
		r.add(run.Extent, run.Version)
	}
	l.rewind(steps, Write)
	parity := r.copyOf(r.data, 0)
	r.sweep()
	for g, ok := r.segment(); ok; g, ok = r.segment() {
		spans = appendSpan(spans, Span{r.extent(g.lo, g.hi), uint16(g.covered)})
		if g.covered == r.allData() {
			continue
		}
		var written block.Tag
		for rest := g.covered; rest != 0; rest &= rest - 1 {
			written ^= r.tag(rest.first())
		}
		end := r.base + block.LBA(g.hi)
		for at := r.base + block.LBA(g.lo); at < end; {
			p, stop := l.cursors[parity].find(Write, steps, parity, at)
			stop = min(stop, end)
			partial = appendCell(partial, block.Cell{Extent: block.Between(at, stop), Tag: p ^ written})
			at = stop
		}
	}
	return spans, partial
}

func appendSpan(spans []Span, s Span) []Span {
	if n := len(spans) - 1; n >= 0 && spans[n].Extent.End() == s.Extent.Start && spans[n].Chunks == s.Chunks {
		spans[n].Extent.Blocks += s.Extent.Blocks
		return spans
	}
	return append(spans, s)
}

func appendCell(cells []block.Cell, c block.Cell) []block.Cell {
	if n := len(cells) - 1; n >= 0 && cells[n].Extent.End() == c.Extent.Start && cells[n].Tag == c.Tag {
		cells[n].Extent.Blocks += c.Extent.Blocks
		return cells
	}
	return append(cells, c)
}

// PlanRepair appends the member commands that make the redundancy of some rows of
// a stripe agree with their data again: reads of the chunks that each span names,
// as phase 0, then writes of the parity, or of the other copies. A span of which
// a named chunk has no member is left out: its redundancy may be the only copy.
// With nothing to write it returns dst as it was.
func (l *Layout) PlanRepair(dst []Step, stripe uint64, spans []Span, absent Absent) []Step {
	r := l.open(stripe, absent)
	p := plan{steps: dst}
	for _, s := range spans {
		if chunks := slots(s.Chunks); chunks&r.gone == 0 {
			r.planRead(&p, r.segmentOf(s), chunks)
		}
	}
	clear(p.last[:])
	reads := len(p.steps)
	for _, s := range spans {
		chunks := slots(s.Chunks)
		if chunks&r.gone != 0 {
			continue
		}
		for rest := chunks | r.parity(); rest != 0; rest &= rest - 1 {
			r.planCopies(&p, s.Extent, rest.first())
		}
	}
	if len(p.steps) == reads {
		return dst
	}
	return p.steps
}

// planCopies adds the writes of a slot that follow from its data: a parity, or
// the copies that were not read.
func (r *row) planCopies(p *plan, e block.Extent, slot int) {
	for mirror := range r.copies {
		if member, ok := r.follows(slot, mirror); ok {
			p.add(1, Write, r.role(slot, mirror), member, e)
		}
	}
}

// follows tells whether a repair writes a copy of a slot, and to which member.
func (r *row) follows(slot, mirror int) (member int, ok bool) {
	member = r.copyOf(slot, mirror)
	if r.absent.Has(member) {
		return member, false
	}
	source, _ := r.source(slot)
	return member, slot >= r.data || mirror != source
}

func (r *row) segmentOf(s Span) segment {
	lo := uint64(s.Extent.Start - r.base)
	return segment{lo: lo, hi: lo + s.Extent.Blocks, covered: slots(s.Chunks)}
}

// FillRepair sets the Cells of the Write steps of a plan that PlanRepair made for
// the same stripe, spans and absent, after its reads are done. partial is what
// Partial kept of the rows of which not all chunks were named. It panics if reads,
// plan and partial do not fit each other.
func (l *Layout) FillRepair(steps []Step, stripe uint64, spans []Span, partial []block.Cell, absent Absent) {
	r := l.open(stripe, absent)
	l.empty(steps)
	kept := 0
	for _, s := range spans {
		g := r.segmentOf(s)
		if g.covered&r.gone != 0 {
			continue
		}
		for lo := g.lo; lo < g.hi; {
			var t tags
			hi := l.fetch(&t, steps, g.covered, lo, g.hi)
			p, q := syndromes(t[:r.data])
			if g.covered != r.allData() {
				at := r.base + block.LBA(lo)
				for kept < len(partial) && !partial[kept].Extent.Contains(at) {
					kept++
				}
				if kept == len(partial) {
					panic(fmt.Sprintf("raid: no partial parity for block %d", at))
				}
				p ^= partial[kept].Tag
				hi = min(hi, uint64(partial[kept].Extent.End()-r.base))
			}
			t[r.data], t[r.data+1] = p, q
			for rest := g.covered | r.parity(); rest != 0; rest &= rest - 1 {
				l.putCopies(steps, r.extent(lo, hi), rest.first(), &t)
			}
			lo = hi
		}
	}
}

func (l *Layout) putCopies(steps []Step, e block.Extent, slot int, t *tags) {
	for mirror := range l.copies {
		if member, ok := l.row.follows(slot, mirror); ok {
			l.put(steps, member, block.Cell{Extent: e, Tag: t[slot]})
		}
	}
}
