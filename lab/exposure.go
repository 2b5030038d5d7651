package lab

import (
	"slices"
	"time"

	"tbraid/configs"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// Exposure is what a loss of the box's power would have taken of acknowledged bytes,
// over every instant from the first step of the case until DefaultTail beyond its
// event. It is read off a sweep. The power stays away as long as that event lets it, or
// if it is another kind of event, for power.DefaultOutage.
type Exposure struct {
	Outage       string `json:"outage"` // any outage, within the hold-up, beyond the hold-up
	SweptNS      int64  `json:"swept_ns"`
	Worst        uint64 `json:"worst_bytes"`
	WorstAfterNS int64  `json:"worst_after_ns"` // the first instant of the worst, from the start of the first step
	Mean         uint64 `json:"mean_bytes"`
	ExposedNS    int64  `json:"exposed_ns"` // for how long a cut would take something
	OldestNS     int64  `json:"oldest_ns"`  // the greatest age of a byte that a cut would take
}

// expose sweeps the cases, hosts and policies of the runs that an Exposure is asked
// for, notes in them what it has found, and returns how many sweeps it has made.
func expose(s *configs.Scenario, plans []plan, runs []Run, o Options) (int, error) {
	if o.Ledger == ledger.Off {
		return 0, nil // nothing is judged
	}
	asked := func(i int) bool { return o.SweepOf == nil || o.SweepOf(&runs[i]) }
	all := slices.DeleteFunc(sweepPlans(s, o.Ledger), func(sweep plan) bool {
		for i, p := range plans {
			if asked(i) && p.run.Case == sweep.run.Case && p.run.Host == sweep.run.Host && p.run.Policy == sweep.run.Policy {
				return false
			}
		}
		return true
	})
	sweeps, err := sweepAll(all, SweepOptions{Workers: o.Workers, Tail: DefaultTail, Watch: o.Watch})
	if err != nil {
		return 0, err
	}
	for i, p := range plans {
		outage := power.DefaultOutage
		if p.foretold() {
			_, q := p.cutStep()
			outage = q[0].Event.Outage
		}
		for k := range sweeps {
			if w := &sweeps[k]; asked(i) && w.of(p) {
				runs[i].Exposure = w.exposure(outage)
			}
		}
	}
	return len(sweeps), nil
}

// exposure is the sweep in short, for a power that stays away so long.
func (w *Sweep) exposure(outage time.Duration) *Exposure {
	o := w.outage(outage)
	c := &o.Curves[0]
	return &Exposure{Outage: o.Name, SweptNS: w.EndNS - w.StartNS, Worst: c.Worst, WorstAfterNS: c.WorstNS - w.StartNS,
		Mean: c.Mean, ExposedNS: c.ExposedNS, OldestNS: c.Oldest}
}

// outage is the fate of a cut whose power comes back after so long: within the
// hold-up of a battery, or not.
func (w *Sweep) outage(d time.Duration) *Outage {
	if first := &w.Outages[0]; len(w.Outages) > 1 && int64(d) <= first.HoldUpNS {
		return first
	}
	return &w.Outages[len(w.Outages)-1]
}
