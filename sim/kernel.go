// Package sim is the discrete-event kernel: virtual time, events in exact
// (time, schedule order) order, FIFO stations that need no event, and named
// random streams. It knows nothing of storage.
package sim

import (
	"fmt"
	"runtime/debug"
	"time"
)

// Time is the virtual clock, in nanoseconds since power-on.
type Time int64

// Never is later than every event.
const Never Time = 1<<63 - 1

// Add is the time d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub is the time that passed from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String prints seconds with microseconds, the resolution of a driver log.
func (t Time) String() string {
	if t == Never {
		return "never"
	}
	return fmt.Sprintf("%d.%06d s", t/1e9, t%1e9/1e3)
}

// Event is what a handler is called back for, due at time At. Kind and Ref say to it
// what it is about; both mean what the handler wants.
type Event struct {
	At   Time
	Ref  uint32
	Kind uint8
}

// entry is an event in the queue: to.Fire is due.
type entry struct {
	Event
	seq uint64 // of scheduling
	to  Handler
}

// Handler is called back when one of its events is due. The kernel's clock
// stands at e.At during the call.
type Handler interface{ Fire(e Event) }

// Kernel runs events in order of time and, within one instant, in the order in
// which they were scheduled.
type Kernel struct {
	now    Time
	seq    uint64
	fired  uint64
	spared int64
	seed   uint64
	queue  queue
}

// New returns a kernel at time 0 whose random streams derive from seed.
func New(seed uint64) *Kernel {
	k := &Kernel{seed: seed}
	k.queue.open()
	return k
}

// Now is the time of the event that runs, or of the last one that ran.
func (k *Kernel) Now() Time { return k.now }

// Fired is the number of events that have run.
func (k *Kernel) Fired() uint64 { return k.fired }

// Spare notes that so many events need not be scheduled, because what they would do
// is known before; fewer than 0 that they have to be after all.
func (k *Kernel) Spare(n int64) { k.spared += n }

// Happened is the number of events that have run or were spared: the same however
// much is known before.
func (k *Kernel) Happened() uint64 { return uint64(int64(k.fired) + k.spared) }

// Pending is the number of events that are due later.
func (k *Kernel) Pending() int { return k.queue.len() }

// Next is the time of the next event; ok is false if there is none.
func (k *Kernel) Next() (at Time, ok bool) {
	return k.queue.next(), !k.queue.empty()
}

// At schedules to.Fire at time t. Scheduling in the past is a bug of the
// caller, so it panics.
func (k *Kernel) At(t Time, to Handler, kind uint8, ref uint32) {
	k.seq++
	k.queue.push(k.now, t, k.seq, to, kind, ref)
}

// After schedules to.Fire d from now.
func (k *Kernel) After(d time.Duration, to Handler, kind uint8, ref uint32) {
	k.At(k.now.Add(d), to, kind, ref)
}

// Cancel takes every pending event of one handler out of the queue: what a
// component that lost its power was about to do does not happen. It costs a
// pass over the queue; it is for outages, not for I/O.
func (k *Kernel) Cancel(to Handler) { k.queue.cancel(to, nil) }

// Withdraw is Cancel for the events of one kind and ref.
func (k *Kernel) Withdraw(to Handler, kind uint8, ref uint32) {
	k.queue.cancel(to, &Event{Kind: kind, Ref: ref})
}

// Step runs the next event and reports whether there was one.
func (k *Kernel) Step() bool {
	if k.queue.empty() {
		return false
	}
	k.fire()
	return true
}

func (k *Kernel) fire() {
	e := k.queue.pop()
	k.now = e.At
	k.fired++
	e.to.Fire(e.Event)
}

// RunUntil runs every event up to and including time t and leaves the clock at
// t, or at the last event if t is Never.
func (k *Kernel) RunUntil(t Time) {
	defer k.explain()
	for k.queue.due(t) {
		k.fire()
	}
	if t != Never && t > k.now {
		k.now = t
	}
}

// RunWhile runs events for as long as more says so and there are any. It
// reports whether more had its way: false means that the queue ran dry first.
func (k *Kernel) RunWhile(more func() bool) bool {
	defer k.explain()
	for more() {
		if !k.Step() {
			return false
		}
	}
	return true
}

// RunUntilSet runs events up to and including time t, or until one of them has
// set done. It reports whether that is set.
func (k *Kernel) RunUntilSet(done *bool, t Time) bool {
	defer k.explain()
	for !*done && k.queue.due(t) {
		k.fire()
	}
	return *done
}

// Crash is what a panic inside an event becomes: enough to run the model again
// up to the same event.
type Crash struct {
	At    Time
	Event uint64 // how many events had run, the failing one included
	Seed  uint64
	Cause any
	Stack []byte
}

// Error names the instant; Stack has the rest.
func (c *Crash) Error() string {
	return fmt.Sprintf("sim: %v (at %d ns, event %d, seed %d)", c.Cause, c.At, c.Event, c.Seed)
}

func (k *Kernel) explain() {
	switch cause := recover().(type) {
	case nil:
	case *Crash:
		panic(cause)
	default:
		panic(&Crash{At: k.now, Event: k.fired, Seed: k.seed, Cause: cause, Stack: debug.Stack()})
	}
}

func (e *entry) before(o *entry) bool {
	return e.At < o.At || e.At == o.At && e.seq < o.seq
}
