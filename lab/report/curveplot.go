package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/guptarohit/asciigraph"

	"tbraid/lab"
)

// A plot has this many rows at most, and not fewer than half of them: the value
// of a row is a power of 2.
const plotRows = 12

// gutter is the space that labels and axis take on the left of a plot.
const gutter = 11

// stroke is how a curve is drawn: each in glyphs of its own, so that colour is
// never what tells two apart.
type stroke struct {
	key   string // its letter
	chars asciigraph.CharSet
	color asciigraph.AnsiColor
}

// strokes are the glyphs of the first curves; the others are drawn in their
// letter, and so are all without glyphs beyond ASCII.
var strokes = [...]asciigraph.CharSet{
	asciigraph.DefaultCharSet,
	{Horizontal: "═", VerticalLine: "║", ArcDownRight: "╔", ArcDownLeft: "╗", ArcUpRight: "╚", ArcUpLeft: "╝", EndCap: "═"},
	{Horizontal: "╌", VerticalLine: "╎", ArcDownRight: "┌", ArcDownLeft: "┐", ArcUpRight: "└", ArcUpLeft: "┘", EndCap: "╌"},
	{Horizontal: "━", VerticalLine: "┃", ArcDownRight: "┏", ArcDownLeft: "┓", ArcUpRight: "┗", ArcUpLeft: "┛", EndCap: "━"},
	asciigraph.CreateCharSet("·"),
}

var strokeColors = [...]asciigraph.AnsiColor{asciigraph.Blue, asciigraph.Chocolate, asciigraph.Goldenrod, asciigraph.MediumPurple,
	asciigraph.LightSeaGreen, asciigraph.Gray}

func (o Options) stroke(i int) stroke {
	s := stroke{key: letter(i), color: strokeColors[i%len(strokeColors)]}
	if s.chars = asciigraph.CreateCharSet(s.key); !o.ASCII && i < len(strokes) {
		s.chars = strokes[i]
	}
	if !o.Color {
		s.color = asciigraph.Default
	}
	return s
}

// letter names the curves: A to Z, then AA and so on.
func letter(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return letter(i/26-1) + letter(i%26)
}

// drawing is one line of a plot: the traces that look alike in it.
type drawing struct {
	stroke
	rows   []int // by column; -1 behind the end of the sweep
	traces []*trace
}

// plot draws a panel and its legend. It returns the letter of each trace.
func (p *printer) plot(c *panel) (keys map[*trace]string) {
	columns := p.o.width() - gutter - 2
	unit := rowUnit(c.worst())
	drawings := p.drawings(c, unit, columns)
	keys = map[*trace]string{}
	for i := range drawings {
		for _, t := range drawings[i].traces {
			keys[t] = drawings[i].key
		}
	}
	if c.worst() > 0 {
		p.canvas(c, drawings, unit)
		p.timeAxis(c.span(), columns)
		p.lanes(c, drawings, columns)
		p.printf("\n")
	}
	for i := range drawings {
		p.legendLine(&drawings[i])
	}
	return keys
}

// rowUnit is what a row of a plot stands for: the least power of 2 that leaves
// room for the most.
func rowUnit(most uint64) uint64 {
	unit := uint64(1)
	for unit < 1<<62 && (most+unit-1)/unit > plotRows {
		unit *= 2
	}
	return unit
}

// drawings puts traces that look alike into one.
func (p *printer) drawings(c *panel, unit uint64, columns int) []drawing {
	var all []drawing
	for i := range c.traces {
		t := &c.traces[i]
		rows := t.rows(unit, c.span(), columns)
		same := slices.IndexFunc(all, func(d drawing) bool { return alike(d.rows, rows) })
		if same < 0 {
			same = len(all)
			all = append(all, drawing{stroke: p.o.stroke(same), rows: rows})
		}
		for j := range rows {
			all[same].rows[j] = max(all[same].rows[j], rows[j]) // up to the later of the ends
		}
		all[same].traces = append(all[same].traces, t)
	}
	return all
}

// alike tells whether two curves are the same as long as both last.
func alike(a, b []int) bool {
	for i := range a {
		if a[i] != b[i] && a[i] >= 0 && b[i] >= 0 {
			return false
		}
	}
	return true
}

