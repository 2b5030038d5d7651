package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/lab"
)

// corner is a point at which a hand-made curve bends.
type corner struct {
	at    float64 // seconds from the start
	bytes float64 // MiB
}

// shape is a hand-made sweep of dd and a wait.
type shape struct {
	policy   string
	ends     float64 // of dd, in seconds
	outages  []string
	corners  [][]corner // of acknowledged, by outage
	promises []corner   // of violation, in the last outage
	torn     float64    // KiB, while dd runs
}

const (
	startNS = int64(20_575_910) // the scene is set before the first step
	tailS   = 10
	waitS   = 0.25
)

func nanos(seconds float64) int64 { return startNS + int64(seconds*1e9) }

// curve samples straight lines between corners in 200 buckets and adds up the
// figures.
func curve(name string, corners []corner, event, end float64) lab.Curve {
	const buckets = 200
	c := lab.Curve{Name: name, FirstNS: -1, LastNS: -1, AtEvent: valueAt(corners, event)}
	sum := 0.0
	for i := range buckets {
		from, to := end*float64(i)/buckets, end*float64(i+1)/buckets
		p := lab.Point{FromNS: nanos(from), ToNS: nanos(to), Min: valueAt(corners, from), Max: valueAt(corners, to)}
		for _, k := range corners {
			if k.at >= from && k.at < to {
				p.Max = max(p.Max, uint64(k.bytes*(1<<20)))
			}
		}
		if p.Min, p.Max = min(p.Min, p.Max), max(p.Min, p.Max); p.Max > c.Worst {
			c.Worst, c.WorstNS = p.Max, p.FromNS
		}
		if p.Max > 0 {
			if c.FirstNS < 0 {
				c.FirstNS = p.FromNS
			}
			c.LastNS = p.ToNS
			c.ExposedNS += p.ToNS - p.FromNS
		}
		sum += float64(p.Max+p.Min) / 2
		c.Points = append(c.Points, p)
	}
	c.Mean = uint64(sum / buckets)
	c.Oldest = max(c.LastNS-c.FirstNS, 0)
	return c
}

// valueAt is a polyline at an instant, in bytes.
func valueAt(corners []corner, at float64) uint64 {
	for i := 1; i < len(corners); i++ {
		a, b := corners[i-1], corners[i]
		if at >= a.at && at <= b.at {
			if b.at == a.at {
				return uint64(b.bytes * (1 << 20))
			}
			return uint64((a.bytes + (b.bytes-a.bytes)*(at-a.at)/(b.at-a.at)) * (1 << 20))
		}
	}
	return uint64(corners[len(corners)-1].bytes * (1 << 20))
}

func (s shape) sweep(name, host string) lab.Sweep {
	event := s.ends + waitS
	end := event + tailS
	w := lab.Sweep{Rows: true, Case: name, Host: host, Policy: s.policy, StartNS: startNS, EventNS: nanos(event), EndNS: nanos(end),
		Steps: []lab.Step{
			{Kind: "prefill", Text: "0+131072 blocks with a pattern", StartNS: startNS, EndNS: startNS},
			{Kind: "run", Text: "dd if=/dev/random of=/dev/disk5 bs=1m count=64", StartNS: startNS, EndNS: nanos(s.ends)},
			{Kind: "wait", Text: "250ms", StartNS: nanos(s.ends), EndNS: nanos(event)},
		},
		Writes: 4096, Instants: 12345}
	for i, o := range s.outages {
		out := lab.Outage{Name: o, Curves: []lab.Curve{curve("acknowledged", s.corners[i], event, end)}}
		last := i == len(s.outages)-1
		if len(s.outages) > 1 {
			out.HoldUpNS = int64(72 * time.Hour)
		}
		if out.Curves[0].Worst > 0 {
			out.Curves = append(out.Curves, renamed(out.Curves[0], "surely"), renamed(out.Curves[0], "possibly"))
			out.Causes = append(out.Causes, renamed(out.Curves[0], "permitted-loss: never-synced"))
		}
		if last && s.promises != nil {
			out.Curves = append(out.Curves, curve("violation", s.promises, event, end))
			out.Causes = append(out.Causes, curve("violation: firmware-acks", s.promises, event, end))
		}
		if last && s.torn > 0 {
			out.Curves = append(out.Curves, curve("torn", []corner{{0, s.torn / 1024}, {s.ends, s.torn / 1024}, {s.ends, 0}}, event, end))
		}
		w.Outages = append(w.Outages, out)
	}
	return w
}

func renamed(c lab.Curve, name string) lab.Curve {
	c.Name = name
	return c
}

