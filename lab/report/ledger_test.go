package report

import (
	"bufio"
	"bytes"
	"testing"

	"tbraid/lab"
)

// ledgerOf is the ledger of a scenario, line by line.
func ledgerOf(t *testing.T, name string, sets ...string) (*lab.Result, []map[string]any) {
	t.Helper()
	s := loaded(t, name, sets...)
	r, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	d := &Document{Result: r, Records: func(each func(*lab.Record) error) error { return lab.Records(s, lab.Options{}, each) }}
	if err := NDJSON(&b, d); err != nil {
		t.Fatal(err)
	}
	line := compiled(t, "ledger", true)
	var all []map[string]any
	in := bufio.NewScanner(&b)
	for in.Scan() {
		v := instance(t, in.Bytes())
		if err := line.Validate(v); err != nil {
			t.Fatalf("line %d: %v", len(all)+1, err)
		}
		all = append(all, v.(map[string]any))
	}
	if in.Err() != nil {
		t.Fatal(in.Err())
	}
	return r, all
}

// Each line passes its schema; the lines of a run are in order of time and add up
// with what the result says.
func TestNDJSON(t *testing.T) {
	r, lines := ledgerOf(t, "small", "policies=[write-through, wb-ack-only, wb-age-4s]", "events=[box-power, host-power+2s+box-power]")
	type sums struct{ steps, acked, lost, events, stored uint64 }
	got := make([]sums, len(r.Runs))
	run, last := -1, int64(0)
	whole := func(v any) int64 {
		if v == nil {
			return 0
		}
		return int64(number(t, v.(interface{ String() string }).String()))
	}
	for i, l := range lines {
		at := whole(l["at_ns"])
		if l["kind"] == "run" {
			run++
			last = 0
			of := &r.Runs[run]
			if l["schema"] != lab.LedgerSchema || l["case"] != of.Case || l["event"] != of.Event || l["host"] != of.Host || l["policy"] != of.Policy {
				t.Fatalf("line %d: %v is not run %d", i+1, l, run)
			}
			continue
		}
		if whole(l["run"]) != int64(run) || at < last {
			t.Fatalf("line %d is of another run, or earlier than the one before: %v", i+1, l)
		}
		last = at
		sum := &got[run]
		switch {
		case l["kind"] == "step":
			sum.steps++
		case l["kind"] == "event":
			sum.events++
		case l["kind"] == "lost" && l["class"] != "in-flight":
			sum.lost += 512 * uint64(whole(l["blocks"]))
		case l["what"] == "write-acknowledged" && l["version"] != nil && whole(l["version"]) > 1 && at <= r.Runs[run].EventNS: // 1 is the prefill
			sum.acked += 512 * uint64(whole(l["blocks"]))
		case l["kind"] == "command" && l["what"] == "WRITE" && l["status"] == "done":
			sum.stored += 512 * uint64(whole(l["blocks"]))
		}
	}
	if run+1 != len(r.Runs) {
		t.Fatalf("%d runs of %d", run+1, len(r.Runs))
	}
	for i := range r.Runs {
		of := &r.Runs[i]
		events := uint64(1)
		if of.Event != "box-power" {
			events = 2
		}
		want := sums{uint64(len(of.Steps)), of.Acked, of.Loss.Acknowledged(), events, of.Members.BytesWritten}
		if got[i] != want {
			t.Errorf("%s, %s: %+v, want %+v", of.Policy, of.Event, got[i], want)
		}
	}
}
