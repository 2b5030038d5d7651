package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// narrowest is the width below which the trials are no table but a list.
const narrowest = 72

// changes shows, for each cause of loss, what was tried to keep the data and what it
// costs. Every line was simulated.
func (p *printer) changes(r *lab.Result) {
	if p.o.width() < narrowest {
		p.changeItems(r)
		return
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		if i == 0 {
			p.printf("\n")
			p.paragraph("CHANGE", p.o.changeWords())
		}
		p.printf("\n")
		p.paragraph("", p.o.changeTitle(c))
		for _, line := range p.changeTable(c) {
			p.printf("%s\n", line)
		}
		if typed := p.o.typed(c); typed != "" {
			p.paragraph("", typed)
		}
	}
	if len(r.Changes) > 0 {
		p.printf("\n")
	}
}

// changeItems says the same as a list.
func (p *printer) changeItems(r *lab.Result) {
	label := "CHANGE"
	for i := range r.Changes {
		c := &r.Changes[i]
		p.item(label, p.o.changeTitle(c))
		p.item("", p.o.trialSentence(&c.AsIs, &c.AsIs))
		label = ""
		for j := range c.Tried {
			p.item(label, p.o.trialSentence(&c.Tried[j], &c.AsIs))
		}
	}
}

// trialSentence is a line of the table as a sentence.
func (o Options) trialSentence(t, asIs *lab.Trial) string {
	row := o.trialRow(t, asIs)
	var parts []string
	add := func(format string, at, price int) {
		if row[at] == "" {
			return
		}
		s := fmt.Sprintf(format, row[at])
		if row[price] != "" {
			s += fmt.Sprintf(" (%s)", row[price])
		}
		parts = append(parts, s)
	}
	fate := fmt.Sprint(row[0])
	if t.AtOnce != nil {
		fate += fmt.Sprintf(", at once %s", row[1])
	}
	parts = append(parts, fate)
	add("%s MB/s", 2, 3)
	add("p99 %s", 4, 5)
	return fmt.Sprintf("%s: %s.", strings.Join(parts, "; "), row[6])
}

// changeTitle says what loses the data that the lines below it try to keep, and why.
func (o Options) changeTitle(c *lab.Change) string {
	when := "after " + c.Event
	if c.Event == "" {
		when = "without an event"
	}
	s := fmt.Sprintf("%s, %s, %s with %s", when, c.Case, c.Host, c.Policy)
	if c.Others > 0 {
		s += fmt.Sprintf(", and %d more %s that %s for the same reason", c.Others, plural(c.Others, "run", "runs"), plural(c.Others, "loses", "lose"))
	}
	cause := c.Cause
	cause.Taken = "" // WHY has that
	return s + ": " + o.causeText(&cause) + "."
}

// changeHead is the head of the column that says what is changed.
const changeHead = "change"

// leastChange is the least width of that column.
const leastChange = 16

// changeTable renders the trials below the run as it is.
func (p *printer) changeTable(c *lab.Change) []string {
	lines := p.trials(c, 0)
	head, _, _ := strings.Cut(lines[0], changeHead)
	room := max(p.o.width()-cells(head)-1, leastChange) // a wide letter may stand over
	if slices.ContainsFunc(lines, func(line string) bool { return cells(line) > p.o.width() }) {
		lines = p.trials(c, room)
	}
	return lines
}

// trials fills the table, with the last column so wide at most; 0 is as wide as it
// comes.
func (p *printer) trials(c *lab.Change, last int) []string {
	t := table.NewWriter()
	t.SetStyle(p.style())
	t.AppendHeader(table.Row{"at the event", "at once", "MB/s", "", "p99", "", changeHead})
	var columns []table.ColumnConfig
	for n := 3; n <= 6; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(append(columns, table.ColumnConfig{Number: 7, WidthMax: last, WidthMaxEnforcer: text.WrapSoft}))
	t.AppendRow(p.o.trialRow(&c.AsIs, &c.AsIs))
	t.AppendSeparator()
	for i := range c.Tried {
		t.AppendRow(p.o.trialRow(&c.Tried[i], &c.AsIs))
	}
	return trim(strings.Split(t.Render(), "\n"))
}

// trialRow is one trial, with its price against the run as it is.
func (o Options) trialRow(t, asIs *lab.Trial) table.Row {
	what := o.trialText(t)
	if o.Verbose && t.Typed != "" && t.Typed != t.Text {
		what += " (" + t.Typed + ")"
	}
	if t.Error != "" {
		return table.Row{"-", "-", "", "", "", "", what + ": " + t.Error}
	}
	once := "-"
	if t.AtOnce != nil {
		once = o.endingCell(t.AtOnce)
	}
	p99 := ""
	if t.P99 > 0 {
		p99 = o.took(t.P99)
	}
	row := table.Row{o.endingCell(&t.AtEvent), once, rate(t.Rate), "", p99, "", what}
	if t != asIs {
		row[3], row[5] = slower(asIs.Rate, t.Rate), longer(asIs.P99, t.P99)
	}
	return row
}

// endingCell is a fate as the cells of the tables show it.
func (o Options) endingCell(f *lab.Ending) string {
	return o.cell(&lab.Run{Acked: f.Acked, Loss: f.Loss, Replayed: f.Replayed, Swallowed: f.Swallowed,
		ToolError: f.ToolError, Steps: []lab.Step{{Exit: f.Exit}}})
}

// slower says how a speed compares with that of before, and longer how a time does.
func slower(before, now uint64) string {
	switch {
	case before == 0 || now == 0:
		return ""
	case now*2 <= before:
		return "1/" + factor(before, now)
	}
	return compared(before, now)
}

func longer(before, now int64) string {
	if before <= 0 || now <= 0 {
		return ""
	}
	return compared(uint64(before), uint64(now))
}

// compared is a change in percent, or by a factor where it doubles; "=" below half a
// percent.
func compared(before, now uint64) string {
	if now >= 2*before {
		return "x" + factor(now, before)
	}
	percent := (int64(now) - int64(before)) * 1000 / int64(before)
	switch {
	case percent >= 5:
		return fmt.Sprintf("+%d%%", (percent+5)/10)
	case percent <= -5:
		return fmt.Sprintf("%d%%", (percent-5)/10)
	}
	return "="
}

// factor is a ratio of at least 2.
func factor(a, b uint64) string {
	if a < 10*b {
		return fmt.Sprintf("%.1f", float64(a)/float64(b))
	}
	return fmt.Sprintf("%d", (a+b/2)/b)
}

// trialText says what is changed. In plain words a policy is its name: what it does
// stands in the glossary.
func (o Options) trialText(t *lab.Trial) string {
	if o.Plain && t.Kind == "policy" {
		name, _, _ := strings.Cut(t.Text, ": ")
		return name
	}
	return o.say(t.Text)
}

// typed says what to add to the command to see the first change that keeps everything
// and that can be typed.
func (o Options) typed(c *lab.Change) string {
	for i := range c.Tried {
		if t := &c.Tried[i]; t.Keeps() && strings.HasPrefix(t.Typed, "--") && !o.Verbose {
			return "to see the first of these: the same command with " + t.Typed
		}
	}
	return ""
}
