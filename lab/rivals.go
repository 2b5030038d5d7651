package lab

import (
	"slices"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/host"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
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
	for _, h := range s.Hosts {
		for _, p := range append(slices.Clone(s.Policies), configs.AllPolicies()...) {
			if _, own := s.FindPolicy(p.Name); !own && p.Hole != firmware.HoleOpen {
				continue // what becomes of the hole changes nothing while no member is missing
			}
			if !slices.ContainsFunc(pairs, func(o pair) bool { return o.host.Name == h.Name && o.policy.Name == p.Name }) {
				pairs = append(pairs, pair{h, p})
			}
		}
	}
	hoping := func(of *configs.Case, c pair, words ...string) plan {
		p := newPlan(s, of, s.Events[0]).on(s.Box, c.host, c.policy)
		p.hope, p.window = words, o.Watch
		return p
	}
	// Most pairs lose nothing in the first case, and then the second need not be played.
	plans := make([]plan, len(pairs))
	for i, c := range pairs {
		plans[i] = hoping(lost, c, "old", "zeros")
	}
	runs, err := complete(plans, known, o.Workers)
	if err != nil {
		return nil, err
	}
	var losing []pair
	plans = nil
	for i, c := range pairs {
		if sees(&runs[i], "old", "zeros") {
			losing, plans = append(losing, c), append(plans, hoping(kept, c, "correct"))
		}
	}
	if runs, err = complete(plans, known, o.Workers); err != nil {
		return nil, err
	}
	var found []Rival
	var timed []plan
	for i, c := range losing {
		r := &runs[i]
		if !sees(r, "correct") || r.ReadBack == nil || r.ReadBack.Word != "correct" {
			continue
		}
		found = append(found, Rival{Host: c.host.Name, Policy: c.policy.Name, Title: c.policy.Title})
		p := hoping(kept, c, "correct")
		p.muted = readBacks(kept, r)
		timed = append(timed, p)
	}
	if runs, err = complete(timed, nil, o.Workers); err != nil {
		return nil, err
	}
	for i := range found {
		found[i].ByTime = sees(&runs[i], "correct")
	}
	return found, nil
}

// complete performs the plans of which no run is known yet. Of one without hope there
// is an empty Run: nothing that was hoped for is seen in it.
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
	return runs, each(rest, workers, func(i int, p plan) error {
		err := p.guard(func() (err error) {
			runs[at[i]], err = p.perform()
			return err
		})
		if err == errAbandoned && !p.window.ended() {
			return nil
		}
		return err
	})
}

// hopeless tells whether a tool has read something after the last event that cannot be
// all of one of the words that the plan hopes for: whatever comes behind it, the word
// will be another one.
func (w *world) hopeless() bool {
	if w.hope == nil || !w.happened || w.rewritten || w.tool == nil || w.tool.acked == nil || w.eventAhead() {
		return false
	}
	readings := w.sys.Readings()
	if len(readings) == 0 {
		return false
	}
	runs := readings[len(readings)-1].Runs
	r := newReader(w.l, w.tool.acked, w.silent)
	r.add(runs[max(0, len(runs)-1):])
	word := r.found.word()
	return word != "" && !slices.Contains(w.hope, word) && !w.writing()
}

// eventAhead tells whether an event is still to come.
func (w *world) eventAhead() bool {
	return slices.ContainsFunc(w.steps[w.step:], func(s configs.Step) bool { return s.Kind == configs.Happen })
}

// writing tells whether a WRITE has not ended: if it fails, it was its content that a
// tool should have read.
func (w *world) writing() bool {
	for v := range w.l.Writes() {
		if one := w.l.Written(block.Version(v + 1)); !one.Extent.Empty() && one.Promise == ledger.Unacknowledged && !one.Failed {
			return true
		}
	}
	return false
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
