package cache

import (
	"math"
	"math/bits"

	"tbraid/internal/block"
)

// stripe gathers the dirty pages of one stripe of the array.
type stripe struct {
	number        uint64
	waiting       list // spans, oldest first
	carried       list // spans, oldest first
	waitingBlocks uint64
	flying        bool
	rewritten     bool // since it became dirty, or NextCold passed over it
	shelf         int8 // or noShelf
}

// Stripes lie on shelves by the share of their blocks that waits, in 1/63 of a
// stripe; the last shelf holds exactly the full ones. 64 shelves fit a word.
const (
	numShelves = 64
	fullShelf  = numShelves - 1
	noShelf    = -1
)

// StripeOf is the number of the stripe that holds the block at a.
func (c *Cache) StripeOf(a block.LBA) uint64 { return c.perStripe.Quotient(uint64(a)) }

// FullStripe names a stripe of which every block waits, the one that has been
// full for longest: it needs no read to destage.
func (c *Cache) FullStripe() (stripe uint64, ok bool) {
	return c.name(c.shelves[fullShelf].head)
}

// Fullest names the stripe with the most waiting blocks, to within 1/63 of a
// stripe; of those that are level, the one that has been for longest.
func (c *Cache) Fullest() (stripe uint64, ok bool) {
	if c.shelved == 0 {
		return 0, false
	}
	return c.name(c.shelves[bits.Len64(c.shelved)-1].head)
}

// Oldest names the stripe with the page that has waited for longest. It steps
// over stripes in flight.
func (c *Cache) Oldest() (stripe uint64, ok bool) { return c.name(c.oldest()) }

// NextFrom names the first stripe with waiting pages at or after the given one
// in the order of the volume. It does not wrap. It costs at most two probes for
// each six bits of the largest stripe number seen, and the first time one step for
// each stripe that waits.
func (c *Cache) NextFrom(stripe uint64) (next uint64, ok bool) { return c.inOrder().next(stripe) }

// NextCold names the first stripe at or after the given one, round and round in
// the order of the volume, with waiting pages and not written again since it
// became dirty or NextCold last passed over it: CSCAN with the recency bit of
// CLOCK, which is WOW (Gill & Modha, FAST'05, "WOW: The Algorithm"). A Write that
// begins where the one before it ended is sequential, and sets no bit (there,
// "Sequential Writes"); streams that take turns are not recognised. It costs as NextFrom does, once for each stripe
// passed over, and each of these was written to for it.
func (c *Cache) NextCold(stripe uint64) (next uint64, ok bool) {
	order := c.inOrder()
	for at := stripe; ; at = next + 1 {
		if next, ok = order.next(at); !ok {
			if next, ok = order.next(0); !ok {
				return 0, false
			}
		}
		st := &c.stripes[c.slotOf(next)]
		if !st.rewritten {
			return next, true
		}
		st.rewritten = false
	}
}

// noStripe is the number of a slot that is free, and of slot 0.
const noStripe = math.MaxUint64

func (c *Cache) name(s uint32) (uint64, bool) {
	if s == 0 {
		return 0, false
	}
	c.recent = s
	return c.stripes[s].number, true
}

func (c *Cache) oldest() uint32 {
	s := c.waiting.head
	for s != 0 && c.stripes[s].flying {
		s = c.wait[s].next
	}
	return s
}

// extent is where on the volume the stripe of slot s lies.
func (c *Cache) extent(s uint32) block.Extent { return c.stripeExtent(c.stripes[s].number) }

func (c *Cache) stripeExtent(number uint64) block.Extent {
	return block.Extent{Start: block.LBA(number * c.stripeBlocks), Blocks: c.stripeBlocks}
}

// join puts a span at the end of the waiting list of its stripe. A stripe that
// had nothing waiting becomes the last to be oldest.
func (c *Cache) join(i, s uint32) {
	st := &c.stripes[s]
	if st.waiting.head == 0 {
		c.wait.pushBack(&c.waiting, s)
	}
	c.home.pushBack(&st.waiting, i)
}

// inOrder is the order of the stripes on shelves, kept from the first time that
// someone asks for it: most policies never do.
func (c *Cache) inOrder() *ladder {
	if !c.ordered {
		c.ordered = true
		for s := c.waiting.head; s != 0; s = c.wait[s].next {
			if st := &c.stripes[s]; st.shelf != noShelf {
				c.order.add(st.number)
			}
		}
	}
	return &c.order
}

