package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tbraid/lab"
	"tbraid/lab/report"
)

// written runs a scenario and writes its result.
func written(t *testing.T, args ...string) (path string, r lab.Result) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "r.json")
	if code, _, stderr := tbraid(slices.Concat([]string{"run"}, args, []string{"-o", path})...); code != exitOK {
		t.Fatalf("%q: exit %d: %s", args, code, stderr)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, result(t, data)
}

// answer is what query --json prints.
type answer struct {
	Schema  string           `json:"schema"`
	Table   string           `json:"table"`
	Query   string           `json:"query"`
	Matched int              `json:"matched"`
	Runs    int              `json:"runs"`
	Rows    []map[string]any `json:"rows"`
	CutOff  []map[string]any `json:"cut_off"`
}

func asked(t *testing.T, stdin string, args ...string) answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(append([]string{"query", "--json"}, args...), strings.NewReader(stdin), &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Fatalf("query %q: exit %d: %s", args, code, stderr.String())
	}
	var a answer
	d := json.NewDecoder(&stdout)
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Schema != report.AnswerSchema {
		t.Errorf("schema %q", a.Schema)
	}
	return a
}

// A question about a file, about the same on standard input, and about the scenario
// gives one answer, and its numbers are those of the result.
func TestQuery_SameFromEverywhere(t *testing.T) {
	path, r := written(t, "small", "--extents", "all")
	const question = "class=permitted-loss lba>=4000 policy=wb-*"
	how := []string{"--sort", "-lba", "--limit", "7", "--columns", "policy,lba,bytes,cause,age"}
	fromFile := asked(t, "", with(how, path, question)...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fromInput := asked(t, string(data), with(how, "-", question)...)
	fromRun := asked(t, "", with(how, "small", "class=permitted-loss", "lba>=4000", "policy=wb-*")...)
	fromYAML := asked(t, "base: small\n", with(how, "-", question)...)
	for _, other := range []answer{fromInput, fromRun, fromYAML} {
		if !reflect.DeepEqual(other, fromFile) {
			t.Errorf("%+v, want %+v", other, fromFile)
		}
	}
	want := 0
	for _, run := range r.Runs {
		for _, l := range run.Extents {
			if l.Class == "permitted-loss" && l.LBA+l.Blocks > 4000 && strings.HasPrefix(run.Policy, "wb-") {
				want++
			}
		}
	}
	if want == 0 || fromFile.Matched != want || len(fromFile.Rows) != 7 || fromFile.Query != question {
		t.Errorf("%d rows, want %d: %+v", fromFile.Matched, want, fromFile)
	}
	code, stdout, _ := tbraid("query", path, question, "--count")
	if code != exitOK || stdout != strconv.Itoa(want)+"\n" {
		t.Errorf("--count prints %q, want %d", stdout, want)
	}
}

// Keys of an answer are those of the result.
func TestQuery_KeysOfTheResult(t *testing.T) {
	path, r := written(t, "small", "--policy", "wb-ack-only")
	row := asked(t, "", path, "--table", "runs", "--columns", "policy,acked,permitted,oldest,rate").Rows[0]
	run := &r.Runs[0]
	want := map[string]any{"policy": "wb-ack-only", "acked_bytes": float64(run.Acked), "permitted_bytes": float64(run.Loss.Permitted),
		"oldest_lost_ns": float64(run.OldestNS), "throughput_Bps": float64(run.Rate)}
	if !reflect.DeepEqual(row, want) {
		t.Errorf("%v, want %v", row, want)
	}
	tool := asked(t, "", path, "--table", "tools", "--columns", "tool,written,p99").Rows[0]
	if of := &run.Tools[0]; tool["name"] != of.Name || tool["written_bytes"] != float64(of.BytesWritten) || tool["latency_p99_ns"] != float64(of.Latency.P99) {
		t.Errorf("%v, want %+v", tool, of)
	}
}

// What is asked of addresses cuts extents.
func TestQuery_AddressesCut(t *testing.T) {
	path, _ := written(t, "small", "--policy", "wb-ack-only", "--extents", "all")
	a := asked(t, "", path, "lba=1GiB..2GiB", "--columns", "lba,blocks")
	b := asked(t, "", path, "lba=40..70", "--columns", "lba,blocks")
	sum := 0.0
	for _, row := range b.Rows {
		sum += row["blocks"].(float64)
	}
	if a.Matched != 0 || sum != 31 || b.Rows[0]["lba"] != 40.0 {
		t.Errorf("%+v, %+v", a, b)
	}
}

// Two results at once are told apart.
func TestQuery_SeveralResults(t *testing.T) {
	one, _ := written(t, "small", "--policy", "wb-ack-only")
	other, _ := written(t, "small", "--policy", "wb-age-4s,wb-ack-only")
	a := asked(t, "", one, other, "--table", "runs")
	if a.Matched != 3 || a.Rows[0]["result"] != one || a.Rows[2]["result"] != other {
		t.Errorf("%+v", a)
	}
	if a := asked(t, "", one, other, "--table", "runs", "result="+other); a.Matched != 2 {
		t.Errorf("%+v", a)
	}
}

// A list that was cut off is named.
func TestQuery_SaysWhatIsCutOff(t *testing.T) {
	path, r := written(t, "small", "--policy", "wb-ack-only", "--extents", "3")
	a := asked(t, "", path)
	if a.Matched != 3 || len(a.CutOff) != 1 || a.CutOff[0]["listed"] != 3.0 || a.CutOff[0]["lost_extent_count"] != float64(r.Runs[0].ExtentCount) {
		t.Errorf("%+v", a)
	}
	_, stdout, _ := tbraid("query", path)
	if !strings.Contains(stdout, "FOUND     3 lost extents in 1 run.") || !strings.Contains(stdout, "3 of "+strconv.FormatUint(r.Runs[0].ExtentCount, 10)) {
		t.Errorf("%s", stdout)
	}
	if whole := asked(t, "", "small", "--policy", "wb-ack-only"); uint64(whole.Matched) != r.Runs[0].ExtentCount || whole.CutOff != nil {
		t.Errorf("a run lists %d of %d", whole.Matched, r.Runs[0].ExtentCount)
	}
}

func TestQuery_Faults(t *testing.T) {
	path, _ := written(t, "small", "--policy", "wb-ack-only")
	folder := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(folder, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{}, exitUsage, "query takes a result or a scenario"},
		{[]string{"class=violation"}, exitUsage, "query takes a result or a scenario"},
		{[]string{path, "--table", "run"}, exitUsage, `did you mean "runs"?`},
		{[]string{path, "--limit", "-1"}, exitUsage, "0 or more"},
		{[]string{path, "--count", "--json"}, exitUsage, "give one of them"},
		{[]string{path, path}, exitUsage, "is given twice"},
		{[]string{path, "--host", "kext"}, exitUsage, "--host goes with a scenario"},
		{[]string{"small", "forum"}, exitUsage, "forum is one more"},
		{[]string{"small", "--ledger", "off"}, exitUsage, "judges nothing"},
		{[]string{"small", "--cut", "every"}, exitUsage, "plays no single run"},
		{[]string{path, "clas=violation"}, exitInput, "condition: lost extents have no column \"clas\"\n  clas=violation\n  ^\ndid you mean \"class\"?"},
		{[]string{path, "class=violation", "lba>=5k"}, exitInput, "condition: \"5k\" is no whole number\n  class=violation lba>=5k\n                       ^\n"},
		{[]string{path, "policy=wb-flush-all"}, exitInput, `there is no policy "wb-flush-all"`},
		{[]string{path, "--sort", "agee"}, exitInput, "--sort: lost extents have no column \"agee\"\n  agee\n  ^\ndid you mean \"age\"?"},
		{[]string{path, "--columns", "lba,causse"}, exitInput, "--columns: lost extents have no column \"causse\"\n  lba,causse\n      ^\ndid you mean \"cause\"?"},
		{[]string{"none.json"}, exitInput, "none.json: no such file or directory"},
		{[]string{"smal", "class=violation"}, exitInput, `did you mean "small"?`},
		{[]string{file("empty.json", "")}, exitInput, "there is nothing in it"},
		{[]string{file("half.json", "{\n  \"schema\": \"tbraid.re")}, exitInput, "half.json:2:"},
		{[]string{file("kind.json", "{\"schema\": \"tbraid.result/1\",\n \"runs\": [{\"host_commands\": \"x\"}]}")}, exitInput, "kind.json:2:"},
		{[]string{file("other.json", `{"schema": "tbraid.curves/1"}`)}, exitInput, `this is no result, or one of another version: its schema is "tbraid.curves/1", not "tbraid.result/1"`},
		{[]string{file("list.json", `[1]`)}, exitInput, "list.json"},
		{[]string{file("extent.json", `{"schema": "tbraid.result/1", "runs": [{"case": "a", "lost_extents": [{"lba": 1, "blocks": 0}]}]}`)}, exitInput, "there is no lost extent of 0 blocks at LBA 1"},
		{[]string{file("far.json", `{"schema": "tbraid.result/1", "runs": [{"case": "a", "lost_extents": [{"lba": 18446744073709551615, "blocks": 1}]}]}`)}, exitInput, "LBA 18446744073709551615"},
	}
	for _, tt := range tests {
		code, stdout, stderr := tbraid(append([]string{"query"}, tt.args...)...)
		name := "query " + strings.Join(tt.args, " ")
		if code != tt.code {
			t.Errorf("tbraid %s: exit %d, want %d: %s", name, code, tt.code, stderr)
		}
		checkComplaint(t, name, stdout, stderr, tt.want)
	}
}

