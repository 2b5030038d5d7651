package raid

import (
	"fmt"
	"math/bits"

	"tbraid/internal/block"
)

// slots is a set of slots of a row: bit n for data chunk n, then P, then Q.
type slots uint16

// has names no member beyond the last, so Go need not check the shift.
func (s slots) has(slot int) bool { return s>>(slot&(maxMembers-1))&1 != 0 }
func (s slots) count() int        { return bits.OnesCount16(uint16(s)) }
func (s slots) first() int        { return bits.TrailingZeros16(uint16(s)) }

// tags holds one tag a slot, 0 where none is known; one more than there can be
// slots, so that RAID-5 of 16 members may look for a Q.
type tags [maxMembers + 1]block.Tag

// row is one stripe, seen with one set of absent members, and the blocks of it
// that a command is about. It is opened anew for every command.
type row struct {
	shape
	stripe   uint64
	base     block.LBA // first member address of the row
	first    block.LBA // first volume address of the row
	start    int       // member of slot 0
	turn     int       // the copy of mirrored data that reads prefer
	absent   Absent
	gone     slots // slots of which no copy is present
	end      block.LBA
	pieces   []piece           // what add was given, in volume order
	used     slots             // that have pieces
	reach    uint64            // end of the furthest
	from, to [maxMembers]int32 // a used slot n has pieces[from[n]:to[n]]
	segments []segment

	// The walk over the segments.
	at   uint64
	rest slots             // that have pieces beyond at
	next [maxMembers]int32 // the first of these
}

// piece is a range of offsets in one data chunk, and its new content if any.
type piece struct {
	lo, hi uint64
	tag    block.Tag
}

// segment is a range of offsets in which the same slots are covered by pieces.
type segment struct {
	lo, hi  uint64
	covered slots
}

// open makes l.row the given stripe, with no pieces.
func (l *Layout) open(stripe uint64, absent Absent) *row {
	r := &l.row
	if stripe >= l.stripes {
		panic(fmt.Sprintf("raid: stripe %d of an array of %d", stripe, l.stripes))
	}
	r.stripe, r.absent = stripe, absent
	r.base = block.LBA(stripe * l.chunk)
	r.first = block.LBA(stripe * l.stripeBlocks())
	r.start = l.start(stripe)
	r.turn = l.turn(stripe)
	r.end = r.first
	r.pieces, r.used, r.reach, r.segments = r.pieces[:0], 0, 0, r.segments[:0]
	r.gone = 0
	if absent != 0 {
		for slot := range r.data + r.parities {
			if _, ok := r.source(slot); !ok {
				r.gone |= 1 << slot
			}
		}
	}
	return r
}

// copyOf is the member that holds the n-th copy of a slot.
func (r *row) copyOf(slot, n int) int {
	if r.parities == 0 {
		return slot*r.copies + n
	}
	return r.wrap(r.start + slot)
}

// source is the copy of a slot to read: of mirrors the preferred one turns with
// the stripe, so that reads spread over all members. Not ok if all are absent.
func (r *row) source(slot int) (mirror int, ok bool) {
	mirror = r.turn
	if r.absent == 0 {
		return mirror, true
	}
	for range r.copies {
		if !r.absent.Has(r.copyOf(slot, mirror)) {
			return mirror, true
		}
		if mirror++; mirror == r.copies {
			mirror = 0
		}
	}
	return 0, false
}

// allData is the set of data slots.
func (r *row) allData() slots { return r.dataSlots }

// parity is the set of parity slots whose member is present.
func (r *row) parity() slots { return r.paritySlots &^ r.gone }

