package report

import (
	"io"

	"tbraid/lab"
)

// The picture of the tables, in pixels of its own.
const (
	gridLeft   = 20
	gridCases  = 230 // where the first case begins
	gridCase   = 190 // from one case to the next
	gridStrip  = 170 // how wide a strip is
	gridRow    = 38
	gridEvent  = 66 // of the heading of an event and its columns
	gridBottom = 46
)

// gridStyle is that of curves, and the colours of fates.
const gridStyle = svgStyle + `.fate{font-weight:600}.kept{fill:#0b5fa5;font-weight:400}.lost{fill:#7a5c00}.damaged{fill:#7a3e9d}.broken,.silent{fill:#b84300}.failed,.unjudged{fill:#57606a}
.s-kept{fill:#0b5fa5;fill-opacity:.55}.s-lost{fill:#7a5c00}.s-damaged{fill:#7a3e9d}.s-broken{fill:#b84300}.s-flight{fill:#57606a}
@media(prefers-color-scheme:dark){.kept,.s-kept{fill:#6cb6ff}.lost,.s-lost{fill:#f2c14e}.damaged,.s-damaged{fill:#cfa8ff}.broken,.silent,.s-broken{fill:#ff9a66}
.failed,.unjudged,.s-flight{fill:#b1bac4}}
`

// SVG draws the tables: for each run how it ended, how fast it was and a map of
// how the blocks fare that it had written. The bytes depend on the Result only.
func SVG(w io.Writer, r *lab.Result) error {
	d := &drawer{}
	height, width := 66, gridCases+gridCase
	for _, event := range events(r) {
		g := newGrid(r, event)
		height += gridEvent + gridRow*len(g.hosts)*len(g.pols)
		width = max(width, gridCases+gridCase*len(g.cases))
	}
	d.gridHead(r, width+gridLeft, height+gridBottom)
	top := 66
	for _, event := range events(r) {
		top = d.grid(r, event, top)
	}
	d.gridKey(top + 20)
	d.add("</svg>")
	_, err := io.WriteString(w, d.out.String())
	return err
}

func (d *drawer) gridHead(r *lab.Result, width, height int) {
	title := r.Scenario.Name
	if r.Scenario.Title != "" {
		title += ": " + r.Scenario.Title
	}
	count := grades(r)
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`,
		width, height, width, height)
	d.add(`<title id="title">What is lost: %s</title><desc id="desc">%s</desc>`, escape(title), escape(lede(count[:], len(r.Runs))))
	d.add("<style>\n%s</style>", gridStyle)
	d.add(`<rect class="ground" width="%d" height="%d"/>`, width, height)
	d.add(`<text class="title" x="%d" y="30">%s</text>`, gridLeft, escape(shorten(title, (width-2*gridLeft)/8)))
	d.add(`<text class="small" x="%d" y="50">%s</text>`, gridLeft, escape(lede(count[:], len(r.Runs))))
}

// grid draws the table of one event and returns where it ends.
func (d *drawer) grid(r *lab.Result, event string, top int) int {
	g := newGrid(r, event)
	d.add(`<text class="panel" x="%d" y="%d">%s</text>`, gridLeft, top+26, escape(eventTitle(r, event)))
	for i, c := range g.cases {
		d.add(`<text class="small" x="%d" y="%d">%s</text>`, gridCases+i*gridCase, top+50, escape(shorten(c, 26)))
	}
	top += gridEvent
	for _, h := range g.hosts {
		d.add(`<path class="grid" d="M%d %dH%d"/><text class="panel" x="%d" y="%d">%s</text>`, gridLeft, top-8, gridCases+gridCase*len(g.cases), gridLeft, top+10,
			escape(shorten(h, 10)))
		for _, pol := range g.pols {
			d.add(`<text x="%d" y="%d">%s</text>`, gridLeft+70, top+10, escape(shorten(pol, 22)))
			for i, c := range g.cases {
				if run := g.at(c, h, pol); run != nil {
					d.gridCell(run, gridCases+i*gridCase, top)
				}
			}
			top += gridRow
		}
	}
	return top
}

func (d *drawer) gridCell(run *lab.Run, x, top int) {
	d.add(`<text class="fate %s" x="%d" y="%d">%s</text>`, classes[gradeOf(run)], x, top+10, escape(Options{}.cell(run)))
	if s := rate(run.Rate); s != "" {
		d.add(`<text class="small" x="%d" y="%d" text-anchor="end">%s MB/s</text>`, x+gridStrip, top+10, s)
	}
	if s := strip(run); s != "" {
		d.add(`<svg x="%d" y="%d" width="%d" height="%d">%s</svg>`, x, top+15, gridStrip, stripHeight, s)
	}
}

// gridKey explains the bars.
func (d *drawer) gridKey(y int) {
	x := gridLeft
	for _, k := range bars {
		d.add(`<svg x="%d" y="%d" width="26" height="%d">%s</svg><text class="small" x="%d" y="%d">%s</text>`, x, y-10, stripHeight, k.rect(0, 26), x+32, y, k.word)
		x += 32 + 6*len(k.word) + 20
	}
	d.add(`<text class="small" x="%d" y="%d">%s</text>`, x, y, "in order of address; MB is 10^6 bytes, MiB 2^20")
}
