package metrics

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"tbraid/configs"
	"tbraid/lab"
)

var update = flag.Bool("update", false, "write the golden files and the dashboard of docs anew")

// played is a result in which everything takes part: files, flushes, reads, a
// restart, controls and a sweep.
var played = sync.OnceValues(func() (*lab.Result, error) {
	const scenario = `
name: all
box: small-4x4gb-raid5
hosts: [kext]
policies: [wb-ack-only, wb-flush-all, wb-age-4s-ppl]
events: [box-power, restart:kext]
files:
  - {path: /f/a*.bin, size: 1MiB, count: 2}
cases:
  - name: cp
    volumes: [{mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640}]
    steps:
      - run: cp -R /f /Volumes/RAID/
      - run: sync
      - run: cp -R /Volumes/RAID/f /tmp/
      - wait: 5s
      - event: each
controls:
  - {name: kept, case: cp, host: kext, policy: wb-flush-all, set: [policy.host_reset=keep]}
`
	s, err := configs.Parse("all.yaml", []byte(scenario), nil)
	if err != nil {
		return nil, err
	}
	return lab.Simulate(s, lab.Options{Sweep: true})
})

func result(t *testing.T) *lab.Result {
	t.Helper()
	r, err := played()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T, r *lab.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares with a file, or writes it.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the change", path)
	}
}

// written is a run with a number in everything.
var written = lab.Result{Scenario: lab.ScenarioInfo{Name: `two "words"`}, Runs: []lab.Run{{Case: "dd + read-back", Event: "box-power", Host: "kext", Policy: "wb-age-4s",
	EventNS: 352434385, EndNS: 20352434385, Acked: 64 << 20, Loss: lab.Loss{Violation: 1, Permitted: 2, Collateral: 3, InFlight: 4}, OldestNS: 349177000,
	Causes: []lab.Cause{{Name: "never-asked", Class: "permitted-loss", Layer: "program", Bytes: 1, Asker: "a"}, {Name: "never-asked", Class: "permitted-loss", Layer: "program", Bytes: 1}},
	Tools: []lab.Tool{{Step: 1, Name: "dd", StartNS: 1e6, EndNS: 102e6, BytesWritten: 64 << 20, Commands: 4096, Rate: 655e6, IOPS: 40000,
		Latency: lab.Latency{Count: 4096, P50: 375e3, P90: 380e3, P99: 400e3, P999: 1e6, Max: 2e6, Sum: 1.5e9}}},
	Usage: lab.Usage{LinkOutPPM: 645698, MembersPPM: []uint32{1, 999999}, MemberBytesWritten: 71 << 20, HostBytesWritten: 64 << 20, WriteAmplificationPPM: 1109375,
		CacheHitBlocks: 5, DestageSizes: []lab.Bucket{{From: 4096, Count: 3}, {From: 256 << 10, Count: 270}}, Dirty: []lab.DirtyPoint{{TNS: 1, Bytes: 7}, {TNS: 2, Bytes: 5}}},
	Exposure: &lab.Exposure{Worst: 9, Mean: 8, ExposedNS: 7e9, OldestNS: 6e9}}}}

// A change of this file is a change for everyone who has a dashboard.
func TestWrite_Golden(t *testing.T) {
	golden(t, filepath.Join("testdata", "written.prom"), []byte(text(t, &written)))
}

// The conventions of Prometheus: names, units, _total, help.
func TestConventions(t *testing.T) {
	c := NewCollector()
	c.Publish(result(t))
	problems, err := testutil.CollectAndLint(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// What the tool of Prometheus itself says of the file.
func TestPromtool(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (Debian: package prometheus)")
	}
	check := exec.Command(tool, "check", "metrics")
	check.Stdin = strings.NewReader(text(t, result(t)))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rules, recordingRules(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, "check", "rules", rules).CombinedOutput(); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
}

// recordingRules has the queries of the dashboard as rules, with what a variable
// stands for when all is chosen.
func recordingRules(t *testing.T) []byte {
	t.Helper()
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	for i, q := range queries(t) {
		rules = append(rules, rule{fmt.Sprintf("q:%d", i), regexp.MustCompile(`\$\w+`).ReplaceAllString(q, ".*")})
	}
	out, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}}) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A scenario like that fills every metric: none is dead, and there is none but those
