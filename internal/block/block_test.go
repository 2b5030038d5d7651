package block

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTagIsABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Version(rapid.Uint32Max(uint32(MaxVersion)).Draw(t, "version"))
		slot := rapid.Uint8Max(15).Draw(t, "slot")
		if got := v.Tag(slot).Version(slot); got != v {
			t.Fatalf("tag of %d reads back as %d", v, got)
		}
		if got := v.Tag(slot).Version(slot ^ 1); v != 0 && got != Garbage {
			t.Fatalf("a block of another slot reads back as %d", got)
		}
		if got := TornTag(uint32(v)).Version(slot); got != Torn {
			t.Fatalf("torn tag reads back as %d", got)
		}
	})
	if Version(0).Tag(3) != 0 {
		t.Fatal("content never written must be tag 0, or fresh parity would not match")
	}
}

func TestTag_WrongParityIsGarbage(t *testing.T) {
	// One WRITE over three chunks and their parity; then chunk 0 is rewritten and
	// the parity misses it: chunk 2, rebuilt, is no version at all.
	parity := Version(1).Tag(0) ^ Version(1).Tag(1) ^ Version(1).Tag(2)
	if got := (parity ^ Version(1).Tag(0) ^ Version(1).Tag(1)).Version(2); got != 1 {
		t.Fatalf("consistent stripe rebuilds version %d, want 1", got)
	}
	if got := (parity ^ Version(7).Tag(0) ^ Version(1).Tag(1)).Version(2); got != Garbage {
		t.Fatalf("inconsistent stripe rebuilds version %d, want Garbage", got)
	}
}

func TestExtent(t *testing.T) {
	a := Extent{10, 5}
	for _, c := range []struct {
		name     string
		o        Extent
		overlaps bool
		share    Extent
	}{
		{"before", Extent{0, 10}, false, Extent{10, 0}},
		{"touches end", Extent{15, 3}, false, Extent{15, 0}},
		{"inside", Extent{11, 2}, true, Extent{11, 2}},
		{"straddles", Extent{8, 4}, true, Extent{10, 2}},
		{"empty", Extent{12, 0}, false, Extent{12, 0}},
	} {
		if a.Overlaps(c.o) != c.overlaps {
			t.Errorf("%s: overlaps %v", c.name, !c.overlaps)
		}
		if got := a.Intersect(c.o); got != c.share {
			t.Errorf("%s: share %v, want %v", c.name, got, c.share)
		}
	}
}

// The oracle is an array with one value a block.
func TestMapAgainstArray(t *testing.T) {
	const span = 4096
	rapid.Check(t, func(t *rapid.T) {
		var m Map[uint8]
		var want [span]uint8
		steps := rapid.IntRange(1, 600).Draw(t, "steps")
		for range steps {
			start := rapid.Uint64Range(0, span-1).Draw(t, "start")
			n := rapid.Uint64Range(0, min(40, span-start)).Draw(t, "blocks")
			v := rapid.Uint8Max(3).Draw(t, "value")
			m.Set(Extent{LBA(start), n}, v)
			for i := range n {
				want[start+i] = v
			}
		}
		at := LBA(0)
		for _, r := range m.Append(nil, Extent{0, span}) {
			if r.Extent.Start != at {
				t.Fatalf("gap at %d", at)
			}
			for a := r.Extent.Start; a < r.Extent.End(); a++ {
				if want[a] != r.Value || m.At(a) != r.Value {
					t.Fatalf("block %d: run %d, At %d, want %d", a, r.Value, m.At(a), want[a])
				}
			}
			at = r.Extent.End()
		}
		if at != span {
			t.Fatalf("runs end at %d", at)
		}
		runs := 0
		for i, v := range want {
			if v != 0 && (i == 0 || want[i-1] != v) {
				runs++
			}
		}
		m.tree.check(t)
		if m.Len() != runs || len(m.All(nil)) != runs {
			t.Fatalf("%d runs, want %d: neighbours of equal value must merge", m.Len(), runs)
		}
	})
}

