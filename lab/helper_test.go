package lab_test

import (
	"strings"
	"sync"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// read reads a scenario as a file would be.
func read(t *testing.T, text string, sets ...string) *configs.Scenario {
	t.Helper()
	s, err := configs.Parse("test.yaml", []byte(text), sets)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return s
}

// simulate runs a scenario on one processor.
func simulate(t *testing.T, text string, sets ...string) *lab.Result {
	t.Helper()
	r, err := lab.Simulate(read(t, text, sets...), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// only is the run of a scenario that has one.
func only(t *testing.T, text string, sets ...string) lab.Run {
	t.Helper()
	r := simulate(t, text, sets...)
	if len(r.Runs) != 1 {
		t.Fatalf("%d runs", len(r.Runs))
	}
	return r.Runs[0]
}

var _ = strings.Join
var _ = sync.OnceValue[int]