// of the list.
func TestEveryMetricHasAValue(t *testing.T) {
	families := gather(t, result(t))
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	for _, m := range List() {
		i := slices.Index(names, m.Name)
		if i < 0 {
			t.Errorf("%s has no value", m.Name)
			continue
		}
		if got := strings.ToLower(families[i].GetType().String()); got != m.Type.String() {
			t.Errorf("%s is a %s, want %s", m.Name, got, m.Type)
		}
		names[i] = ""
	}
	if left := strings.Join(names, ""); left != "" {
		t.Errorf("not in the list: %s", left)
	}
}

// The numbers are those of the result.
func TestCollector_Numbers(t *testing.T) {
	r := result(t)
	families := gather(t, r)
	of := func(t *lab.Tool) map[string]string {
		return map[string]string{"tool": t.Name, "step": strconv.Itoa(t.Step)}
	}
	for i := range r.Runs {
		run := &r.Runs[i]
		tool := &run.Tools[slices.IndexFunc(run.Tools, func(t lab.Tool) bool { return t.Flush.Count > 0 })]
		for _, want := range []struct {
			name   string
			labels map[string]string
			value  float64
		}{
			{"acknowledged_bytes_total", nil, float64(run.Acked)},
			{"lost_bytes", map[string]string{"class": "violation"}, float64(run.Loss.Violation)},
			{"lost_bytes", map[string]string{"class": "permitted-loss"}, float64(run.Loss.Permitted)},
			{"simulated_events_total", nil, float64(run.Simulated)},
			{"simulated_seconds_total", nil, seconds(run.EndNS)},
			{"member_written_bytes_total", nil, float64(run.Members.BytesWritten)},
			{"busy_ratio", map[string]string{"part": "controller"}, float64(run.Usage.ControllerPPM) / 1e6},
			{"exposure_worst_bytes", nil, float64(run.Exposure.Worst)},
			{"tool_written_bytes_total", of(tool), float64(tool.BytesWritten)},
			{"flush_latency_simulated_seconds", of(tool), seconds(tool.Flush.Sum)},
		} {
			labels := map[string]string{"scenario": "all", "case": run.Case, "event": run.Event, "host": run.Host, "policy": run.Policy, "control": ""}
			maps.Copy(labels, want.labels)
			if got, ok := value(families, Prefix+want.name, labels); !ok || got != want.value {
				t.Errorf("%s %v: %v, want %v", want.name, labels, got, want.value)
			}
		}
	}
}

// gather is what a scrape of a result finds.
func gather(t *testing.T, r *lab.Result) []*dto.MetricFamily {
	t.Helper()
	c := NewCollector()
	c.Publish(r)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value is what a series has; of a summary, its sum.
func value(families []*dto.MetricFamily, name string, labels map[string]string) (v float64, ok bool) {
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			got := map[string]string{}
			for _, l := range m.GetLabel() {
				got[l.GetName()] = l.GetValue()
			}
			if maps.Equal(got, labels) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetSummary().GetSampleSum(), true
			}
		}
	}
	return 0, false
}

// Simulated time never passes for that of the wall: a metric in seconds says so in
// name and help, and no other unit of time is used.
func TestSimulatedTimeSaysSo(t *testing.T) {
	for _, m := range List() {
		if strings.Contains(m.Name, "second") && (!strings.Contains(m.Name, "simulated_second") || !strings.Contains(strings.ToLower(m.Help), "simulated time")) {
			t.Errorf("%s (%s) may pass for wall time", m.Name, m.Help)
		}
		if !strings.HasSuffix(m.Help, ".") || !strings.HasPrefix(m.Name, Prefix) || m.Group == "" {
			t.Errorf("%+v", m)
		}
	}
}

