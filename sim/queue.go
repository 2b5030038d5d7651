package sim

import "time"

// queue holds the events to come in exact order of time and scheduling. The next
// ones are near, in order: to take one is a step of an index, and to schedule one
// shifts the few that come before it or behind it, whichever are fewer. What comes
// later than all of these may be far, in a heap: time-outs and timers, which would
// otherwise stand in the way of each shift.
type queue struct {
	near       [2 * nearMost]entry
	first, end int   // near has events in [first, end)
	far        heap  // none comes before any of near; empty if near is
	taken      entry // by the pop that emptied near
}

// nearMost bounds the events that are near.
const nearMost = 64

// soon is how long the longest access of a disk takes, retries apart: an event that is
// due later is a time-out or a timer.
const soon = Time(100 * time.Millisecond)

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
func (q *queue) push(now, at Time, seq uint64, to Handler, kind uint8, ref uint32) {
	n := q.end - q.first
	if n == nearMost {
		q.spill()
		n = nearMost / 2
	}
	if n > 0 && at >= q.near[q.end-1].At && (at > now+soon || len(q.far) > 0 && at >= q.far[0].At) {
		q.far.push(&entry{Event{at, ref, kind}, seq, to})
		return
	}
	e := q.room(at, n)
	e.At, e.Ref, e.Kind, e.seq, e.to = at, ref, kind, seq, to
}

// room makes a place for an event at its place in the order.
func (q *queue) room(at Time, n int) *entry {
	if q.first == 0 || q.end == len(q.near) {
		q.centre()
	}
	near := q.near[q.first:q.end]
	if n > 0 && at < near[n/2].At {
		i := 0
		for near[i].At <= at { // it ends: e comes before the middle
			i++
		}
		if i > 0 {
			copy(q.near[q.first-1:], near[:i])
		}
		q.first--
		return &q.near[q.first+i]
	}
	i := n
	for i > 0 && near[i-1].At > at {
		i--
	}
	i += q.first
	if i < q.end {
		copy(q.near[i+1:], q.near[i:q.end])
	}
	q.end++
	return &q.near[i]
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

// pop takes the next event; there must be one. It stays where it is until another is
// pushed or taken.
func (q *queue) pop() *entry {
	e := &q.near[q.first]
	q.first++
	if q.first == q.end && len(q.far) > 0 {
		q.taken = *e
		q.refill(e.At)
		return &q.taken
	}
	return e
}

// refill moves the next event of the heap to near, which is empty, and those that
// follow it soon: up to half of what near holds.
func (q *queue) refill(now Time) {
	q.first = nearMost / 2
	q.end = q.first
	for {
		q.far.pop(&q.near[q.end])
		q.end++
		if len(q.far) == 0 || q.far[0].At > now+soon || q.end == q.first+nearMost/2 {
			return
		}
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
		q.refill(q.far[0].At)
	}
}

// isOf tells whether the event is one of a handler's, and like one if that is not nil.
func (e *entry) isOf(to Handler, one *Event) bool {
	return e.to == to && (one == nil || e.Kind == one.Kind && e.Ref == one.Ref)
}
