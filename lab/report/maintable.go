package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// detail is a column that a case may have beside its fate.
type detail struct {
	head string
	cell func(o Options, r *lab.Run) string
	// shared tells that a column is left out of a case where it says the same as that
	// of a case before it.
	shared bool
}

// details are those columns, in the order in which they stand. Where a table is
// wider than the page the last goes first, and the speed at the end.
var details = []detail{
	{"MB/s", func(_ Options, r *lab.Run) string { return rate(r.Rate) }, true},
	{"p99", func(o Options, r *lab.Run) string { return o.p99(r) }, true},
	{"worst", func(o Options, r *lab.Run) string {
		return exposed(r, func(e *lab.Exposure) string { return amount(e.Worst) })
	}, false},
	{"exposed", func(o Options, r *lab.Run) string {
		return exposed(r, func(e *lab.Exposure) string { return o.took(e.ExposedNS) })
	}, false},
}

// plainDetails is how many of them there are without Verbose.
const plainDetails = 1

// p99 is that of the first command line that moved data.
func (o Options) p99(r *lab.Run) string {
	for i := range r.Tools {
		if r.Tools[i].Latency.Count > 0 {
			return o.took(r.Tools[i].Latency.P99)
		}
	}
	return ""
}

func exposed(r *lab.Run, of func(*lab.Exposure) string) string {
	if r.Exposure == nil {
		return ""
	}
	return of(r.Exposure)
}

// took is a short time for people, to three digits.
func (o Options) took(ns int64) string {
	micro := "µs"
	if o.ASCII {
		micro = "us"
	}
	switch {
	case ns == 0:
		return "0"
	case ns < 1e3:
		return fmt.Sprintf("%d ns", ns)
	case ns < 999_500:
		return digits(ns, 1e3) + " " + micro
	case ns < 999_500_000:
		return digits(ns, 1e6) + " ms"
	}
	return digits(ns, 1e9) + " s"
}

// digits is n in a unit, to three digits or all before the point.
func digits(n, unit int64) string {
	v := float64(n) / float64(unit)
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// mainColumn is one of a table: the fate of a case, or a detail of it.
type mainColumn struct {
	of     string // case
	detail int    // index into details; -1 is the fate
}

// columns lists those of some cases that are worth their place. Details from index
// most on are left out.
func (p *printer) columns(g *grid, cases []string, most int) []mainColumn {
	own := make([]map[string]bool, most)
	for i := range own {
		own[i] = details[i].own(p.o, g, cases)
	}
	var all []mainColumn
	for _, c := range cases {
		all = append(all, mainColumn{c, -1})
		for i := range own {
			if own[i][c] {
				all = append(all, mainColumn{c, i})
			}
		}
	}
	return all
}

// own tells in which of the cases a detail says something, and if it is shared,
// something else than in the cases before.
func (d *detail) own(o Options, g *grid, cases []string) map[string]bool {
	own, said := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		key := d.key(o, g, c)
		own[c] = key != "" && !(d.shared && said[key])
		said[key] = true
	}
	return own
}

// key is what a detail says of a case in all, "" if nothing.
func (d *detail) key(o Options, g *grid, c string) string {
	var all []string
	for _, h := range g.hosts {
		for _, pol := range g.pols {
			if run := g.at(c, h, pol); run != nil {
				all = append(all, d.cell(o, run))
			}
		}
	}
	if !slices.ContainsFunc(all, func(cell string) bool { return cell != "" }) {
		return ""
	}
	return strings.Join(all, "|")
}

// event prints the tables of one event: one, if it fits the width.
func (p *printer) event(r *lab.Result, event string) {
	g := newGrid(r, event)
	title := eventTitle(r, event)
	if event != "" && r.Scenario.Cut != "" {
		title += "; it came " + r.Scenario.CutText
	}
	p.printf("\n")
	p.hanging(8, "EVENT", title)
	left := p.fold(g)
	most := plainDetails
	if p.o.Verbose {
		most = len(details)
	}
	gone, full := p.table(g, g.cases, most)
	if len(gone) > 0 {
		left = append(left, fmt.Sprintf("%s: no room, --width %d shows all", list(gone), full))
	}
	if len(left) > 0 {
		p.paragraph("not shown", strings.Join(left, ". ")+".")
	}
}

// table prints some cases of an event. Where they do not fit side by side, details
// go, the last of them first; where that does not help, the cases stand below each
// other, half of them and then the others, and with their details again. Verbose
// asked for the details, so there the cases part first. It returns the heads of the
// columns that went, and how wide the whole table is.
func (p *printer) table(g *grid, cases []string, most int) (gone []string, full int) {
	least := 0
	if p.o.Verbose && len(cases) > 1 {
		least = most
	}
	for n := most; n >= least; n-- {
		lines := trim(p.rows(g, p.columns(g, cases, n)))
		full = max(full, cells(lines[1]))
		if cells(lines[1]) > p.o.width() && (n > least || len(cases) > 1) {
			continue
		}
		for _, line := range lines {
			p.printf("%s\n", line)
		}
		for _, d := range details[n:most] {
			gone = append(gone, d.head)
		}
		return gone, full
	}
	half := (len(cases) + 1) / 2
	first, _ := p.table(g, cases[:half], most)
	p.printf("\n")
	second, _ := p.table(g, cases[half:], most)
	for _, head := range append(first, second...) {
		gone = once(gone, head)
	}
	return gone, full
}

