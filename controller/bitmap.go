package controller

import "tbraid/internal/block"

// bitmap is the intent bitmap in the controller's non-volatile memory: one bit a
// stripe, set before the first member write to it and cleared when all that was
// written to the stripe is on media. Setting a bit takes no time: it is memory.
//
// Where the members have volatile caches only a flush tells when that is, so the
// bits of finished writes stay until a flush that began after them has ended. No
// flush is sent for their sake.
type bitmap struct {
	marks   block.Map[mark] // by stripe
	scratch []block.Value[mark]
}

// mark is a set bit. Beside the bit itself, which outlasts an outage, it knows
// when the bit may be cleared, which does not.
type mark uint64

// underWay marks a stripe that is being written. Other marks are 1 + the number
// of flushes that had begun when the last write to the stripe ended.
const underWay mark = 1<<64 - 1

// suspect marks a stripe that could not be repaired because a member is missing.
// No later write to a part of it clears that.
const suspect = underWay - 1

func oneStripe(stripe uint64) block.Extent {
	return block.Extent{Start: block.LBA(stripe), Blocks: 1}
}

func (b *bitmap) begin(stripe uint64) { b.set(stripe, underWay) }

// end notes that a write has ended after so many flushes had begun.
func (b *bitmap) end(stripe, flushes uint64) { b.set(stripe, mark(flushes+1)) }

func (b *bitmap) clear(stripe uint64) { b.set(stripe, 0) }

func (b *bitmap) set(stripe uint64, m mark) {
	if b.marks.At(block.LBA(stripe)) != suspect {
		b.marks.Set(oneStripe(stripe), m)
	}
}

// doubt marks a stripe that cannot be repaired now.
func (b *bitmap) doubt(stripe uint64) { b.marks.Set(oneStripe(stripe), suspect) }

// repaired clears the mark of a stripe, suspect or not.
func (b *bitmap) repaired(stripe uint64) { b.marks.Set(oneStripe(stripe), 0) }

// flushed clears what the flush of that number, counted from 1, has made durable.
func (b *bitmap) flushed(number uint64) {
	b.scratch = b.marks.All(b.scratch[:0])
	for _, v := range b.scratch {
		if uint64(v.Value) <= number {
			b.marks.Set(v.Extent, 0)
		}
	}
}

// next is the first marked stripe from one on.
func (b *bitmap) next(stripe uint64) (uint64, bool) {
	b.scratch = b.marks.All(b.scratch[:0])
	for _, v := range b.scratch {
		if uint64(v.Extent.End()) > stripe {
			return max(uint64(v.Extent.Start), stripe), true
		}
	}
	return 0, false
}
