package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab/diagnose"
)

// shownExplanations is how many explanations a report shows without -v.
const shownExplanations = 10

// Diagnosis prints what explains a set of observations, and what to do next.
func Diagnosis(w io.Writer, r *diagnose.Result, o Options) error {
	p := &printer{w: w, o: o}
	p.printf("tbraid  diagnose %s: %s\n", r.Name, r.Title)
	p.printf("        %s of at most %s looked at, by %s, seed %d\n", counted(r.Sets, "set"), counted(r.Faults, "fault"),
		counted(r.Runs, "simulation"), r.Seed)
	p.observed(r)
	p.explanations(r)
	p.items("VERDICT", verdict(r))
	p.items("RULED OUT", excluded(r))
	p.proposals(r)
	p.decisions(r)
	p.repaired(r)
	p.beliefs(r)
	p.printf("%-10stbraid diagnose %s -v\n", "next", r.Target())
	if len(r.Next) > 0 {
		p.printf("%-10stbraid diagnose %s --script %s\n", "", r.Target(), r.Next[0].Name)
	}
	return p.err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (p *printer) observed(r *diagnose.Result) {
	t := table.NewWriter()
	t.SetStyle(p.style())
	t.AppendHeader(table.Row{"observed", "what was done", "seen", "times"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, Align: text.AlignRight}})
	for _, m := range r.Observed {
		t.AppendRow(table.Row{m.Name, m.Title, m.Saw, m.Times})
	}
	p.printf("\n")
	p.lines(t)
	var open []string
	for _, u := range r.Unknown {
		open = append(open, fmt.Sprintf("%s (%s)", u.Title, strings.Join(u.Values, ", ")))
	}
	if len(open) > 0 {
		p.printf("\n")
		p.paragraph("UNKNOWN", "Tried in every combination: "+strings.Join(open, "; ")+".")
	}
}

func (p *printer) lines(t table.Writer) {
	for _, line := range trim(strings.Split(t.Render(), "\n")) {
		p.printf("%s\n", line)
	}
}

// weight is a share for people.
func weight(x float64) string {
	if x > 0 && x < 0.005 {
		return "<1 %"
	}
	return fmt.Sprintf("%.0f %%", x*100)
}

func (p *printer) explanations(r *diagnose.Result) {
	if len(r.Explanations) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetStyle(p.style())
	t.AppendHeader(table.Row{"", "weight", "explanation", "if"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, Align: text.AlignRight}, {Number: 2, Align: text.AlignRight},
		{Number: 4, WidthMax: max(p.o.width()-34, 30), WidthMaxEnforcer: text.WrapSoft}})
	shown := r.Explanations
	if !p.o.Verbose && len(shown) > shownExplanations {
		shown = shown[:shownExplanations]
	}
	for i, e := range shown {
		t.AppendRow(table.Row{i + 1, weight(e.Share), e.ID, conditions(&e)})
	}
	p.printf("\n")
	p.lines(t)
	if n := len(r.Explanations) - len(shown); n > 0 {
		rest := 0.0
		for _, e := range r.Explanations[len(shown):] {
			rest += e.Share
		}
		p.printf("and %d more with %s of the weight; -v shows them\n", n, weight(rest))
	}
	p.printf("\n")
	for _, m := range r.Mechanisms {
		if slices.ContainsFunc(shown, func(e diagnose.Explanation) bool { return slices.Contains(e.Mechanisms, m.ID) }) {
			p.printf("%-4s %s\n", m.ID, m.Title)
		}
	}
	p.printf("\n")
}

// conditions says under which values of what is not known an explanation fits.
func conditions(e *diagnose.Explanation) string {
	var all []string
	for _, c := range e.Conditions {
		what := c.Title
		if what == "" {
			what = c.Unknown
		}
		if c.Observation != "" {
			what = c.Observation + ", " + what
		}
		all = append(all, what+": "+among(c.Values, c.Of))
	}
	if len(all) == 0 {
		return "always"
	}
	s := strings.Join(all, "; ")
	if e.Joint {
		s += "; not in every combination"
	}
	return s
}

