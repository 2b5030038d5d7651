package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"tbraid/lab"
)

func curvesSVG(t *testing.T, c *lab.Curves) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := CurvesSVG(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCurvesSVG_Golden(t *testing.T) {
	golden(t, "curves.svg", curvesSVG(t, swept()))
}

// The picture is XML, needs nothing from elsewhere, and says in words what it
// shows.
func TestCurvesSVG_StandsAlone(t *testing.T) {
	c := swept()
	c.Scenario.Title = "</svg>&\x01 \"quoted\" 影片"
	picture := curvesSVG(t, c)
	d := xml.NewDecoder(bytes.NewReader(picture))
	var inside []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			inside = append(inside, e.Name.Local)
			for _, a := range e.Attr {
				if a.Name.Local == "href" || a.Name.Local != "xmlns" && strings.Contains(a.Value, "://") || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
	if len(inside) < 3 || inside[0] != "svg" || inside[1] != "title" || inside[2] != "desc" || slices.Contains(inside, "script") {
		t.Errorf("begins with %q", inside[:min(3, len(inside))])
	}
	for _, want := range []string{"&lt;/svg&gt;", "影片", "prefers-color-scheme:dark", `role="img"`,
		"wb-flush-all from 0.000 s on, and still at the end of the sweep (10.730 s)", ">wb-age-4s<"} {
		if !bytes.Contains(picture, []byte(want)) {
			t.Errorf("there is no %q", want)
		}
	}
	if bytes.Contains(picture, []byte("url(")) || bytes.Contains(picture, []byte("@import")) || bytes.Contains(picture, []byte("NaN")) {
		t.Error("something is loaded from elsewhere, or is no number")
	}
}

// Losses of very different size share a logarithmic axis, on which 0 has its own
// place.
func TestScale(t *testing.T) {
	with := func(worst ...uint64) scale {
		var p panel
		for _, w := range worst {
			p.traces = append(p.traces, trace{outage: &lab.Outage{Curves: []lab.Curve{{Name: "acknowledged", Worst: w}}}})
		}
		return newScale([]panel{p})
	}
	for _, c := range []struct {
		worst []uint64
		want  string
		ticks int
	}{
		{[]uint64{0, 64 << 20}, "linear", 5},
		{[]uint64{4 << 20, 64 << 20}, "linear", 5},
		{[]uint64{4 << 10, 64 << 20}, "logarithmic", 9},
		{[]uint64{512, 9 << 40}, "logarithmic", 9},
		{[]uint64{0}, "linear", 2},
	} {
		s := with(c.worst...)
		ticks := s.ticks()
		if s.word() != c.want || len(ticks) != c.ticks {
			t.Errorf("%v: %s, ticks %v", c.worst, s.word(), ticks)
		}
		last := math.Inf(1)
		for _, n := range append(ticks, slices.Max(c.worst)) {
			y := s.y(n, 0)
			if y < 0 || y > plotHeight {
				t.Errorf("%v: %d is at %v", c.worst, n, y)
			}
			if n > 0 && n != slices.Max(c.worst) && y >= last {
				t.Errorf("%v: %d is no higher than the tick before", c.worst, n)
			}
			last = y
		}
	}
}
