package diagnose

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"tbraid/configs"
)

var (
	planted       = flag.Int("planted", 12, "how many explanations to plant")
	plantedFaults = flag.Int("planted-faults", 1, "and with how many faults at most")
)

// draws bounds the draws for one planted explanation.
const draws = 200

// furtherMade is how many experiments were made besides what the thread reports.
const furtherMade = 6

// An explanation is planted with random values of all that is not known. The model
// makes the observations of the thread under it, and some experiments, drawn anew for
// each; the diagnosis has nothing else. It must never contradict what was planted, and
// rank it among the first three. From what the thread reports alone, the experiments
// that it proposes must tell what was planted from the rest, in few steps. A planted
// explanation of which a part shows the same could not be told by anyone: then another
// is drawn.
func TestPlanted(t *testing.T) {
	_, p, obs := thread(t)
	all, err := p.candidates(*plantedFaults)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 805570))
	extra := experimented(t, p)
	first, alone := 0, 0
	var steps []int
	for range *planted {
		r.Shuffle(len(extra), func(i, j int) { extra[i], extra[j] = extra[j], extra[i] })
		truth, saw, left := p.plant(t, r, all, slices.Concat(obs, extra[:furtherMade]))
		rank := slices.IndexFunc(left, func(c candidate) bool { return c.set == p.states[truth].set })
		if rank < 3 {
			first++
		}
		n, told, whole := -1, false, true
		if early := p.explained(t, all, saw[:len(obs)], truth); p.among(early, truth) {
			n, told = p.tell(t, truth, early)
			steps = append(steps, n)
		} else {
			whole = false // a part of it explains what the thread reports
		}
		if told {
			alone++
		}
		t.Logf("%-16s %v: rank %d of %d; from the thread's alone: whole %v, %d experiments, alone %v", p.ids(p.states[truth].set), p.states[truth].given,
			rank+1, len(left), whole, n, told)
	}
	slices.Sort(steps)
	median := steps[len(steps)/2]
	t.Logf("%d of %d among the first three; median of %d experiments over %d, alone after them %d; %d simulations", first, *planted, median, len(steps), alone, p.count)
	if first*50 < *planted*45 {
		t.Errorf("%d of %d are among the first three, want 45 of 50", first, *planted)
	}
	if median > 4 {
		t.Errorf("the median is %d experiments, want at most 4", median)
	}
}

// explained is what explains some observations; the truth must not be contradicted.
func (p *predictor) explained(t *testing.T, all []candidate, saw []observed, truth int) []candidate {
	t.Helper()
	fitting, err := p.siftAll(fresh(all), saw)
	if err != nil {
		t.Fatal(err)
	}
	if !p.among(fitting, truth) {
		t.Fatalf("%s with %v contradicts what was seen under it", p.ids(p.states[truth].set), p.states[truth].given)
	}
	left := p.minimal(fitting)
	weigh(left)
	return left
}

// among tells whether a world is one of those of the candidates.
func (p *predictor) among(all []candidate, truth int) bool {
	return slices.ContainsFunc(all, func(c candidate) bool {
		return c.set == p.states[truth].set && slices.ContainsFunc(c.fits, func(f fit) bool { return f.state == truth })
	})
}

// experimented are the experiments as observations.
func experimented(t *testing.T, p *predictor) (all []observed) {
	t.Helper()
	for i := range p.o.Experiments {
		e := &p.o.Experiments[i]
		v, err := p.experiment(e)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, observed{&configs.Observation{Name: e.Name, Title: e.Title}, v})
	}
	return all
}

// plant draws a world and has it observed, until no part of it explains the same.
func (p *predictor) plant(t *testing.T, r *rand.Rand, all []candidate, obs []observed) (truth int, saw []observed, left []candidate) {
	t.Helper()
	for range draws {
		c := all[r.IntN(len(all))]
		truth = c.fits[r.IntN(len(c.fits))].state
		saw = make([]observed, len(obs))
		for i := range obs {
			saw[i] = p.seeIn(t, r, truth, obs[i])
		}
		if left = p.explained(t, all, saw, truth); p.among(left, truth) {
			return truth, saw, left
		}
	}
	t.Fatal("nothing can be planted")
	return 0, nil, nil
}

// seeIn makes an observation in a world, in one of the ways in which it may be made.
func (p *predictor) seeIn(t *testing.T, r *rand.Rand, truth int, ob observed) observed {
	t.Helper()
	if err := p.prepare([]int{truth}, ob.variants); err != nil {
		t.Fatal(err)
	}
	var mine []variant
	for _, v := range ob.variants {
		if p.concerns(truth, v) {
			mine = append(mine, v)
		}
	}
	s := p.at(truth, mine[r.IntN(len(mine))])
	made := *ob.Observation
	made.Times = 1
	made.Saw = configs.Sighting{ReadBack: s.back.Word, Error: configs.Words{"none"}, IOErrors: configs.None}
	if s.err != "" {
		made.Saw.Error = configs.Words{s.err}
	}
	if s.ioErrors {
		made.Saw.IOErrors = configs.Some
	}
	if p.plays[mine[0].play].syncs {
		made.Saw.Driver, made.Saw.Firmware = some(s.driver), some(s.firmware)
	}
	for _, reading := range s.reads {
		made.Saw.Read = append(made.Saw.Read, reading.Word)
	}
	return observed{&made, ob.variants}
}

// tell makes the proposed experiments in a world until they tell nothing more. It
// returns how many, and whether what was planted is alone then.
func (p *predictor) tell(t *testing.T, truth int, left []candidate) (n int, alone bool) {
	t.Helper()
	b := beliefIn(left)
	trials, err := p.trials(b)
	if err != nil {
		t.Fatal(err)
	}
	for len(b.shares()) > 1 {
		e, _ := p.best([]belief{b}, trials)
		if e == nil {
			return n, false
		}
		n++
		for _, o := range p.split(b, e) {
			if o.word == e.words[truth] {
				b = o.in
			}
		}
	}
	return n, true
}

func some(n uint64) configs.Amount {
	if n == 0 {
		return configs.None
	}
	return configs.Some
}
