//go:build mutants

package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tbraid/internal/mutant"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// lies has, for every mutant that a whole run can show, a run that an honest box
// survives without a violation whenever the power goes.
var lies = []struct {
	mutant mutant.Mutant
	look   look
	cause  ledger.Cause // of the violations; NoCause: whoever took the data has not owned up to it
	story  string
}{
	{mutant.SyncAckedEarly, afterCut, ledger.PowerLost, `
policies: [wb-flush-all]
steps: [run: dd if=/dev/random of=/dev/rdisk5 bs=16k count=4, run: diskutil eject disk5]`},
	{mutant.SyncSkipsInFlight, afterCut, ledger.PowerLost, `
policies: [wb-flush-all]
steps: [run: dd if=/dev/random of=/dev/rdisk5 bs=192k count=3, run: diskutil eject disk5]`},
	{mutant.FUAIgnored, afterCut, ledger.FUAIgnored, `
hosts: [{base: kext, name: h, use_fua: true}]
policies: [wb-flush-all]
files: [{path: /note.txt, size: 16KiB}]
volumes: [{mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 40}]
steps: [run: cp /note.txt /Volumes/RAID/, wait: 1s]`},
	// A profile with member caches that no flush reaches does the same one layer
	// further down, and owns up to it: that is members-unflushed, and no mutant.
	{mutant.CopyDroppedEarly, afterCut, ledger.NoCause, `
policies: [{base: wb-protected, name: p, destage: {age: 100ms}}]
steps: [run: dd if=/dev/random of=/dev/rdisk5 bs=16k count=4, run: diskutil eject disk5, wait: 1s]`},
	// All that is written goes to member 0.
	{mutant.MemberFlushSkipped, afterCut, ledger.MembersUnflushed, `
box: {base: small-4x4gb-raid5, raid: {level: 0}}
policies: [{base: wb-flush-all, name: p, member_caches: true}]
steps: [run: dd if=/dev/random of=/dev/rdisk5 bs=16k count=1, run: diskutil eject disk5]`},
	// The second WRITE comes to the member's cache while the first is on its way from
	// there to the medium.
	{mutant.OldDestageWins, afterCut, ledger.NoCause, `
policies: [{base: write-through-member-caches, name: p, report_wce: on}]
steps:
  - run: dd if=/dev/random of=/dev/rdisk5 bs=16k count=1
  - run: dd if=/dev/random of=/dev/rdisk5 bs=16k count=1
  - run: diskutil eject disk5`},
	// On flash the data and the parity of one block come in step, so that no instant
	// finds a hole between them.
	{mutant.ParityFirst, afterCutAndMember, ledger.WriteHole, `
box: {base: small-4x4gb-raid5, disk: {base: ssd-consumer, tear: 512B}}
policies: [write-through]
steps: [prefill: {extent: 0+1MiB, with: pattern}, run: dd if=/dev/random of=/dev/rdisk5 bs=16k count=1]`},
	{mutant.ContentOutlivesHoldUp, besideSweep, ledger.NoCause, `
policies: [wb-protected]
steps: [run: dd if=/dev/random of=/dev/rdisk5 bs=16k count=4, run: diskutil eject disk5]`},
}

// elsewhere are mutants that no tool on a host brings out, and where they are
// caught.
var elsewhere = map[mutant.Mutant]string{
	mutant.FlushCoversInFlight: "sim/ledger and controller",
	mutant.FailedSyncCredited:  "controller",
}

// look plays a plan up to an instant, takes the power, and says what is wrong.
type look func(t *testing.T, p plan, at sim.Time) (ledger.Cause, string)

