package lab_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/lab"
)

const onAPFS = "volumes: [{mount: /Volumes/R, fs: apfs, label: R, start: 40960, size: 256MiB}]\n" +
	"files: [{path: \"/f/a*.bin\", size: 300KiB, count: 3}]\n"

// A cut at the instant at which the event stands anyway changes nothing.
func TestCut_AtTheEventItself(t *testing.T) {
	for _, s := range []story{
		{policy: "wb-flush-all", steps: []string{prefill, raw4, "wait: 250ms", "event: box-power", back4}},
		{policy: "wb-age-4s", steps: []string{raw4, "wait: 250ms", "event: host-power+4s+box-power", back4}},
		{policy: "wb-protected", steps: []string{raw4, "wait: 250ms", "event: restart", back4}},
		{policy: "wb-flush-all", before: onAPFS, steps: []string{"run: cp -R /f /Volumes/R/", "wait: 250ms", "event: all-power"}},
	} {
		s.host = "dext"
		want := s.run(t)
		event := 0
		for want.Steps[event].Kind != "event" {
			event++
		}
		for _, at := range []string{"+250ms", time.Duration(want.Steps[event].StartNS - want.Steps[0].StartNS).String()} {
			s.sets = []string{"cut=" + at}
			a, _ := json.Marshal(want)
			b, _ := json.Marshal(s.run(t))
			if string(a) != string(b) {
				t.Errorf("%s, cut at %s:\n%s\nwithout\n%s", s.yaml(), at, b, a)
			}
		}
	}
}

func TestCut_InTheMiddleOfATool(t *testing.T) {
	for _, tt := range []struct {
		event string
		exit  int
		says  string
	}{
		{"box-power", 1, "dd: /dev/rdisk5: Device not configured"},
		{"cable", 1, "dd: /dev/rdisk5: Device not configured"},
		{"host-power", -1, ""},
		{"restart", -1, ""},
		{"disk-fail:0", 0, "4+0 records in"}, // dd does not notice
	} {
		run := story{host: "kext", policy: "wb-flush-all", sets: []string{"cut=1ms"},
			steps: []string{prefill, raw4, "run: sync", "wait: 3s", "event: " + tt.event, back4}}.run(t)
		dd, sync, wait, event, back := run.Steps[1], run.Steps[2], run.Steps[3], run.Steps[4], run.Steps[5]
		if !dd.Interrupted || dd.Skipped || dd.Exit != tt.exit || !strings.HasPrefix(strings.Join(dd.Output, "\n"), tt.says) ||
			dd.EndNS-run.Steps[0].StartNS != 1e6 {
			t.Errorf("%s: dd %+v", tt.event, dd)
		}
		if !sync.Skipped || !wait.Skipped || event.Skipped || event.Interrupted || event.StartNS != run.EventNS || run.EventNS != dd.EndNS {
			t.Errorf("%s at %d: %+v, %+v, %+v", tt.event, run.EventNS, sync, wait, event)
		}
		if back.Interrupted || back.Skipped || back.Reading == nil || run.ToolError != "" || run.Rate == 0 {
			t.Errorf("%s: read back %+v", tt.event, back)
		}
	}
}

// Where the steps are done before the cut comes, the box idles; a case without an
// event has nothing to cut.
func TestCut_AfterTheSteps(t *testing.T) {
	text := "box: small-4x4gb-raid5\nhosts: [kext]\npolicies: [wb-age-4s]\ncases:\n" +
		"  - {name: cut, steps: [{" + raw4 + "}, {event: box-power}]}\n  - {name: whole, steps: [{" + raw4 + "}, {wait: 6s}]}\n"
	r := simulate(t, text, lab.Options{}, "cut=6s")
	cut, whole := r.Runs[0], r.Runs[1]
	if cut.EventNS-cut.Steps[0].StartNS != 6e9 || cut.Steps[0].Interrupted || cut.Loss.Acknowledged() != 0 {
		t.Errorf("%+v at %d", cut.Loss, cut.EventNS)
	}
	if whole.Steps[1].Skipped || whole.Steps[1].EndNS-whole.Steps[1].StartNS != 6e9 {
		t.Errorf("%+v", whole.Steps[1])
	}
}

// The host goes first, and the box has as long to destage as it lives on.
func TestStaggered_KeepsWhatWasDestaged(t *testing.T) {
	for _, tt := range []struct {
		gap  string
		lost uint64
	}{{"100ms", 4 << 20}, {"2s", 0}} {
		run := story{host: "kext", policy: "wb-idle-1s", sets: []string{"policy.link_loss=keep"},
			steps: []string{raw4, "event: host-power+" + tt.gap + "+box-power", back4}}.run(t)
		if run.Loss.Permitted != tt.lost || run.Loss.Violation != 0 {
			t.Errorf("%s later: %+v", tt.gap, run.Loss)
		}
	}
}

