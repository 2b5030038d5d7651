package lab

import (
	"slices"

	"tbraid/sim"
	"tbraid/sim/power"
)

// cutShort unwinds what the script is in the middle of when the clock reaches
// the world's limit. It is thrown between two events of the kernel, never within
// one, so the parts are whole: they stand as they stood at that instant.
type cutShort struct{}

// attempt does what it is given and reports whether the limit cut it short. Then
// every event up to and including the limit has come, and the clock stands there.
func (w *world) attempt(do func()) (short bool) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case cutShort:
			short = true
		default:
			panic(cause)
		}
	}()
	do()
	return false
}

// advance lets the model run for as long as more says so and anything is left to
// happen. On the way, what is away comes back when its time has come.
func (w *world) advance(more func() bool) {
	for {
		stop := w.stop()
		look := w.nextBeat(stop)
		w.k.RunWhile(func() bool {
			if !more() {
				return false
			}
			at, any := w.k.Next()
			return any && at <= look
		})
		switch {
		case !more():
			return
		case look < stop:
			continue
		case stop == sim.Never:
			return
		}
		w.k.RunUntil(stop)
		w.giveBack()
		w.unwindAtLimit()
	}
}

// advanceUntil is advance until done is set, or until nothing is left to happen
// before limit.
func (w *world) advanceUntil(done *bool, limit sim.Time) {
	for {
		stop := w.stop()
		end := min(stop, limit)
		look := w.nextBeat(end)
		switch set := w.k.RunUntilSet(done, look); {
		case set:
			return
		case look < end:
			continue
		case stop > limit:
			return
		}
		w.k.RunUntil(stop)
		w.giveBack()
		w.unwindAtLimit()
	}
}

// sleep lets the model run up to and including time t.
func (w *world) sleep(t sim.Time) {
	for {
		stop := min(t, w.stop())
		look := w.nextBeat(stop)
		if w.k.RunUntil(look); look < stop {
			continue
		}
		switch {
		case w.giveBack(): // what came back may have something to do at once
		case w.k.Now() >= t:
			return
		default:
			w.unwindAtLimit()
		}
	}
}

// stop is when the model has to halt next: for the limit, or to give a supply back.
func (w *world) stop() sim.Time {
	stop := w.limit
	for _, a := range w.away {
		stop = min(stop, a.until)
	}
	return stop
}

func (w *world) unwindAtLimit() {
	if w.k.Now() >= w.limit {
		panic(cutShort{})
	}
}

// away is a supply that an event took, and when it returns.
type away struct {
	domain power.Domain
	until  sim.Time
}

// lose notes that the supply of some domains stays away until then; where it is
// away already, until the later of both.
func (w *world) lose(until sim.Time, domains ...power.Domain) {
	for _, d := range domains {
		i := slices.IndexFunc(w.away, func(a away) bool { return a.domain == d })
		if i < 0 {
			w.away = append(w.away, away{d, until})
			continue
		}
		w.away[i].until = max(w.away[i].until, until)
	}
}

// giveBack returns the supplies whose time has come, and reports whether there
// were any.
func (w *world) giveBack() (any bool) {
	now := w.k.Now()
	w.away = slices.DeleteFunc(w.away, func(a away) bool {
		if a.until > now {
			return false
		}
		any = true
		w.supply.Return(now, a.domain)
		if a.domain >= power.Disk0 {
			w.box.Array().Rejoin(int(a.domain - power.Disk0))
		}
		return true
	})
	return any
}

// allBack lets the time pass until every supply is back.
func (w *world) allBack() {
	for len(w.away) > 0 {
		latest := w.away[0].until
		for _, a := range w.away {
			latest = max(latest, a.until)
		}
		w.sleep(latest)
	}
}
