package diagnose

import (
	"math/bits"
	"strings"

	"tbraid/configs"
)

// set is some of the mechanisms: bit i is mechanism i of the observations.
type set uint64

// MaxMechanisms is how many mechanisms there can be.
const MaxMechanisms = 64

func (s set) size() int         { return bits.OnesCount64(uint64(s)) }
func (s set) has(i int) bool    { return s>>i&1 != 0 }
func (s set) within(o set) bool { return s&^o == 0 }

// members are the mechanisms of a set, in order.
func (p *predictor) members(s set) []*configs.Mechanism {
	var all []*configs.Mechanism
	for i := range p.o.Mechanisms {
		if s.has(i) {
			all = append(all, &p.o.Mechanisms[i])
		}
	}
	return all
}

// ids names a set: M3+M5.
func (p *predictor) ids(s set) string {
	var all []string
	for _, m := range p.members(s) {
		all = append(all, m.ID)
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, "+")
}

// explanations lists all sets that are looked at: nothing at all, each control alone,
// and up to so many faults with at most one modifier. Sets of which two settings
// contradict each other cannot be. Sets come after their parts.
func (p *predictor) explanations(faults int) []set {
	all := []set{0}
	for i := range p.o.Mechanisms {
		if p.o.Mechanisms[i].Role == configs.Reference {
			all = append(all, 1<<i)
		}
	}
	grown := []set{0}
	for size := 1; size <= faults; size++ {
		var next []set
		for _, s := range grown {
			for i := bits.Len64(uint64(s)); i < len(p.o.Mechanisms); i++ {
				if p.o.Mechanisms[i].Role == configs.Fault && p.agrees(s, i) {
					next = append(next, s|1<<i)
				}
			}
		}
		all, grown = append(all, next...), next
	}
	for _, s := range all {
		for i := range p.o.Mechanisms {
			if p.o.Mechanisms[i].Role == configs.Modifier && !p.controlled(s) && p.agrees(s, i) {
				all = append(all, s|1<<i)
			}
		}
	}
	return all
}

func (p *predictor) controlled(s set) bool {
	for _, m := range p.members(s) {
		if m.Role == configs.Reference {
			return true
		}
	}
	return false
}

// agrees tells whether mechanism i can be beside those of a set.
func (p *predictor) agrees(s set, i int) bool {
	for _, m := range p.members(s) {
		for _, a := range m.Set {
			for _, b := range p.o.Mechanisms[i].Set {
				if a.Clashes(b) {
					return false
				}
			}
		}
	}
	return true
}

// prior is how likely a set is before anything was observed: each of its mechanisms
// is there, and every one that is not is not. So a larger set must earn its size.
func (p *predictor) prior(s set) float64 {
	weight := 1.0
	for i := range p.o.Mechanisms {
		m := &p.o.Mechanisms[i]
		if m.Role == configs.Reference {
			continue
		}
		if one := float64(m.Prior) / 100; s.has(i) {
			weight *= one / (1 - one)
		}
	}
	return weight
}
