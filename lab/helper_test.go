package lab_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// story is a scenario of one case, short enough to stand in a table.
type story struct {
	box, host, policy string   // box: the small one if empty
	before            string   // further keys of the scenario, as YAML
	steps             []string // "run: …", "wait: …", "event: …"
	sets              []string
}

// yaml is the story as a file.
func (s story) yaml() string {
	box := s.box
	if box == "" {
		box = "small-4x4gb-raid5"
	}
	return fmt.Sprintf("box: %s\nhosts: [%s]\npolicies: [%s]\n%ssteps:\n  - %s\n",
		box, s.host, s.policy, s.before, strings.Join(s.steps, "\n  - "))
}

// run plays the story, which has one run.
func (s story) run(t *testing.T) lab.Run {
	t.Helper()
	runs := simulate(t, s.yaml(), lab.Options{}, s.sets...).Runs
	if len(runs) != 1 {
		t.Fatalf("%d runs of\n%s", len(runs), s.yaml())
	}
	return runs[0]
}

// simulate reads a scenario as from a file and runs it.
func simulate(t *testing.T, text string, o lab.Options, sets ...string) *lab.Result {
	t.Helper()
	s, err := configs.Parse("test.yaml", []byte(text), sets)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	r, err := lab.Simulate(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// find is the run of a case under a host and a policy.
func find(t *testing.T, r *lab.Result, name, host, policy string) lab.Run {
	t.Helper()
	for _, run := range r.Runs {
		if run.Case == name && run.Host == host && run.Policy == policy {
			return run
		}
	}
	t.Fatalf("no run of %q under %s, %s", name, host, policy)
	return lab.Run{}
}

// word is what a reading came to.
func word(r *lab.Reading) string {
	if r == nil {
		return "-"
	}
	return r.Word
}

// syncs adds up the flushes of some steps of a run.
func syncs(steps []lab.Step) (n lab.Syncs) {
	for _, s := range steps {
		n.Asked += s.Syncs.Asked
		n.Driver += s.Syncs.Driver
		n.Firmware += s.Syncs.Firmware
	}
	return n
}

// logged counts the SYNCHRONIZE CACHE commands that passed a seam once the
// steps of the run had begun.
func logged(run lab.Run, seam string) (n uint64) {
	for _, line := range run.CommandLog {
		if line.Seam == seam && strings.Contains(line.Command, "SYNCHRONIZE CACHE") && int64(line.At) >= run.Steps[0].StartNS {
			n++
		}
	}
	return n
}

// golden compares text with a file of testdata, or writes it there.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(data), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("%s, line %d (go test ./lab -update, if the change is meant)\ngot  %s\nwant %s",
				path, i+1, at(g, i), at(w, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}

// forum is the preset of that name, run once for all tests that look at it.
var forum = sync.OnceValues(func() (*lab.Result, error) {
	s, err := configs.Load("forum", nil, nil)
	if err != nil {
		return nil, err
	}
	return lab.Simulate(s, lab.Options{})
})