func TestMapAppendsInOrderWithFullLeaves(t *testing.T) {
	var m Map[int]
	for i := range 100 * (leafPlaces - 1) {
		m.Set(Extent{LBA(i), 1}, i+1)
	}
	if m.tree.leaves != 100 {
		t.Fatalf("%d leaves for %d runs", m.tree.leaves, m.Len())
	}
}

// A map of thousands of leaves, which a model of one value a block would be too
// slow for: set, cut into, and emptied from both ends and at random.
func TestMapOfManyLeaves(t *testing.T) {
	var m Map[uint32]
	want := map[LBA]uint32{} // by group of 8 blocks
	r := rand.New(rand.NewPCG(1, 2))
	check := func(what string) {
		t.Helper()
		m.tree.check(t)
		if m.Len() != len(want) {
			t.Fatalf("%s: %d runs, want %d", what, m.Len(), len(want))
		}
		for _, v := range m.All(nil) {
			if v.Extent.Blocks != 8 || v.Value != want[v.Extent.Start/8] {
				t.Fatalf("%s: %v has %d", what, v.Extent, v.Value)
			}
		}
	}
	const groups = 1 << 18
	for i := range uint32(200_000) {
		g := LBA(r.Uint64N(groups))
		m.Set(Extent{g * 8, 8}, i+1)
		want[g] = i + 1
	}
	check("set")
	for range 100_000 {
		g := LBA(r.Uint64N(groups))
		if m.At(g*8+3) != want[g] {
			t.Fatalf("At %d: %d, want %d", g*8+3, m.At(g*8+3), want[g])
		}
		m.Set(Extent{g * 8, 8}, 0)
		delete(want, g)
	}
	check("emptied in part")
	for g := range LBA(groups) { // from both ends
		if g%2 == 1 {
			g = groups - 1 - g/2
		} else {
			g /= 2
		}
		m.Set(Extent{g * 8, 8}, 0)
		delete(want, g)
		if g%1009 == 0 {
			check("emptied from both ends")
		}
	}
	check("empty")
	if m.tree.leaves > 1 {
		t.Fatalf("an empty map has %d leaves", m.tree.leaves)
	}
}

// check holds the tree to what its comments say.
func (t *tree[V]) check(f rapid.TB) {
	f.Helper()
	leaves, at := 0, LBA(0)
	l := t.first
	for i, b := range t.branches {
		if t.lows[i] != b.low[0] || b.n == 0 {
			f.Fatalf("branch %d of %d leaves begins at %d, its entry says %d", i, b.n, b.low[0], t.lows[i])
		}
		for k := range b.n {
			switch {
			case b.leaf[k] != l:
				f.Fatalf("leaf %d of branch %d is not the next in the chain", k, i)
			case l.low != at || b.low[k] != l.low:
				f.Fatalf("leaf %d of branch %d begins at %d, want %d", k, i, l.low, at)
			case l.n == 0 && t.leaves > 1:
				f.Fatal("an empty leaf")
			}
			for j := range l.n {
				if !l.owns(l.from(j)) || l.to(j) <= l.from(j) || j > 0 && l.from(j) < l.to(j-1) {
					f.Fatalf("run %d-%d in leaf %d-%d", l.from(j), l.to(j), l.low, l.high)
				}
				if l.start[j] == far || l.end[j] == far && j < l.n-1 {
					f.Fatalf("place %d of %d has an address without a name", j, l.n)
				}
			}
			for j := l.n; j < leafPlaces; j++ {
				if l.start[j] != far {
					f.Fatal("an empty place has a start")
				}
			}
			leaves, at, l = leaves+1, l.high, l.next
		}
	}
	if leaves != t.leaves || l != nil || leaves > 0 && at != none {
		f.Fatalf("%d leaves, want %d; they end at %d", leaves, t.leaves, at)
	}
}