// The table for people: widths hold for Chinese characters, numbers have units.
func TestQuery_Text(t *testing.T) {
	args := []string{"query", "forum", "--case", "cp", "--host", "kext", "--policy", "wb-ack-only", "--event", "box-power",
		`file="*備份*" class=violation`, "--columns", "file,lba,bytes,cause,age", "--sort", "-age", "--limit", "2"}
	code, stdout, stderr := tbraid(args...)
	const want = `file                                    lba    bytes  cause                age
──────────────────────────────────────────────────────────────────────────────
/Volumes/RAID/Footage/備份說明.txt  6564360  512 KiB  firmware-acks  251.236ms
/Volumes/RAID/Footage/備份說明.txt  6565384  512 KiB  firmware-acks  251.043ms

FOUND     8 lost extents in 1 run; 2 are shown, --limit 0 shows all.
`
	if code != exitOK || stdout != want {
		t.Errorf("exit %d: %s\n%s\nwant\n%s", code, stderr, stdout, want)
	}
}

// A life that is told by a result is the one that its scenario tells.
func TestExplain_OfAResult(t *testing.T) {
	path, _ := written(t, "small", "--policy", "wb-age-4s,wb-protected")
	narrow := lives(t, path, "--policy", "wb-age-4s", "--lba", "4096")
	direct := lives(t, "small", "--policy", "wb-age-4s,wb-protected", "--lba", "4096")
	both := lives(t, path, "--lba", "4096")
	if narrow.Chosen != "" || len(narrow.Stories) != 1 || len(both.Stories) != 2 {
		t.Fatalf("%d stories and %d, want 1 and 2", len(narrow.Stories), len(both.Stories))
	}
	for i, s := range both.Stories {
		if i == 0 && !reflect.DeepEqual(s, narrow.Stories[0]) {
			t.Errorf("%+v\nwant\n%+v", s, narrow.Stories[0])
		}
		want := direct.Stories[i]
		if want.Saving != nil { // the result has two policies to try, the preset five
			s.Saving.Policies, want.Saving.Policies = nil, nil
		}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("%+v\nwant\n%+v", s, want)
		}
	}
}