// rows renders one line a host and policy.
func (p *printer) rows(g *grid, columns []mainColumn) []string {
	t := table.NewWriter()
	t.SetStyle(p.style())
	head := table.Row{"host", "policy"}
	var aligned []table.ColumnConfig
	for _, c := range columns {
		if c.detail < 0 {
			head = append(head, c.of)
			continue
		}
		head = append(head, details[c.detail].head)
		aligned = append(aligned, table.ColumnConfig{Number: len(head), Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(aligned)
	for i, h := range g.hosts {
		if i > 0 {
			t.AppendSeparator()
		}
		for _, pol := range g.pols {
			row := table.Row{h, pol}
			for _, c := range columns {
				cell := ""
				if run := g.at(c.of, h, pol); run != nil && c.detail < 0 {
					cell = p.o.cell(run)
				} else if run != nil {
					cell = details[c.detail].cell(p.o, run)
				}
				row = append(row, cell)
			}
			t.AppendRow(row)
		}
	}
	return strings.Split(t.Render(), "\n")
}

// byLoss puts the policies of a grid in order: those that lose nothing first, then
// by what they lose; broken promises weigh more than any loss that no one promised
// against, and a tool that fails more than none. Policies that are alike stay as the
// scenario has them.
func (g *grid) byLoss() {
	type toll struct {
		broken, lost uint64
		failed       int
	}
	tolls := map[string]toll{}
	for _, pol := range g.pols {
		var t toll
		for _, h := range g.hosts {
			for _, c := range g.cases {
				if r := g.at(c, h, pol); r != nil {
					t.broken += r.Loss.Violation
					t.lost += r.Loss.Acknowledged() + r.Swallowed
					if r.ToolError != "" {
						t.failed++
					}
				}
			}
		}
		tolls[pol] = t
	}
	slices.SortStableFunc(g.pols, func(a, b string) int {
		x, y := tolls[a], tolls[b]
		return cmp.Or(cmp.Compare(x.broken, y.broken), cmp.Compare(x.lost, y.lost), cmp.Compare(x.failed, y.failed))
	})
}

// A table shows at most so many policies unless all are asked for: those that lose
// least, and those that lose most.
const (
	mostPolicies = 7
	leastFirst   = 3 // of them the first of the order
)

// fold leaves policies out of a long table and says which: of those that fare alike
// in every case all but the fastest, and if there are still too many, those in the
// middle of the order.
func (p *printer) fold(g *grid) (left []string) {
	if p.o.Verbose || len(g.pols) <= mostPolicies {
		return nil
	}
	var kinds [][]string // of policies that fare alike
	at := map[string]int{}
	for _, pol := range g.pols {
		key := p.fares(g, pol)
		i, ok := at[key]
		if !ok {
			i = len(kinds)
			at[key], kinds = i, append(kinds, nil)
		}
		kinds[i] = append(kinds[i], pol)
	}
	g.pols = g.pols[:0:0]
	for _, k := range kinds {
		best := slices.MaxFunc(k, func(a, b string) int { return cmp.Compare(g.speed(a), g.speed(b)) })
		g.pols = append(g.pols, best)
		if k = slices.DeleteFunc(k, func(pol string) bool { return pol == best }); len(k) > 0 {
			left = append(left, fmt.Sprintf("%s, which %s as %s and %s no faster", list(k), plural(len(k), "fares", "fare"), best, plural(len(k), "is", "are")))
		}
	}
	if n := len(g.pols) - mostPolicies; n > 0 {
		middle := g.pols[leastFirst : leastFirst+n]
		left = append(left, list(middle)+", between those above")
		g.pols = slices.Delete(slices.Clone(g.pols), leastFirst, leastFirst+n)
	}
	if len(left) > 0 {
		left = append(left, "-v shows every policy")
	}
	return left
}

// fares is how a policy fares in all cases of a grid.
func (p *printer) fares(g *grid, pol string) string {
	var key strings.Builder
	o := p.o
	o.Color = false
	for _, h := range g.hosts {
		for _, c := range g.cases {
			if r := g.at(c, h, pol); r != nil {
				key.WriteString(o.cell(r) + "|")
			}
		}
	}
	return key.String()
}

// speed is how fast a policy is, added up over the runs of a grid.
func (g *grid) speed(pol string) (sum uint64) {
	for _, h := range g.hosts {
		for _, c := range g.cases {
			if r := g.at(c, h, pol); r != nil {
				sum += r.Rate
			}
		}
	}
	return sum
}

// exposures says what the columns of the sweep are.
func (p *printer) exposures(r *lab.Result) {
	if !slices.ContainsFunc(r.Runs, func(run lab.Run) bool { return run.Exposure != nil }) {
		return
	}
	p.printf("p99: of the READs and WRITEs of the first command line\n")
	for _, line := range wrap("worst, exposed: what a loss of the box's power would take at the instant that costs most, and for how long it would "+
		"take something, from the first step until "+lab.DefaultTail.String()+" beyond the event", p.o.width()) {
		p.printf("%s\n", line)
	}
}