// Addresses so far apart that a leaf cannot name them all. The oracle is an array
// with one value for what lies between two addresses that follow each other.
func TestMapOfFarAddresses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cuts := []LBA{0}
		apart := rapid.SampledFrom([]LBA{1, 1, 7, 1 << 20, far - 1, far, far + 1, 1 << 33, 1 << 54})
		for range rapid.IntRange(1, 200).Draw(t, "cuts") {
			cuts = append(cuts, cuts[len(cuts)-1]+apart.Draw(t, "apart"))
		}
		parts := len(cuts) - 1
		var m Map[uint8]
		want := make([]uint8, parts)
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			i := rapid.IntRange(0, parts-1).Draw(t, "first")
			k := rapid.IntRange(i+1, min(i+3, parts)).Draw(t, "behind")
			if rapid.IntRange(0, 15).Draw(t, "long") == 0 {
				k = rapid.IntRange(i+1, parts).Draw(t, "far behind")
			}
			e, v := Between(cuts[i], cuts[k]), rapid.Uint8Max(3).Draw(t, "value")
			if spot, old, one := m.Find(e); one {
				if old != want[i] {
					t.Fatalf("Find %v: %d, want %d", e, old, want[i])
				}
				m.Put(spot, e, v)
			} else {
				m.Set(e, v)
			}
			for j := i; j < k; j++ {
				want[j] = v
			}
			m.tree.check(t)
		}
		var runs []Value[uint8]
		for i, v := range want {
			e := Between(cuts[i], cuts[i+1])
			if m.At(e.Start) != v || m.At(e.End()-1) != v {
				t.Fatalf("%v holds %d and %d, want %d", e, m.At(e.Start), m.At(e.End()-1), v)
			}
			if n := len(runs); n > 0 && runs[n-1].Value == v {
				runs[n-1].Extent.Blocks += e.Blocks
			} else {
				runs = append(runs, Value[uint8]{e, v})
			}
		}
		if got := m.Append(nil, Between(0, cuts[parts])); !slices.Equal(got, runs) {
			t.Fatalf("runs %v, want %v", got, runs)
		}
		for i, r := range runs {
			next, _ := m.Next(r.Extent.Start)
			prev, _ := m.Prev(r.Extent.End())
			if r.Value != 0 && (next != r || prev != r) {
				t.Fatalf("run %d: next %v, prev %v, want %v", i, next, prev, r)
			}
		}
		runs = slices.DeleteFunc(runs, func(r Value[uint8]) bool { return r.Value == 0 })
		if got := m.All(nil); !slices.Equal(got, runs) || m.Len() != len(runs) {
			t.Fatalf("%d runs %v, want %v", m.Len(), got, runs)
		}
	})
}

// Most leaves are guessed, whether the runs came at random or in order, while others
// were looked up.
func TestMapGuessesMostLeaves(t *testing.T) {
	const runs = 20_000
	r := rand.New(rand.NewPCG(1, 3))
	for _, c := range []struct {
		name  string
		place func(i uint64) uint64
	}{
		{"in order", func(i uint64) uint64 { return i }},
		{"at random", func(uint64) uint64 { return r.Uint64N(runs) }},
		{"at one place of a large volume", func(uint64) uint64 { return 1<<40 + r.Uint64N(runs) }},
	} {
		var m Map[uint64]
		at := make([]LBA, runs)
		for i := range at {
			at[i] = LBA(c.place(uint64(i)) * 8)
			m.Set(Extent{at[i], 8}, uint64(i)+1)
			m.At(at[r.IntN(i+1)])
		}
		guessed := 0
		for _, a := range at {
			if m.tree.guess.at(a) != nil {
				guessed++
			}
		}
		if guessed < runs*8/10 {
			t.Errorf("%s: %d leaves of %d were guessed, in parts of 2^%d blocks", c.name, guessed, runs, m.tree.guess.shift)
		}
	}
}
