package diagnose

import (
	"slices"

	"tbraid/configs"
)

// conditions names what must hold of what was not noted, for an explanation: of each
// unknown the values under which everything can have been seen. joint tells that not
// every combination of those values will do.
func (p *predictor) conditions(c *candidate, obs []observed) (all []Condition, joint bool) {
	shared := p.o.Shared(p.members(c.set))
	var given []configs.Given
	for _, f := range c.fits {
		given = append(given, p.states[f.state].given)
	}
	named, product := narrowed("", shared, given)
	all, joint = named, len(given) < product
	for i := range obs {
		ob := &obs[i]
		local := p.o.Uses(&ob.Script)
		local = slices.DeleteFunc(slices.Clone(local), func(u configs.Unknown) bool {
			return slices.ContainsFunc(shared, func(s configs.Unknown) bool { return s.Name == u.Name })
		})
		var fitting []configs.Given
		of := 0
		for _, f := range c.fits {
			for _, v := range ob.variants {
				if !p.concerns(f.state, v) {
					continue
				}
				if of++; p.at(f.state, v).fits(&ob.Saw) {
					fitting = append(fitting, v.given)
				}
			}
		}
		if len(fitting) == of || len(local) == 0 {
			continue
		}
		named, product := narrowed(ob.Name, local, fitting)
		all = append(all, named...)
		joint = joint || len(fitting) < product*len(c.fits)
	}
	return all, joint
}

// narrowed are the unknowns of which not every value occurs, and how many combinations
// the values that occur make.
func narrowed(where string, of []configs.Unknown, given []configs.Given) (all []Condition, product int) {
	product = 1
	for _, u := range of {
		var values []string
		for _, v := range u.Values {
			if slices.ContainsFunc(given, func(g configs.Given) bool { return g[u.Name] == v }) {
				values = append(values, v)
			}
		}
		product *= len(values)
		if len(values) < len(u.Values) {
			all = append(all, Condition{where, u.Name, u.Title, values, u.Values})
		}
	}
	return all, product
}
