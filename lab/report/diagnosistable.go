package report

import (
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"tbraid/lab/diagnose"
)

// DiagnosisTable prints what each mechanism shows in each experiment.
func DiagnosisTable(w io.Writer, d *diagnose.Table, o Options) error {
	p := &printer{w: w, o: o}
	half := (len(d.Experiments) + 1) / 2
	for _, part := range [][2]int{{0, half}, {half, len(d.Experiments)}} {
		t := table.NewWriter()
		t.SetStyle(p.style())
		head := table.Row{""}
		for _, c := range d.Experiments[part[0]:part[1]] {
			head = append(head, c.ID)
		}
		t.AppendHeader(head)
		for _, r := range d.Rows {
			row := table.Row{r.ID}
			for _, c := range r.Cells[part[0]:part[1]] {
				row = append(row, c)
			}
			t.AppendRow(row)
		}
		p.lines(t)
		p.printf("\n")
	}
	for _, r := range d.Rows {
		line := r.Title
		if len(r.With) > 0 {
			line += ", with " + strings.Join(r.With, " and ")
		}
		p.printf("%-5s%s\n", r.ID, line)
	}
	p.printf("\n")
	for _, c := range d.Experiments {
		p.printf("%-5s%s\n", c.ID, c.Title)
	}
	p.printf("\n")
	p.paragraph("", "N new data, O old, Z zeros, P part of each, G neither, X an error, - nothing was read. A: O, and N if there is age destage and time enough for it. "+
		"(Z) before the event. E13 shows both halves, E18 the SYNCs at driver and firmware. A stroke: it depends on what is not known of the mechanism.")
	return p.err
}
