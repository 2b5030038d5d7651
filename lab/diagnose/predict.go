package diagnose

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/lab"
)

// predictor says what is seen when something is done in the world of a set. Each
// distinct pair of world and case is simulated once, and a set whose last mechanism
// cannot have acted shares the run of the set without it.
type predictor struct {
	o       *configs.Observations
	workers int
	watch   *lab.Watch // nil is nobody

	states []state
	known  map[string]int // states by name
	plays  []play
	played map[string]int // plays by what is done
	runs   map[run]*seen
	count  int // simulations
}

// state is a set with values for the unknowns that all observations share.
type state struct {
	set   set
	given configs.Given
	world *configs.World // nil until it is needed
	parts []part
	seen  map[int]*seen // by play
	// singles are the states of its mechanisms alone, and of none.
	singles []int
}

// part is the state without one of its mechanisms.
type part struct {
	mechanism int
	state     int
}

// play is something that is done, over a disk with a pattern on it.
type play struct {
	c     configs.Case
	other bool
	syncs bool // flushes are looked at, so that what only shows after an event counts without
}

// variant is a play, and whether the disk held zeros instead.
type variant struct {
	play  int
	zeros bool
	given configs.Given
}

type run struct {
	world configs.World
	play  int
}

func newPredictor(o *configs.Observations, workers int) *predictor {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &predictor{o: o, workers: workers, known: map[string]int{}, played: map[string]int{}, runs: map[run]*seen{}}
}

// state is the number of a set with what is given.
func (p *predictor) state(s set, given configs.Given) (int, error) {
	members := p.members(s)
	own := configs.Given{}
	var name strings.Builder
	fmt.Fprintf(&name, "%x", uint64(s))
	for _, u := range p.o.Shared(members) {
		own[u.Name] = given[u.Name]
		fmt.Fprintf(&name, " %s=%s", u.Name, given[u.Name])
	}
	if i, ok := p.known[name.String()]; ok {
		return i, nil
	}
	st := state{set: s, given: own, seen: map[int]*seen{}}
	for i := range p.o.Mechanisms {
		if s.has(i) {
			of, err := p.state(s&^(1<<i), given)
			if err != nil {
				return 0, err
			}
			st.parts = append(st.parts, part{i, of})
		}
	}
	if s.size() > 1 {
		for i := range p.o.Mechanisms {
			if s.has(i) {
				one, err := p.state(1<<i, given)
				if err != nil {
					return 0, err
				}
				st.singles = append(st.singles, one)
			}
		}
		none, err := p.state(0, given)
		if err != nil {
			return 0, err
		}
		st.singles = append(st.singles, none)
	}
	p.states = append(p.states, st)
	p.known[name.String()] = len(p.states) - 1
	return len(p.states) - 1, nil
}

// variants are the ways in which something may have been done, one for each
// combination of the unknowns in its steps.
func (p *predictor) variants(name string, s *configs.Script, volumes []configs.Volume, other, syncs bool) ([]variant, error) {
	var all []variant
	for _, g := range configs.Choices(p.o.Uses(s)) {
		c, err := p.o.Play(name, s, volumes, g)
		if err != nil {
			return nil, err
		}
		v := variant{given: g, zeros: overPattern(&c)}
		key := fmt.Sprint(other, syncs, c.Volumes)
		for _, st := range c.Steps {
			key += fmt.Sprintf("|%d %v %d %s %d %s", st.Kind, st.Extent, st.Content, st.Tool.Line, st.Wait, st.Event)
		}
		i, ok := p.played[key]
		if !ok {
			i = len(p.plays)
			p.plays, p.played[key] = append(p.plays, play{c, other, syncs}), i
		}
		v.play = i
		all = append(all, v)
	}
	return all, nil
}

// overPattern changes prefills with zeros, if all of them are, to prefills with a
// pattern, and tells whether it did: what the disk held changes no command and no
// time, so that one run serves both.
func overPattern(c *configs.Case) bool {
	any := false
	for _, st := range c.Steps {
		if st.Kind == configs.Prefill {
			if st.Content != workload.Zeros {
				return false
			}
			any = true
		}
	}
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		if c.Steps[i].Kind == configs.Prefill {
			c.Steps[i].Content = workload.Pattern
		}
	}
	return any
}

// at is what is seen in a state when a variant is done; prepare comes first.
func (p *predictor) at(st int, v variant) *seen {
	s := p.states[st].seen[v.play]
	if s == nil {
		panic("diagnose: a prediction that was not prepared")
	}
	if v.zeros {
		return s.overZeros()
	}
	return s
}

// question is a state and something done in it.
type question struct{ state, play int }

// in is what is seen in a state when an experiment is done, which has one variant for
// each state.
func (p *predictor) in(st int, all []variant) *seen {
	for _, v := range all {
		if p.concerns(st, v) {
			return p.at(st, v)
		}
	}
	panic("diagnose: an experiment that no state knows")
}

// prepare simulates what is needed to know what is seen in some states when some
// things are done.
func (p *predictor) prepare(states []int, variants []variant) error {
	var all []question
	for _, i := range states {
		for _, v := range variants {
			if p.concerns(i, v) {
				all = append(all, question{i, v.play})
			}
		}
	}
	return p.answer(all)
}

