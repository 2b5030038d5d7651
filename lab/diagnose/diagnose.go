package diagnose

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/lab"
)

// Options says how to work. Results do not depend on Workers.
type Options struct {
	Workers int        // runs at a time; 0 is one a processor
	Faults  int        // how many an explanation may have; 0 is DefaultFaults
	Watch   *lab.Watch // sees how far it has come, and may end it: then the error is lab.ErrEnded; nil is nobody
}

// DefaultFaults is how many faults an explanation may have.
const DefaultFaults = 3

// proposed is how many experiments are proposed.
const proposed = 3

// Diagnose finds what explains observations, and what to do next.
func Diagnose(o *configs.Observations, opt Options) (*Result, error) {
	if len(o.Mechanisms) > MaxMechanisms {
		return nil, fmt.Errorf("diagnose: %d mechanisms, and at most %d", len(o.Mechanisms), MaxMechanisms)
	}
	if opt.Faults <= 0 {
		opt.Faults = DefaultFaults
	}
	p := newPredictor(o, opt.Workers)
	p.watch = opt.Watch
	obs, err := p.observe()
	if err != nil {
		return nil, err
	}
	all, err := p.candidates(opt.Faults)
	if err != nil {
		return nil, err
	}
	r := p.describe(obs, len(all), opt.Faults)
	fit, err := p.siftAll(all, obs)
	if err != nil {
		return nil, err
	}
	if len(fit) == 0 {
		if r.Contradiction, err = p.contradiction(all, obs); err != nil {
			return nil, err
		}
	}
	left := p.minimal(fit)
	weigh(left)
	r.Larger = len(fit) - len(left)
	if err := p.explain(r, left, obs); err != nil {
		return nil, err
	}
	if err := p.stand(r, fit, left, obs); err != nil {
		return nil, err
	}
	if len(left) > 0 {
		b := beliefIn(left)
		trials, err := p.trials(b)
		if err != nil {
			return nil, err
		}
		ids := make([]string, len(left))
		for i, c := range left {
			ids[i] = p.ids(c.set)
		}
		r.Next = p.proposals(b, trials, ids, proposed)
		r.Tree = p.tree(b, trials, ids, deepest)
	}
	r.Runs = p.count
	return r, nil
}

func (p *predictor) describe(obs []observed, sets, faults int) *Result {
	o := p.o
	r := &Result{Schema: Schema, Name: o.Name, Title: o.Title, Source: o.Source, File: o.File, Seed: o.Seed, Sets: sets, Faults: faults,
		Explanations: []Explanation{}, Next: []Proposal{}}
	for _, ob := range obs {
		r.Observed = append(r.Observed, Made{ob.Name, ob.Title, ob.Saw.String(), ob.Times, len(ob.variants)})
	}
	for _, u := range o.Unknown {
		r.Unknown = append(r.Unknown, Open{u.Name, u.Title, u.Values})
	}
	for i, h := range o.Hosts[1:] {
		if i == 0 && !slices.ContainsFunc(o.Observed, func(ob configs.Observation) bool { return ob.Other }) {
			r.Missing = append(r.Missing, h.Name)
		}
	}
	return r
}

// sampled is how many candidates tell which observation to look at next.
const sampled = 40

// siftAll keeps the candidates under which all observations can have been made. The
// order does not matter for what is left, only for what it takes: the observation
// comes next that throws out most of a sample for the runs that it needs.
func (p *predictor) siftAll(all []candidate, obs []observed) ([]candidate, error) {
	rest := make([]int, len(obs))
	for i := range rest {
		rest[i] = i
	}
	for len(rest) > 0 && len(all) > 0 {
		next, err := p.sharpest(all, obs, rest)
		if err != nil {
			return nil, err
		}
		if all, err = p.sift(all, &obs[next]); err != nil {
			return nil, err
		}
		rest = slices.DeleteFunc(rest, func(i int) bool { return i == next })
	}
	return all, nil
}

func (p *predictor) sharpest(all []candidate, obs []observed, rest []int) (int, error) {
	if len(rest) == 1 {
		return rest[0], nil
	}
	step := max(len(all)/sampled, 1)
	best, most := rest[0], -1.0
	for _, i := range rest {
		out, of := 0, 0
		var some []candidate
		for k := 0; k < len(all); k += step {
			some = append(some, candidate{set: all[k].set, fits: all[k].fits[:1]})
			of++
		}
		left, err := p.sift(some, &obs[i])
		if err != nil {
			return 0, err
		}
		out = of - len(left)
		if worth := float64(out) / float64(of*len(obs[i].variants)); worth > most {
			best, most = i, worth
		}
	}
	return best, nil
}

// explain turns candidates into explanations.
func (p *predictor) explain(r *Result, left []candidate, obs []observed) error {
	sum := 0.0
	for _, c := range left {
		sum += c.weight
	}
	for i := range left {
		c := &left[i]
		e := Explanation{ID: p.ids(c.set), Share: rounded(c.weight / sum), Prior: rounded(c.prior), Likelihood: c.weight / c.prior}
		e.Arithmetic = p.arithmetic(c, sum)
		for _, m := range p.members(c.set) {
			e.Mechanisms, e.Names, e.Titles = append(e.Mechanisms, m.ID), append(e.Names, m.Name), append(e.Titles, m.Title)
			for _, f := range m.Fix {
				e.Fixes = append(e.Fixes, Mended{m.ID, f.Layer, f.Title})
			}
		}
		e.Conditions, e.Joint = p.conditions(c, obs)
		var err error
		if e.Needs, err = p.needs(c, obs); err != nil {
			return err
		}
		if e.Bad, err = p.mend(c, obs); err != nil {
			return err
		}
		e.Good = e.Bad == ""
		e.Likelihood = rounded(e.Likelihood)
		r.Explanations = append(r.Explanations, e)
	}
	return nil
}

