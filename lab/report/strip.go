package report

import (
	"fmt"
	"strings"

	"tbraid/lab"
)

// stripHeight is that of a map of fates, in pixels of its own.
const stripHeight = 12

// bar is how a grade looks in a strip: colours are told apart under colour
// blindness, and so are the heights.
type bar struct {
	class   string
	word    string
	y, tall float64
}

// The bars, from what matters least.
var (
	inFlightBar = bar{"s-flight", "never acknowledged", 10, 2}
	keptBar     = bar{"s-kept", "kept", 8, 4}
	lostBar     = bar{"s-lost", "lost", 3, 9}
	damagedBar  = bar{"s-damaged", "damaged", 0, 7}
	brokenBar   = bar{"s-broken", "promise broken", 0, 12}
)

// bars are all of them, in the order of a key.
var bars = []bar{keptBar, lostBar, damagedBar, brokenBar, inFlightBar}

// barOf is the worst that befell a cell.
func barOf(f *lab.Fate) bar {
	switch {
	case f.Violation > 0:
		return brokenBar
	case f.Collateral > 0:
		return damagedBar
	case f.Permitted > 0:
		return lostBar
	case f.Kept > 0:
		return keptBar
	}
	return inFlightBar
}

// stretch is neighbouring cells of one look.
type stretch struct {
	bar
	fares uint64 // bytes that fare so
	bytes uint64 // all that was written there
}

func stretches(all []lab.Fate) (out []stretch, bytes uint64) {
	for i := range all {
		f := &all[i]
		b := barOf(f)
		if n := len(out); n == 0 || out[n-1].bar != b {
			out = append(out, stretch{bar: b})
		}
		s := &out[len(out)-1]
		here := f.Kept + f.Acknowledged() + f.InFlight
		s.bytes += here
		bytes += here
		switch b {
		case keptBar:
			s.fares += f.Kept
		case inFlightBar:
			s.fares += f.InFlight
		default:
			s.fares += f.Acknowledged()
		}
	}
	return out, bytes
}

const (
	stripWidth   = 1000 // of a strip, in units of its own
	leastStretch = 6    // how wide a stretch is at least, so that it can be seen
	maxStretches = 5    // that a strip tells of in words
)

// strip draws the map of a run in one line; empty if it has none.
func strip(r *lab.Run) string {
	if len(r.Fates) == 0 {
		return ""
	}
	var said []string
	var shapes strings.Builder
	var before uint64
	all, bytes := stretches(r.Fates)
	for i, s := range all {
		if i < maxStretches {
			said = append(said, s.word+" "+size(s.fares))
		}
		from := int(stripWidth * before / bytes)
		before += s.bytes
		width := max(int(stripWidth*before/bytes)-from, leastStretch)
		shapes.WriteString(s.rect(min(from, stripWidth-width), width))
	}
	if n := len(all) - maxStretches; n > 0 {
		said = append(said, fmt.Sprintf("and %d more changes", n))
	}
	return fmt.Sprintf(`<svg class="strip" viewBox="0 0 %d %d" preserveAspectRatio="none" role="img"><title>In order of address: %s</title>%s</svg>`,
		stripWidth, stripHeight, escape(strings.Join(said, ", ")), shapes.String())
}

func (b bar) rect(x, width int) string {
	return fmt.Sprintf(`<rect class="%s" x="%d" y="%s" width="%d" height="%s"/>`, b.class, x, px(b.y), width, px(b.tall))
}

// stripKey explains the bars.
func stripKey() string {
	var b strings.Builder
	for _, k := range bars {
		fmt.Fprintf(&b, `<span><svg viewBox="0 0 26 %d" aria-hidden="true">%s</svg>%s</span> `, stripHeight, k.rect(0, 26), k.word)
	}
	return b.String()
}
