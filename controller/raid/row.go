package raid

import (
	"fmt"
	"math/bits"

	"tbraid/internal/block"
)

// slots is a set of slots of a row: bit n for data chunk n, then P, then Q.
type slots uint16

func (s slots) has(slot int) bool { return s>>slot&1 != 0 }
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
	start    int       // member of slot 0
	absent   Absent
	gone     slots // slots of which no copy is present
	end      block.LBA
	pieces   []piece         // what add was given, in volume order
	from, to [maxMembers]int // data slot n has pieces[from[n]:to[n]]
	segments []segment
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
	r.start = l.member(stripe, 0)
	r.end = l.stripeExtent(stripe).Start
	r.pieces, r.segments = r.pieces[:0], r.segments[:0]
	clear(r.from[:])
	clear(r.to[:])
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
	return (r.start + slot) % r.members
}

// source is the copy of a slot to read: of mirrors the preferred one turns with
// the stripe, so that reads spread over all members. Not ok if all are absent.
func (r *row) source(slot int) (mirror int, ok bool) {
	mirror = int(r.stripe % uint64(r.copies))
	for range r.copies {
		if !r.absent.Has(r.copyOf(slot, mirror)) {
			return mirror, true
		}
		mirror = (mirror + 1) % r.copies
	}
	return 0, false
}

// allData is the set of data slots.
func (r *row) allData() slots { return 1<<r.data - 1 }

// parity is the set of parity slots whose member is present.
func (r *row) parity() slots { return (1<<r.parities - 1) << r.data &^ r.gone }

// add puts volume blocks of the stripe into the row. Extents come in ascending
// order; it panics otherwise, for then the plan would be wrong.
func (r *row) add(e block.Extent, v block.Version) {
	if !r.stripeExtent(r.stripe).Covers(e) || e.Start < r.end && !e.Empty() {
		panic(fmt.Sprintf("raid: extent %v is out of order or not in stripe %d", e, r.stripe))
	}
	for !e.Empty() {
		_, slot, lo := r.place(e.Start)
		n := min(e.Blocks, r.chunk-lo)
		if r.to[slot] == 0 {
			r.from[slot] = len(r.pieces)
		}
		r.pieces = append(r.pieces, piece{lo, lo + n, v.Tag(uint8(slot))})
		r.to[slot] = len(r.pieces)
		e = block.Extent{Start: e.Start + block.LBA(n), Blocks: e.Blocks - n}
		r.end = e.Start
	}
}

// sweep walks the segments of a row in ascending offsets.
type sweep struct {
	row  *row
	at   uint64
	next [maxMembers]int // by slot: the first piece that ends beyond at
}

func (r *row) sweep() sweep { return sweep{row: r, next: r.from} }

// segment returns the next segment. It ends where the piece of any slot begins
// or ends, so each covered slot has one piece, and one new tag, all over it.
func (w *sweep) segment() (g segment, ok bool) {
	r := w.row
	g.lo, g.hi = r.chunk, r.chunk
	for slot := range r.data {
		for w.next[slot] < r.to[slot] && r.pieces[w.next[slot]].hi <= w.at {
			w.next[slot]++
		}
		if w.next[slot] < r.to[slot] {
			g.lo = min(g.lo, max(w.at, r.pieces[w.next[slot]].lo))
		}
	}
	for slot := range r.data {
		if w.next[slot] == r.to[slot] {
			continue
		}
		if p := r.pieces[w.next[slot]]; p.lo > g.lo {
			g.hi = min(g.hi, p.lo)
		} else {
			g.hi = min(g.hi, p.hi)
			g.covered |= 1 << slot
		}
	}
	w.at = g.hi
	return g, g.covered != 0
}

// tag is the new content of a slot that the last segment covers.
func (w *sweep) tag(slot int) block.Tag { return w.row.pieces[w.next[slot]].tag }

// extent is where offsets lo to hi of the row are on every member.
func (r *row) extent(lo, hi uint64) block.Extent {
	return block.Extent{Start: r.base + block.LBA(lo), Blocks: hi - lo}
}

// planRead adds the reads of the needed slots in a segment.
func (r *row) planRead(p *plan, g segment, need slots) {
	for ; need != 0; need &= need - 1 {
		slot := need.first()
		mirror, _ := r.source(slot)
		p.add(Step{
			Op:     Read,
			Role:   r.role(slot, mirror),
			Member: uint8(r.copyOf(slot, mirror)),
			Extent: r.extent(g.lo, g.hi),
		})
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
