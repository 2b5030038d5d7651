package lab

import (
	"fmt"
	"slices"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// SweepOptions says how to sweep a scenario.
type SweepOptions struct {
	Workers int           // sweeps at a time; 0 is one a processor
	Tail    time.Duration // how long after the event a sweep goes on
	Ledger  ledger.Level  // Promises, or Full to follow each row of parity as well; all other curves are the same
	Watch   *Watch        // sees how far it has come, and may end it early; nil is nobody
}

// Sweeps plays every case under every host and policy without a cut and says
// what a cut would have cost at each instant. Curves that the Watch has ended early
// are Partial, and no error.
func Sweeps(s *configs.Scenario, o SweepOptions) (*Curves, error) {
	d := describe(s)
	c := &Curves{Schema: CurvesSchema, Scenario: d.Scenario, Box: d.Box, Guesses: d.Guesses}
	sweeps, err := sweepAll(sweepPlans(s, o.Ledger), o)
	cut, err := asEarly(err)
	if c.Sweeps = sweeps; cut != nil {
		c.Sweeps, c.Partial = only(sweeps, cut.whole), cut.partial(0)
	}
	return c, err
}

// sweepAll makes the sweeps of some plans, in their order.
func sweepAll(plans []plan, o SweepOptions) ([]Sweep, error) {
	sweeps := make([]Sweep, len(plans))
	for i := range plans {
		plans[i].window = o.Watch
	}
	return sweeps, each(plans, o.Workers, func(i int, p plan) error {
		w, err := newWorld(p)
		if err == nil {
			sweeps[i] = w.sweep(o.Tail)
		}
		return err
	})
}

// sweepPlans lists the sweeps of a scenario in the order of the Curves.
func sweepPlans(s *configs.Scenario, detail ledger.Level) []plan {
	var plans []plan
	for i := range s.Cases {
		for _, h := range s.Hosts {
			for _, p := range s.Policies {
				pl := uncut(s, &s.Cases[i]).on(s.Box, h, p)
				pl.detail = detail
				plans = append(plans, pl)
			}
		}
	}
	return plans
}

// uncut is the plan of a case up to its first event that is more than a disk
// going away.
func uncut(s *configs.Scenario, c *configs.Case) plan {
	p := newPlan(s, c, nil)
	p.cut = power.Cut{}
	for i, st := range p.steps {
		if st.Kind != configs.Happen {
			continue
		}
		if st.Each || slices.ContainsFunc(st.Event, func(e power.Timed) bool { return !e.Event.OfDisk() }) {
			p.steps = p.steps[:i]
			break
		}
		p.quiet = i + 1
	}
	return p
}

// sweep plays the steps and lets the time of the tail pass. It listens from the
// step on at which the last disk has gone away.
func (w *world) sweep(tail time.Duration) Sweep {
	w.listen()
	out := Sweep{Case: w.run.Case, Host: w.run.Host, Policy: w.run.Policy, StartNS: int64(w.k.Now())}
	before := w.l.Writes()
	w.walk(w.quiet, len(w.steps))
	out.EventNS = int64(w.k.Now())
	w.l.Mark(w.k.Now())
	_, holdUp, _ := w.box.Protection(w.k.Now())
	w.sleep(w.k.Now().Add(tail))
	out.EndNS = int64(w.k.Now())
	out.Steps, out.Writes, out.Rows = w.run.Steps, uint64(w.l.Writes()-before), w.detail == ledger.Full
	w.describeCurves(&out, w.l.Finish(w.k.Now()), holdUp)
	return out
}

// walk takes some of the steps.
func (w *world) walk(from, to int) {
	for i := from; i < to; i++ {
		w.step = i
		w.l.Begin(i)
		w.take(w.steps[i])
	}
}

// listen sets the scene and begins the sweep of the ledger. It listens while the
// host under test boots, for a mount may write what is in a cache when the first
// step begins; with a disk that goes away first, from then on.
func (w *world) listen() *ledger.Sweep {
	w.furnish()
	if w.quiet > 0 {
		w.arrive()
		w.walk(0, w.quiet)
		w.idle()
	}
	s := w.box.Listen(w.k.Now(), w.detail == ledger.Full)
	if w.quiet == 0 {
		w.arrive()
	}
	w.l.From(w.k.Now())
	return s
}

// describeCurves turns what the ledger has found into what a reader sees; holdUp
// is that of a battery when the event comes.
func (w *world) describeCurves(out *Sweep, c ledger.Curves, holdUp time.Duration) {
	out.Instants = c.Instants
	for _, f := range c.Outages {
		o := Outage{Name: "any outage"}
		switch kind := w.policy.Protection.Kind; {
		case kind == firmware.Battery && f.Bridged:
			o.Name, o.HoldUpNS = "within the hold-up", int64(holdUp)
		case kind == firmware.Battery:
			o.Name, o.HoldUpNS = "beyond the hold-up", int64(holdUp)
		case kind == firmware.Vault && !f.Bridged:
			continue // flash outlasts every outage
		}
		o.Curves = append(o.Curves, curve("acknowledged", f.Acknowledged))
		o.Curves[0].Oldest = int64(f.Oldest)
		for class := ledger.BrokenWord; class > ledger.NoLoss; class-- {
			o.add(classNames[class], f.Class[class])
		}
		o.add("torn", f.Torn)
		o.add("write-hole", c.Hole)
		if !f.Bridged {
			o.add("surely", c.Surely)
			o.add("possibly", c.Possibly)
		}
		for _, cause := range f.Causes {
			o.Causes = append(o.Causes, curve(fmt.Sprintf("%s: %s", classNames[cause.Class], cause.Cause), cause.Figures))
		}
		out.Outages = append(out.Outages, o)
	}
	slices.Reverse(out.Outages) // the kinder first
}

// classNames are the classes as curves are called.
var classNames = map[ledger.Class]string{ledger.BrokenWord: "violation", ledger.AtRisk: "permitted",
	ledger.Damage: "collateral", ledger.InFlight: "in-flight"}

func (o *Outage) add(name string, f ledger.Figures) {
	if f.First >= 0 {
		o.Curves = append(o.Curves, curve(name, f))
	}
}

func curve(name string, f ledger.Figures) Curve {
	c := Curve{Name: name, AtEvent: f.AtMark, Worst: f.Worst, WorstNS: int64(f.WorstAt), Mean: f.Mean,
		ExposedNS: int64(f.Exposed), FirstNS: int64(f.First), LastNS: int64(f.Last)}
	for _, p := range f.Points {
		c.Points = append(c.Points, Point{FromNS: int64(p.From), ToNS: int64(p.To), Min: p.Least, Max: p.Most})
	}
	return c
}
