package lab_test

import (
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/lab"
)

// slow is a scenario whose every run takes minutes: dd writes 64 GiB in pages.
const slow = `
base: small
box: tb3-12x6tb-raid5
policies: [write-through, wb-protected, wb-flush-all]
steps:
  - run: dd if=/dev/random of=/dev/disk5 bs=16k count=4194304
  - event: each
`

func slowly(t *testing.T) *configs.Scenario {
	t.Helper()
	s, err := configs.Parse("slow.yaml", []byte(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stopAt stops as soon as so many runs are whole and something has been sent, or
// when done is closed.
func stopAt(w *lab.Watch, whole int, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		if p := w.Progress(); p.Whole >= whole && p.Commands > 0 {
			w.Stop()
			return
		}
		runtime.Gosched()
	}
}

// endedAt simulates, and stops there.
func endedAt(t *testing.T, s *configs.Scenario, whole int) (*lab.Result, lab.Progress) {
	t.Helper()
	w, done := &lab.Watch{}, make(chan struct{})
	go stopAt(w, whole, done)
	r, err := lab.Simulate(s, lab.Options{Workers: 1, Watch: w})
	close(done)
	if err != nil {
		t.Fatal(err)
	}
	return r, w.Progress()
}

// What a partial result has is what the whole result has.
func TestWatch_PartialRunsAreWhole(t *testing.T) {
	s, err := configs.Load("forum", nil, []string{"hosts=[kext]", "policies=[wb-ack-only,wb-age-4s]"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := lab.Simulate(s, lab.Options{})
	if err != nil || all.Partial != nil {
		t.Fatalf("%v, partial %+v", err, all.Partial)
	}
	for _, whole := range []int{0, 1, 3} {
		r, seen := endedAt(t, s, whole)
		if r.Partial == nil || r.Partial.Whole != seen.Whole || r.Partial.Of < seen.Of || r.Partial.Whole < whole {
			t.Fatalf("stopped at %d: %+v, seen %+v", whole, r.Partial, seen)
		}
		if len(r.Runs)+len(r.Controls) > r.Partial.Whole || len(r.Runs) < min(whole, len(all.Runs)) {
			t.Fatalf("stopped at %d: %d runs, %d controls, %+v", whole, len(r.Runs), len(r.Controls), r.Partial)
		}
		for i := range r.Runs {
			if got, want := mustJSON(t, r.Runs[i]), mustJSON(t, all.Runs[i]); got != want {
				t.Fatalf("stopped at %d: run %d is\n%s\nwant\n%s", whole, i, got, want)
			}
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A watch changes nothing but what it sees.
func TestWatch_SeesAndChangesNothing(t *testing.T) {
	s, err := configs.Load("small", nil, []string{"events=[host-power+2s+box-power]"})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &lab.Watch{}
	watched, err := lab.Simulate(s, lab.Options{Watch: w})
	if err != nil {
		t.Fatal(err)
	}
	if mustJSON(t, alone) != mustJSON(t, watched) {
		t.Error("the result depends on the watch")
	}
	p := w.Progress()
	if p.Whole != len(alone.Runs) || p.Of != p.Whole || p.Commands == 0 || p.Simulated < time.Minute {
		t.Errorf("%+v", p)
	}
}

// A run ends soon after it is stopped, in the middle of a tool, and leaves no
// coroutine behind.
func TestWatch_StopsSoon(t *testing.T) {
	before := runtime.NumGoroutine()
	begin := time.Now()
	r, _ := endedAt(t, slowly(t), 0)
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(r.Runs) != 0 || r.Partial == nil || r.Partial.Of != 3 {
		t.Errorf("%d runs, %+v", len(r.Runs), r.Partial)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// Sweeps that were ended early are those that are whole, and of every instant only
// those with all their samples.
func TestWatch_EndsSweeps(t *testing.T) {
	s, err := configs.Load("small", nil, []string{"events=[restart,box-power]"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := lab.EveryCut(s, lab.SweepOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, whole := range []int{0, 2, 5, 7} {
		w, done := &lab.Watch{}, make(chan struct{})
		go stopAt(w, whole, done)
		c, err := lab.EveryCut(s, lab.SweepOptions{Workers: 1, Watch: w})
		close(done)
		if err != nil {
			t.Fatal(err)
		}
		if c.Partial == nil || c.Partial.Whole < whole || c.Partial.Whole >= c.Partial.Of {
			t.Fatalf("stopped at %d: %+v", whole, c.Partial)
		}
		swept := len(all.Sweeps)
		for i := range c.Sweeps {
			if whole < swept {
				if len(c.Sweeps[i].Outages) >= len(all.Sweeps[i].Outages) {
					t.Errorf("stopped at %d: sweep %d has samples", whole, i)
				}
				continue
			}
			if mustJSON(t, c.Sweeps[i]) != mustJSON(t, all.Sweeps[i]) {
				t.Errorf("stopped at %d: sweep %d differs", whole, i)
			}
		}
	}
}
