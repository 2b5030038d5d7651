package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"tbraid/lab/diagnose"
)

// DiagnosisHTML writes the diagnosis as one page that loads nothing, in the style of
// the report of a scenario, with the result in it as JSON.
func DiagnosisHTML(w io.Writer, r *diagnose.Result) error {
	p := &page{Name: "diagnose " + r.Name, Kind: "diagnosis", Title: r.Title, Style: template.CSS(svgStyle + pageStyle)}
	p.Facts = []fact{{"observations", r.Target()}, {"looked at", fmt.Sprintf("%s of at most %s", counted(r.Sets, "set"), counted(r.Faults, "fault"))},
		{"simulations", fmt.Sprint(r.Runs)}, {"seed", fmt.Sprint(r.Seed)}}
	for _, u := range r.Unknown {
		p.Facts = append(p.Facts, fact{"not known", fmt.Sprintf("%s (%s)", u.Title, strings.Join(u.Values, ", "))})
	}
	p.Sections = append(p.Sections, section{ID: "verdict", Title: "Verdict", Items: verdict(r)})
	if out := excluded(r); len(out) > 0 {
		p.Sections = append(p.Sections, section{ID: "ruled-out", Title: "Ruled out", Items: out})
	}
	p.Sections = append(p.Sections, section{ID: "change", Title: "What to change", Items: repairs(r)})
	p.Tables = diagnosisTables(r)
	b, err := json.Marshal(r) // escapes <, > and &, so that nothing in it ends the element
	if err != nil {
		return err
	}
	p.JSON = template.JS(b)
	return pageTemplate.Execute(w, p)
}

func diagnosisTables(r *diagnose.Result) []pageTable {
	made := pageTable{ID: "observed", Title: "What was observed", Text: "What nobody noted is tried in every combination.",
		Head: columns("observation", "done", "seen", "times")}
	var rows [][]string
	for _, m := range r.Observed {
		rows = append(rows, []string{m.Name, m.Title, m.Saw, fmt.Sprint(m.Times)})
	}
	made.Groups = []pageGroup{{"observed", rows}}
	return append([]pageTable{made}, append(explanationTables(r), nextTables(r)...)...)
}

func explanationTables(r *diagnose.Result) []pageTable {
	t := pageTable{ID: "explanations", Title: "What explains it", Text: "Sets of mechanisms under which everything can have been seen, and of which no part is enough.",
		Head: append(columns("explanation", "mechanisms", "if", "with its changes"), numbers("weight")...)}
	var rows [][]string
	for i := range r.Explanations {
		e := &r.Explanations[i]
		again := "everything turns good"
		if !e.Good {
			again = e.Bad
		}
		rows = append(rows, []string{e.ID, strings.Join(e.Titles, "; "), conditions(e), again, weight(e.Share)})
	}
	t.Groups = []pageGroup{{counted(len(rows), "explanation"), rows}}
	m := pageTable{ID: "mechanisms", Title: "The mechanisms", Text: "Priors are judgements; the weight now is that of the explanations that have the mechanism.",
		Head: append(columns("id", "mechanism", "grade", "source"), numbers("prior", "now")...)}
	rows = nil
	for _, s := range r.Mechanisms {
		now := weight(s.Share)
		if s.RuledOut {
			now = "ruled out"
		}
		rows = append(rows, []string{s.ID, s.Title, s.Grade, s.Source, fmt.Sprintf("%d %%", s.Prior), now})
	}
	m.Groups = []pageGroup{{counted(len(rows), "mechanism"), rows}}
	return []pageTable{t, m}
}

func nextTables(r *diagnose.Result) []pageTable {
	t := pageTable{ID: "next", Title: "What to do next", Text: "In the order that is expected to separate the explanations at least effort.",
		Head: append(columns("outcome", "then it is one of"), numbers("weight")...)}
	for i, n := range r.Next {
		g := pageGroup{Name: fmt.Sprintf("%d. %s, %s: %s; %.2f bits", i+1, n.ID, n.Title, costOf(&n), n.Bits)}
		for _, f := range n.Predictions {
			g.Rows = append(g.Rows, []string{f.Outcome, strings.Join(f.Explanations, ", "), weight(f.Share)})
		}
		t.Groups = append(t.Groups, g)
	}
	if len(t.Groups) == 0 {
		return nil
	}
	d := pageTable{ID: "decide", Title: "How to decide", Text: "What to do after what.", Head: columns("after", "do", "left")}
	d.Groups = []pageGroup{{"tree", decisionRows(r.Tree, nil)}}
	return []pageTable{t, d}
}

// decisionRows are the nodes of a tree, each with the way to it.
func decisionRows(n *diagnose.Node, way []string) (rows [][]string) {
	do := n.ID + ", " + n.Title
	if n.ID == "" {
		do = "-"
	}
	rows = append(rows, []string{strings.Join(way, " → "), do, strings.Join(n.Left, ", ")})
	for _, b := range n.Branches {
		rows = append(rows, decisionRows(b.Then, append(way[:len(way):len(way)], n.ID+" "+b.Outcome))...)
	}
	return rows
}
