package lab

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// How much the comparison with brute force looks at.
var (
	whole = flag.Bool("whole", false, "compare the sweep with brute force under every combination, not a choice of them")
	most  = flag.Int("instants", 8, "compare at so many instants of each combination; 0 is all")
)

// toll is what a cut costs: block by block, and by class and cause.
type toll struct {
	blocks []fared
	sums   map[string]uint64
}

// fared is an extent of which all blocks fare alike.
type fared struct {
	extent  block.Extent
	outcome ledger.Outcome
	promise ledger.Promise
	class   ledger.Class
	cause   ledger.Cause
}

func (f fared) String() string {
	return fmt.Sprintf("%d+%d %s under %s: %s, %s", f.extent.Start, f.extent.Blocks, f.outcome, f.promise, f.class, f.cause)
}

// tollOf sorts losses by block; those that fare alike become one.
func tollOf(losses []ledger.Loss) toll {
	t := toll{sums: map[string]uint64{}}
	for _, l := range losses {
		t.sums[sumOf(l.Class, l.Cause)] += l.Extent.Blocks
		f := fared{l.Extent, l.Outcome, l.Promise, l.Class, l.Cause}
		if n := len(t.blocks); n > 0 && t.blocks[n-1].extent.End() == f.extent.Start {
			last := &t.blocks[n-1]
			joined := f
			joined.extent = block.Between(last.extent.Start, f.extent.End())
			if f.extent = last.extent; f == *last {
				*last = joined
				continue
			}
			f.extent = l.Extent
		}
		t.blocks = append(t.blocks, f)
	}
	return t
}

func sumOf(class ledger.Class, cause ledger.Cause) string { return fmt.Sprint(class, " ", cause) }

// answer is what a sweep says of one time: by its counts, and block by block.
type answer struct {
	toll
	counts map[string]uint64
}

// probed plays a plan under a sweep, calls ask at the given times, which count from
// the first step, and returns every instant that the sweep looked at.
func probed(t *testing.T, p plan, tail time.Duration, times []sim.Time, ask func(s *ledger.Sweep)) (seen []sim.Time) {
	t.Helper()
	w, err := newWorld(p)
	if err != nil {
		t.Fatal(err)
	}
	s := w.listen()
	start := w.k.Now()
	s.See(func(at sim.Time) { seen = append(seen, at-start) })
	var probes []sim.Time
	for _, at := range times {
		probes = append(probes, start+at)
	}
	s.Probe(probes, func(sim.Time) { ask(s) })
	w.walk(p.quiet, len(w.steps))
	w.sleep(w.k.Now().Add(tail))
	w.l.Finish(w.k.Now() + 1)
	return seen
}

// swept is what a sweep says of the given times, and every instant that it looked
// at.
func swept(t *testing.T, p plan, tail time.Duration, times []sim.Time, bridges bool) (answers []answer, seen []sim.Time) {
	t.Helper()
	seen = probed(t, p, tail, times, func(s *ledger.Sweep) {
		a := answer{toll: tollOf(s.Losses(bridges)), counts: map[string]uint64{}}
		for _, c := range s.Counts(bridges) {
			a.counts[sumOf(c.Class, c.Cause)] += c.Blocks
		}
		answers = append(answers, a)
	})
	return answers, seen
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
	return tollOf(w.l.Judge(now, w.box.Content).Losses)
}

// instants are those at which something happens, one nanosecond before and after,
// and random ones in between; of more than most it is a sample.
func instants(seen []sim.Time, most int) []sim.Time {
	end := seen[len(seen)-1]
	random := rand.New(rand.NewPCG(1, uint64(end)))
	var times []sim.Time
	for _, at := range seen {
		times = append(times, at-1, at, at+1, sim.Time(random.Int64N(int64(end))))
	}
	if most > 0 && len(times) > most {
		random.Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
		times = times[:most]
	}
	slices.Sort(times)
	times = slices.Compact(times)
	return slices.DeleteFunc(times, func(at sim.Time) bool { return at > end || at <= 0 })
}

// outages are the kinds of outage that make a difference under a plan: whether
// what protects the cache bridges them.
func (p plan) outages() []bool {
	switch p.policy.Protection.Kind {
	case firmware.Unprotected:
		return []bool{false}
	case firmware.Vault: // keeps for ever
		return []bool{true}
	}
	return []bool{false, true}
}