// arithmetic shows how a weight came to be.
func (p *predictor) arithmetic(c *candidate, sum float64) string {
	var odds []string
	for _, m := range p.members(c.set) {
		odds = append(odds, fmt.Sprintf("%s %d/%d", m.ID, m.Prior, 100-m.Prior))
	}
	if len(odds) == 0 {
		odds = []string{"1"}
	}
	share := 0.0
	for _, f := range c.fits {
		share += f.share
	}
	return fmt.Sprintf("odds %s = %.4f; x %.4f, the shares of what was not noted in %d of %d worlds that fit (%.4f in all) = %.6f of %.6f",
		strings.Join(odds, " x "), c.prior, c.weight/c.prior, len(c.fits), c.worlds, share, c.weight, sum)
}

// needs finds for each observation which mechanisms of an explanation it needs: those
// without which it is no longer seen, in the world that fits best. Observations that
// need the same are joined.
func (p *predictor) needs(c *candidate, obs []observed) ([]Need, error) {
	st := c.best().state
	var all []Need
	for i := range obs {
		var ids []string
		for k := range p.o.Mechanisms {
			if !c.set.has(k) {
				continue
			}
			without, err := p.state(c.set&^(1<<k), p.states[st].given)
			if err != nil {
				return nil, err
			}
			if err := p.prepare([]int{without}, obs[i].variants); err != nil {
				return nil, err
			}
			if p.share(without, &obs[i]) == 0 {
				ids = append(ids, p.o.Mechanisms[k].ID)
			}
		}
		if ids == nil {
			continue // it is seen without any fault
		}
		k := slices.IndexFunc(all, func(n Need) bool { return slices.Equal(n.Mechanisms, ids) })
		if k < 0 {
			k = len(all)
			all = append(all, Need{Mechanisms: ids})
		}
		all[k].Observations = append(all[k].Observations, obs[i].Name)
	}
	return all, nil
}

// stand says what has become of each mechanism.
func (p *predictor) stand(r *Result, fit, left []candidate, obs []observed) error {
	sum := 0.0
	var alive set
	for _, c := range left {
		sum += c.weight
	}
	for _, c := range fit {
		alive |= c.set
	}
	for i := range p.o.Mechanisms {
		m := &p.o.Mechanisms[i]
		s := Standing{ID: m.ID, Name: m.Name, Title: m.Title, Source: m.Source, Grade: m.Grade.String(), Role: m.Role.String(),
			Prior: m.Prior, RuledOut: !alive.has(i)}
		for _, c := range left {
			if c.set.has(i) {
				s.Share += c.weight / sum
			}
		}
		s.Share = rounded(s.Share)
		for k := range obs {
			instead, err := p.clash(1<<i, &obs[k])
			if err != nil {
				return err
			}
			if instead != "" {
				s.Against = append(s.Against, Clash{obs[k].Name, instead})
			}
		}
		r.Mechanisms = append(r.Mechanisms, s)
	}
	return nil
}

// clash says what is seen under a set in place of an observation that is seen without
// any fault; empty if it can be seen under the set too, or needs a fault.
func (p *predictor) clash(s set, ob *observed) (string, error) {
	for _, part := range []set{0, s} {
		states, err := p.stateOver(part)
		if err != nil {
			return "", err
		}
		if err := p.prepare(states, ob.variants); err != nil {
			return "", err
		}
		fits := slices.ContainsFunc(states, func(st int) bool { return p.share(st, ob) > 0 })
		switch {
		case part == 0 && !fits, part != 0 && fits:
			return "", nil
		case part != 0:
			return p.in(states[0], ob.variants).against(&ob.Saw), nil
		}
	}
	return "", nil
}

// contradiction is the smallest part of the observations that no set explains.
func (p *predictor) contradiction(all []candidate, obs []observed) ([]string, error) {
	seen := map[uint64]bool{}
	masks := map[int]uint64{}
	for i := range obs {
		left, err := p.sift(fresh(all), &obs[i])
		if err != nil {
			return nil, err
		}
		for _, c := range left {
			for _, f := range c.fits {
				masks[f.state] |= 1 << i
			}
		}
	}
	for _, m := range masks {
		seen[m] = true
	}
	for size := 1; size <= min(len(obs), largestPart); size++ {
		for part := uint64(1)<<size - 1; part < 1<<len(obs); part = nextOfSize(part) {
			explained := false
			for m := range seen {
				explained = explained || part&^m == 0
			}
			if !explained {
				var names []string
				for i := range obs {
					if part>>i&1 != 0 {
						names = append(names, obs[i].Name)
					}
				}
				return names, nil
			}
		}
	}
	var names []string
	for i := range obs {
		names = append(names, obs[i].Name)
	}
	return names, nil
}

// largestPart bounds the search for a part of the observations that contradicts
// itself; a larger one is named as all of them.
const largestPart = 5

// fresh are the candidates before anything was sifted.
func fresh(all []candidate) []candidate {
	out := slices.Clone(all)
	for i := range out {
		out[i].fits = slices.Clone(out[i].fits)
	}
	return out
}

// nextOfSize is the next number with as many bits (Gosper's hack).
func nextOfSize(x uint64) uint64 {
	low := x & -x
	up := x + low
	return up | (x^up)>>(2+bits.TrailingZeros64(low))
}
