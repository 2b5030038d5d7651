package block

import "slices"

// Map is a function from blocks to values of V that is constant on extents.
// Blocks that were never set hold the zero value. Neighbours of equal value are
// one run, so memory follows the number of distinct runs, not the capacity. The
// zero Map is ready to use.
//
// The runs are the leaves of a B+ tree of three levels (see tree.go).
type Map[V comparable] struct {
	tree  tree[V]
	count int
}

// Value is one run of a Map.
type Value[V comparable] struct {
	Extent Extent
	Value  V
}

// Len is the number of runs that hold a value other than zero.
func (m *Map[V]) Len() int { return m.count }

// At is the value of the block at a.
func (m *Map[V]) At(a LBA) V {
	if l, j := m.seek(a); l != nil && l.from(j) <= a {
		return l.value[j&mask]
	}
	var zero V
	return zero
}

// Clear forgets everything.
func (m *Map[V]) Clear() {
	m.tree = tree[V]{}
	m.count = 0
}

// Set gives every block of e the value v; the zero value removes.
func (m *Map[V]) Set(e Extent, v V) {
	if e.Empty() {
		return
	}
	l, j := m.seek(e.Start)
	m.set(l, j, e, v)
}

// Spot is where an extent stands in a Map.
type Spot[V comparable] struct {
	leaf  *leaf[V]
	place int
}

// Find is the value of the blocks of e, if they all have one value, and the spot
// where Put can give them another. The spot is good until the Map changes.
func (m *Map[V]) Find(e Extent) (s Spot[V], v V, one bool) {
	l, j := m.seek(e.Start)
	switch {
	case l == nil || l.from(j) >= e.End():
		return Spot[V]{l, j}, v, true
	case l.from(j) <= e.Start && l.to(j) >= e.End():
		return Spot[V]{l, j}, l.value[j&mask], true
	}
	return Spot[V]{}, v, false
}

// Put is Set for an extent that is not empty, at the spot that Find returned for it.
func (m *Map[V]) Put(s Spot[V], e Extent, v V) { m.set(s.leaf, s.place, e, v) }

// set is Set, where (l, j) is the first run that ends beyond the start of e.
func (m *Map[V]) set(l *leaf[V], j int, e Extent, v V) {
	var zero V
	start, end := e.Start, e.End()
	if l != nil && l.from(j) < end { // it overlaps e
		if l.from(j) == start && l.to(j) == end && v != zero && m.overwrite(l, j, v) {
			return
		}
		l, j = m.carve(l, j, start, end)
	}
	if v == zero {
		return
	}
	if p, k := m.before(l, j); p != nil && p.to(k) == start && p.value[k&mask] == v {
		p.finish(k, end) // goes on with the run in front
		if l != nil && l.from(j) == end && l.value[j&mask] == v {
			p.finish(k, l.to(j))
			m.remove(l, j)
		}
		return
	}
	if l != nil && l.from(j) == end && l.value[j&mask] == v {
		if l.owns(start) && l.names(start) { // the run behind begins earlier
			l.begin(j, start)
			return
		}
		end = l.to(j)
		l, j = m.remove(l, j)
	}
	m.insert(l, j, start, end, v)
}

// overwrite gives the run at (l, j) the value v, if it then joins neither of its
// neighbours: what happens to a block again and again.
func (m *Map[V]) overwrite(l *leaf[V], j int, v V) bool {
	if p, k := m.before(l, j); p != nil && p.to(k) == l.from(j) && p.value[k&mask] == v {
		return false
	}
	if n, k := after(l, j); n != nil && n.from(k) == l.to(j) && n.value[k&mask] == v {
		return false
	}
	l.value[j&mask] = v
	return true
}

// carve removes [start, end), of which the run at (l, j) has a part, and returns
// the first run behind it.
func (m *Map[V]) carve(l *leaf[V], j int, start, end LBA) (*leaf[V], int) {
	if l.from(j) < start {
		last, v := l.to(j), l.value[j&mask]
		l.finish(j, start)
		l, j = after(l, j)
		if last > end { // e lies inside one run
			return m.insert(l, j, end, last, v)
		}
	}
	for l != nil && l.from(j) < end {
		if last := l.to(j); last > end {
			if l.owns(end) && l.names(end) {
				l.begin(j, end)
				return l, j
			}
			v := l.value[j&mask] // it begins in another leaf now
			l, j = m.remove(l, j)
			return m.insert(l, j, end, last, v)
		}
		l, j = m.remove(l, j)
	}
	return l, j
}

