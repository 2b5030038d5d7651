package diagnose

import (
	"cmp"
	"math"
	"slices"

	"tbraid/configs"
)

// candidate is a set with the worlds in which it may be, as far as they fit.
type candidate struct {
	set    set
	fits   []fit   // worlds that fit everything so far
	worlds int     // all of them
	prior  float64 // before anything was seen
	weight float64 // prior times likelihood; not normalised
}

// fit is one world of a candidate, and how well it fits.
type fit struct {
	state int
	share float64 // likelihood of what was seen in it: of the combinations of what was not noted, the share that fits
}

// best is the world that fits best; the first of equals.
func (c *candidate) best() fit {
	best := c.fits[0]
	for _, f := range c.fits {
		if f.share > best.share {
			best = f
		}
	}
	return best
}

// candidates are all sets with all worlds.
func (p *predictor) candidates(faults int) ([]candidate, error) {
	var all []candidate
	for _, s := range p.explanations(faults) {
		states, err := p.stateOver(s)
		if err != nil {
			return nil, err
		}
		c := candidate{set: s, worlds: len(states), prior: p.prior(s)}
		for _, st := range states {
			c.fits = append(c.fits, fit{st, 1})
		}
		all = append(all, c)
	}
	return all, nil
}

// observed is an observation with the ways in which it may have been made.
type observed struct {
	*configs.Observation
	variants []variant
}

func (p *predictor) observe() ([]observed, error) {
	var all []observed
	for i := range p.o.Observed {
		ob := &p.o.Observed[i]
		syncs := ob.Saw.Driver != configs.Unsaid || ob.Saw.Firmware != configs.Unsaid
		v, err := p.variants(ob.Name, &ob.Script, ob.Volumes, ob.Other, syncs)
		if err != nil {
			return nil, err
		}
		all = append(all, observed{ob, v})
	}
	return all, nil
}

// share is the likelihood of an observation in a state.
func (p *predictor) share(state int, ob *observed) float64 {
	n, of := 0, 0
	for _, v := range ob.variants {
		if !p.concerns(state, v) {
			continue
		}
		if of++; p.at(state, v).fits(&ob.Saw) {
			n++
		}
	}
	return math.Pow(float64(n)/float64(of), float64(ob.Times))
}

// sift keeps of the candidates the worlds in which an observation can be made. It
// returns the candidates that are left.
func (p *predictor) sift(all []candidate, ob *observed) ([]candidate, error) {
	var states []int
	for _, c := range all {
		for _, f := range c.fits {
			states = append(states, f.state)
		}
	}
	if err := p.prepare(states, ob.variants); err != nil {
		return nil, err
	}
	var left []candidate
	for _, c := range all {
		var fits []fit
		for _, f := range c.fits {
			if f.share *= p.share(f.state, ob); f.share > 0 {
				fits = append(fits, f)
			}
		}
		if c.fits = fits; len(fits) > 0 {
			left = append(left, c)
		}
	}
	return left, nil
}

// weigh gives each candidate its weight and sorts them, heaviest first.
func weigh(all []candidate) {
	for i := range all {
		c := &all[i]
		c.weight = 0
		for _, f := range c.fits {
			c.weight += c.prior * f.share / float64(c.worlds)
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.set.size(), b.set.size()), cmp.Compare(a.set, b.set))
	})
}

// minimal are the candidates without what a part of them explains as well: where a
// part fits in the same state of what is shared, the whole explains nothing more.
func (p *predictor) minimal(all []candidate) []candidate {
	where := func(f fit) string {
		text := ""
		for _, u := range p.o.Shared(nil) {
			text += p.states[f.state].given[u.Name] + "|"
		}
		return text
	}
	by := map[string][]set{}
	for _, c := range all {
		for _, f := range c.fits {
			k := where(f)
			if n := len(by[k]); n == 0 || by[k][n-1] != c.set {
				by[k] = append(by[k], c.set)
			}
		}
	}
	var out []candidate
	for _, c := range all {
		var fits []fit
		for _, f := range c.fits {
			if !slices.ContainsFunc(by[where(f)], func(o set) bool { return o != c.set && o.within(c.set) }) {
				fits = append(fits, f)
			}
		}
		if c.fits = fits; len(fits) > 0 {
			out = append(out, c)
		}
	}
	return out
}
