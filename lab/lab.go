package lab

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/host"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// Unfinished is the error of a step that takes longer than the model waits. It is
// the scenario's doing, not a fault of the model.
type Unfinished struct {
	What  string
	After time.Duration // of simulated time
}

// Error says what to change.
func (u *Unfinished) Error() string {
	return fmt.Sprintf("%s takes more than %v of simulated time; make it smaller, or the box faster", u.What, u.After)
}

// Refused is the error of a scenario that asks for something that cannot come to
// pass, which shows only when it runs.
type Refused struct {
	What    string
	Why     string
	Instead string // what would work
}

// Error says what cannot be, why, and what would work.
func (r *Refused) Error() string { return fmt.Sprintf("%s: %s; %s", r.What, r.Why, r.Instead) }

// Options says how to run, not what: results do not depend on them.
type Options struct {
	Workers int   // runs at a time; 0 is one a processor
	Seams   Seams // which command logs to keep
	Ledger  ledger.Level
	Fates   bool // whether to map how the blocks fare that were written
	// Sweep asks for the Exposure of each run, or of those that SweepOf selects.
	Sweep   bool
	SweepOf func(*Run) bool // nil is all
	Watch   *Watch          // sees how far it has come, and may end it early; nil is nobody
	Changes bool            // try what would have kept what is lost, and at what price
	Extents int             // lost extents that a Run lists; 0 is DefaultExtents
}

// DefaultExtents is how many lost extents a Run lists if nothing else is asked
// for: enough to see what is gone, and no more than a page can show. The sums count
// them all.
const DefaultExtents = 256

// AllExtents is for Options.Extents.
const AllExtents = -1

// Broken is the error of a run in which the model contradicted itself: always a
// bug of the model, never of the scenario.
type Broken struct {
	Run   string
	Cause *sim.Crash
}

// Error says where to look.
func (b *Broken) Error() string {
	return fmt.Sprintf("the model contradicts itself in %s: %v", b.Run, b.Cause)
}

// Unwrap gives access to the kernel's report.
func (b *Broken) Unwrap() error { return b.Cause }

// Simulate runs a scenario: every case under every event, host and policy, then
// its controls and the search for rival explanations. A result that the Watch has
// ended early is Partial, and no error.
func Simulate(s *configs.Scenario, o Options) (*Result, error) {
	plans := matrix(s, o)
	first := len(plans)
	for _, c := range s.Controls {
		for _, p := range control(s, c) {
			p.detail, p.extents, p.window = o.Ledger, o.Extents, o.Watch
			plans = append(plans, p)
		}
	}
	runs, err := perform(plans, o.Workers)
	cut, err := asEarly(err)
	if err != nil {
		return nil, err
	}
	r := describe(s)
	r.Runs, r.Controls = runs[:first:first], runs[first:]
	if cut != nil {
		r.Runs, r.Controls = only(r.Runs, cut.whole[:first]), only(r.Controls, cut.whole[first:])
		r.Partial = cut.partial(0)
		return r, nil
	}
	made := len(plans)
	if o.Sweep {
		swept, err := expose(s, plans[:first], r.Runs, o)
		if cut, err = asEarly(err); err != nil {
			return nil, err
		}
		if r.Partial = cut.partial(made); r.Partial != nil {
			return r, nil
		}
		made += swept
	}
	if o.Changes {
		r.Changes, err = changes(s, plans[:first], r.Runs, o.Workers)
		if cut, err = asEarly(err); err != nil {
			return nil, err
		}
		if r.Partial = cut.partial(made); r.Partial != nil {
			return r, nil
		}
	}
	if o.Ledger != ledger.Off && shows(r, s.Explain) {
		r.Rivals, err = rivals(s, r.Runs, o)
		if cut, err = asEarly(err); err != nil {
			return nil, err
		}
		r.Partial = cut.partial(made)
	}
	return r, nil
}

// matrix lists the runs of a scenario in the order of the Result.
func matrix(s *configs.Scenario, o Options) []plan {
	var all []plan
	for _, c := range s.Cases {
		for _, e := range eventsOf(&c, s.Events) {
			for _, h := range s.Hosts {
				for _, p := range s.Policies {
					pl := newPlan(s, &c, e).on(s.Box, h, p)
					pl.seams, pl.detail, pl.extents, pl.mapped, pl.window = o.Seams, o.Ledger, o.Extents, o.Fates, o.Watch
					all = append(all, pl)
				}
			}
		}
	}
	return all
}

// eventsOf is what the case's "event: each" stands for, in turn; one empty
// sequence if it has no such step.
func eventsOf(c *configs.Case, events []power.Sequence) []power.Sequence {
	for _, st := range c.Steps {
		if st.Kind == configs.Happen && st.Each {
			return events
		}
	}
	return []power.Sequence{nil}
}

