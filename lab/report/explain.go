package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/host/workload"
	"tbraid/lab"
)

// ExplainSchema names the form of an Explanation as JSON. Fields are only ever
// added.
const ExplainSchema = "tbraid.explain/1"

// Explanation is a command line word by word, and what it was measured to send.
type Explanation struct {
	Schema   string          `json:"schema"`
	Line     string          `json:"command_line"`
	Box      string          `json:"box"`
	Volume   string          `json:"volume,omitempty"` // that is mounted, as PATH:KIND
	Seed     uint64          `json:"seed"`
	Words    []workload.Word `json:"words"`
	Measured []Measured      `json:"measured"`
	Next     string          `json:"-"` // the command that shows each of the commands counted
}

// Measured is the traffic under one host and policy, and what it comes to.
type Measured struct {
	lab.Traffic
	Verdict string `json:"verdict"`
}

// NewExplanation puts the two halves together.
func NewExplanation(line string, words []workload.Word, traffic []lab.Traffic) *Explanation {
	x := &Explanation{Schema: ExplainSchema, Line: line, Words: words}
	for _, t := range traffic {
		x.Measured = append(x.Measured, Measured{t, trafficVerdict(&t)})
	}
	return x
}

// ExplainJSON writes the Explanation as it is, indented.
func ExplainJSON(w io.Writer, x *Explanation) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(x)
}

// Explain prints a command line word by word, then what was measured.
func Explain(w io.Writer, x *Explanation, o Options) error {
	p := &printer{w: w, o: o}
	p.printf("tbraid  explain: what reaches the box, and what does not\n")
	p.printf("        box %s, seed %d", x.Box, x.Seed)
	if policy := samePolicy(x.Measured); policy != "" {
		p.printf(", policy %s", policy)
	}
	if x.Volume != "" {
		p.printf(", volume %s", x.Volume)
	}
	p.printf("\n\n")
	p.numbered(x.Words)
	for i := range x.Words {
		p.word(&x.Words[i], i == 0 || x.Words[i-1].Number != x.Words[i].Number)
	}
	p.printf("\n")
	p.traffic(x.Measured, x.Measured)
	p.printf("\n")
	label := "VERDICT"
	for _, v := range verdictsByHost(x.Measured) {
		p.item(label, v)
		label = ""
	}
	p.printf("%-10s%s\n", "next", x.Next)
	return p.err
}

// numbered prints the words with their numbers below them.
func (p *printer) numbered(words []workload.Word) {
	const indent = 8
	top, below := "", ""
	flush := func() {
		p.printf("%*s%s\n%*s%s\n", indent, "", strings.TrimRight(top, " "), indent, "", strings.TrimRight(below, " "))
		top, below = "", ""
	}
	for i, w := range words {
		if i > 0 && words[i-1].Number == w.Number {
			continue
		}
		number := fmt.Sprint(w.Number)
		wide := max(cells(w.Text), len(number))
		if top != "" && indent+cells(top)+wide > p.o.width() {
			flush()
		}
		top += w.Text + strings.Repeat(" ", wide-cells(w.Text)+1)
		below += number + strings.Repeat(" ", wide-len(number)+1)
	}
	flush()
}

// effects are the three things that a word can do, and how they are coloured.
const (
	noEffect   = "changes nothing at the box"
	shapesOnly = "shapes the commands; no flush"
	sendsFlush = "SYNCHRONIZE CACHE"
)

// word prints what is said of one word, or of a part of it.
func (p *printer) word(w *workload.Word, first bool) {
	const indent = 4
	name, effect, color := w.Text, noEffect, text.Colors{text.Faint}
	switch {
	case w.Flushes:
		effect, color = sendsFlush, text.Colors{text.FgBlue}
	case w.Shapes:
		effect, color = shapesOnly, text.Colors{text.FgYellow}
	}
	if p.o.Color {
		effect = color.Sprint(effect)
	}
	if w.Part != "" {
		name = w.Part
		if first {
			name = w.Text + ": " + w.Part
		}
	}
	number := ""
	if first {
		number = fmt.Sprint(w.Number)
		p.printf("\n")
	}
	p.printf("%2s  %s  [%s]\n", number, name, effect)
	paragraphs := []string{w.Says}
	if p.o.Verbose {
		for _, s := range w.Sources {
			paragraphs = append(paragraphs, "source: "+s)
		}
	}
	for _, text := range paragraphs {
		for _, line := range wrap(text, p.o.width()-indent) {
			p.printf("%*s%s\n", indent, "", line)
		}
	}
}

// traffic prints the counts, a column for each host and policy, side by side as
// far as there is room; all is what the columns are part of.
func (p *printer) traffic(some, all []Measured) {
	lines := trim(p.trafficRows(some, all))
	if cells(lines[1]) > p.o.width() && len(some) > 1 {
		half := (len(some) + 1) / 2
		p.traffic(some[:half], all)
		p.printf("\n")
		p.traffic(some[half:], all)
		return
	}
	for _, line := range lines {
		p.printf("%s\n", line)
	}
}