// compare puts the sweep of a plan beside brute force, at so many instants.
func compare(t *testing.T, p plan, tail time.Duration, most int) (compared int) {
	t.Helper()
	return compareAll(t, p, tail, most, map[string]uint64{})
}

// compareAll is compare, and notes in met which fates it has met.
func compareAll(t *testing.T, p plan, tail time.Duration, most int, met map[string]uint64) (compared int) {
	t.Helper()
	p.detail = ledger.Full
	_, seen := swept(t, p, tail, nil, false)
	times := instants(seen, most)
	for _, bridges := range p.outages() {
		full, _ := swept(t, p, tail, times, bridges)
		p.detail = ledger.Promises
		lean, _ := swept(t, p, tail, times, bridges)
		p.detail = ledger.Full
		if len(full) != len(times) || len(lean) != len(times) {
			t.Fatalf("%d and %d answers to %d questions", len(full), len(lean), len(times))
		}
		for i, at := range times {
			want := brute(t, p, at, bridges)
			where := fmt.Sprintf("%s, %s, %s, cut at %d ns, bridged %v", p.hardware.Name, p.host.Name, p.policy.Name, at, bridges)
			for _, got := range []answer{full[i], lean[i]} {
				if a, b := fmt.Sprint(got.counts), fmt.Sprint(want.sums); a != b {
					t.Errorf("%s, counts\nsweep       %s\nbrute force %s", where, a, b)
					return compared
				}
				if a, b := fmt.Sprint(got.blocks), fmt.Sprint(want.blocks); a != b {
					t.Errorf("%s, blocks\nsweep       %s\nbrute force %s", where, a, b)
					return compared
				}
			}
			for fate, blocks := range want.sums {
				met[fate] += blocks
			}
			compared++
		}
	}
	return compared
}

// The boxes, hosts, policies and programs of the comparison. They are read as a
// scenario, each in turn.
var (
	bruteBoxes = []string{
		"small-4x4gb-raid5",
		"{base: small-4x4gb-raid5, name: raid0, members: 2, raid: {level: 0, chunk: 16KiB}}",
		"{base: small-4x4gb-raid5, name: raid1, members: 2, raid: {level: 1}}",
		"{base: small-4x4gb-raid5, name: raid6, raid: {level: 6, chunk: 4KiB}}",
		"{base: small-4x4gb-raid5, name: raid10, raid: {level: 10}}",
		"{base: small-4x4gb-raid5, name: raid5-tears, raid: {chunk: 8KiB}, disk: {tear: 4KiB}}",
		"{base: small-4x4gb-raid5, name: raid0-tears, members: 3, raid: {level: 0}, disk: {tear: 4KiB}}",
		"{base: small-4x4gb-raid5, name: raid10-tears, raid: {level: 10, chunk: 16KiB}, disk: {tear: 4KiB}}",
		"{base: small-4x4gb-raid5, name: small-cache, cache: {capacity: 1MiB}, disk: {tear: 4KiB}}",
		"{base: small-4x4gb-raid5, name: small-member-cache, disk: {cache: 64KiB, tear: 4KiB}}",
		"{base: small-4x4gb-raid5, name: ssd, disk: {base: ssd-plp, capacity: 4096MB}}",
		"{base: small-4x4gb-raid5, name: ssd-volatile, members: 3, disk: {base: ssd-consumer, capacity: 4096MB}}",
	}
	bruteHosts = []string{"kext", "dext", "dext-halt-hook", "dext-segment-gate", "dext-sync-fail", "dext-sync-swallow", "kext-sync-swallow",
		"{base: kext, name: kext-fua, use_fua: true}",
		"{base: kext, name: kext-drops-fua, use_fua: true, driver: {drop_fua: true}}",
	}
	// Knobs that no preset turns, besides the presets.
	brutePolicies = []string{
		"{base: wb-vault, name: vault-small, protection: {vault: 64KiB}}",
		"{base: wb-vault, name: vault-charging, protection: {vault: 1MiB, recharge: 30s, discharged: 90%}}",
		"{base: wb-vault, name: vault-member-caches, member_caches: true, protection: {vault: 300KiB}}",
		"{base: wb-age-4s, name: age-fullest, member_caches: true, destage: {age: 20ms, order: fullest, depth: 2}}",
		"{base: wb-idle-1s, name: idle-elevator, destage: {idle: 3ms, order: elevator, depth: 3}}",
		"{base: wb-watermark-80-16, name: watermark-1-0, sync: ack, destage: {high: 1%, low: 0%}}",
		"{base: wb-protected, name: battery-forced, sync: flush-cache, fua: ignore, member_caches: true, protection: {hold_up: 1h, state: low, forced: true}}",
		"{base: wb-hidden, name: hidden-timer, member_caches: true, destage: {interval: 30ms}}",
	}
	brutePrograms = []string{`
steps:
  - prefill: {extent: 0+8MiB, with: pattern}
  - run: dd if=/dev/random of=/dev/disk5 bs=1m count=2
  - wait: 250ms
`, `
steps:
  - prefill: {extent: 0+1MiB, with: pattern}
  - run: dd if=/dev/random of=/dev/rdisk5 bs=512 count=37 seek=3
  - run: dd if=/dev/zero of=/dev/rdisk5 bs=6656 count=40 seek=1
`, `
steps:
  - prefill: {extent: 13+200KiB, with: pattern}
  - run: dd if=/dev/random of=/dev/disk5 bs=7680 count=60 seek=1 conv=fsync
  - run: dd if=/dev/random of=/dev/disk5 bs=512 count=9 seek=77
  - wait: 600ms
  - run: diskutil eject disk5
`, `
steps:
  - run: dd if=/dev/random of=/dev/rdisk5 bs=64k count=9
  - run: dd if=/dev/random of=/dev/rdisk5 bs=20k count=11 seek=2
  - run: diskutil eject disk5
`, `
steps:
  - run: diskutil partitionDisk disk5 GPT JHFS+ NEW 100%
`, `
files: [{path: "/f/a*.bin", size: 300KiB, count: 3}]
volumes: [{mount: /Volumes/R, fs: hfs+, label: R, start: 40960, size: 256MiB}]
steps:
  - run: cp -R /f /Volumes/R/
  - run: sync
  - wait: 1s
`, `
files: [{path: "/f/a*.bin", size: 300KiB, count: 3}]
volumes: [{mount: /Volumes/R, fs: apfs, label: R, start: 409640, size: 1GiB}]
steps:
  - run: cp -R /f /Volumes/R/
  - run: diskutil unmount /Volumes/R
`,
	}
)