// cellOfStripe is where the table has a stripe, or would have it.
func (c *Cache) cellOfStripe(number uint64) uint32 {
	h, t := hashOf(number), &c.byStripe
	at := t.home(h)
	for is := t.cells[at]; is.slot != 0 && (is.hash != h || c.stripes[is.slot].number != number); is = t.cells[at] {
		at = t.next(at)
	}
	return at
}

// slotOf is the slot of a stripe, or 0.
func (c *Cache) slotOf(number uint64) uint32 {
	if c.stripes[c.recent].number != number {
		c.recent = c.byStripe.cells[c.cellOfStripe(number)].slot
	}
	return c.recent
}

// stripeSlot is the slot of a stripe, a new one if need be. There are never
// more stripes than pages: each has one that is waiting or carried.
func (c *Cache) stripeSlot(number uint64) uint32 {
	if c.stripes[c.recent].number == number {
		return c.recent
	}
	at := c.cellOfStripe(number)
	s := c.byStripe.cells[at].slot
	if s == 0 {
		s = c.newStripe(number)
		c.byStripe.addAt(at, hashOf(number), s)
	}
	c.recent = s
	return s
}

// newStripe is the slot of a stripe that has nothing yet.
func (c *Cache) newStripe(number uint64) (s uint32) {
	if s = c.freeStripes; s != 0 {
		c.freeStripes = c.shelf[s].next
	} else {
		s = uint32(len(c.stripes))
		c.stripes = append(c.stripes, stripe{})
		c.wait = append(c.wait, link{})
		c.shelf = append(c.shelf, link{})
	}
	c.stripes[s] = stripe{number: number, shelf: noShelf}
	return s
}

// reshelve moves a stripe to the shelf where its waiting blocks put it. In flight it
// is on none. A stripe that neither waits nor flies is forgotten.
func (c *Cache) reshelve(s uint32) {
	st := &c.stripes[s]
	switch {
	case st.flying:
		return
	case st.waitingBlocks == 0:
		c.unshelve(s)
		c.dissolve(s)
		return
	}
	to := int8(c.perStripe.Quotient(st.waitingBlocks * fullShelf))
	from := st.shelf
	if from == to {
		return
	}
	if from != noShelf {
		c.takeOff(from, s)
	} else if c.ordered {
		c.order.add(st.number)
	}
	st.shelf = to
	c.shelf.pushBack(&c.shelves[to], s)
	c.shelved |= 1 << to
	if to == fullShelf {
		c.full++
	}
}

// unshelve takes a stripe off its shelf, if it is on one.
func (c *Cache) unshelve(s uint32) {
	st := &c.stripes[s]
	if st.shelf == noShelf {
		return
	}
	c.takeOff(st.shelf, s)
	st.shelf = noShelf
	if c.ordered {
		c.order.remove(st.number)
	}
}

func (c *Cache) takeOff(shelf int8, s uint32) {
	l := &c.shelves[shelf]
	c.shelf.remove(l, s)
	if l.head == 0 {
		c.shelved &^= 1 << shelf
	}
	if shelf == fullShelf {
		c.full--
	}
}

// dissolve forgets a stripe that is on no shelf and not in flight.
func (c *Cache) dissolve(s uint32) {
	st, t := &c.stripes[s], &c.byStripe
	at := t.home(hashOf(st.number))
	for t.cells[at].slot != s {
		at = t.next(at)
	}
	t.remove(at)
	st.number = noStripe
	c.shelf[s].next = c.freeStripes
	c.freeStripes = s
}

// requeue puts stripe s, which has waiting pages, at its place by age, behind
// slot at or in front of all if at is 0: nobody up to there is younger.
func (c *Cache) requeue(s, at uint32) {
	age := c.waitingSeq(s)
	next := c.waiting.head
	if at != 0 {
		next = c.wait[at].next
	}
	for next != 0 && c.waitingSeq(next) < age {
		at, next = next, c.wait[next].next
	}
	c.wait.insertAfter(&c.waiting, at, s)
}

// waitingSeq is the sequence number of the oldest waiting page of a stripe.
func (c *Cache) waitingSeq(s uint32) uint64 { return c.ages[c.stripes[s].waiting.head].waiting.seq }

// carriedSeq is the sequence number of the oldest page that a stripe's batch carries.
func (c *Cache) carriedSeq(s uint32) uint64 {
	return c.ages[c.stripes[s].carried.head].carried.seq
}
