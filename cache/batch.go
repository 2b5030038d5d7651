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
	slot     uint32 // of the stripe
	epoch    uint64
	pages    int
	parts    []part   // in the order of the volume
	keys     []uint64 // to sort them: page of the stripe above, slot below
}

// part is a span as it was gathered. If it is split in flight, the pieces follow
// it in the carried list.
type part struct {
	slot  uint32
	pages int
}

// Gather takes every waiting block of a stripe into b and reports whether there
// was any. A stripe has at most one batch in flight, so it takes nothing from a
// stripe whose batch has not come back. It costs the spans that it takes, and sorts
// them if they were not written in order. It panics if b itself is still in flight.
func (c *Cache) Gather(stripe uint64, b *Batch) bool {
	if b.inFlight && b.epoch == c.epoch {
		panic(fmt.Sprintf("cache: gather into the batch of stripe %d, which is in flight", b.Stripe))
	}
	b.Stripe, b.Blocks, b.epoch, b.pages = stripe, 0, c.epoch, 0
	b.Extents, b.Runs, b.parts = b.Extents[:0], b.Runs[:0], b.parts[:0]
	s := c.slotOf(stripe)
	if s == 0 || c.stripes[s].flying {
		return false
	}
	st := &c.stripes[s]
	b.Blocks = st.waitingBlocks
	c.load(b, st)
	c.inFlightPages += b.pages
	st.carried, st.waiting = st.waiting, list{}
	st.waitingBlocks, st.flying, st.rewritten = 0, true, false
	c.wait.remove(&c.waiting, s)
	c.unshelve(s)
	c.shelf.pushBack(&c.flights, s)
	b.inFlight, b.slot = true, s
	for k := range b.Runs {
		b.Extents = appendExtent(b.Extents, 0, b.Runs[k].Extent)
	}
	return true
}

// load makes what waits of a stripe carried, and notes it in b, sorted. Nothing is
// carried before, so the list of it is that of what waits.
func (c *Cache) load(b *Batch, st *stripe) {
	sorted, last := true, uint64(0)
	for i := st.waiting.head; i != 0; i = c.home[i].next {
		p := &c.spans[i]
		sorted = sorted && p.first >= last
		last = p.first
		b.parts = append(b.parts, part{i, int(p.pages)})
		b.pages += int(p.pages)
		p.carried, p.flying, p.waiting = p.waiting, p.waiting, 0
		c.ages[i].carried = c.ages[i].waiting
		c.flight[i] = c.home[i]
		b.Runs = c.appendRuns(b.Runs, 0, p, piece{p.first, p.end(), p.carried})
	}
	if !sorted {
		c.sort(b, st.number*(c.stripeBlocks/PageBlocks))
	}
}

// sort puts the parts and runs of a batch in the order of the volume. The stripe begins with
// that page.
func (c *Cache) sort(b *Batch, first uint64) {
	b.keys = b.keys[:0]
	for _, part := range b.parts {
		b.keys = append(b.keys, (c.spans[part.slot].first-first)<<32|uint64(part.slot))
	}
	slices.Sort(b.keys)
	b.Runs = b.Runs[:0]
	for k, key := range b.keys {
		i := uint32(key)
		p := &c.spans[i]
		b.parts[k] = part{i, int(p.pages)}
		b.Runs = c.appendRuns(b.Runs, 0, p, piece{p.first, p.end(), p.carried})
	}
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
	runs := b.Runs
	for k := range b.parts {
		part := &b.parts[k]
		for i, n := part.slot, part.pages; n > 0; {
			p, next := &c.spans[i], c.flight[i].next
			n -= int(p.pages)
			if p.flying != 0 {
				if r := &runs[0]; p.mixed || block.Version(p.content) != r.Version || r.Extent.End() <= p.start() {
					runs = c.arrived(p, runs)
				}
				c.dirtyBlocks -= p.blocks(p.flying)
			}
			c.unload(p)
			if p.waiting == 0 {
				c.rest(i)
			}
			i = next
		}
	}
	st := &c.stripes[s]
	if st.carried = (list{}); st.waitingBlocks == 0 {
		c.dissolve(s)
	} else {
		c.reshelve(s)
	}
}

// arrived checks that a span still holds what was written of it, where it was not
// overwritten. Of the runs it leaves away those that end before it.
func (c *Cache) arrived(p *span, runs []block.Run) []block.Run {
	for m := p.flying; m != 0; m &= m - 1 {
		k := bits.TrailingZeros8(m)
		at := p.start() + block.LBA(k)
		for runs[0].Extent.End() <= at {
			runs = runs[1:]
		}
		if v := c.version(p, k); v != runs[0].Version {
			panic(fmt.Sprintf("cache: block %d holds version %d, the batch wrote %d", at, v, runs[0].Version))
		}
		if m == whole && !p.mixed {
			break // the others are alike
		}
	}
	return runs
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
		p := &c.spans[i]
		if p.waiting != 0 {
			c.home.remove(&st.waiting, i)
		}
		st.waitingBlocks += p.blocks(p.flying)
		p.waiting |= p.flying
		c.unload(p)
		if p.waiting == 0 { // discarded in flight
			c.rest(i)
			continue
		}
		c.ages[i].waiting = c.ages[i].carried
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
	s := b.slot
	c.shelf.remove(&c.flights, s)
	c.stripes[s].flying = false
	c.inFlightPages -= b.pages
	return s
}

// unload ends what the batch carried of a span. Where that was discarded in
// flight, the members have changed under a block that is not in the cache.
func (c *Cache) unload(p *span) {
	if p.carried&^p.valid != 0 {
		c.forget()
	}
	p.unload()
}