// concerns tells whether a variant has the values that a state has.
func (p *predictor) concerns(i int, v variant) bool {
	for name, value := range v.given {
		if own, ok := p.states[i].given[name]; ok && own != value {
			return false
		}
	}
	return true
}

// answer answers questions, those about smaller sets first: a set that cannot differ
// from a part of it takes over what the part has shown.
func (p *predictor) answer(all []question) error {
	var levels [MaxMechanisms + 1][]question
	asked := map[question]bool{}
	ask := func(q question) {
		if asked[q] || p.states[q.state].seen[q.play] != nil {
			return
		}
		asked[q] = true
		n := p.states[q.state].set.size()
		levels[n] = append(levels[n], q)
	}
	for _, q := range all {
		ask(q)
	}
	for n := MaxMechanisms; n > 0; n-- { // the parts that may answer come first
		if n < 2 {
			for _, q := range levels[n] {
				for _, part := range p.states[q.state].parts {
					ask(question{part.state, q.play})
				}
			}
			continue
		}
		if err := p.alone(levels[n]); err != nil {
			return err
		}
		for i := 0; i < len(levels[n]); i++ {
			q := levels[n][i]
			for _, part := range p.states[q.state].parts {
				if p.idleBeside(part.mechanism, q) {
					ask(question{part.state, q.play})
				}
			}
		}
	}
	for _, level := range levels {
		if err := p.level(level); err != nil {
			return err
		}
	}
	return nil
}

// alone answers questions about single mechanisms and about none, for the members of
// sets: what is idle beside one of them may be idle in the set.
func (p *predictor) alone(of []question) error {
	var all []question
	for _, q := range of {
		for _, i := range p.states[q.state].singles {
			all = append(all, question{i, q.play})
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b question) int { return cmp.Or(a.state-b.state, a.play-b.play) })
	return p.answer(slices.Compact(all))
}

// idleBeside tells whether a mechanism had nothing to act on in what a question does,
// with one other of its set alone or with none.
func (p *predictor) idleBeside(mechanism int, q question) bool {
	for _, i := range p.states[q.state].singles {
		st := &p.states[i]
		if s := st.seen[q.play]; !st.set.has(mechanism) && s != nil && p.idle(mechanism, s, q.play) {
			return true
		}
	}
	return false
}

// level answers questions about sets of one size.
func (p *predictor) level(all []question) error {
	var todo []run
	queued := map[run]bool{}
	var open []question
	for _, q := range all {
		if p.inherit(q) {
			continue
		}
		w, err := p.world(q.state)
		if err != nil {
			return err
		}
		r := run{*w, q.play}
		if open = append(open, q); p.runs[r] == nil && !queued[r] {
			queued[r] = true
			todo = append(todo, r)
		}
	}
	if err := p.simulate(todo); err != nil {
		return err
	}
	for _, q := range open {
		st := &p.states[q.state]
		st.seen[q.play] = p.runs[run{*st.world, q.play}]
	}
	return nil
}

// world is the world of a state.
func (p *predictor) world(i int) (*configs.World, error) {
	st := &p.states[i]
	if st.world == nil {
		w, err := p.o.World(p.members(st.set), st.given)
		if err != nil {
			return nil, err
		}
		st.world = &w
	}
	return st.world, nil
}

// inherit takes over what a part has shown, if the mechanism that it lacks had
// nothing to act on there: until it acts for the first time both runs are the same,
// so it never does.
func (p *predictor) inherit(q question) bool {
	st := &p.states[q.state]
	for _, part := range st.parts {
		if s := p.states[part.state].seen[q.play]; s != nil && p.idle(part.mechanism, s, q.play) {
			st.seen[q.play] = s
			return true
		}
	}
	return false
}

// idle tells whether a mechanism would have had nothing to act on in a run.
func (p *predictor) idle(mechanism int, s *seen, play int) bool {
	for _, t := range p.o.Mechanisms[mechanism].ActsOn {
		counts := p.plays[play].syncs && (t == configs.TraceEvent || t == configs.TraceStored)
		if !s.trail[t] && !counts {
			return true
		}
	}
	return false
}

// simulate plays runs, some at a time.
func (p *predictor) simulate(todo []run) error {
	results, errs := make([]*seen, len(todo)), make([]error, len(todo))
	next := make(chan int)
	var wait sync.WaitGroup
	p.watch.Expect(len(todo))
	for range min(p.workers, len(todo)) {
		wait.Go(func() {
			for i := range next {
				results[i], errs[i] = p.play(&todo[i])
			}
		})
	}
	for i := range todo {
		next <- i
	}
	close(next)
	wait.Wait()
	p.count += len(todo)
	for i, r := range todo {
		if errs[i] != nil {
			return errs[i]
		}
		p.runs[r] = results[i]
	}
	return nil
}

func (p *predictor) play(r *run) (*seen, error) {
	pl := &p.plays[r.play]
	s := p.o.Scenario(&r.world, &pl.c, pl.other)
	result, trail, err := lab.Try(s, p.o.Hosts[0].Name, p.watch)
	if err != nil {
		return nil, err
	}
	return seenIn(&result, trail), nil
}
