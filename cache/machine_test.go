package cache

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
	"tbraid/sim"
)

// world is a volume and a cache that holds a part of it. Its stripes begin somewhere
// in the volume, in blocks.
type world struct {
	capacity              int
	stripe, start, blocks uint64
}

// In a short world most spans are of one page. The stripe numbers lie across a word
// of the ladder. In a long one lines are full, and begin and end within stripes.
var (
	shortWorld = world{capacity: 12, stripe: 3 * PageBlocks, start: 60 * 3 * PageBlocks, blocks: 10 * 3 * PageBlocks}
	longWorld  = world{capacity: 130, stripe: 70 * PageBlocks, start: 70 * PageBlocks, blocks: 4 * 70 * PageBlocks}
)

func (w *world) all() block.Extent { return ext(w.start, w.blocks) }

func (w *world) extent(t *rapid.T, most uint64) block.Extent {
	start := rapid.Uint64Range(0, w.blocks-1).Draw(t, "start")
	n := rapid.Uint64Range(1, min(most, w.blocks-start)).Draw(t, "blocks")
	switch rapid.IntRange(0, 3).Draw(t, "alignment") { // or whole pages and full stripes would be rare
	case 0:
		start -= start % w.stripe
		n = w.stripe
	case 1:
		start -= start % PageBlocks
		n += -n % PageBlocks
	}
	return ext(w.start+start, min(n, w.blocks-start))
}

// machine drives a cache and its model side by side, with members below that
// remember what reached them.
type machine struct {
	world
	c       *Cache
	m       *model
	now     sim.Time
	version block.Version
	media   map[block.LBA]block.Version
	flights []*flown
	reads   []read
	marks   []ticket
}

type flown struct {
	batch Batch
	took  map[block.LBA]block.Version
}

// read is a miss under way: what the members held when it was read.
type read struct {
	e                block.Extent
	runs             []block.Run
	mark, modelsMark uint64
}

// ticket is a barrier and what it is owed.
type ticket struct {
	mark, modelsMark uint64
	owed             map[block.LBA]block.Version
}

func (x *machine) next() (sim.Time, block.Version) {
	x.now++
	x.version++
	return x.now, x.version
}

func (x *machine) Write(t *rapid.T) {
	e := x.extent(t, 2*x.stripe)
	room := x.c.Room(e)
	if room != x.m.room(e) {
		t.Fatalf("room for %v: %v", e, room)
	}
	if !room {
		return
	}
	now, v := x.next()
	if got, want := x.c.Write(now, e, v), x.m.write(now, e, v); got != want {
		t.Fatalf("write of %v supersedes %d, want %d", e, got, want)
	}
}

func (x *machine) Lookup(t *rapid.T) {
	e := x.extent(t, 2*x.stripe)
	missing := x.c.Missing(nil, e)
	runs, hit := x.c.Lookup(nil, e)
	valid := x.m.runs(e, func(c *content) bool { return c.valid })
	if !slices.Equal(runs, valid) {
		t.Fatalf("lookup of %v: %v, want %v", e, runs, valid)
	}
	n := 0
	for a := e.Start; a < e.End(); a++ {
		in := slices.ContainsFunc(missing, func(g block.Extent) bool { return g.Contains(a) })
		if c := x.m.blocks[a]; in == (c != nil && c.valid) {
			t.Fatalf("block %d is missing: %v", a, in)
		}
		if in {
			n++
		}
	}
	if hit != (n == 0) {
		t.Fatalf("hit %v with %d blocks missing", hit, n)
	}
	if hit {
		x.m.touch(e)
		return
	}
	r := read{e: e, mark: x.c.Mark(), modelsMark: x.m.seq}
	for _, g := range missing {
		for a := g.Start; a < g.End(); a++ {
			r.runs = appendRun(r.runs, 0, block.Run{Extent: block.Extent{Start: a, Blocks: 1}, Version: x.media[a]})
		}
	}
	x.reads = append(x.reads, r)
}

func (x *machine) Fill(t *rapid.T) {
	if len(x.reads) == 0 {
		t.Skip("no read under way")
	}
	i := rapid.IntRange(0, len(x.reads)-1).Draw(t, "read")
	r := x.reads[i]
	x.reads = slices.Delete(x.reads, i, i+1)
	if got, want := x.c.Fill(r.e, r.runs, r.mark), x.m.fill(r.e, r.runs, r.modelsMark); got != want {
		t.Fatalf("fill of %v took %d, want %d", r.e, got, want)
	}
}

