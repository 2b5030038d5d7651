package block

import "slices"

// tree keeps the runs of a Map in leaves, the leaves in branches, and the branches
// in one list. Each leaf owns a range of addresses: the runs that begin there are
// its own, and all leaves together own every address. A run may end beyond the
// range of its leaf.
//
// Keys lie apart from values, so that a search touches two or three lines of the
// processor's cache a level; and whoever comes back to an address soon finds its
// leaf by a finger, without a search.
type tree[V comparable] struct {
	lows        []LBA // of the branches
	branches    []*branch[V]
	first, last *leaf[V]
	leaves      int
	near        *leaf[V]    // where the last search ended
	fingers     []finger[V] // by address, hashed
	spare       []*leaf[V]  // leaves that are in no branch
	grown       int         // leaves made
}

const (
	// leafPlaces is a power of two: small enough that an insert moves a few cache
	// lines. The last place stays empty, so that a search needs no bound.
	leafPlaces = 32
	mask       = leafPlaces - 1
	// branchPlaces is the same for the leaves of a branch.
	branchPlaces = 64
	branchMask   = branchPlaces - 1

	none LBA = 1<<64 - 1 // key of a place that is empty

	// fingerBits is the size of the table of fingers: what comes back to an address
	// does so while a few hundred others are under way.
	fingerBits = 10
	// fingerShift makes neighbours of 64 KiB share one.
	fingerShift = 7
	// fewLeaves are searched as quickly as a finger is found.
	fewLeaves = 16
)

// finger is where the search for an address of a part ended. It knows the part, so
// that a leaf that has nothing to do with the address is not touched: most often
// it is not in the processor's cache. A leaf that owns the address no more shows
// that itself.
type finger[V comparable] struct {
	part uint64 // counted from 1
	leaf *leaf[V]
}

type leaf[V comparable] struct {
	prev, next *leaf[V]
	branch     *branch[V]
	low, high  LBA // it owns [low, high)
	n          int
	hint       int // what upTo last returned
	start, end [leafPlaces]LBA
	value      [leafPlaces]V
}

type branch[V comparable] struct {
	n    int
	low  [branchPlaces]LBA
	leaf [branchPlaces]*leaf[V]
}

// owner is the leaf that owns address a; nil if there is none at all.
func (t *tree[V]) owner(a LBA) *leaf[V] {
	if l := t.near; l != nil && a >= l.low && a < l.high {
		return l
	}
	if len(t.fingers) == 0 {
		return t.search(a)
	}
	part := uint64(a)>>fingerShift + 1
	f := &t.fingers[part*0x9e3779b97f4a7c15>>(64-fingerBits)]
	if f.part == part && a >= f.leaf.low && a < f.leaf.high {
		t.near = f.leaf
		return f.leaf
	}
	l := t.search(a)
	f.part, f.leaf = part, l
	return l
}

func (t *tree[V]) search(a LBA) *leaf[V] {
	if len(t.lows) == 0 {
		return nil
	}
	lo, hi := 0, len(t.lows) // the last branch that begins at or before a is in [lo, hi)
	for hi-lo > 1 {
		mid := int(uint(lo+hi) >> 1)
		if t.lows[mid] <= a {
			lo = mid
		} else {
			hi = mid
		}
	}
	b := t.branches[lo]
	k := 0
	for step := branchPlaces / 2; step > 0; step /= 2 {
		if b.low[(k+step-1)&branchMask] <= a {
			k += step
		}
	}
	t.near = b.leaf[(k-1)&branchMask]
	return t.near
}

// upTo is the number of runs of the leaf that begin at or before a: what it was last
// time, or one more, where addresses come in order. Else it looks first at one of
// each line of the processor's cache: these loads do not wait for each other, so that
// lines which have not been looked at for long come at once.
func (l *leaf[V]) upTo(a LBA) int {
	if k := l.hint; k > 0 && k < leafPlaces-1 && l.start[k-1] <= a {
		switch {
		case a < l.start[k]:
			return k
		case a < l.start[k+1]:
			l.hint = k + 1
			return k + 1
		}
	}
	const line = 8
	k := 0
	for i := line; i < leafPlaces; i += line {
		if l.start[i-1] <= a {
			k = i
		}
	}
	for step := line / 2; step > 0; step /= 2 {
		if l.start[(k+step-1)&mask] <= a {
			k += step
		}
	}
	l.hint = k
	return k
}

func (l *leaf[V]) insert(j int, start, end LBA, v V) {
	n := l.n
	copy(l.start[j+1:n+1], l.start[j:n])
	copy(l.end[j+1:n+1], l.end[j:n])
	copy(l.value[j+1:n+1], l.value[j:n])
	l.start[j], l.end[j], l.value[j] = start, end, v
	l.n = n + 1
}

