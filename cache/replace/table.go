package replace

import "math/bits"

// table finds the slot of a key by open addressing: linear probing, at most half
// full, and removal by moving the rest of the chain up. A cell is 4 bytes: the
// slot in its low bits and as much of the key's hash as fits above, so that a
// search looks at a key only when it has very likely found it. The keys lie in
// a slab by slot. Zero is an empty cell, because no entry has slot 0.
type table struct {
	cells []uint32 // a power of two
	keys  []uint64 // by slot
	slots uint32   // mask of the slot in a cell
	shift uint8    // 64 - log2(len(cells))
	count int
}

const minCells = 128

func newTable(capacity int) table {
	return table{
		cells: make([]uint32, minCells),
		keys:  make([]uint64, 1),
		slots: 1<<bits.Len(uint(capacity)) - 1,
		shift: uint8(65 - bits.Len(minCells)),
	}
}

// hash spreads keys by Fibonacci hashing (Knuth, TAOCP vol. 3, §6.4). The home
// of a key comes from its highest bits, its tag from the 32 below them.
func hash(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 }

func (t *table) tag(h uint64) uint32 { return uint32(h>>(t.shift-32)) &^ t.slots }

// get is the slot of key, or 0.
func (t *table) get(key uint64) uint32 {
	h := hash(key)
	tag, last := t.tag(h), uint64(len(t.cells)-1)
	for i := h >> t.shift; ; i++ {
		c := t.cells[i&last]
		if c == 0 {
			return 0
		}
		if c&^t.slots == tag {
			if slot := c & t.slots; t.keys[slot] == key {
				return slot
			}
		}
	}
}

// put adds a key that is not in the table.
func (t *table) put(key uint64, slot uint32) {
	if 2*t.count >= len(t.cells) {
		t.grow()
	}
	for int(slot) >= len(t.keys) {
		t.keys = append(t.keys, 0)
	}
	t.keys[slot] = key
	t.count++
	t.place(slot)
}

func (t *table) place(slot uint32) {
	h, last := hash(t.keys[slot]), uint64(len(t.cells)-1)
	i := h >> t.shift
	for t.cells[i] != 0 {
		i = (i + 1) & last
	}
	t.cells[i] = t.tag(h) | slot
}

func (t *table) grow() {
	old := t.cells
	t.cells = make([]uint32, 2*len(old))
	t.shift--
	for _, c := range old {
		if c != 0 {
			t.place(c & t.slots)
		}
	}
}

// remove takes out the key of a slot that is in the table.
func (t *table) remove(slot uint32) {
	last := uint64(len(t.cells) - 1)
	hole := hash(t.keys[slot]) >> t.shift
	for t.cells[hole]&t.slots != slot {
		hole = (hole + 1) & last
	}
	for i := (hole + 1) & last; t.cells[i] != 0; i = (i + 1) & last {
		home := hash(t.keys[t.cells[i]&t.slots]) >> t.shift
		if (i-home)&last >= (i-hole)&last {
			t.cells[hole] = t.cells[i]
			hole = i
		}
	}
	t.cells[hole] = 0
	t.count--
}
