package cache

import (
	"math/rand/v2"
	"testing"

	"tbraid/internal/block"
	"tbraid/sim"
)

const (
	benchPages  = 1 << 18 // 1 GiB
	benchStripe = 2048    // 1 MiB: 8 data members of 128 KiB
)

// A 4 KiB page overwritten while it waits, out of 64 MiB of them.
func BenchmarkOverwrite4K(b *testing.B) {
	c := mustNew(b, benchPages, benchStripe)
	c.Write(0, ext(0, 1<<14*PageBlocks), 1)
	r := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		c.Write(1, ext(uint64(r.Uint32N(1<<14))*PageBlocks, PageBlocks), 2)
	}
}

// A 4 KiB write at random over 1 TiB that evicts a clean page, is gathered
// alone and becomes clean, at the turn-over of a full cache.
func BenchmarkInsertEvictDestage4K(b *testing.B) {
	c := mustNew(b, benchPages, benchStripe)
	r := rand.New(rand.NewPCG(1, 2))
	var batch Batch
	one := func() {
		e := ext(uint64(r.Uint32N(1<<28))*PageBlocks, PageBlocks)
		c.Write(1, e, 2)
		if c.Stats().DirtyPages > benchPages/2 {
			s, _ := c.Oldest()
			c.Gather(s, &batch)
			c.Clean(&batch)
		}
	}
	for range 2 * benchPages {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}

// 1 MiB sequential writes in a full cache, each a full stripe that is gathered
// and becomes clean.
func BenchmarkSequentialFullStripe1M(b *testing.B) {
	c := mustNew(b, benchPages, benchStripe)
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
