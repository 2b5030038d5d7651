package lab

import (
	"runtime"

	"tbraid/configs"
)

// measureForum plays the scenario forum under each of its hosts and events and all
// policies that there are, one run at a time. At scale s it plays as much of them.
func (o *BenchOptions) measureForum() (Cost, error) {
	s, err := configs.Load("forum", nil, nil)
	if err != nil {
		return Cost{}, err
	}
	s.Policies = configs.AllPolicies()
	c := Cost{Title: "the scenario forum under every policy, commands counted"}
	plans := matrix(s, Options{Ledger: o.Ledger})
	if o.Sweep {
		plans = sweepPlans(s, o.Ledger)
	}
	plans = plans[:max(1, min(len(plans), int(float64(len(plans))*o.Scale)))]
	g := newGauge(uint64(len(plans)))
	g.start()
	err = each(plans, 1, func(_ int, p plan) error {
		w, err := newWorld(p)
		if err != nil {
			return err
		}
		if o.Sweep {
			w.sweep(DefaultTail)
		} else {
			w.play()
		}
		g.look()
		c.Commands += w.link.Carried().Commands
		c.Events += w.k.Fired()
		c.Simulated += int64(w.k.Now())
		return nil
	})
	g.stop(&c)
	c.Requests = c.Commands
	runtime.KeepAlive(plans)
	return c, err
}
