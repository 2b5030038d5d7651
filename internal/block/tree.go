package block

import (
	"math/bits"
	"slices"
)

// tree keeps the runs of a Map in leaves, the leaves in branches, and the branches
// in one list. Each leaf owns a range of addresses: the runs that begin there are
// its own, and all leaves together own every address. A run may end beyond the
// range of its leaf.
//
// Keys lie apart from values and are short, so that a search touches few lines of
// the processor's cache. Whoever comes to an address most often finds its leaf by a
// guess, without a search (see guess.go).
type tree[V comparable] struct {
	lows        []LBA // of the branches
	branches    []*branch[V]
	first, last *leaf[V]
	leaves      int
	near        *leaf[V] // where the last search ended
	guess       guesses[V]
	spare       []*leaf[V] // leaves that are in no branch
	grown       int        // leaves made
}

const (
	// branchPlaces is for the leaves of a branch what leafPlaces is for runs.
	branchPlaces = 64
	branchMask   = branchPlaces - 1

	none LBA = 1<<64 - 1 // behind every address
)

type branch[V comparable] struct {
	n    int
	low  [branchPlaces]LBA // none where there is no leaf
	leaf [branchPlaces]*leaf[V]
}

// owner is the leaf that owns address a; nil if there is none at all.
func (t *tree[V]) owner(a LBA) *leaf[V] {
	if l := t.near; l != nil && l.owns(a) {
		return l
	}
	if t.leaves == 0 {
		return nil
	}
	l := t.guess.at(a)
	if l == nil {
		l = t.search(a)
		t.learn(a, l)
	}
	t.near = l
	return l
}

// search finds the leaf that owns address a, if there is any leaf.
func (t *tree[V]) search(a LBA) *leaf[V] {
	b := t.branches[t.branchOf(a)]
	return b.leaf[b.find(a)&branchMask]
}

