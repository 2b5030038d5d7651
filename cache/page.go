package cache

import (
	"math/bits"

	"tbraid/internal/block"
	"tbraid/sim"
)

// PageBlocks is the number of logical blocks in a page of 4 KiB.
const PageBlocks = 8

// page is 4 KiB of the volume. Bit i of a mask is block i of the page.
//
// Its place follows from its masks: waiting blocks put it in its stripe's
// waiting list, carried blocks in its stripe's carried list (perhaps both), and
// a page with neither is clean and in the order of replacement. A page with no valid block
// stays only while it is carried.
type page struct {
	number  uint64
	written uint64 // sequence of the last Write to it, 0 if it was only filled

	// Sequence and time of the Write that made it waiting, and the same for
	// what the batch in flight carries.
	seq, carriedSeq     uint64
	since, carriedSince sim.Time

	version [PageBlocks]block.Version
	stripe  uint32 // slot, while waiting or carried

	valid   uint8
	waiting uint8 // dirty, in no batch
	flying  uint8 // dirty, and the batch carries this version
	carried uint8 // in the batch, in this version or an older one
}

func (p *page) dirty() uint8 { return p.waiting | p.flying }

func (p *page) clean() bool { return p.waiting|p.carried == 0 }

// first is the address of block 0 of the page.
func (p *page) first() block.LBA { return block.LBA(p.number * PageBlocks) }

// set gives the blocks of mask the version v.
func (p *page) set(mask uint8, v block.Version) {
	p.valid |= mask
	for ; mask != 0; mask &= mask - 1 {
		p.version[bits.TrailingZeros8(mask)] = v
	}
}

// appendRuns appends the blocks of mask in order. Neighbours of one version
// merge, but never with an entry of dst before base: those are the caller's.
func (p *page) appendRuns(dst []block.Run, base int, mask uint8) []block.Run {
	for mask != 0 {
		lo := bits.TrailingZeros8(mask)
		v, hi := p.version[lo], lo+1
		for hi < PageBlocks && mask>>hi&1 != 0 && p.version[hi] == v {
			hi++
		}
		mask = mask >> hi << hi
		at, n := p.first()+block.LBA(lo), uint64(hi-lo)
		if k := len(dst) - 1; k >= base && dst[k].Version == v && dst[k].Extent.End() == at {
			dst[k].Extent.Blocks += n
			continue
		}
		dst = append(dst, block.Run{Extent: block.Extent{Start: at, Blocks: n}, Version: v})
	}
	return dst
}

// walk goes through an extent page by page.
type walk struct{ at, end block.LBA }

func over(e block.Extent) walk { return walk{e.Start, e.End()} }

// next is the next page number and the mask of its blocks in the extent.
func (w *walk) next() (number uint64, mask uint8, ok bool) {
	if w.at >= w.end {
		return 0, 0, false
	}
	lo := w.at % PageBlocks
	n := min(PageBlocks-lo, w.end-w.at)
	number, mask = uint64(w.at/PageBlocks), uint8((1<<n-1)<<lo)
	w.at += n
	return number, mask, true
}

// pagesOf is the number of pages that e touches.
func pagesOf(e block.Extent) uint64 {
	if e.Empty() {
		return 0
	}
	return uint64((e.End()-1)/PageBlocks-e.Start/PageBlocks) + 1
}

// take returns the slot of a new, empty page: a free slot, or that of a clean
// page, which is evicted. The slab may move.
func (c *Cache) take(number uint64) uint32 {
	var i uint32
	switch {
	case c.freePages != 0:
		i = c.freePages
		c.freePages = c.home[i].next
	case len(c.pages) <= c.capacity: // slot 0 is nobody
		i = uint32(len(c.pages))
		c.pages = append(c.pages, page{})
		c.home = append(c.home, link{})
		c.flight = append(c.flight, link{})
	default:
		victim := c.clean.Evict()
		if victim == 0 {
			panic("cache: write without room: every page is dirty")
		}
		c.free(victim)
		return c.take(number)
	}
	c.pages[i] = page{number: number}
	c.byPage.put(number, i)
	c.resident++
	return i
}

// release removes a clean page from the cache.
func (c *Cache) release(i uint32) {
	c.clean.Remove(i)
	c.free(i)
}

// free gives back the slot of a page that is in no list.
func (c *Cache) free(i uint32) {
	p := &c.pages[i]
	c.forgotten = max(c.forgotten, p.written)
	c.byPage.remove(p.number)
	p.valid = 0 // for Discard, which may go through the slab
	c.home[i].next = c.freePages
	c.freePages = i
	c.resident--
}

// rest finds the place of a page that has just lost its last waiting or carried
// block: the order of replacement, as one that has just come, or the free list.
func (c *Cache) rest(i uint32) {
	c.dirtyPages--
	p := &c.pages[i]
	if p.valid == 0 {
		c.free(i)
		return
	}
	c.clean.Miss(p.number)
	c.clean.Insert(i, p.number)
}

// touch is a hit on the clean pages of e, in rising order.
func (c *Cache) touch(e block.Extent) {
	w := over(e)
	for number, _, ok := w.next(); ok; number, _, ok = w.next() {
		if i := c.byPage.get(number); i != 0 && c.pages[i].clean() {
			c.clean.Touch(i)
		}
	}
}
