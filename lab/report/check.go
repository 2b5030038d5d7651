package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"tbraid/lab"
)

// mostChecked bounds how many values of an assertion are printed; the JSON has all.
const mostChecked = 5

// Check prints what became of the assertions of a result.
func Check(w io.Writer, r *lab.Result, o Options) error {
	p := &printer{w: w, o: o}
	p.heading(r)
	p.printf("\n")
	for i := range r.Asserts {
		label := ""
		if i == 0 {
			label = "CHECK"
		}
		p.assertion(label, &r.Asserts[i])
	}
	if r.Partial != nil {
		p.paragraph("VERDICT", "None: a partial result is held to nothing.")
		return p.err
	}
	p.paragraph("VERDICT", checkSentence(r))
	return p.err
}

// checkSentence is the end of a check in one sentence.
func checkSentence(r *lab.Result) string {
	wrong := 0
	for i := range r.Asserts {
		if !r.Asserts[i].Passed {
			wrong++
		}
	}
	switch all := len(r.Asserts); {
	case wrong == 0 && all == 1:
		return "The assertion holds."
	case wrong == 0:
		return fmt.Sprintf("All %d assertions hold.", all)
	case all == 1:
		return "The assertion does not hold."
	case wrong == 1:
		return fmt.Sprintf("1 of %d assertions does not hold.", all)
	default:
		return fmt.Sprintf("%d of %d assertions do not hold.", wrong, all)
	}
}

// assertion prints one, and below it the values that it fails for.
func (p *printer) assertion(label string, a *lab.Assertion) {
	g, mark := kept, "holds"
	if !a.Passed {
		g, mark = broken, "FAILS"
	}
	if !p.o.ASCII {
		mark = map[grade]string{kept: glyphs[kept], broken: glyphs[lost]}[g]
	}
	if p.o.Color {
		mark = colors[g].Sprint(mark)
	}
	p.printf("%-10s%s %s: %s\n", label, mark, a.Text, outcome(a))
	shown := 0
	for i := range a.Checked {
		v := &a.Checked[i]
		if v.Passed && !p.o.Verbose {
			continue
		}
		if shown++; shown > mostChecked && !p.o.Verbose {
			continue
		}
		p.printf("%12s%s\n", "", checkedLine(a, v))
		if v.Why != "" {
			for _, line := range wrap(v.Why, p.o.width()-14) {
				p.printf("%14s%s\n", "", line)
			}
		}
	}
	if more := shown - mostChecked; more > 0 && !p.o.Verbose {
		p.printf("%12sand %d more, -v lists them\n", "", more)
	}
}

// outcome says how an assertion fared: the value that decides, of how many.
func outcome(a *lab.Assertion) string {
	wrong, missing := 0, 0
	for i := range a.Checked {
		if !a.Checked[i].Passed {
			wrong++
		}
		if a.Checked[i].Missing {
			missing++
		}
	}
	value := quantity(a.Unit, a.Value)
	all := len(a.Checked)
	switch {
	case missing == all:
		return "there is nothing to measure"
	case all == 1:
		return "it is " + value
	case wrong == 0:
		return fmt.Sprintf("%s in the worst of %d", value, all)
	default:
		return fmt.Sprintf("%s in the worst of %d, and it fails for %d", value, all, wrong)
	}
}

// checkedLine is one value with what it is of.
func checkedLine(a *lab.Assertion, v *lab.Checked) string {
	value := quantity(a.Unit, v.Value)
	if v.Missing {
		value = "nothing to measure"
	}
	return value + ": " + placeOf(v)
}

// placeOf says which run, tool and outage a value is of.
func placeOf(v *lab.Checked) string {
	of := []string{"case " + v.Case, "host " + v.Host, "policy " + v.Policy}
	if v.Outage == "" && v.Event != "" {
		of = append(of, "event "+v.Event)
	}
	if v.Outage != "" {
		of = append(of, "a cut at any instant, "+v.Outage)
	}
	if v.Tool != "" {
		of = append(of, v.Tool)
	}
	return strings.Join(of, ", ")
}

// quantity is a value for people, in a unit of lab.Assertion. A size that its
// unit rounds stands there in bytes as well.
func quantity(unit string, n int64) string {
	switch unit {
	case "bytes":
		rounded := size(uint64(n))
		if exact, err := humanize.ParseBytes(rounded); err == nil && exact != uint64(n) {
			return fmt.Sprintf("%s (%d B)", rounded, n)
		}
		return rounded
	case "ns":
		return time.Duration(n).String()
	case "Bps":
		return rate(uint64(n)) + " MB/s"
	}
	return fmt.Sprint(n)
}
