package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// speeds tells how fast each command line was and what the box had to do for it,
// for the runs of the first event: what comes before an event does not depend on
// which it is, unless a cut moves it.
func (p *printer) speeds(r *lab.Result) {
	g := newGrid(r, events(r)[0])
	p.section("SPEED", "each command line until the event, of READs and WRITEs as the host saw them", p.latencies(g))
	p.section("USAGE", "of the time in which command lines ran until the event, and of the bytes until then", p.usages(g))
}

// sheet is a table of a few words and then figures.
type sheet struct {
	words  int // columns of words; the last of them has the policies
	heads  []string
	leaves []int // which columns go, in this order, where the page is too narrow
	rows   [][]string
}

// add is a row. Policies of which all else is the same share one.
func (s *sheet) add(row ...string) {
	at := s.words - 1
	for i := len(s.rows) - 1; i >= 0; i-- {
		old := s.rows[i]
		if old[0] != row[0] {
			break
		}
		if slices.Equal(old[:at], row[:at]) && slices.Equal(old[at+1:], row[at+1:]) {
			old[at] += ", " + row[at]
			return
		}
	}
	s.rows = append(s.rows, row)
}

// How wide a list of policies may be in a sheet: where there is room, and where
// there is none.
const (
	widePolicies   = 36
	narrowPolicies = 18
)

