package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tbraid/lab"
)

// CurvesJSON writes the Curves as they are, indented.
func CurvesJSON(w io.Writer, c *lab.Curves) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(c)
}

// CurvesCSV writes one row for each point of each curve, the causes behind the
// curves of their outage, in the form of RFC 4180. Times are those of the JSON:
// nanoseconds of the simulated clock.
func CurvesCSV(w io.Writer, c *lab.Curves) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	row := []string{"case", "host", "policy", "outage", "curve", "from_ns", "to_ns", "min_bytes", "max_bytes"}
	if err := out.Write(row); err != nil {
		return err
	}
	for i := range c.Sweeps {
		s := &c.Sweeps[i]
		for j := range s.Outages {
			o := &s.Outages[j]
			for _, curves := range [][]lab.Curve{o.Curves, o.Causes} {
				for k := range curves {
					if err := writePoints(out, []string{s.Case, s.Host, s.Policy, o.Name, curves[k].Name}, curves[k].Points); err != nil {
						return err
					}
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// writePoints writes the rows of one curve.
func writePoints(out *csv.Writer, names []string, points []lab.Point) error {
	for _, p := range points {
		row := append(names[:len(names):len(names)], strconv.FormatInt(p.FromNS, 10), strconv.FormatInt(p.ToNS, 10),
			strconv.FormatUint(p.Min, 10), strconv.FormatUint(p.Max, 10))
		if err := out.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// trace is the loss of acknowledged bytes under one policy and one kind of
// outage: a line of a plot and a row of a table. Its times count from the start
// of the first step, so that policies compare.
type trace struct {
	sweep  *lab.Sweep
	outage *lab.Outage
	name   string // of the policy; with a battery also the outage, in a word: within, beyond
}

// panel is one case under one host, with the traces of its policies.
type panel struct {
	name, host string // of the case and the host
	traces     []trace
	says       string // what it shows, if that is not when a cut takes something
}

// panels sorts the sweeps into panels, in their order.
func panels(c *lab.Curves) []panel {
	var all []panel
	for i := range c.Sweeps {
		s := &c.Sweeps[i]
		if n := len(all); n == 0 || all[n-1].name != s.Case || all[n-1].host != s.Host {
			all = append(all, panel{name: s.Case, host: s.Host})
		}
		p := &all[len(all)-1]
		for j := range s.Outages {
			t := trace{sweep: s, outage: &s.Outages[j], name: s.Policy}
			if len(s.Outages) > 1 {
				short, _, _ := strings.Cut(t.outage.Name, " ")
				if short == "any" {
					short = "power" // beside events that are none
				}
				t.name += " (" + short + ")"
			}
			p.traces = append(p.traces, t)
		}
	}
	return all
}

func (p *panel) title() string { return p.name + " under " + p.host }

// span is how long the longest sweep of the panel is.
func (p *panel) span() int64 {
	var most int64
	for i := range p.traces {
		most = max(most, p.traces[i].length())
	}
	return most
}

// worst is the greatest loss of acknowledged bytes in the panel.
func (p *panel) worst() uint64 {
	var most uint64
	for i := range p.traces {
		most = max(most, p.traces[i].acknowledged().Worst)
	}
	return most
}

// length is how long the sweep is.
func (t *trace) length() int64 { return t.sweep.EndNS - t.sweep.StartNS }

// since is an instant of the simulated clock, counted from the first step.
func (t *trace) since(ns int64) int64 { return ns - t.sweep.StartNS }

func (t *trace) acknowledged() *lab.Curve { return t.curve("acknowledged") }

// curve is a curve by its name; what the outage does not have is 0 all the time.
func (t *trace) curve(name string) *lab.Curve {
	for i := range t.outage.Curves {
		if t.outage.Curves[i].Name == name {
			return &t.outage.Curves[i]
		}
	}
	return &lab.Curve{Name: name, FirstNS: -1, LastNS: -1}
}

// endless tells whether a cut at the end of the sweep still takes something.
func (t *trace) endless(c *lab.Curve) bool { return c.LastNS == t.sweep.EndNS }

// marks are the steps of a case that have a name on the time axis: all but the
// event, which has an instant of its own, and what takes no time.
func (t *trace) marks() []lab.Step {
	var all []lab.Step
	for _, s := range t.sweep.Steps {
		if s.Kind != "event" && s.EndNS > s.StartNS && s.StartNS < t.sweep.EndNS {
			s.EndNS = min(s.EndNS, t.sweep.EndNS)
			all = append(all, s)
		}
	}
	return all
}

// clock is a time of the sweep for people: seconds to the millisecond, and finer
// below one.
func (o Options) clock(ns int64) string {
	if ns > 0 && ns < int64(time.Millisecond) {
		unit := "µs"
		if o.ASCII {
			unit = "us"
		}
		return fmt.Sprintf("%.3g %s", float64(ns)/1e3, unit)
	}
	return fmt.Sprintf("%.3f s", float64(ns)/1e9)
}

// percent is the share of a part in a whole; little and almost all are not
// rounded to nothing and all.
func percent(part, whole int64) string {
	switch {
	case part <= 0:
		return "0%"
	case part >= whole:
		return "100%"
	case part*1000 < whole:
		return "<0.1%"
	case (whole-part)*1000 < whole:
		return ">99.9%"
	}
	return fmt.Sprintf("%.1f%%", float64(part)*100/float64(whole))
}
