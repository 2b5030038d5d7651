package cache

import "math/bits"

// index maps numbers to words as table maps numbers to slots, with the number in
// the cell. A word of zero means absent.
type index struct {
	cells []keyed // a power of two
	count int
	shift uint8 // 64 - log2(len(cells))
}

type keyed struct{ key, value uint64 }

func newIndex() index {
	return index{cells: make([]keyed, minCells), shift: 64 - 7}
}

// home is the first cell to look into. Groups of four keys are spread, see hashOf:
// four cells are one line of the processor's cache.
func (x *index) home(key uint64) uint64 {
	return (key>>2*0x9e3779b97f4a7c15>>x.shift)&^3 | key&3
}

// get is the value of key, or zero.
func (x *index) get(key uint64) uint64 {
	return x.cells[x.find(key)].value
}

// find is the cell that holds key, or the empty one where it belongs.
func (x *index) find(key uint64) uint64 {
	last := uint64(len(x.cells) - 1)
	i := x.home(key)
	for x.cells[i].value != 0 && x.cells[i].key != key {
		i = (i + 1) & last
	}
	return i
}

// at is the value of key, zero if it is new, to be changed in place before anything
// else is done to the index. It must not stay zero.
func (x *index) at(key uint64) *uint64 {
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

func (x *index) grow() {
	old := x.cells
	x.cells = make([]keyed, 2*len(old))
	x.shift = uint8(65 - bits.Len(uint(len(x.cells))))
	for _, c := range old {
		if c.value != 0 {
			x.cells[x.find(c.key)] = c
		}
	}
}

// removeAt takes out the key in a cell.
func (x *index) removeAt(hole uint64) {
	last := uint64(len(x.cells) - 1)
	for i := (hole + 1) & last; x.cells[i].value != 0; i = (i + 1) & last {
		if home := x.home(x.cells[i].key); (i-home)&last >= (i-hole)&last {
			x.cells[hole] = x.cells[i]
			hole = i
		}
	}
	x.cells[hole] = keyed{}
	x.count--
}

// clear takes everything out and keeps the memory.
func (x *index) clear() {
	if x.count > 0 {
		clear(x.cells)
		x.count = 0
	}
}