// Append appends the runs that cover e, in order and without gaps; blocks that
// were never set come as runs of the zero value.
func (m *Map[V]) Append(dst []Value[V], e Extent) []Value[V] {
	at, end := e.Start, e.End()
	if at >= end {
		return dst
	}
	for l, j := m.seek(at); l != nil && l.from(j) < end; l, j = after(l, j) {
		if begin := l.from(j); begin > at {
			dst = append(dst, Value[V]{Extent: Between(at, begin)})
			at = begin
		}
		stop := min(l.to(j), end)
		dst = append(dst, Value[V]{Extent{at, uint64(stop - at)}, l.value[j&mask]})
		if at = stop; at == end {
			return dst
		}
	}
	return append(dst, Value[V]{Extent: Extent{at, uint64(end - at)}})
}

// All appends every run that holds a value other than zero, in order.
func (m *Map[V]) All(dst []Value[V]) []Value[V] {
	dst = slices.Grow(dst, m.count)
	for l := m.tree.first; l != nil; l = l.next {
		for j := range l.n {
			dst = append(dst, Value[V]{Between(l.from(j), l.to(j)), l.value[j]})
		}
	}
	return dst
}

// Next is the first run of a value other than zero at or after a; of one that a
// lies within, the rest.
func (m *Map[V]) Next(a LBA) (Value[V], bool) {
	l, j := m.seek(a)
	if l == nil {
		return Value[V]{}, false
	}
	return Value[V]{Between(max(l.from(j), a), l.to(j)), l.value[j&mask]}, true
}

// Prev is the last run of a value other than zero before a; of one that a lies
// within, the part before it.
func (m *Map[V]) Prev(a LBA) (Value[V], bool) {
	l, j := m.seek(a)
	if l != nil && l.from(j) < a {
		return Value[V]{Between(l.from(j), a), l.value[j&mask]}, true
	}
	if l, j = m.before(l, j); l == nil {
		return Value[V]{}, false
	}
	return Value[V]{Between(l.from(j), l.to(j)), l.value[j&mask]}, true
}

// seek finds the first run that ends beyond a; no leaf if there is none.
func (m *Map[V]) seek(a LBA) (*leaf[V], int) {
	l := m.tree.owner(a)
	if l == nil {
		return nil, 0
	}
	j := l.upTo(a)
	switch {
	case j > 0 && l.to(j-1) > a:
		return l, j - 1
	case j == 0 && l.prev != nil && l.prev.to(l.prev.n-1) > a: // it reaches over from there
		return l.prev, l.prev.n - 1
	case j == l.n:
		return l.next, 0
	}
	return l, j
}

// before is the run in front of (l, j), where no leaf means behind the last.
func (m *Map[V]) before(l *leaf[V], j int) (*leaf[V], int) {
	switch {
	case l == nil:
		if l = m.tree.last; l == nil || l.n == 0 {
			return nil, 0
		}
		return l, l.n - 1
	case j > 0:
		return l, j - 1
	case l.prev != nil:
		return l.prev, l.prev.n - 1
	}
	return nil, 0
}

// after is the run behind (l, j).
func after[V comparable](l *leaf[V], j int) (*leaf[V], int) {
	if j++; j < l.n {
		return l, j
	}
	return l.next, 0
}

// insert puts a run in front of the one at (l, j) and returns where it is.
func (m *Map[V]) insert(l *leaf[V], j int, start, end LBA, v V) (*leaf[V], int) {
	m.count++
	l, j = m.tree.place(l, j, start)
	l.insert(j, start, end, v)
	return l, j
}

// remove takes the run at (l, j) out and returns the one behind it.
func (m *Map[V]) remove(l *leaf[V], j int) (*leaf[V], int) {
	m.count--
	l.remove(j)
	if l.n == 0 {
		return m.tree.drop(l), 0
	}
	if j == l.n {
		return l.next, 0
	}
	return l, j
}
