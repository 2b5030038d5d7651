package lab_test

import (
	"reflect"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/sim/ledger"
)

// losing is a scenario in which data go for several reasons.
const losing = `
name: losing
box: small-4x4gb-raid5
hosts: [dext, kext]
policies: [wb-flush-all, wb-ack-only, write-through]
events: [restart:kext, box-power]
files:
  - {path: /Users/user/Footage/備份說明.txt, size: 2MiB}
cases:
  - name: dd
    steps:
      - prefill: {extent: 0+32MiB, with: pattern}
      - run: dd if=/dev/random of=/dev/disk5 bs=1m count=4
      - wait: 250ms
      - event: each
      - run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=4
  - name: cp
    volumes: [{mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640}]
    steps:
      - run: cp -R /Users/user/Footage /Volumes/RAID/
      - wait: 6s
      - event: each
`

func TestChanges_CoverEachCause(t *testing.T) {
	r := simulate(t, losing, lab.Options{Changes: true})
	if len(r.Changes) < 3 {
		t.Fatalf("changes for %d causes", len(r.Changes))
	}
	for i, c := range r.Changes {
		for _, o := range r.Changes[:i] {
			if o.Cause.Name == c.Cause.Name && o.Cause.Class == c.Cause.Class && o.Cause.Taken == c.Cause.Taken {
				t.Errorf("%s twice", c.Cause.Name)
			}
		}
		base := findEvent(t, r, c.Case, c.Host, c.Policy, c.Event)
		if c.AsIs.AtEvent.Loss != base.Loss || c.AsIs.Rate != base.Rate || c.AsIs.AtEvent.Whole() {
			t.Errorf("%s, %s, %s: as it is %+v, and the run %+v", c.Case, c.Event, c.Policy, c.AsIs, base.Loss)
		}
		if len(c.Tried) < 3 || !c.Tried[0].Keeps() {
			t.Errorf("%s, %s, %s: nothing keeps the data: %+v", c.Case, c.Event, c.Policy, c.Tried)
		}
		lost := false
		for k, x := range c.Tried {
			switch {
			case x.Error != "":
				t.Errorf("%s: %s", x.Text, x.Error)
			case x.Keeps() && lost:
				t.Errorf("%s, %s, %s: %q keeps everything and stands below one that does not", c.Case, c.Event, c.Policy, x.Text)
			case x.Keeps() && k > 0 && x.Rate > c.Tried[k-1].Rate:
				t.Errorf("%s, %s, %s: %q is faster than the one above it", c.Case, c.Event, c.Policy, x.Text)
			case x.Rate == 0 || x.P99 == 0:
				t.Errorf("%s, %s, %s: %q has no price", c.Case, c.Event, c.Policy, x.Text)
			case x.AtEvent.Whole() != (x.AtOnce != nil):
				t.Errorf("%s, %s, %s: %q: %+v, at once %+v", c.Case, c.Event, c.Policy, x.Text, x.AtEvent, x.AtOnce)
			}
			lost = lost || !x.Keeps()
		}
	}
	// The driver cannot flush what nobody passes on, and fsync(2) on a node sends nothing.
	for _, c := range r.Changes {
		for _, x := range c.Tried {
			if x.Kind == "flag" && x.Keeps() {
				t.Errorf("%s, %s: %q keeps the data", c.Event, c.Policy, x.Text)
			}
			if x.Kind == "flush" && c.Cause.Name == "firmware-acks" && x.Keeps() {
				t.Errorf("%s, %s: a flush that the firmware only answers keeps the data", c.Event, c.Policy)
			}
			if x.Kind == "driver" && c.Cause.Name == "driver-gone" && !x.Keeps() {
				t.Errorf("%s, %s: the hook does not keep the data: %+v", c.Event, c.Policy, x)
			}
		}
	}
}

func findEvent(t *testing.T, r *lab.Result, c, host, policy, event string) *lab.Run {
	t.Helper()
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Case == c && run.Host == host && run.Policy == policy && run.Event == event {
			return run
		}
	}
	t.Fatalf("no run %s, %s, %s, %s", c, host, policy, event)
	return nil
}

