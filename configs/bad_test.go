package configs

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Every file of testdata/bad is wrong in one way. The golden file shows what a
// user would see, one after the other, so that messages can be read as a page.
func TestBadScenarios(t *testing.T) {
	paths, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d bad scenarios, %v", len(paths), err)
	}
	var page strings.Builder
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(filepath.Base(p), data, nil)
		page.WriteString(report(t, p, err))
	}
	golden(t, "testdata/bad.txt", page.String())
}

// report is the error as a user sees it. It must be an *Error and have a place,
// unless the file is empty.
func report(t *testing.T, what string, err error) string {
	t.Helper()
	e, ok := err.(*Error)
	switch {
	case !ok:
		t.Errorf("%s: %T, want *Error: %v", what, err, err)
		return ""
	case e.Line > 0 && (e.Column < 1 || e.Column > utf8.RuneCountInString(e.Source)+1):
		t.Errorf("%s: no place in %#v", what, e)
	}
	return e.Error() + "\n\n"
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s:%d: got %q, want %q", file, i+1, g[i], w[i])
		}
	}
	t.Fatalf("%s: got %d lines, want %d", file, len(g), len(w))
}
