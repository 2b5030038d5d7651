package cache

import (
	"fmt"
	"math/bits"
)

// invariants recounts everything that is counted and follows every list.
func (c *Cache) invariants() error {
	seen := make([]string, len(c.pages)) // where each slot was found by its home links
	place := func(i uint32, where string) error {
		if seen[i] != "" {
			return fmt.Errorf("slot %d in %s and in %s", i, seen[i], where)
		}
		seen[i] = where
		return nil
	}
	for i := c.freePages; i != 0; i = c.home[i].next {
		if err := place(i, "free list"); err != nil {
			return err
		}
	}
	for _, i := range c.clean.Slots(nil) {
		if err := place(i, "order of replacement"); err != nil {
			return err
		}
		if p := &c.pages[i]; !p.clean() || p.valid == 0 {
			return fmt.Errorf("page %d in the order of replacement is not clean or is empty", p.number)
		}
	}
	if err := c.stripeInvariants(place); err != nil {
		return err
	}
	var resident, dirty, inFlight int
	var blocks uint64
	for i := 1; i < len(c.pages); i++ {
		p := &c.pages[i]
		if seen[i] == "free list" {
			continue
		}
		if seen[i] == "" && (p.carried == 0 || p.waiting != 0) {
			return fmt.Errorf("page %d is nowhere", p.number)
		}
		if c.byPage.get(p.number) != uint32(i) {
			return fmt.Errorf("page %d is not indexed at its slot", p.number)
		}
		if p.waiting&p.flying != 0 || p.flying&^p.carried != 0 || p.dirty()&^p.valid != 0 {
			return fmt.Errorf("page %d: masks %+v", p.number, *p)
		}
		resident++
		if !p.clean() {
			dirty++
			if c.stripes[p.stripe].number != c.StripeOf(p.first()) {
				return fmt.Errorf("page %d in the wrong stripe", p.number)
			}
		}
		if p.carried != 0 {
			inFlight++
		}
		blocks += uint64(bits.OnesCount8(p.dirty()))
	}
	if resident != c.resident || resident != c.byPage.count || resident > c.capacity {
		return fmt.Errorf("%d pages, counted %d, indexed %d, capacity %d", resident, c.resident, c.byPage.count, c.capacity)
	}
	if dirty != c.dirtyPages || inFlight != c.inFlightPages || blocks != c.dirtyBlocks {
		return fmt.Errorf("dirty %d, in flight %d, blocks %d; counted %d, %d, %d",
			dirty, inFlight, blocks, c.dirtyPages, c.inFlightPages, c.dirtyBlocks)
	}
	return nil
}

func (c *Cache) stripeInvariants(place func(uint32, string) error) error {
	found := map[uint32]bool{}
	age := uint64(0)
	for s := c.waiting.head; s != 0; s = c.wait[s].next {
		st := &c.stripes[s]
		found[s] = true
		if c.waitingSeq(s) <= age {
			return fmt.Errorf("stripe %d waits out of order", st.number)
		}
		age = c.waitingSeq(s)
		blocks, seq := uint64(0), uint64(0)
		for i := st.waiting.head; i != 0; i = c.home[i].next {
			p := &c.pages[i]
			if err := place(i, "waiting list"); err != nil {
				return err
			}
			if p.waiting == 0 || p.seq <= seq || c.stripes[p.stripe].number != st.number {
				return fmt.Errorf("page %d waits wrongly in stripe %d", p.number, st.number)
			}
			seq = p.seq
			blocks += uint64(bits.OnesCount8(p.waiting))
		}
		if blocks != st.waitingBlocks {
			return fmt.Errorf("stripe %d: %d blocks wait, counted %d", st.number, blocks, st.waitingBlocks)
		}
		want := int8(noShelf)
		if !st.flying {
			want = int8(blocks * fullShelf / c.stripeBlocks)
		}
		if st.shelf != want {
			return fmt.Errorf("stripe %d on shelf %d, belongs on %d", st.number, st.shelf, want)
		}
	}
	for s := c.flights.head; s != 0; s = c.shelf[s].next {
		st := &c.stripes[s]
		found[s] = true
		seq := uint64(0)
		for i := st.carried.head; i != 0; i = c.flight[i].next {
			p := &c.pages[i]
			if p.carried == 0 || p.carriedSeq <= seq || p.stripe != s {
				return fmt.Errorf("page %d is carried wrongly in stripe %d", p.number, st.number)
			}
			seq = p.carriedSeq
		}
		if !st.flying || seq == 0 {
			return fmt.Errorf("stripe %d in flight: %+v", st.number, *st)
		}
	}
	full, shelved := 0, 0
	for i, l := range c.shelves {
		if (l.head != 0) != (c.shelved>>i&1 != 0) {
			return fmt.Errorf("shelf %d and its bit differ", i)
		}
		for s := l.head; s != 0; s = c.shelf[s].next {
			if st := &c.stripes[s]; int(st.shelf) != i || !found[s] {
				return fmt.Errorf("stripe %d on a shelf that it does not know", st.number)
			}
			shelved++
			if i == fullShelf {
				full++
			}
		}
	}
	if full != c.full || len(found) != c.byStripe.count {
		return fmt.Errorf("%d full and %d dirty stripes, counted %d and %d", full, len(found), c.full, c.byStripe.count)
	}
	ordered := 0
	for n, ok := c.order.next(0); ok; n, ok = c.order.next(n + 1) {
		if s := c.byStripe.get(n); s == 0 || c.stripes[s].shelf == noShelf {
			return fmt.Errorf("stripe %d is in the order, but on no shelf", n)
		}
		ordered++
	}
	if ordered != shelved {
		return fmt.Errorf("%d stripes in order, %d on shelves", ordered, shelved)
	}
	return nil
}
