package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"tbraid/lab"
	"tbraid/lab/report"
	"tbraid/sim"
)

// tbraid is one call of the program, without a terminal.
func tbraid(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// quick is the smallest run there is: one case, one host, one policy, one event.
var quick = []string{"run", "small", "--policy", "wb-ack-only"}

func with(args []string, more ...string) []string { return append(args[:len(args):len(args)], more...) }

func TestExitCodes(t *testing.T) {
	folder := t.TempDir()
	taken := filepath.Join(folder, "folder.json")
	if err := os.Mkdir(taken, 0o755); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(folder, "empty.trace")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		code int
		want string // in the error; for exit 0, in the output
	}{
		{quick, exitOK, "VERDICT"}, // all is lost, and that is a result
		{[]string{"run", "sync", "--host", "kext", "--policy", "wb-protected"}, exitOK, "EVENT   box-power"},
		{[]string{"list", "boxes"}, exitOK, "tb3-12x6tb-raid5"},
		{[]string{"list", "events"}, exitOK, "firmware-crash"},
		{with(quick, "--cut", "1ms"), exitOK, "it came 1ms after the case began"},
		{with(quick, "--cut", "1ms"), exitOK, "The event came in the middle of dd"},
		{with(quick, "--event", "host-power+2s+box-power"), exitOK, "Re-simulated from the start: host-power+2s+box-power"},
		{[]string{"list", "links", "-v"}, exitOK, "source: "},
		{[]string{"validate", "small", "forum"}, exitOK, "small: ok: "},
		{[]string{"info"}, exitOK, "Protocol"},
		{[]string{"info", "--diff", "kext,dext"}, exitOK, "differs"},
		{[]string{"ls"}, exitOK, "備份"},
		{[]string{"version"}, exitOK, lab.Schema},
		{[]string{"--version"}, exitOK, lab.Schema},
		{[]string{"--help"}, exitOK, "Exit codes"},
		{[]string{"help", "run"}, exitOK, "--after"},
		{[]string{"__complete", "run", "--host", "kext,dext-h"}, exitOK, "kext,dext-halt-hook"},

		{[]string{"bench", "d", "--scale", "0.002", "--ledger", "off"}, exitOK, "SPEED   ledger off, without the sweep, scale 0.002"},
		{[]string{"bench", "D", "--scale", "0.002", "--sweep", "-o", "-"}, exitOK, `"schema": "tbraid-bench/1"`},

		{[]string{"rnu"}, exitUsage, `did you mean "run"?`},
		{[]string{"forum"}, exitUsage, "did you mean: tbraid run forum"},
		{[]string{"dd if=/dev/zero"}, exitUsage, "did you mean: tbraid run 'dd if=/dev/zero'"},
		{[]string{"help", "rnu"}, exitUsage, `did you mean "run"?`},
		{[]string{"run", "--hots", "kext"}, exitUsage, "did you mean --host?"},
		{[]string{"run", "cp", "-R", "/a", "/b"}, exitUsage, "in quotes"},
		{[]string{"run", "small", "forum"}, exitUsage, "forum is one more"},
		{[]string{"run", "--set"}, exitUsage, "needs an argument"},
		{[]string{"run", "--seed", "x"}, exitUsage, "--seed cannot be"},
		{[]string{"run", "--workers", "-1"}, exitUsage, "0 or more"},
		{[]string{"run", "--width", "10"}, exitUsage, "at least 40"},
		{[]string{"run", "--color", "maybe"}, exitUsage, "auto, always, never"},
		{[]string{"run", "--log", "bus"}, exitUsage, "driver, target, disks"},
		{with(quick, "--plain", "-v"), exitUsage, "give one of them"},
		{with(quick, "--sweep", "--ledger", "off"), exitUsage, "judges nothing"},
		{with(quick, "--sweep", "--cut", "every"), exitUsage, "leave --sweep out"},
		{[]string{"run", "--host", ""}, exitUsage, "--host takes names"},
		{[]string{"run", "small", "--after", "1s"}, exitUsage, "goes with command lines"},
		{[]string{"run", "sync", "--after", "-1s"}, exitUsage, "0 or more"},
		{[]string{"run", "small", "--cut", ""}, exitUsage, "--cut takes an instant"},
		{[]string{"run", "sync", "--after", "1s", "--cut", "1s"}, exitUsage, "give one of them"},
		{[]string{"run", "-o", "x.pdf"}, exitUsage, "there are .json, .csv, .md, .svg, .html, .ndjson, .pftrace, and - for JSON"},
		{[]string{"run", "-o", "x"}, exitUsage, "no ending"},
		{[]string{"run", "-o", "x.json", "-o", "x.json"}, exitUsage, "twice"},
		{[]string{"run", "-o", "-", "--log", "driver"}, exitUsage, "-o -"},
		{[]string{"schema", "result"}, exitOK, `"title": "what tbraid run writes as JSON: tbraid.result/1"`},
		{[]string{"schema"}, exitUsage, "schema takes one of "},
		{[]string{"schema", "results"}, exitUsage, `did you mean "result"?`},
		{[]string{"list", "boxs"}, exitUsage, `did you mean "boxes"?`},
		{[]string{"list"}, exitUsage, "list takes one of"},
		{[]string{"validate"}, exitUsage, "validate takes files"},
		{[]string{"info", "--diff", "kext"}, exitUsage, "--diff two"},
		{[]string{"version", "now"}, exitUsage, "takes no argument"},
		{[]string{"bench", "--scale", "0"}, exitUsage, "above 0"},
		{[]string{"bench", "--scale", "NaN"}, exitUsage, "above 0"},
		{[]string{"bench", "--sweep", "--ledger", "off"}, exitUsage, "promises or full"},
		{[]string{"bench", "B", "--trace", empty}, exitUsage, "replayed by case F"},
		{[]string{"bench", "-o", "x.csv"}, exitUsage, "there is .json"},

		{with(quick, "-o", filepath.Join(folder, "none", "x.json")), exitInput, "there is no folder"},
		{with(quick, "-o", taken), exitInput, "no regular file"},
		{[]string{"run", "forum", "-o", filepath.Join(folder, "x.pftrace")}, exitInput, "holds at most 8 runs, and there are 112; choose among them with --case"},
		{[]string{"bench", "Z"}, exitInput, "cases are A-sequential"},
		{[]string{"bench", "F", "--trace", empty}, exitInput, "no line is a request"},
		{[]string{"bench", "F", "--trace", filepath.Join(folder, "none")}, exitInput, "no such file"},
		{[]string{"info", "--host", "kxt"}, exitInput, `did you mean "kext"?`},
	}
	for _, tt := range tests {
		code, stdout, stderr := tbraid(tt.args...)
		name := strings.Join(tt.args, " ")
		switch {
		case code != tt.code:
			t.Errorf("tbraid %s: exit %d, want %d: %s", name, code, tt.code, stderr)
		case code == exitOK && !strings.Contains(stdout, tt.want):
			t.Errorf("tbraid %s: printed %q, want %q in it", name, stdout, tt.want)
		case code != exitOK:
			checkComplaint(t, name, stdout, stderr, tt.want)
		}
	}
}

