package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"tbraid/lab"
)

// The picture, in pixels of its own: panels below each other, with names of the
// curves on the right of each.
const (
	svgWidth   = 960
	plotLeft   = 80
	plotWidth  = 640
	plotHeight = 180
	panelTop   = 34 // of the plot in its panel
	laneHeight = 16
	labelLeft  = plotLeft + plotWidth + 22
	labelLine  = 14 // from one line of a name to the next
	labelChars = 26 // of a name in a line
)

// svgStyle is all the style there is: nothing is loaded from elsewhere. Colours
// are told apart under colour blindness, have at least 4.5:1 on their ground, and
// repeat what dashes and names at the line ends say.
const svgStyle = `text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}
.ground{fill:#ffffff}.title{font-size:15px;font-weight:600}.panel{font-size:13px;font-weight:600}.small{font-size:11px;fill:#57606a}
.grid{stroke:#d8dee4;fill:none}.axis{stroke:#57606a;fill:none}.event{stroke:#57606a;stroke-dasharray:2 3;fill:none}
.bar{fill:#d8dee4;stroke:#57606a;stroke-width:.5}.mark{fill:#57606a}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.band{stroke:none;fill-opacity:.2}.lead{fill:none;stroke-width:.75;stroke-dasharray:1 3}
.c0{stroke:#0b5fa5}.c1{stroke:#b84300}.c2{stroke:#7a5c00}.c3{stroke:#7a3e9d}.c4{stroke:#00695c}.c5{stroke:#57606a}
.f0{fill:#0b5fa5}.f1{fill:#b84300}.f2{fill:#7a5c00}.f3{fill:#7a3e9d}.f4{fill:#00695c}.f5{fill:#57606a}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.small{fill:#9198a1}
.grid{stroke:#30363d}.axis,.event{stroke:#9198a1}.bar{fill:#30363d;stroke:#9198a1}.mark{fill:#9198a1}
.c0{stroke:#6cb6ff}.c1{stroke:#ff9a66}.c2{stroke:#f2c14e}.c3{stroke:#cfa8ff}.c4{stroke:#56d3b0}.c5{stroke:#b1bac4}
.f0{fill:#6cb6ff}.f1{fill:#ff9a66}.f2{fill:#f2c14e}.f3{fill:#cfa8ff}.f4{fill:#56d3b0}.f5{fill:#b1bac4}}
`

// dashes and colours repeat after a different count, so that 24 pairs differ.
var dashes = [...]string{"none", "8 4", "2 3", "10 3 2 3", "14 4", "5 2 1 2 1 2", "1 2", "16 3 3 3"}

const svgColors = 6

// CurvesSVG draws the curves: a panel for each case and host, a line for each
// policy at the most that a cut takes, and a band from there to the least where a
// point stands for several instants. The bytes depend on the Curves only.
func CurvesSVG(w io.Writer, c *lab.Curves) error {
	d := &drawer{all: panels(c), order: map[string]int{}}
	d.scale = newScale(d.all)
	top := 56
	var tops []int
	for i := range d.all {
		tops = append(tops, top)
		top += d.all[i].height()
	}
	d.head(c, top+24)
	for i := range d.all {
		d.panel(&d.all[i], tops[i])
	}
	d.add(`<text class="small" x="20" y="%d">seconds from the start of the first step; a line is the most that a cut takes; `+
		`%s axis</text>`, top+8, d.scale.word())
	d.add("</svg>")
	_, err := io.WriteString(w, d.out.String())
	return err
}

// drawer writes the picture.
type drawer struct {
	out   strings.Builder
	all   []panel
	scale scale
	order map[string]int // of the traces by name: one style in all panels
}

func (d *drawer) add(format string, args ...any) {
	fmt.Fprintf(&d.out, format+"\n", args...)
}

