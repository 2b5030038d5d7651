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
	p.verdict(r)
	p.why(r)
	p.protection(r)
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
	p.printf("tbraid  %s\n", title)
	p.printf("        box %s: %s %s of %d members, %s cache, tear unit %d B, seed %d\n",
		r.Box.Name, capacity(r.Box.VolumeBytes), r.Box.Level, r.Box.Members, size(r.Box.CacheBytes),
		r.Box.TearBytes, r.Scenario.Seed)
	for _, s := range r.Scenario.Sets {
		p.printf("        --set %s\n", s)
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

// grid finds runs by their coordinates.
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

// event prints the tables of one event: one, if it fits the width.
func (p *printer) event(r *lab.Result, event string) {
	g := newGrid(r, event)
	title := eventTitle(r, event)
	if event != "" && r.Scenario.Cut != "" {
		title += "; it came " + r.Scenario.CutText
	}
	p.printf("\nEVENT   %s\n", title)
	p.table(g, g.cases, ratedCases(g))
}

// table prints some cases of an event, side by side as far as there is room.
func (p *printer) table(g *grid, cases []string, rated map[string]bool) {
	lines := trim(p.rows(g, cases, rated))
	if cells(lines[1]) > p.o.width() && len(cases) > 1 {
		half := (len(cases) + 1) / 2
		p.table(g, cases[:half], rated)
		p.printf("\n")
		p.table(g, cases[half:], rated)
		return
	}
	for _, line := range lines {
		p.printf("%s\n", line)
	}
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

// rows renders one line a host and policy.
func (p *printer) rows(g *grid, cases []string, rated map[string]bool) []string {
	t := table.NewWriter()
	t.SetStyle(p.style())
	head := table.Row{"host", "policy"}
	var columns []table.ColumnConfig
	for _, c := range cases {
		head = append(head, c)
		if rated[c] {
			head = append(head, "MB/s")
			columns = append(columns, table.ColumnConfig{Number: len(head), Align: text.AlignRight})
		}
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(columns)
	for i, h := range g.hosts {
		if i > 0 {
			t.AppendSeparator()
		}
		for _, pol := range g.pols {
			row := table.Row{h, pol}
			for _, c := range cases {
				fate, speed := "", ""
				if run := g.at(c, h, pol); run != nil {
					fate, speed = p.o.cell(run), rate(run.Rate)
				}
				if row = append(row, fate); rated[c] {
					row = append(row, speed)
				}
			}
			t.AppendRow(row)
		}
	}
	return strings.Split(t.Render(), "\n")
}

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

// ratedCases says which cases have a speed of their own: the first, and those
// that differ from the cases before them.
func ratedCases(g *grid) map[string]bool {
	rated := map[string]bool{}
	seen := map[string]bool{}
	for _, c := range g.cases {
		var key strings.Builder
		any := false
		for _, h := range g.hosts {
			for _, pol := range g.pols {
				if run := g.at(c, h, pol); run != nil {
					any = any || run.Rate > 0
					fmt.Fprintf(&key, "%s ", rate(run.Rate))
				}
			}
		}
		if any && !seen[key.String()] {
			rated[c] = true
		}
		seen[key.String()] = true
	}
	return rated
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
		p.printf("%s  %s\n", mark, legend[g])
	}
	if replayed {
		p.printf("replayed: metadata written in place after the last flush was lost, and the journal put it back\n")
	}
}
