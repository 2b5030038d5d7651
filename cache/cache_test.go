package cache

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
	"tbraid/sim"
)

func mustNew(tb testing.TB, pages int, stripeBlocks uint64) *Cache {
	tb.Helper()
	c, err := New(Config{CapacityPages: pages, StripeBlocks: stripeBlocks})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func ext(start, blocks uint64) block.Extent {
	return block.Extent{Start: block.LBA(start), Blocks: blocks}
}

func TestNew_RejectsWhatItCannotIndex(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		ok   bool
	}{
		{"one page", Config{CapacityPages: 1, StripeBlocks: 8}, true},
		{"no page", Config{CapacityPages: 0, StripeBlocks: 8}, false},
		{"too many pages", Config{CapacityPages: 1 << 31, StripeBlocks: 8}, false},
		{"no stripe", Config{CapacityPages: 16, StripeBlocks: 0}, false},
		{"page astride two stripes", Config{CapacityPages: 16, StripeBlocks: 12}, false},
		{"largest stripe", Config{CapacityPages: 16, StripeBlocks: 8 << 32}, true},
		{"too large a stripe", Config{CapacityPages: 16, StripeBlocks: 8<<32 + 8}, false},
	} {
		if _, err := New(c.cfg); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAVersionOverwrittenDuringDestageStaysDirty(t *testing.T) {
	c := mustNew(t, 16, 64)
	c.Write(1, ext(0, 8), 1)
	old := c.Mark()
	var b Batch
	c.Gather(0, &b)
	if n := c.Write(2, ext(4, 2), 2); n != 0 {
		t.Fatalf("%d blocks superseded, but the batch carries them all", n)
	}
	young := c.Mark()
	if c.Settled(old, ext(4, 2)) {
		t.Fatal("version 1 of the overwritten blocks is settled while it is in flight")
	}
	c.Clean(&b)
	if want := []block.Run{{Extent: ext(4, 2), Version: 2}}; !slices.Equal(c.Dirty(nil), want) {
		t.Fatalf("dirty after the destage: %v, want %v", c.Dirty(nil), want)
	}
	if !c.Settled(old, ext(0, 0)) || c.Settled(young, ext(0, 0)) {
		t.Fatal("the batch settles the old content, and only the old")
	}
	if s := c.Stats(); s.OldestDirty != 2 || s.DirtyBlocks != 2 {
		t.Fatalf("the new content dates from its own write: %+v", s)
	}
}

func TestAFailedDestageKeepsItsAgeAndItsTicket(t *testing.T) {
	c := mustNew(t, 16, 8)
	c.Write(1, ext(0, 8), 1)
	old := c.Mark()
	c.Write(2, ext(8, 8), 2)
	var b Batch
	c.Gather(0, &b)
	c.Write(3, ext(0, 8), 3) // all that was carried is overwritten
	c.Redirty(&b)
	if c.Settled(old, ext(0, 8)) {
		t.Fatal("version 1 never arrived, so the barrier now waits for version 3")
	}
	if s, _ := c.Oldest(); s != 0 || c.Stats().OldestDirty != 1 {
		t.Fatalf("oldest stripe %d since %v, want 0 since 1", s, c.Stats().OldestDirty)
	}
}

// A miss reads version 1; meanwhile version 2 is written, destaged and evicted.
func TestFill_RefusesWhatMayBeStale(t *testing.T) {
	c := mustNew(t, 1, 8)
	mark := c.Mark()
	stale := []block.Run{{Extent: ext(0, 8), Version: 1}}
	c.Write(1, ext(0, 8), 2)
	var b Batch
	c.Gather(0, &b)
	c.Clean(&b)
	if n := c.Fill(ext(8, 8), []block.Run{{Extent: ext(8, 8), Version: 7}}, c.Mark()); n != 8 {
		t.Fatalf("took %d blocks of fresh content, want 8", n)
	}
	if n := c.Fill(ext(0, 8), stale, mark); n != 0 {
		t.Fatal("version 1 came back after version 2 had reached the members")
	}
}

// A batch carries version 1 of blocks that are unmapped meanwhile: what is read
// before it lands is not what the members will hold.
func TestFill_LeavesOutWhatABatchIsOnItsWayTo(t *testing.T) {
	c := mustNew(t, 4, 8)
	c.Write(1, ext(0, 8), 1)
	var b Batch
	c.Gather(0, &b)
	c.Discard(ext(0, 4))
	mark := c.Mark()
	before := []block.Run{{Extent: ext(0, 4), Version: 0}}
	if n := c.Fill(ext(0, 4), before, mark); n != 0 {
		t.Fatalf("took %d blocks that the batch will change", n)
	}
	c.Clean(&b)
	if n := c.Fill(ext(0, 4), before, mark); n != 0 {
		t.Fatalf("took %d blocks that the batch has changed since", n)
	}
	after := []block.Run{{Extent: ext(0, 4), Version: 1}}
	if n := c.Fill(ext(0, 4), after, c.Mark()); n != 4 {
		t.Fatalf("took %d blocks read after the batch had landed, want 4", n)
	}
}

func TestWrite_DoesNotEvictTheRestOfItsOwnLastPage(t *testing.T) {
	c := mustNew(t, 2, 8)
	for _, e := range []block.Extent{ext(8, 8), ext(800, 8)} { // page 1 is the next to go
		c.Fill(e, []block.Run{{Extent: e, Version: 1}}, c.Mark())
	}
	c.Write(1, ext(0, 12), 2)
	if got, want := c.Peek(nil, ext(12, 4)), []block.Run{{Extent: ext(12, 4), Version: 1}}; !slices.Equal(got, want) {
		t.Fatalf("behind the write lies %v, want %v", got, want)
	}
}

func TestWrite_EvictsLeastRecentlyUsedAndNeverDirty(t *testing.T) {
	c := mustNew(t, 3, 8)
	for i := range uint64(3) {
		e := ext(8*i, 8)
		c.Fill(e, []block.Run{{Extent: e, Version: block.Version(i + 1)}}, c.Mark())
	}
	c.Lookup(nil, ext(0, 8))  // page 0 is used again: page 1 is next to go
	c.Write(1, ext(16, 1), 9) // page 2 is dirty and out of the running
	c.Write(2, ext(1<<20, 8), 10)
	var pages []uint64
	for _, r := range c.Peek(nil, ext(0, 24)) {
		pages = append(pages, pageOf(r.Extent.Start))
	}
	if want := []uint64{0, 2}; !slices.Equal(slices.Compact(pages), want) {
		t.Fatalf("pages %v are left, want %v", pages, want)
	}
	if c.Room(ext(1<<21, 16)) || !c.Room(ext(1<<21, 8)) || !c.Room(ext(8, 16)) || c.Room(ext(0, 32)) {
		t.Fatal("of three pages one is clean: one other fits, or two of which one is dirty by now")
	}
}

func TestAppending_LeavesTheCallersEntriesAlone(t *testing.T) {
	c := mustNew(t, 4, 8)
	c.Write(1, ext(8, 4), 1)
	mine := block.Run{Extent: ext(0, 8), Version: 1} // touches what follows, in the same version
	if got, want := c.Peek([]block.Run{mine}, ext(8, 8)), []block.Run{mine, {Extent: ext(8, 4), Version: 1}}; !slices.Equal(got, want) {
		t.Errorf("runs %v, want %v", got, want)
	}
	gap := ext(4, 8) // ends where the missing part begins
	if got, want := c.Missing([]block.Extent{gap}, ext(8, 8)), []block.Extent{gap, ext(12, 4)}; !slices.Equal(got, want) {
		t.Errorf("missing %v, want %v", got, want)
	}
}

// What a discard leaves of the stripe in which it begins comes first, however the
// pages came into the cache and whether they are found one by one or all looked at.
func TestDiscard_GoesByAddress(t *testing.T) {
	for _, pages := range []uint64{4, 400} {
		c := mustNew(t, 16, 32)
		for _, stripe := range []uint64{pages / 4, 0} {
			c.Write(1, ext(32*stripe, 32), 1)
		}
		c.Discard(ext(24, 8*pages-16))
		if s, ok := c.Fullest(); !ok || s != 0 {
			t.Errorf("of %d pages: stripe %d is first, want 0", pages, s)
		}
	}
}

func TestWrite_WithoutRoomPanics(t *testing.T) {
	c := mustNew(t, 1, 8)
	c.Write(1, ext(0, 8), 1)
	mustPanic(t, "write beside a dirty page", func() { c.Write(2, ext(8, 8), 2) })
}

func TestBatch_BugsOfTheCallerPanic(t *testing.T) {
	c := mustNew(t, 4, 8)
	var b Batch
	mustPanic(t, "batch never gathered", func() { c.Clean(&b) })
	c.Write(1, ext(0, 8), 1)
	c.Gather(0, &b)
	c.Clean(&b)
	c.Write(2, ext(0, 8), 2)
	var second Batch
	c.Gather(0, &second)
	mustPanic(t, "gather into a batch in flight", func() { c.Gather(0, &second) })
	mustPanic(t, "batch that comes back twice", func() { c.Clean(&b) })
	second.Runs[0].Version = 1
	mustPanic(t, "batch that wrote another version", func() { c.Clean(&second) })
	mustPanic(t, "fill beyond its extent", func() {
		c.Fill(ext(16, 8), []block.Run{{Extent: ext(16, 9), Version: 1}}, c.Mark())
	})
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("no panic: %s", what)
		}
	}()
	f()
}

