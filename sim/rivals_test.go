package sim

import "slices"

// The queue of the kernel and those that it was compared with, see
// docs/decisions/005-event-queue.md. All of them keep the exact order of time
// and, within one instant, of scheduling.

// rival is what the kernel asks of its queue.
type rival interface {
	push(entry)
	pop() entry
	next() Time
	len() int
	cancel(Handler)
}

var rivals = []struct {
	name  string
	empty func() rival
}{
	{"near+far", func() rival { return newOurs() }},
	{"heap", func() rival { return new(alone) }},
	{"sorted", func() rival { return new(inOrder) }},
	{"radix", func() rival { return new(radix) }},
	{"calendar", func() rival { return new(calendar) }},
	{"ladder", func() rival { return new(ladder) }},
}

// ours is the queue of the kernel, which knows what time it is.
type ours struct {
	queue
	now Time
}

func newOurs() *ours {
	o := new(ours)
	o.open()
	return o
}

func (o *ours) push(e entry) { o.queue.push(o.now, e.At, e.seq, e.to, e.Kind, e.Ref) }

func (o *ours) pop() entry {
	e := *o.queue.pop()
	o.now = e.At
	return e
}

func (o *ours) cancel(to Handler) { o.queue.cancel(to, nil) }

// alone is the far part of it without the near one.
type alone struct{ heap }

func (a *alone) push(e entry) { a.heap.push(&e) }

func (a *alone) pop() (e entry) {
	a.heap.pop(&e)
	return e
}

func (a *alone) cancel(to Handler) { a.heap.cancel(to, nil) }

func (a *alone) len() int { return len(a.heap) }

func (a *alone) next() Time {
	if len(a.heap) == 0 {
		return Never
	}
	return a.heap[0].At
}

// inOrder is a slice in order, the next event last.
type inOrder []entry

func (s *inOrder) len() int { return len(*s) }

func (s *inOrder) next() Time {
	if len(*s) == 0 {
		return Never
	}
	return (*s)[len(*s)-1].At
}

func (s *inOrder) push(e entry) {
	q := append(*s, e)
	i := len(q) - 1
	for i > 0 && q[i-1].At <= e.At {
		q[i] = q[i-1]
		i--
	}
	q[i] = e
	*s = q
}

func (s *inOrder) pop() entry {
	n := len(*s) - 1
	e := (*s)[n]
	*s = (*s)[:n]
	return e
}

func (s *inOrder) cancel(to Handler) {
	*s = slices.DeleteFunc(*s, func(e entry) bool { return e.to == to })
}

// order compares two events for sorting.
func order(a, b entry) int {
	if a.before(&b) {
		return -1
	}
	return 1
}
