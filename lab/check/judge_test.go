package check

import (
	"testing"

	"tbraid/lab"
)

// The values are those of the result and of the curves: run by run, step by step,
// and with a battery of the outage that the event makes.
func TestJudge(t *testing.T) {
	p, err := read(t, "lost(one,wb-age-4s,host=kext,event=box-power) == 1MiB", "exit(one,*) == 0", "worst(one,wb-protected,host=kext) == 0",
		"exposed(dd,wb-age-4s,case=one) > 0", "mean(one,write-through) == 0", "violation(*,*) == 0", "permitted(dd,wb-age-4s) > 0")
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Simulate(p.scenario, lab.Options{Sweep: p.Sweeps(), SweepOf: p.Swept})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Runs {
		if run := &r.Runs[i]; p.Swept(run) != (run.Exposure != nil) || run.Exposure != nil && run.Case != "one" {
			t.Errorf("exposure of %s, %s: %+v", run.Case, run.Policy, run.Exposure)
		}
	}
	all := p.Judge(r)

	lost := all[0]
	if !lost.Passed || lost.Value != 1<<20 || lost.Limit != 1<<20 || lost.Unit != "bytes" || len(lost.Checked) != 1 {
		t.Errorf("%+v", lost)
	}
	exit := all[1]
	if !exit.Passed || len(exit.Checked) != 2*18 || exit.Checked[0].Tool == "" || exit.Checked[1].Tool != "sync" {
		t.Errorf("dd and sync in 18 runs: %+v", exit)
	}
	for i, v := range all[2].Checked { // the battery bridges a minute and not 73 hours
		if beyond := i == 1; v.Passed == beyond || (v.Value == 1<<20) != beyond || (v.Outage == "beyond the hold-up") != beyond {
			t.Errorf("worst under a battery: %+v", v)
		}
	}
	if all[2].Passed || all[2].Value != 1<<20 || len(all[2].Checked) != 2 {
		t.Errorf("%+v", all[2])
	}
	for i, passed := range []bool{3: true, 4: true, 5: true, 6: false} {
		if i >= 3 && all[i].Passed != passed {
			t.Errorf("%s: %+v", all[i].Text, all[i])
		}
	}
	for _, a := range all {
		for i, v := range a.Checked {
			for _, run := range r.Runs {
				if run.Case == v.Case && run.Host == v.Host && run.Policy == v.Policy && run.Event == v.Event &&
					a.Metric == "permitted" && v.Value != int64(run.Loss.Permitted) {
					t.Errorf("%s, value %d: %+v", a.Text, i, v)
				}
			}
		}
	}
}

// No sweep is made that nothing asks for.
func TestSweeps_OnlyWhenAsked(t *testing.T) {
	for text, want := range map[string]bool{Default: false, "p99(dd,*) < 1s": false, "mean(dd,*) == 0": true} {
		p, err := read(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if p.Sweeps() != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

// What a tool sent, by its step: of dd there is something, of sync on a box without a
// mounted volume there is nothing, and an assertion about nothing does not pass.
func TestJudge_Tools(t *testing.T) {
	texts := []string{"p50(dd,*) < 1s", "p90(dd,*) < 1s", "p99(dd,*) < 1s", "p99.9(dd,*) < 1s", "max(dd,*) < 1s", "rate(dd,*) > 1MB/s", "iops(dd,*) > 1", "commands(dd,*) > 1", "p99(sync,*) < 1s", "p99(one,*) < 1s", "flush-max(dd,*) < 1h"}
	p, err := read(t, texts...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Simulate(p.scenario, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := p.Judge(r)
	last := int64(0)
	for i, a := range all {
		sent := i < 8
		if a.Passed != sent {
			t.Errorf("%s: %+v", a.Text, a)
		}
		if i < 5 { // percentiles rise
			if a.Value < last {
				t.Errorf("%s: %d after %d", a.Text, a.Value, last)
			}
			last = a.Value
		}
	}
	for i, v := range all[0].Checked {
		of := &r.Runs[i].Tools[0]
		if v.Value != of.Latency.P50 || v.Tool != of.Line || v.Value == 0 {
			t.Errorf("%+v of %+v", v, of)
		}
	}
	if dd, none := all[9].Checked[0], all[9].Checked[1]; dd.Missing || !none.Missing || none.Passed {
		t.Errorf("%+v, %+v", dd, none)
	}
}
