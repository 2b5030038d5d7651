package diagnose

import (
	"flag"
	"math/rand/v2"
	"reflect"
	"testing"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/lab"
)

var checked = flag.Int("inherited", 60, "how many predictions that were taken over are simulated after all")

// thread is the observations of the thread, a predictor of them, and what they are to it.
func thread(t *testing.T) (*configs.Observations, *predictor, []observed) {
	t.Helper()
	o, err := configs.LoadObservations("forum", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := newPredictor(o, 0)
	obs, err := p.observe()
	if err != nil {
		t.Fatal(err)
	}
	return o, p, obs
}

// What a set takes over from a part of it is what it would have shown itself.
func TestInheritance_AgainstSimulation(t *testing.T) {
	o, p, obs := thread(t)
	for i := range o.Experiments {
		v, err := p.experiment(&o.Experiments[i])
		if err != nil {
			t.Fatal(err)
		}
		obs = append(obs, observed{&configs.Observation{}, v})
	}
	all, err := p.candidates(3)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := 0; n < *checked; {
		c := all[r.IntN(len(all))]
		st := c.fits[r.IntN(len(c.fits))].state
		v := obs[r.IntN(len(obs))].variants
		one := v[r.IntN(len(v))]
		if !p.concerns(st, one) {
			continue
		}
		if err := p.prepare([]int{st}, []variant{one}); err != nil {
			t.Fatal(err)
		}
		w, err := p.world(st)
		if err != nil {
			t.Fatal(err)
		}
		q := run{*w, one.play}
		if p.runs[q] != nil {
			continue // it was simulated itself
		}
		n++
		itself, err := p.play(&q)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.states[st].seen[one.play]; !alike(got, itself) {
			t.Errorf("%s with %v does %q: takes over\n%+v\nand shows\n%+v", p.ids(c.set), p.states[st].given, p.plays[one.play].c.Name, got, itself)
		}
	}
}

// alike compares what is seen. Which WRITEs of a file system a cut finds under way
// can differ in bytes with the time, so readings are compared by their words.
func alike(a, b *seen) bool {
	words := func(s *seen) (all []string) {
		for _, r := range s.reads {
			all = append(all, r.Word)
		}
		return append(all, s.back.Word)
	}
	return reflect.DeepEqual(words(a), words(b)) && a.err == b.err && a.ioErrors == b.ioErrors
}

// A disk that held zeros is the disk that held a pattern, read otherwise.
func TestOverZeros_AgainstSimulation(t *testing.T) {
	o, p, obs := thread(t)
	for _, i := range []int{0, 1} { // the tests with dd
		for m := range o.Mechanisms {
			states, err := p.stateOver(1<<m | 1<<5) // beside M5, so that something is lost
			if err != nil {
				t.Fatal(err)
			}
			v := obs[i].variants[0]
			if !v.zeros {
				t.Fatal("the first variant is one over zeros")
			}
			if err := p.prepare(states[:1], []variant{v}); err != nil {
				t.Fatal(err)
			}
			w, err := p.world(states[0])
			if err != nil {
				t.Fatal(err)
			}
			c := p.plays[v.play].c
			c.Steps = append([]configs.Step(nil), c.Steps...)
			for k := range c.Steps {
				if c.Steps[k].Kind == configs.Prefill {
					c.Steps[k].Content = workload.Zeros
				}
			}
			result, trail, err := lab.Try(o.Scenario(w, &c, false), o.Hosts[0].Name, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, want := p.at(states[0], v), seenIn(&result, trail)
			for k := range want.reads {
				a, b := got.reads[k], want.reads[k]
				if a.Word != b.Word || a.Zeros != b.Zeros || a.Old != b.Old || a.Correct != b.Correct {
					t.Errorf("%s, %s: %+v, simulated %+v", o.Mechanisms[m].ID, obs[i].Name, a, b)
				}
			}
		}
	}
}
