package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"tbraid/lab"
)

// junitSuites is the form of JUnit that build servers read: suites of cases, and
// in a case a failure if there is one. There is no time: simulated time is none of
// the build's, and the same result gives the same bytes.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the assertions of a result as a JUnit file, one test case each.
func JUnit(w io.Writer, r *lab.Result) error {
	suite := junitSuite{Name: "tbraid check " + r.Scenario.Name}
	for i := range r.Asserts {
		a := &r.Asserts[i]
		c := junitCase{Class: "tbraid." + r.Scenario.Name, Name: a.Text, File: a.File, Line: a.Line}
		var lines []string
		for k := range a.Checked {
			lines = append(lines, checkedLine(a, &a.Checked[k]))
		}
		suite.Tests++
		if c.Output = strings.Join(lines, "\n"); !a.Passed {
			suite.Failures++
			lines = lines[:0]
			for _, v := range failing(a) {
				lines = append(lines, checkedLine(a, v))
			}
			c.Failure = &junitFailure{Message: outcome(a), Type: a.Metric, Text: strings.Join(lines, "\n")}
		}
		suite.Cases = append(suite.Cases, c)
	}
	all := junitSuites{Name: suite.Name, Tests: suite.Tests, Failures: suite.Failures, Suites: []junitSuite{suite}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}
