package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seenTwice are observations that take few simulations.
const seenTwice = `base: forum
unknown: []
observed:
  - {name: once, experiment: restart, saw: {read: old}}
  - {name: ejected, experiment: eject-first, saw: {read: correct}}
`

func observationsIn(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seen.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestDiagnose(t *testing.T) {
	file := observationsIn(t, seenTwice)
	folder := t.TempDir()
	data, page := filepath.Join(folder, "d.json"), filepath.Join(folder, "d.html")
	code, stdout, stderr := tbraid("diagnose", file, "--faults", "2", "-o", data, "-o", page)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, want := range []string{"M3+M5", "VERDICT", "RULED OUT", "NEXT", "CHANGE", "the control for it is missing"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the report has no %s:\n%s", want, stdout)
		}
	}
	var r struct {
		Schema       string `json:"schema"`
		Explanations []struct {
			ID    string  `json:"id"`
			Share float64 `json:"share"`
		} `json:"explanations"`
	}
	text, err := os.ReadFile(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil || r.Schema != "tbraid.diagnosis/1" || len(r.Explanations) == 0 || r.Explanations[0].ID != "M3+M5" {
		t.Errorf("%v, %+v", err, r)
	}
	markup, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!DOCTYPE html>", "M3+M5", "</html>", `"tbraid.diagnosis/1"`} {
		if !strings.Contains(string(markup), want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(string(markup), "http://") || strings.Contains(string(markup), "https://") {
		t.Error("the page refers to something outside of it")
	}
}

func TestDiagnose_Script(t *testing.T) {
	code, stdout, stderr := tbraid("diagnose", "forum", "--script", "raw-node")
	if code != exitOK || stderr != "" || !strings.HasPrefix(stdout, "#!/bin/sh\n") || !strings.Contains(stdout, "\tdestroys '") {
		t.Errorf("exit %d, %s\n%s", code, stderr, stdout)
	}
}

func TestDiagnose_BadInput(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       string // behind the name of the file
	}{
		{"unknown key", seenTwice + "polcy: x\n", `:6:1: unknown key "polcy"`},
		{"unknown experiment", "base: forum\nobserved:\n  - {name: a, experiment: restrt, saw: {read: old}}\n", `:3:27: there is no experiment "restrt"`},
		{"nothing done", "base: forum\nobserved:\n  - {name: a, saw: {read: old}}\n", `:3:5: the observation "a" does not say what was done`},
		{"nothing seen", "base: forum\nobserved:\n  - {name: a, experiment: restart}\n", `:3:5: the observation "a" does not say what was seen`},
		{"unknown word", "base: forum\nobserved:\n  - {name: a, experiment: restart, saw: {read: olde}}\n", `:3:41: nothing reads as "olde"`},
		{"unknown unknown", "base: forum\nobserved:\n  - name: a\n    steps: [{wait: \"${nap}\"}]\n    saw: {error: none}\n", ":4:12: there is no unknown ${nap} for steps"},
		{"empty range", "base: forum\nunknown:\n  - {name: pause, from: 4s, to: 1s}\n", ":3:25: 4s to 1s is no range"},
		{"too many combinations", "base: forum\nunknown:\n  - {name: pause, from: 1s, to: 60s, points: 16}\n  - {name: typed, from: 1s, to: 60s, points: 16}\n  - {name: before, values: [zeros, pattern]}\nobserved:\n  - name: a\n    steps: [{wait: \"${pause}\"}, {wait: \"${typed}\"}, {prefill: {extent: 0+1MiB, with: \"${before}\"}}]\n    saw: {error: none}\n", ":7:5: what is unknown about a makes 512 combinations"},
		{"bad event", "base: forum\nunknown:\n  - {name: pause, values: [1s]}\n  - {name: typed, values: [1s]}\n  - {name: before, values: [zeros]}\n  - {name: reboot, replaces: \"restart:kext\", values: [soon]}\n", `: unknown reboot: unknown event "soon"`},
		{"setting", "base: forum\nmechanisms:\n  - {name: mine, id: U1, title: x, role: fault, prior: 5%, set: [driver.sync=ack]}\n", `:3:66: "driver.sync=ack" is no setting`},
		{"value of a setting", "base: forum\nmechanisms:\n  - {name: mine, id: U1, title: x, role: fault, prior: 5%, set: [host.driver.sync=ack]}\n", `:3:83: sync cannot be "ack"`},
		{"prior", "base: forum\nmechanisms:\n  - {name: mine, id: U1, title: x, role: fault, prior: 100%, set: [host.driver.sync=fail]}\n", ":3:56: prior is out of range"},
		{"companion", "base: forum\nmechanisms:\n  - {name: mine, id: U1, title: x, role: fault, prior: 5%, with: [nothing], set: [host.driver.sync=fail]}\n", `:3:66: there is no mechanism "nothing"`},
		{"empty", "", ": there is nothing in it"},
	} {
		file := observationsIn(t, tt.text)
		code, stdout, stderr := tbraid("diagnose", file)
		if code != exitInput {
			t.Errorf("%s: exits with %d: %s", tt.name, code, stderr)
			continue
		}
		checkComplaint(t, tt.name, stdout, stderr, file+tt.want)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"diagnose", "forums"}, exitInput, `forums: there is no preset of observations "forums"`},
		{[]string{"diagnose", "none.yaml"}, exitInput, "none.yaml: no such file"},
		{[]string{"diagnose", "forum", "--script", "restrt"}, exitInput, `did you mean "restart"?`},
		{[]string{"diagnose", "forum", "--faults", "9"}, exitUsage, "--faults takes 1 to 4, not 9"},
		{[]string{"diagnose", "forum", "-o", "x.svg"}, exitUsage, "no output in the form .svg"},
		{[]string{"diagnose", "forum", "small"}, exitUsage, "small is one more"},
	} {
		code, stdout, stderr := tbraid(tt.args...)
		if code != tt.code || stdout != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: exit %d, %q", tt.args, code, stderr)
		}
	}
}
