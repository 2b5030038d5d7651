package check

import (
	"fmt"
	"slices"

	"tbraid/configs"
	"tbraid/lab"
)

// Default is what is asserted where nothing else is.
const Default = "lost(*,*) == 0"

// Plan is a list of assertions about one scenario: each of their names is there,
// and each of them is about something.
type Plan struct {
	scenario   *configs.Scenario
	assertions []*assertion
}

// Read reads assertions about a scenario, without anything being simulated. Every
// error is a *configs.Error with the place of the fault.
func Read(s *configs.Scenario, all []configs.Assert) (*Plan, error) {
	p := &Plan{scenario: s}
	runs := lab.Planned(s)
	for _, text := range all {
		a, err := parse(text)
		if err != nil {
			return nil, err
		}
		if err := p.resolve(a, runs); err != nil {
			return nil, err
		}
		p.assertions = append(p.assertions, a)
	}
	return p, nil
}

// resolve checks that names and patterns match something, one by one and together.
func (p *Plan) resolve(a *assertion, runs []lab.Run) error {
	var cases, hosts, policies, events, tools []string
	for _, r := range runs {
		cases, hosts, policies = once(cases, r.Case), once(hosts, r.Host), once(policies, r.Policy)
		if r.Event != "" {
			events = once(events, r.Event)
		}
		for _, t := range p.tools(r.Case) {
			tools = once(tools, t)
		}
	}
	for _, part := range []struct {
		pattern
		what  string
		names []string
	}{
		{a.tool, "tool or case", onceEach(tools, cases)}, {a.policy, "policy", policies},
		{a.inCase, "case", cases}, {a.host, "host", hosts}, {a.event, "event", events},
	} {
		if part.text == "*" || part.matchesAny(part.names) {
			continue
		}
		problem := fmt.Sprintf("scenario %s has no %s %q", p.scenario.Name, part.what, part.text)
		if part.wild() {
			problem = fmt.Sprintf("%q matches no %s of scenario %s", part.text, part.what, p.scenario.Name)
		}
		return a.Fault(part.at, configs.Suggest(part.text, part.names), "%s", problem)
	}
	if !slices.ContainsFunc(runs, func(r lab.Run) bool { return p.selects(a, &r) }) {
		return a.Fault(a.tool.at, "each name is there, and no run has them all", "this selects no run of scenario %s", p.scenario.Name)
	}
	return nil
}

// once adds a name that is not there yet.
func once(all []string, name string) []string {
	if slices.Contains(all, name) {
		return all
	}
	return append(all, name)
}

func onceEach(all, more []string) []string {
	for _, name := range more {
		all = once(all, name)
	}
	return all
}

// lines are the steps of a case that run a command line before its event, by
// their numbers.
func (p *Plan) lines(inCase string) []int {
	c, ok := p.scenario.FindCase(inCase)
	if !ok {
		return nil
	}
	var all []int
	for i, s := range c.Steps {
		switch s.Kind {
		case configs.Happen:
			return all
		case configs.Run:
			all = append(all, i)
		}
	}
	return all
}

// tools are the names of the tools of a case before its event, each once.
func (p *Plan) tools(inCase string) []string {
	var all []string
	c, _ := p.scenario.FindCase(inCase)
	for _, i := range p.lines(inCase) {
		all = once(all, c.Steps[i].Tool.Name)
	}
	return all
}

// selects tells whether the assertion is about something in a run.
func (p *Plan) selects(a *assertion, r *lab.Run) bool {
	return a.policy.matches(r.Policy) && a.inCase.matches(r.Case) && a.host.matches(r.Host) && a.event.matches(r.Event) &&
		(a.tool.matches(r.Case) && !a.metric.ofLine() || len(p.selected(a, r.Case)) > 0)
}

// selected are the steps of a case that the assertion is about: those of the tools
// that it names, or all if it names the case.
func (p *Plan) selected(a *assertion, inCase string) []int {
	c, _ := p.scenario.FindCase(inCase)
	var all []int
	for _, i := range p.lines(inCase) {
		if a.tool.matches(inCase) || a.tool.matches(c.Steps[i].Tool.Name) {
			all = append(all, i)
		}
	}
	return all
}

// Sweeps tells whether some assertion is about all instants.
func (p *Plan) Sweeps() bool {
	return slices.ContainsFunc(p.assertions, func(a *assertion) bool { return a.metric.ofExposure != nil })
}

// Swept tells whether an assertion about all instants selects the run.
func (p *Plan) Swept(r *lab.Run) bool {
	return slices.ContainsFunc(p.assertions, func(a *assertion) bool { return a.metric.ofExposure != nil && p.selects(a, r) })
}
