package configs

import (
	"fmt"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Assert is something that is expected of the result: "lost(dd,*) == 0". Package
// lab/check reads the text; here is what it takes to show a fault in it.
type Assert struct {
	Text string
	at   place // of its first character
}

// NewAssert is an expectation that was given as an argument; errors call it by
// the name of that argument.
func NewAssert(argument, text string) Assert {
	return Assert{text, place{newSource(argument, []byte(text)), 1, 1}}
}

// Where is the file and the line in which it stands. The file is empty for one
// that stands in no file of the user: an argument, or a preset.
func (a Assert) Where() (file string, line int) {
	if a.at.src == nil || a.at.src.embedded || !isPath(a.at.src.name) {
		return "", 0
	}
	return a.at.src.name, a.at.line
}

// Fault is an *Error at the byte of the text at that offset.
func (a Assert) Fault(offset int, hint, format string, args ...any) error {
	if a.at.src == nil {
		return &Error{File: a.Text, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	return a.at.src.fail(a.at.line, a.at.column+utf8.RuneCountInString(a.Text[:offset]), hint, format, args...)
}

// read keeps the text and its place.
func (a *Assert) read(r *reader, n *yaml.Node, _ string) error {
	var err error
	a.Text, err = r.text(n, "an assertion")
	a.at = place{r.src, n.Line, n.Column}
	if n.Style != 0 {
		a.at.column++ // a quote stands before the text
	}
	return err
}
