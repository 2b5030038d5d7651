package sim

import "slices"

// ladder is the ladder queue of Tang, Goh and Thng (ACM TOMACS 15(3), 2005): an
// unsorted top, rungs of buckets, and a sorted bottom.
type ladder struct {
	n              int
	top            []entry
	topMin, topMax Time
	topFrom        Time // what is later or equal belongs to the top
	rungs          []rung
	depth          int
	bottom         []entry // descending
}

type rung struct {
	from, width Time
	cur         int
	buckets     [][]entry
	n           int
}

const ladderThreshold = 50

func (l *ladder) len() int { return l.n }

func (l *ladder) push(e entry) {
	l.n++
	if e.At >= l.topFrom {
		if len(l.top) == 0 {
			l.topMin, l.topMax = e.At, e.At
		}
		l.topMin, l.topMax = min(l.topMin, e.At), max(l.topMax, e.At)
		l.top = append(l.top, e)
		return
	}
	for i := range l.depth {
		r := &l.rungs[i]
		if e.At >= r.from+Time(r.cur)*r.width {
			r.put(e)
			return
		}
	}
	q := append(l.bottom, e)
	i := len(q) - 1
	for i > 0 && q[i-1].At <= e.At {
		q[i] = q[i-1]
		i--
	}
	q[i] = e
	l.bottom = q
}

func (r *rung) put(e entry) {
	b := min(int((e.At-r.from)/r.width), len(r.buckets)-1)
	r.buckets[b] = append(r.buckets[b], e)
	r.n++
}

func (l *ladder) spawn(from, width Time, buckets int, events []entry) {
	if l.depth == len(l.rungs) {
		l.rungs = append(l.rungs, rung{})
	}
	r := &l.rungs[l.depth]
	l.depth++
	for len(r.buckets) < buckets {
		r.buckets = append(r.buckets, nil)
	}
	r.from, r.width, r.cur, r.n = from, width, 0, 0
	for _, e := range events {
		r.put(e)
	}
}

func (l *ladder) fill() {
	for len(l.bottom) == 0 {
		if l.depth == 0 {
			if len(l.top) <= ladderThreshold || l.topMin == l.topMax { // too few for a rung
				l.bottom = append(l.bottom, l.top...)
				l.settle()
				l.topFrom = l.topMax + 1
				l.top = l.top[:0]
				return
			}
			width := (l.topMax-l.topMin)/Time(len(l.top)) + 1
			l.spawn(l.topMin, width, len(l.top)+1, l.top)
			l.topFrom = l.topMax + 1
			l.top = l.top[:0]
		}
		r := &l.rungs[l.depth-1]
		if r.n == 0 {
			l.depth--
			continue
		}
		for len(r.buckets[r.cur]) == 0 {
			r.cur++
		}
		b := r.buckets[r.cur]
		r.buckets[r.cur] = b[:0]
		r.n -= len(b)
		from := r.from + Time(r.cur)*r.width
		r.cur++
		if len(b) > ladderThreshold && r.width > 1 && l.depth < 8 {
			held := slices.Clone(b)
			l.spawn(from, r.width/Time(len(b))+1, len(b)+1, held)
			continue
		}
		l.bottom = append(l.bottom, b...)
		l.settle()
	}
}

func (l *ladder) settle() {
	slices.SortFunc(l.bottom, func(a, b entry) int { return order(b, a) })
}

func (l *ladder) next() Time {
	if l.n == 0 {
		return Never
	}
	if len(l.bottom) == 0 {
		l.fill()
	}
	return l.bottom[len(l.bottom)-1].At
}

func (l *ladder) pop() entry {
	if len(l.bottom) == 0 {
		l.fill()
	}
	n := len(l.bottom) - 1
	e := l.bottom[n]
	l.bottom = l.bottom[:n]
	l.n--
	return e
}

func (l *ladder) cancel(to Handler) {
	keep := func(q []entry) []entry {
		kept := slices.DeleteFunc(q, func(e entry) bool { return e.to == to })
		l.n -= len(q) - len(kept)
		return kept
	}
	l.top, l.bottom = keep(l.top), keep(l.bottom)
	for i := range l.depth {
		r := &l.rungs[i]
		r.n = 0
		for j := range r.buckets {
			r.buckets[j] = keep(r.buckets[j])
			r.n += len(r.buckets[j])
		}
	}
}
