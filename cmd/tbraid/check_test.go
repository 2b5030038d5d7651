package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tbraid/lab"
	"tbraid/lab/check"
)

// Stories of assertions: what is typed, how it ends, and what is said.
func TestCheck_Stories(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	tests := []struct {
		name    string
		asserts []string
		code    int
		want    string // of standard output; where there is none, of standard error
	}{
		{"pass", []string{"lost(dd,write-through) == 0"}, exitOK, "● lost(dd,write-through) == 0: it is 0 B\nVERDICT   The assertion holds."},
		{"fail", []string{"lost(dd,wb-ack-only) == 0"}, exitAsserted, "✕ lost(dd,wb-ack-only) == 0: it is 4.00 MiB\n            4.00 MiB: case small, host kext, policy wb-ack-only, event box-power\n"},
		{"glob that holds", []string{"violation(*,wb-*) == 0"}, exitOK, "0 B in the worst of 4"},
		{"glob that fails for some", []string{"lost(d?,w*) < 1MiB"}, exitAsserted, "4.00 MiB in the worst of 5, and it fails for 3"},
		{"one of two fails", []string{"exit(dd,*) == 0", "lost(dd,*) == 0"}, exitAsserted, "1 of 2 assertions does not hold."},
		{"of a sweep", []string{"worst(*,wb-age-4s) <= 16MiB", "exposed(dd,wb-age-4s) < 5s", "mean(dd,write-through) == 0"}, exitOK, "All 3 assertions hold."},
		{"default", nil, exitAsserted, "✕ " + check.Default},
		{"unknown metric", []string{"lots(dd,*) == 0"}, exitInput, "--assert: there is no metric \"lots\"\n  lots(dd,*) == 0\n  ^\ndid you mean \"lost\"?"},
		{"bad unit", []string{"worst(dd,*) <= 16M"}, exitInput, "--assert: \"16M\": \"M\" is no unit: write KiB, MiB, GiB, TiB (powers of 1024) or kB, MB, GB, TB (of 1000)\n  worst(dd,*) <= 16M\n                 ^\nworst takes a size"},
		{"wrong kind of value", []string{"exposed(dd,*) < 16MiB"}, exitInput, "\"16MiB\" is no duration"},
		{"unknown policy", []string{"lost(dd,wb-ack-onyl) == 0"}, exitInput, "  lost(dd,wb-ack-onyl) == 0\n          ^\ndid you mean \"wb-ack-only\"?"},
		{"unknown tool", []string{"lost(cp,*) == 0"}, exitInput, "scenario small has no tool or case \"cp\"\n  lost(cp,*) == 0\n       ^\n"},
		{"glob that matches nothing", []string{"lost(*,vault-*) == 0"}, exitInput, "\"vault-*\" matches no policy of scenario small"},
		{"no comparison", []string{"lost(dd,*)"}, exitInput, "the comparison is missing"},
		{"a good one and a bad one", []string{"lost(dd,*) == 0", "lost(dd,*) = 0"}, exitInput, "did you mean \"==\"?"},
	}
	for _, tt := range tests {
		args := []string{"check", "small"}
		for _, a := range tt.asserts {
			args = append(args, "--assert", a)
		}
		code, stdout, stderr := tbraid(args...)
		if code != tt.code {
			t.Errorf("%s: exit %d, want %d: %s", tt.name, code, tt.code, stderr)
			continue
		}
		if code == exitInput {
			checkComplaint(t, tt.name, stdout, stderr, tt.want)
			continue
		}
		if !strings.Contains(stdout, tt.want) || stderr != "" {
			t.Errorf("%s: printed\n%s%s\nwant %q in it", tt.name, stdout, stderr, tt.want)
		}
	}
}

// What check refuses, it refuses before it simulates anything.
func TestCheck_Refuses(t *testing.T) {
	folder := t.TempDir()
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-o", "x.pdf"}, exitUsage, ".xml (JUnit)"},
		{[]string{"-o", "x"}, exitUsage, ".xml (JUnit)"},
		{[]string{"-o", filepath.Join(folder, "none", "x.xml")}, exitInput, "there is no folder"},
		{[]string{"--annotate", "gitlab"}, exitUsage, "auto, github, never"},
		{[]string{"--ledger", "off"}, exitUsage, "judges nothing"},
		{[]string{"--cut", "every"}, exitUsage, "worst(*,*)"},
		{[]string{"--cut", ""}, exitUsage, "--cut takes an instant"},
		{[]string{"--asert", "x"}, exitUsage, "did you mean --assert?"},
		{[]string{"--assert"}, exitUsage, "needs an argument"},
		{[]string{"small", "forum"}, exitUsage, "check takes one scenario"},
		{[]string{"smal"}, exitInput, `there is no scenario preset "smal"`},
	}
	for _, tt := range tests {
		name := "check " + strings.Join(tt.args, " ")
		code, stdout, stderr := tbraid(append([]string{"check"}, tt.args...)...)
		if code != tt.code {
			t.Errorf("%s: exit %d, want %d: %s", name, code, tt.code, stderr)
		}
		checkComplaint(t, name, stdout, stderr, tt.want)
	}
}

