package sim

import "slices"

// nearFar keeps the next events in order in a short slice, where to schedule is to
// shift a few places and to take the next shifts none, and the rest in a heap.
type nearFar struct {
	near []Event // the latest first, the next one last; at most nearMost, none only if far has none
	far  alone   // none comes before any of near
}

// nearMost bounds a shift. On the recorded mixes 16, 32 and 64 measure alike.
const nearMost = 32

func (q *nearFar) len() int { return len(q.near) + q.far.len() }

// next is when the next event is due, or Never.
func (q *nearFar) next() Time {
	if n := len(q.near); n > 0 {
		return q.near[n-1].At
	}
	return Never
}

// push adds an event that was scheduled after all the others, so that among
// those of one instant it is the last.
func (q *nearFar) push(e Event) {
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
func (q *nearFar) beyond(at Time) bool { return q.far.len() > 0 && at >= q.far.queue[0].At }

// spill moves the later half of what is near to the heap.
func (q *nearFar) spill() {
	for _, e := range q.near[:nearMost/2] {
		q.far.push(e)
	}
	q.near = q.near[:copy(q.near, q.near[nearMost/2:])]
}

// pop takes the next event; there must be one. Its place is not cleared: it is
// used again, and handlers live as long as the kernel.
func (q *nearFar) pop() Event {
	n := len(q.near) - 1
	e := q.near[n]
	q.near = q.near[:n]
	if n == 0 && q.far.len() > 0 {
		q.refill()
	}
	return e
}

// refill moves the next events of the heap, if any, to near, which is empty.
func (q *nearFar) refill() {
	m := min(nearMost/2, q.far.len())
	for len(q.near) < m {
		q.near = append(q.near, q.far.pop())
	}
	slices.Reverse(q.near)
}

// cancel takes out every event of one handler.
func (q *nearFar) cancel(to Handler) {
	q.near = slices.DeleteFunc(q.near, func(e Event) bool { return e.To == to })
	q.far.cancel(to)
	if len(q.near) == 0 {
		q.refill()
	}
}
