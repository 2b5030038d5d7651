package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"tbraid/lab"
)

var (
	//go:embed page/page.html
	pageText string
	//go:embed page/page.css
	pageStyle string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// classes are the grades as the style sheet calls them.
var classes = [...]string{"kept", "lost", "damaged", "broken", "silent", "failed", "unjudged"}

// page is what the template is filled with: text and pictures, nothing computed.
type page struct {
	Name, Kind, Title string
	Style             template.CSS
	Facts             []fact
	Lede              string
	Tally             []tally
	Events            []pageEvent
	Strips            bool
	StripKey          template.HTML
	Sections          []section
	Changes           []pageTable // one or none
	Charts            []pageCharts
	Tables            []pageTable
	Guesses           []guessed
	Config            string
	JSON              template.JS // the result, for programs
}

type fact struct{ Name, Value string }

// tally is how many runs ended alike.
type tally struct {
	Class, Glyph, Word, Meaning string
	Count                       int
}

// pageEvent is the table of one event.
type pageEvent struct {
	ID, Name, Meaning string
	Cases             []string
	Hosts             []pageHost
}

type pageHost struct {
	Name string
	Rows []pageRow
}

type pageRow struct {
	Policy string
	Cells  []pageCell
}

type pageCell struct {
	Run               int
	Class, Text, Rate string
	Strip             template.HTML
}

// section is what the report says under one of its labels.
type section struct {
	ID, Title string
	Items     []string
}

type pageCharts struct {
	ID, Title, Text string
	Figures         []pageFigure
}

type pageFigure struct {
	Name, Sentence string
	SVG            template.HTML
}

type pageTable struct {
	ID, Title, Text string
	Head            []column
	Groups          []pageGroup
}

// pageGroup is the rows of a table that belong together.
type pageGroup struct {
	Name string
	Rows [][]string // as wide as the head
}

type column struct {
	Name   string
	Number bool
}

type guessed struct{ Path, Value, Note, Where string }

// HTML writes the report as one page that loads nothing: the tables with a map of
// fates in each cell, what the text says, the loss curves if there are any, the
// level of dirty cache, and the whole result as JSON. It has no script.
func HTML(w io.Writer, d *Document) error {
	r := d.Result
	p := &page{Name: r.Scenario.Name, Title: r.Scenario.Title, Style: template.CSS(svgStyle + pageStyle), StripKey: template.HTML(stripKey())}
	if p.Title == "" {
		p.Title = p.Name
	}
	p.Kind = "report"
	p.facts(r)
	p.outcome(r)
	p.Sections = sections(r)
	p.changes(r)
	p.charts(d)
	p.figures(r)
	for _, g := range r.Guesses {
		p.Guesses = append(p.Guesses, guessed{g.Path, g.Value, g.Note, g.Where})
	}
	if err := p.embed(d); err != nil {
		return err
	}
	return pageTemplate.Execute(w, p)
}

func (p *page) facts(r *lab.Result) {
	add := func(name, value string) { p.Facts = append(p.Facts, fact{name, value}) }
	add("scenario", r.Scenario.Name)
	add("box", fmt.Sprintf("%s: %s %s of %d members, %s cache, tear unit %d B", r.Box.Name, capacity(r.Box.VolumeBytes), r.Box.Level,
		r.Box.Members, size(r.Box.CacheBytes), r.Box.TearBytes))
	for _, s := range r.Scenario.Sets {
		add("set", s)
	}
	if r.Scenario.Cut != "" {
		add("cut", r.Scenario.CutText)
	}
	add("seed", fmt.Sprint(r.Scenario.Seed))
	add("digest", r.Scenario.SHA256[:min(len(r.Scenario.SHA256), 12)])
}

// outcome fills in the tables, and what they come to.
func (p *page) outcome(r *lab.Result) {
	count := grades(r)
	number := map[*lab.Run]int{}
	for i := range r.Runs {
		number[&r.Runs[i]] = i
		p.Strips = p.Strips || len(r.Runs[i].Fates) > 0
	}
	for g, n := range count {
		if n > 0 {
			p.Tally = append(p.Tally, tally{classes[g], glyphs[g], strings.ToLower(words[g]), legend[g], n})
		}
	}
	p.Lede = lede(count[:], len(r.Runs))
	for i, event := range events(r) {
		g := newGrid(r, event)
		e := pageEvent{ID: fmt.Sprint("event-", i+1), Name: event, Cases: g.cases}
		_, e.Meaning, _ = strings.Cut(eventTitle(r, event), ": ")
		for _, h := range g.hosts {
			host := pageHost{Name: h}
			for _, pol := range g.pols {
				row := pageRow{Policy: pol}
				for _, c := range g.cases {
					row.Cells = append(row.Cells, cellOf(g.at(c, h, pol), number))
				}
				host.Rows = append(host.Rows, row)
			}
			e.Hosts = append(e.Hosts, host)
		}
		p.Events = append(p.Events, e)
	}
}

func cellOf(run *lab.Run, number map[*lab.Run]int) pageCell {
	if run == nil {
		return pageCell{}
	}
	return pageCell{Run: number[run], Class: classes[gradeOf(run)], Text: Options{}.cell(run), Rate: rate(run.Rate),
		Strip: template.HTML(strip(run))}
}

// lede says in a sentence what the runs come to.
func lede(count []int, runs int) string {
	gone := count[lost] + count[damaged] + count[broken]
	of := fmt.Sprintf("%d of %d runs", gone, runs)
	switch {
	case runs == 0:
		return "Nothing was run."
	case count[unjudged] == runs:
		return "Nothing was judged: the ledger was off."
	case gone == 0 && runs == 1:
		return "The run loses nothing that was acknowledged."
	case gone == 0:
		return fmt.Sprintf("None of the %d runs loses anything that was acknowledged.", runs)
	case runs == 1:
		of = "The run"
	}
	s := of + " " + plural(gone, "loses", "lose") + " data that had been acknowledged"
	switch n := count[broken]; {
	case n == 0 && runs == 1:
		s += "; no promise was broken"
	case n == 0:
		s += "; in none of them was a promise broken"
	case n == gone:
		s += ", and a promise was broken" + plural(runs, "", " in each of them")
	default:
		s += fmt.Sprintf("; in %d of them a promise was broken", n)
	}
	return s + "."
}

// sections are what the text says, under its labels.
func sections(r *lab.Result) []section {
	p := &printer{w: io.Discard, said: &[]item{}}
	p.verdict(r)
	p.why(r)
	p.protection(r)
	p.rivals(r)
	p.controls(r)
	p.notes(r)
	var all []section
	for _, it := range *p.said {
		if it.label != "" {
			all = append(all, section{ID: strings.ToLower(it.label), Title: titles[it.label]})
			if titles[it.label] == "" {
				all[len(all)-1].Title = it.label[:1] + strings.ToLower(it.label[1:])
			}
		}
		s := &all[len(all)-1]
		s.Items = append(s.Items, it.text)
	}
	return all
}

// titles are the labels of the text as headings.
var titles = map[string]string{"VERDICT": "Verdict", "WHY": "Why", "PROTECT": "What protected the cache", "TESTS": "Which policies show what was observed",
	"CONTROL": "Controls", "NOTE": "Notes"}

// embed puts the result into the page as it is. The points of the curves stay out:
// they would be most of the page, and curve writes them.
func (p *page) embed(d *Document) error {
	config, err := indented(d.Result.Scenario.Resolved)
	if err != nil {
		return err
	}
	p.Config = config
	b, err := json.Marshal(d.Result) // escapes <, > and &, so that nothing in it ends the element
	p.JSON = template.JS(b)
	return err
}

func indented(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "", nil
	}
	b, err := json.MarshalIndent(raw, "", "  ")
	return string(b), err
}
