package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// Logs prints the command log of every run: what passed each seam, a line a
// command, with the steps of the case between the lines.
func Logs(w io.Writer, r *lab.Result, o Options) error {
	p := &printer{w: w, o: o}
	for i := range r.Runs {
		run := &r.Runs[i]
		p.printf("\nLOG     %s, %s, %s", run.Case, run.Host, run.Policy)
		if run.Event != "" {
			p.printf(", %s", run.Event)
		}
		p.printf("\n")
		step := 0
		for _, line := range run.CommandLog {
			for step < len(run.Steps) && int64(line.At) >= run.Steps[step].StartNS {
				p.printf("        -- %s: %s\n", run.Steps[step].Kind, run.Steps[step].Text)
				step++
			}
			p.printf("%s\n", line)
		}
	}
	return p.err
}

// CompareLogs counts the commands of two runs at each seam, side by side.
func CompareLogs(w io.Writer, a, b *lab.Run, o Options) error {
	p := &printer{w: w, o: o}
	ca, cb := count(a), count(b)
	var keys [][2]string
	for _, m := range []map[[2]string]int{ca, cb} {
		for k := range m {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.SortFunc(keys, func(x, y [2]string) int {
		if c := strings.Compare(x[1], y[1]); c != 0 {
			return c
		}
		return strings.Compare(x[0], y[0])
	})
	t := table.NewWriter()
	t.SetStyle(p.style())
	t.AppendHeader(table.Row{"command", "seam", a.Host, b.Host, ""})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, Align: text.AlignRight}, {Number: 4, Align: text.AlignRight}})
	for _, k := range keys {
		mark := ""
		if ca[k] != cb[k] {
			mark = "differs"
		}
		t.AppendRow(table.Row{k[1], k[0], ca[k], cb[k], mark})
	}
	p.printf("\nCOUNTED %s, %s: commands at each seam\n", a.Case, a.Policy)
	for _, line := range trim(strings.Split(t.Render(), "\n")) {
		p.printf("%s\n", line)
	}
	return p.err
}

// count counts commands by seam and name; all disks are one seam.
func count(r *lab.Run) map[[2]string]int {
	n := map[[2]string]int{}
	for _, line := range r.CommandLog {
		seam, _, _ := strings.Cut(line.Seam, " ")
		if seam == "disk" {
			seam = "disks"
		}
		n[[2]string{seam, line.Name}]++
	}
	return n
}

// List prints names with their titles.
func List(w io.Writer, kind string, rows [][2]string, o Options) error {
	p := &printer{w: w, o: o}
	width := 0
	for _, r := range rows {
		width = max(width, cells(r[0]))
	}
	for _, r := range rows {
		for i, line := range wrap(r[1], max(o.width()-width-2, 30)) {
			name := r[0]
			if i > 0 {
				name = ""
			}
			p.printf("%s%s  %s\n", name, strings.Repeat(" ", width-cells(name)), line)
		}
	}
	if len(rows) == 0 {
		p.printf("%s\n", fmt.Sprintf("no %s", kind))
	}
	return p.err
}