// Shelves are 1/63 of a stripe high: Fullest may be off by that much, FullStripe
// by nothing.
func TestFullest_KnowsAFullStripeFromANearlyFullOne(t *testing.T) {
	const stripe = 1408 // 11 data members of 64 KiB
	c := mustNew(t, 1024, stripe)
	c.Write(1, ext(0, stripe-1), 1)
	c.Write(2, ext(stripe, stripe/2), 2)
	if s, ok := c.FullStripe(); ok {
		t.Fatalf("stripe %d is full with a block missing", s)
	}
	if s, _ := c.Fullest(); s != 0 {
		t.Fatalf("fullest is %d, want 0", s)
	}
	c.Write(3, ext(stripe+stripe/2, stripe/2), 3)
	if s, ok := c.FullStripe(); !ok || s != 1 {
		t.Fatalf("full stripe %d %v, want 1", s, ok)
	}
	if s, _ := c.Fullest(); s != 1 || c.Stats().FullStripes != 1 {
		t.Fatalf("fullest is %d, want 1", s)
	}
}

func TestALargeCacheCostsWhatItUses(t *testing.T) {
	c := mustNew(t, 1<<20, 1408) // 4 GiB
	c.Write(1, ext(0, 8*100), 1)
	if n := cap(c.spans) + cap(c.stripes) + len(c.lines.table.cells); n > 1000 {
		t.Fatalf("%d entries allocated for 100 pages", n)
	}
}