func (l *leaf[V]) remove(j int) {
	n := l.n - 1
	copy(l.start[j:n], l.start[j+1:n+1])
	copy(l.end[j:n], l.end[j+1:n+1])
	copy(l.value[j:n], l.value[j+1:n+1])
	l.start[n] = none
	l.n = n
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
	if l.n < leafPlaces-1 {
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
	l.branch, l.low, l.high = b, 0, none
	t.lows, t.branches = append(t.lows[:0], 0), append(t.branches[:0], b)
	t.first, t.last, t.near = l, l, l
	return l
}

// split makes room in a full leaf for a run in front of place j. Who appends in
// order leaves full leaves behind.
func (t *tree[V]) split(l *leaf[V], j int, start LBA) (*leaf[V], int) {
	half := l.n / 2
	if j == l.n && l == t.last {
		half = l.n
	}
	r := t.leaf()
	r.n = copy(r.start[:], l.start[half:l.n])
	copy(r.end[:], l.end[half:l.n])
	copy(r.value[:], l.value[half:l.n])
	for i := half; i < l.n; i++ {
		l.start[i] = none
	}
	r.low, r.high = start, l.high
	if r.n > 0 {
		r.low = r.start[0]
	}
	l.n, l.high = half, r.low
	if r.prev, r.next = l, l.next; r.next != nil {
		r.next.prev = r
	} else {
		t.last = r
	}
	l.next = r
	t.attach(l, r)
	if start >= r.low {
		return r, j - half
	}
	return l, j
}

// attach enters leaf r, which is new, behind l.
func (t *tree[V]) attach(l, r *leaf[V]) {
	b := l.branch
	k := b.find(l.low) + 1
	if b.n == branchPlaces-1 {
		b, k = t.fork(b, k)
	}
	copy(b.low[k+1:b.n+1], b.low[k:b.n])
	copy(b.leaf[k+1:b.n+1], b.leaf[k:b.n])
	b.low[k], b.leaf[k], r.branch = r.low, r, b
	b.n++
}

// find is the place of the leaf that owns a.
func (b *branch[V]) find(a LBA) int {
	k := 0
	for step := branchPlaces / 2; step > 0; step /= 2 {
		if b.low[(k+step-1)&branchMask] <= a {
			k += step
		}
	}
	return k - 1
}

// fork splits a full branch and returns where its place k is now.
func (t *tree[V]) fork(b *branch[V], k int) (*branch[V], int) {
	half := b.n / 2
	if k == b.n && b == t.branches[len(t.branches)-1] {
		half = b.n - 1
	}
	r := &branch[V]{}
	r.n = copy(r.low[:], b.low[half:b.n])
	copy(r.leaf[:], b.leaf[half:b.n])
	for i := r.n; i < branchPlaces; i++ {
		r.low[i] = none
	}
	for i := range r.n {
		r.leaf[i].branch = r
	}
	for i := half; i < b.n; i++ {
		b.low[i], b.leaf[i] = none, nil
	}
	b.n = half
	i, _ := slices.BinarySearch(t.lows, r.low[0])
	t.lows = slices.Insert(t.lows, i, r.low[0])
	t.branches = slices.Insert(t.branches, i, r)
	if k > half {
		return r, k - half
	}
	return b, k
}

// drop takes an empty leaf out and returns the next one. A neighbour owns its
// addresses from then on.
func (t *tree[V]) drop(l *leaf[V]) *leaf[V] {
	next, b := l.next, l.branch
	if l.prev == nil && next == nil { // the last one stays: what fills and empties does not allocate
		return nil
	}
	k := b.find(l.low)
	copy(b.low[k:b.n], b.low[k+1:b.n])
	copy(b.leaf[k:b.n], b.leaf[k+1:b.n])
	b.n--
	b.low[b.n], b.leaf[b.n] = none, nil
	if k == 0 {
		i, _ := slices.BinarySearch(t.lows, l.low)
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
	l.low, l.high, l.prev, l.next, l.branch = none, 0, nil, nil, nil
	t.leaves--
	t.spare = append(t.spare, l)
	return next
}

// lower makes the first leaf own everything in front of it.
func (t *tree[V]) lower(l *leaf[V]) {
	l.low, l.branch.low[0], t.lows[0] = 0, 0, 0
}

// leaf is an empty leaf, one that was used before if there is any. New ones are
// made some at a time, the more there are the more.
func (t *tree[V]) leaf() *leaf[V] {
	if len(t.spare) == 0 {
		made := make([]leaf[V], min(t.grown/2+1, 64))
		t.grown += len(made)
		for i := range made {
			for j := range made[i].start {
				made[i].start[j] = none
			}
			t.spare = append(t.spare, &made[i])
		}
	}
	l := t.spare[len(t.spare)-1]
	t.spare = t.spare[:len(t.spare)-1]
	if t.leaves++; t.leaves > fewLeaves && t.fingers == nil {
		t.fingers = make([]finger[V], 1<<fingerBits)
	}
	return l
}
