package report

import (
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// Markdown writes what a pull request needs of the report: the tables, what the
// marks mean, the verdict and its reasons. The rest is folded away, as GitHub does
// it with <details>.
func Markdown(w io.Writer, r *lab.Result) error {
	p := &printer{w: w}
	title := r.Scenario.Name
	if r.Scenario.Title != "" {
		title += ": " + r.Scenario.Title
	}
	p.printf("## tbraid: %s\n\n", inMarkdown(title))
	p.printf("Box %s: %s %s of %d members, %s cache, seed %d.\n", inMarkdown(r.Box.Name), capacity(r.Box.VolumeBytes), r.Box.Level,
		r.Box.Members, size(r.Box.CacheBytes), r.Scenario.Seed)
	for _, s := range r.Scenario.Sets {
		p.printf("`--set %s`\n", s)
	}
	for _, event := range events(r) {
		p.printf("\n### %s\n\n%s\n", inMarkdown(eventTitle(r, event)), markdownTable(newGrid(r, event)))
	}
	p.printf("\n")
	for g, n := range grades(r) {
		if n > 0 {
			p.printf("- %s %s\n", glyphs[g], legend[g])
		}
	}
	folded := false
	for _, s := range sections(r) {
		if open := s.ID == "verdict" || s.ID == "why" || s.ID == "change"; !open && !folded {
			p.printf("\n<details><summary>More</summary>\n")
			folded = true
		}
		p.printf("\n**%s**\n\n", inMarkdown(s.Title))
		for _, it := range s.Items {
			p.printf("- %s\n", inMarkdown(it))
		}
		if s.ID == "why" {
			p.markdownChanges(r)
		}
	}
	if folded {
		p.printf("\n</details>\n")
	}
	return p.err
}

// markdownTable is the table of one event.
func markdownTable(g *grid) string {
	t := table.NewWriter()
	p := &printer{}
	columns := p.columns(g, g.cases, plainDetails)
	head := table.Row{"host", "policy"}
	var right []table.ColumnConfig
	for _, c := range columns {
		if c.detail < 0 {
			head = append(head, inMarkdown(c.of))
			continue
		}
		head = append(head, details[c.detail].head)
		right = append(right, table.ColumnConfig{Number: len(head), Align: text.AlignRight})
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(right)
	for _, h := range g.hosts {
		for _, pol := range g.pols {
			row := table.Row{inMarkdown(h), inMarkdown(pol)}
			for _, c := range columns {
				cell := ""
				if run := g.at(c.of, h, pol); run != nil && c.detail < 0 {
					cell = p.o.cell(run)
				} else if run != nil {
					cell = details[c.detail].cell(p.o, run)
				}
				row = append(row, inMarkdown(cell))
			}
			t.AppendRow(row)
		}
	}
	return t.RenderMarkdown()
}

// markdownChanges are the tables of what would have kept the data.
func (p *printer) markdownChanges(r *lab.Result) {
	for i := range r.Changes {
		c := &r.Changes[i]
		if i == 0 {
			p.printf("\n**Change**\n\n%s\n", changesText)
		}
		t := table.NewWriter()
		var head table.Row
		for _, col := range changeColumns() {
			head = append(head, col.Name)
		}
		t.AppendHeader(head)
		for _, cells := range changeRows(c) {
			var row table.Row
			for _, cell := range cells {
				row = append(row, inMarkdown(cell))
			}
			t.AppendRow(row)
		}
		p.printf("\n%s\n\n%s\n", inMarkdown(p.o.changeTitle(c)), t.RenderMarkdown())
	}
}

// grades counts the runs by how they ended.
func grades(r *lab.Result) (count [len(glyphs)]int) {
	for i := range r.Runs {
		count[gradeOf(&r.Runs[i])]++
	}
	return count
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "`", "\\`", "[", `\[`, "\n", " ")

// inMarkdown is text that Markdown takes for text.
func inMarkdown(s string) string { return markdownEscapes.Replace(s) }