// checkComplaint holds an error to what all errors are: one, on standard error,
// and without the help text.
func checkComplaint(t *testing.T, name, stdout, stderr, want string) {
	t.Helper()
	switch {
	case stdout != "":
		t.Errorf("%s: standard output has %q", name, stdout)
	case !strings.HasPrefix(stderr, "tbraid: ") || strings.Count(stderr, "tbraid: ") != 1 || strings.Contains(stderr, "Usage:"):
		t.Errorf("%s: not one error: %q", name, stderr)
	case !strings.Contains(stderr, want):
		t.Errorf("%s: %q, want %q in it", name, stderr, want)
	}
}

// The bare command is run forum, and takes its flags. (The forum scenario itself
// takes longer than a test should.)
func TestBareCommand_IsRunForum(t *testing.T) {
	a := &app{}
	root := newRoot(a)
	s, err := a.scenario(root, &runFlags{}, nil)
	if err != nil || s.Name != "forum" || s.File != "" {
		t.Errorf("%+v, %v", s, err)
	}
	newRun(a).Flags().VisitAll(func(f *pflag.Flag) {
		if root.Flags().Lookup(f.Name) == nil {
			t.Errorf("the root has no --%s", f.Name)
		}
	})
	if code, _, stderr := tbraid("--policy", "wb-flush-al"); code != exitInput || !strings.Contains(stderr, "wb-flush-all") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestRun_FromStandardInput(t *testing.T) {
	var out, errs bytes.Buffer
	in := strings.NewReader("base: small\npolicies: [wb-protected]\ntitle: from a pipe\n")
	if code := run([]string{"run", "-"}, in, &out, &errs); code != exitOK || !strings.Contains(out.String(), "from a pipe") {
		t.Errorf("exit %d: %s%s", code, out.String(), errs.String())
	}
}

func TestJSON_IsAllThereIs(t *testing.T) {
	code, stdout, stderr := tbraid(with(quick, "-o", "-", "--seed", "7")...)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	r := result(t, []byte(stdout))
	if len(r.Runs) != 1 || r.Runs[0].Policy != "wb-ack-only" || r.Scenario.Seed != 7 {
		t.Errorf("%d runs, %+v", len(r.Runs), r.Scenario)
	}
}

// result decodes one JSON document and refuses anything around it.
func result(t *testing.T, data []byte) lab.Result {
	t.Helper()
	var r lab.Result
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("something follows the JSON: %v", err)
	}
	return r
}

