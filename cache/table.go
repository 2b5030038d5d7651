package cache

import "math/bits"

// table finds the slot of a number by open addressing: linear probing, at most half
// full, and removal by moving the rest of the chain up, so that no tombstones
// collect in a cache that runs for ever. A chain is in the order of the homes of its
// cells (Robin Hood hashing: Celis, Larson and Munro, FOCS'85), so what has to move up
// ends at the first cell that is at home, which is mostly the next one. A cell is 8
// bytes: the slot, and 32 bits of hash, from which the home of any cell follows. The
// number itself is with what lies in the slot, and the caller compares:
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

// addAt puts in a number that is not there, where the search for it has ended, and
// returns where that is in the end: where its chain has it.
func (t *table) addAt(at, h, slot uint32) uint32 {
	if t.count++; 2*t.count > len(t.cells) {
		t.grow()
		at = t.end(h)
	}
	if at == t.home(h) {
		t.cells[at] = cell{h, slot}
		return at
	}
	return t.place(at, cell{h, slot})
}

// end is the first empty cell of a chain.
func (t *table) end(h uint32) (at uint32) {
	for at = t.home(h); t.cells[at].slot != 0; at = t.next(at) {
	}
	return at
}

// place puts a cell at the end of its chain, and then in front of those whose home
// lies behind its own.
func (t *table) place(at uint32, c cell) uint32 {
	last := uint32(len(t.cells) - 1)
	for home := t.home(c.hash); at != home; {
		before := (at - 1) & last
		is := t.cells[before]
		if (before-t.home(is.hash))&last >= (before-home)&last {
			break
		}
		t.cells[at], at = is, before
	}
	t.cells[at] = c
	return at
}

func (t *table) grow() {
	old := t.cells
	t.cells = make([]cell, 2*len(old))
	t.shift = uint8(33 - bits.Len(uint(len(t.cells))))
	for _, c := range old {
		if c.slot != 0 {
			t.place(t.end(c.hash), c)
		}
	}
}

// remove empties a cell, and returns the one that is empty in the end: where a search
// for the number would end.
func (t *table) remove(hole uint32) uint32 {
	for at := t.next(hole); ; at = t.next(at) {
		is := t.cells[at]
		if is.slot == 0 || t.home(is.hash) == at {
			break
		}
		t.cells[hole], hole = is, at
	}
	t.cells[hole] = cell{}
	t.count--
	return hole
}

// clear takes everything out and keeps the memory.
func (t *table) clear() {
	if t.count > 0 {
		clear(t.cells)
		t.count = 0
	}
}
