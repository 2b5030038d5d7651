package lab_test

import (
	"errors"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/sim/ledger"
)

// A record is of the very run that a Result tells of, and what it holds adds up
// with it.
func TestRecords_AreTheRunsOfTheResult(t *testing.T) {
	for _, s := range []story{
		{host: "kext", policy: "wb-age-4s", steps: []string{prefill, pages, middle, cut}},
		{host: "dext", policy: "wb-flush-all", steps: []string{prefill, mega, "event: restart:kext"}},
		{host: "kext", policy: "wb-flush-cache", steps: []string{mega, eject, "event: host-power+2s+box-power"}},
		{host: "kext", policy: "write-through", before: journaled, steps: []string{copying, "wait: 1s", cut}},
	} {
		text := s.yaml()
		scenario, err := configs.Parse("test.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := simulate(t, text, lab.Options{}).Runs
		n := 0
		if err := lab.Records(scenario, lab.Options{}, func(r *lab.Record) error {
			checkRecord(t, r, &want[n], n)
			n++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n != len(want) || n != lab.RunCount(scenario) {
			t.Errorf("%d records of %d runs", n, len(want))
		}
	}
}

func checkRecord(t *testing.T, r *lab.Record, want *lab.Run, number int) {
	t.Helper()
	if got, want := encoded(t, *r.Run), encoded(t, *want); got != want || r.Number != number {
		t.Errorf("%s under %s: another run:\n%s\n%s", want, r.Run.Policy, got, want)
	}
	if last := r.Events[len(r.Events)-1]; int64(last.At) != want.EventNS {
		t.Errorf("the last event came at %s, not at %d", last.At, want.EventNS)
	}
	var lost, acked uint64
	for _, l := range r.Losses {
		if l.Class != ledger.InFlight {
			lost += l.Extent.Bytes()
		}
	}
	if want.Replayed == 0 && lost != want.Loss.Acknowledged() {
		t.Errorf("%s: %d bytes lost, not %d", want.Policy, lost, want.Loss.Acknowledged())
	}
	issued := map[uint64]bool{}
	at := r.Start
	for _, f := range r.Facts {
		if f.At < at {
			t.Fatalf("%s: %s comes after what came later", want.Policy, f.Kind)
		}
		at = f.At
		switch f.Kind {
		case ledger.WriteIssued:
			issued[uint64(f.Version)] = true
		case ledger.WriteAcknowledged:
			if !issued[uint64(f.Version)] {
				t.Errorf("%s: version %d acknowledged before it was issued", want.Policy, f.Version)
			}
			acked += f.Extent.Bytes()
		}
	}
	if acked < want.Acked {
		t.Errorf("%s: %d bytes acknowledged in the facts, %d in the run", want.Policy, acked, want.Acked)
	}
}

// What goes wrong where a record goes ends the playing of records.
func TestRecords_StopAtAnError(t *testing.T) {
	scenario, err := configs.Load("small", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	full, n := errors.New("disk full"), 0
	if err := lab.Records(scenario, lab.Options{}, func(*lab.Record) error { n++; return full }); err != full || n != 1 {
		t.Errorf("%v after %d records", err, n)
	}
}
