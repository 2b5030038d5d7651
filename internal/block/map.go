package block

import "slices"

// Map is a function from blocks to values of V that is constant on extents.
// Blocks that were never set hold the zero value. Neighbours of equal value are
// one entry, so memory follows the number of distinct runs, not the capacity.
// The zero Map is ready to use.
type Map[V comparable] struct {
	leaves [][]entry[V] // each sorted and not empty; leaves in order
	count  int
	spare  []entry[V]         // an emptied leaf, so that a map that fills and empties does not allocate
	at     struct{ i, j int } // where the last search ended: the next one is often there, or behind
}

type entry[V comparable] struct {
	start, end LBA
	value      V
}

// leafEntries bounds a leaf: small enough that an insert moves a few cache
// lines, large enough that the list of leaves stays short.
const leafEntries = 128

// Len is the number of runs that hold a value other than zero.
func (m *Map[V]) Len() int { return m.count }

// At is the value of the block at a.
func (m *Map[V]) At(a LBA) V {
	i, j := m.seek(a)
	if i < len(m.leaves) {
		if e := m.leaves[i][j]; e.start <= a {
			return e.value
		}
	}
	var zero V
	return zero
}

// Clear forgets everything.
func (m *Map[V]) Clear() { m.leaves, m.count = m.leaves[:0], 0 }

// Set gives every block of e the value v; the zero value removes.
func (m *Map[V]) Set(e Extent, v V) {
	if e.Empty() {
		return
	}
	var zero V
	i, j := m.seek(e.Start)
	if m.overwrite(i, j, e, v) {
		return
	}
	i, j = m.carve(i, j, e.Start, e.End())
	if v == zero {
		return
	}
	start, end := e.Start, e.End()
	if pi, pj, ok := m.before(i, j); ok {
		if p := m.leaves[pi][pj]; p.end == start && p.value == v {
			start = p.start
			i, j = m.remove(pi, pj)
		}
	}
	if i < len(m.leaves) && j < len(m.leaves[i]) {
		if n := m.leaves[i][j]; n.start == end && n.value == v {
			end = n.end
			i, j = m.remove(i, j)
		}
	}
	m.insert(i, j, entry[V]{start, end, v})
}

// overwrite gives the entry at (i, j) another value if e is just that entry and
// joins neither of its neighbours: what happens to a block again and again.
func (m *Map[V]) overwrite(i, j int, e Extent, v V) bool {
	if i == len(m.leaves) {
		return false
	}
	leaf := m.leaves[i]
	n := &leaf[j]
	var zero V
	if n.start != e.Start || n.end != e.End() || v == zero || j == 0 || j == len(leaf)-1 {
		return false
	}
	if p := &leaf[j-1]; p.end == n.start && p.value == v {
		return false
	}
	if p := &leaf[j+1]; p.start == n.end && p.value == v {
		return false
	}
	n.value = v
	return true
}

// Value is one run of a Map.
type Value[V comparable] struct {
	Extent Extent
	Value  V
}

// Append appends the runs that cover e, in order and without gaps; blocks that
// were never set come as runs of the zero value.
func (m *Map[V]) Append(dst []Value[V], e Extent) []Value[V] {
	at, end := e.Start, e.End()
	i, j := m.seek(at)
	for at < end && i < len(m.leaves) {
		n := m.leaves[i][j]
		if n.start >= end {
			break
		}
		if n.start > at {
			dst = append(dst, Value[V]{Extent: Between(at, n.start)})
			at = n.start
		}
		stop := min(n.end, end)
		dst = append(dst, Value[V]{Between(at, stop), n.value})
		at = stop
		if j++; j == len(m.leaves[i]) {
			i, j = i+1, 0
		}
	}
	if at < end {
		dst = append(dst, Value[V]{Extent: Between(at, end)})
	}
	return dst
}

// All appends every run that holds a value other than zero, in order.
func (m *Map[V]) All(dst []Value[V]) []Value[V] {
	for _, leaf := range m.leaves {
		for _, n := range leaf {
			dst = append(dst, Value[V]{Between(n.start, n.end), n.value})
		}
	}
	return dst
}

// seek finds the first entry that ends beyond a.
func (m *Map[V]) seek(a LBA) (i, j int) {
	if i, j = m.at.i, m.at.j; m.isFirst(i, j, a) {
		return i, j
	}
	if i < len(m.leaves) {
		if j++; j >= len(m.leaves[i]) {
			i, j = i+1, 0
		}
		if m.isFirst(i, j, a) {
			m.at.i, m.at.j = i, j
			return i, j
		}
	}
	i, j = m.search(a)
	m.at.i, m.at.j = i, j
	return i, j
}

