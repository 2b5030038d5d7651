package report

import (
	"slices"
	"strings"
	"testing"
)

func TestOrderings(t *testing.T) {
	want := [][]string{
		{".", "..", ".DS_Store", ".fseventsd", "Beta", "alpha", "備份說明.txt", "影片"},
		{"備份說明.txt", "影片", ".", "..", ".DS_Store", ".fseventsd", "Beta", "alpha"},
		{".", "..", ".DS_Store", ".fseventsd", "alpha", "Beta", "備份說明.txt", "影片"},
	}
	for i, o := range orderings() {
		if got := slices.SortedFunc(slices.Values(listed), o.compare); !slices.Equal(got, want[i]) {
			t.Errorf("%s: %q, want %q", o.title, got, want[i])
		}
	}
}

func TestCompareSigned(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "a", 0},
		{"a", "b", -1},
		{"a", "ab", -1},
		{"\x7f", "\x80", 1},
		{"\x80", "\xff", -1},
		{"a影", "a", -1}, // the NUL at the end is 0
		{"影", ".", -1},
	} {
		if got := compareSigned(c.a, c.b); got != c.want {
			t.Errorf("compareSigned(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := compareSigned(c.b, c.a); got != -c.want {
			t.Errorf("compareSigned(%q, %q) = %d, want %d", c.b, c.a, got, -c.want)
		}
	}
}

func TestCollation_Golden(t *testing.T) {
	var b strings.Builder
	if err := Collation(&b, Options{ASCII: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "collation-ascii.txt", []byte(b.String()))
}

// The third column begins at one place although a Chinese character takes two
// cells.
func TestCollation_ColumnsStandBelowEachOther(t *testing.T) {
	var b strings.Builder
	if err := Collation(&b, Options{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	head := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "signed bytes") })
	want := cells(lines[head][:strings.Index(lines[head], "zh-Hant")])
	for i, name := range slices.SortedFunc(slices.Values(listed), orderings()[2].compare) {
		line := lines[head+2+i] // below the rule
		before, found := strings.CutSuffix(line, name)
		if !found || cells(before) != want {
			t.Errorf("%q does not begin in column %d: %q", name, want, line)
		}
	}
}

func TestCollation_KeepsToTheWidth(t *testing.T) {
	for _, width := range []int{60, 80, 132} {
		var b strings.Builder
		if err := Collation(&b, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if w := cells(strings.TrimSuffix(line, "\n")); w > width && !strings.HasPrefix(line, "tbraid") {
				t.Errorf("%d cells of %d: %q", w, width, line)
			}
		}
	}
}
