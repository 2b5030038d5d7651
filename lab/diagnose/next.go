package diagnose

import (
	"cmp"
	"math"
	"slices"

	"tbraid/configs"
)

// Effort beyond minutes of somebody's time, in minutes that one would rather spend.
const (
	powerPullMinutes = 30 // a hand at the plug, and what a cut does to the rest of the box
	kextMinutes      = 20 // a second machine, or another start of this one
	diskMinutes      = 90 // everything on the disk has to be put back
)

func effort(c *configs.Cost) int {
	n := max(c.Minutes, 1)
	if c.PowerPull {
		n += powerPullMinutes
	}
	if c.Kext {
		n += kextMinutes
	}
	if c.Destroys == configs.DestroysDisk {
		n += diskMinutes
	}
	return n
}

// leastBits is the least gain for which an experiment is proposed.
const leastBits = 0.02

// belief is how much weight each world of each explanation has.
type belief []held

type held struct {
	explanation int // an index
	state       int
	weight      float64
}

func beliefIn(all []candidate) belief {
	var b belief
	for i, c := range all {
		for _, f := range c.fits {
			b = append(b, held{i, f.state, c.prior * f.share / float64(c.worlds)})
		}
	}
	return b
}

func (b belief) weight() (sum float64) {
	for _, h := range b {
		sum += h.weight
	}
	return sum
}

// entropy is how open it is which explanation it is, in bits.
func (b belief) entropy() float64 {
	by := b.shares()
	e := 0.0
	for _, s := range by {
		if s.weight > 0 {
			e -= s.weight * math.Log2(s.weight)
		}
	}
	return e
}

// shares is the weight of each explanation, heaviest first; all of them are one.
func (b belief) shares() []held {
	all := b.weight()
	var by []held
	for _, h := range b {
		i := slices.IndexFunc(by, func(o held) bool { return o.explanation == h.explanation })
		if i < 0 {
			i = len(by)
			by = append(by, held{explanation: h.explanation})
		}
		by[i].weight += h.weight / all
	}
	slices.SortStableFunc(by, func(a, b held) int { return cmp.Compare(b.weight, a.weight) })
	return by
}

// outcome is what an experiment shows, and who says so.
type outcome struct {
	word string
	in   belief
}

// split sorts worlds by what an experiment shows in them, heaviest outcome first.
func (p *predictor) split(b belief, e *trial) []outcome {
	var all []outcome
	for _, h := range b {
		word := e.words[h.state]
		i := slices.IndexFunc(all, func(o outcome) bool { return o.word == word })
		if i < 0 {
			i = len(all)
			all = append(all, outcome{word: word})
		}
		all[i].in = append(all[i].in, h)
	}
	slices.SortStableFunc(all, func(a, b outcome) int { return cmp.Compare(b.in.weight(), a.in.weight()) })
	return all
}

// trial is an experiment with what it shows in each world that is left.
type trial struct {
	*configs.Experiment
	words map[int]string
}

// trials asks every experiment of every world that is left.
func (p *predictor) trials(b belief) ([]trial, error) {
	var states []int
	for _, h := range b {
		states = append(states, h.state)
	}
	var all []trial
	for i := range p.o.Experiments {
		e := &p.o.Experiments[i]
		v, err := p.experiment(e)
		if err != nil {
			return nil, err
		}
		if err := p.prepare(states, v); err != nil {
			return nil, err
		}
		t := trial{e, map[int]string{}}
		for _, st := range states {
			t.words[st] = p.in(st, v).word(e.Looks)
		}
		all = append(all, t)
	}
	return all, nil
}

// gain is how many bits an experiment is expected to tell, where others have split
// the worlds already.
func (p *predictor) gain(groups []belief, e *trial) float64 {
	all, bits := 0.0, 0.0
	for _, g := range groups {
		all += g.weight()
	}
	for _, g := range groups {
		bits += g.weight() / all * g.entropy()
		for _, o := range p.split(g, e) {
			bits -= o.in.weight() / all * o.in.entropy()
		}
	}
	return bits
}

// best is the experiment that tells most for its effort; nil if none tells anything.
func (p *predictor) best(groups []belief, all []trial) (*trial, float64) {
	var best *trial
	most, bits := 0.0, 0.0
	for i := range all {
		g := p.gain(groups, &all[i])
		if worth := g / float64(effort(&all[i].Cost)); g >= leastBits && worth > most*(1+1e-9) {
			best, most, bits = &all[i], worth, g
		}
	}
	return best, bits
}

// proposals is the order in which experiments are expected to separate what is left
// at least effort.
func (p *predictor) proposals(b belief, all []trial, ids []string, count int) []Proposal {
	groups := []belief{b}
	var out []Proposal
	for len(out) < count {
		e, bits := p.best(groups, all)
		if e == nil {
			break
		}
		c := &e.Cost
		pr := Proposal{ID: e.ID, Name: e.Name, Title: e.Title, Minutes: c.Minutes, Destroys: c.Destroys.String(),
			PowerPull: c.PowerPull, Kext: c.Kext, Effort: effort(c), Bits: rounded(bits)}
		for _, o := range p.split(b, e) {
			f := Forecast{Outcome: o.word, Share: rounded(o.in.weight() / b.weight())}
			for _, h := range o.in.shares() {
				f.Explanations = append(f.Explanations, ids[h.explanation])
			}
			pr.Predictions = append(pr.Predictions, f)
		}
		out = append(out, pr)
		var finer []belief
		for _, g := range groups {
			for _, o := range p.split(g, e) {
				finer = append(finer, o.in)
			}
		}
		groups = finer
	}
	return out
}

// deepest bounds a decision tree.
const deepest = 4

// tree is what to do next, and then.
func (p *predictor) tree(b belief, all []trial, ids []string, depth int) *Node {
	n := &Node{}
	for _, h := range b.shares() {
		n.Left = append(n.Left, ids[h.explanation])
	}
	if depth == 0 || len(n.Left) == 1 {
		return n
	}
	e, _ := p.best([]belief{b}, all)
	if e == nil {
		return n
	}
	n.ID, n.Name, n.Title = e.ID, e.Name, e.Title
	for _, o := range p.split(b, e) {
		n.Branches = append(n.Branches, Branch{o.word, rounded(o.in.weight() / b.weight()), p.tree(o.in, all, ids, depth-1)})
	}
	return n
}

// rounded is a share in steps of a ten-thousandth, so that the order of additions
// does not show.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }
