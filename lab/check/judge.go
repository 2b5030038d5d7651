package check

import (
	"fmt"
	"slices"

	"tbraid/lab"
)

// Judge holds the assertions against a result of the scenario of the plan: whole, and
// with an Exposure in each run that Swept asks for.
func (p *Plan) Judge(r *lab.Result) []lab.Assertion {
	var all []lab.Assertion
	for _, a := range p.assertions {
		file, line := a.Where()
		j := lab.Assertion{Text: a.Text, File: file, Line: line, Metric: a.metric.name, Unit: a.metric.resultUnit(),
			Limit: a.limit, Passed: true}
		for i := range r.Runs {
			if run := &r.Runs[i]; p.selects(a, run) {
				j.Checked = appendNew(j.Checked, p.measure(a, run))
			}
		}
		a.decide(&j)
		all = append(all, j)
	}
	return all
}

// appendNew leaves out what is there: runs that differ in their event alone share a
// sweep.
func appendNew(all, more []lab.Checked) []lab.Checked {
	for _, v := range more {
		if v.Outage == "" || !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// measure is the values of one run.
func (p *Plan) measure(a *assertion, r *lab.Run) []lab.Checked {
	v := lab.Checked{Case: r.Case, Host: r.Host, Policy: r.Policy, Event: r.Event}
	switch m := a.metric; {
	case m.ofRun != nil:
		v.Value, v.Why = m.ofRun(r), m.because(r)
	case m.ofExposure != nil:
		v.Event, v.Outage, v.Value = "", r.Exposure.Outage, m.ofExposure(r.Exposure)
	default:
		var all []lab.Checked
		for _, i := range p.selected(a, r.Case) {
			all = append(all, m.ofStepOf(r, i, v))
		}
		return all
	}
	return []lab.Checked{v}
}

// ofStepOf is the value of one command line; v says which run it is of.
func (m *metric) ofStepOf(r *lab.Run, step int, v lab.Checked) lab.Checked {
	s := &r.Steps[step]
	v.Tool, v.Missing = s.Text, true
	if m.ofStep != nil {
		if !s.Skipped {
			v.Value, v.Missing = m.ofStep(s), false
		}
		return v
	}
	for i := range r.Tools {
		if r.Tools[i].Step != step {
			continue
		}
		if n, ok := m.ofTool(&r.Tools[i]); ok {
			v.Value, v.Missing = n, false
		}
	}
	return v
}

// because is the cause of most of what a metric adds up, if it is of losses.
func (m *metric) because(r *lab.Run) string {
	for _, c := range r.Causes {
		if m.why == nil || !m.why(c.Class) {
			continue
		}
		text := c.Text
		if c.Taken != "" {
			text += "; then " + c.Taken
		}
		return fmt.Sprintf("%s (%s)", text, c.Layer)
	}
	return ""
}

// decide holds each value against the limit and finds the one that decides.
func (a *assertion) decide(j *lab.Assertion) {
	decided := false
	for i := range j.Checked {
		v := &j.Checked[i]
		v.Passed = !v.Missing && a.op.holds(v.Value, a.limit)
		j.Passed = j.Passed && v.Passed
		if !v.Missing && (!decided || a.op.badness(v.Value, a.limit) > a.op.badness(j.Value, a.limit)) {
			j.Value, decided = v.Value, true
		}
	}
}
