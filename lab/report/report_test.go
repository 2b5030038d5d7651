package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// forum is the default scenario, run once for all tests.
var forum = sync.OnceValue(func() *lab.Result {
	s, err := configs.Load("forum", nil, nil)
	if err != nil {
		panic(err)
	}
	r, err := lab.Simulate(s, lab.Options{Changes: true})
	if err != nil {
		panic(err)
	}
	return r
})

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the change", file)
	}
}

func render(t *testing.T, r *lab.Result, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestText_Golden(t *testing.T) {
	golden(t, "forum.txt", render(t, forum(), Options{Width: 100}))
	golden(t, "forum-ascii.txt", render(t, forum(), Options{Width: 100, ASCII: true}))
	golden(t, "forum-verbose.txt", render(t, forum(), Options{Width: 140, Verbose: true}))
}

func TestText_ASCIIHasNoOtherBytes(t *testing.T) {
	for _, o := range []Options{{ASCII: true}, {ASCII: true, Plain: true}, {ASCII: true, Verbose: true}} {
		for i, c := range render(t, forum(), o) {
			if c >= 0x80 {
				t.Fatalf("%+v: byte %d is %#x", o, i, c)
			}
		}
	}
}

// Colour repeats what is there already and adds nothing.
func TestText_ColourOnlyAddsEscapes(t *testing.T) {
	plain := string(render(t, forum(), Options{}))
	colored := string(render(t, forum(), Options{Color: true}))
	if colored == plain {
		t.Fatal("no colour")
	}
	var b strings.Builder
	for i := 0; i < len(colored); i++ {
		if colored[i] == 0x1b {
			for colored[i] != 'm' {
				i++
			}
			continue
		}
		b.WriteByte(colored[i])
	}
	if b.String() != plain {
		t.Fatal("without its escapes the coloured report is another one")
	}
}

// Every cell of the tables is the cell of the run in the JSON, which holds the
// same numbers.
func TestParity_TextAndJSON(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, forum()); err != nil {
		t.Fatal(err)
	}
	var back lab.Result
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Schema != lab.Schema || len(back.Runs) != len(forum().Runs) {
		t.Fatalf("%q, %d runs", back.Schema, len(back.Runs))
	}
	text := string(render(t, &back, Options{}))
	if text != string(render(t, forum(), Options{})) {
		t.Fatal("the report of the decoded JSON is another one")
	}
	rows := map[string][]string{}
	event := ""
	for _, line := range strings.Split(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "EVENT   "); ok {
			event, _, _ = strings.Cut(rest, ": ")
		}
		f := strings.Fields(line)
		if len(f) > 2 && (f[0] == "kext" || f[0] == "dext") && event != "" {
			rows[event+" "+f[0]+" "+f[1]] = append(rows[event+" "+f[0]+" "+f[1]], line)
		}
	}
	for i := range back.Runs {
		r := &back.Runs[i]
		line := rows[r.Event+" "+r.Host+" "+r.Policy]
		if len(line) == 0 || !strings.Contains(line[0], Options{}.cell(r)) {
			t.Errorf("%s %s %s %s: no cell %q in %q", r.Event, r.Host, r.Policy, r.Case, Options{}.cell(r), line)
		}
	}
}

func TestCell(t *testing.T) {
	for _, c := range []struct {
		name string
		run  lab.Run
		want string
	}{
		{"kept", lab.Run{Acked: 100}, "● kept"},
		{"replayed", lab.Run{Acked: 100, Replayed: 7}, "● replayed"},
		{"all lost", lab.Run{Acked: 1 << 20, Loss: lab.Loss{Permitted: 1 << 20}}, "✕ 1.00 MiB"},
		{"part lost", lab.Run{Acked: 4 << 20, Loss: lab.Loss{Permitted: 1 << 20}}, "✕ 1.00 MiB 25%"},
		{"little lost", lab.Run{Acked: 1 << 30, Loss: lab.Loss{Permitted: 4096}}, "✕ 4.00 KiB <1%"},
		{"a promise broken outranks the rest", lab.Run{Acked: 2 << 20, Loss: lab.Loss{Violation: 1 << 20, Permitted: 1 << 20, Collateral: 512}}, "‼ 2.00 MiB"},
		{"collateral", lab.Run{Acked: 1 << 20, Loss: lab.Loss{Collateral: 512}}, "◐ 512 B <1%"},
		{"in flight is no loss", lab.Run{Acked: 1 << 20, Loss: lab.Loss{InFlight: 512}}, "● kept"},
		{"swallowed errors", lab.Run{Swallowed: 1 << 20}, "∅ 1.00 MiB"},
		{"disk error", lab.Run{ToolError: "Error: -69825: Wiping volume data"}, "✗ -69825"},
		{"other error", lab.Run{ToolError: "dd: /dev/rdisk5: Input/output error", Steps: []lab.Step{{Exit: 1}}}, "✗ exit 1"},
	} {
		if got := (Options{}).cell(&c.run); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	got := wrap("影片 備份說明 of a very long sentence", 12)
	want := []string{"影片", "備份說明 of", "a very long", "sentence"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("%q", got)
	}
}
