package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// figure is a column of the table of a panel.
type figure struct {
	head string
	// leaves says in which order columns go when the table is wider than the page:
	// 1 first, 0 never.
	leaves int
	rare   bool // not shown if it is 0 in every row
	cell   func(o Options, t *trace, c *lab.Curve) string
}

// figures are the columns of a curve. When there is no room the mean goes first,
// then the age of the oldest byte, the share of the time, the instant of the
// worst, torn blocks, the write hole, broken promises and the loss at the event.
var figures = []figure{
	{"at event", 8, false, func(_ Options, _ *trace, c *lab.Curve) string { return amount(c.AtEvent) }},
	{"worst", 0, false, func(_ Options, _ *trace, c *lab.Curve) string { return amount(c.Worst) }},
	{"first at", 4, false, func(o Options, t *trace, c *lab.Curve) string { return o.when(t, c, c.WorstNS) }},
	{"mean", 1, false, func(_ Options, _ *trace, c *lab.Curve) string { return amount(c.Mean) }},
	{"exposed", 3, false, func(_ Options, t *trace, c *lab.Curve) string { return percent(c.ExposedNS, t.length()) }},
	{"lost from", 0, false, func(o Options, t *trace, c *lab.Curve) string { return o.when(t, c, c.FirstNS) }},
	{"until", 0, false, func(o Options, t *trace, c *lab.Curve) string {
		if c.Worst > 0 && t.endless(c) {
			return "past end"
		}
		return o.when(t, c, c.LastNS)
	}},
	{"oldest", 2, false, func(o Options, _ *trace, c *lab.Curve) string {
		if c.Worst == 0 {
			return "-"
		}
		return o.clock(c.Oldest)
	}},
	{"violation", 7, true, worstOf("violation")},
	{"torn", 5, true, worstOf("torn")},
	{writeHole, 6, true, worstOf("write-hole")},
}

// writeHole is the head of the column that needs a ledger of level full.
const writeHole = "write hole"

// curveFigures is how many of them are about the curve itself, whichever it is.
const curveFigures = 7

// worstOf is the cell of a column that shows the worst of another curve.
func worstOf(name string) func(Options, *trace, *lab.Curve) string {
	return func(_ Options, t *trace, _ *lab.Curve) string { return amount(t.curve(name).Worst) }
}

// amount is a size; a bare 0 stands out from those that are more.
func amount(n uint64) string {
	if n == 0 {
		return "0"
	}
	return size(n)
}

// when is an instant of a curve, if it is ever above 0.
func (o Options) when(t *trace, c *lab.Curve, ns int64) string {
	if c.Worst == 0 {
		return "-"
	}
	return o.clock(t.since(ns))
}

// entry is a row of such a table: one curve.
type entry struct {
	names []any
	trace *trace
	curve *lab.Curve
}

// figures prints the table of a panel: a row a policy, two with a battery.
// Columns that are left out are named below it.
func (p *printer) figures(c *panel, keys map[*trace]string) {
	var rows []entry
	for i := range c.traces {
		t := &c.traces[i]
		rows = append(rows, entry{[]any{keys[t], t.name}, t, t.acknowledged()})
	}
	var shown []figure
	var zero, left []string
	for _, f := range figures {
		if f.rare && !slices.ContainsFunc(rows, func(e entry) bool { return f.cell(p.o, e.trace, e.curve) != "0" }) {
			zero = append(zero, f.head)
			continue
		}
		shown = append(shown, f)
	}
	gone, full := p.fitted(table.Row{"", "policy"}, rows, shown)
	if i := slices.Index(zero, writeHole); i >= 0 && !slices.ContainsFunc(rows, func(e entry) bool { return e.trace.sweep.Rows }) {
		zero = slices.Delete(zero, i, i+1)
		left = append(left, writeHole+": not followed, --ledger full follows each row of parity")
	}
	if len(zero) > 0 {
		left = append(left, list(zero)+": never above 0")
	}
	if len(gone) > 0 {
		left = append(left, fmt.Sprintf("%s: no room, --width %d shows all", list(gone), full))
	}
	if len(left) > 0 {
		p.paragraph("not shown", strings.Join(left, ". ")+".")
	}
}

// everyCurve prints the figures of all curves and causes of a panel, the bounds
// "surely" and "possibly" among them.
func (p *printer) everyCurve(c *panel) {
	var rows []entry
	for i := range c.traces {
		t := &c.traces[i]
		name := t.name
		for _, curves := range [][]lab.Curve{t.outage.Curves, t.outage.Causes} {
			for j := range curves {
				rows = append(rows, entry{[]any{name, curves[j].Name}, t, &curves[j]})
				name = ""
			}
		}
	}
	p.fitted(table.Row{"policy", "curve"}, rows, figures[:curveFigures])
	for i := range c.traces {
		s := c.traces[i].sweep
		if i == 0 || c.traces[i-1].sweep != s {
			p.printf("%s: %d WRITEs, %d instants at which something changed\n", s.Policy, s.Writes, s.Instants)
		}
	}
}

// fitted prints a table with as many of the columns as the page has room for. It
// returns those that went, and the width of the whole table.
func (p *printer) fitted(head table.Row, rows []entry, columns []figure) (gone []string, full int) {
	lines := p.tabulate(head, rows, columns)
	full = cells(lines[1])
	for cells(lines[1]) > p.o.width() {
		next := -1
		for i, f := range columns {
			if f.leaves > 0 && (next < 0 || f.leaves < columns[next].leaves) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		gone = append(gone, columns[next].head)
		columns = slices.Delete(slices.Clone(columns), next, next+1)
		lines = p.tabulate(head, rows, columns)
	}
	for _, line := range lines {
		p.printf("%s\n", line)
	}
	return gone, full
}

// tabulate renders rows: their names, then the figures, aligned on the right.
func (p *printer) tabulate(head table.Row, rows []entry, columns []figure) []string {
	t := table.NewWriter()
	t.SetStyle(p.style())
	head = slices.Clone(head)
	var aligned []table.ColumnConfig
	for _, f := range columns {
		head = append(head, f.head)
		aligned = append(aligned, table.ColumnConfig{Number: len(head), Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(aligned)
	for _, e := range rows {
		row := table.Row(slices.Clone(e.names))
		for _, f := range columns {
			row = append(row, f.cell(p.o, e.trace, e.curve))
		}
		t.AppendRow(row)
	}
	return trim(strings.Split(t.Render(), "\n"))
}
