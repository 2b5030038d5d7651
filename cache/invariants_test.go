package cache

import (
	"fmt"
	"math/bits"

	"tbraid/internal/block"
)

// invariants recounts everything that is counted and follows every list.
func (c *Cache) invariants() error {
	seen := make([]string, len(c.spans)) // where each slot was found by its home links
	place := func(i uint32, where string) error {
		if seen[i] != "" {
			return fmt.Errorf("slot %d in %s and in %s", i, seen[i], where)
		}
		seen[i] = where
		return nil
	}
	for i := c.free; i != 0; i = c.home[i].next {
		if err := place(i, "free list"); err != nil {
			return err
		}
		if c.spans[i].pages != 0 {
			return fmt.Errorf("a span of %d pages in the free list", c.spans[i].pages)
		}
	}
	for _, i := range c.clean.Slots(nil) {
		if err := place(i, "order of replacement"); err != nil {
			return err
		}
		if s := &c.spans[i]; !s.clean() || s.valid == 0 {
			return fmt.Errorf("span %d in the order of replacement is not clean or is empty", s.first)
		}
	}
	if err := c.stripeInvariants(place); err != nil {
		return err
	}
	var resident, dirty, inFlight, mixed int
	var blocks uint64
	for i := 1; i < len(c.spans); i++ {
		s := &c.spans[i]
		if seen[i] == "free list" {
			continue
		}
		if seen[i] == "" && (s.carried == 0 || s.waiting != 0) {
			return fmt.Errorf("span %d is nowhere", s.first)
		}
		if s.pages == 0 || s.first/linePages != (s.end()-1)/linePages {
			return fmt.Errorf("span %d of %d pages", s.first, s.pages)
		}
		if s.waiting&s.flying != 0 || s.flying&^s.carried != 0 || s.dirty()&^s.valid != 0 {
			return fmt.Errorf("span %d: masks %+v", s.first, *s)
		}
		if s.pages > 1 && (!uniform(s.valid, s.waiting, s.flying, s.carried) || s.mixed) {
			return fmt.Errorf("the %d pages of span %d are not alike: %+v", s.pages, s.first, *s)
		}
		resident += int(s.pages)
		if !s.clean() {
			dirty += int(s.pages)
			if n := c.stripes[s.stripe].number; n != c.StripeOf(s.extent().Start) || n != c.StripeOf(s.extent().End()-1) {
				return fmt.Errorf("span %d in the wrong stripe", s.first)
			}
		}
		if s.carried != 0 {
			inFlight += int(s.pages)
		}
		if s.mixed {
			mixed++
		}
		blocks += s.blocks(s.dirty())
	}
	if resident != c.resident || resident > c.capacity {
		return fmt.Errorf("%d pages, counted %d, capacity %d", resident, c.resident, c.capacity)
	}
	if dirty != c.dirtyPages || inFlight != c.inFlightPages || blocks != c.dirtyBlocks {
		return fmt.Errorf("dirty %d, in flight %d, blocks %d; counted %d, %d, %d",
			dirty, inFlight, blocks, c.dirtyPages, c.inFlightPages, c.dirtyBlocks)
	}
	for i := c.freeMixture; i != 0; i = uint32(c.mixtures[i][0]) {
		mixed++
	}
	if mixed != len(c.mixtures)-1 {
		return fmt.Errorf("%d mixtures in use or free, of %d", mixed, len(c.mixtures)-1)
	}
	return c.lineInvariants()
}

// uniform tells whether each mask has all blocks or none.
func uniform(masks ...uint8) bool {
	for _, m := range masks {
		if m != 0 && m != whole {
			return false
		}
	}
	return true
}

// lineInvariants looks every page of every span up, and counts the lines.
func (c *Cache) lineInvariants() error {
	spansIn := map[uint64]int{}
	for i := 1; i < len(c.spans); i++ {
		s := &c.spans[i]
		for page := s.first; page < s.end(); page++ {
			if at, _ := c.step(&walk{block.LBA(page * PageBlocks), block.LBA((page + 1) * PageBlocks)}); at != uint32(i) {
				return fmt.Errorf("page %d of slot %d is found in slot %d", page, i, at)
			}
		}
		if s.pages > 0 {
			spansIn[s.first/linePages]++
		}
	}
	directories := 0
	for line, spans := range spansIn {
		at := c.lines.table.cells[c.cellOf(line)].slot
		if (spans > 1) != (at >= isDirectory) {
			return fmt.Errorf("line %d of %d spans has value %#x", line, spans, at)
		}
		if spans == 1 {
			continue
		}
		directories++
		d := &c.lines.directories[at-isDirectory]
		if bits.OnesCount64(d.heads) != spans {
			return fmt.Errorf("the directory of line %d of %d spans has %x", line, spans, d.heads)
		}
	}
	for i := c.lines.free; i != 0; i = c.lines.directories[i].slots[0] {
		directories++
	}
	if directories != len(c.lines.directories)-1 || len(spansIn) != c.lines.table.count {
		return fmt.Errorf("%d directories in use or free, of %d; %d lines, of %d", directories, len(c.lines.directories)-1, len(spansIn), c.lines.table.count)
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
			p := &c.spans[i]
			if err := place(i, "waiting list"); err != nil {
				return err
			}
			if p.waiting == 0 || c.ages[i].waiting.seq <= seq || c.stripes[p.stripe].number != st.number {
				return fmt.Errorf("span %d waits wrongly in stripe %d", p.first, st.number)
			}
			seq = c.ages[i].waiting.seq + uint64(p.pages) - 1
			blocks += p.blocks(p.waiting)
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
			p := &c.spans[i]
			if p.carried == 0 || c.ages[i].carried.seq <= seq || p.stripe != s {
				return fmt.Errorf("span %d is carried wrongly in stripe %d", p.first, st.number)
			}
			seq = c.ages[i].carried.seq + uint64(p.pages) - 1
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
		if s := c.slotOf(n); s == 0 || c.stripes[s].shelf == noShelf {
			return fmt.Errorf("stripe %d is in the order, but on no shelf", n)
		}
		ordered++
	}
	if ordered != shelved && c.ordered {
		return fmt.Errorf("%d stripes in order, %d on shelves", ordered, shelved)
	}
	return nil
}
