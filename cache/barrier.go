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
// range the pages of the range, or the dirty pages up to the mark if fewer.
func (c *Cache) Settled(mark uint64, e block.Extent) bool {
	if e.Blocks == 0 {
		e = block.Between(e.Start, math.MaxUint64)
	}
	if pagesOf(e) > uint64(c.dirtyPages) {
		return c.settledByAge(mark, e)
	}
	w := over(e)
	for number, mask, ok := w.next(); ok; number, mask, ok = w.next() {
		if i := c.byPage.get(number); i != 0 && c.pages[i].holds(mark, mask) {
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
			if c.pages[i].holds(mark, c.pages[i].share(e)) {
				return false
			}
		}
	}
	for s := c.flights.head; s != 0; s = c.shelf[s].next {
		if c.carriedSeq(s) > mark || !c.extent(s).Overlaps(e) {
			continue
		}
		for i := c.stripes[s].carried.head; i != 0; i = c.flight[i].next {
			if c.pages[i].holds(mark, c.pages[i].share(e)) {
				return false
			}
		}
	}
	return true
}

// holds tells whether a block of mask still has content from up to the mark.
func (p *page) holds(mark uint64, mask uint8) bool {
	return p.waiting&mask != 0 && p.seq <= mark ||
		p.carried&mask != 0 && p.carriedSeq <= mark && !mutant.Is(mutant.SyncSkipsInFlight)
}

// share is the mask of the page's blocks that lie in e.
func (p *page) share(e block.Extent) uint8 {
	w := over(e.Intersect(block.Extent{Start: p.first(), Blocks: PageBlocks}))
	_, mask, _ := w.next()
	return mask
}
