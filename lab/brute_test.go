package lab

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// whole makes the comparison with brute force look at every instant.
var whole = flag.Bool("whole", false, "compare the sweep with brute force at every instant of every preset")

// toll is what a cut costs, by class and cause.
type toll map[string]uint64

// swept plays a plan under a sweep and returns what it says of the given times,
// which count from the first step, and every instant that it looked at.
func swept(t *testing.T, p plan, tail time.Duration, times []sim.Time, bridges bool) (tolls []toll, seen []sim.Time) {
	t.Helper()
	w, err := newWorld(p)
	if err != nil {
		t.Fatal(err)
	}
	w.begin()
	start := w.k.Now()
	s := w.l.Listen(start, w.box.Content, w.box.Keeping())
	s.See(func(at sim.Time) { seen = append(seen, at-start) })
	var probes []sim.Time
	for _, at := range times {
		probes = append(probes, start+at)
	}
	s.Probe(probes, func(sim.Time) {
		sum := toll{}
		for _, c := range s.Counts(bridges) {
			sum[fmt.Sprint(c.Class, " ", c.Cause)] += c.Blocks
		}
		tolls = append(tolls, sum)
	})
	for i, st := range w.steps {
		w.step = i
		w.l.Begin(i)
		w.take(st)
	}
	w.sleep(w.k.Now().Add(tail))
	w.l.Finish(w.k.Now() + 1)
	return tolls, seen
}

// brute plays the plan up to a time, takes the power of host and box, gives it
// back, and judges what the box then holds.
func brute(t *testing.T, p plan, at sim.Time, bridges bool) toll {
	t.Helper()
	w, _ := stopped(t, p, at)
	now := w.k.Now()
	w.supply.Fail(now, power.Host, power.Box)
	if !bridges {
		w.k.RunUntil(now.Add(10000 * time.Hour))
	}
	w.supply.Return(w.k.Now(), power.Box)
	sum := toll{}
	for _, l := range w.l.Judge(now, w.box.Content).Losses {
		sum[fmt.Sprint(l.Class, " ", l.Cause)] += l.Extent.Blocks
	}
	return sum
}

// compare puts the sweep of a plan beside brute force, at every instant at which
// something happens, one nanosecond before and after, and at random ones in
// between; of more than most it takes a sample.
func compare(t *testing.T, p plan, tail time.Duration, most int) (compared int) {
	t.Helper()
	_, seen := swept(t, p, tail, nil, false)
	end := seen[len(seen)-1]
	random := rand.New(rand.NewPCG(1, uint64(end)))
	var times []sim.Time
	for _, at := range seen {
		times = append(times, at, at+1)
		if at > 0 {
			times = append(times, at-1)
		}
	}
	for range len(seen) {
		times = append(times, sim.Time(random.Int64N(int64(end))))
	}
	if len(times) > most {
		random.Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
		times = times[:most]
	}
	slices.Sort(times)
	times = slices.Compact(times)
	times = slices.DeleteFunc(times, func(at sim.Time) bool { return at > end || at == 0 })
	kinds := []bool{false, true}
	switch p.policy.Protection.Kind {
	case firmware.Unprotected:
		kinds = kinds[:1]
	case firmware.Vault: // keeps for ever
		kinds = kinds[1:]
	}
	for _, bridges := range kinds {
		tolls, _ := swept(t, p, tail, times, bridges)
		if len(tolls) != len(times) {
			t.Fatalf("%d answers to %d questions", len(tolls), len(times))
		}
		for i, at := range times {
			want := brute(t, p, at, bridges)
			if fmt.Sprint(tolls[i]) != fmt.Sprint(want) {
				t.Errorf("%s, %s, cut at %d ns, bridged %v:\nsweep       %v\nbrute force %v", p.host.Name, p.policy.Name, at, bridges, tolls[i], want)
				return compared
			}
			compared++
		}
	}
	return compared
}

// Every policy preset, on a small box with a program of each kind: at any instant
// the sweep says what playing to that instant and looking shows.
func TestSweep_AgainstBruteForce(t *testing.T) {
	most := 60
	if *whole {
		most = 1 << 30
	}
	s, err := configs.Load("small", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, h := range s.Hosts {
		for _, f := range configs.AllPolicies() {
			p := uncut(s, &s.Cases[0]).on(s.Box, h, f)
			p.detail = ledger.Full
			total += compare(t, p, 5*time.Second, most)
		}
	}
	t.Logf("%d instants compared, 0 differences", total)
}