// add puts volume blocks of the stripe into the row. Extents come in ascending
// order; it panics otherwise, for then the plan would be wrong.
func (r *row) add(e block.Extent, v block.Version) {
	if e.Empty() {
		return
	}
	if e.Start < r.end || e.End() > r.first+block.LBA(r.stripeBlocks()) {
		panic(fmt.Sprintf("raid: extent %v is out of order or not in stripe %d", e, r.stripe))
	}
	r.end = e.End()
	at, lo := r.byChunk.Split(uint64(e.Start - r.first))
	for rest, slot := e.Blocks, int(at); rest > 0; slot, lo = slot+1, 0 {
		n := min(rest, r.chunk-lo)
		if bit := slots(1) << (slot & (maxMembers - 1)); r.used&bit == 0 {
			r.used |= bit
			r.from[slot] = int32(len(r.pieces))
		}
		r.pieces = append(r.pieces, piece{lo, lo + n, v.Tag(uint8(slot))})
		r.to[slot] = int32(len(r.pieces))
		r.reach = max(r.reach, lo+n)
		rest -= n
	}
}

// sweep begins a walk over the segments of the row, in ascending offsets.
func (r *row) sweep() {
	r.at, r.rest = 0, r.used
	for rest := r.used; rest != 0; rest &= rest - 1 {
		slot := rest.first()
		r.next[slot] = r.from[slot]
	}
}

// segment returns the next segment. It ends where the piece of any slot begins
// or ends, so each covered slot has one piece, and one new tag, all over it.
func (r *row) segment() (g segment, ok bool) {
	if r.at >= r.reach {
		return g, false
	}
	g.lo, g.hi = r.chunk, r.chunk
	for rest := r.rest; rest != 0; rest &= rest - 1 {
		slot := rest.first()
		p := &r.pieces[r.next[slot]]
		if p.hi <= r.at {
			if r.next[slot]++; r.next[slot] == r.to[slot] {
				r.rest &^= 1 << slot
				continue
			}
			p = &r.pieces[r.next[slot]]
		}
		switch lo := max(r.at, p.lo); {
		case lo < g.lo: // what seemed to be next comes behind it
			g = segment{lo, min(p.hi, g.lo), 1 << slot}
		case lo == g.lo:
			g.hi = min(g.hi, p.hi)
			g.covered |= 1 << slot
		default:
			g.hi = min(g.hi, lo)
		}
	}
	r.at = g.hi
	return g, true
}

// tag is the new content of a slot that the last segment covers.
func (r *row) tag(slot int) block.Tag { return r.pieces[r.next[slot]].tag }

// extent is where offsets lo to hi of the row are on every member.
func (r *row) extent(lo, hi uint64) block.Extent {
	return block.Extent{Start: r.base + block.LBA(lo), Blocks: hi - lo}
}

// planRead adds the reads of the needed slots in a segment.
func (r *row) planRead(p *plan, g segment, need slots) {
	for ; need != 0; need &= need - 1 {
		slot := need.first()
		mirror, _ := r.source(slot)
		p.add(0, Read, r.role(slot, mirror), r.copyOf(slot, mirror), r.extent(g.lo, g.hi))
	}
}

// recovery is the set of slots from which rebuild gets the data that is gone:
// all other data and as many parities as data chunks are gone, P before Q.
func (r *row) recovery() (need slots, ok bool) {
	parity := r.parity()
	lost := (r.gone & r.allData()).count()
	if lost > parity.count() {
		return 0, false
	}
	if lost < parity.count() {
		parity = 1 << parity.first()
	}
	return r.allData()&^r.gone | parity, true
}

// rebuild computes the one or two data tags that are gone from the others and
// the parities that recovery names; the equations are Anvin's.
func (r *row) rebuild(t *tags) {
	lost := r.gone & r.allData()
	x, y := lost.first(), (lost & (lost - 1)).first()
	t[x] = 0
	if lost.count() == 2 {
		t[y] = 0
	}
	p, q := syndromes(t[:r.data])
	switch {
	case lost.count() == 2: // p = x+y, q = g^x·x + g^y·y
		p, q = p^t[r.data], q^t[r.data+1]
		gx, gy := power(x), power(y)
		t[x] = multiply(inverse(gx^gy), q^multiply(gy, p))
		t[y] = p ^ t[x]
	case r.gone.has(r.data): // P is gone too
		t[x] = multiply(inverse(power(x)), q^t[r.data+1])
	default:
		t[x] = p ^ t[r.data]
	}
}