// A histogram counts every WRITE once, and the buckets only rise.
func TestSizes(t *testing.T) {
	u := &lab.Usage{MemberBytesWritten: 9 << 20, DestageSizes: []lab.Bucket{{From: 512, Count: 2}, {From: 4096, Count: 3}, {From: 128 << 20, Count: 1}}}
	s, any := sizes(u)
	if !any || s.count != 6 || s.sum != 9<<20 || len(s.buckets) != sizeBounds {
		t.Fatalf("%+v", s)
	}
	for bound, want := range map[float64]uint64{1023: 2, 2047: 2, 4095: 2, 8191: 5, 33554431: 5} {
		if got, ok := s.buckets[bound]; !ok || got != want {
			t.Errorf("at most %v bytes: %d, want %d", bound, got, want)
		}
	}
	if _, any := sizes(&lab.Usage{}); any {
		t.Error("a run without WRITEs has a histogram")
	}
}

// A scrape while results are published sees one of them as a whole.
func TestCollector_WhilePublishing(t *testing.T) {
	c := NewCollector()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	if families, err := registry.Gather(); err != nil || len(families) != 0 {
		t.Fatalf("%d families before anything was published, %v", len(families), err)
	}
	one := func(n uint64) *lab.Result {
		return &lab.Result{Runs: []lab.Run{{Case: "a", Acked: n, Commands: n}}}
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for n := range uint64(1000) {
			c.Publish(one(n))
		}
	})
	for range 50 {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		value := map[string]float64{}
		for _, f := range families {
			if c := f.GetMetric()[0].GetCounter(); c != nil {
				value[f.GetName()] = c.GetValue()
			}
		}
		if a, b := value[Prefix+"acknowledged_bytes_total"], value[Prefix+"host_commands_total"]; a != b {
			t.Errorf("half of one result and half of another: %v, %v", a, b)
		}
	}
	wait.Wait()
}

// queries are those of the panels of the dashboard.
func queries(t *testing.T) []string {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal(Dashboard(), &d); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			all = append(all, q.Expr)
		}
	}
	return all
}

// Every query of the dashboard names a metric that there is, with labels that it
// has, and every metric is shown.
func TestDashboard_QueriesExist(t *testing.T) {
	name := regexp.MustCompile(Prefix + `\w+`)
	known := map[string]Metric{}
	for _, m := range List() {
		known[m.Name] = m
		if m.Type == Histogram {
			known[m.Name+"_bucket"] = m
		}
	}
	shown := map[string]bool{}
	all := queries(t)
	for _, v := range variables() {
		if v.Type == "query" {
			all = append(all, v.Query)
		}
	}
	for _, q := range all {
		names := name.FindAllString(q, -1)
		if len(names) != 1 {
			t.Errorf("%s names %v", q, names)
			continue
		}
		m, ok := known[names[0]]
		if !ok {
			t.Errorf("%s names a metric that there is not", q)
		}
		shown[m.Name] = true
		may := append(append(Labels(), m.Labels...), "le", "quantile")
		for _, match := range regexp.MustCompile(`(\w+)=~?"`).FindAllStringSubmatch(q, -1) {
			if !slices.Contains(may, match[1]) {
				t.Errorf("%s: %s has no label %s", q, m.Name, match[1])
			}
		}
	}
	for _, m := range List() {
		if !shown[m.Name] {
			t.Errorf("%s is on no panel", m.Name)
		}
	}
}

// Panels lie beside and below each other, and no two in one place.
func TestDashboard_Layout(t *testing.T) {
	taken := map[[2]int]string{}
	for _, p := range panels() {
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, ok := taken[at]; ok || at[0] >= 24 {
					t.Fatalf("%s lies on %s at %v", p.Title, other, at)
				}
				taken[at] = p.Title
			}
		}
	}
}

// The dashboard of docs is the one that is made here.
func TestDashboard_Golden(t *testing.T) {
	golden(t, filepath.Join("..", "..", "docs", "grafana-dashboard.json"), Dashboard())
}