// head opens the picture, with its text for those who do not see it.
func (d *drawer) head(c *lab.Curves, height int) {
	title := c.Scenario.Name
	if c.Scenario.Title != "" {
		title += ": " + c.Scenario.Title
	}
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`,
		svgWidth, height, svgWidth, height)
	d.add(`<title id="title">Loss curves of %s</title>`, escape(title))
	d.add(`<desc id="desc">Acknowledged bytes that a power cut takes, by the instant of the cut.`)
	for i := range d.all {
		d.add("%s", escape(d.all[i].sentence(Options{})))
	}
	d.add("</desc>\n<style>\n%s</style>", svgStyle)
	d.add(`<rect class="ground" width="%d" height="%d"/>`, svgWidth, height)
	d.add(`<text class="title" x="20" y="28">%s</text>`, escape(shorten(title, 110)))
	d.add(`<text class="small" x="20" y="46">acknowledged bytes that a power cut takes, by the instant of the cut</text>`)
}

// height of a panel: its plot, its time axis, a lane for each pace, and a gap.
func (p *panel) height() int { return panelTop + plotHeight + 24 + laneHeight*len(p.paces()) + 20 }

// paces are the traces whose steps have different places on the time axis.
func (p *panel) paces() []*trace {
	var all []*trace
	var seen []string
	for i := range p.traces {
		pace := p.pace(&p.traces[i])
		if !slices.Contains(seen, pace) {
			seen, all = append(seen, pace), append(all, &p.traces[i])
		}
	}
	return all
}

// pace tells traces apart whose steps are at least a pixel apart.
func (p *panel) pace(t *trace) string {
	places := []int{p.pixel(t.since(t.sweep.EventNS))}
	for _, s := range t.marks() {
		places = append(places, p.pixel(t.since(s.StartNS)), p.pixel(t.since(s.EndNS)))
	}
	return fmt.Sprint(places)
}

func (p *panel) pixel(ns int64) int { return int(math.Round(p.x(ns))) }

// x is the place of an instant.
func (p *panel) x(ns int64) float64 {
	return plotLeft + plotWidth*float64(ns)/float64(max(p.span(), 1))
}

// style is the number of a trace's colour and dash: the same in all panels.
func (d *drawer) style(t *trace) int {
	n, ok := d.order[t.name]
	if !ok {
		n = len(d.order)
		d.order[t.name] = n
	}
	return n
}

func (d *drawer) panel(p *panel, top int) {
	plotTop := top + panelTop
	d.add(`<g role="group"><title>%s</title>`, escape(p.sentence(Options{})))
	d.add(`<text class="panel" x="20" y="%d">%s</text>`, top+18, escape(p.title()))
	for _, tick := range d.scale.ticks() {
		y := d.scale.y(tick, plotTop)
		d.add(`<path class="grid" d="M%d %sh%d"/><text class="small" x="%d" y="%s" text-anchor="end">%s</text>`,
			plotLeft, px(y), plotWidth, plotLeft-8, px(y+4), round(tick))
	}
	for i := range p.traces {
		d.style(&p.traces[i]) // in the order of the policies, whatever is drawn first
	}
	d.timeline(p, plotTop)
	lines := d.lines(p, plotTop)
	for _, l := range slices.Backward(lines) {
		d.line(l)
	}
	d.labels(lines, plotTop)
	d.add(`<path class="axis" d="M%d %dv%dh%d"/>`, plotLeft, plotTop, plotHeight, plotWidth)
	d.add("</g>")
}

// timeline draws the ticks, and below them the steps and the event at each pace.
func (d *drawer) timeline(p *panel, plotTop int) {
	bottom := plotTop + plotHeight
	step := tickStep(max(p.span(), 1), 9)
	for at := int64(0); at <= p.span(); at += step {
		d.add(`<path class="axis" d="M%s %dv5"/><text class="small" x="%s" y="%d" text-anchor="middle">%s</text>`,
			px(p.x(at)), bottom, px(p.x(at)), bottom+18, tickLabel(at, step))
	}
	paces := p.paces()
	for i, t := range paces {
		y := bottom + 26 + i*laneHeight
		for _, s := range t.marks() {
			from, to := p.x(t.since(s.StartNS)), p.x(t.since(s.EndNS))
			name := escape(stepName(s))
			d.add(`<rect class="bar" x="%s" y="%d" width="%s" height="11"><title>%s: %s</title></rect>`,
				px(from), y, px(max(to-from, .5)), name, escape(s.Text))
			if to-from > float64(8*len(stepName(s))+6) {
				d.add(`<text class="small" x="%s" y="%d" text-anchor="middle">%s</text>`, px((from+to)/2), y+9, name)
			}
		}
		x := p.x(t.since(t.sweep.EventNS))
		d.add(`<path class="event" d="M%s %dV%d"/><path class="mark" d="M%s %dl-5 7h4l-2 6 6-8h-4l3-5z"/>`, px(x), plotTop, y, px(x+1), y-1)
		word := "event"
		if len(paces) > 1 {
			word += ": " + strings.Join(p.keeping(t), ", ")
		}
		d.add(`<text class="small" x="%s" y="%d">%s</text>`, px(x+8), y+9, escape(shorten(word, int((svgWidth-x-20)/6))))
	}
}

// keeping names the traces that keep the pace of one.
func (p *panel) keeping(t *trace) []string {
	var names []string
	for i := range p.traces {
		if p.pace(&p.traces[i]) == p.pace(t) {
			names = append(names, p.traces[i].name)
		}
	}
	return names
}

// line is a curve of a panel, for all traces that it is the curve of.
type line struct {
	style      int
	names      []string
	path, band string // the path without its last run, to endX
	endX, endY float64
}

// lines draws each shape once, as long as the longest sweep that has it.
func (d *drawer) lines(p *panel, plotTop int) []line {
	var all []line
	for i := range p.traces {
		t := &p.traces[i]
		l := line{style: d.style(t), names: []string{t.name}}
		d.trace(&l, p, t, plotTop)
		same := slices.IndexFunc(all, func(o line) bool { return o.path == l.path && o.band == l.band })
		if same >= 0 {
			all[same].names = append(all[same].names, t.name)
			all[same].endX = max(all[same].endX, l.endX)
			continue
		}
		all = append(all, l)
	}
	return all
}

// trace draws the steps of a trace. A path changes its direction only where the
// curve does.
func (d *drawer) trace(l *line, p *panel, t *trace, plotTop int) {
	at := func(n uint64) string { return px(d.scale.y(n, plotTop)) }
	points := t.acknowledged().Points
	var path, band strings.Builder
	last := at(0)
	fmt.Fprintf(&path, "M%s %s", px(plotLeft), last)
	for _, pt := range points {
		from, to := px(p.x(t.since(pt.FromNS))), px(p.x(t.since(pt.ToNS)))
		if y := at(pt.Max); y != last {
			fmt.Fprintf(&path, "H%sV%s", from, y)
			last = y
		}
		if pt.Min == pt.Max {
			continue
		}
		least := at(pt.Min)
		fmt.Fprintf(&band, "M%s %sH%sV%sH%sZ", from, last, to, least, from)
	}
	l.endX = p.x(t.length())
	l.endY = d.scale.y(0, plotTop)
	if n := len(points); n > 0 {
		l.endY = d.scale.y(points[n-1].Max, plotTop)
	}
	l.path, l.band = path.String(), band.String()
}

func (d *drawer) line(l line) {
	color := l.style % svgColors
	d.add(`<g><title>%s</title>`, escape(list(l.names)))
	if l.band != "" {
		d.add(`<path class="band f%d" d="%s"/>`, color, l.band)
	}
	d.add(`<path class="line c%d" stroke-dasharray="%s" d="%sH%s"/></g>`, color, dashes[l.style%len(dashes)], l.path, px(l.endX))
}

// labels puts the names beside the ends of the lines, from the top down and
// without one over another, each with a sample of its dashes.
func (d *drawer) labels(lines []line, plotTop int) {
	ordered := slices.Clone(lines)
	slices.SortStableFunc(ordered, func(a, b line) int { return cmp.Compare(a.endY, b.endY) })
	type label struct {
		line
		text []string
		y    float64 // of the first line of text
	}
	var all []label
	free := float64(plotTop)
	for _, l := range ordered {
		text := wrap(strings.Join(l.names, ", "), labelChars)
		y := max(free, l.endY-float64((len(text)-1)*labelLine)/2)
		all = append(all, label{l, text, y})
		free = y + float64(len(text)*labelLine) + 4
	}
	limit := float64(plotTop + plotHeight)
	for i := range slices.Backward(all) {
		all[i].y = min(all[i].y, limit-float64((len(all[i].text)-1)*labelLine))
		limit = all[i].y - labelLine - 4
	}
	for _, l := range all {
		color := l.style % svgColors
		middle := l.y + float64((len(l.text)-1)*labelLine)/2
		d.add(`<path class="lead c%d" d="M%s %sH%dL%d %sh8"/>`, color, px(l.endX), px(l.endY), plotLeft+plotWidth, labelLeft-12, px(middle))
		d.add(`<path class="line c%d" stroke-dasharray="%s" d="M%d %sh30"/>`, color, dashes[l.style%len(dashes)], labelLeft, px(middle))
		for i, text := range l.text {
			d.add(`<text class="f%d" x="%d" y="%s">%s</text>`, color, labelLeft+36, px(l.y+4+float64(i*labelLine)), escape(shorten(text, labelChars)))
		}
	}
}

// px is a place in tenths of a pixel.
func px(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}

// escape makes text safe between tags; what XML cannot hold becomes U+FFFD.
func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return b.String()
}

// shorten cuts text to a number of characters.
func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:max(most-1, 0)]) + "…"
	}
	return s
}
