package cache

import (
	"tbraid/cache/replace"
	"tbraid/internal/block"
)

// Drop forgets everything, dirty or not: power loss without protection, or a
// reset that initialises the memory. Batches in flight are forgotten with it:
// to hand one of them to Clean or Redirty changes nothing. The caller fills no
// block that such a batch may still be on its way to.
func (c *Cache) Drop() {
	c.byStripe.clear()
	c.order.clear()
	c.ordered = false
	c.empty()
	c.epoch++
	c.forget()
}

// DropClean forgets every clean block and keeps the dirty ones: what a vault
// brings back after power loss. What the order of replacement had learnt goes
// too.
func (c *Cache) DropClean() {
	for _, i := range c.clean.Slots(nil) {
		c.lose(i, int(c.spans[i].pages))
	}
	c.clean = replace.New(c.replace, c.capacity)
	for _, i := range c.dirtySlots() {
		s := &c.spans[i]
		s.valid = s.dirty()
	}
	c.forget()
}

// Discard forgets the blocks of e, dirty or not: they were unmapped, or written
// past the cache. A batch in flight still carries what it carries, so the caller
// who writes past the cache waits until DirtyIn is false. It costs the spans in
// e, or all spans if there are fewer.
func (c *Cache) Discard(e block.Extent) {
	if pagesOf(e) > uint64(c.resident) {
		// The stripe in which e begins comes first, so that nothing depends on the
		// order of slots: of the others only the one in which e ends can have something left.
		c.discardPages(e.Intersect(c.stripeExtent(c.StripeOf(e.Start))))
		for i := 1; i < len(c.spans); i++ {
			if c.spans[i].pages > 0 {
				c.discardPages(e.Intersect(c.spans[i].extent()))
			}
		}
	} else {
		c.discardPages(e)
	}
	c.forget()
}

func (c *Cache) discardPages(e block.Extent) {
	w := over(e)
	for w.more() {
		i, p := c.step(&w)
		if i != 0 {
			c.discard(c.cut(i, &p), p.mask)
		}
	}
}

// discard forgets the blocks of mask of each page of a span.
func (c *Cache) discard(i uint32, mask uint8) {
	s := &c.spans[i]
	if s.clean() {
		if s.valid &^= mask; s.valid == 0 {
			c.clean.Remove(i)
			c.lose(i, int(s.pages))
		}
		return
	}
	lost := s.waiting & mask
	c.dirtyBlocks -= s.blocks(s.dirty() & mask)
	s.valid &^= mask
	s.waiting &^= mask
	s.flying &^= mask
	if lost != 0 {
		c.leave(i, s.blocks(lost))
	}
	if s.clean() {
		c.rest(i)
	}
}

// leave takes blocks that waited no longer out of their stripe, and span i too
// if it has no other. If that was the oldest, the stripe gets younger.
func (c *Cache) leave(i uint32, blocks uint64) {
	s := c.spans[i].stripe
	st := &c.stripes[s]
	st.waitingBlocks -= blocks
	if c.spans[i].waiting == 0 {
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
	c.slab.clear()
	c.lines.clear()
	c.stripes = append(c.stripes[:0], stripe{number: noStripe})
	c.wait = append(c.wait[:0], link{})
	c.shelf = append(c.shelf[:0], link{})
	c.freeStripes, c.recent = 0, 0
	c.clean = replace.New(c.replace, c.capacity)
	c.waiting, c.flights = list{}, list{}
	c.shelves = [numShelves]list{}
	c.shelved, c.full = 0, 0
	c.wrote = 0
	c.resident, c.dirtyPages, c.inFlightPages, c.dirtyBlocks = 0, 0, 0, 0
}
