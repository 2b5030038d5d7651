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
	p.rivals(r)
	p.controls(r)
	p.notes(r)
	p.assumed(r)
	p.next(r)
	return p.err
}

func (p *printer) heading(r *lab.Result) {
	p.printf("tbraid  %s: %s\n", r.Scenario.Name, r.Scenario.Title)
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

// event prints the table of one event.
func (p *printer) event(r *lab.Result, event string) {
	g := newGrid(r, event)
	p.printf("\nEVENT   %s\n", eventTitle(r, event))
	t := table.NewWriter()
	t.SetStyle(p.style())
	rated := ratedCases(g)
	head := table.Row{"host", "policy"}
	configs := []table.ColumnConfig{}
	for _, c := range g.cases {
		head = append(head, c)
		if rated[c] {
			head = append(head, "MB/s")
			configs = append(configs, table.ColumnConfig{Number: len(head), Align: text.AlignRight})
		}
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(configs)
	for i, h := range g.hosts {
		if i > 0 {
			t.AppendSeparator()
		}
		for _, pol := range g.pols {
			row := table.Row{h, pol}
			for _, c := range g.cases {
				run := g.at(c, h, pol)
				if run == nil {
					row = append(row, "")
					if rated[c] {
						row = append(row, "")
					}
					continue
				}
				row = append(row, p.o.cell(run))
				if rated[c] {
					row = append(row, rate(run.Rate))
				}
			}
			t.AppendRow(row)
		}
	}
	for _, line := range strings.Split(t.Render(), "\n") {
		p.printf("%s\n", strings.TrimRight(line, " "))
	}
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
	s.Box.PaddingLeft, s.Box.PaddingRight = " ", " "
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
		p.printf(" %s  %s\n", mark, legend[g])
	}
	if replayed {
		p.printf(" (journal)  metadata written in place after the last flush was lost, and the journal put it back\n")
	}
}
