package lab_test

import (
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// A learn cycle that begins in the middle of a dd: the firmware goes over to
// write-through, what was dirty is destaged, and no outage can take anything; by
// force it goes on, and the battery that is discharged does not outlast 30 h.
// After the cycle all is as before it.
func TestBattery_LearnCycleInTheMiddleOfADD(t *testing.T) {
	s, err := configs.Load("battery", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range append(r.Runs, r.Controls...) {
		short, forced := run.Event == "box-power/30h", run.Control != ""
		want := map[string]bool{"wb-protected": short, "wb-learning": short || run.Case == "during"}[run.Policy] && !forced
		if kept := run.Loss == (lab.Loss{}); kept != want {
			t.Errorf("%s, %s, %s %s: lost %+v", run.Case, run.Event, run.Policy, run.Control, run.Loss)
		}
		if run.Policy == "wb-protected" {
			if run.Protection != nil {
				t.Errorf("a protection that cannot change has a history: %+v", run.Protection)
			}
			continue
		}
		learns, dd := run.Protection[1], run.Steps[1]
		if learns.State != "learning" || learns.AtNS <= dd.StartNS || learns.AtNS >= dd.EndNS || learns.DirtyBytes == 0 {
			t.Errorf("%+v does not begin in the middle of a dd from %d to %d", learns, dd.StartNS, dd.EndNS)
		}
		if (learns.Mode == "write-back") != forced {
			t.Errorf("forced %v: %s", forced, learns.Mode)
		}
		for _, c := range run.Protection {
			if !c.Supply && run.Case == "during" && (c.DirtyBytes > 0) != forced {
				t.Errorf("forced %v: power goes with %d bytes dirty", forced, c.DirtyBytes)
			}
		}
	}
}

// The more the energy covers, the less is lost.
func TestProtection_MoreEnergyNeverLosesMore(t *testing.T) {
	last := ^uint64(0)
	for _, vault := range []string{"1MiB", "4MiB", "8MiB", "12MiB", "16MiB", "1GiB"} {
		s, err := configs.Load("vault-half", nil, []string{"policies.vault-half.protection.vault=" + vault})
		if err != nil {
			t.Fatal(err)
		}
		r, err := lab.Simulate(s, lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		run := find(t, r, "vault-half", "kext", "vault-half")
		if run.Loss.Permitted > last || run.Loss.Acknowledged() != run.Loss.Permitted {
			t.Errorf("%s: lost %+v, and %d with less energy", vault, run.Loss, last)
		}
		last = run.Loss.Permitted
	}
	if last != 0 {
		t.Errorf("energy for all, and %d bytes lost", last)
	}
}
