package cache

import (
	"math"

	"tbraid/internal/block"
	"tbraid/internal/mutant"
)

// Mark is a ticket for everything that has been written up to now: Settled says
// when all of it has left, and Fill whether what was read since is still good.
func (c *Cache) Mark() uint64 { return c.seq }

// Settled tells whether nothing that was dirty in e at the mark is still dirty
// or in flight; content that was discarded or dropped counts as gone. Zero
// blocks mean to the end of the volume, as the NUMBER OF LOGICAL BLOCKS field of
// SYNCHRONIZE CACHE has it (SBC-4).
//
// A page waits under the number of the Write that made it dirty. Overwritten
// while it waits it keeps that number, so a barrier may wait for content newer
// than itself. Overwritten in flight it gets a second number at once: the batch
// settles the old content, and the new belongs to later marks.
//
// For the whole volume it costs one step for each batch in flight at most; for a
// range the spans in the range, or the dirty ones up to the mark if fewer.
func (c *Cache) Settled(mark uint64, e block.Extent) bool {
	if e.Blocks == 0 {
		e = block.Between(e.Start, math.MaxUint64)
	}
	if pagesOf(e) > uint64(c.dirtyPages) {
		return c.settledByAge(mark, e)
	}
	w := over(e)
	for w.more() {
		i, p := c.step(&w)
		if i != 0 && c.holds(i, mark, p.mask) {
			return false
		}
	}
	return true
}

// DirtyIn tells whether a block of e is dirty, or is carried by a batch in
// flight in any version: whether what the members hold of e is not, or will not
// stay, what it should be.
func (c *Cache) DirtyIn(e block.Extent) bool {
	return !e.Empty() && !c.Settled(math.MaxUint64, e)
}

// settledByAge goes through the stripes from the oldest up to the mark.
func (c *Cache) settledByAge(mark uint64, e block.Extent) bool {
	for s := c.waiting.head; s != 0 && c.waitingSeq(s) <= mark; s = c.wait[s].next {
		if !c.extent(s).Overlaps(e) {
			continue
		}
		for i := c.stripes[s].waiting.head; i != 0; i = c.home[i].next {
			if c.holds(i, mark, c.spans[i].share(e)) {
				return false
			}
		}
	}
	for s := c.flights.head; s != 0; s = c.shelf[s].next {
		if c.carriedSeq(s) > mark || !c.extent(s).Overlaps(e) {
			continue
		}
		for i := c.stripes[s].carried.head; i != 0; i = c.flight[i].next {
			if c.holds(i, mark, c.spans[i].share(e)) {
				return false
			}
		}
	}
	return true
}

// holds tells whether a block of mask of a span still has content from up to the
// mark. No mark falls between two pages of it: a single Write made it waiting.
func (c *Cache) holds(i uint32, mark uint64, mask uint8) bool {
	s, a := &c.spans[i], &c.ages[i]
	return s.waiting&mask != 0 && a.waiting.seq <= mark ||
		s.carried&mask != 0 && a.carried.seq <= mark && !mutant.Is(mutant.SyncSkipsInFlight)
}

// share is the mask of the blocks that lie in e, of the first page that has any: the
// others are alike.
func (s *span) share(e block.Extent) uint8 {
	w := over(e.Intersect(s.extent()))
	if !w.more() {
		return 0
	}
	return w.share()
}