// Of more runs than can be told, those are that lose the blocks, one for each way.
func TestExplain_ChoosesRuns(t *testing.T) {
	var fates []string
	l := lives(t, "small", "--lba", "4096") // 5 policies
	for _, s := range l.Stories {
		g := s.Groups[0]
		if !g.Lost {
			t.Errorf("%s keeps the block", s.Policy)
		}
		fates = append(fates, g.Class+" "+g.Cause+" "+g.Taken+" "+g.Reads)
	}
	unique := slices.Compact(slices.Sorted(slices.Values(fates)))
	if len(fates) == 0 || len(unique) != len(fates) || !strings.Contains(l.Chosen, "of the 5 runs, 3 lose something of it") {
		t.Errorf("%q: %s", fates, l.Chosen)
	}
	path, _ := written(t, "small", "--extents", "all")
	if again := lives(t, path, "--lba", "4096"); again.Chosen != l.Chosen || !reflect.DeepEqual(again.Stories, l.Stories) {
		t.Errorf("the result chooses others: %s", again.Chosen)
	}
	_, stdout, _ := tbraid("explain", path, "--lba", "4096")
	if !strings.Contains(stdout, "CHOSEN    Of the 5 runs, 3 lose") {
		t.Errorf("%s", stdout)
	}
}