func (x *machine) Gather(t *rapid.T) {
	f := &flown{}
	stripe := rapid.Uint64Range(x.c.StripeOf(x.all().Start), x.c.StripeOf(x.all().End()-1)).Draw(t, "stripe")
	if oldest, ok := x.c.Oldest(); ok && rapid.Bool().Draw(t, "oldest") {
		stripe = oldest
	}
	blocks := x.m.candidates()[stripe]
	if got := x.c.Gather(stripe, &f.batch); got != (blocks > 0) {
		t.Fatalf("gather of stripe %d: %v with %d blocks", stripe, got, blocks)
	}
	if blocks == 0 {
		return
	}
	f.took = x.m.gather(stripe)
	got := map[block.LBA]block.Version{}
	total := uint64(0)
	for _, r := range f.batch.Runs {
		for a := r.Extent.Start; a < r.Extent.End(); a++ {
			got[a] = r.Version
		}
		total += r.Extent.Blocks
	}
	if !maps.Equal(got, f.took) || total != uint64(len(got)) || f.batch.Blocks != total {
		t.Fatalf("batch %+v, want %v", f.batch, f.took)
	}
	for i, r := range f.batch.Runs[1:] {
		if p := f.batch.Runs[i]; r.Extent.Start < p.Extent.End() {
			t.Fatalf("runs out of order: %v", f.batch.Runs)
		}
	}
	at := block.LBA(0)
	for _, e := range f.batch.Extents {
		if e.Start <= at {
			t.Fatalf("extents out of order or not merged: %v", f.batch.Extents)
		}
		at = e.End()
		total -= e.Blocks
		for a := e.Start; a < e.End(); a++ {
			delete(got, a)
		}
	}
	if total != 0 || len(got) != 0 {
		t.Fatalf("extents %v, runs %v", f.batch.Extents, f.batch.Runs)
	}
	x.flights = append(x.flights, f)
}

// back takes a batch out of flight; some or all of it reached the members.
func (x *machine) back(t *rapid.T, reached bool) *flown {
	if len(x.flights) == 0 {
		t.Skip("nothing in flight")
	}
	i := rapid.IntRange(0, len(x.flights)-1).Draw(t, "batch")
	f := x.flights[i]
	x.flights = slices.Delete(x.flights, i, i+1)
	for a, v := range f.took {
		if reached || a%2 == 0 {
			x.media[a] = v
		}
	}
	x.m.land(f.took, reached)
	return f
}

func (x *machine) Clean(t *rapid.T) { x.c.Clean(&x.back(t, true).batch) }

func (x *machine) Redirty(t *rapid.T) { x.c.Redirty(&x.back(t, false).batch) }

func (x *machine) Mark(t *rapid.T) {
	k := ticket{mark: x.c.Mark(), modelsMark: x.m.seq, owed: map[block.LBA]block.Version{}}
	for a, c := range x.m.blocks {
		if c.waiting || c.flying {
			k.owed[a] = c.version
		}
	}
	x.marks = append(x.marks, k)
}

func (x *machine) Settled(t *rapid.T) {
	e := x.extent(t, x.blocks)
	if rapid.Bool().Draw(t, "to the end") {
		e.Blocks = 0
	}
	for _, k := range x.marks {
		got := x.c.Settled(k.mark, e)
		if got != x.m.settled(k.modelsMark, e) {
			t.Fatalf("mark %d in %v settled: %v", k.mark, e, got)
		}
		for a, v := range k.owed {
			if got && a >= e.Start && (e.Blocks == 0 || a < e.End()) && x.media[a] < v {
				t.Fatalf("settled, but block %d is owed version %d and the members hold %d", a, v, x.media[a])
			}
		}
	}
	if e.Blocks > 0 && x.c.DirtyIn(e) != !x.m.settled(math.MaxUint64, e) {
		t.Fatalf("dirty in %v: %v", e, x.c.DirtyIn(e))
	}
}

func (x *machine) Discard(t *rapid.T) {
	e := x.extent(t, x.stripe)
	if rapid.IntRange(0, 9).Draw(t, "large") == 0 { // more pages than are resident
		e = block.Extent{Start: e.Start &^ (PageBlocks - 1), Blocks: 1 << 40}
	} else if !x.c.DirtyIn(e) { // written past the cache
		_, v := x.next()
		for a := e.Start; a < e.End(); a++ {
			x.media[a] = v
		}
	}
	x.c.Discard(e)
	x.m.discard(e)
	for _, k := range x.marks {
		maps.DeleteFunc(k.owed, func(a block.LBA, _ block.Version) bool { return e.Contains(a) })
	}
}

