package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab/store"
)

// AnswerSchema names the form of an answer as JSON. Fields are only ever added.
const AnswerSchema = "tbraid.answer/1"

// AnswerText prints what a question found, and below it how much there is.
func AnswerText(w io.Writer, a *store.Answer, o Options) error {
	p := &printer{w: w, o: o}
	if len(a.Rows) > 0 {
		p.answered(a)
		p.printf("\n")
	}
	found := a.Query.Table.Count(a.Matched)
	switch {
	case a.Runs == 1 && a.Matched > 1:
		found += " in 1 run"
	case a.Runs > 1 && a.Runs < a.Matched:
		found += fmt.Sprintf(" in %d runs", a.Runs)
	}
	if n := len(a.Rows); n < a.Matched {
		found += fmt.Sprintf("; %d are shown, --limit 0 shows all", n)
	}
	p.paragraph("FOUND", found+".")
	p.short(a.Short)
	return p.err
}

// short says of which runs there may be more.
func (p *printer) short(all []store.Short) {
	if len(all) == 0 {
		return
	}
	most := slices.MaxFunc(all, func(a, b store.Short) int { return cmp.Compare(a.Total-a.Listed, b.Total-b.Listed) })
	of := "of 1 run"
	if len(all) > 1 {
		of = fmt.Sprintf("of %d runs, above all", len(all))
	}
	p.paragraph("NOTE", fmt.Sprintf("There may be more: the result does not list every lost extent %s of case %s, event %s, host %s, policy %s: %d of %d. With tbraid run --extents all it does.",
		of, most.Case, most.Event, most.Host, most.Policy, most.Listed, most.Total))
}

// answered prints the rows. If the table is wider than the page, what all of them
// share is said once, below it.
func (p *printer) answered(a *store.Answer) {
	var all []int
	for i := range a.Columns {
		all = append(all, i)
	}
	lines := p.tabled(a, all)
	var shared []string
	if cells(lines[1]) > p.o.width() {
		differ := slices.DeleteFunc(all, func(i int) bool {
			same := a.Columns[i].Kind == store.Word && !slices.ContainsFunc(a.Rows, func(r []store.Value) bool { return r[i] != a.Rows[0][i] })
			if same {
				shared = append(shared, a.Columns[i].Name+" "+a.Rows[0][i].Word)
			}
			return same
		})
		if len(differ) > 0 {
			lines = p.tabled(a, differ)
		}
	}
	for _, line := range lines {
		p.printf("%s\n", line)
	}
	if len(shared) > 0 {
		p.printf("\n")
		p.paragraph("EACH", strings.Join(shared, ", ")+".")
	}
}

// tabled renders some of the columns.
func (p *printer) tabled(a *store.Answer, columns []int) []string {
	t := table.NewWriter()
	t.SetStyle(p.style())
	var head table.Row
	var aligned []table.ColumnConfig
	for _, i := range columns {
		c := &a.Columns[i]
		head = append(head, c.Name)
		if c.Kind != store.Word {
			aligned = append(aligned, table.ColumnConfig{Number: len(head), Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(aligned)
	for _, r := range a.Rows {
		var row table.Row
		for _, i := range columns {
			row = append(row, shownValue(a.Columns[i].Kind, r[i]))
		}
		t.AppendRow(row)
	}
	return trim(strings.Split(t.Render(), "\n"))
}

// shownValue is a value for people.
func shownValue(k store.Kind, v store.Value) string {
	switch k {
	case store.Word:
		return v.Word
	case store.Size:
		return amount(uint64(v.Number))
	case store.Span:
		return time.Duration(v.Number).Round(time.Microsecond).String()
	case store.Rate:
		if v.Number == 0 {
			return "-"
		}
		return rate(uint64(v.Number)) + " MB/s"
	}
	return strconv.FormatInt(v.Number, 10)
}

// AnswerJSON writes the answer with each row as an object, keys in the order of
// the columns.
func AnswerJSON(w io.Writer, a *store.Answer) error {
	type short struct {
		Case   string `json:"case"`
		Event  string `json:"event"`
		Host   string `json:"host"`
		Policy string `json:"policy"`
		Listed uint64 `json:"listed"`
		Total  uint64 `json:"lost_extent_count"`
	}
	out := struct {
		Schema  string            `json:"schema"`
		Table   string            `json:"table"`
		Query   string            `json:"query"`
		Matched int               `json:"matched"`
		Runs    int               `json:"runs,omitempty"`
		Rows    []json.RawMessage `json:"rows"`
		Short   []short           `json:"cut_off,omitempty"` // runs of which there may be more
	}{AnswerSchema, a.Query.Table.Name, a.Query.Text, a.Matched, a.Runs, []json.RawMessage{}, nil}
	for _, r := range a.Rows {
		row, err := object(a.Columns, r)
		if err != nil {
			return err
		}
		out.Rows = append(out.Rows, row)
	}
	for _, s := range a.Short {
		out.Short = append(out.Short, short(s))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

// object is a row as JSON.
func object(columns []store.Column, r []store.Value) (json.RawMessage, error) {
	var b bytes.Buffer
	for i, c := range columns {
		var value any = r[i].Number
		if c.Kind == store.Word {
			value = r[i].Word
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%q:%s", c.Key, text) // keys are plain words
	}
	b.WriteByte('}')
	object := b.Bytes()
	object[0] = '{'
	return object, nil
}
