package raid

import (
	"fmt"

	"tbraid/internal/block"
	"tbraid/internal/mutant"
)

// method is how the parity of a segment is made.
type method uint8

const (
	modify      method = iota // RMW: old parity, less old data, plus new data
	reconstruct               // from all data of the row: the new, and the rest read
	resolve                   // read all there is, rebuild what is gone, then reconstruct
)

// PlanWrite appends the member commands that write the dirty blocks of one
// stripe: extents of the volume, sorted, without overlap, all in the stripe.
//
// Parity is made over exactly the offsets that are dirty in any chunk, by RMW
// or by reconstruct-write, whichever takes fewer member commands for the whole
// stripe; at a tie the one that reads fewer blocks, then RMW. A full-stripe
// write is a reconstruct-write with nothing left to read. Offsets at which an
// absent member is dirty cannot be RMW, those at which one is clean cannot be
// reconstructed: there the other method is used. If both are so (RAID-6, two
// data members absent), all present members are read.
//
// Reads are phase 0 and writes phase 1; without reads, writes are phase 0.
// Absent members get no step. It returns ErrLost and dst as it was if a dirty
// block has no member to go to (RAID-0, 1, 10) or more members are absent than
// there are parities (RAID-5, 6).
func (l *Layout) PlanWrite(dst []Step, stripe uint64, dirty []block.Extent, absent Absent) ([]Step, error) {
	r := l.open(stripe, absent)
	for _, e := range dirty {
		r.add(e, 0)
	}
	var touched slots
	r.sweep()
	for g, ok := r.segment(); ok; g, ok = r.segment() {
		r.segments = append(r.segments, g)
		touched |= g.covered
	}
	if r.gone.count() > r.parities && (r.parities > 0 || touched&r.gone != 0) {
		return dst, ErrLost
	}
	p := plan{steps: dst}
	if r.parity() != 0 {
		preferred := r.choose()
		for _, g := range r.segments {
			r.planRead(&p, g, r.reads(r.method(preferred, g.covered), g.covered))
		}
	}
	var phase uint8
	if len(p.steps) > len(dst) {
		phase = 1
	}
	clear(p.last[:])
	if mutant.Is(mutant.ParityFirst) && r.parity() != 0 {
		for _, g := range r.segments {
			r.planWrite(&p, phase, r.parity(), g)
		}
		for _, g := range r.segments {
			r.planWrite(&p, phase+1, g.covered, g)
		}
		return p.steps, nil
	}
	for _, g := range r.segments {
		r.planWrite(&p, phase, g.covered|r.parity(), g)
	}
	return p.steps, nil
}

// planWrite adds the writes of some slots in a segment: all present copies of data,
// and the parities.
func (r *row) planWrite(p *plan, phase uint8, set slots, g segment) {
	for ; set != 0; set &= set - 1 {
		slot := set.first()
		for mirror := range r.copies {
			if member := r.copyOf(slot, mirror); !r.absent.Has(member) {
				p.add(phase, Write, r.role(slot, mirror), member, r.extent(g.lo, g.hi))
			}
		}
	}
}

// choose is the method that makes the cheaper stripe. The writes are the same
// for both, so it compares the reads. It is about rows whose data members are all
// present: where one is gone, method leaves no choice.
func (r *row) choose() method {
	var m, c cost // of RMW and of reconstruct-write
	for _, g := range r.segments {
		m.add(g, r.reads(modify, g.covered))
		c.add(g, r.reads(reconstruct, g.covered))
	}
	if c.commands < m.commands || c.commands == m.commands && c.blocks < m.blocks {
		return reconstruct
	}
	return modify
}

// cost counts member reads and their blocks. A slot that is read in a segment and
// in the one that it joins is one command.
type cost struct {
	commands int
	blocks   uint64
	before   slots  // that are read in the last segment
	end      uint64 // of it
}

func (c *cost) add(g segment, need slots) {
	c.blocks += uint64(need.count()) * (g.hi - g.lo)
	if c.end == g.lo {
		c.commands += (need &^ c.before).count()
	} else {
		c.commands += need.count()
	}
	c.before, c.end = need, g.hi
}

// method is the preferred one if what is gone allows it, else one that works.
func (r *row) method(preferred method, dirty slots) method {
	dirtyGone := dirty&r.gone != 0
	cleanGone := r.allData()&^dirty&r.gone != 0
	switch {
	case dirtyGone && cleanGone:
		return resolve
	case dirtyGone:
		return reconstruct
	case cleanGone:
		return modify
	}
	return preferred
}

// reads is what a method must read where the given slots are dirty.
func (r *row) reads(m method, dirty slots) slots {
	switch m {
	case modify:
		return dirty | r.parity()
	case reconstruct:
		return r.allData() &^ dirty
	}
	return (r.allData() | r.parity()) &^ r.gone
}