// among says which of some values, in their order, are meant.
func among(values, of []string) string {
	i := slices.Index(of, values[0])
	contiguous := i+len(values) <= len(of) && slices.Equal(of[i:i+len(values)], values)
	switch {
	case len(values) == 1 || !contiguous || len(of) < 3:
		return strings.Join(values, " or ")
	case i == 0:
		return values[len(values)-1] + " at most"
	case i+len(values) == len(of):
		return values[0] + " at least"
	}
	return strings.Join(values, " or ")
}

// verdict is the sentences of the verdict, whether something explains all or not.
func verdict(r *diagnose.Result) []string {
	switch {
	case len(r.Explanations) > 0:
		return readings(r)
	case len(r.Contradiction) == 1:
		return []string{fmt.Sprintf("Nothing that was looked at explains %q alone.", r.Contradiction[0]), missing}
	}
	return []string{fmt.Sprintf("The observations contradict each other: nothing that was looked at explains %s together, and every smaller part of them is explained.",
		list(quotedAll(r.Contradiction))), missing}
}

const missing = "A delay or a setting that was taken for known may have been another, or a mechanism is missing: mechanisms: in the file adds one."

func quotedAll(names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, fmt.Sprintf("%q", n))
	}
	return all
}

// readings say what the heaviest explanation makes of the observations.
func readings(r *diagnose.Result) []string {
	best := r.Explanations[0]
	if len(best.Mechanisms) == 0 {
		return []string{"No fault is needed: everything that was seen is what a sound host and box show."}
	}
	roles := map[string]string{}
	for _, m := range r.Mechanisms {
		roles[m.ID] = m.Role
	}
	var faults [][]string
	var parts []string
	for _, n := range best.Needs {
		var own []string
		for _, id := range n.Mechanisms {
			if roles[id] == "fault" {
				own = append(own, id)
			}
		}
		if own != nil && !slices.ContainsFunc(faults, func(f []string) bool { return overlap(f, own) }) {
			faults = append(faults, own)
		}
		verb := "needs"
		if len(n.Observations) > 1 {
			verb = "need"
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", list(n.Observations), verb, list(n.Mechanisms)))
	}
	out := []string{fmt.Sprintf("Heaviest is %s: %s. %s.", best.ID, strings.Join(best.Titles, "; "), capital(strings.Join(parts, ", ")))}
	if len(faults) > 1 {
		out = append(out, fmt.Sprintf("These are %d faults that have nothing to do with each other: no single one explains everything.", len(faults)))
	}
	if s := rivalModifiers(r); s != "" {
		out = append(out, s)
	}
	for _, h := range r.Missing {
		out = append(out, fmt.Sprintf("Nothing that was observed began under %s: that what is written under it survives is an assumption, and the control for it is missing.", h))
	}
	return out
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// rivalModifiers says that one explanation of what saved the data is one of several.
func rivalModifiers(r *diagnose.Result) string {
	var all []string
	none := 0.0
	for _, m := range r.Mechanisms {
		if m.Role == "modifier" && m.Share > 0 {
			all = append(all, fmt.Sprintf("%s (%s, %s)", m.Title, m.ID, weight(m.Share)))
		}
	}
	for _, e := range r.Explanations {
		if !slices.ContainsFunc(r.Mechanisms, func(m diagnose.Standing) bool { return m.Role == "modifier" && slices.Contains(e.Mechanisms, m.ID) }) {
			none += e.Share
		}
	}
	if none > 0 {
		all = append(all, fmt.Sprintf("none of these (%s)", weight(none)))
	}
	if len(all) < 2 {
		return ""
	}
	return fmt.Sprintf("What saved the data where they were saved is one of %d: %s. The observations do not tell which.", len(all), strings.Join(all, "; "))
}

// items is a list under a label; nothing if it is empty.
func (p *printer) items(label string, all []string) {
	for _, s := range all {
		p.item(label, s)
		label = ""
	}
}

// excluded says why mechanisms are ruled out.
func excluded(r *diagnose.Result) (all []string) {
	for _, m := range r.Mechanisms {
		if !m.RuledOut || m.Role == "control" {
			continue
		}
		why := "with nothing else that was looked at does it explain everything"
		var against []string
		for _, c := range m.Against {
			against = append(against, fmt.Sprintf("%s: %s", c.Observation, c.Instead))
		}
		if len(against) > 0 {
			why = "it contradicts " + strings.Join(against, "; ")
		}
		all = append(all, fmt.Sprintf("%s, %s: %s.", m.ID, m.Title, why))
	}
	return all
}

// costOf is what an experiment takes, in words.
func costOf(n *diagnose.Proposal) string {
	cost := []string{fmt.Sprintf("%d minutes", n.Minutes), "destroys " + n.Destroys}
	if n.PowerPull {
		cost = append(cost, "pulls the power")
	}
	if n.Kext {
		cost = append(cost, "needs a machine with the kernel extension")
	}
	return strings.Join(cost, ", ")
}

func (p *printer) proposals(r *diagnose.Result) {
	label := "NEXT"
	for i, n := range r.Next {
		p.item(label, fmt.Sprintf("%d. %s, %s: %s; %.2f bits.", i+1, n.ID, n.Title, costOf(&n), n.Bits))
		label = ""
		for _, f := range n.Predictions {
			p.item("", fmt.Sprintf("%s if %s (%s)", f.Outcome, few(f.Explanations), weight(f.Share)))
		}
	}
}

// few names some explanations and counts the rest.
func few(ids []string) string {
	const most = 4
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}

// decisions prints the tree: two levels, all of it with -v.
func (p *printer) decisions(r *diagnose.Result) {
	if r.Tree == nil || r.Tree.ID == "" {
		return
	}
	depth := 2
	if p.o.Verbose {
		depth = 1 << 10
	}
	p.printf("\nDECIDE\n")
	p.node(r.Tree, 1, depth)
}

func (p *printer) node(n *diagnose.Node, indent, depth int) {
	pad := strings.Repeat("    ", indent)
	if n.ID == "" || depth == 0 {
		p.printf("%s%s\n", pad, few(n.Left))
		return
	}
	p.printf("%s%s, %s\n", pad, n.ID, n.Title)
	for _, b := range n.Branches {
		p.printf("%s  %s (%s):\n", pad, b.Outcome, weight(b.Share))
		p.node(b.Then, indent+1, depth-1)
	}
}

func (p *printer) repaired(r *diagnose.Result) {
	p.printf("\n")
	p.items("CHANGE", repairs(r))
}

// repairs say what to change, and what comes of it.
func repairs(r *diagnose.Result) (all []string) {
	var bad []string
	for _, e := range r.Explanations {
		for _, f := range e.Fixes {
			if s := fmt.Sprintf("%s, in the %s: %s.", f.Mechanism, f.Layer, f.Title); !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		if !e.Good {
			bad = append(bad, fmt.Sprintf("%s (%s)", e.ID, e.Bad))
		}
	}
	n := len(r.Explanations)
	switch {
	case n == 0:
		return []string{"Nothing is known to be wrong that could be changed."}
	case len(bad) == 0:
		return append(all, fmt.Sprintf("Made again with the changes of its mechanisms, every observation turns good, under each of the %s.", counted(n, "explanation")))
	}
	return append(all, fmt.Sprintf("Made again with the changes of its mechanisms, every observation turns good under %d of %d explanations; not under %s.",
		n-len(bad), n, strings.Join(bad, "; ")))
}

// beliefs shows the arithmetic, with -v.
func (p *printer) beliefs(r *diagnose.Result) {
	if !p.o.Verbose {
		p.item("NOTE", fmt.Sprintf("Weights are priors of the mechanisms, which are judgements, times the share of what was not noted under which everything is seen; -v shows the arithmetic. %s fit as well and contain one of these.",
			counted(r.Larger, "larger set")))
		return
	}
	label := "WEIGHTS"
	for _, e := range r.Explanations {
		p.item(label, fmt.Sprintf("%s: %s.", e.ID, e.Arithmetic))
		label = ""
	}
	label = "SOURCES"
	for _, m := range r.Mechanisms {
		p.item(label, fmt.Sprintf("%s %s (%s, prior %d %%, now %s): %s.", m.ID, m.Title, m.Grade, m.Prior, weight(m.Share), m.Source))
		label = ""
	}
}

// DiagnosisJSON writes the result as it is, indented.
func DiagnosisJSON(w io.Writer, r *diagnose.Result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