// render is the sheet without the columns that are hidden, and with the policies in a
// column so wide at most.
func (p *printer) render(s *sheet, hidden []int, policies int) []string {
	t := table.NewWriter()
	t.SetStyle(p.style())
	head := make(table.Row, len(s.heads))
	var columns []table.ColumnConfig
	for i, h := range s.heads {
		head[i] = h
		c := table.ColumnConfig{Number: i + 1, Hidden: slices.Contains(hidden, i)}
		if i >= s.words {
			c.Align, c.AlignHeader = text.AlignRight, text.AlignRight
		} else if i == s.words-1 {
			c.WidthMax, c.WidthMaxEnforcer = policies, text.WrapSoft
		}
		columns = append(columns, c)
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(columns)
	for _, cells := range s.rows {
		row := make(table.Row, len(cells))
		for i, c := range cells {
			row[i] = c
		}
		t.AppendRow(row)
	}
	return trim(strings.Split(t.Render(), "\n"))
}

// section prints a sheet under a title, with as many of its columns as there is room
// for, and names the others.
func (p *printer) section(label, title string, s *sheet) {
	if len(s.rows) == 0 {
		return
	}
	lines := p.render(s, nil, widePolicies)
	full, gone := cells(lines[1]), 0
	for ; cells(lines[1]) > p.o.width() && gone < len(s.leaves); gone++ {
		lines = p.render(s, s.leaves[:gone+1], widePolicies)
	}
	if cells(lines[1]) > p.o.width() {
		lines = p.render(s, s.leaves, narrowPolicies)
	}
	p.printf("\n")
	p.paragraph(label, title)
	for _, line := range lines {
		p.printf("%s\n", line)
	}
	if gone > 0 {
		var names []string
		for _, i := range s.leaves[:gone] {
			names = append(names, s.heads[i])
		}
		p.paragraph("not shown", fmt.Sprintf("%s: no room, --width %d shows all.", list(names), full))
	}
}

// latencies has a row for each command line of each run.
func (p *printer) latencies(g *grid) *sheet {
	s := &sheet{words: 4, heads: []string{"case", "tool", "host", "policy", "MB/s", "IOPS", "p50", "p90", "p99", "p99.9", "max", "flushes", "flush p50", "flush max"},
		leaves: []int{12, 9, 7, 5, 13, 11, 6, 10}}
	p.eachRun(g, func(c string, r *lab.Run) {
		for _, tool := range r.Tools {
			if r.Event != "" && tool.EndNS > r.Usage.ToNS {
				continue
			}
			l, f := tool.Latency, tool.Flush
			row := []string{c, toolName(r, tool.Step), r.Host, r.Policy, rate(tool.Rate), fmt.Sprint(tool.IOPS), "", "", "", "", "", "", "", ""}
			if l.Count > 0 {
				row[6], row[7], row[8], row[9], row[10] = p.o.took(l.P50), p.o.took(l.P90), p.o.took(l.P99), p.o.took(l.P999), p.o.took(l.Max)
			}
			if f.Count > 0 {
				row[11], row[12], row[13] = fmt.Sprint(f.Count), p.o.took(f.P50), p.o.took(f.Max)
			}
			s.add(row...)
		}
	})
	return s
}

// toolName is the name of a tool; where a case has it more than once, with its step.
func toolName(r *lab.Run, step int) string {
	n, name := 0, ""
	for _, t := range r.Tools {
		if t.Step == step {
			name = t.Name
		}
	}
	for _, t := range r.Tools {
		if t.Name == name && t.EndNS <= r.Usage.ToNS {
			n++
		}
	}
	if n > 1 {
		return fmt.Sprintf("%s, step %d", name, step+1)
	}
	return name
}

// usages has a row for each run.
func (p *printer) usages(g *grid) *sheet {
	s := &sheet{words: 3, heads: []string{"case", "host", "policy", "link out", "link in", "controller", "members", "busiest", "written", "to members", "ratio", "read hits", "dirty at most"},
		leaves: []int{4, 7, 11, 9, 8, 3, 12}}
	p.eachRun(g, func(c string, r *lab.Run) {
		u := &r.Usage
		var sum, most, dirty uint64
		for _, m := range u.MembersPPM {
			sum, most = sum+uint64(m), max(most, uint64(m))
		}
		for _, d := range u.Dirty {
			dirty = max(dirty, d.Bytes)
		}
		hits, ratio := "", ""
		if read := u.CacheHitBlocks + u.CacheMissBlocks; read > 0 {
			hits = percent(int64(u.CacheHitBlocks), int64(read))
		}
		if u.HostBytesWritten > 0 {
			ratio = fmt.Sprintf("%.2f", float64(u.WriteAmplificationPPM)/1e6)
		}
		share := func(ppm uint64) string { return percent(int64(ppm), 1e6) }
		s.add(c, r.Host, r.Policy, share(uint64(u.LinkOutPPM)), share(uint64(u.LinkInPPM)), share(uint64(u.ControllerPPM)),
			share(sum/uint64(max(len(u.MembersPPM), 1))), share(most), amount(u.HostBytesWritten), amount(u.MemberBytesWritten), ratio, hits, amount(dirty))
	})
	return s
}

// eachRun goes through the runs of a grid, case by case.
func (p *printer) eachRun(g *grid, do func(c string, r *lab.Run)) {
	for _, c := range g.cases {
		for _, h := range g.hosts {
			for _, pol := range g.pols {
				if r := g.at(c, h, pol); r != nil {
					do(c, r)
				}
			}
		}
	}
}

// policies tells how each policy is set, as StorCLI would, and what is in force.
func (p *printer) policies(r *lab.Result) {
	s := &sheet{words: 5, heads: []string{"policy", "configured", "in force", "code", "title"}, leaves: []int{4, 1}}
	used := map[string]bool{}
	for i := range r.Firmware {
		f := &r.Firmware[i]
		force := f.InForce
		if f.Because != "" {
			force += " (" + f.Because + ")"
		}
		s.rows = append(s.rows, []string{f.Name, f.Configured, force, f.Code, r.Policies[i].Title})
		for _, word := range strings.Fields(f.Code) {
			name, _, _ := strings.Cut(word, "=")
			used[name] = true
		}
		used[f.Configured] = true
	}
	p.section("POLICY", "what the policies are set to, and what is in force when a run begins", s)
	var codes []string
	for _, c := range lab.PolicyCodes {
		if used[c.Code] {
			codes = append(codes, c.Code+"="+c.Means)
		}
	}
	if len(codes) > 0 {
		p.paragraph("", strings.Join(codes, " | "))
	}
}

// summary says of all policies at once which lose nothing and which break promises.
func (p *printer) summary(r *lab.Result) string {
	var pols, safe, broken []string
	bad := map[string]grade{}
	for i := range r.Runs {
		run := &r.Runs[i]
		pols = once(pols, run.Policy)
		if run.Unjudged {
			return ""
		}
		switch {
		case run.Loss.Violation > 0:
			bad[run.Policy] = max(bad[run.Policy], grade(2))
		case run.Loss.Acknowledged() > 0 || run.Swallowed > 0:
			bad[run.Policy] = max(bad[run.Policy], grade(1))
		}
	}
	if len(pols) < 2 {
		return ""
	}
	for _, pol := range pols {
		switch bad[pol] {
		case 0:
			safe = append(safe, pol)
		case 2:
			broken = append(broken, pol)
		}
	}
	return p.o.summaryText(len(pols), safe, broken)
}

// summaryText is that in a sentence.
func (o Options) summaryText(of int, safe, broken []string) string {
	w := o.verdictWords()
	var s string
	switch len(safe) {
	case of:
		return fmt.Sprintf(w.allSafe, of)
	case 0:
		s = fmt.Sprintf(w.noneSafe, of)
	default:
		s = fmt.Sprintf(w.someSafe, of, list(safe), plural(len(safe), "loses", "lose"))
	}
	if len(broken) > 0 {
		s += fmt.Sprintf(w.broken, list(broken))
	}
	return s + "."
}
