package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// BenchJSON writes the figures as they are, indented.
func BenchJSON(w io.Writer, b *lab.Bench) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(b)
}

// BenchText prints a row for each case, and what the cases are.
func BenchText(w io.Writer, b *lab.Bench, o Options) error {
	p := &printer{w: w, o: o}
	t := table.NewWriter()
	t.SetStyle(p.style())
	t.AppendHeader(table.Row{"case", "requests", "simulated", "I/O per CPU s", "events/I/O", "allocs/I/O", "peak heap"})
	var right []table.ColumnConfig
	for n := 2; n <= 7; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(right)
	for i := range b.Cases {
		c := &b.Cases[i]
		t.AppendRow(table.Row{c.Case, humanize.Comma(int64(c.Requests)), simulated(c.Simulated), humanize.Comma(int64(c.PerCPUSecond())),
			fmt.Sprintf("%.2f", c.EventsPerIO()), fmt.Sprintf("%.4f", c.AllocsPerIO()), size(c.PeakHeap)})
	}
	with := "without the sweep"
	if b.Swept {
		with = "with the sweep of every instant"
	}
	p.printf("SPEED   ledger %s, %s, scale %v\n", b.Ledger, with, b.Scale)
	for _, line := range trim(strings.Split(t.Render(), "\n")) {
		p.printf("%s\n", line)
	}
	p.printf("\n")
	for i := range b.Cases {
		p.printf("%-13s %s\n", b.Cases[i].Case, b.Cases[i].Title)
	}
	return p.err
}

// simulated is a time that passed in the model.
func simulated(ns int64) string { return fmt.Sprintf("%.3f s", time.Duration(ns).Seconds()) }