// rows is the row of each column: that of the most that a cut within the column
// takes. A loss has a row above 0, however small it is.
func (t *trace) rows(unit uint64, span int64, columns int) []int {
	rows := make([]int, columns)
	for i := range rows {
		rows[i] = -1
		if int64(i)*span < t.length()*int64(columns) {
			rows[i] = 0
		}
	}
	for _, pt := range t.acknowledged().Points {
		if pt.Max == 0 {
			continue
		}
		row := max(1, int((pt.Max+unit/2)/unit))
		from := columnOf(t.since(pt.FromNS), span, columns)
		to := columnOf(t.since(pt.ToNS)-1, span, columns) // it ends before ToNS
		for i := from; i <= max(from, to); i++ {
			rows[i] = max(rows[i], row)
		}
	}
	return rows
}

// columnOf is the column of an instant.
func columnOf(ns, span int64, columns int) int {
	return min(max(int(float64(ns)/float64(max(span, 1))*float64(columns)), 0), columns-1)
}

// canvas prints the curves. The first are drawn last, over the others.
func (p *printer) canvas(c *panel, drawings []drawing, unit uint64) {
	var series [][]float64
	var chars []asciigraph.CharSet
	var colors []asciigraph.AnsiColor
	for _, d := range slices.Backward(drawings) {
		series, chars, colors = append(series, values(d.rows)), append(chars, d.chars), append(colors, d.color)
	}
	top := int((c.worst() + unit - 1) / unit)
	const labelWidth = gutter - 4 // asciigraph puts a space before a label, two cells behind it
	plot := asciigraph.PlotMany(series, asciigraph.Height(top), asciigraph.LowerBound(0), asciigraph.UpperBound(float64(top)),
		asciigraph.SeriesChars(chars...), asciigraph.SeriesColors(colors...),
		asciigraph.YAxisValueFormatter(func(row float64) string {
			return fmt.Sprintf("%*s", labelWidth, round(uint64(math.Round(row))*unit))
		}))
	if p.o.ASCII {
		plot = strings.NewReplacer("┤", "|", "┼", "+").Replace(plot)
	}
	p.printf("%s\n", plot)
}

// values are rows as asciigraph takes them. The last one is there twice, because
// it draws what is between two values.
func values(rows []int) []float64 {
	var all []float64
	for _, r := range append(slices.Clone(rows), rows[len(rows)-1]) {
		if r < 0 {
			all = append(all, math.NaN())
			continue
		}
		all = append(all, float64(r))
	}
	return all
}

// round is a size without zeros behind the point.
func round(n uint64) string {
	number, unit, _ := strings.Cut(size(n), " ")
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number + " " + unit
}

// timeAxis prints a line with ticks at round times, and the times below it.
func (p *printer) timeAxis(span int64, columns int) {
	corner, line, tick := "└", "─", "┬"
	if p.o.ASCII {
		corner, line, tick = "+", "-", "+"
	}
	axis := slices.Repeat([]string{line}, columns)
	labels := []rune(strings.Repeat(" ", gutter+columns+2))
	step := tickStep(span, columns/12)
	for at := int64(0); at < span; at += step {
		col := columnOf(at, span, columns)
		axis[col] = tick
		label := []rune(tickLabel(at, step))
		if start := gutter + col - len(label)/2; start+len(label) <= len(labels) {
			copy(labels[start:], label)
		}
	}
	p.printf("%*s%s%s\n%s\n", gutter-1, "", corner, strings.Join(axis, ""), strings.TrimRight(string(labels), " "))
}

// tickStep is the least of 1, 2 and 5 times a power of 10 that gives no more than
// the given number of ticks.
func tickStep(span int64, ticks int) int64 {
	const most = int64(1e18) // a power of 10 below the greatest time that there is
	for step := int64(1); step < most; step *= 10 {
		for _, f := range []int64{1, 2, 5} {
			if span/(step*f) <= int64(max(ticks, 1)) {
				return step * f
			}
		}
	}
	return most
}

// tickLabel is a time in seconds with the digits that the step between ticks has.
func tickLabel(ns, step int64) string {
	digits := 0
	for unit := int64(1e9); unit > step && digits < 9; unit /= 10 {
		digits++
	}
	return fmt.Sprintf("%.*f s", digits, float64(ns)/1e9)
}

