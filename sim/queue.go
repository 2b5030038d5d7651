package sim

import "slices"

// queue holds the events to come. In the model few are due soon, and most of what
// is scheduled belongs among them, while time-outs of seconds wait behind. So the
// next events stand in order in a short slice: to schedule is to shift a few
// places, to take the next shifts none. The rest is in a heap that is seldom
// touched. docs/decisions/005-event-queue.md has the figures.
type queue struct {
	near []Event // the latest first, the next one last; at most nearMost, none only if far has none
	far  heap    // none comes before any of near
}

// nearMost bounds a shift. On the recorded mixes 16, 32 and 64 measure alike.
const nearMost = 32

func (q *queue) len() int { return len(q.near) + len(q.far) }

// next is when the next event is due, or Never.
func (q *queue) next() Time {
	if n := len(q.near); n > 0 {
		return q.near[n-1].At
	}
	return Never
}

// push adds an event that was scheduled after all the others, so that among
// those of one instant it is the last.
func (q *queue) push(e Event) {
	if len(q.near) == nearMost && !q.beyond(e.At) {
		q.spill()
	}
	if q.beyond(e.At) {
		q.far.push(e)
		return
	}
	q.near = append(q.near, e)
	near := q.near
	i := len(near) - 1
	for i > 0 && near[i-1].At <= e.At {
		near[i] = near[i-1]
		i--
	}
	near[i] = e
}

// beyond tells whether an event at that time, scheduled now, belongs in the heap.
func (q *queue) beyond(at Time) bool { return len(q.far) > 0 && at >= q.far[0].At }

// spill moves the later half of what is near to the heap.
func (q *queue) spill() {
	for _, e := range q.near[:nearMost/2] {
		q.far.push(e)
	}
	q.near = q.near[:copy(q.near, q.near[nearMost/2:])]
}

// pop takes the next event; there must be one. Its place is not cleared: it is
// used again, and handlers live as long as the kernel.
func (q *queue) pop() Event {
	n := len(q.near) - 1
	e := q.near[n]
	q.near = q.near[:n]
	if n == 0 && len(q.far) > 0 {
		q.refill()
	}
	return e
}

// refill moves the next events of the heap, if any, to near, which is empty.
func (q *queue) refill() {
	m := min(nearMost/2, len(q.far))
	for len(q.near) < m {
		q.near = append(q.near, q.far.pop())
	}
	slices.Reverse(q.near)
}

// cancel takes out every event of one handler.
func (q *queue) cancel(to Handler) {
	theirs := func(e Event) bool { return e.To == to }
	q.near = slices.DeleteFunc(q.near, theirs)
	q.far = slices.DeleteFunc(q.far, theirs)
	q.far.order()
	if len(q.near) == 0 {
		q.refill()
	}
}

// heap is a 4-ary heap by time and, within one instant, schedule order.
type heap []Event

func (h *heap) push(e Event) {
	*h = append(*h, e)
	q := *h
	i := len(q) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !e.before(&q[p]) {
			break
		}
		q[i] = q[p]
		i = p
	}
	q[i] = e
}

// pop takes the first event; there must be one.
func (h *heap) pop() Event {
	top := (*h)[0]
	n := len(*h) - 1
	last := (*h)[n]
	*h = (*h)[:n]
	if n > 0 {
		h.down(0, last)
	}
	return top
}

// order makes a heap of events in any order.
func (h heap) order() {
	for i := len(h) - 1; i >= 0; i-- {
		h.down(i, h[i])
	}
}

// down puts e at i, or below where an event there comes first.
func (h heap) down(i int, e Event) {
	for {
		first := 4*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h)); c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&e) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
}