func TestMutants_AreCaught(t *testing.T) {
	rows := map[mutant.Mutant]bool{}
	for _, l := range lies {
		rows[l.mutant] = true
		t.Run(l.mutant.String(), func(t *testing.T) {
			p := planOf(t, withDefaults(l.story))
			for _, at := range seenOf(t, p) {
				if why, what := l.look(t, p, at); what != "" {
					t.Fatalf("an honest box, cut at %d ns: %v, %s", at, why, what)
				}
			}
			lie(t, l.mutant)
			caught := 0
			var first string
			instants := seenOf(t, p)
			for _, at := range instants {
				why, what := l.look(t, p, at)
				switch {
				case what == "":
				case why != l.cause:
					t.Fatalf("cut at %d ns: %v, %s; want %v", at, why, what, l.cause)
				default:
					if caught++; caught == 1 {
						first = fmt.Sprintf("at %d ns: %s", at, what)
					}
				}
			}
			if caught == 0 {
				t.Fatal("nobody notices")
			}
			t.Logf("caught by %d instants of %d, the first %s", caught, len(instants), first)
		})
	}
	for _, m := range mutant.All() {
		if rows[m] == (elsewhere[m] != "") {
			t.Errorf("%v is caught neither here nor elsewhere, or in both places", m)
		}
	}
}

// lie makes a mutant active for the rest of a test.
func lie(t *testing.T, m mutant.Mutant) {
	mutant.Active = m
	t.Cleanup(func() { mutant.Active = mutant.None })
}

// withDefaults puts box and host before a story that does not name them.
func withDefaults(story string) string {
	for _, d := range [][2]string{{"hosts: ", "[kext]"}, {"box: ", "small-4x4gb-raid5"}} {
		if !strings.Contains(story, "\n"+d[0]) {
			story = "\n" + d[0] + d[1] + story
		}
	}
	return story
}

// after is how long a run goes on when the last step has ended.
const after = 100 * time.Millisecond

// seenOf is every instant at which anything happens in a run.
func seenOf(t *testing.T, p plan) []sim.Time {
	t.Helper()
	_, seen := swept(t, p, after, nil, false)
	return seen
}

// afterCut is for what the judge finds broken after a short loss of power of host
// and box.
func afterCut(t *testing.T, p plan, at sim.Time) (ledger.Cause, string) {
	t.Helper()
	w, _ := stopped(t, p, at)
	w.blink()
	return w.broken()
}

// afterCutAndMember is afterCut for each member that could be missing then: what
// it held is rebuilt from parity.
func afterCutAndMember(t *testing.T, p plan, at sim.Time) (ledger.Cause, string) {
	t.Helper()
	for m := range p.hardware.Members {
		w, _ := stopped(t, p, at)
		w.blink()
		w.box.Array().FailMember(w.k.Now(), m)
		if why, what := w.broken(); what != "" {
			return why, fmt.Sprintf("without member %d %s", m, what)
		}
	}
	return ledger.NoCause, ""
}

// besideSweep compares the sweep with brute force, for an outage beyond the
// hold-up.
func besideSweep(t *testing.T, p plan, at sim.Time) (ledger.Cause, string) {
	t.Helper()
	if at == 0 {
		return ledger.NoCause, ""
	}
	says, _ := swept(t, p, after, []sim.Time{at}, false)
	if is := brute(t, p, at, false); fmt.Sprint(says[0].toll) != fmt.Sprint(is) {
		return ledger.NoCause, fmt.Sprintf("the sweep says %v, and it is %v", says[0], is)
	}
	return ledger.NoCause, ""
}

// blink takes the power of host and box and gives the box's back at once.
func (w *world) blink() {
	now := w.k.Now()
	w.supply.Fail(now, power.Host, power.Box)
	w.supply.Return(now, power.Box)
}

// broken is the first broken promise that the judge finds.
func (w *world) broken() (ledger.Cause, string) {
	for _, l := range w.l.Judge(w.k.Now(), w.box.Content).Losses {
		if l.Class == ledger.BrokenWord {
			return l.Cause, fmt.Sprintf("%v: %d blocks at %d are %v, %v promise, %v", l.Class, l.Extent.Blocks,
				l.Extent.Start, l.Outcome, l.Promise, l.Cause)
		}
	}
	return ledger.NoCause, ""
}
