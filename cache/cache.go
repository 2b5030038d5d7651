package cache

import (
	"errors"
	"fmt"

	"tbraid/cache/replace"
	"tbraid/internal/block"
	"tbraid/internal/divisor"
	"tbraid/sim"
)

// Cache holds content of the volume, clean and dirty. It is driven from a single
// event handler at a time and keeps no clock: times come in from the caller and
// must not run backwards.
type Cache struct {
	capacity     int
	stripeBlocks uint64
	perStripe    divisor.Divisor // stripeBlocks, which every Write divides by
	replace      replace.Kind

	slab
	lines    lines
	clean    replace.Policy // orders the clean spans
	resident int            // pages

	// Stripes that hold waiting or carried pages, by slot, from slot 1.
	stripes     []stripe
	wait        links // of waiting
	shelf       links // of shelves and flights, and of the free list
	byStripe    table
	freeStripes uint32
	recent      uint32           // the one last asked for, which is likely to be next
	waiting     list             // stripes with waiting pages, oldest first
	shelves     [numShelves]list // those not in flight, by how full they are
	shelved     uint64           // bit i: shelf i is not empty
	full        int              // stripes on the last shelf
	ordered     bool             // order is kept
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
	CapacityPages int    // pages of 4 KiB, 1 to 2^31-2
	StripeBlocks  uint64 // data blocks of the volume in a stripe: whole pages, at most 2^32 of them

	Replace replace.Kind // which clean page gives way when room is needed
}

// ErrConfig is returned by New for a capacity or a stripe out of range.
var ErrConfig = errors.New("cache: bad configuration")

// New returns an empty cache. It allocates for pages only as they come into use.
func New(cfg Config) (*Cache, error) {
	if cfg.CapacityPages < 1 || cfg.CapacityPages > 1<<31-2 {
		return nil, fmt.Errorf("%w: capacity of %d pages", ErrConfig, cfg.CapacityPages)
	}
	if s := cfg.StripeBlocks; s == 0 || s%PageBlocks != 0 || s/PageBlocks > 1<<32 {
		return nil, fmt.Errorf("%w: a stripe of %d blocks is not a number of pages", ErrConfig, s)
	}
	c := &Cache{
		capacity:     cfg.CapacityPages,
		stripeBlocks: cfg.StripeBlocks,
		perStripe:    divisor.New(cfg.StripeBlocks),
		replace:      cfg.Replace,
		lines:        lines{table: newTable()},
		byStripe:     newTable(),
		order:        newLadder(),
	}
	c.empty()
	return c, nil
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

// Stats costs next to nothing.
func (c *Cache) Stats() (s Stats) {
	c.Survey(&s)
	return s
}

// Survey is Stats for whoever asks at each I/O and keeps them.
func (c *Cache) Survey(s *Stats) {
	s.CapacityPages = c.capacity
	s.Pages = c.resident
	s.DirtyPages = c.dirtyPages
	s.InFlightPages = c.inFlightPages
	s.DirtyBlocks = c.dirtyBlocks
	s.OldestDirty = c.OldestDirty()
	s.DirtyStripes = c.byStripe.count
	s.FullStripes = c.full
}

// OldestDirty is that of Stats.
func (c *Cache) OldestDirty() sim.Time {
	if s := c.oldest(); s != 0 {
		return c.ages[c.stripes[s].waiting.head].waiting.since
	}
	return sim.Never
}