// Fill sets the Cells of the Write steps of a plan that PlanWrite made for this
// stripe and absent, after its reads are done. The content are runs of the
// volume in order that cover the dirty extents exactly. Parity is computed from
// the Cells of the reads, whatever they hold. It panics if content, reads and
// plan do not fit each other; a failed read must be planned around first.
func (l *Layout) Fill(steps []Step, stripe uint64, content []block.Run, absent Absent) {
	r := l.open(stripe, absent)
	for _, run := range content {
		r.add(run.Extent, run.Version)
	}
	l.empty(steps)
	l.fillData(steps)
	if r.parity() != 0 {
		l.fillParity(steps)
	}
	for i := range steps {
		if s := &steps[i]; s.Op == Write &&
			(len(s.Cells) == 0 || s.Cells[len(s.Cells)-1].Extent.End() != s.Extent.End()) {
			panic(fmt.Sprintf("raid: content leaves a gap in the write of member %d at %v", s.Member, s.Extent))
		}
	}
}

// fillData puts each piece into the writes of all its copies.
func (l *Layout) fillData(steps []Step) {
	r := &l.row
	for rest := r.used; rest != 0; rest &= rest - 1 {
		slot := rest.first()
		for _, p := range r.pieces[r.from[slot]:r.to[slot]] {
			for mirror := range r.copies {
				if member := r.copyOf(slot, mirror); !r.absent.Has(member) {
					l.put(steps, member, block.Cell{Extent: r.extent(p.lo, p.hi), Tag: p.tag})
				}
			}
		}
	}
}

// fillParity computes P and Q, cell by cell of what was read.
func (l *Layout) fillParity(steps []Step) {
	r := &l.row
	parity := r.parity()
	r.sweep()
	for g, ok := r.segment(); ok; g, ok = r.segment() {
		m := r.method(r.planned(steps, g.lo), g.covered)
		need := r.reads(m, g.covered)
		for lo := g.lo; lo < g.hi; {
			var t tags
			hi := l.fetch(&t, steps, need, lo, g.hi)
			r.encode(m, g.covered, &t)
			for rest := parity; rest != 0; rest &= rest - 1 {
				slot := rest.first()
				l.put(steps, r.copyOf(slot, 0), block.Cell{Extent: r.extent(lo, hi), Tag: t[slot]})
			}
			lo = hi
		}
	}
}

// planned is the method that PlanWrite preferred: only RMW reads parity.
func (r *row) planned(steps []Step, lo uint64) method {
	for i := range steps {
		s := &steps[i]
		if s.Op == Read && (s.Role == P || s.Role == Q) && s.Extent.Contains(r.base+block.LBA(lo)) {
			return modify
		}
	}
	return reconstruct
}

// encode makes the parity in t that of a row of which the dirty slots take their
// new content and t holds what was read.
func (r *row) encode(m method, dirty slots, t *tags) {
	data := t[:r.data]
	var p, q block.Tag
	switch m {
	case modify: // parity is linear: its change is the parity of the change
		if r.parities == 1 {
			for rest := dirty; rest != 0; rest &= rest - 1 {
				t[r.data] ^= t[rest.first()] ^ r.tag(rest.first())
			}
			return
		}
		p, q = t[r.data], t[r.data+1]
		for rest := dirty; rest != 0; rest &= rest - 1 {
			data[rest.first()] ^= r.tag(rest.first())
		}
	case resolve:
		r.rebuild(t)
		fallthrough
	default:
		for rest := dirty; rest != 0; rest &= rest - 1 {
			data[rest.first()] = r.tag(rest.first())
		}
	}
	if r.parities == 1 {
		t[r.data] = p ^ sum(data)
		return
	}
	ofP, ofQ := syndromes(data)
	t[r.data], t[r.data+1] = p^ofP, q^ofQ
}

// empty takes the content out of the writes of a plan, for put to fill them, and
// puts the cursors of the members on their first reads.
func (l *Layout) empty(steps []Step) {
	for i := len(steps) - 1; i >= 0; i-- {
		s := &steps[i]
		if s.Op == Read {
			l.cursors[s.Member] = cursor{step: i}
			continue
		}
		s.Cells = s.Cells[:0]
		l.filling[s.Member] = i
	}
}

// put appends a cell to the Write step of the member that is being filled.
func (l *Layout) put(steps []Step, member int, c block.Cell) {
	i := l.filling[member]
	for ; i < len(steps); i++ {
		if s := &steps[i]; s.Op == Write && int(s.Member) == member && s.Extent.Covers(c.Extent) {
			break
		}
	}
	if i >= len(steps) {
		panic(fmt.Sprintf("raid: content %v of member %d is not in the plan", c.Extent, member))
	}
	l.filling[member] = i
	s := &steps[i]
	if n := len(s.Cells); n > 0 && s.Cells[n-1].Tag == c.Tag {
		s.Cells[n-1].Extent.Blocks += c.Extent.Blocks
		return
	}
	s.Cells = append(s.Cells, c)
}
