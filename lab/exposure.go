package lab

import (
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

// expose sweeps each case under each host and policy and notes in their runs what it
// has found.
func expose(s *configs.Scenario, plans []plan, runs []Run, o Options) error {
	if o.Ledger == ledger.Off {
		return nil // nothing is judged
	}
	c, err := Sweeps(s, SweepOptions{Workers: o.Workers, Tail: DefaultTail, Ledger: o.Ledger})
	if err != nil {
		return err
	}
	for i, p := range plans {
		outage := power.DefaultOutage
		if p.foretold() {
			_, q := p.cutStep()
			outage = q[0].Event.Outage
		}
		for k := range c.Sweeps {
			if w := &c.Sweeps[k]; w.Case == p.run.Case && w.Host == p.run.Host && w.Policy == p.run.Policy {
				runs[i].Exposure = w.exposure(outage)
			}
		}
	}
	return nil
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