// The second cut comes when the box has booted and writes what its battery kept.
// What is on the members by then stays; the rest has to outlast the second outage.
func TestSecondCut_DuringTheReplay(t *testing.T) {
	const booted = time.Hour + 20*time.Second
	cut := func(after time.Duration, second string) lab.Run {
		return story{host: "kext", policy: "wb-protected",
			steps: []string{raw4, fmt.Sprintf("event: box-power/1h+%s+box-power/%s", after, second), back4}}.run(t)
	}
	whole := uint64(4 << 20)
	before := cut(booted-time.Second, "73h").Loss.Permitted
	if before != whole {
		t.Errorf("before the replay %d bytes are lost", before)
	}
	last := whole
	for _, ms := range []time.Duration{10, 20, 40, 80} {
		run := cut(booted+ms*time.Millisecond, "73h")
		if run.Loss.Violation != 0 || run.Loss.Permitted > last {
			t.Errorf("%d ms into the replay: %+v, and %d before", ms, run.Loss, last)
		}
		if last = run.Loss.Permitted; ms == 20 && (last == 0 || last == whole) {
			t.Errorf("in the middle of the replay all or nothing is lost: %d", last)
		}
		if run := cut(booted+ms*time.Millisecond, "1h"); run.Loss.Acknowledged() != 0 || word(run.ReadAfter) != "correct" {
			t.Errorf("%d ms into the replay, 1 h: %+v", ms, run.Loss)
		}
	}
	if last := cut(booted+time.Minute, "73h").Loss.Acknowledged(); last != 0 {
		t.Errorf("after the replay %d bytes are lost", last)
	}
}

// Two outages of one supply end with the later one.
func TestOverlappingOutages(t *testing.T) {
	took := func(event string) time.Duration {
		run := story{host: "kext", policy: "write-through", steps: []string{raw4, "event: " + event}}.run(t)
		return time.Duration(run.Steps[1].EndNS - run.Steps[1].StartNS).Round(time.Second)
	}
	minute := took("box-power/1m")
	for event, want := range map[string]time.Duration{
		"box-power/1m+10s+box-power/5s":                  minute,
		"box-power/10s+5s+box-power/55s":                 minute,
		"box-power/1m+10s+disk-fail:0":                   minute,
		"disk-power:0/30s+10s+box-power/50s":             minute,
		"cable/5s+1s+box-power/59s":                      minute,
		"box-power/1m+59s+cable/30s":                     minute + 9*time.Second,
		"firmware-crash+10s+firmware-crash":              minute - 50*time.Second,
		"box-power/5s+1m+disk-power:1/10s":               70 * time.Second,
		"disk-power:1/2m+1s+box-power/1s":                2 * time.Minute,
		"box-power/1m+1m19s+disk-fail:0+100ms+cable/10s": minute + 9*time.Second,
	} {
		if got := took(event); got != want {
			t.Errorf("%s takes %s, not %s", event, got, want)
		}
	}
}

// A flush that is asked for after the first event promises nothing about what that
// event took, also where the second came before the first was judged.
func TestFlushBetweenTwoEvents_PromisesNothingBack(t *testing.T) {
	run := story{host: "kext", policy: "wb-flush-all", steps: []string{raw4, "event: controller-reset+96us+restart"}}.run(t)
	if run.Loss.Violation != 0 || run.Loss.Permitted != 4<<20 {
		t.Fatalf("%+v, %+v", run.Loss, run.Causes)
	}
}

// A firmware that crashes while it starts begins anew: nothing is destaged before.
func TestCrash_DuringTheStart(t *testing.T) {
	for gap, lost := range map[string]uint64{"15s": 4 << 20, "21s": 0} {
		run := story{host: "kext", policy: "wb-protected",
			steps: []string{raw4, "event: firmware-crash+10s+firmware-crash+" + gap + "+box-power/73h"}}.run(t)
		if run.Loss.Acknowledged() != lost {
			t.Errorf("%s later: %+v", gap, run.Loss)
		}
	}
}

// What a driver holds when the link goes does not reach the disk that comes back.
func TestReset_UnderAFlushInTheDriver(t *testing.T) {
	run := story{host: "dext-halt-hook", policy: "wb-age-4s", sets: []string{"cut=848807ns"},
		before: strings.Replace(onAPFS, "apfs", "hfs+", 1),
		steps:  []string{"run: cp -R /f /Volumes/R/", "run: sync", "event: controller-reset"}}.run(t)
	if run.Loss.Violation != 0 || run.Loss.Permitted == 0 {
		t.Fatalf("%+v, %+v", run.Loss, run.Causes)
	}
}

// A program that a restart kills in the middle of a commit leaves it to others.
func TestRestart_InTheMiddleOfACommit(t *testing.T) {
	for at := 500 * time.Microsecond; at < 12*time.Millisecond; at += 500 * time.Microsecond {
		run := story{host: "kext", policy: "wb-idle-1s", before: onAPFS, sets: []string{"cut=" + at.String()},
			steps: []string{"run: cp -R /f /Volumes/R/", "run: diskutil eject disk5", "event: restart"}}.run(t)
		if end := run.Steps[2]; end.EndNS-end.StartNS > 60e9 || run.Loss.Acknowledged() != 0 {
			t.Fatalf("%s: %+v after %d ns", at, run.Loss, end.EndNS-end.StartNS)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct{ event, cut, want string }{
		{"host-power/1s+10s+restart", "1s", "when the host is shutting down or booting; let it come later"},
		{"restart+1ms+restart", "1s", "when the host is shutting down or booting"},
		{"box-power", "every", "cut every: "},
	} {
		s, err := configs.Load("small", nil, []string{"events=" + tt.event, "cut=" + tt.cut})
		if err != nil {
			t.Fatal(err)
		}
		var refused *lab.Refused
		if _, err = lab.Simulate(s, lab.Options{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, %s: %v", tt.event, tt.cut, err)
		}
	}
}
