package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"tbraid/lab"
	"tbraid/lab/report"
)

// What curve refuses, it refuses before it sweeps anything.
func TestCurve_Refuses(t *testing.T) {
	folder := t.TempDir()
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-o", "x.pdf"}, exitInput, "x.pdf: the ending of a file says in which form to write: there are .svg, .csv and .json"},
		{[]string{"-o", "x"}, exitInput, "there are .svg, .csv and .json"},
		{[]string{"-o", filepath.Join(folder, "none", "x.svg")}, exitInput, "there is no folder"},
		{[]string{"-o", "x.svg", "-o", "x.svg"}, exitUsage, "twice"},
		{[]string{"--tail", "-1s"}, exitUsage, "--tail takes 0 or more"},
		{[]string{"--after", "-1s", "sync"}, exitUsage, "--after takes 0 or more"},
		{[]string{"--tail", "long"}, exitUsage, `--tail cannot be "long"`},
		{[]string{"--ledger", "some"}, exitUsage, "promises, full"},
		{[]string{"--workers", "-1"}, exitUsage, "0 or more"},
		{[]string{"--width", "10"}, exitUsage, "at least 40"},
		{[]string{"--polciy", "x"}, exitUsage, "did you mean --policy?"},
		{[]string{"small", "forum"}, exitUsage, "curve takes one scenario, and forum is one more"},
		{[]string{"small", "--after", "1s"}, exitUsage, "goes with command lines"},
		{[]string{"smal"}, exitInput, `there is no scenario preset "smal"`},
		{[]string{"--policy", "wb-flush-al"}, exitInput, "wb-flush-all"},
	}
	for _, tt := range tests {
		name := "curve " + strings.Join(tt.args, " ")
		code, stdout, stderr := tbraid(append([]string{"curve"}, tt.args...)...)
		if code != tt.code {
			t.Errorf("%s: exit %d, want %d: %s", name, code, tt.code, stderr)
		}
		checkComplaint(t, name, stdout, stderr, tt.want)
	}
}

// A flag that run has as well means the same.
func TestCurve_SharesTheFlagsOfRun(t *testing.T) {
	run := newRun(&app{}).Flags()
	own := map[string]bool{"tail": true, "ledger": true, "output": true}
	newCurve(&app{}).Flags().VisitAll(func(f *pflag.Flag) {
		other := run.Lookup(f.Name)
		switch {
		case own[f.Name]:
		case other == nil:
			t.Errorf("run has no --%s", f.Name)
		case other.Usage != f.Usage || other.DefValue != f.DefValue || other.Shorthand != f.Shorthand:
			t.Errorf("--%s differs: %q, %q", f.Name, other.Usage, f.Usage)
		}
	})
}

// Each file gets the form of its ending, and standard output the report or JSON.
func TestCurve_Outputs(t *testing.T) {
	c := &lab.Curves{Schema: lab.CurvesSchema, Scenario: lab.ScenarioInfo{Name: "s", Resolved: json.RawMessage("{}")},
		Sweeps: []lab.Sweep{{Case: "c", Host: "h", Policy: "p", EndNS: 1e9, Outages: []lab.Outage{{Name: "any outage",
			Curves: []lab.Curve{{Name: "acknowledged", FirstNS: -1, LastNS: -1, Points: []lab.Point{{ToNS: 1e9}}}}}}}}}
	folder := t.TempDir()
	var to outputs
	for _, ending := range []string{".svg", ".csv", ".json"} {
		to.files = append(to.files, filepath.Join(folder, "curve"+ending))
	}
	for _, stdout := range []bool{false, true} {
		var out bytes.Buffer
		a := &app{out: bufio.NewWriter(&out)}
		to.stdout = stdout
		if err := a.curves(c, to, report.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := a.out.Flush(); err != nil {
			t.Fatal(err)
		}
		want := "LOST"
		if stdout {
			want = `"schema": "tbraid.curves/1"`
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("standard output: %q, want %q in it", out.String(), want)
		}
	}
	for i, want := range []string{"<svg ", "case,host,policy,", `{`} {
		data, err := os.ReadFile(to.files[i])
		if err != nil || !strings.HasPrefix(string(data), want) {
			t.Errorf("%s: %q, %v", to.files[i], data, err)
		}
	}
}
