package cache

import "math/bits"

// index maps numbers to values by open addressing: linear probing, at most half
// full, and removal by moving the rest of the chain up, so that no tombstones
// collect in a cache that runs for ever. A value of zero means absent.
type index[V uint32 | uint64] struct {
	cells []cell[V] // a power of two
	count int
	shift uint8 // 64 - log2(len(cells))
}

type cell[V uint32 | uint64] struct {
	key   uint64
	value V
}

// minCells is where an index starts: room for a toy cache in one memory page.
const minCells = 128

func newIndex[V uint32 | uint64]() index[V] {
	return index[V]{cells: make([]cell[V], minCells), shift: 64 - 7}
}

// home is the first cell to look into. Groups of four keys spread by Fibonacci
// hashing (Knuth, TAOCP vol. 3, §6.4); within a group neighbours stay neighbours,
// because four cells are one line of the processor's cache and I/O is mostly to
// pages in a row.
func (x *index[V]) home(key uint64) uint64 {
	return (key>>2*0x9e3779b97f4a7c15>>x.shift)&^3 | key&3
}

// get is the value of key, or zero.
func (x *index[V]) get(key uint64) V {
	return x.cells[x.find(key)].value
}

// find is the cell that holds key, or the empty one where it belongs.
func (x *index[V]) find(key uint64) uint64 {
	last := uint64(len(x.cells) - 1)
	i := x.home(key)
	for x.cells[i].value != 0 && x.cells[i].key != key {
		i = (i + 1) & last
	}
	return i
}

// put gives key a value other than zero.
func (x *index[V]) put(key uint64, v V) { *x.at(key) = v }

// at is the value of key, zero if it is new, to be changed in place before anything
// else is done to the index. It must not stay zero.
func (x *index[V]) at(key uint64) *V {
	i := x.find(key)
	if x.cells[i].value == 0 {
		if 2*x.count >= len(x.cells) {
			x.grow()
			i = x.find(key)
		}
		x.count++
		x.cells[i].key = key
	}
	return &x.cells[i].value
}

func (x *index[V]) grow() {
	old := x.cells
	x.cells = make([]cell[V], 2*len(old))
	x.shift = uint8(65 - bits.Len(uint(len(x.cells))))
	for _, c := range old {
		if c.value != 0 {
			x.cells[x.find(c.key)] = c
		}
	}
}

// remove takes key out, if it is there.
func (x *index[V]) remove(key uint64) {
	if i := x.find(key); x.cells[i].value != 0 {
		x.removeAt(i)
	}
}

// removeAt takes out the key in a cell.
func (x *index[V]) removeAt(hole uint64) {
	last := uint64(len(x.cells) - 1)
	for i := (hole + 1) & last; x.cells[i].value != 0; i = (i + 1) & last {
		if home := x.home(x.cells[i].key); (i-home)&last >= (i-hole)&last {
			x.cells[hole] = x.cells[i]
			hole = i
		}
	}
	x.cells[hole] = cell[V]{}
	x.count--
}

// clear takes everything out and keeps the memory.
func (x *index[V]) clear() {
	if x.count > 0 {
		clear(x.cells)
		x.count = 0
	}
}
