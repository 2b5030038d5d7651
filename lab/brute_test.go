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
	w.walk(0, p.quiet)
	start := w.k.Now()
	w.box.Listen(p.detail == ledger.Full)
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
	w.walk(p.quiet, len(w.steps))
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
	return compareAll(t, p, tail, most, toll{})
}

// compareAll is compare, and notes in met which fates it has met.
func compareAll(t *testing.T, p plan, tail time.Duration, most int, met toll) (compared int) {
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
			for fate, blocks := range want {
				met[fate] += blocks
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

// An array that has lost a member: what is rebuilt from parity is garbage where
// power goes between data and parity, and the sweep knows where.
func TestSweep_Degraded(t *testing.T) {
	most := 80
	if *whole {
		most = 1 << 30
	}
	compared, met := 0, toll{}
	for _, level := range []string{"5", "6", "10", "1"} {
		for _, tear := range []string{"512", "4096"} {
			s, err := configs.Parse("degraded.yaml", []byte(`
title: degraded
seed: 1
box: small-4x4gb-raid5
hosts: [kext]
policies: [wb-idle-1s, write-through, wb-age-4s-bitmap, write-through-member-caches]
steps:
  - prefill: {extent: 0+2MiB, with: pattern}
  - event: disk-fail:1
  - run: dd if=/dev/random of=/dev/rdisk5 bs=20k count=20 seek=1
`), []string{"box.raid.level=" + level, "box.disk.tear=" + tear + "B"})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range s.Policies {
				p := uncut(s, &s.Cases[0]).on(s.Box, s.Hosts[0], f)
				compared += compareAll(t, p, 6*time.Second, most, met)
			}
		}
	}
	t.Logf("%d instants compared, 0 differences; met %v", compared, met)
	for _, fate := range []string{"violation write-hole", "collateral torn"} {
		if met[fate] == 0 {
			t.Errorf("no instant had %s", fate)
		}
	}
}

// The rows of which parity and data disagree, as the sweep counts them, are
// those that a scan of the members' media finds after the cut; where the firmware
// repairs them when the power is back, none is left.
func TestSweep_WriteHole(t *testing.T) {
	s, err := configs.Parse("hole.yaml", []byte(`
title: write hole
seed: 1
box: small-4x4gb-raid5
hosts: [kext]
policies: [wb-idle-1s, wb-age-4s-ppl, wb-age-4s-bitmap, write-through-member-caches]
steps:
  - run: dd if=/dev/random of=/dev/rdisk5 bs=20k count=20 seek=1
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Policies {
		p := uncut(s, &s.Cases[0]).on(s.Box, s.Hosts[0], f)
		p.detail = ledger.Full
		_, seen := rowsOf(t, p, nil)
		random := rand.New(rand.NewPCG(2, 2))
		random.Shuffle(len(seen), func(i, j int) { seen[i], seen[j] = seen[j], seen[i] })
		times := seen[:min(len(seen), 60)]
		slices.Sort(times)
		times = slices.Compact(times)
		rows, _ := rowsOf(t, p, times)
		most := uint64(0)
		for i, at := range times {
			w, _ := stopped(t, p, at)
			w.supply.Fail(w.k.Now(), power.Host, power.Box)
			if f.Hole != firmware.HoleOpen {
				w.supply.Return(w.k.Now(), power.Box)
				w.k.RunUntil(w.k.Now().Add(5 * time.Minute))
			}
			if want := w.box.Array().SuspectRows(0, 4); rows[i] != want {
				t.Fatalf("%s, cut at %d ns: %d rows, the media have %d", f.Name, at, rows[i], want)
			}
			most = max(most, rows[i])
		}
		if open := f.Hole == firmware.HoleOpen; open != (most > 0) {
			t.Errorf("%s: at most %d rows", f.Name, most)
		}
	}
}

// rowsOf is what a sweep says of the rows at some times, and the instants that
// it looked at.
func rowsOf(t *testing.T, p plan, times []sim.Time) (rows []uint64, seen []sim.Time) {
	t.Helper()
	w, err := newWorld(p)
	if err != nil {
		t.Fatal(err)
	}
	w.begin()
	start := w.k.Now()
	w.box.Listen(true)
	s := w.l.Listen(start, w.box.Content, w.box.Keeping())
	s.See(func(at sim.Time) { seen = append(seen, at-start) })
	var probes []sim.Time
	for _, at := range times {
		probes = append(probes, start+at)
	}
	s.Probe(probes, func(sim.Time) { rows = append(rows, s.Rows()) })
	w.walk(0, len(w.steps))
	w.sleep(w.k.Now().Add(5 * time.Second))
	w.l.Finish(w.k.Now() + 1)
	return rows, seen
}