var (
	anyOutage = []string{"any outage"}
	battery   = []string{"within the hold-up", "beyond the hold-up"}
	never     = []corner{{0, 0}}
)

// stays climbs with dd and stays; leaves is destaged after 4 s.
func stays(ends float64) []corner { return []corner{{0, 0}, {ends, 64}} }
func leaves(ends float64) []corner {
	return []corner{{0, 0}, {ends, 64}, {4.2, 64}, {5.9, 0}}
}

// swept is the value that all of these tests print.
func swept() *lab.Curves {
	c := &lab.Curves{Schema: lab.CurvesSchema,
		Scenario: lab.ScenarioInfo{Name: "forum", Title: "a hand-made sweep <of> dd & wait", Seed: 1, SHA256: "00", Resolved: json.RawMessage("{}")},
		Box: lab.BoxInfo{Name: "tb3-12x6tb-raid5", Title: "a box", Level: "raid5", Members: 12, VolumeBytes: 66e12,
			CacheBytes: 1 << 30, TearBytes: 4096},
		Guesses: []configs.Guess{{Path: "host_reset", Value: "drop", Note: "no source", Where: "policies/wb-ack-only.yaml:3"}}}
	for _, host := range []string{"kext", "dext"} {
		for _, s := range []shape{
			{policy: "write-through", ends: 1.9, outages: anyOutage, corners: [][]corner{never}},
			{policy: "wb-protected", ends: 0.48, outages: battery, corners: [][]corner{never, leaves(0.48)}},
			{policy: "wb-flush-all", ends: 0.48, outages: anyOutage, corners: [][]corner{stays(0.48)}},
			{policy: "wb-ack-only", ends: 0.48, outages: anyOutage, corners: [][]corner{stays(0.48)}},
			{policy: "wb-age-4s", ends: 0.48, outages: anyOutage, corners: [][]corner{leaves(0.48)}, torn: 64},
		} {
			if host == "dext" && s.policy == "wb-ack-only" {
				s.promises = []corner{{0.3, 0}, {0.48, 16}, {7, 16}, {7, 0}}
				s.ends = 0.5
			}
			c.Sweeps = append(c.Sweeps, s.sweep("test 1", host))
		}
	}
	return c
}

