// Package roff writes manual pages with the macros of man(7), as far as text,
// definitions and examples go.
package roff

import (
	"fmt"
	"strings"
)

// Page is a manual page that is being written. Texts are plain; what roff would
// take for its own is escaped.
type Page struct{ b strings.Builder }

// New begins a page: its name, its section, one line about it, and the name of the
// manual that it is a page of. It bears no date, so that the same texts are the same
// page.
func New(name string, section int, about, manual string) *Page {
	p := &Page{}
	p.macro("TH", strings.ToUpper(name), fmt.Sprint(section), "", "tbraid", manual)
	p.Section("NAME")
	fmt.Fprintf(&p.b, "%s \\- %s\n", escape(name), escape(about))
	return p
}

// String is the page as man(1) reads it.
func (p *Page) String() string { return p.b.String() }

// Section begins a section.
func (p *Page) Section(title string) { p.macro("SH", title) }

// Subsection begins a part of a section.
func (p *Page) Subsection(title string) { p.macro("SS", title) }

// Text writes paragraphs. A blank line stands between them; one whose lines begin
// with a space is an example and keeps its lines.
func (p *Page) Text(text string) {
	for _, block := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if strings.HasPrefix(block, " ") {
			p.Example(block)
			continue
		}
		p.macro("PP")
		p.lines(block)
	}
}

// Define writes a term and, indented below it, what it means.
func (p *Page) Define(term, means string) {
	p.macro("TP")
	p.b.WriteString("\\fB" + escape(term) + "\\fR\n")
	p.lines(means)
}

// Example writes lines as they are, indented.
func (p *Page) Example(text string) {
	p.macro("PP")
	p.macro("RS", "2")
	p.macro("EX")
	p.lines(outdent(text))
	p.macro("EE")
	p.macro("RE")
}

// outdent takes away the spaces that all lines begin with.
func outdent(text string) string {
	lines := strings.Split(text, "\n")
	least := len(text)
	for _, l := range lines {
		if l != "" {
			least = min(least, len(l)-len(strings.TrimLeft(l, " ")))
		}
	}
	for i, l := range lines {
		lines[i] = l[min(least, len(l)):]
	}
	return strings.Join(lines, "\n")
}

func (p *Page) lines(text string) {
	for _, line := range strings.Split(text, "\n") {
		p.b.WriteString(escape(line) + "\n")
	}
}

// macro writes a request with its arguments in quotes.
func (p *Page) macro(name string, arguments ...string) {
	p.b.WriteString("." + name)
	for _, a := range arguments {
		p.b.WriteString(` "` + strings.ReplaceAll(escape(a), `"`, `\(dq`) + `"`)
	}
	p.b.WriteString("\n")
}

// escapes are what roff would print as something else (groff_char(7)): a hyphen that
// is to be a minus, so that it can be copied, and quotes.
var escapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// escape writes a line of text. A full stop at its beginning would be a request.
func escape(line string) string {
	line = escapes.Replace(line)
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}
