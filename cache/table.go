package cache

import "math/bits"

// table finds the slot of a number by open addressing: linear probing, at most half
// full, and removal by moving the rest of the chain up, so that no tombstones
// collect in a cache that runs for ever. A cell is 8 bytes: the slot, and 32 bits
// of hash, from which the home of any cell follows. The number itself is with what
// lies in the slot, and the caller compares:
//
//	at := t.home(h)
//	for is := t.cells[at]; is.slot != 0 && (is.hash != h || …); is = t.cells[at] {
//		at = t.next(at)
//	}
//
// Slot 0 is an empty cell.
type table struct {
	cells []cell // a power of two
	count int
	shift uint8 // 32 - log2(len(cells))
}

type cell struct{ hash, slot uint32 }

// minCells is where a table starts: room for a toy cache in one memory page.
const minCells = 128

func newTable() table {
	return table{cells: make([]cell, minCells), shift: 32 - 7}
}

// hashOf spreads groups of eight numbers by Fibonacci hashing (Knuth, TAOCP vol. 3,
// §6.4); within a group neighbours stay neighbours, because eight cells are one
// line of the processor's cache and I/O is mostly to what lies in a row.
func hashOf(number uint64) uint32 {
	return uint32(number>>3*0x9e3779b97f4a7c15>>32)&^7 | uint32(number&7)
}

// home is the first cell to look into.
func (t *table) home(h uint32) uint32 { return h>>t.shift&^7 | h&7 }

func (t *table) next(at uint32) uint32 { return (at + 1) & uint32(len(t.cells)-1) }

// add puts in a number that is not there. The cell at is empty, and the first one from
// its home.
func (t *table) add(at, h, slot uint32) {
	t.count++
	if 2*t.count <= len(t.cells) {
		t.cells[at] = cell{h, slot}
		return
	}
	t.grow()
	t.place(cell{h, slot})
}

func (t *table) place(c cell) {
	at := t.home(c.hash)
	for t.cells[at].slot != 0 {
		at = t.next(at)
	}
	t.cells[at] = c
}

func (t *table) grow() {
	old := t.cells
	t.cells = make([]cell, 2*len(old))
	t.shift = uint8(33 - bits.Len(uint(len(t.cells))))
	for _, c := range old {
		if c.slot != 0 {
			t.place(c)
		}
	}
}

// remove empties a cell.
func (t *table) remove(hole uint32) {
	last := uint32(len(t.cells) - 1)
	for at := t.next(hole); t.cells[at].slot != 0; at = t.next(at) {
		if home := t.home(t.cells[at].hash); (at-home)&last >= (at-hole)&last {
			t.cells[hole] = t.cells[at]
			hole = at
		}
	}
	t.cells[hole] = cell{}
	t.count--
}

// clear takes everything out and keeps the memory.
func (t *table) clear() {
	if t.count > 0 {
		clear(t.cells)
		t.count = 0
	}
}