func curvesText(t *testing.T, c *lab.Curves, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := CurvesText(&b, c, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCurvesText_Golden(t *testing.T) {
	golden(t, "curves-80.txt", []byte(curvesText(t, swept(), Options{Width: 80})))
	golden(t, "curves-120.txt", []byte(curvesText(t, swept(), Options{Width: 120})))
	golden(t, "curves-ascii.txt", []byte(curvesText(t, swept(), Options{Width: 80, ASCII: true})))
	golden(t, "curves-verbose.txt", []byte(curvesText(t, swept(), Options{Width: 120, Verbose: true})))
}

func TestCurvesText_ASCIIHasNoOtherBytes(t *testing.T) {
	if i := strings.IndexFunc(curvesText(t, swept(), Options{Width: 80, ASCII: true}), func(r rune) bool { return r > 126 }); i >= 0 {
		t.Errorf("byte %d is beyond ASCII", i)
	}
}

func TestCurvesText_KeepsToTheWidth(t *testing.T) {
	for width := 40; width <= 150; width++ {
		for _, verbose := range []bool{false, true} {
			text := curvesText(t, swept(), Options{Width: width, Verbose: verbose})
			_, body, _ := strings.Cut(text, "CURVE") // the heading is not wrapped
			if verbose && width < 85 || width < 60 {
				continue // the columns that stay are wider
			}
			for line := range strings.Lines(body) {
				if w := cells(strings.TrimSuffix(line, "\n")); w > width {
					t.Errorf("%d cells of %d: %q", w, width, line)
				}
			}
		}
	}
}

func TestCurvesCSV(t *testing.T) {
	var b bytes.Buffer
	c := swept()
	c.Sweeps = c.Sweeps[:2]
	c.Sweeps[0].Case = `dd, then "wait"`
	if err := CurvesCSV(&b, c); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\r\n") != strings.Count(b.String(), "\n") {
		t.Error("lines do not end as RFC 4180 wants")
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	i := 1
	for _, s := range c.Sweeps {
		for _, o := range s.Outages {
			for _, curve := range append(o.Curves[:len(o.Curves):len(o.Curves)], o.Causes...) {
				for _, p := range curve.Points {
					want := []string{s.Case, s.Host, s.Policy, o.Name, curve.Name, fmt.Sprint(p.FromNS), fmt.Sprint(p.ToNS), fmt.Sprint(p.Min), fmt.Sprint(p.Max)}
					if strings.Join(rows[i], "|") != strings.Join(want, "|") {
						t.Fatalf("row %d: %q, want %q", i, rows[i], want)
					}
					i++
				}
			}
		}
	}
	if i != len(rows) {
		t.Errorf("%d rows, want %d", len(rows), i)
	}
}

// Colour repeats what glyphs and letters say.
func TestCurvesText_ColourOnlyAddsEscapes(t *testing.T) {
	plain := curvesText(t, swept(), Options{Width: 80})
	colored := curvesText(t, swept(), Options{Width: 80, Color: true})
	if colored == plain {
		t.Fatal("no colour")
	}
	if got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colored, ""); got != plain {
		t.Error("without its escapes the coloured report is another one")
	}
}

// Where no cut takes anything there is nothing to draw, and the text says so.
func TestCurvesText_NothingToLose(t *testing.T) {
	c := swept()
	c.Sweeps = c.Sweeps[:1]
	got := curvesText(t, c, Options{Width: 80})
	if strings.Contains(got, "┤") || !strings.Contains(strings.Join(strings.Fields(got), " "), "with write-through at no instant.") {
		t.Errorf("%s", got)
	}
	if picture := curvesSVG(t, c); !bytes.Contains(picture, []byte("write-through")) || bytes.Contains(picture, []byte("NaN")) {
		t.Errorf("%s", picture)
	}
}

// A loss has a row above 0 and a column of its own, however small and short.
func TestRows_SmallAndShort(t *testing.T) {
	s := lab.Sweep{StartNS: 100, EndNS: 1100}
	o := lab.Outage{Curves: []lab.Curve{{Name: "acknowledged", Worst: 64 << 20, Points: []lab.Point{
		{FromNS: 100, ToNS: 300}, {FromNS: 300, ToNS: 301, Max: 1}, {FromNS: 301, ToNS: 600, Max: 0},
		{FromNS: 600, ToNS: 800, Min: 1 << 20, Max: 64 << 20}, {FromNS: 800, ToNS: 1100}}}}}
	tr := &trace{sweep: &s, outage: &o}
	got := fmt.Sprint(tr.rows(8<<20, 1250, 10)) // a column is 125 ns
	if want := "[0 1 0 0 8 8 0 0 -1 -1]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestClause(t *testing.T) {
	s := lab.Sweep{StartNS: 1e9, EndNS: 11e9}
	for _, c := range []struct {
		curve lab.Curve
		want  string
	}{
		{lab.Curve{FirstNS: -1, LastNS: -1}, "at no instant"},
		{lab.Curve{Worst: 1 << 20, FirstNS: 1012e6, LastNS: 531e7, ExposedNS: 4298e6}, "from 0.012 s to 4.310 s, at worst 1.00 MiB"},
		{lab.Curve{Worst: 512, FirstNS: 1012e6, LastNS: 531e7, ExposedNS: 1e9}, "from 0.012 s to 4.310 s, with gaps (for 1.000 s in all), at worst 512 B"},
		{lab.Curve{Worst: 512, FirstNS: 1e9 + 412_000, LastNS: 11e9, ExposedNS: 10e9}, "from 412 µs on, and still at the end of the sweep (10.000 s), at worst 512 B"},
	} {
		c.curve.Name = "acknowledged"
		tr := &trace{sweep: &s, outage: &lab.Outage{Curves: []lab.Curve{c.curve}}}
		if got := tr.clause(Options{}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		want        string
	}{
		{0, 1000, "0%"}, {0, 0, "0%"}, {1, 10_000, "<0.1%"}, {1, 1000, "0.1%"}, {550, 1000, "55.0%"},
		{9_999, 10_000, ">99.9%"}, {1000, 1000, "100%"},
	} {
		if got := percent(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.part, c.whole, got, c.want)
		}
	}
}

func TestTickStep(t *testing.T) {
	for _, c := range []struct {
		span  int64
		ticks int
		want  int64
	}{{10e9, 5, 2e9}, {12e9, 9, 2e9}, {9e9, 9, 1e9}, {300e6, 6, 50e6}, {1, 0, 1}, {math.MaxInt64, 5, 1e18}} {
		if got := tickStep(c.span, c.ticks); got != c.want {
			t.Errorf("%d in %d: %d, want %d", c.span, c.ticks, got, c.want)
		}
	}
	for want, step := range map[string]int64{"2 s": 1e9, "2.0 s": 5e8, "2.00 s": 2e7} {
		if got := tickLabel(2e9, step); got != want {
			t.Errorf("step %d: %s, want %s", step, got, want)
		}
	}
}
