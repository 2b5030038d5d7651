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
	for number, mask, ok := w.next(); ok; number, mask, ok = w.next() {
		if i := c.byPage.get(number); i != 0 {
			p := &c.pages[i]
			dst = p.appendRuns(dst, base, mask&p.valid)
		}
	}
	return dst
}

// Missing appends the parts of e that are not valid, in order: what a miss has
// to read from the members.
func (c *Cache) Missing(dst []block.Extent, e block.Extent) []block.Extent {
	base := len(dst)
	w := over(e)
	for number, mask, ok := w.next(); ok; number, mask, ok = w.next() {
		if i := c.byPage.get(number); i != 0 {
			mask &^= c.pages[i].valid
		}
		for b := range block.LBA(PageBlocks) {
			if mask>>b&1 == 0 {
				continue
			}
			at := block.LBA(number*PageBlocks) + b
			if n := len(dst) - 1; n >= base && dst[n].End() == at {
				dst[n].Blocks++
				continue
			}
			dst = append(dst, block.Extent{Start: at, Blocks: 1})
		}
	}
	return dst
}

// Dirty appends the present version of every dirty block, in flight or not, in
// the order of the volume. It sorts the dirty pages and allocates: it is for the
// moment of a power cut, not for the way of an I/O.
func (c *Cache) Dirty(dst []block.Run) []block.Run {
	base := len(dst)
	slots := c.dirtySlots()
	slices.SortFunc(slots, func(a, b uint32) int {
		if c.pages[a].number < c.pages[b].number {
			return -1
		}
		return 1
	})
	for _, i := range slots {
		p := &c.pages[i]
		dst = p.appendRuns(dst, base, p.dirty())
	}
	return dst
}

// dirtySlots lists every page that is waiting or carried, once, in no
// particular but a determined order.
func (c *Cache) dirtySlots() []uint32 {
	slots := make([]uint32, 0, c.dirtyPages)
	for s := c.waiting.head; s != 0; s = c.wait[s].next {
		for i := c.stripes[s].waiting.head; i != 0; i = c.home[i].next {
			slots = append(slots, i)
		}
	}
	for s := c.flights.head; s != 0; s = c.shelf[s].next {
		for i := c.stripes[s].carried.head; i != 0; i = c.flight[i].next {
			if c.pages[i].waiting == 0 {
				slots = append(slots, i)
			}
		}
	}
	return slots
}
