package report

import (
	"fmt"
	"io"
	"strings"

	"tbraid/lab"
)

// Annotations writes one workflow command of GitHub Actions for each assertion that
// does not hold: the runner shows it at the line of the scenario, or with the job.
// (Form: "Workflow commands for GitHub Actions", setting an error message.)
func Annotations(w io.Writer, r *lab.Result) error {
	for i := range r.Asserts {
		a := &r.Asserts[i]
		if a.Passed {
			continue
		}
		var where string
		if a.File != "" {
			where = fmt.Sprintf("file=%s,line=%d,", property(a.File), a.Line)
		}
		text := []string{outcome(a)}
		for _, v := range failing(a) {
			text = append(text, checkedLine(a, v))
			if v.Why != "" {
				text = append(text, v.Why)
			}
		}
		_, err := fmt.Fprintf(w, "::error %stitle=%s::%s\n", where, property(a.Text), message(strings.Join(text, "\n")))
		if err != nil {
			return err
		}
	}
	return nil
}

// failing are the values for which an assertion does not hold, a bounded number.
func failing(a *lab.Assertion) []*lab.Checked {
	var all []*lab.Checked
	for i := range a.Checked {
		if !a.Checked[i].Passed && len(all) < mostChecked {
			all = append(all, &a.Checked[i])
		}
	}
	return all
}

// message and property escape as the runner reads: % first, line ends, and in a
// property what separates properties.
var (
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func message(s string) string { return messageEscapes.Replace(s) }

func property(s string) string { return propertyEscapes.Replace(s) }