func TestExplain_OfAResult_Faults(t *testing.T) {
	path, _ := written(t, "small", "--extents", "3")
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{path, "--command", "5"}, exitUsage, "--command goes with a scenario"},
		{[]string{path, "--lba", "5", "--cut", "1s"}, exitUsage, "--cut goes with a scenario"},
		{[]string{path, "--lba", "5", "--policy", "wb-ak-only"}, exitInput, `r.json: there is no policy "wb-ak-only"`},
		{[]string{path, "--lba", "9000000"}, exitInput, "no lost extent that the result lists of the 5 runs"},
		{[]string{path, "--lba", "9000000", "--policy", "wb-ack-only", "--host", "kext", "--tail", "-1s"}, exitUsage, "0 or more"},
		{[]string{"none.json", "--lba", "1"}, exitInput, "no such file"},
	}
	for _, tt := range tests {
		code, stdout, stderr := tbraid(append([]string{"explain"}, tt.args...)...)
		name := "explain " + strings.Join(tt.args, " ")
		if code != tt.code {
			t.Errorf("tbraid %s: exit %d, want %d: %s", name, code, tt.code, stderr)
		}
		checkComplaint(t, name, stdout, stderr, tt.want)
	}
}

// The file of metrics is written as a whole, with the numbers of the result.
func TestRun_MetricsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.prom")
	code, stdout, stderr := tbraid(with(quick, "--metrics-file", path, "-o", "-")...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	r := result(t, []byte(stdout))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const series = `tbraid_host_commands_total{case="small",control="",event="box-power",host="kext",policy="wb-ack-only",scenario="small"} `
	if !strings.Contains(string(data), series+strconv.FormatUint(r.Runs[0].Commands, 10)+"\n") {
		t.Errorf("no %s%d in\n%s", series, r.Runs[0].Commands, data)
	}
	for _, tt := range []struct {
		file string
		code int
		want string
	}{
		{"m.txt", exitUsage, "end in .prom"},
		{filepath.Join(t.TempDir(), "none", "m.prom"), exitInput, "there is no folder"},
	} {
		code, stdout, stderr := tbraid(with(quick, "--metrics-file", tt.file)...)
		if code != tt.code {
			t.Errorf("%s: exit %d: %s", tt.file, code, stderr)
		}
		checkComplaint(t, tt.file, stdout, stderr, tt.want)
	}
	code, stdout, stderr = tbraid("run", "small", "--cut", "every", "--metrics-file", "m.prom")
	if code != exitUsage {
		t.Errorf("exit %d: %s", code, stderr)
	}
	checkComplaint(t, "--cut every", stdout, stderr, "plays none")
}

func TestDashboard(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("..", "..", "docs", "grafana-dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := tbraid("dashboard"); code != exitOK || stdout != string(want) {
		t.Errorf("exit %d: %s; docs has another dashboard", code, stderr)
	}
}

func TestRun_Extents(t *testing.T) {
	for _, bad := range []string{"0", "-1", "many"} {
		code, stdout, stderr := tbraid(with(quick, "--extents", bad)...)
		if code != exitUsage {
			t.Errorf("--extents %s: exit %d", bad, code)
		}
		checkComplaint(t, bad, stdout, stderr, "a number from 1, or all")
	}
}