func (x *machine) DropClean(t *rapid.T) {
	x.c.DropClean()
	x.m.dropClean()
}

func (x *machine) Drop(t *rapid.T) {
	if rapid.IntRange(0, 4).Draw(t, "rarely") != 0 {
		t.Skip("not now")
	}
	x.c.Drop()
	x.m.drop()
	x.marks = nil
	for i, f := range x.flights { // come back from nowhere
		if i%2 == 0 {
			x.c.Clean(&f.batch)
		} else {
			x.c.Redirty(&f.batch)
		}
	}
	x.flights = nil
}

// Check compares everything that can be seen.
func (x *machine) Check(t *rapid.T) {
	if err := x.c.invariants(); err != nil {
		t.Fatal(err)
	}
	valid := x.m.runs(x.all(), func(c *content) bool { return c.valid })
	if got := x.c.Peek(nil, x.all()); !slices.Equal(got, valid) {
		t.Fatalf("content %v, want %v", got, valid)
	}
	dirty := x.m.runs(x.all(), func(c *content) bool { return c.waiting || c.flying })
	if got := x.c.Dirty(nil); !slices.Equal(got, dirty) {
		t.Fatalf("dirty %v, want %v", got, dirty)
	}
	for a, c := range x.m.blocks {
		if c.valid && !c.waiting && !c.flying && c.version != x.media[a] {
			t.Fatalf("block %d is clean with version %d, the members hold %d", a, c.version, x.media[a])
		}
	}
	lru := x.c.leaving()
	slices.Reverse(lru)
	if !slices.Equal(lru, x.m.lru) {
		t.Fatalf("LRU order %v, want %v", lru, x.m.lru)
	}
	if err := x.choosers(); err != nil {
		t.Fatal(err)
	}
}

func (x *machine) choosers() error {
	ready := x.m.candidates()
	most, full := 0, 0
	for _, n := range ready {
		most = max(most, n)
		if n == int(x.stripe) {
			full++
		}
	}
	if s, ok := x.c.FullStripe(); ok != (full > 0) || ok && ready[s] != int(x.stripe) {
		return fmt.Errorf("full stripe %d %v, want one of %d", s, ok, full)
	}
	if s, ok := x.c.Fullest(); ok != (most > 0) || ready[s]*fullShelf/int(x.stripe) != most*fullShelf/int(x.stripe) {
		return fmt.Errorf("fullest %d %v with %d blocks, want %d", s, ok, ready[s], most)
	}
	want, since, any := x.m.oldest()
	if s, ok := x.c.Oldest(); ok != any || s != want {
		return fmt.Errorf("oldest %d %v, want %d", s, ok, want)
	}
	list := slices.Sorted(maps.Keys(ready))
	for from := x.c.StripeOf(x.all().Start) - 1; from <= x.c.StripeOf(x.all().End()); from++ {
		i, _ := slices.BinarySearch(list, from)
		if s, ok := x.c.NextFrom(from); ok != (i < len(list)) || ok && s != list[i] {
			return fmt.Errorf("next from %d is %d %v, of %v", from, s, ok, list)
		}
	}
	carried := func(c *content) bool { return c.carried }
	stripes := []uint64{}
	for _, a := range x.m.addresses(dirtyOrCarried) {
		stripes = append(stripes, x.m.stripeOf(a))
	}
	stats := Stats{
		CapacityPages: x.capacity,
		Pages:         len(x.m.ages),
		DirtyPages:    len(x.m.pages(dirtyOrCarried)),
		InFlightPages: len(x.m.pages(carried)),
		DirtyBlocks:   uint64(len(x.m.addresses(func(c *content) bool { return c.waiting || c.flying }))),
		OldestDirty:   since,
		DirtyStripes:  len(slices.Compact(stripes)),
		FullStripes:   full,
	}
	if got := x.c.Stats(); got != stats {
		return fmt.Errorf("stats %+v, want %+v", got, stats)
	}
	return nil
}

func TestCacheAgainstModel(t *testing.T) {
	t.Run("short", func(t *testing.T) { againstModel(t, shortWorld) })
	t.Run("long", func(t *testing.T) { againstModel(t, longWorld) })
}

func againstModel(t *testing.T, w world) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := New(Config{CapacityPages: w.capacity, StripeBlocks: w.stripe})
		if err != nil {
			t.Fatal(err)
		}
		x := &machine{world: w, c: c, m: newModel(w.capacity, int(w.stripe)), media: map[block.LBA]block.Version{}}
		t.Repeat(rapid.StateMachineActions(x))
	})
}
