package lab

import (
	"slices"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// foretold is what a block holds after power goes at a time and comes back soon, as
// the facts of the run without a cut have it.
func foretold(p *plan, facts []ledger.Fact, a block.LBA, at sim.Time) block.Version {
	c := copiesAt(facts, a, at)
	switch {
	case c.dirty && p.policy.Protection.Kind != firmware.Unprotected:
		return c.held
	case c.torn:
		return block.Torn
	}
	return c.medium
}

// The two runs of a story agree. Up to the cut both have the same facts; and what
// the facts of the run without a cut foretell for a block is what the judge finds
// after the cut, at every instant at which something happens to it, one nanosecond
// before and one after.
func TestLife_FactsAgreeWithTheModel(t *testing.T) {
	s, err := configs.Load("small", nil, []string{"box.disk.tear=4KiB"})
	if err != nil {
		t.Fatal(err)
	}
	compared, torn := 0, 0
	for _, name := range []string{"write-through", "write-through-member-caches", "wb-protected", "wb-flush-all", "wb-age-4s", "wb-read-destage", "wb-bypass-large"} {
		i := slices.IndexFunc(configs.AllPolicies(), func(f firmware.Profile) bool { return f.Name == name })
		p := newPlan(s, &s.Cases[0], s.Events[0]).on(s.Box, s.Hosts[0], configs.AllPolicies()[i])
		for _, a := range []block.LBA{0, 4099} {
			at := []block.Extent{{Start: a, Blocks: 1}}
			without, err := p.without(5 * time.Second).follow(at)
			if err != nil {
				t.Fatal(err)
			}
			var times []sim.Time
			for _, f := range without.facts {
				for _, d := range []sim.Time{-1, 0, 1} {
					times = append(times, f.At-without.start+d, f.Until-without.start+d)
				}
			}
			slices.Sort(times)
			times = slices.DeleteFunc(slices.Compact(times), func(at sim.Time) bool { return at <= 0 })
			for _, cut := range times {
				p.cut = power.Cut{Kind: power.FromStart, At: time.Duration(cut)}
				with, err := p.follow(at)
				if err != nil {
					t.Fatal(err)
				}
				want := slices.DeleteFunc(inOrder(slices.Clone(without.facts)), func(f ledger.Fact) bool { return f.At-without.start > cut })
				if !slices.Equal(with.past(), want) {
					t.Fatalf("%s, LBA %d, cut at %d: with it\n%+v\nwithout\n%+v", name, a, cut, with.past(), want)
				}
				found := foretold(&p, without.facts, a, without.start+cut)
				if got := with.fates[0].Found; got != found {
					t.Fatalf("%s, LBA %d, cut at %d: the model has %d, the facts %d", name, a, cut, got, found)
				}
				if found == block.Torn {
					torn++
				}
				compared++
			}
		}
	}
	if torn == 0 {
		t.Error("no cut has torn a block")
	}
	t.Logf("%d cuts compared, %d of them torn", compared, torn)
}

// Who follows blocks changes nothing of the run.
func TestLife_ChangesNothing(t *testing.T) {
	s, err := configs.Load("small", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range matrix(s, Options{}) {
		runs, err := perform([]plan{p}, 1)
		if err != nil {
			t.Fatal(err)
		}
		followed, err := p.follow([]block.Extent{{Blocks: 1 << 13}})
		if err != nil {
			t.Fatal(err)
		}
		a, b := runs[0], followed.w.run
		if len(followed.facts) == 0 || a.Loss != b.Loss || a.EndNS != b.EndNS || a.Simulated != b.Simulated || a.Members != b.Members {
			t.Errorf("%s: %+v and followed %+v", p.policy.Name, a, b)
		}
	}
}
