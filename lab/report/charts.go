package report

import (
	"fmt"
	"html/template"
	"strings"

	"tbraid/lab"
)

// charts draws what goes on in time: the loss curves, if there are any, and the
// level of the dirty cache.
func (p *page) charts(d *Document) {
	if d.Curves != nil {
		p.chart(pageCharts{ID: "curves", Title: "When the power goes",
			Text: "Acknowledged bytes that a power cut takes, by its instant, up to " + lab.DefaultTail.String() + " beyond the event. Each point is " +
				"exact: what a cut at that instant would have taken in a run without one. Where lines meet they are one, and their names stand at its end."},
			panels(d.Curves))
	}
	if levels := levels(d.Result); len(levels) > 0 {
		p.chart(pageCharts{ID: "dirty", Title: "What the cache holds that the disks do not",
			Text: "Dirty bytes in the controller cache, from the first step to the event. A line is the most within its step."}, levels)
	}
}

// chart draws panels, all to one scale.
func (p *page) chart(c pageCharts, all []panel) {
	draw := &drawer{all: all, scale: newScale(all), order: map[string]int{}}
	for i := range all {
		c.Figures = append(c.Figures, draw.figure(&all[i]))
	}
	p.Charts = append(p.Charts, c)
}

// figure draws one panel as a picture of its own.
func (d *drawer) figure(p *panel) pageFigure {
	d.out.Reset()
	sentence := p.sentence(Options{})
	d.add(`<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, svgWidth, p.height(), escape(sentence))
	d.panel(p, 0)
	d.add("</svg>")
	return pageFigure{Name: p.title(), Sentence: sentence, SVG: template.HTML(strings.TrimSuffix(d.out.String(), "\n"))}
}

// levels are the dirty levels as panels: one for each case and host, with a trace
// for each policy. Up to the event all runs of a policy are one, so that the first
// of them stands for all.
func levels(r *lab.Result) []panel {
	var all []panel
	seen := map[[3]string]bool{}
	at := map[[2]string]int{}
	for i := range r.Runs {
		run := &r.Runs[i]
		key := [3]string{run.Case, run.Host, run.Policy}
		if seen[key] || len(run.Usage.Dirty) == 0 {
			continue
		}
		seen[key] = true
		where := [2]string{run.Case, run.Host}
		k, ok := at[where]
		if !ok {
			k = len(all)
			at[where] = k
			all = append(all, panel{name: run.Case, host: run.Host})
		}
		all[k].traces = append(all[k].traces, levelOf(run))
	}
	for i := range all {
		all[i].says = all[i].dirtiness()
	}
	return all
}

// levelOf is the dirty level of a run as a trace.
func levelOf(run *lab.Run) trace {
	u := &run.Usage
	c := lab.Curve{Name: "acknowledged"}
	for i, d := range u.Dirty {
		to := u.ToNS
		if i+1 < len(u.Dirty) {
			to = u.Dirty[i+1].TNS
		}
		c.Points = append(c.Points, lab.Point{FromNS: d.TNS, ToNS: to, Min: d.Bytes, Max: d.Bytes})
		c.Worst = max(c.Worst, d.Bytes)
		c.AtEvent = d.Bytes
	}
	s := &lab.Sweep{Case: run.Case, Host: run.Host, Policy: run.Policy, StartNS: u.FromNS, EventNS: u.ToNS, EndNS: u.ToNS, Steps: run.Steps}
	return trace{sweep: s, outage: &lab.Outage{Curves: []lab.Curve{c}}, name: run.Policy}
}

// dirtiness says what the highest level was and what the event met. Policies of
// which the same is to be said share a clause.
func (p *panel) dirtiness() string {
	clauses := newClauses()
	for i := range p.traces {
		c := p.traces[i].acknowledged()
		clause := "at most " + size(c.Worst)
		switch {
		case c.Worst == 0:
			clause = "nothing at any instant"
		case c.AtEvent == 0:
			clause += ", and nothing when the event comes,"
		case c.AtEvent == c.Worst:
			clause += ", also when the event comes,"
		default:
			clause += ", and " + size(c.AtEvent) + " when the event comes,"
		}
		clauses.add(clause, p.traces[i].name)
	}
	return fmt.Sprintf("%s: dirty is %s.", p.title(), clauses.join())
}

// clauses are what is to be said of names, each once, with all its names.
type clauses struct {
	text  []string
	names map[string][]string
}

func newClauses() *clauses { return &clauses{names: map[string][]string{}} }

func (c *clauses) add(text, name string) {
	if c.names[text] == nil {
		c.text = append(c.text, text)
	}
	c.names[text] = append(c.names[text], name)
}

func (c *clauses) join() string {
	var all []string
	for _, t := range c.text {
		all = append(all, t+" with "+list(c.names[t]))
	}
	return strings.Join(all, "; ")
}