func newPlan(s *configs.Scenario, c *configs.Case, e power.Sequence) plan {
	p := plan{scenario: s, steps: c.Steps, volumes: c.Volumes, event: e, cut: s.Cut}
	p.run.Case = c.Name
	var all []string
	for _, st := range c.Steps {
		switch {
		case st.Kind == configs.Happen && st.Each:
			all = append(all, p.event.String())
		case st.Kind == configs.Happen:
			all = append(all, st.Event.String())
		}
	}
	p.run.Event = strings.Join(all, " + ")
	return p
}

// on is the plan on a box, with a host and a policy.
func (p plan) on(box configs.Box, h host.Profile, f firmware.Profile) plan {
	p.hardware, p.host, p.policy = box, h, f
	p.run.Host, p.run.Policy = h.Name, f.Name
	return p
}

// control is the run of one control, for each of its events.
func control(s *configs.Scenario, c configs.Control) []plan {
	k, ok := s.FindCase(c.Case)
	if _, used := s.FindPolicy(c.Policy.Name); !ok || !used {
		return nil // the scenario was narrowed to other policies
	}
	events := c.Events
	if events == nil {
		events = s.Events
	}
	var all []plan
	for _, e := range eventsOf(k, events) {
		if e != nil && !slices.ContainsFunc(s.Events, e.Equal) {
			continue // and to other events
		}
		p := newPlan(s, k, e).on(c.Box, c.Host, c.Policy)
		p.run.Control, p.run.Title = c.Name, c.Title
		all = append(all, p)
	}
	return all
}

// perform runs plans, some at a time, and returns their results in order.
func perform(plans []plan, workers int) ([]Run, error) {
	runs := make([]Run, len(plans))
	return runs, each(plans, workers, func(i int, p plan) (err error) {
		runs[i], err = p.perform()
		return err
	})
}

// perform plays the plan.
func (p plan) perform() (Run, error) {
	cut, worst, err := resolveCut(p)
	if err != nil {
		return Run{}, err
	}
	p.cut = cut
	w, err := newWorld(p)
	if err != nil {
		return Run{}, err
	}
	r := w.play()
	r.Worst = worst
	return r, nil
}

// each does something with every plan, some at a time, and returns the first
// error in the order of the plans. If there is none, and a watch has ended some of
// them, the error is an *early.
func each(plans []plan, workers int, do func(i int, p plan) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	whole, errs := make([]bool, len(plans)), make([]error, len(plans))
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(workers, len(plans)) {
		wait.Go(func() {
			for i := range next {
				p := &plans[i]
				if p.window.ended() {
					continue
				}
				err := p.guard(func() error { return do(i, *p) })
				if err == errAbandoned {
					continue
				}
				whole[i], errs[i] = true, err
				p.window.finished()
			}
		})
	}
	for i := range plans {
		plans[i].window.expect()
	}
	for i := range plans {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if slices.Contains(whole, false) {
		return &early{whole}
	}
	return nil
}

// guard turns what a world throws into an error.
func (p plan) guard(do func() error) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case abandoned:
			err = errAbandoned
		case *Unfinished:
			err = cause
		case *Refused:
			err = cause
		case *sim.Crash:
			err = &Broken{Run: p.title(), Cause: cause}
		default:
			err = &Broken{Run: p.title(), Cause: &sim.Crash{Seed: p.scenario.Seed, Cause: cause}}
		}
	}()
	return do()
}

func (p plan) title() string {
	return fmt.Sprintf("scenario %s, case %q, host %s, policy %s, event %q", p.scenario.Name, p.run.Case,
		p.run.Host, p.run.Policy, p.run.Event)
}

// describe fills in what a Result says of its scenario.
func describe(s *configs.Scenario) *Result {
	r := &Result{Schema: Schema, Events: []Named{}, Guesses: slices.Concat([]configs.Guess{}, s.Guesses), // a list is never null
		Scenario: ScenarioInfo{Name: s.Name, Title: s.Title, File: s.File, Seed: s.Seed, SHA256: s.Digest(),
			Sets: s.Sets, Cut: s.Cut.String(), CutText: s.Cut.Text(), Resolved: s.ResolvedJSON()},
		Box: BoxInfo{Name: s.Box.Name, Title: s.Box.Title, Level: s.Box.RAID.Level.String(), Members: s.Box.Members,
			VolumeBytes: s.Box.VolumeBytes(), CacheBytes: s.Box.Cache.Capacity, TearBytes: s.Box.Disk.Tear}}
	for _, h := range s.Hosts {
		r.Hosts = append(r.Hosts, Named{h.Name, h.Title, h.Source})
	}
	for i := range s.Policies {
		p := &s.Policies[i]
		r.Policies = append(r.Policies, Named{p.Name, p.Title, p.Source})
		r.Firmware = append(r.Firmware, policyInfo(p))
	}
	for _, c := range s.Cases {
		r.Cases = append(r.Cases, Named{Name: c.Name, Title: c.Title})
	}
	for _, e := range s.Events {
		r.Events = append(r.Events, Named{Name: e.String(), Title: e.Text()})
	}
	return r
}
