package cache

import (
	"math/rand/v2"
	"testing"

	"tbraid/cache/replace"
	"tbraid/internal/block"
	"tbraid/sim"
)

const (
	benchPages  = 1 << 18 // 1 GiB
	benchStripe = 2048    // 1 MiB: 8 data members of 128 KiB
)

// A 4 KiB page overwritten at random while it waits, out of 256 MiB of them.
func BenchmarkOverwrite4K(b *testing.B) {
	c := mustNew(b, benchPages, benchStripe)
	r := rand.New(rand.NewPCG(1, 2))
	one := func() { c.Write(1, ext(uint64(r.Uint32N(1<<16))*PageBlocks, PageBlocks), 2) }
	for range 1 << 20 {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}

// A 4 KiB write at random over 1 TiB that evicts a clean page, is gathered
// alone and becomes clean, at the turn-over of a full cache of 128 MiB or 1 GiB.
func BenchmarkInsertEvictDestage4K(b *testing.B) {
	b.Run("128MiB", func(b *testing.B) { insertEvictDestage(b, benchPages/8) })
	b.Run("1GiB", func(b *testing.B) { insertEvictDestage(b, benchPages) })
}

func insertEvictDestage(b *testing.B, pages int) {
	c := mustNew(b, pages, benchStripe)
	r := rand.New(rand.NewPCG(1, 2))
	var batch Batch
	one := func() {
		e := ext(uint64(r.Uint32N(1<<28))*PageBlocks, PageBlocks)
		c.Write(1, e, 2)
		if c.Stats().DirtyPages > pages/2 {
			s, _ := c.Oldest()
			c.Gather(s, &batch)
			c.Clean(&batch)
		}
	}
	for range 2 * pages {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}

// 1 MiB sequential writes in a full cache, each a full stripe that is gathered
// and becomes clean, under each policy of replacement.
func BenchmarkSequentialFullStripe1M(b *testing.B) {
	for k, name := range replace.LRU.Options() {
		b.Run(name, func(b *testing.B) { sequentialFullStripe(b, replace.Kind(k)) })
	}
}

func sequentialFullStripe(b *testing.B, k replace.Kind) {
	c, err := New(Config{CapacityPages: benchPages, StripeBlocks: benchStripe, Replace: k})
	if err != nil {
		b.Fatal(err)
	}
	var batch Batch
	now, at := sim.Time(0), uint64(0)
	one := func() {
		now++
		c.Write(now, ext(at, benchStripe), block.Version(now))
		at += benchStripe
		s, ok := c.FullStripe()
		if !ok {
			b.Fatal("no full stripe")
		}
		c.Gather(s, &batch)
		c.Clean(&batch)
	}
	for range 2 * benchPages * PageBlocks / benchStripe {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(benchStripe/PageBlocks), "ns/page")
}

// A 4 KiB read that hits clean pages in 16 MiB, or misses and is filled, in a full cache.
func BenchmarkRead4K(b *testing.B) {
	c := mustNew(b, benchPages/8, benchStripe)
	r := rand.New(rand.NewPCG(1, 2))
	var runs []block.Run
	one := func() {
		e := ext(uint64(r.Uint32N(1<<12))*PageBlocks, PageBlocks)
		if r.Uint32N(2) == 0 {
			e.Start = block.LBA(r.Uint32N(1<<28)) * PageBlocks
		}
		var hit bool
		if runs, hit = c.Lookup(runs[:0], e); !hit {
			runs = append(runs, block.Run{Extent: e, Version: 1})
			c.Fill(e, runs, c.Mark())
		}
	}
	for range benchPages {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}

// 4 KiB writes in order, over and over 256 MiB that stay dirty.
func BenchmarkOverwriteInOrder4K(b *testing.B) {
	c := mustNew(b, benchPages, benchStripe)
	at := uint64(0)
	one := func() {
		c.Write(1, ext(at, PageBlocks), 2)
		if at += PageBlocks; at == 1<<16*PageBlocks {
			at = 0
		}
	}
	for range 1 << 16 {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}

// A 64 KiB read that hits clean pages.
func BenchmarkLookupHit64K(b *testing.B) {
	c := mustNew(b, benchPages, benchStripe)
	e := ext(0, 1<<14*PageBlocks)
	c.Fill(e, []block.Run{{Extent: e, Version: 1}}, c.Mark())
	r := rand.New(rand.NewPCG(1, 2))
	var runs []block.Run
	b.ReportAllocs()
	for b.Loop() {
		runs, _ = c.Lookup(runs[:0], ext(uint64(r.Uint32N(1<<10))*16*PageBlocks, 16*PageBlocks))
	}
}
