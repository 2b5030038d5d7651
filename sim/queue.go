package sim

import (
	"fmt"
	"time"
)

// queue holds the events to come in exact order of time and scheduling. The next
// ones are near: each has a place that it keeps, and their turns are in order. To take
// one is a step of an index, and to schedule one shifts the turns before it or behind
// it, whichever are fewer. What comes later than all of these may be far, in a heap:
// time-outs and timers, which would otherwise stand in the way of each shift.
type queue struct {
	turns      [2 * nearMost]turn
	first, end int // turns has the near events in [first, end)
	near       [nearMost]entry
	vacant     [nearMost]uint8 // places in near; those from the number of near events on are free
	far        heap            // none comes before any of near; empty if near is
}

// turn is when an event is due that is near, and its place.
type turn struct {
	at    Time
	place uint8
}

// nearMost bounds the events that are near: more than most runs have, full stripes on
// twelve members with 32 commands under way included. A place has to fit in a byte.
const nearMost = 256

// soon is how long the longest access of a disk takes, retries apart: an event that is
// due later is a time-out or a timer.
const soon = Time(100 * time.Millisecond)

// open makes an empty queue usable.
func (q *queue) open() {
	for i := range q.vacant {
		q.vacant[i] = uint8(i)
	}
}

func (q *queue) len() int { return q.end - q.first + len(q.far) }

func (q *queue) empty() bool { return q.first == q.end }

// next is when the next event is due, or Never.
func (q *queue) next() Time {
	if q.empty() {
		return Never
	}
	return q.turns[q.first].at
}

// due tells whether there is an event up to and including time t.
func (q *queue) due(t Time) bool { return q.first < q.end && q.turns[q.first].at <= t }

// push adds an event that was scheduled after all the others: among those of one
// instant it is the last. Scheduling in the past is a bug of the caller, so it panics.
func (q *queue) push(now, at Time, seq uint64, to Handler, kind uint8, ref uint32) {
	if at < now {
		past(now, at)
	}
	n := q.end - q.first
	if n == nearMost {
		q.spill()
		n = nearMost / 2
	}
	if n > 0 && at >= q.turns[q.end-1].at && (at > now+soon || len(q.far) > 0 && at >= q.far[0].At) {
		q.far.push(&entry{Event{at, ref, kind}, seq, to})
		return
	}
	place := q.vacant[n]
	e := &q.near[place]
	e.At, e.Ref, e.Kind, e.seq, e.to = at, ref, kind, seq, to
	if q.first == 0 || q.end == len(q.turns) {
		q.centre()
	}
	switch first, end := q.first, q.end; {
	case n > 0 && at < q.turns[first+min(n>>1, few)].at: // one of the first: shift those before it
		for q.turns[first].at <= at {
			q.turns[first-1] = q.turns[first]
			first++
		}
		q.turns[first-1] = turn{at, place}
		q.first--
	case n <= 2*few || at >= q.turns[end-few].at: // one of the last: shift those behind it
		for end > first && q.turns[end-1].at > at {
			q.turns[end] = q.turns[end-1]
			end--
		}
		q.turns[end] = turn{at, place}
		q.end++
	default:
		*q.room(q.before(at)) = turn{at, place}
	}
}

// few are so few turns that they are compared and shifted one by one.
const few = 8

func past(now, at Time) {
	panic(fmt.Sprintf("sim: event at %d scheduled in the past of %d", at, now))
}

// before is where the first near event stands that is due later than at; there is one.
func (q *queue) before(at Time) int {
	from := q.first
	for n := q.end - q.first; n > 1; { // it is one of n
		half := n >> 1
		n -= half
		if q.turns[from+half-1].at <= at {
			from += half
		}
	}
	return from
}

// room shifts the turns before the one at i, or those from there on.
func (q *queue) room(i int) *turn {
	if i-q.first < q.end-i {
		copy(q.turns[q.first-1:], q.turns[q.first:i])
		q.first--
		return &q.turns[i-1]
	}
	copy(q.turns[i+1:], q.turns[i:q.end])
	q.end++
	return &q.turns[i]
}

// centre leaves room on either side.
func (q *queue) centre() {
	n := q.end - q.first
	first := (len(q.turns) - n) / 2
	copy(q.turns[first:], q.turns[q.first:q.end])
	q.first, q.end = first, first+n
}

// spill moves the later half of what is near to the heap.
func (q *queue) spill() {
	q.end = q.first + nearMost/2
	for i := range nearMost / 2 {
		place := q.turns[q.end+i].place
		q.far.push(&q.near[place])
		q.vacant[nearMost/2+i] = place
	}
}

// pop takes the next event; there must be one. It stays where it is until another is
// pushed or taken.
func (q *queue) pop() *entry {
	place := q.turns[q.first].place
	q.first++
	n := q.end - q.first
	q.vacant[n] = place
	if n == 0 {
		q.refill(place)
	}
	return &q.near[place]
}

// refill moves the next event of the heap to near, which is empty, and those that
// follow it soon: up to half of what near holds, and not to the place that was the
// last taken.
func (q *queue) refill(taken uint8) {
	if len(q.far) == 0 {
		return
	}
	last := nearMost - 1
	q.vacant[0], q.vacant[last] = q.vacant[last], taken
	q.first = len(q.turns) / 2
	q.end = q.first
	until := q.far[0].At + soon
	for n := range nearMost / 2 {
		place := q.vacant[n]
		e := &q.near[place]
		q.far.pop(e)
		q.turns[q.end] = turn{e.At, place}
		q.end++
		if len(q.far) == 0 || q.far[0].At > until {
			return
		}
	}
}

// cancel takes out every event of one handler, or if one is not nil those like it.
func (q *queue) cancel(to Handler, one *Event) {
	n := q.end - q.first
	kept := q.first
	for _, t := range q.turns[q.first:q.end] {
		if q.near[t.place].isOf(to, one) {
			n--
			q.vacant[n] = t.place
			continue
		}
		q.turns[kept] = t
		kept++
	}
	q.end = kept
	q.far.cancel(to, one)
	if q.empty() {
		q.refill(q.vacant[0])
	}
}

// isOf tells whether the event is one of a handler's, and like one if that is not nil.
func (e *entry) isOf(to Handler, one *Event) bool {
	return e.to == to && (one == nil || e.Kind == one.Kind && e.Ref == one.Ref)
}
