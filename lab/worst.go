package lab

import (
	"slices"
	"time"

	"tbraid/configs"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// DefaultTail is how long beyond the event a sweep looks: long enough for the
// destage timers of the presets (4 s and less) to come and for what they start to
// end.
const DefaultTail = 10 * time.Second

// Samples is at how many instants an event is tried that a sweep does not
// foretell: what host and box do after it has to be played.
const Samples = 33

// resolveCut turns the cut of a plan into one that a world can play: an instant.
func resolveCut(p plan) (power.Cut, Worst, error) {
	if p.cut.Kind == power.Every {
		return p.cut, Worst{}, &Refused{What: "cut every", Why: "a run has its event at one instant",
			Instead: "name one, as in 1.5s, +250ms or worst, or see every instant with tbraid curve"}
	}
	if p.cut.Kind != power.Worst || !p.cuttable() {
		return p.cut, Worst{}, nil
	}
	p.hope = nil // every instant counts, whatever is read after it
	find := p.worstSampled
	if p.foretold() {
		find = p.worstSwept
	}
	worst, err := find()
	if worst.Bytes == 0 {
		return power.Cut{}, worst, err // no instant costs anything: the event stays in its place
	}
	return power.Cut{Kind: power.FromStart, At: time.Duration(worst.AfterNS)}, worst, err
}

// Worst says which instant "the instant that costs most" was.
type Worst struct {
	AfterNS int64  `json:"after_ns"`          // from the start of the first step
	Bytes   uint64 `json:"bytes"`             // acknowledged and lost there; 0: at no instant
	Samples int    `json:"samples,omitempty"` // of so many that were re-simulated; 0: of every instant
}

// cuttable tells whether the plan has an event.
func (p plan) cuttable() bool {
	for _, s := range p.steps {
		if s.Kind == configs.Happen {
			return true
		}
	}
	return false
}

// cutStep is the step of the event that a cut moves, and what comes there.
func (p plan) cutStep() (int, power.Sequence) {
	for i, s := range p.steps {
		if s.Kind == configs.Happen {
			if s.Each {
				return i, p.event
			}
			return i, s.Event
		}
	}
	return len(p.steps), nil
}

// foretold tells whether a sweep knows what the event costs at any instant: one
// loss of the box's power, with nothing after it that could matter.
func (p plan) foretold() bool {
	_, q := p.cutStep()
	return len(q) == 1 && q[0].Event.OfBox()
}

// worstSwept is the instant that costs most, read off a sweep.
func (p plan) worstSwept() (Worst, error) {
	i, q := p.cutStep()
	p.steps, p.cut = p.steps[:i], power.Cut{}
	w, err := newWorld(p)
	if err != nil {
		return Worst{}, err
	}
	swept := w.sweep(DefaultTail)
	c := &swept.outage(q[0].Event.Outage).Curves[0]
	return Worst{AfterNS: c.WorstNS - swept.StartNS, Bytes: c.Worst}, nil
}

// worstSampled is the instant that costs most of some that are played.
func (p plan) worstSampled() (Worst, error) {
	worst := Worst{Samples: Samples}
	runs, times, err := p.sampled()
	for i := range runs {
		if lost := runs[i].Loss.Acknowledged(); lost > worst.Bytes {
			worst.Bytes, worst.AfterNS = lost, int64(times[i])
		}
	}
	return worst, err
}

// sampled plays the event at instants spread evenly over the steps before it.
func (p plan) sampled() (runs []Run, times []time.Duration, err error) {
	i, _ := p.cutStep()
	before := p
	before.steps, before.cut = p.steps[:i], power.Cut{}
	w, err := newWorld(before)
	if err != nil {
		return nil, nil, err
	}
	w.begin()
	start := w.k.Now()
	w.walk(0, len(w.steps))
	span := w.k.Now().Sub(start)
	for n := range Samples {
		at := span * time.Duration(n) / (Samples - 1)
		again := p
		again.cut = power.Cut{Kind: power.FromStart, At: at}
		w, err := newWorld(again)
		if err != nil {
			return nil, nil, err
		}
		runs, times = append(runs, w.play()), append(times, at)
	}
	return runs, times, nil
}

// EveryCut is Sweeps for a scenario of which the event is to come at every
// instant: a loss of the box's power is swept, any other event is played at
// instants spread evenly over the steps before it.
func EveryCut(s *configs.Scenario, o SweepOptions) (*Curves, error) {
	c, err := Sweeps(s, o)
	if err != nil || c.Partial != nil {
		return c, err
	}
	plans := matrix(s, Options{Watch: o.Watch})
	played := make([]Outage, len(plans))
	err = each(plans, o.Workers, func(i int, p plan) error {
		if !p.cuttable() || p.foretold() {
			return nil
		}
		runs, times, err := p.sampled()
		if err == nil {
			played[i] = sampledOutage(p, runs, times)
		}
		return err
	})
	cut, err := asEarly(err)
	c.Partial = cut.partial(len(c.Sweeps))
	for i, p := range plans {
		for k := range c.Sweeps {
			if w := &c.Sweeps[k]; played[i].Name != "" && w.of(p) {
				w.Outages = append(w.Outages, shifted(played[i], w.StartNS))
			}
		}
		if cut != nil && !cut.whole[i] {
			c.Sweeps = slices.DeleteFunc(c.Sweeps, func(w Sweep) bool { return w.of(p) })
		}
	}
	return c, err
}

// of tells whether the sweep is of the case, the host and the policy of a plan.
func (w *Sweep) of(p plan) bool {
	return w.Case == p.run.Case && w.Host == p.run.Host && w.Policy == p.run.Policy
}

// sampledOutage is what the samples show, as curves whose points are the samples.
func sampledOutage(p plan, runs []Run, times []time.Duration) Outage {
	o := Outage{Name: p.run.Event, Samples: len(runs)}
	for _, k := range []struct {
		name string
		of   func(Loss) uint64
	}{
		{"acknowledged", Loss.Acknowledged},
		{classNames[ledger.BrokenWord], func(l Loss) uint64 { return l.Violation }},
		{classNames[ledger.AtRisk], func(l Loss) uint64 { return l.Permitted }},
		{classNames[ledger.Damage], func(l Loss) uint64 { return l.Collateral }},
		{classNames[ledger.InFlight], func(l Loss) uint64 { return l.InFlight }},
	} {
		c := Curve{Name: k.name, FirstNS: -1, LastNS: -1}
		var sum uint64
		for i, at := range times {
			lost, next := k.of(runs[i].Loss), at
			if i+1 < len(times) {
				next = times[i+1]
			}
			sum += lost
			c.Points = append(c.Points, Point{FromNS: int64(at), ToNS: int64(next), Min: lost, Max: lost})
			if lost > c.Worst {
				c.Worst, c.WorstNS = lost, int64(at)
			}
			if lost > 0 {
				if c.FirstNS < 0 {
					c.FirstNS = int64(at)
				}
				c.LastNS = int64(next)
				c.ExposedNS += int64(next - at)
			}
			c.AtEvent = lost // of the last: the scenario's own instant
		}
		c.Mean = (sum + uint64(len(runs))/2) / uint64(len(runs))
		if k.name == "acknowledged" || c.FirstNS >= 0 {
			o.Curves = append(o.Curves, c)
		}
	}
	for i := range runs {
		o.Curves[0].Oldest = max(o.Curves[0].Oldest, runs[i].OldestNS)
	}
	return o
}

// shifted counts the times of an outage from power-on.
func shifted(o Outage, by int64) Outage {
	for i := range o.Curves {
		c := &o.Curves[i]
		c.WorstNS += by
		if c.FirstNS >= 0 {
			c.FirstNS, c.LastNS = c.FirstNS+by, c.LastNS+by
		}
		for k := range c.Points {
			c.Points[k].FromNS, c.Points[k].ToNS = c.Points[k].FromNS+by, c.Points[k].ToNS+by
		}
	}
	return o
}
