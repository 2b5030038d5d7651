package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
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
	w := lab.Sweep{Case: name, Host: host, Policy: s.policy, StartNS: startNS, EventNS: nanos(event), EndNS: nanos(end),
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
	for _, width := range []int{60, 80, 99, 120} {
		_, body, _ := strings.Cut(curvesText(t, swept(), Options{Width: width}), "CURVE") // the heading is not wrapped
		for line := range strings.Lines(body) {
			if w := cells(strings.TrimSuffix(line, "\n")); w > width {
				t.Errorf("%d cells of %d: %q", w, width, line)
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

func curvesSVG(t *testing.T, c *lab.Curves) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := CurvesSVG(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCurvesSVG_Golden(t *testing.T) {
	golden(t, "curves.svg", curvesSVG(t, swept()))
}
