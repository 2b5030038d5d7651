package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// Text prints the report: one table an event, then what follows from it.
func Text(w io.Writer, r *lab.Result, o Options) error {
	p := &printer{w: w, o: o}
	p.heading(r)
	for _, e := range events(r) {
		p.event(r, e)
	}
	p.legend(r)
	if o.Verbose {
		p.policies(r)
		p.speeds(r)
	}
	p.verdict(r)
	p.why(r)
	if o.Plain {
		p.changes(r)
		p.notes(r)
		p.glossary(r)
		p.next(r)
		return p.err
	}
	p.protection(r)
	p.changes(r)
	p.rivals(r)
	p.controls(r)
	p.notes(r)
	p.assumed(r)
	p.next(r)
	return p.err
}

func (p *printer) heading(r *lab.Result) {
	title := r.Scenario.Name
	if r.Scenario.Title != "" {
		title += ": " + r.Scenario.Title
	}
	p.hanging(8, "tbraid", title)
	p.hanging(8, "", fmt.Sprintf("box %s: %s %s of %d members, %s cache, tear unit %d B, seed %d",
		r.Box.Name, capacity(r.Box.VolumeBytes), r.Box.Level, r.Box.Members, size(r.Box.CacheBytes),
		r.Box.TearBytes, r.Scenario.Seed))
	for _, s := range r.Scenario.Sets {
		p.printf("        --set %s\n", s)
	}
	if r.Partial != nil {
		p.printf("\n")
		p.paragraph("PARTIAL", fmt.Sprintf("Interrupted: %d of %d runs were made. Each of them is whole, and what the others would have shown is missing.",
			r.Partial.Whole, r.Partial.Of))
	}
}

// events lists the events of the runs, in order; "" is a case without one.
func events(r *lab.Result) []string {
	var all []string
	seen := map[string]bool{}
	for _, run := range r.Runs {
		if !seen[run.Event] {
			seen[run.Event] = true
			all = append(all, run.Event)
		}
	}
	return all
}

// grid finds runs by their coordinates. Policies are in the order of byLoss.
type grid struct {
	runs  map[[4]string]*lab.Run
	cases []string
	hosts []string
	pols  []string
}

func newGrid(r *lab.Result, event string) *grid {
	g := &grid{runs: map[[4]string]*lab.Run{}}
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Event == event {
			g.runs[[4]string{run.Case, run.Host, run.Policy}] = run
			g.cases, g.hosts, g.pols = once(g.cases, run.Case), once(g.hosts, run.Host), once(g.pols, run.Policy)
		}
	}
	g.byLoss()
	return g
}

func (g *grid) at(c, h, p string) *lab.Run { return g.runs[[4]string{c, h, p}] }

func once(all []string, s string) []string {
	for _, o := range all {
		if o == s {
			return all
		}
	}
	return append(all, s)
}

// trim takes the padding behind the last column away; rules end where text does.
func trim(lines []string) []string {
	widest := 0
	for i, line := range lines {
		if lines[i] = strings.TrimRight(line, " "); !isRule(line) {
			widest = max(widest, cells(lines[i]))
		}
	}
	for i, line := range lines {
		if isRule(line) {
			lines[i] = string([]rune(line)[:widest])
		}
	}
	return lines
}

func isRule(line string) bool { return strings.Trim(line, "─-") == "" }

func eventTitle(r *lab.Result, event string) string {
	for _, e := range r.Events {
		if e.Name == event {
			return event + ": " + e.Title
		}
	}
	if event == "" {
		return "none"
	}
	return event
}

func (p *printer) style() table.Style {
	s := table.StyleLight
	if p.o.ASCII {
		s = table.StyleDefault
	}
	s.Options.DrawBorder = false
	s.Options.SeparateColumns = false
	s.Format.Header = text.FormatDefault
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "  "
	return s
}

// legend explains the marks that occur.
func (p *printer) legend(r *lab.Result) {
	var seen [len(glyphs)]bool
	replayed := false
	for i := range r.Runs {
		seen[gradeOf(&r.Runs[i])] = true
		replayed = replayed || r.Runs[i].Replayed > 0
	}
	p.printf("\n")
	for g, ok := range seen {
		if !ok {
			continue
		}
		mark := glyphs[g]
		if p.o.ASCII {
			mark = words[g]
		}
		p.hanging(cells(mark)+2, mark, p.o.verdictWords().legend[g])
	}
	if replayed {
		p.hanging(len("replayed: "), "replayed: ", p.o.verdictWords().replayed)
	}
	if p.o.Verbose {
		p.exposures(r)
	}
}
