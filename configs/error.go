package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Error is one fault of a file or an argument, with the place to look at and
// what would work there.
type Error struct {
	File         string // as given; "--set" for an argument
	Line, Column int    // from 1, the column in characters; 0 if the file as a whole is meant
	Source       string // the line at fault
	Message      string
	Hint         string // what would work
}

// Error shows the place, the line with a caret under the column, and the hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	b.WriteString(e.Message)
	if e.Line > 0 {
		line, column := clip(e.Source, e.Column)
		fmt.Fprintf(&b, "\n  %s\n  %s^", line, pad(line, column-1))
	}
	if e.Hint != "" {
		b.WriteString("\n" + e.Hint)
	}
	return b.String()
}

// shown is how much of a long line is shown; window is what of it stands before
// the column.
const (
	shown  = 120
	window = 60
)

// clip cuts a window out of a long line and moves the column with it.
func clip(line string, column int) (string, int) {
	r := []rune(line)
	if len(r) <= shown {
		return line, column
	}
	from := max(0, min(column-window, len(r)-shown))
	text := string(r[from : from+shown])
	if from > 0 {
		text, column = "…"+text, column-from+1
	}
	if from+shown < len(r) {
		text += "…"
	}
	return text, column
}

// pad is white space as wide as the first n characters of a line: tabs stay
// tabs, and a Chinese character is as wide as two spaces.
func pad(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n <= 0 {
			break
		}
		n--
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case wide(r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String() + strings.Repeat(" ", max(n, 0))
}

// wide tells whether a terminal gives the character two cells: the main ranges
// of East Asian Width W and F (Unicode Standard Annex 11).
func wide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 ||
		r >= 0xffe0 && r <= 0xffe6 || r >= 0x20000 && r <= 0x3fffd
}

// Suggest is a hint for a word that is none of the options: the one that was
// probably meant, or all of them.
func Suggest(word string, options []string) string { return suggest(word, options) }

// suggest names the option that was probably meant, or all of them.
func suggest(word string, options []string) string {
	if near := nearest(word, options); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(options) == 1 {
		return "the only one is " + options[0]
	}
	return "known are " + strings.Join(options, ", ")
}

// nearest is the option that takes fewest edits, if they are few beside its
// length; the first of equals. Letters in the wrong order are one edit. A long
// word is no spelling mistake.
func nearest(word string, options []string) string {
	best, least := "", 1<<30
	if len(word) > 80 {
		return best
	}
	word = strings.ToLower(word)
	for _, o := range options {
		edits := levenshtein.Distance(word, o, nil)
		if edits > 1 && sameLetters(word, o) {
			edits = 1
		}
		if edits < least && edits <= max(1, len(o)/3) && edits < len(o) {
			best, least = o, edits
		}
	}
	return best
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