// asserting writes a scenario file with these assertions in it.
func asserting(t *testing.T, asserts ...string) string {
	t.Helper()
	text := "base: small\npolicies: [write-through, wb-ack-only]\nasserts:\n"
	for _, a := range asserts {
		text += "  - " + a + "\n"
	}
	file := filepath.Join(t.TempDir(), "box.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A scenario has assertions of its own; those of the command line come on top.
func TestCheck_AssertsOfAScenario(t *testing.T) {
	file := asserting(t, "lost(dd,write-through) == 0", `"lost(dd,wb-ack-only) < 1MiB"`)
	code, stdout, _ := tbraid("check", file, "--assert", "exit(dd,*) == 0", "--color", "never")
	for _, want := range []string{"● lost(dd,write-through) == 0", "✕ lost(dd,wb-ack-only) < 1MiB", "● exit(dd,*) == 0", "1 of 3"} {
		if code != exitAsserted || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, no %q in\n%s", code, want, stdout)
		}
	}
	if code, stdout, stderr := tbraid("run", file, "-o", "-"); code != exitOK || result(t, []byte(stdout)).Asserts != nil {
		t.Errorf("run judges nothing: exit %d %s", code, stderr)
	}
}

// A fault in a file is shown there, by check and by validate.
func TestCheck_FaultInAFile(t *testing.T) {
	for text, want := range map[string]string{
		"lost(dd,wb-ack-onyl) == 0":     ":4:13: scenario box has no policy \"wb-ack-onyl\"\n    - lost(dd,wb-ack-onyl) == 0\n              ^\n",
		`"lost(dd,wb-ack-only) == 5mb"`: ":4:30: \"5mb\": b is bits",
		"5":                             ":4:5: an assertion takes text, not the number 5",
		"[x]":                           ":4:5: an assertion takes text, not a list",
	} {
		file := asserting(t, text)
		for _, command := range []string{"check", "validate"} {
			code, stdout, stderr := tbraid(command, file)
			if code != exitInput {
				t.Errorf("%s: exit %d", command, code)
			}
			checkComplaint(t, text, stdout, stderr, file+want)
		}
	}
}

// The JSON has each value; text, JUnit and annotations tell the same.
func TestCheck_Outputs(t *testing.T) {
	file := asserting(t, "lost(dd,*) == 0", "violation(*,*) == 0")
	folder := t.TempDir()
	junit := filepath.Join(folder, "junit.xml")
	code, stdout, stderr := tbraid("check", file, "-o", "-", "-o", junit, "--annotate", "github")
	if code != exitAsserted {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	r := result(t, []byte(stdout))
	if len(r.Asserts) != 2 {
		t.Fatalf("%+v", r.Asserts)
	}
	a := r.Asserts[0]
	if a.Passed || a.Text != "lost(dd,*) == 0" || a.File != file || a.Line != 4 || a.Value != 4<<20 || len(a.Checked) != 2 ||
		!a.Checked[0].Passed || a.Checked[1].Value != 4<<20 || !r.Asserts[1].Passed {
		t.Errorf("%+v", r.Asserts)
	}
	checkJUnit(t, junit, r.Asserts)
	want := "::error file=" + file + ",line=4,title=lost(dd%2C*) == 0::4.00 MiB in the worst of 2, and it fails for 1%0A" +
		"4.00 MiB: case box, host kext, policy wb-ack-only, event box-power%0A" +
		"nothing asked for a flush after the data were acknowledged; then the data were in volatile cache when the power went (program)\n"
	if stderr != want {
		t.Errorf("annotations\n%s\nwant\n%s", stderr, want)
	}
	t.Setenv("GITHUB_ACTIONS", "true")
	if _, _, stderr := tbraid("check", file); stderr != want {
		t.Errorf("with GITHUB_ACTIONS: %q", stderr)
	}
	if _, _, stderr := tbraid("check", file, "--annotate", "never"); stderr != "" {
		t.Errorf("with --annotate never: %q", stderr)
	}
}

// checkJUnit reads the file back with types of its own and compares it.
func checkJUnit(t *testing.T, path string, want []lab.Assertion) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		XMLName xml.Name `xml:"testsuites"`
		Tests   string   `xml:"tests,attr"`
		Suites  []struct {
			Failures string `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Class   string `xml:"classname,attr"`
				File    string `xml:"file,attr"`
				Line    int    `xml:"line,attr"`
				Output  string `xml:"system-out"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if got.Tests != strconv.Itoa(len(want)) || len(got.Suites) != 1 || got.Suites[0].Failures != "1" || len(got.Suites[0].Cases) != len(want) {
		t.Fatalf("%s", data)
	}
	for i, c := range got.Suites[0].Cases {
		a := want[i]
		if c.Name != a.Text || c.File != a.File || c.Line != a.Line || (c.Failure == nil) != a.Passed || c.Class == "" ||
			strings.Count(c.Output, "\n") != len(a.Checked)-1 {
			t.Errorf("%+v of %+v", c, a)
		}
		if c.Failure != nil && (!strings.Contains(c.Failure.Message, "4.00 MiB") || !strings.Contains(c.Failure.Text, "wb-ack-only")) {
			t.Errorf("%+v", *c.Failure)
		}
	}
}

// The JSON of a check is that of a run with the assertions in it.
func TestCheck_IsARun(t *testing.T) {
	_, ran, _ := tbraid("run", "small", "--no-changes", "-o", "-")
	_, checked, _ := tbraid("check", "small", "-o", "-")
	r := result(t, []byte(checked))
	r.Asserts = nil
	again, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(result(t, []byte(ran)))
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(plain) {
		t.Error("check and run differ in more than the assertions")
	}
}