// keys are drawn so that chains collide and rungs are crossed.
func keys(t *rapid.T) uint64 {
	return rapid.Uint64Max(1<<uint(rapid.SampledFrom([]int{4, 7, 13, 40, 61}).Draw(t, "bits"))-1).Draw(t, "key")
}

func TestIndexAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want := newIndex(), map[uint64]uint64{}
		for i := range rapid.IntRange(1, 500).Draw(t, "steps") {
			k := keys(t)
			if want[k] != x.get(k) {
				t.Fatalf("key %d has value %d, want %d", k, x.get(k), want[k])
			}
			if rapid.IntRange(0, 2).Draw(t, "op") > 0 {
				want[k] = uint64(i + 1)
				*x.at(k) = want[k]
			} else if want[k] != 0 {
				x.removeAt(x.find(k))
				delete(want, k)
			}
		}
		for k, v := range want {
			if x.get(k) != v {
				t.Fatalf("key %d has value %d, want %d", k, x.get(k), v)
			}
			x.removeAt(x.find(k))
		}
		for i, c := range x.cells {
			if c.value != 0 {
				t.Fatalf("cell %d still holds %d when all is removed", i, c.key)
			}
		}
		if x.count != 0 {
			t.Fatalf("count %d when all is removed", x.count)
		}
	})
}

