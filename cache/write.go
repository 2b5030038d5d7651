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
	t := visit{now: now, version: v}
	w := over(e)
	for p, ok := w.next(); ok; p, ok = w.next() {
		for p.first < p.end {
			i, n := c.find(p.first, p.end)
			if p.first >= t.end {
				c.enter(&t, i, p.first)
			}
			n = int(min(p.first+uint64(n), t.end) - p.first)
			if i == 0 || c.spans[i].clean() && p.mask == whole {
				n = c.fresh(&t, p, i, n)
			} else {
				superseded += c.overwrite(&t, c.cut(i, p.first, n), p.mask)
			}
			p.first += uint64(n)
		}
	}
	c.depart(&t)
	return superseded
}

// visit is what a Write knows while it is in a stripe.
type visit struct {
	now     sim.Time
	version block.Version
	stripe  uint32 // slot; 0 before the first
	end     uint64 // page after its last
	before  uint64 // blocks that waited in it
}

// enter goes on to the stripe of a page, which is in span i, or absent if i is 0.
func (c *Cache) enter(t *visit, i uint32, page uint64) {
	c.depart(t)
	if t.stripe = c.spans[i].stripe; i == 0 || c.spans[i].clean() {
		t.stripe = c.stripeSlot(c.StripeOf(block.LBA(page * PageBlocks)))
	}
	st := &c.stripes[t.stripe]
	if c.scattered && (st.waiting.head != 0 || st.flying) {
		st.rewritten = true
	}
	t.end = (st.number + 1) * (c.stripeBlocks / PageBlocks)
	t.before = st.waitingBlocks
}

// depart ends the visit of a stripe.
func (c *Cache) depart(t *visit) {
	if t.stripe != 0 && c.stripes[t.stripe].waitingBlocks != t.before {
		c.reshelve(t.stripe)
	}
}

// clear makes room at the beginning of a piece, up to the first page that must not
// be lost: clean pages go, because they are written as a whole, and absent ones
// are given a place. The first k are in span i, or absent. It returns the number of
// pages.
func (c *Cache) clear(p piece, i uint32, k int) (n int) {
	for {
		if i == 0 {
			c.reserve(k)
		} else {
			i = c.cut(i, p.first+uint64(n), k)
			c.clean.Remove(i)
			c.displace(i, k)
			c.freeSpan(i)
		}
		if n += k; p.first+uint64(n) == p.end {
			return n
		}
		if i, k = c.find(p.first+uint64(n), p.end); i != 0 && !(c.spans[i].clean() && p.mask == whole) {
			return n
		}
	}
}

// fresh writes as many new pages as there is place for one after the other, and
// returns their number; of the first it is given what find says.
func (c *Cache) fresh(t *visit, p piece, i uint32, n int) int {
	p.end = min(p.end, t.end)
	n = c.clear(p, i, n)
	i = c.newSpan(span{
		first: p.first, pages: uint8(n), stripe: t.stripe, written: c.seq + 1,
		content: uint32(t.version), valid: p.mask, waiting: p.mask,
	})
	c.ages[i].waiting = stamp{c.seq + 1, t.now}
	c.seq += uint64(n)
	c.place(i)
	c.join(i, t.stripe)
	blocks := c.spans[i].blocks(p.mask)
	c.dirtyPages += n
	c.dirtyBlocks += blocks
	c.stripes[t.stripe].waitingBlocks += blocks
	return n
}

// overwrite writes to every page of a span.
func (c *Cache) overwrite(t *visit, i uint32, mask uint8) (superseded uint64) {
	p := &c.spans[i]
	if p.clean() {
		c.clean.Remove(i)
		p.stripe = t.stripe
		c.dirtyPages += int(p.pages)
	}
	p.written = c.seq + 1
	if p.waiting == 0 {
		c.join(i, t.stripe)
		c.ages[i].waiting = stamp{c.seq + 1, t.now}
	}
	c.seq += uint64(p.pages)
	superseded = p.blocks(mask & p.waiting)
	if more := mask &^ p.waiting; more != 0 {
		c.stripes[t.stripe].waitingBlocks += p.blocks(more)
		c.dirtyBlocks += p.blocks(more &^ p.flying)
		p.waiting |= mask
		p.flying &^= mask
	}
	c.set(p, mask, t.version)
	return superseded
}
