package cache

import (
	"math/rand/v2"
	"testing"

	"tbraid/cache/replace"
	"tbraid/internal/block"
	"tbraid/sim"
)

// Whatever is evicted, what the cache answers is the newest content, and every
// list stays whole. The LRU order itself is the state machine's test.
func TestReplace_ContentUnderEveryPolicy(t *testing.T) {
	for k := range len(replace.LRU.Options()) {
		kind := replace.Kind(k)
		c, err := New(Config{CapacityPages: worldCapacity, StripeBlocks: worldStripe, Replace: kind})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, uint64(k)))
		var newest, media [worldBlocks]block.Version
		evicted := 0
		for now := range sim.Time(20_000) {
			start := r.Uint64N(worldBlocks)
			e := block.Extent{Start: worldStart + block.LBA(start), Blocks: 1 + r.Uint64N(min(2*worldStripe, worldBlocks-start))}
			before := c.Stats().Pages
			switch what := r.IntN(16); {
			case what < 6 && c.Room(e):
				c.Write(now, e, block.Version(now+1))
				for a := e.Start; a < e.End(); a++ {
					newest[a-worldStart] = block.Version(now + 1)
				}
			case what < 12:
				runs, hit := c.Lookup(nil, e)
				for _, run := range runs {
					for a := run.Extent.Start; a < run.Extent.End(); a++ {
						if run.Version != newest[a-worldStart] {
							t.Fatalf("%v, step %d: block %d is %d, newest is %d", kind, now, a, run.Version, newest[a-worldStart])
						}
					}
				}
				if !hit {
					fillFrom(c, e, media[:])
				}
				if c.Stats().Pages == worldCapacity && before == worldCapacity && !hit {
					evicted++
				}
			case what < 15:
				destageOldest(c, media[:])
			case r.IntN(20) == 0:
				c.DropClean()
			}
			if err := c.invariants(); err != nil {
				t.Fatalf("%v, step %d: %v", kind, now, err)
			}
		}
		if evicted < 100 {
			t.Errorf("%v: the cache was hardly ever full", kind)
		}
	}
}

func fillFrom(c *Cache, e block.Extent, media []block.Version) {
	mark := c.Mark()
	for _, g := range c.Missing(nil, e) {
		var runs []block.Run
		for a := g.Start; a < g.End(); a++ {
			runs = append(runs, block.Run{Extent: block.Extent{Start: a, Blocks: 1}, Version: media[a-worldStart]})
		}
		c.Fill(g, runs, mark)
	}
}

func destageOldest(c *Cache, media []block.Version) {
	var b Batch
	s, ok := c.Oldest()
	if !ok || !c.Gather(s, &b) {
		return
	}
	for _, run := range b.Runs {
		for a := run.Extent.Start; a < run.Extent.End(); a++ {
			media[a-worldStart] = run.Version
		}
	}
	c.Clean(&b)
}

// WOW: a stripe written again is passed over once. What is written in sequence
// is not taken for written again.
func TestNextCold(t *testing.T) {
	c := mustNew(t, 64, 16)
	next := func(from, want uint64) {
		t.Helper()
		if got, ok := c.NextCold(from); !ok || got != want {
			t.Errorf("from %d: stripe %d (%v), want %d", from, got, ok, want)
		}
	}
	if _, ok := c.NextCold(0); ok {
		t.Error("a clean cache names a stripe")
	}
	for _, stripe := range []uint64{7, 1, 5, 3} {
		c.Write(1, ext(stripe*16+8, 4), 1)
	}
	next(0, 1)
	c.Write(2, ext(3*16+8, 4), 2) // a page that waits
	c.Write(3, ext(5*16, 4), 2)   // another page of a stripe that waits
	next(2, 7)
	next(8, 1)
	next(2, 3) // its second life is over
	c.Write(4, ext(4*16, 16), 3)
	c.Write(5, ext(5*16, 16), 3) // follows
	c.Write(6, ext(6*16, 8), 3)  // follows
	next(4, 4)
	next(5, 5)
	next(6, 6)
	for stripe := range uint64(8) {
		c.Write(7, ext(stripe*16+12, 2), 4)
	}
	next(2, 2) // 0 and 2 are new, the others were all written again
	next(3, 0)
	next(1, 2)
	next(1, 1)

	var b Batch
	c.Write(8, ext(16+12, 2), 5)
	c.Gather(1, &b)
	next(1, 2)
	c.Write(9, ext(16+12, 2), 6) // in flight
	c.Clean(&b)
	next(1, 2)
	next(1, 1)
}