// The numbers lie in a slab, as they do in the cache; hashes of some are made equal.
func TestTableAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want, slab := newTable(), map[uint64]uint32{}, []uint64{0}
		poor := rapid.SampledFrom([]uint32{0, 1 << 31, 1<<20 - 1}).Draw(t, "bits of the hash that are lost")
		hash := func(k uint64) uint32 { return hashOf(k) &^ poor }
		find := func(k uint64) (at uint32) {
			for at = x.home(hash(k)); x.cells[at].slot != 0 && slab[x.cells[at].slot] != k; at = x.next(at) {
			}
			return at
		}
		get := func(k uint64) uint32 { return x.cells[find(k)].slot }
		for range rapid.IntRange(1, 500).Draw(t, "steps") {
			k := keys(t)
			if want[k] != get(k) {
				t.Fatalf("number %d in slot %d, want %d", k, get(k), want[k])
			}
			if want[k] != 0 {
				x.remove(find(k))
				delete(want, k)
			} else {
				want[k] = uint32(len(slab))
				slab = append(slab, k)
				x.addAt(find(k), hash(k), want[k])
			}
		}
		for k, s := range want {
			if get(k) != s {
				t.Fatalf("number %d in slot %d, want %d", k, get(k), s)
			}
			x.remove(find(k))
		}
		if i := slices.IndexFunc(x.cells, func(c cell) bool { return c != cell{} }); i >= 0 || x.count != 0 {
			t.Fatalf("cell %d of a table with %d numbers, when all is removed, holds %v", i, x.count, x.cells[i])
		}
	})
}

func TestLadderAgainstSortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLadder()
		var want []uint64
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			n := keys(t)
			i, in := slices.BinarySearch(want, n)
			switch rapid.IntRange(0, 3).Draw(t, "op") {
			case 0, 1:
				l.add(n)
				if !in {
					want = slices.Insert(want, i, n)
				}
			case 2:
				if len(want) > 0 {
					i = rapid.IntRange(0, len(want)-1).Draw(t, "which")
					l.remove(want[i])
					want = slices.Delete(want, i, i+1)
				}
			default:
				if got, ok := l.next(n); ok != (i < len(want)) || ok && got != want[i] {
					t.Fatalf("next from %d is %d %v, of %v", n, got, ok, want)
				}
			}
		}
		for _, n := range want {
			if got, ok := l.next(n); !ok || got != n {
				t.Fatalf("%d is lost", n)
			}
			l.remove(n)
		}
		if l.words.count != 0 {
			t.Fatalf("%d words left of an empty set", l.words.count)
		}
	})
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	const stripe = 256
	c := mustNew(t, 256, stripe)
	var (
		now     sim.Time
		v       block.Version
		b       Batch
		runs    []block.Run
		missing []block.Extent
	)
	round := func() {
		now++
		v++
		at := uint64(v*7919) % 4096 * 64
		c.Write(now, ext(at, 100), v)
		c.Write(now, ext(at+3, 40), v)
		runs, _ = c.Lookup(runs[:0], ext(at, 200))
		missing = c.Missing(missing[:0], ext(at, 200))
		c.Fill(ext(at, 200), runs, c.Mark())
		for s, ok := c.Oldest(); ok; s, ok = c.NextFrom(0) {
			c.Gather(s, &b)
			c.Write(now, ext(s*stripe, 4), v)
			if v%16 == 0 {
				c.Redirty(&b)
				c.Gather(s, &b)
			}
			c.Clean(&b)
			if v%2 == 0 {
				break
			}
			c.Discard(ext(s*stripe, 4))
		}
		if !c.Settled(0, ext(0, 0)) || c.Stats().Pages == 0 {
			t.Fatal("something was dirty before the first write")
		}
	}
	for range 5000 {
		round()
	}
	if n := testing.AllocsPerRun(1000, round); n != 0 {
		t.Fatalf("%v allocations a round", n)
	}
}

// A range with more pages than are dirty is asked stripe by stripe; what is dirty
// beside it does not count.
func TestSettled_DirtyBesideTheRange(t *testing.T) {
	c := mustNew(t, 1<<10, 2048)
	c.Write(1, ext(0, PageBlocks), 1)
	beside := ext(2*PageBlocks, 64*PageBlocks)
	if c.DirtyIn(beside) {
		t.Error("dirty before the range, and the range is called dirty")
	}
	var b Batch
	if !c.Gather(0, &b) || c.DirtyIn(beside) {
		t.Error("in flight before the range, and the range is called dirty")
	}
	if !c.DirtyIn(ext(0, 64*PageBlocks)) {
		t.Error("in flight in the range, and the range is called settled")
	}
}
