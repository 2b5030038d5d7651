package lab_test

import (
	"encoding/json"
	"testing"

	"tbraid/lab"
)

// maxCells is the bound of a map, and one for the remainder.
const maxCells = 129

// The map of a run adds up to its losses, class by class, whatever the cause. It
// is in order of address and bounded.
func TestFates_AddUpToTheLosses(t *testing.T) {
	for _, c := range reached {
		for _, run := range simulate(t, c.story.yaml(), lab.Options{Fates: true}, c.story.sets...).Runs {
			sum, end := lab.Fate{}, uint64(0)
			for _, f := range run.Fates {
				if f.LBA < end || f.Blocks == 0 || f.Kept+f.Acknowledged()+f.InFlight == 0 {
					t.Errorf("%s: a cell out of order, or empty: %+v", c.cause, f)
				}
				end = f.LBA + f.Blocks
				sum.Kept += f.Kept
				sum.Violation += f.Violation
				sum.Permitted += f.Permitted
				sum.Collateral += f.Collateral
				sum.InFlight += f.InFlight
			}
			if sum.Loss != run.Loss {
				t.Errorf("%s: the cells add up to %+v, the run lost %+v", c.cause, sum.Loss, run.Loss)
			}
			if n := len(run.Fates); n == 0 || n > maxCells {
				t.Errorf("%s: %d cells", c.cause, n)
			}
		}
	}
}

// dd writes each block once: all that is not lost is kept.
func TestFates_KeptIsWhatWasWritten(t *testing.T) {
	for _, s := range []story{
		{host: "kext", policy: "write-through", steps: []string{prefill, mega, cut}},
		{host: "kext", policy: "wb-age-4s", steps: []string{prefill, pages, middle, cut}},
	} {
		run := simulate(t, s.yaml(), lab.Options{Fates: true}).Runs[0]
		var kept uint64
		for _, f := range run.Fates {
			kept += f.Kept
		}
		if kept == 0 || kept+run.Loss.Acknowledged() != run.Acked {
			t.Errorf("%s: %d kept and %d lost of %d acknowledged", s.policy, kept, run.Loss.Acknowledged(), run.Acked)
		}
	}
}

// Nothing else depends on whether the map is drawn, and it is not drawn unasked.
func TestFates_ChangeNothingElse(t *testing.T) {
	s := reached[0].story
	plain, mapped := s.run(t), simulate(t, s.yaml(), lab.Options{Fates: true}).Runs[0]
	if plain.Fates != nil || mapped.Fates == nil {
		t.Fatalf("%d and %d cells", len(plain.Fates), len(mapped.Fates))
	}
	mapped.Fates = nil
	if encoded(t, plain) != encoded(t, mapped) {
		t.Error("the runs differ")
	}
}

func encoded(t *testing.T, r lab.Run) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
