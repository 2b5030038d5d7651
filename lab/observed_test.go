package lab_test

import (
	"testing"

	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// What was read back after a power cycle is there for good, whoever asked for
// what: the battery has brought the data over the first outage, the firmware has
// written them to the members, whose caches lose them in the second.
func TestObserved_LostInTheNextOutageIsResurrected(t *testing.T) {
	steps := func(between string) []string {
		return []string{"prefill: {extent: 0+64MiB, with: pattern}", "run: dd if=/dev/random of=/dev/rdisk5 bs=1m count=24",
			"event: box-power/1h", between, "event: box-power"}
	}
	for _, c := range []struct {
		between  string
		observed bool
	}{
		{"run: dd if=/dev/disk5 of=/dev/null bs=1m skip=16 count=2", true},
		{"wait: 1ms", false},
	} {
		run := story{host: "kext", policy: "wb-protected-member-caches", steps: steps(c.between)}.run(t)
		if (run.Loss.Violation > 0) != c.observed || run.Loss.Permitted == 0 || run.Loss.Collateral != 0 {
			t.Errorf("%s: lost %+v by %+v", c.between, run.Loss, run.Causes)
		}
		var resurrected uint64
		for _, e := range run.Extents {
			if e.Outcome != ledger.Resurrected.String() {
				continue
			}
			if resurrected += e.Blocks * block.Size; e.Promise != "observed" || e.Class != "violation" || e.Cause != "members-unflushed" {
				t.Errorf("%s: %+v", c.between, e)
			}
		}
		if resurrected != run.Loss.Violation || resurrected > 2<<20 {
			t.Errorf("%s: %d bytes resurrected, and %+v", c.between, resurrected, run.Loss)
		}
	}
}

// What is written and read after the power cycle has not come through one.
func TestObserved_OnlyWhatCameThroughTheOutage(t *testing.T) {
	run := story{host: "kext", policy: "wb-flush-all", steps: []string{"event: box-power",
		"run: dd if=/dev/random of=/dev/disk5 bs=16k count=64", "run: dd if=/dev/disk5 of=/dev/null bs=1m count=1", "event: box-power"}}.run(t)
	if run.Loss.Violation != 0 || run.Loss.Permitted != 1<<20 {
		t.Errorf("%+v", run.Loss)
	}
}
