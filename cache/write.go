package cache

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Write makes the blocks of e valid and dirty with version v. Clean pages are
// evicted where room is needed; it panics if there is none, which Room would
// have told. It returns the number of blocks whose
// dirty version was superseded before any batch took it: these the members will
// never see. A version overwritten in flight still arrives, and is not counted.
func (c *Cache) Write(now sim.Time, e block.Extent, v block.Version) (superseded uint64) {
	if e.Empty() {
		return 0
	}
	if last := e.End() - 1; last/PageBlocks != e.Start/PageBlocks {
		c.touch(block.Extent{Start: last, Blocks: 1}) // e must not evict the rest of its own last page
	}
	c.scattered, c.wrote = e.Start != c.wrote, e.End()
	for at := e.Start; at < e.End(); {
		s := c.stripeAt(at)
		part := block.Between(at, min(e.End(), c.extent(s).End()))
		superseded += c.writeStripe(now, s, part, v)
		at = part.End()
	}
	return superseded
}

// stripeAt is the slot of the stripe that the block at a lies in, a new one if
// need be.
func (c *Cache) stripeAt(a block.LBA) uint32 {
	page := uint64(a / PageBlocks)
	if i, _ := c.find(page, page+1); i != 0 && !c.spans[i].clean() {
		return c.spans[i].stripe
	}
	return c.stripeSlot(c.StripeOf(a))
}

// writeStripe writes e, which lies in the stripe of slot s.
func (c *Cache) writeStripe(now sim.Time, s uint32, e block.Extent, v block.Version) (superseded uint64) {
	st := &c.stripes[s]
	if c.scattered && (st.waiting.head != 0 || st.flying) {
		st.rewritten = true
	}
	before := st.waitingBlocks
	w := over(e)
	for p, ok := w.next(); ok; p, ok = w.next() {
		for p.first < p.end {
			if n := c.clear(p); n > 0 {
				c.fresh(now, s, p.first, n, p.mask, v)
				p.first += uint64(n)
				continue
			}
			i, n := c.find(p.first, p.end)
			superseded += c.overwrite(now, s, c.cut(i, p.first, n), p.mask, v)
			p.first += uint64(n)
		}
	}
	if st.waitingBlocks != before {
		c.reshelve(s)
	}
	return superseded
}

// clear makes room at the beginning of a piece, up to the first page that must not
// be lost: clean pages go, because they are written as a whole, and absent ones
// are given a place. It returns the number of pages.
func (c *Cache) clear(p piece) (n int) {
	for page := p.first; page < p.end; {
		i, k := c.find(page, p.end)
		switch {
		case i == 0:
			c.reserve(k)
		case c.spans[i].clean() && p.mask == whole:
			i = c.cut(i, page, k)
			c.clean.Remove(i)
			c.displace(i, k)
			c.freeSpan(i)
		default:
			return n
		}
		n += k
		page += uint64(k)
	}
	return n
}

// fresh puts n new pages into the stripe of slot s.
func (c *Cache) fresh(now sim.Time, s uint32, first uint64, n int, mask uint8, v block.Version) {
	i := c.newSpan(span{
		first: first, pages: uint8(n), stripe: s, written: c.seq + 1, seq: c.seq + 1, since: now,
		content: uint32(v), valid: mask, waiting: mask,
	})
	c.seq += uint64(n)
	c.place(i)
	c.join(i, s)
	blocks := c.spans[i].blocks(mask)
	c.dirtyPages += n
	c.dirtyBlocks += blocks
	c.stripes[s].waitingBlocks += blocks
}

// overwrite writes to every page of a span, which is in the stripe of slot s or clean.
func (c *Cache) overwrite(now sim.Time, s, i uint32, mask uint8, v block.Version) (superseded uint64) {
	p := &c.spans[i]
	if p.clean() {
		c.clean.Remove(i)
		p.stripe = s
		c.dirtyPages += int(p.pages)
	}
	p.written = c.seq + 1
	if p.waiting == 0 {
		c.join(i, s)
		p.seq, p.since = c.seq+1, now
	}
	c.seq += uint64(p.pages)
	superseded = p.blocks(mask & p.waiting)
	if more := mask &^ p.waiting; more != 0 {
		c.stripes[s].waitingBlocks += p.blocks(more)
		c.dirtyBlocks += p.blocks(more &^ p.flying)
		p.waiting |= mask
		p.flying &^= mask
	}
	c.set(p, mask, v)
	return superseded
}