// What a report says to type gives what it says.
func TestChanges_WhatIsTypedGivesTheSame(t *testing.T) {
	r := simulate(t, losing, lab.Options{Changes: true})
	checked := 0
	for _, c := range r.Changes {
		for _, x := range c.Tried {
			var sets []string
			policy := c.Policy
			switch {
			case strings.HasPrefix(x.Typed, "--set "):
				sets = strings.Split(strings.TrimPrefix(x.Typed, "--set "), " --set ")
			case strings.HasPrefix(x.Typed, "--policy "):
				policy = strings.TrimPrefix(x.Typed, "--policy ")
			default:
				continue
			}
			sets = append([]string{"hosts=" + c.Host, "policies=" + policy}, sets...)
			s, err := configs.Parse("losing.yaml", []byte(losing), sets)
			if err != nil {
				t.Fatal(err)
			}
			again, err := lab.Simulate(s, lab.Options{})
			if err != nil {
				t.Fatal(err)
			}
			run := findEvent(t, again, c.Case, c.Host, policy, c.Event)
			if run.Loss != x.AtEvent.Loss || x.Kind != "flush" && run.Rate != x.Rate {
				t.Errorf("%s: %+v at %d B/s, and the report says %+v at %d", x.Typed, run.Loss, run.Rate, x.AtEvent.Loss, x.Rate)
			}
			checked++
		}
	}
	if checked < 8 {
		t.Fatalf("%d trials could be typed", checked)
	}
}

func TestChanges_DoNotDependOnWorkers(t *testing.T) {
	one := simulate(t, losing, lab.Options{Changes: true, Workers: 1})
	two := simulate(t, losing, lab.Options{Changes: true, Workers: 2})
	if !reflect.DeepEqual(one.Changes, two.Changes) {
		t.Fatalf("%+v\n%+v", one.Changes, two.Changes)
	}
}

// Nothing is tried where nothing is lost, or nothing judged.
func TestChanges_OnlyWhereSomethingIsLost(t *testing.T) {
	safe := strings.Replace(losing, "[wb-flush-all, wb-ack-only, write-through]", "[write-through]", 1)
	if r := simulate(t, safe, lab.Options{Changes: true}); r.Changes != nil {
		t.Errorf("%+v", r.Changes)
	}
	if r := simulate(t, losing, lab.Options{Changes: true, Ledger: ledger.Off}); r.Changes != nil {
		t.Errorf("%+v", r.Changes)
	}
}

// Where the event comes in the middle of the command line, or at its worst instant,
// each change has its price all the same.
func TestChanges_UnderACut(t *testing.T) {
	for _, cut := range []string{"3ms", "worst"} {
		s, err := configs.Parse("losing.yaml", []byte(losing), []string{"cut=" + cut, "events=box-power"})
		if err != nil {
			t.Fatal(err)
		}
		r, err := lab.Simulate(s, lab.Options{Changes: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Changes) == 0 {
			t.Fatalf("%s: nothing was tried", cut)
		}
		for _, c := range r.Changes {
			kept := 0
			for _, x := range c.Tried {
				if x.Keeps() {
					kept++
				}
				if x.Rate == 0 || x.P99 == 0 || x.Error != "" {
					t.Errorf("%s, %s, %s: %q has no price: %+v", cut, c.Case, c.Policy, x.Text, x)
				}
			}
			if kept == 0 {
				t.Errorf("%s, %s, %s: nothing keeps the data: %+v", cut, c.Case, c.Policy, c.Tried)
			}
		}
	}
	s, err := configs.Parse("losing.yaml", []byte(losing), []string{"cut=worst", "events=restart:kext"})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := lab.Simulate(s, lab.Options{Changes: true}); err != nil || r.Changes != nil {
		t.Fatalf("a change is tried where each would be sampled: %v", err)
	}
}
