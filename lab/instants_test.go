package lab

import (
	"fmt"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/sim"
	"tbraid/sim/power"
)

// planOf is the plan of the only run of a scenario.
func planOf(t *testing.T, text string) plan {
	t.Helper()
	s, err := configs.Parse("test.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	plans := matrix(s, Options{})
	if len(plans) != 1 {
		t.Fatalf("%d runs", len(plans))
	}
	return plans[0]
}

// stopped is the world of a plan, at in the first step whose clock stands at
// exactly so long after the steps began. next is when its next event comes.
func stopped(t *testing.T, p plan, at sim.Time) (w *world, next sim.Time) {
	t.Helper()
	w, err := newWorld(p)
	if err != nil {
		t.Fatal(err)
	}
	w.begin()
	w.walk(0, p.quiet)
	start := w.k.Now()
	w.limit = start + at
	for i := p.quiet; i < len(w.steps) && w.steps[i].Kind != configs.Happen; i++ {
		w.walk(i, i+1)
	}
	w.sleep(w.limit)
	if w.k.Now() != start+at {
		t.Fatalf("stopped at %d, not at %d", w.k.Now()-start, at)
	}
	if next, _ = w.k.Next(); next <= w.k.Now() {
		t.Fatalf("stopped at %d with an event due at %d", at, next-start)
	}
	w.limit, w.short = sim.Never, false
	w.step = len(w.run.Steps)
	w.l.Begin(w.step)
	return w, next - start
}

// A tool, a wait, a destage by age: the event comes at every instant at which
// anything happens, one nanosecond before and one after.
func TestEveryInstant(t *testing.T) {
	for _, policy := range []string{"write-through", "wb-flush-all", "wb-age-4s", "wb-protected", "wb-protected-member-caches"} {
		for _, event := range []string{"box-power", "host-power+1ms+box-power", "disk-power:1/1s+10ms+box-power", "cable", "restart", "disk-fail:0"} {
			q, err := power.ParseSequence(event)
			if err != nil {
				t.Fatal(err)
			}
			p := planOf(t, fmt.Sprintf(`
box: small-4x4gb-raid5
hosts: [kext]
policies: [%s]
steps:
  - run: dd if=/dev/random of=/dev/disk5 bs=16k count=3 conv=fsync
  - run: dd if=/dev/random of=/dev/rdisk5 bs=128k count=2 seek=1
  - wait: 4.1s
  - event: %s
`, policy, event))
			everyInstant(t, p, q, policy+", "+event)
		}
	}
}

// everyInstant ends when the script has: its last step is a wait.
func everyInstant(t *testing.T, p plan, q power.Sequence, name string) {
	t.Helper()
	const end = sim.Time(4_300_000_000)
	var acked uint64
	instants := 0
	for at := sim.Time(0); at < end; instants++ {
		next := sim.Never
		for _, d := range []sim.Time{-1, 0, 1} {
			if at+d < 0 {
				continue
			}
			w, n := stopped(t, p, at+d)
			if d == 0 {
				next = n
			}
			w.unfold(q)
			r := w.finish()
			if r.EventNS < int64(at+d) || w.tool != nil || len(w.away) > 0 || w.severed || w.next != nil || w.errand != nil {
				t.Fatalf("%s at %d: the event at %d has left %+v", name, at+d, r.EventNS, w.outage)
			}
			if r.Acked < acked {
				t.Fatalf("%s at %d: %d bytes acknowledged, and %d before", name, at+d, r.Acked, acked)
			}
			if acked = r.Acked; strings.HasPrefix(p.policy.Name, "write-through") && r.Loss.Permitted > 0 {
				t.Fatalf("%s at %d: %+v, and the policy is to write through", name, at+d, r.Loss)
			}
			var named uint64
			for _, c := range r.Causes {
				if c.Class == "in-flight" {
					continue
				}
				named += c.Bytes
				if c.Class == "violation" && (q[0].Kind != power.DiskPower || c.Name != "write-hole") {
					t.Fatalf("%s at %d: %+v", name, at+d, c)
				}
			}
			if named != r.Loss.Acknowledged() {
				t.Fatalf("%s at %d: %+v, of which %d bytes have a cause", name, at+d, r.Loss, named)
			}
		}
		at = next
	}
	t.Logf("%s: %d instants", name, instants)
}