// branchOf is the place of the last branch that begins at or before a.
func (t *tree[V]) branchOf(a LBA) int {
	lo, hi := 0, len(t.lows) // it is in [lo, hi)
	for hi-lo > 1 {
		mid := int(uint(lo+hi) >> 1)
		if t.lows[mid] <= a {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// place finds where a run that begins at start goes, which belongs in front of
// (l, j): the leaf that owns the address, with room in it.
func (t *tree[V]) place(l *leaf[V], j int, start LBA) (*leaf[V], int) {
	switch {
	case l == nil && t.last == nil:
		l = t.plant()
	case l == nil:
		l, j = t.last, t.last.n
	case start < l.low:
		l = l.prev
		j = l.n
	}
	if l.n < leafPlaces-1 && l.names(start) {
		return l, j
	}
	return t.split(l, j, start)
}

// plant makes the first leaf, which owns every address.
func (t *tree[V]) plant() *leaf[V] {
	l := t.leaf()
	b := &branch[V]{n: 1}
	for i := range b.low {
		b.low[i] = none
	}
	b.low[0], b.leaf[0] = 0, l
	l.low, l.high = 0, none
	t.lows, t.branches = append(t.lows[:0], 0), append(t.branches[:0], b)
	t.first, t.last, t.near = l, l, l
	return l
}

// split makes room for a run in front of place j in a leaf that is full, or that
// cannot name its start. Who appends in order leaves full leaves behind.
func (t *tree[V]) split(l *leaf[V], j int, start LBA) (*leaf[V], int) {
	half := l.n / 2
	switch named := l.names(start); {
	case !named && j == 0:
		half = 0
	case !named, j == l.n && l == t.last:
		half = l.n
	}
	r := t.leaf()
	r.low, r.high = start, l.high
	if half < l.n {
		r.low = l.from(half)
		l.give(r, half)
	}
	l.high = r.low
	if r.prev, r.next = l, l.next; r.next != nil {
		r.next.prev = r
	} else {
		t.last = r
	}
	l.next = r
	t.attach(l, r)
	if start >= r.low {
		l, j = r, j-half
	}
	l.names(start) // if it is empty, it does from here on
	return l, j
}

// attach enters leaf r, which is new, behind l.
func (t *tree[V]) attach(l, r *leaf[V]) {
	i := t.branchOf(l.low)
	b := t.branches[i]
	k := b.find(l.low) + 1
	if b.n == branchPlaces-1 {
		b, k = t.fork(i, k)
	}
	copy(b.low[k+1:b.n+1], b.low[k:b.n])
	copy(b.leaf[k+1:b.n+1], b.leaf[k:b.n])
	b.low[k], b.leaf[k] = r.low, r
	b.n++
}

// find is the place of the leaf that owns a. Like upTo it does not branch.
func (b *branch[V]) find(a LBA) int {
	k := 0
	for step := branchPlaces / 2; step > 0; step /= 2 {
		_, beyond := bits.Sub64(uint64(a), uint64(b.low[(k+step-1)&branchMask]), 0)
		k += step * int(1-beyond)
	}
	return k - 1
}

// fork splits branch i, which is full, and returns where its place k is now.
func (t *tree[V]) fork(i, k int) (*branch[V], int) {
	b := t.branches[i]
	half := b.n / 2
	if k == b.n && i == len(t.branches)-1 {
		half = b.n - 1
	}
	r := &branch[V]{}
	r.n = copy(r.low[:], b.low[half:b.n])
	copy(r.leaf[:], b.leaf[half:b.n])
	for i := r.n; i < branchPlaces; i++ {
		r.low[i] = none
	}
	for i := half; i < b.n; i++ {
		b.low[i], b.leaf[i] = none, nil
	}
	b.n = half
	t.lows = slices.Insert(t.lows, i+1, r.low[0])
	t.branches = slices.Insert(t.branches, i+1, r)
	if k > half {
		return r, k - half
	}
	return b, k
}

// drop takes an empty leaf out and returns the next one. A neighbour owns its
// addresses from then on.
func (t *tree[V]) drop(l *leaf[V]) *leaf[V] {
	next := l.next
	if l.prev == nil && next == nil { // the last one stays: what fills and empties does not allocate
		return nil
	}
	i := t.branchOf(l.low)
	b := t.branches[i]
	k := b.find(l.low)
	copy(b.low[k:b.n], b.low[k+1:b.n])
	copy(b.leaf[k:b.n], b.leaf[k+1:b.n])
	b.n--
	b.low[b.n], b.leaf[b.n] = none, nil
	if k == 0 {
		if b.n == 0 {
			t.lows, t.branches = slices.Delete(t.lows, i, i+1), slices.Delete(t.branches, i, i+1)
		} else {
			t.lows[i] = b.low[0]
		}
	}
	if l.prev != nil {
		l.prev.next, l.prev.high = next, l.high
	} else {
		t.first = next
		t.lower(next)
	}
	if next != nil {
		next.prev = l.prev
	} else {
		t.last = l.prev
	}
	l.low, l.high, l.prev, l.next = none, 0, nil, nil
	t.leaves--
	t.spare = append(t.spare, l)
	return next
}

// lower makes the first leaf own everything in front of it.
func (t *tree[V]) lower(l *leaf[V]) {
	l.low, t.branches[0].low[0], t.lows[0] = 0, 0, 0
}

// leaf is an empty leaf, one that was used before if there is any. New ones are
// made some at a time, the more there are the more.
func (t *tree[V]) leaf() *leaf[V] {
	if len(t.spare) == 0 {
		made := make([]leaf[V], min(t.grown/2+1, 64))
		t.grown += len(made)
		for i := range made {
			for j := range made[i].start {
				made[i].start[j] = far
			}
			t.spare = append(t.spare, &made[i])
		}
	}
	l := t.spare[len(t.spare)-1]
	t.spare = t.spare[:len(t.spare)-1]
	t.leaves++
	return l
}
