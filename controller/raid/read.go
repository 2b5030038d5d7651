package raid

import (
	"fmt"

	"tbraid/internal/block"
)

// PlanRead appends the member reads, all of phase 0, that yield the volume
// content of e, which may lie in any number of stripes. Where the member of a
// block is absent, the rest of its row that rebuilds it is read, for those
// offsets only. Ranges of one member that follow each other are one step.
//
// It returns ErrLost and dst as it was if a block of e can be neither read nor
// rebuilt, and panics if e is beyond the volume.
func (l *Layout) PlanRead(dst []Step, e block.Extent, absent Absent) ([]Step, error) {
	l.check(e)
	p := plan{steps: dst}
	for at := e.Start; at < e.End(); {
		r := l.open(l.StripeOf(at), absent)
		part := e.Intersect(l.StripeExtent(r.stripe))
		r.add(part, 0)
		r.sweep()
		for g, ok := r.segment(); ok; g, ok = r.segment() {
			need := g.covered
			if need&r.gone != 0 {
				var ok bool
				if need, ok = r.recovery(); !ok { // includes what of g is present
					return dst, ErrLost
				}
			}
			r.planRead(&p, g, need)
		}
		at = part.End()
	}
	return p.steps, nil
}

// Assemble appends the volume content of e, in order, without gaps and with
// neighbours of equal version merged. The steps are those of PlanRead for the
// same e and absent, each with the Cells that its member returned. Blocks of
// absent members are rebuilt; one whose row was not consistent comes out as
// block.Garbage. It panics if a step has no content: the caller must count the
// member of a failed step as absent and plan again.
func (l *Layout) Assemble(dst []block.Run, e block.Extent, steps []Step, absent Absent) []block.Run {
	l.rewind(steps, Read)
	merged := len(dst)
	for at := e.Start; at < e.End(); {
		stripe, slot, lo := l.place(at)
		hi := min(l.chunk, lo+uint64(e.End()-at))
		r := l.open(stripe, absent)
		need := slots(1) << slot
		if r.gone.has(slot) {
			var ok bool
			if need, ok = r.recovery(); !ok {
				panic(fmt.Sprintf("raid: block %d is lost: PlanRead has refused to read it", at))
			}
		}
		for lo < hi {
			var t tags
			end := l.fetch(&t, steps, need, lo, hi)
			if r.gone.has(slot) {
				r.rebuild(&t)
			}
			run := block.Run{Extent: block.Extent{Start: at, Blocks: end - lo}, Version: t[slot].Version(uint8(slot))}
			if n := len(dst); n > merged && dst[n-1].Version == run.Version {
				dst[n-1].Extent.Blocks += run.Extent.Blocks
			} else {
				dst = append(dst, run)
			}
			at += block.LBA(end - lo)
			lo = end
		}
	}
	return dst
}

// fetch takes the tags of the needed slots at offset lo of the open row from
// the completed reads and returns up to where, at most hi, they all hold.
func (l *Layout) fetch(t *tags, steps []Step, need slots, lo, hi uint64) uint64 {
	r := &l.row
	for ; need != 0; need &= need - 1 {
		slot := need.first()
		mirror, _ := r.source(slot)
		member := r.copyOf(slot, mirror)
		tag, end := l.cursors[member].find(Read, steps, member, r.base+block.LBA(lo))
		t[slot] = tag
		hi = min(hi, uint64(end-r.base))
	}
	return hi
}

// rewind puts the cursors of the members in a plan on their first steps of a kind.
func (l *Layout) rewind(steps []Step, op Op) {
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].Op == op {
			l.cursors[steps[i].Member] = cursor{step: i}
		}
	}
}

// cursor finds what a member returned, or is given. It is quick for ascending addresses,
// which is how the steps of one member and their cells are sorted.
type cursor struct {
	at         block.LBA
	step, cell int
}

// find is the tag at an address of a member in the steps of one kind, and the end
// of its cell.
func (c *cursor) find(op Op, steps []Step, member int, at block.LBA) (block.Tag, block.LBA) {
	if at < c.at {
		*c = cursor{}
	}
	c.at = at
	for ; c.step < len(steps); c.step, c.cell = c.step+1, 0 {
		s := &steps[c.step]
		if s.Op != op || int(s.Member) != member || !s.Extent.Contains(at) {
			continue
		}
		for ; c.cell < len(s.Cells); c.cell++ {
			if cell := s.Cells[c.cell]; cell.Extent.Contains(at) {
				return cell.Tag, cell.Extent.End()
			}
		}
	}
	panic(fmt.Sprintf("raid: no step holds block %d of member %d", at, member))
}
