package replace

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Entries that come and go in every way a cache has: the order holds exactly
// those that are in, and ghosts stay within bounds, none of a key that is in.
func TestPolicy_HoldsWhatIsIn(t *testing.T) {
	const capacity = 20
	for k := range kinds {
		r := rand.New(rand.NewPCG(7, uint64(k)))
		p := New(Kind(k), capacity)
		in := map[uint32]uint64{}
		var free, pinned []uint32
		for i := range uint32(capacity) {
			free = append(free, i+1)
		}
		for step := range 20_000 {
			slots := p.Slots(nil)
			if len(slots) != len(in) {
				t.Fatalf("%v, step %d: %d entries, %d are in", Kind(k), step, len(slots), len(in))
			}
			for _, s := range slots {
				if _, ok := in[s]; !ok {
					t.Fatalf("%v, step %d: slot %d is not in", Kind(k), step, s)
				}
			}
			checkGhosts(t, p, in, capacity)
			evict := func() {
				s, _ := p.Evict(1)
				if !slices.Contains(slots, s) {
					t.Fatalf("%v, step %d: evicts slot %d of %v", Kind(k), step, s, slots)
				}
				delete(in, s)
				free = append(free, s)
			}
			switch what := r.IntN(10); {
			case what < 5: // a miss
				key := r.Uint64N(60)
				if slices.Contains(valuesOf(in), key) || len(free) == 0 && len(in) == 0 {
					continue
				}
				p.Miss(key)
				if len(free) == 0 {
					evict()
				}
				s := free[0]
				free = free[1:]
				p.Insert(s, key)
				in[s] = key
			case what < 7 && len(slots) > 0:
				p.Touch(slots[r.IntN(len(slots))])
			case what == 7 && len(slots) > 0: // becomes dirty
				s := slots[r.IntN(len(slots))]
				p.Remove(s)
				delete(in, s)
				pinned = append(pinned, s)
			case what == 8 && len(pinned) > 0: // is written
				free = append(free, pinned...)
				pinned = pinned[:0]
			case what == 9 && len(slots) > 0: // makes room for a dirty page
				evict()
			}
		}
		for range len(in) {
			p.Evict(1)
		}
		if s, _ := p.Evict(1); s != 0 || len(p.Slots(nil)) != 0 {
			t.Errorf("%v: evicts slot %d when it is empty", Kind(k), s)
		}
	}
}

func valuesOf(m map[uint32]uint64) (list []uint64) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

func checkGhosts(t *testing.T, p Policy, in map[uint32]uint64, capacity int) {
	t.Helper()
	var g *ghosts
	limit := 0
	switch p := p.(type) {
	case *twoQ:
		g, limit = &p.out, p.limitOut
	case *s3fifo:
		g, limit = &p.ghosts, p.limitGhost
	case *arc:
		g, limit = &p.ghosts, 2*capacity-len(in)
		if n := p.t1.count + g.queues[b1].count; n > capacity {
			t.Fatalf("ARC: T1 and B1 hold %d", n)
		}
	default:
		return
	}
	if n := g.queues[0].count + g.queues[1].count; n > limit || n != g.table.count {
		t.Fatalf("%d ghosts, indexed %d, at most %d", n, g.table.count, limit)
	}
	for _, key := range in {
		if g.table.get(key) != 0 {
			t.Fatalf("a ghost of %d, which is in", key)
		}
	}
}

// A table against a map, with keys that collide in home and tag.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	const capacity = 1000
	x, m := newTable(capacity), map[uint64]uint32{}
	slotOf := make([]uint64, capacity+1)
	used := make([]bool, capacity+1)
	for range 200_000 {
		key := r.Uint64N(1500) << (r.UintN(2) * 50)
		if got := x.get(key); got != m[key] {
			t.Fatalf("key %d in slot %d, want %d", key, got, m[key])
		}
		slot := uint32(1 + r.IntN(capacity))
		switch {
		case used[slot]:
			x.remove(slot)
			delete(m, slotOf[slot])
			used[slot] = false
		case m[key] == 0:
			x.put(key, slot)
			m[key], slotOf[slot], used[slot] = slot, key, true
		}
		if x.count != len(m) {
			t.Fatalf("%d keys, want %d", x.count, len(m))
		}
	}
}
