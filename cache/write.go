package cache

import (
	"math/bits"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Write makes the blocks of e valid and dirty with version v. Clean pages are
// evicted where room is needed; it panics if there is none, which Room would have
// told. It returns the number of blocks whose dirty version was superseded before
// any batch took it: these the members will never see. A version overwritten in
// flight still arrives, and is not counted.
func (c *Cache) Write(now sim.Time, e block.Extent, v block.Version) (superseded uint64) {
	if e.Empty() {
		return 0
	}
	if n := pagesOf(e); n > 1 && uint64(c.resident)+n > uint64(c.capacity) {
		c.touch(block.Extent{Start: e.End() - 1, Blocks: 1}) // e must not evict the rest of its own last page
	}
	c.scattered, c.wrote = e.Start != c.wrote, e.End()
	w := over(e)
	i, p := c.step(&w)
	if !w.more() && c.spans[i].waiting&p.mask == p.mask { // all of e waits and is alike
		return c.rewrite(i, &p, v)
	}
	t := visit{now: now, version: v}
	for {
		if p.first >= t.end {
			c.enter(&t, i, p.first)
		}
		if p.end > t.end { // the stripe ends in the line
			p.end = t.end
			w.resume(p.end)
		}
		if i == 0 || c.spans[i].clean() && p.mask == whole {
			c.fresh(&t, i, &p)
		} else {
			superseded += c.overwrite(&t, c.cut(i, &p), p.mask)
		}
		if !w.more() {
			break
		}
		i, p = c.step(&w)
	}
	c.depart(&t)
	return superseded
}

// rewrite gives blocks that wait another version, and leaves them where they wait.
func (c *Cache) rewrite(i uint32, p *piece, v block.Version) (superseded uint64) {
	s := &c.spans[c.cut(i, p)]
	if c.scattered {
		c.stripes[s.stripe].rewritten = true
	}
	s.written = c.seq + 1
	c.seq += uint64(s.pages)
	c.set(s, p.mask, v)
	return s.blocks(p.mask)
}

// visit is what a Write knows while it is in a stripe.
type visit struct {
	now     sim.Time
	version block.Version
	stripe  uint32 // slot; 0 before the first
	end     uint64 // page after its last
	before  uint64 // blocks that waited in it
	last    uint32 // slot of the last span that this Write made in it, or 0
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
	t.before, t.last = st.waitingBlocks, 0
}

// depart ends the visit of a stripe.
func (c *Cache) depart(t *visit) {
	if t.stripe != 0 && c.stripes[t.stripe].waitingBlocks != t.before {
		c.reshelve(t.stripe)
	}
}

// fresh writes pages that are absent, or clean and overwritten as a whole, as one
// span. If they follow the last span of this Write in its line, that one grows.
func (c *Cache) fresh(t *visit, i uint32, p *piece) {
	n := p.pages()
	if i != 0 {
		c.vacate(i, p)
	}
	if last := &c.spans[t.last]; last.end() == p.first && p.first%linePages != 0 && last.waiting&p.mask == whole {
		last.pages += uint8(n)
	} else {
		t.last = c.newSlot()
		c.spans[t.last] = span{
			first: p.first, pages: uint8(n), stripe: t.stripe, written: c.seq + 1,
			content: uint32(t.version), valid: p.mask, waiting: p.mask,
		}
		c.ages[t.last].waiting = stamp{c.seq + 1, t.now}
		c.join(t.last, t.stripe)
		c.place(t.last)
	}
	if i == 0 {
		c.reserve(n) // not before its line, which has just been looked for, is done with
	}
	c.seq += uint64(n)
	c.dirtyPages += n
	blocks := uint64(n * bits.OnesCount8(p.mask))
	c.dirtyBlocks += blocks
	c.stripes[t.stripe].waitingBlocks += blocks
}

// vacate gives up what clean pages hold, which keep their room.
func (c *Cache) vacate(i uint32, p *piece) {
	i = c.cut(i, p)
	c.clean.Remove(i)
	c.displace(i, p.pages())
	c.freeSpan(i)
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
