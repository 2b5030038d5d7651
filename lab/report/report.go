// Package report renders a lab.Result for people and machines. It computes
// nothing: every number and every sentence comes from the Result.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"tbraid/lab"
)

// Options says how to print, not what.
type Options struct {
	Width   int  // columns; 0 is 100
	Color   bool // ANSI colours; they only repeat what a glyph and a word say
	ASCII   bool // no glyphs beyond ASCII
	Verbose bool
	Plain   bool // words for those who have never seen SCSI
}

func (o Options) width() int {
	if o.Width <= 0 {
		return 100
	}
	return o.Width
}

// JSON writes the Result as it is, indented.
func JSON(w io.Writer, r *lab.Result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// printer writes lines and remembers the first error.
type printer struct {
	w    io.Writer
	o    Options
	said *[]item // not nil: items are kept here and not printed
	err  error
}

// item is what a report says, under its label or that of the item before it.
type item struct{ label, text string }

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// paragraph prints text wrapped to the width, the first line behind a label and
// the others below it.
func (p *printer) paragraph(label, text string) { p.hanging(10, label, text) }

// hanging is a paragraph whose lines begin at an indent.
func (p *printer) hanging(indent int, label, text string) {
	for _, line := range wrap(text, p.o.width()-indent) {
		p.printf("%s%*s%s\n", label, max(indent-cells(label), 0), "", line)
		label = ""
	}
}

// item is a paragraph of a list under the label of the first one.
func (p *printer) item(label, text string) {
	const indent = 12
	if p.said != nil {
		*p.said = append(*p.said, item{label, text})
		return
	}
	for i, line := range wrap(text, p.o.width()-indent) {
		mark := "- "
		if i > 0 {
			label, mark = "", "  "
		}
		p.printf("%-*s%s%s\n", indent-2, label, mark, line)
	}
}

// wrap breaks text at spaces so that no line is wider than width cells, unless a
// word is.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && cells(line)+1+cells(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// size is a number of bytes for people: MiB is 2^20.
func size(n uint64) string { return humanize.IBytesN(n, 3) }

// capacity is a number of bytes as disks are sold: TB is 10^12.
func capacity(n uint64) string { return humanize.BytesN(n, 3) }

// plural is the word that goes with a number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// list joins words with commas and a final "and".
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
