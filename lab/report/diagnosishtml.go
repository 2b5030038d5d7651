package report

import (
	"fmt"
	"html"
	"io"
	"strings"

	"tbraid/lab/diagnose"
)

// diagnosisStyle is all the style of the page; it works on paper too.
const diagnosisStyle = `body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #d0d7de}
td.n{text-align:right;white-space:nowrap}code{font-family:ui-monospace,monospace}ul{padding-left:1.2rem}
.bar{display:inline-block;height:.7em;background:#3b6ea5;margin-right:.5em}small{color:#57606a}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}.bar{background:#6ca6e0}small{color:#9198a1}}
@media print{body{margin:0}details{display:block}}`

// DiagnosisHTML writes the diagnosis as one page that needs nothing beside itself. The
// result stands in it as JSON.
func DiagnosisHTML(w io.Writer, r *diagnose.Result) error {
	var b strings.Builder
	p := &page{&b}
	p.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">")
	p.element("title", "tbraid diagnose "+r.Name)
	p.raw("<style>" + diagnosisStyle + "</style></head><body>")
	p.element("h1", r.Title)
	p.element("p", fmt.Sprintf("%d sets of up to %d faults, %d simulations, seed %d.", r.Sets, r.Faults, r.Runs, r.Seed))
	p.observations(r)
	p.verdict(r)
	p.explanations(r)
	p.mechanisms(r)
	p.experiments(r)
	if r.Tree != nil && r.Tree.ID != "" {
		p.element("h2", "Decide")
		p.decision(r.Tree)
	}
	p.repairs(r)
	p.raw("<script type=\"application/json\" id=\"result\">")
	var text strings.Builder
	if err := DiagnosisJSON(&text, r); err != nil {
		return err
	}
	p.raw(strings.ReplaceAll(text.String(), "</", `<\/`))
	p.raw("</script></body></html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// page builds HTML.
type page struct{ b *strings.Builder }

func (p *page) raw(s string) { p.b.WriteString(s) }

func (p *page) element(name, text string) {
	fmt.Fprintf(p.b, "<%s>%s</%s>", name, html.EscapeString(text), name)
}

// row writes cells; numbers first.
func (p *page) row(name string, cells ...string) {
	p.raw("<tr>")
	for _, c := range cells {
		p.element(name, c)
	}
	p.raw("</tr>")
}

func (p *page) observations(r *diagnose.Result) {
	p.element("h2", "Observed")
	p.raw("<table>")
	p.row("th", "", "what was done", "seen", "times")
	for _, m := range r.Observed {
		p.row("td", m.Name, m.Title, m.Saw, fmt.Sprint(m.Times))
	}
	p.raw("</table><p><small>")
	for _, u := range r.Unknown {
		p.raw(html.EscapeString(fmt.Sprintf("Not known: %s (%s). ", u.Title, strings.Join(u.Values, ", "))))
	}
	p.raw("</small></p>")
}

func (p *page) verdict(r *diagnose.Result) {
	p.element("h2", "Verdict")
	p.raw("<ul>")
	switch {
	case len(r.Explanations) > 0:
		for _, s := range Readings(r) {
			p.element("li", s)
		}
	default:
		p.element("li", "Nothing that was looked at explains "+list(quotedAll(r.Contradiction))+".")
	}
	p.raw("</ul>")
}

func (p *page) explanations(r *diagnose.Result) {
	if len(r.Explanations) == 0 {
		return
	}
	p.element("h2", "Explanations")
	p.raw("<table>")
	p.row("th", "weight", "explanation", "if")
	for i := range r.Explanations {
		e := &r.Explanations[i]
		fmt.Fprintf(p.b, "<tr><td class=\"n\"><span class=\"bar\" style=\"width:%.0fpx\"></span>%s</td><td>", e.Share*120, weight(e.Share))
		p.element("strong", e.ID)
		p.raw("<br>")
		p.element("small", strings.Join(e.Titles, "; "))
		p.raw("</td>")
		p.element("td", conditions(e))
		p.raw("</tr>")
	}
	p.raw("</table>")
}

func (p *page) mechanisms(r *diagnose.Result) {
	p.element("h2", "Mechanisms")
	p.raw("<table>")
	p.row("th", "", "mechanism", "before", "now", "contradicts")
	for _, m := range r.Mechanisms {
		now := weight(m.Share)
		if m.RuledOut {
			now = "ruled out"
		}
		var against []string
		for _, c := range m.Against {
			against = append(against, c.Observation+": "+c.Instead)
		}
		p.row("td", m.ID, fmt.Sprintf("%s (%s)", m.Title, m.Grade), fmt.Sprintf("%d %%", m.Prior), now, strings.Join(against, "; "))
	}
	p.raw("</table>")
}

func (p *page) experiments(r *diagnose.Result) {
	if len(r.Next) == 0 {
		return
	}
	p.element("h2", "Next")
	for _, n := range r.Next {
		p.raw("<p>")
		p.element("strong", n.ID+", "+n.Title)
		p.raw(html.EscapeString(fmt.Sprintf(": %d minutes, destroys %s; %.2f bits.", n.Minutes, n.Destroys, n.Bits)))
		p.raw("</p><ul>")
		for _, f := range n.Predictions {
			p.element("li", fmt.Sprintf("%s (%s): %s", f.Outcome, weight(f.Share), strings.Join(f.Explanations, ", ")))
		}
		p.raw("</ul>")
	}
}

func (p *page) decision(n *diagnose.Node) {
	if n.ID == "" {
		p.element("div", strings.Join(n.Left, ", "))
		return
	}
	p.element("div", n.ID+", "+n.Title)
	p.raw("<ul>")
	for _, b := range n.Branches {
		p.raw("<li><details><summary>")
		p.raw(html.EscapeString(fmt.Sprintf("%s (%s)", b.Outcome, weight(b.Share))))
		p.raw("</summary>")
		p.decision(b.Then)
		p.raw("</details></li>")
	}
	p.raw("</ul>")
}

func (p *page) repairs(r *diagnose.Result) {
	p.element("h2", "Change")
	p.raw("<table>")
	p.row("th", "explanation", "change", "made again")
	for _, e := range r.Explanations {
		var all []string
		for _, f := range e.Fixes {
			all = append(all, fmt.Sprintf("%s, %s: %s", f.Mechanism, f.Layer, f.Title))
		}
		again := "everything turns good"
		if !e.Good {
			again = e.Bad
		}
		p.row("td", e.ID, strings.Join(all, "; "), again)
	}
	p.raw("</table>")
}
