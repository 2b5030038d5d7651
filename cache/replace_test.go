package cache

import (
	"math/rand/v2"
	"slices"
	"testing"

	"tbraid/cache/replace"
	"tbraid/internal/block"
	"tbraid/sim"
)

// Whatever is evicted, what the cache answers is the newest content, and every
// list stays whole. The LRU order itself is the state machine's test.
func TestReplace_ContentUnderEveryPolicy(t *testing.T) {
	contentUnderEveryPolicy(t, shortWorld)
	contentUnderEveryPolicy(t, longWorld)
}

func contentUnderEveryPolicy(t *testing.T, w world) {
	for k := range len(replace.LRU.Options()) {
		kind := replace.Kind(k)
		c, err := New(Config{CapacityPages: w.capacity, StripeBlocks: w.stripe, Replace: kind})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, uint64(k)))
		newest, media := make([]block.Version, w.blocks), make([]block.Version, w.blocks)
		evicted := 0
		for now := range sim.Time(10_000) {
			start := r.Uint64N(w.blocks)
			e := ext(w.start+start, 1+r.Uint64N(min(2*w.stripe, w.blocks-start)))
			before := c.Stats().Pages
			switch what := r.IntN(16); {
			case what < 6 && c.Room(e):
				c.Write(now, e, block.Version(now+1))
				for a := e.Start; a < e.End(); a++ {
					newest[uint64(a)-w.start] = block.Version(now + 1)
				}
			case what < 12:
				runs, hit := c.Lookup(nil, e)
				for _, run := range runs {
					for a := run.Extent.Start; a < run.Extent.End(); a++ {
						if run.Version != newest[uint64(a)-w.start] {
							t.Fatalf("%v, step %d: block %d is %d, newest is %d", kind, now, a, run.Version, newest[uint64(a)-w.start])
						}
					}
				}
				if !hit {
					w.fillFrom(c, e, media)
				}
				if c.Stats().Pages == w.capacity && before == w.capacity && !hit {
					evicted++
				}
			case what < 15:
				w.destageOldest(c, media)
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

func (w *world) fillFrom(c *Cache, e block.Extent, media []block.Version) {
	mark := c.Mark()
	for _, g := range c.Missing(nil, e) {
		var runs []block.Run
		for a := g.Start; a < g.End(); a++ {
			runs = appendRun(runs, 0, block.Run{Extent: block.Extent{Start: a, Blocks: 1}, Version: media[uint64(a)-w.start]})
		}
		c.Fill(g, runs, mark)
	}
}

func (w *world) destageOldest(c *Cache, media []block.Version) {
	var b Batch
	s, ok := c.Oldest()
	if !ok || !c.Gather(s, &b) {
		return
	}
	for _, run := range b.Runs {
		for a := run.Extent.Start; a < run.Extent.End(); a++ {
			media[uint64(a)-w.start] = run.Version
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

// Pages of one READ that missed come in one by one, whatever has to give way: the
// order of replacement is that of as many READs of a page each.
func TestReplace_AFillIsItsPagesOneByOne(t *testing.T) {
	for k := range len(replace.LRU.Options()) {
		kind := replace.Kind(k)
		var two [2]*Cache
		for i := range two {
			var err error
			if two[i], err = New(Config{CapacityPages: 64, StripeBlocks: 128, Replace: kind}); err != nil {
				t.Fatal(err)
			}
		}
		r := rand.New(rand.NewPCG(2, uint64(k)))
		for step := range 3000 {
			at, n := r.Uint64N(200), 1+r.Uint64N(20)
			e := ext(at*PageBlocks, n*PageBlocks)
			if _, hit := two[0].Lookup(nil, e); !hit {
				two[0].Fill(e, []block.Run{{Extent: e, Version: 1}}, two[0].Mark())
			}
			for i := range n {
				two[1].Lookup(nil, ext((at+i)*PageBlocks, PageBlocks))
			}
			for i := range n {
				page := ext((at+i)*PageBlocks, PageBlocks)
				if len(two[1].Peek(nil, page)) == 0 {
					two[1].Fill(page, []block.Run{{Extent: page, Version: 1}}, two[1].Mark())
				}
			}
			if got, want := two[0].leaving(), two[1].leaving(); !slices.Equal(got, want) {
				t.Fatalf("%v, step %d: order %v, page by page %v", kind, step, got, want)
			}
		}
	}
}

// leaving lists the clean pages, the first to give way first as far as the policy has
// one order.
func (c *Cache) leaving() (pages []uint64) {
	for _, i := range c.clean.Slots(nil) {
		for page := c.spans[i].first; page < c.spans[i].end(); page++ {
			pages = append(pages, page)
		}
	}
	return pages
}

// The order by address is built when it is first asked for.
func TestNextFrom_KnowsWhatWasThereBefore(t *testing.T) {
	c := mustNew(t, 64, 16)
	for stripe := range uint64(4) {
		c.Write(1, ext(stripe*16, 8), 1)
	}
	var b Batch
	c.Gather(1, &b)
	c.Write(2, ext(16, 8), 2) // in flight, and waiting again
	for from, want := range []uint64{0, 2, 2, 3} {
		if got, ok := c.NextFrom(uint64(from)); !ok || got != want {
			t.Errorf("from %d: stripe %d (%v), want %d", from, got, ok, want)
		}
	}
	c.Clean(&b)
	if got, ok := c.NextFrom(1); !ok || got != 1 {
		t.Errorf("from 1, after the batch has landed: stripe %d (%v), want 1", got, ok)
	}
}
