package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"tbraid/lab"
)

// CurvesText prints the loss curves: for each case and host a plot of the
// acknowledged bytes that a cut would take, the figures of each policy, and a
// sentence that says from when to when a cut takes something.
func CurvesText(w io.Writer, c *lab.Curves, o Options) error {
	p := &printer{w: w, o: o}
	r := &lab.Result{Scenario: c.Scenario, Box: c.Box, Guesses: c.Guesses, Partial: c.Partial}
	p.heading(r)
	all := panels(c)
	for i := range all {
		p.panel(&all[i])
	}
	p.curveNotes(all)
	p.assumed(r)
	return p.err
}

func (p *printer) panel(c *panel) {
	p.printf("\n")
	p.paragraph("CURVE", c.title()+": acknowledged bytes that a cut takes, by its instant")
	p.printf("\n")
	keys := p.plot(c)
	p.printf("\n")
	p.figures(c, keys)
	p.printf("\n")
	p.paragraph("LOST", c.sentence(p.o))
	if p.o.Verbose {
		p.printf("\n")
		p.everyCurve(c)
	}
}

// sentence says from which instant to which a cut takes acknowledged bytes.
// Policies of which the same is to be said share a clause.
func (c *panel) sentence(o Options) string {
	if c.says != "" {
		return c.says
	}
	var clauses []string
	var names [][]string
	for i := range c.traces {
		t := &c.traces[i]
		clause := t.clause(o)
		found := false
		for j := range clauses {
			if found = clauses[j] == clause; found {
				names[j] = append(names[j], t.name)
				break
			}
		}
		if !found {
			clauses, names = append(clauses, clause), append(names, []string{t.name})
		}
	}
	for i := range clauses {
		clauses[i] = "with " + list(names[i]) + " " + clauses[i]
	}
	return fmt.Sprintf("%s: a cut takes acknowledged bytes %s.", c.title(), strings.Join(clauses, "; "))
}

// clause is the part of a sentence that one trace has to say.
func (t *trace) clause(o Options) string {
	a := t.acknowledged()
	if a.Worst == 0 {
		return "at no instant"
	}
	from := "from " + o.clock(t.since(a.FirstNS))
	lasts := a.LastNS - a.FirstNS
	switch {
	case t.endless(a):
		from += fmt.Sprintf(" on, and still at the end of the sweep (%s)", o.clock(t.length()))
	default:
		from += " to " + o.clock(t.since(a.LastNS))
	}
	if a.ExposedNS < lasts {
		from += fmt.Sprintf(", with gaps (for %s in all)", o.clock(a.ExposedNS))
	}
	return from + ", at worst " + size(a.Worst)
}

// curveNotes say how to read plots and tables.
func (p *printer) curveNotes(all []panel) {
	p.printf("\n")
	p.item("READ", "Times count from the start of the first step. The sweep is one run without a cut; a point of a curve is "+
		"what a cut at that instant would have taken. A cut takes the power of the box.")
	p.item("", "A column of a plot shows the most that a cut within it takes; a loss, however small, stands above 0. Where curves "+
		"meet, the first of the list is drawn.")
	var endless, holes bool
	var holdUp int64
	var played []string
	samples := 0
	for i := range all {
		for j := range all[i].traces {
			t := &all[i].traces[j]
			endless = endless || t.endless(t.acknowledged())
			holes = holes || t.curve("write-hole").Worst > 0
			if t.outage.Samples > 0 {
				played, samples = once(played, t.outage.Name), t.outage.Samples
			}
			holdUp = max(holdUp, t.outage.HoldUpNS)
		}
	}
	if holdUp > 0 {
		p.item("", fmt.Sprintf("within, beyond: the power comes back while the battery still holds the cache up (at most %s), or after it.",
			hours(holdUp)))
	}
	if samples > 0 {
		p.item("", fmt.Sprintf("%s: re-simulated from the start at %d instants up to the scenario's own, and known at no other: what host and "+
			"box do after it has to be played. All else is exact at every instant.", list(played), samples))
	}
	if holes {
		p.item("", "write hole: the rows of blocks, one of each member, of which parity and data disagree on the media, 512 bytes each. Harmless "+
			"while the array is whole; with a member missing, the most that would read as garbage.")
	}
	if endless {
		p.item("", "past end: a cut at the end of the sweep still takes something; --tail makes the sweep longer.")
	}
}

// hours is a hold-up as data sheets give it, if it is one of whole hours.
func hours(ns int64) string {
	d := time.Duration(ns)
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return d.String()
}
