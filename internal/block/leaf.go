package block

// leaf holds up to leafPlaces-1 runs. Where they begin and end is told by the
// distance from a base, in 32 bits: half the memory, and half the lines of the
// processor's cache that a search fetches. Addresses have 64 bits, so a leaf takes
// only runs whose start it can name; then the end of each but the last has a name too.
type leaf[V comparable] struct {
	// One line of the cache: what a search needs besides the starts.
	low, high  LBA // it owns [low, high)
	base       LBA // at or before the start of the first run
	reach      LBA // where the last run ends, if that is far
	n          int
	prev, next *leaf[V]

	start, end [leafPlaces]uint32 // from the base; a start is far if the place is empty
	value      [leafPlaces]V
}

const (
	// leafPlaces is what upTo is made for: small enough that an insert moves a few
	// lines of the cache. The last place stays empty, so that a search needs no bound.
	leafPlaces = 32
	mask       = leafPlaces - 1

	far = 1<<32 - 1 // the distance that has no name
)

// owns tells whether a run that begins at a belongs into the leaf.
func (l *leaf[V]) owns(a LBA) bool { return a >= l.low && a < l.high }

// from is where the run at place j begins.
func (l *leaf[V]) from(j int) LBA { return l.base + LBA(l.start[j&mask]) }

// to is where it ends.
func (l *leaf[V]) to(j int) LBA {
	if d := l.end[j&mask]; d != far {
		return l.base + LBA(d)
	}
	return l.reach
}

// begin lets the run at place j begin at an address that the leaf names.
func (l *leaf[V]) begin(j int, start LBA) { l.start[j&mask] = uint32(start - l.base) }

// finish lets it end at an address.
func (l *leaf[V]) finish(j int, end LBA) {
	if d := end - l.base; d < far {
		l.end[j&mask] = uint32(d)
		return
	}
	l.end[j&mask], l.reach = far, end
}

// names sees to it that the leaf can name an address, from its base or else from that
// address as a new base, and tells whether it can.
func (l *leaf[V]) names(a LBA) bool {
	switch {
	case l.n == 0:
		l.base = a
		return true
	case a >= l.base:
		return a-l.base < far
	case l.from(l.n-1)-a >= far:
		return false
	}
	last, by := l.to(l.n-1), uint32(l.base-a)
	for j := range l.n {
		l.start[j] += by
		l.end[j] += by
	}
	l.base = a
	l.finish(l.n-1, last)
	return true
}

// upTo is the number of runs that begin before a. It looks at one start of eight, then
// at one of two, and adds up how many are less, with no branch: where addresses come
// at random the processor would take the wrong one half of the time, and loads that do
// not wait for each other come at once.
func (l *leaf[V]) upTo(a LBA) int {
	if a < l.base {
		return 0
	}
	if a-l.base >= far {
		return l.n
	}
	key := uint32(a - l.base)
	k := 8 * (less(l.start[7], key) + less(l.start[15], key) + less(l.start[23], key))
	k += 2 * (less(l.start[(k+1)&mask], key) + less(l.start[(k+3)&mask], key) + less(l.start[(k+5)&mask], key))
	k += less(l.start[k&mask], key)
	return k
}

// less is 1 if a is less than b, else 0.
func less(a, b uint32) int { return int((uint64(a) - uint64(b)) >> 63) }

// insert puts a run in front of place j, of which the leaf can name the start and
// has room for.
func (l *leaf[V]) insert(j int, start, end LBA, v V) {
	n := l.n
	copy(l.start[j+1:n+1], l.start[j:n])
	copy(l.end[j+1:n+1], l.end[j:n])
	copy(l.value[j+1:n+1], l.value[j:n])
	l.begin(j, start)
	l.finish(j, end)
	l.value[j] = v
	l.n = n + 1
}

func (l *leaf[V]) remove(j int) {
	n := l.n - 1
	copy(l.start[j:n], l.start[j+1:n+1])
	copy(l.end[j:n], l.end[j+1:n+1])
	copy(l.value[j:n], l.value[j+1:n+1])
	l.start[n] = far
	l.n = n
}

// give moves the runs from place half on into leaf r, which is empty.
func (l *leaf[V]) give(r *leaf[V], half int) {
	r.base = l.from(half)
	for j := half; j < l.n; j++ {
		r.begin(j-half, l.from(j))
		r.finish(j-half, l.to(j))
		l.start[j] = far
	}
	copy(r.value[:], l.value[half:l.n])
	r.n, l.n = l.n-half, half
}