func (p *printer) trafficRows(some, all []Measured) []string {
	t := table.NewWriter()
	t.SetStyle(p.style())
	head := table.Row{"measured"}
	var columns []table.ColumnConfig
	for _, m := range some {
		head = append(head, m.column(all))
		columns = append(columns, table.ColumnConfig{Number: len(head), Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(columns)
	row := func(name string, cell func(*Measured) string) {
		r := table.Row{name}
		for i := range some {
			r = append(r, cell(&some[i]))
		}
		t.AppendRow(r)
	}
	for _, name := range callsOf(some) {
		row(name, func(m *Measured) string { return m.calls(name) })
	}
	row("exit status", func(m *Measured) string { return fmt.Sprint(m.Exit) })
	t.AppendSeparator()
	sentRows(row, some, "", func(m *Measured) *lab.Sent { return &m.UntilExit })
	if slices.ContainsFunc(some, func(m Measured) bool { return len(m.AfterExit.Commands) > 0 || m.AfterExit.Syncs.Asked > 0 }) {
		t.AppendSeparator()
		sentRows(row, some, fmt.Sprintf(", %d s later", some[0].WatchedNS/1e9), func(m *Measured) *lab.Sent { return &m.AfterExit })
	}
	return strings.Split(t.Render(), "\n")
}

// samePolicy is the policy of all of them, or empty.
func samePolicy(all []Measured) string {
	for _, m := range all {
		if m.Policy != all[0].Policy {
			return ""
		}
	}
	return all[0].Policy
}

// column is what a host and policy are called: the policy only where it differs.
func (m *Measured) column(all []Measured) string {
	if samePolicy(all) != "" {
		return m.Host
	}
	return m.Host + "/" + m.Policy
}

// sentRows are the rows of one span of time.
func sentRows(row func(string, func(*Measured) string), all []Measured, when string, of func(*Measured) *lab.Sent) {
	for _, name := range commandsOf(all, of) {
		row(name+when, func(m *Measured) string { return commandText(of(m), name) })
		sizes := sizesOf(all, of, name)
		for _, bytes := range sizes {
			row("  of "+size(bytes), func(m *Measured) string { return sizeText(of(m), name, func(n uint64) bool { return n == bytes }) })
		}
		if otherSizes(all, of, name, sizes) {
			row("  of other sizes", func(m *Measured) string {
				return sizeText(of(m), name, func(n uint64) bool { return !slices.Contains(sizes, n) })
			})
		}
	}
	row("flushes asked, at driver, at firmware"+when, func(m *Measured) string {
		s := of(m).Syncs
		return fmt.Sprintf("%d, %d, %d", s.Asked, s.Driver, s.Firmware)
	})
	row("acknowledged in WRITEs"+when, func(m *Measured) string { return size(of(m).Acknowledged) })
	row("of it promised"+when, func(m *Measured) string { return size(of(m).Promised) })
	row("of it not promised"+when, func(m *Measured) string { return size(of(m).Acknowledged - of(m).Promised) })
	if slices.ContainsFunc(all, func(m Measured) bool { return of(&m).Failed > 0 }) {
		row("failed"+when, func(m *Measured) string { return size(of(m).Failed) })
	}
}

// callsOf lists the system calls that any of them made.
func callsOf(all []Measured) []string {
	var names []string
	for _, m := range all {
		for _, c := range m.Calls {
			names = once(names, c.Name)
		}
	}
	return names
}

func (m *Measured) calls(name string) string {
	for _, c := range m.Calls {
		switch {
		case c.Name == name && c.Bytes > 0:
			return fmt.Sprintf("%d, %s", c.Count, size(c.Bytes))
		case c.Name == name:
			return fmt.Sprint(c.Count)
		}
	}
	return "0"
}

func commandsOf(all []Measured, of func(*Measured) *lab.Sent) []string {
	var names []string
	for i := range all {
		for _, c := range of(&all[i]).Commands {
			names = once(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

func command(s *lab.Sent, name string) *lab.CommandCount {
	for i := range s.Commands {
		if s.Commands[i].Name == name {
			return &s.Commands[i]
		}
	}
	return &lab.CommandCount{}
}

func commandText(s *lab.Sent, name string) string {
	c := command(s, name)
	if c.Bytes == 0 {
		return fmt.Sprint(c.Count)
	}
	return fmt.Sprintf("%d, %s", c.Count, size(c.Bytes))
}

// sizeText counts the commands whose size is wanted.
func sizeText(s *lab.Sent, name string, wanted func(uint64) bool) string {
	n := uint64(0)
	for _, z := range command(s, name).Sizes {
		if wanted(z.Bytes) {
			n += z.Count
		}
	}
	return fmt.Sprint(n)
}

// mostSizes bounds the rows of sizes of one command and host.
const mostSizes = 4

// sizesOf are the most frequent sizes of a command, largest first.
func sizesOf(all []Measured, of func(*Measured) *lab.Sent, name string) []uint64 {
	var sizes []uint64
	for i := range all {
		for n, z := range command(of(&all[i]), name).Sizes {
			if n < mostSizes && !slices.Contains(sizes, z.Bytes) {
				sizes = append(sizes, z.Bytes)
			}
		}
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	return sizes
}

func otherSizes(all []Measured, of func(*Measured) *lab.Sent, name string, shown []uint64) bool {
	for i := range all {
		for _, z := range command(of(&all[i]), name).Sizes {
			if !slices.Contains(shown, z.Bytes) {
				return true
			}
		}
	}
	return false
}