// combined is the plan of a box, host, policy and program.
func combined(t *testing.T, box, host, policy, program string) plan {
	t.Helper()
	text := fmt.Sprintf("box: %s\nhosts: [%s]\npolicies: [%s]%s", box, host, policy, program)
	s, err := configs.Parse("test.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return uncut(s, &s.Cases[0]).on(s.Box, s.Hosts[0], s.Policies[0])
}

// Every policy preset under every host preset: at any instant the sweep says what
// playing to that instant and looking shows, block by block. Boxes and programs
// take turns, so that each meets every policy and host; with -whole everything
// meets everything.
func TestSweep_AgainstBruteForce(t *testing.T) {
	total, turn := 0, 0
	policies := slices.Clone(brutePolicies)
	for _, f := range configs.AllPolicies() {
		policies = append(policies, f.Name)
	}
	for _, f := range policies {
		compared := 0
		for _, h := range bruteHosts {
			for i, box := range bruteBoxes {
				for j, program := range brutePrograms {
					if !*whole && (i != turn%len(bruteBoxes) || j != (turn+turn/len(bruteHosts))%len(brutePrograms)) {
						continue
					}
					if f == "wb-age-4s-ppl" && strings.Contains(box, "level:") {
						box = bruteBoxes[0] // a partial parity log takes RAID-5
					}
					compared += compare(t, combined(t, box, h, f, program), 5*time.Second, *most)
				}
			}
			turn++
		}
		t.Logf("%s: %d instants", f, compared)
		total += compared
	}
	t.Logf("%d instants compared, by class and cause and block by block", total)
}

// An array that has lost a member: what is rebuilt from parity is garbage where
// power goes between data and parity, and the sweep knows where.
func TestSweep_Degraded(t *testing.T) {
	most := 80
	if *whole {
		most = 1 << 30
	}
	compared, met := 0, map[string]uint64{}
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
	seen = probed(t, p, 5*time.Second, times, func(s *ledger.Sweep) { rows = append(rows, s.Rows()) })
	return rows, seen
}
