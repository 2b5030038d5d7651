package cache

import (
	"errors"
	"fmt"
	"math/bits"

	"tbraid/cache/replace"
	"tbraid/internal/block"
	"tbraid/sim"
)

// Cache holds content of the volume, clean and dirty. It is driven from a single
// event handler at a time and keeps no clock: times come in from the caller and
// must not run backwards.
type Cache struct {
	capacity     int
	stripeBlocks uint64
	replace      replace.Kind

	// Pages by slot, from slot 1: every slot is in byPage or in the free list.
	pages     []page
	home      links // of a stripe's waiting list, of the free list
	flight    links // of a stripe's carried list
	byPage    index[uint32]
	freePages uint32
	clean     replace.Policy // orders the clean pages
	resident  int

	// Stripes that hold waiting or carried pages, by slot, from slot 1.
	stripes     []stripe
	wait        links // of waiting
	shelf       links // of shelves and flights, and of the free list
	byStripe    index[uint32]
	freeStripes uint32
	waiting     list             // stripes with waiting pages, oldest first
	shelves     [numShelves]list // those not in flight, by how full they are
	shelved     uint64           // bit i: shelf i is not empty
	full        int              // stripes on the last shelf
	order       ladder           // those not in flight, by number
	flights     list             // stripes in flight

	dirtyPages    int
	inFlightPages int
	dirtyBlocks   uint64

	wrote     block.LBA // where the last Write ended
	scattered bool      // the Write under way does not begin there
	seq       uint64    // of the last page written
	forgotten uint64    // the latest page written that is in the cache no more
	epoch     uint64    // number of Drops
}

// Config sizes a Cache.
type Config struct {
	CapacityPages int    // pages of 4 KiB, 1 to 2^31-1
	StripeBlocks  uint64 // data blocks of the volume in a stripe: whole pages, at most 2^32 of them

	Replace replace.Kind // which clean page gives way when room is needed
}

// ErrConfig is returned by New for a capacity or a stripe out of range.
var ErrConfig = errors.New("cache: bad configuration")

// New returns an empty cache. It allocates for pages only as they come into use.
func New(cfg Config) (*Cache, error) {
	if cfg.CapacityPages < 1 || cfg.CapacityPages > 1<<31-1 {
		return nil, fmt.Errorf("%w: capacity of %d pages", ErrConfig, cfg.CapacityPages)
	}
	if s := cfg.StripeBlocks; s == 0 || s%PageBlocks != 0 || s/PageBlocks > 1<<32 {
		return nil, fmt.Errorf("%w: a stripe of %d blocks is not a number of pages", ErrConfig, s)
	}
	c := &Cache{
		capacity:     cfg.CapacityPages,
		stripeBlocks: cfg.StripeBlocks,
		replace:      cfg.Replace,
		byPage:       newIndex[uint32](),
		byStripe:     newIndex[uint32](),
		order:        newLadder(),
	}
	c.empty()
	return c, nil
}

// Room tells whether e can be written, or filled, now: whether its pages and
// the dirty pages together fit. It costs one probe a page when the answer is
// near, and nothing otherwise. An extent longer than the cache never fits.
func (c *Cache) Room(e block.Extent) bool {
	n, spare := pagesOf(e), uint64(c.capacity-c.dirtyPages)
	if n <= spare {
		return true
	}
	if n > uint64(c.capacity) {
		return false
	}
	w := over(e)
	for number, _, ok := w.next(); ok && n > spare; number, _, ok = w.next() {
		if i := c.byPage.get(number); i != 0 && !c.pages[i].clean() {
			n--
		}
	}
	return n <= spare
}

// Write makes the blocks of e valid and dirty with version v. Clean pages are
// evicted where room is needed; it panics if there is none, which Room would
// have told. It returns the number of blocks whose
// dirty version was superseded before any batch took it: these the members will
// never see. A version overwritten in flight still arrives, and is not counted.
func (c *Cache) Write(now sim.Time, e block.Extent, v block.Version) (superseded uint64) {
	if e.Empty() {
		return 0
	}
	if last := e.End() - 1; last/PageBlocks != e.Start/PageBlocks {
		c.touch(block.Extent{Start: last, Blocks: 1}) // e must not evict the rest of its own last page
	}
	c.scattered, c.wrote = e.Start != c.wrote, e.End()
	var s uint32 // stripe that was written to and not yet put on its shelf
	w := over(e)
	for number, mask, ok := w.next(); ok; number, mask, ok = w.next() {
		i := c.byPage.get(number)
		if i == 0 {
			i = c.take(number)
		} else if p := &c.pages[i]; p.clean() {
			c.clean.Remove(i)
		}
		p := &c.pages[i]
		c.seq++
		p.written = c.seq
		if p.clean() {
			c.dirtyPages++
		}
		if p.waiting == 0 {
			s = c.join(i, s)
			p.seq, p.since = c.seq, now
		} else if c.scattered {
			c.stripes[p.stripe].rewritten = true
		}
		superseded += uint64(bits.OnesCount8(mask & p.waiting))
		if fresh := mask &^ p.waiting; fresh != 0 {
			if s != p.stripe {
				c.reshelve(s)
				s = p.stripe
			}
			c.stripes[s].waitingBlocks += uint64(bits.OnesCount8(fresh))
			c.dirtyBlocks += uint64(bits.OnesCount8(fresh &^ p.flying))
			p.waiting |= mask
			p.flying &^= mask
		}
		p.set(mask, v)
	}
	c.reshelve(s)
	return superseded
}

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
		for number, mask, ok := w.next(); ok; number, mask, ok = w.next() {
			i := c.byPage.get(number)
			if i == 0 {
				c.clean.Miss(number)
				i = c.take(number)
				c.clean.Insert(i, number)
			}
			p := &c.pages[i]
			mask &^= p.valid | p.carried
			p.set(mask, r.Version)
			taken += uint64(bits.OnesCount8(mask))
		}
	}
	return taken
}

// DirtyBlocks is that of Stats, for whoever follows it from write to write.
func (c *Cache) DirtyBlocks() uint64 { return c.dirtyBlocks }

// Stats is what a firmware policy may know of the cache.
type Stats struct {
	CapacityPages int
	Pages         int      // in use
	DirtyPages    int      // with blocks that are dirty or in flight: they cannot be evicted
	InFlightPages int      // of these, carried by a batch
	DirtyBlocks   uint64   // whose present version the members do not hold, in flight or not
	OldestDirty   sim.Time // since when the stripe that Oldest would name is dirty; Never if none
	DirtyStripes  int      // with dirty pages, in flight or not
	FullStripes   int      // not in flight, every block waiting
}

// Stats costs one step for each batch in flight at most.
func (c *Cache) Stats() Stats {
	oldest := sim.Never
	if s := c.oldest(); s != 0 {
		oldest = c.pages[c.stripes[s].waiting.head].since
	}
	return Stats{
		CapacityPages: c.capacity,
		Pages:         c.resident,
		DirtyPages:    c.dirtyPages,
		InFlightPages: c.inFlightPages,
		DirtyBlocks:   c.dirtyBlocks,
		OldestDirty:   oldest,
		DirtyStripes:  c.byStripe.count,
		FullStripes:   c.full,
	}
}
