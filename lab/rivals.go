package lab

import (
	"slices"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/host"
	"tbraid/sim/power"
)

// rivals finds every combination of a host of the scenario and a policy preset
// that shows the pair of observations that the scenario wants explained: reading
// back after the first event, one case finds its data gone and the other finds
// them there. For each it asks whether the read-back itself or the time that it
// took made the difference.
func rivals(s *configs.Scenario, known []Run, o Options) ([]Rival, error) {
	lost, okLost := s.FindCase(s.Explain.Lost)
	kept, okKept := s.FindCase(s.Explain.Kept)
	if !okLost || !okKept || len(s.Events) == 0 {
		return nil, nil
	}
	type pair struct {
		host   host.Profile
		policy firmware.Profile
	}
	var pairs []pair
	var plans []plan
	for _, h := range s.Hosts {
		for _, p := range append(slices.Clone(s.Policies), configs.AllPolicies()...) {
			if _, own := s.FindPolicy(p.Name); !own && p.Hole != firmware.HoleOpen {
				continue // what becomes of the hole changes nothing while no member is missing
			}
			if !slices.ContainsFunc(pairs, func(o pair) bool { return o.host.Name == h.Name && o.policy.Name == p.Name }) {
				pairs = append(pairs, pair{h, p})
				plans = append(plans, variant(s, lost, h, p, s.Events[0]), variant(s, kept, h, p, s.Events[0]))
			}
		}
	}
	for i := range plans {
		plans[i].window = o.Watch
	}
	runs, err := complete(plans, known, o.Workers)
	if err != nil {
		return nil, err
	}
	var found []Rival
	var timed []plan
	for i, c := range pairs {
		a, b := &runs[2*i], &runs[2*i+1]
		if !sees(a, "old", "zeros") || !sees(b, "correct") || b.ReadBack == nil || b.ReadBack.Word != "correct" {
			continue
		}
		found = append(found, Rival{Host: c.host.Name, Policy: c.policy.Name, Title: c.policy.Title})
		p := variant(s, kept, c.host, c.policy, s.Events[0])
		p.muted, p.window = readBacks(kept, b), o.Watch
		timed = append(timed, p)
	}
	if runs, err = perform(timed, o.Workers); err != nil {
		return nil, err
	}
	for i := range found {
		found[i].ByTime = sees(&runs[i], "correct")
	}
	return found, nil
}

// complete performs the plans of which no run is known yet.
func complete(plans []plan, known []Run, workers int) ([]Run, error) {
	runs := make([]Run, len(plans))
	var rest []plan
	var at []int
	for i, p := range plans {
		k := slices.IndexFunc(known, func(r Run) bool {
			return r.Case == p.run.Case && r.Host == p.run.Host && r.Policy == p.run.Policy && r.Event == p.run.Event
		})
		if k >= 0 {
			runs[i] = known[k]
			continue
		}
		rest, at = append(rest, p), append(at, i)
	}
	done, err := perform(rest, workers)
	for i := range done {
		runs[at[i]] = done[i]
	}
	return runs, err
}

// shows tells whether some combination of the scenario's own shows the pair, so
// that the question for others comes up.
func shows(r *Result, e configs.Explain) bool {
	lost := map[[3]string]bool{}
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Case == e.Lost && sees(run, "old", "zeros") {
			lost[[3]string{run.Host, run.Policy, run.Event}] = true
		}
	}
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Case == e.Kept && sees(run, "correct") && lost[[3]string{run.Host, run.Policy, run.Event}] {
			return true
		}
	}
	return false
}

func variant(s *configs.Scenario, c *configs.Case, h host.Profile, p firmware.Profile, e power.Sequence) plan {
	return newPlan(s, c, e).on(s.Box, h, p)
}

// sees tells whether the tools read one of these words after the event.
func sees(r *Run, words ...string) bool {
	for _, w := range words {
		if r.ReadAfter != nil && r.ReadAfter.Word == w {
			return true
		}
	}
	return false
}

// readBacks says how long the read-backs before the event took, by step.
func readBacks(c *configs.Case, r *Run) map[int]time.Duration {
	took := map[int]time.Duration{}
	for i, st := range c.Steps {
		if st.Kind == configs.Happen {
			break
		}
		if st.Kind == configs.Run && st.Tool.ReadBack {
			took[i] = time.Duration(r.Steps[i].EndNS - r.Steps[i].StartNS)
		}
	}
	return took
}
