package cache

import (
	"fmt"
	"math/bits"
	"slices"

	"tbraid/internal/block"
)

// Batch is what Gather took from one stripe, to be written to the members and
// then handed to Clean or Redirty as it is. The caller owns and reuses it.
type Batch struct {
	Stripe  uint64
	Blocks  uint64         // in all; equal to the stripe's, it is a full-stripe write
	Extents []block.Extent // in order, neighbours merged
	Runs    []block.Run    // the same blocks by version, in order

	inFlight bool
	epoch    uint64
	slots    []uint32 // pages, in the order of the volume
	keys     []uint64 // to sort them: page of the stripe above, slot below
}

// Gather takes every waiting block of a stripe into b and reports whether there
// was any. A stripe has at most one batch in flight, so it takes nothing from a
// stripe whose batch has not come back. It costs the pages it takes, sorted. It
// panics if b itself is still in flight.
func (c *Cache) Gather(stripe uint64, b *Batch) bool {
	if b.inFlight && b.epoch == c.epoch {
		panic(fmt.Sprintf("cache: gather into the batch of stripe %d, which is in flight", b.Stripe))
	}
	*b = Batch{
		Stripe: stripe, Extents: b.Extents[:0], Runs: b.Runs[:0],
		epoch: c.epoch, slots: b.slots[:0], keys: b.keys[:0],
	}
	s := c.byStripe.get(stripe)
	if s == 0 || c.stripes[s].flying {
		return false
	}
	st := &c.stripes[s]
	first := uint64(c.extent(s).Start) / PageBlocks
	for i := st.waiting.head; i != 0; {
		next, p := c.home[i].next, &c.pages[i]
		b.keys = append(b.keys, (p.number-first)<<32|uint64(i))
		p.carried, p.flying, p.waiting = p.waiting, p.waiting, 0
		p.carriedSeq, p.carriedSince = p.seq, p.since
		c.flight.pushBack(&st.carried, i)
		i = next
	}
	c.inFlightPages += len(b.keys)
	b.Blocks = st.waitingBlocks
	st.waiting, st.waitingBlocks, st.flying = list{}, 0, true
	st.rewritten = false
	c.wait.remove(&c.waiting, s)
	c.reshelve(s)
	c.shelf.pushBack(&c.flights, s)
	b.inFlight = true

	slices.Sort(b.keys)
	for _, k := range b.keys {
		p := &c.pages[uint32(k)]
		b.slots = append(b.slots, uint32(k))
		b.Runs = p.appendRuns(b.Runs, 0, p.carried)
	}
	for _, r := range b.Runs {
		if n := len(b.Extents) - 1; n >= 0 && b.Extents[n].End() == r.Extent.Start {
			b.Extents[n].Blocks += r.Extent.Blocks
			continue
		}
		b.Extents = append(b.Extents, r.Extent)
	}
	return true
}

// Clean says that the batch has reached its destination. Blocks that still hold
// the version that was written become clean, as pages that have just come; blocks
// overwritten meanwhile wait on. A batch gathered before a Drop changes nothing;
// one that comes back twice is a bug, and panics.
func (c *Cache) Clean(b *Batch) {
	s := c.land(b)
	if s == 0 {
		return
	}
	run := 0
	for _, i := range b.slots {
		p := &c.pages[i]
		for m := p.carried; m != 0; m &= m - 1 {
			k := bits.TrailingZeros8(m)
			for b.Runs[run].Extent.End() <= p.first()+block.LBA(k) {
				run++
			}
			if v := b.Runs[run].Version; p.flying>>k&1 != 0 && p.version[k] != v {
				panic(fmt.Sprintf("cache: block %d holds version %d, the batch wrote %d",
					p.first()+block.LBA(k), p.version[k], v))
			}
		}
		c.dirtyBlocks -= uint64(bits.OnesCount8(p.flying))
		c.unload(p)
		if p.waiting == 0 {
			c.rest(i)
		}
	}
	c.stripes[s].carried = list{}
	c.reshelve(s)
}

// Redirty says that the batch could not be written: its blocks wait again, with
// the age that they had. A page that was overwritten meanwhile is as old as what
// the batch carried, because that is what its new content now stands for. It
// steps over the stripes that are older; otherwise as Clean.
func (c *Cache) Redirty(b *Batch) {
	s := c.land(b)
	if s == 0 {
		return
	}
	st := &c.stripes[s]
	if st.waiting.head != 0 {
		c.wait.remove(&c.waiting, s)
	}
	at := uint32(0) // everything carried is older than anything that waits
	for i := st.carried.head; i != 0; i = c.flight[i].next {
		p := &c.pages[i]
		if p.waiting != 0 {
			c.home.remove(&st.waiting, i)
		}
		st.waitingBlocks += uint64(bits.OnesCount8(p.flying))
		p.waiting |= p.flying
		c.unload(p)
		if p.waiting == 0 { // discarded in flight
			c.rest(i)
			continue
		}
		p.seq, p.since = p.carriedSeq, p.carriedSince
		c.home.insertAfter(&st.waiting, at, i)
		at = i
	}
	st.carried = list{}
	if st.waiting.head != 0 {
		c.requeue(s, 0)
	}
	c.reshelve(s)
}

// land ends the flight of a batch and returns the slot of its stripe, or 0 if
// the cache was dropped in between.
func (c *Cache) land(b *Batch) uint32 {
	if !b.inFlight {
		panic(fmt.Sprintf("cache: a batch of stripe %d came back, but it is not in flight", b.Stripe))
	}
	b.inFlight = false
	if b.epoch != c.epoch {
		return 0
	}
	s := c.byStripe.get(b.Stripe)
	c.shelf.remove(&c.flights, s)
	c.stripes[s].flying = false
	c.inFlightPages -= len(b.slots)
	return s
}

// unload ends what the batch carried of a page. Where that was discarded in
// flight, the members have changed under a block that is not in the cache.
func (c *Cache) unload(p *page) {
	if p.carried&^p.valid != 0 {
		c.forget()
	}
	p.flying, p.carried = 0, 0
}
