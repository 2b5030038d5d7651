package cache

import (
	"math/bits"

	"tbraid/cache/replace"
	"tbraid/internal/block"
)

// Drop forgets everything, dirty or not: power loss without protection, or a
// reset that initialises the memory. Batches in flight are forgotten with it:
// to hand one of them to Clean or Redirty changes nothing. The caller fills no
// block that such a batch may still be on its way to.
func (c *Cache) Drop() {
	c.byPage.clear()
	c.byStripe.clear()
	c.order.clear()
	c.empty()
	c.epoch++
	c.forget()
}

// DropClean forgets every clean block and keeps the dirty ones: what a vault
// brings back after power loss. What the order of replacement had learnt goes
// too.
func (c *Cache) DropClean() {
	for _, i := range c.clean.Slots(nil) {
		c.free(i)
	}
	c.clean = replace.New(c.replace, c.capacity)
	for _, i := range c.dirtySlots() {
		p := &c.pages[i]
		p.valid = p.dirty()
	}
	c.forget()
}

// Discard forgets the blocks of e, dirty or not: they were unmapped, or written
// past the cache. A batch in flight still carries what it carries, so the caller
// who writes past the cache waits until DirtyIn is false. It costs the pages of
// e, or all pages if fewer.
func (c *Cache) Discard(e block.Extent) {
	if pagesOf(e) > uint64(c.resident) {
		for i := range c.pages {
			if p := &c.pages[i]; p.valid != 0 {
				c.discard(uint32(i), p.share(e))
			}
		}
	} else {
		w := over(e)
		for number, mask, ok := w.next(); ok; number, mask, ok = w.next() {
			if i := c.byPage.get(number); i != 0 {
				c.discard(i, mask)
			}
		}
	}
	c.forget()
}

// discard forgets the blocks of mask of one page.
func (c *Cache) discard(i uint32, mask uint8) {
	p := &c.pages[i]
	wasClean := p.clean()
	lost := p.waiting & mask
	c.dirtyBlocks -= uint64(bits.OnesCount8(p.dirty() & mask))
	p.valid &^= mask
	p.waiting &^= mask
	p.flying &^= mask
	if lost != 0 {
		c.leave(i, uint64(bits.OnesCount8(lost)))
	}
	switch {
	case wasClean && p.valid == 0:
		c.release(i)
	case !wasClean && p.clean():
		c.rest(i)
	}
}

// leave takes blocks that waited no longer out of their stripe, and page i too
// if it has no other. If that was the oldest page, the stripe gets younger.
func (c *Cache) leave(i uint32, blocks uint64) {
	p := &c.pages[i]
	s := p.stripe
	st := &c.stripes[s]
	st.waitingBlocks -= blocks
	if p.waiting == 0 {
		wasOldest := st.waiting.head == i
		c.home.remove(&st.waiting, i)
		if wasOldest {
			at := c.wait[s].prev
			c.wait.remove(&c.waiting, s)
			if st.waiting.head != 0 {
				c.requeue(s, at)
			}
		}
	}
	c.reshelve(s)
}

// forget makes Fill refuse what was read before now.
func (c *Cache) forget() {
	c.seq++
	c.forgotten = c.seq
}

// empty resets the slabs and lists and keeps their memory, but for what the
// order of replacement holds.
func (c *Cache) empty() {
	c.pages = append(c.pages[:0], page{})
	c.home = append(c.home[:0], link{})
	c.flight = append(c.flight[:0], link{})
	c.stripes = append(c.stripes[:0], stripe{})
	c.wait = append(c.wait[:0], link{})
	c.shelf = append(c.shelf[:0], link{})
	c.freePages, c.freeStripes = 0, 0
	c.clean = replace.New(c.replace, c.capacity)
	c.waiting, c.flights = list{}, list{}
	c.shelves = [numShelves]list{}
	c.shelved, c.full = 0, 0
	c.wrote = 0
	c.resident, c.dirtyPages, c.inFlightPages, c.dirtyBlocks = 0, 0, 0, 0
}