// isFirst tells whether the entry at (i, j), if there is one, is the first that
// ends beyond a.
func (m *Map[V]) isFirst(i, j int, a LBA) bool {
	if i >= len(m.leaves) || j >= len(m.leaves[i]) {
		return false
	}
	leaf := m.leaves[i]
	switch {
	case leaf[j].end <= a:
		return false
	case j > 0:
		return leaf[j-1].end <= a
	case i > 0:
		before := m.leaves[i-1]
		return before[len(before)-1].end <= a
	}
	return true
}

func (m *Map[V]) search(a LBA) (i, j int) {
	lo, hi := 0, len(m.leaves)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if leaf := m.leaves[mid]; leaf[len(leaf)-1].end > a {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == len(m.leaves) {
		return lo, 0
	}
	leaf := m.leaves[lo]
	l, h := 0, len(leaf)
	for l < h {
		mid := int(uint(l+h) >> 1)
		if leaf[mid].end > a {
			h = mid
		} else {
			l = mid + 1
		}
	}
	return lo, l
}

// carve removes [start, end), which begins in or before the entry at (i, j), and
// returns where an entry at start belongs.
func (m *Map[V]) carve(i, j int, start, end LBA) (int, int) {
	if i < len(m.leaves) {
		if n := m.leaves[i][j]; n.start < start {
			m.leaves[i][j].end = start
			if n.end > end { // e lies inside one entry
				i, j = m.insert(i, j+1, entry[V]{end, n.end, n.value})
				return i, j
			}
			if j++; j == len(m.leaves[i]) {
				i, j = i+1, 0
			}
		}
	}
	for i < len(m.leaves) && m.leaves[i][j].start < end {
		if n := &m.leaves[i][j]; n.end > end {
			n.start = end
			break
		}
		i, j = m.remove(i, j)
	}
	return i, j
}

// before is the entry in front of (i, j).
func (m *Map[V]) before(i, j int) (int, int, bool) {
	switch {
	case j > 0:
		return i, j - 1, true
	case i > 0:
		return i - 1, len(m.leaves[i-1]) - 1, true
	}
	return 0, 0, false
}

// insert puts n in front of (i, j) and returns where it stands.
func (m *Map[V]) insert(i, j int, n entry[V]) (int, int) {
	m.count++
	if j == 0 && i > 0 { // append to the leaf in front rather than open a new one
		i, j = i-1, len(m.leaves[i-1])
	}
	if i == len(m.leaves) {
		m.leaves = append(m.leaves, append(m.leaf(), n))
		return i, 0
	}
	if len(m.leaves[i]) == leafEntries {
		half := leafEntries / 2
		if j == leafEntries && i == len(m.leaves)-1 {
			half = leafEntries // appends in order leave full leaves behind
		}
		tail := append(m.leaf(), m.leaves[i][half:]...)
		m.leaves[i] = m.leaves[i][:half]
		if len(tail) > 0 {
			m.leaves = slices.Insert(m.leaves, i+1, tail)
			if j > half {
				i, j = i+1, j-half
			}
		} else {
			m.leaves = append(m.leaves, append(tail, n))
			return i + 1, 0
		}
	}
	m.leaves[i] = slices.Insert(m.leaves[i], j, n)
	return i, j
}

// leaf is an empty leaf.
func (m *Map[V]) leaf() []entry[V] {
	if leaf := m.spare; leaf != nil {
		m.spare = nil
		return leaf
	}
	return make([]entry[V], 0, leafEntries)
}

// remove takes the entry at (i, j) out and returns where the next one stands.
func (m *Map[V]) remove(i, j int) (int, int) {
	m.count--
	leaf := slices.Delete(m.leaves[i], j, j+1)
	m.leaves[i] = leaf
	if len(leaf) == 0 {
		m.spare = leaf
		m.leaves = slices.Delete(m.leaves, i, i+1)
		return i, 0
	}
	if j == len(leaf) {
		return i + 1, 0
	}
	return i, j
}

// Next is the first run of a value other than zero at or after a; of one that a
// lies within, the rest.
func (m *Map[V]) Next(a LBA) (Value[V], bool) {
	i, j := m.seek(a)
	if i == len(m.leaves) {
		return Value[V]{}, false
	}
	n := m.leaves[i][j]
	return Value[V]{Between(max(n.start, a), n.end), n.value}, true
}

// Prev is the last run of a value other than zero before a; of one that a lies
// within, the part before it.
func (m *Map[V]) Prev(a LBA) (Value[V], bool) {
	i, j := m.seek(a)
	if i < len(m.leaves) && m.leaves[i][j].start < a {
		n := m.leaves[i][j]
		return Value[V]{Between(n.start, a), n.value}, true
	}
	if i, j, ok := m.before(i, j); ok {
		n := m.leaves[i][j]
		return Value[V]{Between(n.start, n.end), n.value}, true
	}
	return Value[V]{}, false
}
