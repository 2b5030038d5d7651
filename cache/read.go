package cache

import (
	"slices"

	"tbraid/internal/block"
)

// Lookup appends the valid blocks of e, in order, as runs of one version, and
// reports whether that is all of e. A hit is told to the order of replacement;
// after a miss Fill does so.
func (c *Cache) Lookup(dst []block.Run, e block.Extent) (runs []block.Run, hit bool) {
	w := over(e)
	if w.more() {
		if i, p := c.step(&w); !w.more() { // all of e is alike, as it mostly is
			return c.lookup(dst, i, p)
		}
	}
	base := len(dst)
	dst = c.Peek(dst, e)
	found := uint64(0)
	for _, r := range dst[base:] {
		found += r.Extent.Blocks
	}
	if hit = found == e.Blocks; hit {
		c.touch(e)
	}
	return dst, hit
}

// lookup is Lookup of a piece, all of which lies in span i or, if i is 0, in none.
func (c *Cache) lookup(dst []block.Run, i uint32, p piece) (runs []block.Run, hit bool) {
	if i == 0 {
		return dst, false
	}
	s := &c.spans[i]
	want := p.mask
	p.mask &= s.valid
	if dst = c.appendRuns(dst, len(dst), s, p); p.mask != want {
		return dst, false
	}
	if s.clean() {
		c.clean.Touch(c.cut(i, &p))
	}
	return dst, true
}

// Peek appends the valid blocks of e as Lookup does, and changes nothing.
func (c *Cache) Peek(dst []block.Run, e block.Extent) []block.Run {
	base := len(dst)
	w := over(e)
	for w.more() {
		i, p := c.step(&w)
		if i != 0 {
			s := &c.spans[i]
			p.mask &= s.valid
			dst = c.appendRuns(dst, base, s, p)
		}
	}
	return dst
}

// Missing appends the parts of e that are not valid, in order: what a miss has
// to read from the members.
func (c *Cache) Missing(dst []block.Extent, e block.Extent) []block.Extent {
	base := len(dst)
	w := over(e)
	for w.more() {
		i, p := c.step(&w)
		p.mask &^= c.spans[i].valid // slot 0 holds nothing
		dst = appendBlocks(dst, base, p)
	}
	return dst
}

// appendBlocks appends the blocks of a piece.
func appendBlocks(dst []block.Extent, base int, p piece) []block.Extent {
	if p.mask == whole {
		return appendExtent(dst, base, p.extent())
	}
	for k := range PageBlocks {
		if p.mask>>k&1 != 0 {
			dst = appendExtent(dst, base, p.block(k))
		}
	}
	return dst
}

// Dirty appends the present version of every dirty block, in flight or not, in
// the order of the volume. It sorts the dirty spans and allocates: it is for the
// moment of a power cut, not for the way of an I/O.
func (c *Cache) Dirty(dst []block.Run) []block.Run {
	base := len(dst)
	slots := c.dirtySlots()
	slices.SortFunc(slots, func(a, b uint32) int {
		if c.spans[a].first < c.spans[b].first {
			return -1
		}
		return 1
	})
	for _, i := range slots {
		s := &c.spans[i]
		dst = c.appendRuns(dst, base, s, piece{s.first, s.end(), s.dirty()})
	}
	return dst
}

// dirtySlots lists every span that is waiting or carried, once, in no
// particular but a determined order.
func (c *Cache) dirtySlots() []uint32 {
	slots := make([]uint32, 0, min(c.dirtyPages, len(c.spans)))
	for s := c.waiting.head; s != 0; s = c.wait[s].next {
		for i := c.stripes[s].waiting.head; i != 0; i = c.home[i].next {
			slots = append(slots, i)
		}
	}
	for s := c.flights.head; s != 0; s = c.shelf[s].next {
		for i := c.stripes[s].carried.head; i != 0; i = c.flight[i].next {
			if c.spans[i].waiting == 0 {
				slots = append(slots, i)
			}
		}
	}
	return slots
}
