package report

import (
	"fmt"
	"regexp"

	"github.com/jedib0t/go-pretty/v6/text"

	"tbraid/lab"
)

// grade is how a run ended for its user, best first.
type grade uint8

const (
	kept     grade = iota // nothing that was acknowledged is gone
	lost                  // acknowledged, never promised stable, gone
	damaged               // collateral: promised content destroyed by a later write
	broken                // promised stable, gone
	silent                // WRITEs failed and the tool was not told
	failed                // the tool itself failed: not silent loss
	unjudged              // the ledger was off
)

var glyphs = [...]string{"●", "✕", "◐", "‼", "∅", "✗", "–"}

var words = [...]string{"kept", "lost", "damaged", "BROKEN", "unwritten", "failed", "unjudged"}

var colors = [...]text.Colors{{text.FgBlue}, {text.FgYellow}, {text.FgMagenta}, {text.FgRed, text.Bold}, {text.FgRed}, {text.FgMagenta}, {text.Faint}}

// legend explains the glyphs.
var legend = [...]string{
	"nothing acknowledged is gone",
	"acknowledged, never promised stable, and gone",
	"an older promised version was destroyed by a later write",
	"promised stable, and gone: a promise was broken",
	"WRITEs failed and the operating system did not tell the tool, which ended with status 0",
	"the tool reported an error: not a silent loss",
	"nothing was judged: the ledger was off",
}

func gradeOf(r *lab.Run) grade {
	switch {
	case r.Loss.Violation > 0:
		return broken
	case r.Loss.Collateral > 0:
		return damaged
	case r.Loss.Permitted > 0:
		return lost
	case r.Swallowed > 0:
		return silent
	case r.ToolError != "":
		return failed
	case r.Unjudged:
		return unjudged
	}
	return kept
}

var diskError = regexp.MustCompile(`-\d{5}`)

// cell is a run in a few characters.
func (o Options) cell(r *lab.Run) string {
	g := gradeOf(r)
	mark := glyphs[g]
	if o.ASCII {
		mark = words[g]
	}
	s := ""
	switch g {
	case kept:
		s = "kept"
		if r.Replayed > 0 {
			s = "replayed"
		}
		if !o.ASCII {
			s = mark + " " + s
		}
	case silent:
		s = mark + " " + size(r.Swallowed)
	case failed:
		s = o.failure(r)
	case unjudged:
		s = mark
	default:
		s = mark + " " + size(r.Loss.Acknowledged())
		s += share(r)
	}
	if g != failed && r.ToolError != "" {
		s += " " + o.failure(r)
	}
	if o.Color {
		return colors[g].Sprint(s)
	}
	return s
}

// failure is a tool's error: the code that people quote, or its exit status.
func (o Options) failure(r *lab.Run) string {
	mark := glyphs[failed]
	if o.ASCII {
		mark = words[failed]
	}
	if code := diskError.FindString(r.ToolError); code != "" {
		return mark + " " + code
	}
	return fmt.Sprintf("%s exit %d", mark, exitOf(r))
}

// share is how much of what was acknowledged is gone, in percent, where that is
// not all of it.
func share(r *lab.Run) string {
	gone := r.Loss.Acknowledged()
	switch {
	case r.Acked == 0 || gone >= r.Acked:
		return ""
	case gone*100 < r.Acked:
		return " <1%"
	}
	return fmt.Sprintf(" %d%%", gone*100/r.Acked)
}

func exitOf(r *lab.Run) int {
	for _, s := range r.Steps {
		if s.Exit != 0 {
			return s.Exit
		}
	}
	return 0
}

// rate is MB/s as a number; empty if nothing was moved.
func rate(bytesPerSecond uint64) string {
	switch {
	case bytesPerSecond == 0:
		return ""
	case bytesPerSecond < 1e6:
		return fmt.Sprintf("%.2f", float64(bytesPerSecond)/1e6)
	case bytesPerSecond < 10e6:
		return fmt.Sprintf("%.1f", float64(bytesPerSecond)/1e6)
	}
	return fmt.Sprintf("%d", (bytesPerSecond+5e5)/1e6)
}

// cells is the width of s on a terminal.
func cells(s string) int { return text.StringWidthWithoutEscSequences(s) }
