package lab

import (
	"fmt"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// lawful programs are written to by turns: a WRITE, a pause, over what is promised.
const lawful = `
steps:
  - prefill: {extent: 0+2MiB, with: pattern}
  - run: dd if=/dev/random of=/dev/rdisk5 bs=20k count=7 seek=1
  - wait: 30ms
  - run: dd if=/dev/random of=/dev/disk5 bs=7680 count=9
`

// lostAt is what the sweep of a plan says of some times, by class, in blocks.
func lostAt(t *testing.T, p plan, times []sim.Time) (all []map[ledger.Class]uint64) {
	t.Helper()
	bridges := p.outages()[0]
	answers, _ := swept(t, p, 5*time.Second, times, bridges)
	for _, a := range answers {
		sum := map[ledger.Class]uint64{}
		for _, f := range a.blocks {
			sum[f.class] += f.extent.Blocks
		}
		all = append(all, sum)
	}
	return all
}

// everywhere asks for the whole of a sweep.
func everywhere(t *testing.T, p plan) (times []sim.Time, all []map[ledger.Class]uint64) {
	_, seen := swept(t, p, 5*time.Second, nil, p.outages()[0])
	times = instants(seen, 400)
	return times, lostAt(t, p, times)
}

// With the write cache honestly off nothing acknowledged is lost, and where a
// member writes block by block honest firmware breaks no promise and tears none.
func TestLaw_HonestFirmware(t *testing.T) {
	looked := 0
	for _, policy := range []string{"write-through", "wb-flush-all", "wb-age-4s", "wb-idle-1s", "wb-timer-4s", "wb-watermark-80-16", "wb-bypass-large", "wb-read-destage",
		"{base: wb-flush-all, name: caches, member_caches: true}"} {
		for i, box := range bruteBoxes {
			for _, program := range []string{lawful, brutePrograms[i%len(brutePrograms)]} {
				p := combined(t, box, []string{"kext", bruteHosts[7]}[i%2], policy, program)
				times, all := everywhere(t, p)
				for n, lost := range all {
					atomic := p.hardware.Disk.Tear == 512 || p.hardware.Disk.Protected
					if policy == "write-through" && lost[ledger.AtRisk]+lost[ledger.BrokenWord] > 0 || lost[ledger.BrokenWord] > 0 || atomic && lost[ledger.Damage] > 0 {
						t.Fatalf("%s, %s, at %d: %v", p.hardware.Name, policy, times[n], lost)
					}
					looked++
				}
			}
		}
	}
	t.Logf("%d instants", looked)
}

// A flush more never costs data, and an honest one leaves none at risk.
func TestLaw_AFlushMoreNeverLosesMore(t *testing.T) {
	for _, policy := range []string{"wb-flush-all", "wb-age-4s", "wb-protected", "wb-watermark-80-16"} {
		for _, box := range bruteBoxes {
			without := combined(t, box, "kext", policy, lawful)
			with := combined(t, box, "kext", policy, lawful+"  - run: diskutil eject disk5\n")
			after := sim.Time(4 * time.Second)
			a, b := lostAt(t, without, []sim.Time{after})[0], lostAt(t, with, []sim.Time{after})[0]
			if more, less := b[ledger.AtRisk]+b[ledger.BrokenWord]+b[ledger.Damage], a[ledger.AtRisk]+a[ledger.BrokenWord]+a[ledger.Damage]; more > less {
				t.Errorf("%s, %s: %v are lost without a flush, %v with", with.hardware.Name, policy, a, b)
			}
			if policy != "wb-protected" && b[ledger.BrokenWord]+b[ledger.AtRisk] > 0 { // its flush holds for as long as the battery
				t.Errorf("%s, %s: %v are lost after an honest flush", with.hardware.Name, policy, b)
			}
		}
	}
}

// What is idle for long enough under a policy that destages by itself is safe.
func TestLaw_IdleLongEnoughLosesNothing(t *testing.T) {
	for _, policy := range []string{"write-through", "wb-age-4s", "wb-idle-1s", "wb-timer-4s", "{base: wb-age-4s, name: caches, member_caches: true}"} {
		for _, box := range bruteBoxes {
			for _, program := range brutePrograms[:4] {
				p := combined(t, box, "kext", policy, program)
				p.steps = append(p.steps, configs.Step{Kind: configs.Wait, Wait: 20 * time.Second})
				_, seen := swept(t, p, 0, nil, false)
				if lost := lostAt(t, p, seen[len(seen)-1:]); len(lost[0]) > 0 {
					t.Errorf("%s, %s: %v", p.hardware.Name, policy, lost[0])
				}
			}
		}
	}
}

// An outage loses no less than a shorter one, at any instant.
func TestLaw_ALongerOutageNeverLosesLess(t *testing.T) {
	for _, policy := range []string{"wb-protected", "wb-protected-member-caches", "wb-forced", "wb-learning"} {
		for _, box := range bruteBoxes {
			p := combined(t, box, "kext", policy, lawful)
			_, seen := swept(t, p, 5*time.Second, nil, true)
			times := instants(seen, 200)
			short, _ := swept(t, p, 5*time.Second, times, true)
			long, _ := swept(t, p, 5*time.Second, times, false)
			for i := range times {
				a, b := acknowledged(short[i].blocks), acknowledged(long[i].blocks)
				for at := range a {
					if !b[at] {
						t.Fatalf("%s, %s, at %d: block %s is lost in the short outage alone", p.hardware.Name, policy, times[i], at)
					}
				}
			}
		}
	}
}

// acknowledged is the set of blocks that were acknowledged and are lost.
func acknowledged(all []fared) map[string]bool {
	set := map[string]bool{}
	for _, f := range all {
		for b := f.extent.Start; f.class >= ledger.AtRisk && b < f.extent.End(); b++ {
			set[fmt.Sprint(b)] = true
		}
	}
	return set
}
