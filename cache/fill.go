package cache

import (
	"fmt"
	"math/bits"

	"tbraid/cache/replace"
	"tbraid/internal/block"
)

// Fill puts in clean content that was read from the members after a miss, and
// returns the number of blocks taken. Blocks that are valid stay as they are,
// because what is in the cache is never older; blocks discarded in flight stay
// out, because the batch has yet to change the members.
//
// The caller took mark, by Mark, when it found the blocks missing. If a page
// written since then has come and gone, the content read may be older than what
// the members hold by now, and nothing is taken. Nothing is taken either if e
// does not fit beside the dirty pages. Runs lie in e, in any order.
func (c *Cache) Fill(e block.Extent, runs []block.Run, mark uint64) (taken uint64) {
	if c.forgotten > mark || !c.Room(e) {
		return 0
	}
	c.touch(e) // a page of e must not be evicted by another
	for _, r := range runs {
		if !e.Covers(r.Extent) {
			panic(fmt.Sprintf("cache: fill of %v with content of %v", e, r.Extent))
		}
		w := over(r.Extent)
		for w.more() {
			i, p := c.step(&w)
			if i != 0 {
				taken += c.complete(&c.spans[i], p.mask, r.Version)
				continue
			}
			n := c.admit(p, r.Version)
			taken += uint64(n * bits.OnesCount8(p.mask))
			if n < p.pages() {
				w.resume(p.first + uint64(n))
			}
		}
	}
	return taken
}

// complete gives those blocks of mask to a span that it may and does not have. It is
// one page then, see span.
func (c *Cache) complete(s *span, mask uint8, v block.Version) (taken uint64) {
	if mask &^= s.valid | s.carried; mask != 0 {
		c.set(s, mask, v)
	}
	return s.blocks(mask)
}

// admit puts the first of some absent pages in, or all of them where it comes to the
// same: if nothing has to give way, or if what comes in is the last to give way.
// It returns how many.
func (c *Cache) admit(p piece, v block.Version) int {
	n := p.pages()
	alike := c.replace == replace.LRU || c.resident+n <= c.capacity
	if !alike {
		c.clean.Miss(p.first)
		n = 1
	}
	i := c.newSlot()
	c.spans[i] = span{first: p.first, pages: uint8(n), content: uint32(v), valid: p.mask}
	c.place(i)
	c.reserve(n)
	if alike {
		c.rank(i)
	} else {
		c.clean.Insert(i, p.first)
	}
	return n
}