// lanes print the steps below the axis: one line for all policies if they keep
// the same time, else one for each pace.
func (p *printer) lanes(c *panel, drawings []drawing, columns int) {
	var all []string
	var keys []string
	for i := range drawings {
		for _, t := range drawings[i].traces {
			lane := p.lane(t, c.span(), columns)
			at := slices.Index(all, lane)
			if at < 0 {
				at = len(all)
				all, keys = append(all, lane), append(keys, "")
			}
			if !strings.HasSuffix(keys[at], drawings[i].key) {
				keys[at] += drawings[i].key
			}
		}
	}
	for i, lane := range all {
		label := keys[i]
		if len(all) == 1 || cells(label) > gutter-2 {
			label = "steps"
		}
		p.printf("%*s %s\n", gutter-1, label, strings.TrimRight(lane, " "))
	}
}

// lane is one line with the steps of a sweep, and its event.
func (p *printer) lane(t *trace, span int64, columns int) string {
	left, line, right, both, joint, event := "├", "─", "┤", "│", "┼", []string{"⚡", ""}
	if p.o.ASCII {
		left, line, right, both, joint, event = "|", "-", "|", "|", "|", []string{"!"}
	}
	lane := slices.Repeat([]string{" "}, columns+2)
	for _, s := range t.marks() {
		from, to := columnOf(t.since(s.StartNS), span, columns), columnOf(t.since(s.EndNS), span, columns)
		start := left
		switch {
		case from == to:
			start = both
		case lane[from] == right:
			start = joint
		}
		for i := from; i <= to; i++ {
			lane[i] = line
		}
		lane[to], lane[from] = right, start
		if name := stepName(s); cells(name) == len(name) && len(name)+4 <= to-from { // a bar, a line and a space on each side
			for i, ch := range " " + name + " " {
				lane[from+(to-from-len(name))/2+i] = string(ch)
			}
		}
	}
	copy(lane[columnOf(t.since(t.sweep.EventNS), span, columns):], event)
	return strings.Join(lane, "")
}

// stepName is a step in a word: the tool of a command line.
func stepName(s lab.Step) string {
	if words := strings.Fields(s.Text); s.Kind == "run" && len(words) > 0 {
		if words[0] == "sudo" && len(words) > 1 {
			return words[1]
		}
		return words[0]
	}
	return s.Kind
}

// legendLine says whose curve it is, and when the steps were.
func (p *printer) legendLine(d *drawing) {
	var names []string
	for _, t := range d.traces {
		names = append(names, t.name)
	}
	sample := strings.Repeat(d.chars.Horizontal, 3)
	if d.color != asciigraph.Default {
		sample = d.color.String() + sample + asciigraph.Default.String()
	}
	text := list(names) + ": " + strings.Join(p.o.schedule(d.traces), ", ")
	for i, line := range wrap(text, p.o.width()-gutter) {
		if i == 0 {
			p.printf("%4s %s   %s\n", d.key, sample, line)
			continue
		}
		p.printf("%*s%s\n", gutter, "", line)
	}
}

// schedule says when steps and event were, over all traces that share a curve.
func (o Options) schedule(traces []*trace) []string {
	var all []string
	first := traces[0]
	for i, s := range first.marks() {
		name := stepName(s)
		if i == 0 {
			name += " from " + o.clock(first.since(s.StartNS))
		}
		all = append(all, name+" to "+o.spread(traces, func(t *trace) int64 {
			if m := t.marks(); i < len(m) {
				return t.since(m[i].EndNS)
			}
			return first.since(s.EndNS)
		}))
	}
	event := "⚡ at "
	if o.ASCII {
		event = "! event at "
	}
	return append(all, event+o.spread(traces, func(t *trace) int64 { return t.since(t.sweep.EventNS) }))
}

// spread is a time, or the least and the most of several.
func (o Options) spread(traces []*trace, of func(*trace) int64) string {
	least, most := of(traces[0]), of(traces[0])
	for _, t := range traces {
		least, most = min(least, of(t)), max(most, of(t))
	}
	if o.clock(least) == o.clock(most) {
		return o.clock(most)
	}
	dash := " – "
	if o.ASCII {
		dash = " - "
	}
	return o.clock(least) + dash + o.clock(most)
}
