package replace

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A run is nothing but its keys: a policy that is told of runs and one of the same
// kind that is told of each key by itself agree on the order at every step.
func TestPolicy_ARunIsItsKeysOneByOne(t *testing.T) {
	const capacity = 40
	for k := range kinds {
		r := rand.New(rand.NewPCG(3, uint64(k)))
		x := &runs{policy: New(Kind(k), capacity), first: map[uint32]uint64{}, size: map[uint32]int{}}
		y := &singles{policy: New(Kind(k), capacity), slots: map[uint64]uint32{}}
		partly, split := 0, 0
		for step := range 10_000 {
			key, n := r.Uint64N(120), 1+r.IntN(8)
			switch what := r.IntN(10); {
			case what < 4: // keys that were dirty and are clean now
				for n = min(n, capacity-len(y.slots)); n > 0 && y.slots[key] == 0; key++ {
					run := 1
					for run < n && y.slots[key+uint64(run)] == 0 {
						run++
					}
					took := x.admit(key, run)
					y.admit(key, took)
					if took < run {
						partly++
					}
					key += uint64(took) - 1
					n -= took
				}
			case what < 6: // a read miss
				if y.slots[key] == 0 {
					x.policy.Miss(key)
					y.policy.Miss(key)
					if len(y.slots) == capacity {
						x.evict(1)
						y.evict(1)
					}
					x.insert(key)
					y.insert(key)
				}
			case what < 8: // a hit, or a write
				for key := key; key < key+uint64(n); key++ {
					slot, left := x.cut(key, n)
					if slot == 0 {
						break
					}
					if split++; what == 6 {
						x.policy.Touch(slot)
						y.each(key, left, y.policy.Touch)
					} else {
						x.remove(slot)
						y.each(key, left, y.policy.Remove)
						y.forget(key, left)
					}
					key += uint64(left) - 1
					n -= left
				}
			case len(y.slots) > 0: // room for something dirty
				if got, want := x.evict(n), y.evict(1); !slices.Equal(got[:1], want) || !slices.Equal(got[1:], y.evict(len(got)-1)) {
					t.Fatalf("%v, step %d: run %v is evicted, its first key should be %v", Kind(k), step, got, want)
				}
			}
			if got, want := x.order(), y.order(); !slices.Equal(got, want) {
				t.Fatalf("%v, step %d: order %v, key by key %v", Kind(k), step, got, want)
			}
		}
		if ghosts := k > int(CLOCK) && k != int(SIEVE); split < 500 || ghosts && partly < 50 {
			t.Errorf("%v: %d runs hit or split, %d admitted in part", Kind(k), split, partly)
		}
	}
}

// runs tells its policy of as many keys at once as there are.
type runs struct {
	policy Policy
	first  map[uint32]uint64
	size   map[uint32]int
}

func (x *runs) free() uint32 {
	for slot := uint32(1); ; slot++ {
		if x.size[slot] == 0 {
			return slot
		}
	}
}

func (x *runs) admit(key uint64, n int) int {
	slot := x.free()
	n = x.policy.Admit(slot, key, n)
	x.first[slot], x.size[slot] = key, n
	return n
}

func (x *runs) insert(key uint64) {
	slot := x.free()
	x.policy.Insert(slot, key)
	x.first[slot], x.size[slot] = key, 1
}

func (x *runs) remove(slot uint32) {
	x.policy.Remove(slot)
	delete(x.size, slot)
}

// evict returns the keys that went.
func (x *runs) evict(n int) (keys []uint64) {
	slot, taken := x.policy.Evict(n)
	for range taken {
		keys = append(keys, x.first[slot])
		x.first[slot]++
		x.size[slot]--
	}
	return keys
}

// cut makes key and up to n-1 keys behind it, as far as they are in the same run,
// a run by themselves.
func (x *runs) cut(key uint64, n int) (slot uint32, left int) {
	for s := range x.size {
		if at := int(key) - int(x.first[s]); key >= x.first[s] && at < x.size[s] {
			if at > 0 {
				s = x.split(s, at)
			}
			if n < x.size[s] {
				x.split(s, n)
			}
			return s, x.size[s]
		}
	}
	return 0, 0
}

func (x *runs) split(slot uint32, n int) uint32 {
	rest := x.free()
	x.policy.Split(slot, rest, n)
	x.first[rest], x.size[rest] = x.first[slot]+uint64(n), x.size[slot]-n
	x.size[slot] = n
	return rest
}

// order lists the keys as Slots does.
func (x *runs) order() (keys []uint64) {
	for _, slot := range x.policy.Slots(nil) {
		for i := range x.size[slot] {
			keys = append(keys, x.first[slot]+uint64(i))
		}
	}
	return keys
}

// singles tells its policy of each key by itself.
type singles struct {
	policy Policy
	slots  map[uint64]uint32
	last   uint32 // slot used; none is used twice
}

func (y *singles) insert(key uint64) {
	y.last++
	y.policy.Insert(y.last, key)
	y.slots[key] = y.last
}

func (y *singles) admit(key uint64, n int) {
	for range n {
		y.policy.Miss(key)
		y.insert(key)
		key++
	}
}

func (y *singles) each(key uint64, n int, do func(uint32)) {
	for range n {
		do(y.slots[key])
		key++
	}
}

func (y *singles) forget(key uint64, n int) {
	for range n {
		delete(y.slots, key)
		key++
	}
}

func (y *singles) evict(n int) (keys []uint64) {
	for range n {
		slot, _ := y.policy.Evict(1)
		for key, s := range y.slots {
			if s == slot {
				keys = append(keys, key)
				delete(y.slots, key)
			}
		}
	}
	return keys
}

func (y *singles) order() (keys []uint64) {
	of := map[uint32]uint64{}
	for key, slot := range y.slots {
		of[slot] = key
	}
	for _, slot := range y.policy.Slots(nil) {
		keys = append(keys, of[slot])
	}
	return keys
}