// A file is there as a whole, or as it was before.
func TestOutputFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "r.json")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := tbraid(with(quick, "--set", "box.bays=x", "-o", path)...); code != exitInput {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if data, _ := os.ReadFile(path); string(data) != "before" {
		t.Errorf("a failed run left %q", data)
	}
	code, stdout, stderr := tbraid(with(quick, "-o", path)...)
	if code != exitOK || !strings.Contains(stdout, "VERDICT") {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	result(t, data)
	if all, _ := os.ReadDir(folder); len(all) != 1 {
		t.Errorf("%d files in the folder, want 1", len(all))
	}
}

// Each file gets the form of its ending, all from one run, and -o changes nothing
// of what is printed.
func TestOutputForms(t *testing.T) {
	folder := t.TempDir()
	begins := map[string]string{".json": "{\n  \"schema\"", ".csv": "scenario.name,", ".md": "## tbraid: small", ".svg": "<svg ", ".html": "<!DOCTYPE html>",
		".ndjson": `{"run":0,"kind":"run"`, ".pftrace": "\n"}
	args := quick
	for _, f := range report.Forms() {
		args = with(args, "-o", filepath.Join(folder, "r"+f.Ending))
		if begins[f.Ending] == "" {
			t.Errorf("no test of %s", f.Ending)
		}
	}
	_, plain, _ := tbraid(quick...)
	code, stdout, stderr := tbraid(args...)
	if code != exitOK || stdout != plain {
		t.Fatalf("exit %d, and another report: %s", code, stderr)
	}
	for ending, want := range begins {
		data, err := os.ReadFile(filepath.Join(folder, "r"+ending))
		if err != nil || !strings.HasPrefix(string(data), want) {
			t.Errorf("%s: %v, begins with %q", ending, err, data[:min(len(data), 40)])
		}
		if ending == ".html" && !strings.Contains(string(data), `<section aria-labelledby="curves">`) {
			t.Error("the page has no loss curves")
		}
	}
	off := filepath.Join(folder, "off.html")
	if code, _, stderr := tbraid(with(quick, "--ledger", "off", "-o", off)...); code != exitOK {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestLog(t *testing.T) {
	_, plain, _ := tbraid(quick...)
	code, one, _ := tbraid(with(quick, "--log", "driver,disks")...)
	if code != exitOK || !strings.HasPrefix(one, plain) {
		t.Fatalf("exit %d; a log comes after the report", code)
	}
	log := one[len(plain):]
	for word, want := range map[string]bool{"WRITE(": true, "  driver ": true, "  disk ": true, "  target ": false, "COUNTED": false} {
		if strings.Contains(log, word) != want {
			t.Errorf("%q in the log: %v, want %v", word, !want, want)
		}
	}
	_, two, _ := tbraid(with(quick, "--host", "kext,dext", "--log", "driver", "--log", "target")...)
	if !strings.Contains(two, "COUNTED") || !strings.Contains(two, "  target ") {
		t.Error("two hosts are not compared")
	}
}

func TestColor(t *testing.T) {
	tests := []struct {
		flag, noColor, force, term string
		screen                     bool
		want                       bool
	}{
		{"auto", "", "", "xterm", false, false},
		{"auto", "", "", "xterm", true, true},
		{"auto", "", "", "dumb", true, false},
		{"auto", "1", "", "xterm", true, false},
		{"auto", "", "1", "xterm", false, true},
		{"auto", "", "0", "xterm", false, false},
		{"auto", "1", "1", "xterm", true, false},
		{"always", "1", "", "dumb", false, true},
		{"never", "", "1", "xterm", true, false},
	}
	for _, tt := range tests {
		t.Setenv("NO_COLOR", tt.noColor)
		t.Setenv("CLICOLOR_FORCE", tt.force)
		t.Setenv("TERM", tt.term)
		if got := (&look{color: tt.flag}).colored(tt.screen); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// Colour and glyphs are choices of the caller, all the way to the output.
func TestLook(t *testing.T) {
	const escape = "\x1b["
	t.Setenv("NO_COLOR", "")
	t.Setenv("CLICOLOR_FORCE", "1")
	if _, forced, _ := tbraid(quick...); !strings.Contains(forced, escape) {
		t.Error("CLICOLOR_FORCE has no effect")
	}
	t.Setenv("NO_COLOR", "1")
	if _, plain, _ := tbraid(quick...); strings.Contains(plain, escape) {
		t.Error("NO_COLOR has no effect")
	}
	_, ascii, _ := tbraid(with(quick, "--ascii")...)
	if i := strings.IndexFunc(ascii, func(r rune) bool { return r > 126 }); i >= 0 {
		t.Errorf("--ascii prints %q", ascii[i:min(i+20, len(ascii))])
	}
}

// What the flags ask for is there, and nothing of it without them.
func TestRun_Parts(t *testing.T) {
	_, usual, _ := tbraid(quick...)
	for _, tt := range []struct {
		flag string
		more []string // in its output and not in the usual one
		less []string // the other way round
	}{
		{"--no-changes", nil, []string{"CHANGE ", "at once"}},
		{"--plain", []string{"What would have helped?", "WORDS "}, []string{"ASSUMED", "destaged"}},
		{"-v", []string{"POLICY ", "SPEED ", "USAGE ", "exposed", "AWB=Always WriteBack", "policies.wb-ack-only.sync=flush-all"}, nil},
	} {
		code, out, errs := tbraid(with(quick, tt.flag)...)
		if code != exitOK {
			t.Errorf("%s: exit %d: %s", tt.flag, code, errs)
		}
		for _, s := range tt.more {
			if !strings.Contains(out, s) || strings.Contains(usual, s) {
				t.Errorf("%s: %q is not what it adds", tt.flag, s)
			}
		}
		for _, s := range tt.less {
			if strings.Contains(out, s) || !strings.Contains(usual, s) {
				t.Errorf("%s: %q is not what it leaves out", tt.flag, s)
			}
		}
	}
	_, js, _ := tbraid(with(quick, "--sweep", "-o", "-")...)
	var r lab.Result
	if err := json.Unmarshal([]byte(js), &r); err != nil || len(r.Changes) == 0 || r.Runs[0].Exposure == nil || len(r.Runs[0].Tools) == 0 {
		t.Errorf("%v: changes %d, run %+v", err, len(r.Changes), r.Runs)
	}
}

// A contradiction in the model is told with all that it takes to see it again.
func TestBroken(t *testing.T) {
	err := error(&lab.Broken{Run: "case x", Cause: &sim.Crash{Seed: 7, Cause: "pages leak"}})
	if code := exitCode(err); code != exitBroken {
		t.Errorf("exit %d", code)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "tbraid --seed 7"},
		{[]string{"run", "a b.yaml", "--seed=7"}, "tbraid run 'a b.yaml' --seed=7"},
		{[]string{"run", "--", "dd if=it's"}, `tbraid run --seed 7 -- 'dd if=it'\''s'`},
	} {
		got := (&app{args: tt.args}).complaint(err)
		for _, want := range []string{"pages leak", "a bug of tbraid", "seed 7", tt.want} {
			if !strings.Contains(got, want) {
				t.Errorf("%q, want %q in it", got, want)
			}
		}
	}
}

// faulty is a pipe at its worst.
type faulty struct{}

func (faulty) Read([]byte) (int, error)  { panic("a bug") }
func (faulty) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRun_SurvivesBugsAndFullDisks(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"run", "-"}, faulty{}, &out, &errs); code != exitFailed || !strings.Contains(errs.String(), "internal error: a bug") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
	errs.Reset()
	if code := run([]string{"version"}, strings.NewReader(""), faulty{}, &errs); code != exitFailed || !strings.Contains(errs.String(), "disk full") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}
