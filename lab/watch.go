package lab

import (
	"errors"
	"sync/atomic"
	"time"

	"tbraid/sim"
)

// Watch is a window into simulations under way, and the way to end them early. All
// of its methods may be called at any time, from any goroutine; the zero Watch is
// ready for use.
//
// What it shows is published by each world now and then, and no result depends on
// it. A run that was ended early is no result: it is left out as a whole.
type Watch struct {
	stopped   atomic.Bool
	whole, of atomic.Int64
	simulated atomic.Int64
	commands  atomic.Uint64
}

// Progress is how far simulations have come.
type Progress struct {
	Whole, Of int           // runs that have ended, of how many so far planned
	Simulated time.Duration // of all runs together
	Commands  uint64        // SCSI commands that arrived at the box, of all runs together
}

// Stop ends all runs under way soon, and lets no other begin.
func (w *Watch) Stop() { w.stopped.Store(true) }

// Progress is how far the simulations have come.
func (w *Watch) Progress() Progress {
	return Progress{Whole: int(w.whole.Load()), Of: int(w.of.Load()), Simulated: time.Duration(w.simulated.Load()), Commands: w.commands.Load()}
}

// ended tells whether Stop was called; nobody watches a nil Watch.
func (w *Watch) ended() bool { return w != nil && w.stopped.Load() }

// Expect counts in runs that someone is going to make one by one.
func (w *Watch) Expect(runs int) {
	if w != nil {
		w.of.Add(int64(runs))
	}
}

// expect and finished count runs.
func (w *Watch) expect() {
	if w != nil {
		w.of.Add(1)
	}
}

func (w *Watch) finished() {
	if w != nil {
		w.whole.Add(1)
	}
}

// Partial says of a result that it was ended early: how many runs were made, of how
// many that were planned by then. Those that are in the result are whole.
type Partial struct {
	Whole int `json:"whole_runs"`
	Of    int `json:"planned_runs"`
}

// early is the error of plans of which a watch has ended some.
type early struct{ whole []bool }

func (*early) Error() string { return "ended early" }

// asEarly takes an *early out of an error; others stay.
func asEarly(err error) (*early, error) {
	if e, ok := err.(*early); ok {
		return e, nil
	}
	return nil, err
}

// partial counts, and adds what was whole before; of nothing that ended early it is
// nil.
func (e *early) partial(before int) *Partial {
	if e == nil {
		return nil
	}
	p := &Partial{Whole: before, Of: before + len(e.whole)}
	for _, w := range e.whole {
		if w {
			p.Whole++
		}
	}
	return p
}

// only are the elements that are whole.
func only[T any](all []T, whole []bool) []T {
	kept := make([]T, 0, len(all))
	for i := range all {
		if whole[i] {
			kept = append(kept, all[i])
		}
	}
	return kept
}

// beat is how much simulated time passes between two looks at the Watch, unless
// nothing happens in it. Even a box of SSDs simulates it in some ten milliseconds.
const beat = sim.Time(20 * time.Millisecond)

// abandoned unwinds a world whose run is ended early. As cutShort, it is thrown
// between two events of the kernel.
type abandoned struct{}

// errAbandoned is what such a run ends with.
var errAbandoned = errors.New("lab: the run was ended early")

// published is what of a world is in the Watch already.
type published struct {
	now      sim.Time
	commands uint64
}

// nextBeat bounds how far the model may run before it looks again whether the run is to
// go on: to stop at most, and to the next event at least.
func (w *world) nextBeat(stop sim.Time) sim.Time {
	if w.window == nil && w.hope == nil {
		return stop
	}
	w.publish()
	if w.window.ended() || w.hopeless() {
		w.abandon()
	}
	next, any := w.k.Next()
	if !any || next >= stop || stop-next <= beat {
		return stop
	}
	return next + beat
}

// publish adds what has happened since it was last called.
func (w *world) publish() {
	if w.window == nil {
		return
	}
	now, commands := w.k.Now(), w.link.Carried().Commands
	w.window.simulated.Add(int64(now - w.published.now))
	w.window.commands.Add(commands - w.published.commands)
	w.published = published{now, commands}
}

// abandon ends the programs of the host, which are coroutines, and the run.
func (w *world) abandon() {
	if w.sys != nil {
		w.sys.PowerFail(w.k.Now())
	}
	panic(abandoned{})
}
