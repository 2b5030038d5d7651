package sim

// queue holds the events to come in exact order of time and scheduling. The next
// ones are near, in order: to take one is a step of an index, and to schedule one
// shifts the few that come before it or behind it, whichever are fewer. What comes
// later than all of these is far, in a heap: time-outs and timers, which would
// otherwise stand in the way of each shift.
type queue struct {
	near       [2 * nearMost]Event
	first, end int  // near has events in [first, end)
	far        heap // none comes before any of near; empty if near is
}

// nearMost bounds the events that are near.
const nearMost = 64

func (q *queue) len() int { return q.end - q.first + len(q.far) }

func (q *queue) empty() bool { return q.first == q.end }

// next is when the next event is due, or Never.
func (q *queue) next() Time {
	if q.empty() {
		return Never
	}
	return q.near[q.first].At
}

// push adds an event that was scheduled after all the others: among those of one
// instant it is the last.
func (q *queue) push(e *Event) {
	if q.end-q.first == nearMost {
		q.spill()
	}
	if len(q.far) > 0 && e.At >= q.far[0].At {
		q.far.push(e)
		return
	}
	n := q.end - q.first
	if q.first == 0 || q.end == len(q.near) {
		q.centre()
	}
	near := q.near[q.first:q.end]
	if n > 0 && e.At < near[n/2].At {
		i := 0
		for near[i].At <= e.At { // it ends: e comes before the middle
			i++
		}
		if i > 0 {
			copy(q.near[q.first-1:], near[:i])
		}
		q.first--
		q.near[q.first+i] = *e
		return
	}
	i := n
	for i > 0 && near[i-1].At > e.At {
		i--
	}
	i += q.first
	if i < q.end {
		copy(q.near[i+1:], q.near[i:q.end])
	}
	q.end++
	q.near[i] = *e
}

// centre leaves room on either side.
func (q *queue) centre() {
	n := q.end - q.first
	first := (len(q.near) - n) / 2
	copy(q.near[first:], q.near[q.first:q.end])
	q.first, q.end = first, first+n
}

// spill moves the later half of what is near to the heap.
func (q *queue) spill() {
	half := q.first + nearMost/2
	for i := half; i < q.end; i++ {
		q.far.push(&q.near[i])
	}
	q.end = half
}

// pop takes the next event; there must be one.
func (q *queue) pop(e *Event) {
	*e = q.near[q.first]
	q.first++
	if q.first == q.end && len(q.far) > 0 {
		q.refill()
	}
}

// refill moves the next events of the heap to near, which is empty: half of what it
// holds, so that those which follow them are near as well.
func (q *queue) refill() {
	q.first = nearMost / 2
	q.end = q.first + min(nearMost/2, len(q.far))
	for i := q.first; i < q.end; i++ {
		q.far.pop(&q.near[i])
	}
}

// cancel takes out every event of one handler, or if one is not nil those like it.
func (q *queue) cancel(to Handler, one *Event) {
	kept := q.first
	for i := q.first; i < q.end; i++ {
		if !q.near[i].isOf(to, one) {
			q.near[kept] = q.near[i]
			kept++
		}
	}
	q.end = kept
	q.far.cancel(to, one)
	if q.empty() && len(q.far) > 0 {
		q.refill()
	}
}

// isOf tells whether the event is one of a handler's, and like one if that is not nil.
func (e *Event) isOf(to Handler, one *Event) bool {
	return e.To == to && (one == nil || e.Kind == one.Kind && e.Ref == one.Ref)
}
