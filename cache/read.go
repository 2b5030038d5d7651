package cache

import (
	"slices"

	"tbraid/internal/block"
)

// Lookup appends the valid blocks of e, in order, as runs of one version, and
// reports whether that is all of e. A hit is told to the order of replacement;
// after a miss Fill does so.
func (c *Cache) Lookup(dst []block.Run, e block.Extent) (runs []block.Run, hit bool) {
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

// Peek appends the valid blocks of e as Lookup does, and changes nothing.
func (c *Cache) Peek(dst []block.Run, e block.Extent) []block.Run {
	base := len(dst)
	w := over(e)
	for p, ok := w.next(); ok; p, ok = w.next() {
		for page := p.first; page < p.end; {
			i, n := c.find(page, p.end)
			if i != 0 {
				s := &c.spans[i]
				dst = c.appendRuns(dst, base, s, page, n, p.mask&s.valid)
			}
			page += uint64(n)
		}
	}
	return dst
}

// Missing appends the parts of e that are not valid, in order: what a miss has
// to read from the members.
func (c *Cache) Missing(dst []block.Extent, e block.Extent) []block.Extent {
	base := len(dst)
	w := over(e)
	for p, ok := w.next(); ok; p, ok = w.next() {
		for page := p.first; page < p.end; {
			i, n := c.find(page, p.end)
			dst = appendBlocks(dst, base, page, n, p.mask&^c.spans[i].valid) // slot 0 holds nothing
			page += uint64(n)
		}
	}
	return dst
}

// appendBlocks appends the blocks of mask of n pages, all of them or of one page.
func appendBlocks(dst []block.Extent, base int, first uint64, n int, mask uint8) []block.Extent {
	if mask == whole {
		return appendExtent(dst, base, pagesExtent(first, n))
	}
	for k := range block.LBA(PageBlocks) {
		if mask>>k&1 != 0 {
			dst = appendExtent(dst, base, block.Extent{Start: block.LBA(first*PageBlocks) + k, Blocks: 1})
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
		dst = c.appendRuns(dst, base, s, s.first, int(s.pages), s.dirty())
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
