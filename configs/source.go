package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Bounds of a file: far above any scenario, low enough that a mistaken file name
// costs no memory and no stack.
const (
	MaxFileBytes = 1 << 20
	maxDepth     = 16
)

// source is one text that values come from.
type source struct {
	name     string
	text     string
	lines    []string
	embedded bool
}

func newSource(name string, data []byte) *source {
	text := strings.TrimPrefix(string(data), "\uFEFF")
	return &source{name: name, text: text, lines: splitLines(text)}
}

// splitLines ends lines where YAML does: a line feed, a carriage return or both,
// NEL, and the line and paragraph separators of Unicode.
func splitLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return strings.Split(text, "\n")
}

// fail is an *Error at a place in s.
func (s *source) fail(line, column int, hint, format string, args ...any) error {
	e := &Error{File: s.name, Line: line, Column: max(column, 1), Hint: hint, Message: fmt.Sprintf(format, args...)}
	if line >= 1 && line <= len(s.lines) {
		e.Source = s.lines[line-1]
	}
	return e
}

// document reads the one YAML document of s. What comes back holds mappings,
// lists and scalars only: no alias, no tag, not deeper than maxDepth.
func (s *source) document() (*yaml.Node, error) {
	if err := s.checkText(); err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(strings.NewReader(s.text))
	root, err := next(decoder)
	switch {
	case errors.Is(err, io.EOF), err == nil && isEmpty(root):
		return nil, &Error{File: s.name, Message: "there is nothing in it",
			Hint: "the shortest scenario is: base: forum"}
	case err != nil:
		return nil, s.syntax(err)
	}
	second, err := next(decoder)
	switch {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, s.syntax(err)
	default:
		return nil, s.fail(second.Line, second.Column, "keep one document; the others go into files of their own",
			"a second document begins here")
	}
	top := root.Content[0]
	return top, s.plain(top, 0)
}

func isEmpty(root *yaml.Node) bool {
	if len(root.Content) == 0 {
		return true
	}
	top := root.Content[0]
	return top.Kind == yaml.ScalarNode && top.Tag == "!!null" && top.Value == ""
}

func next(decoder *yaml.Decoder) (*yaml.Node, error) {
	n := new(yaml.Node)
	return n, decoder.Decode(n)
}

// checkText refuses what is not text before YAML sees it.
func (s *source) checkText() error {
	if len(s.text) > MaxFileBytes {
		return &Error{File: s.name, Message: fmt.Sprintf("the file is larger than %s", formatBytes(MaxFileBytes)),
			Hint: "a scenario is a few kilobytes of YAML; is this the right file?"}
	}
	for i, r := range s.text {
		bad := r == utf8.RuneError && !strings.HasPrefix(s.text[i:], "\uFFFD")
		if r != 0 && !bad {
			continue
		}
		line := strings.Count(s.text[:i], "\n")
		column := utf8.RuneCountInString(s.text[strings.LastIndex(s.text[:i], "\n")+1:i]) + 1
		return &Error{File: s.name, Line: line + 1, Column: column,
			Source:  printable(strings.ToValidUTF8(strings.Split(s.text, "\n")[line], "?")),
			Message: fmt.Sprintf("not a text file: byte %#02x", s.text[i]),
			Hint:    "scenarios are YAML in UTF-8"}
	}
	return nil
}

// printable shows control characters as question marks.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '?'
		}
		return r
	}, line)
}

// plain walks the tree once and refuses what this reader gives no meaning to.
func (s *source) plain(n *yaml.Node, depth int) error {
	const why = "write the values out, or start from a preset with base:"
	switch {
	case depth > maxDepth:
		return s.fail(n.Line, n.Column, "no key of a scenario lies so deep", "nested deeper than %d levels", maxDepth)
	case n.Anchor != "":
		return s.fail(n.Line, n.Column, why, "anchors and aliases (&%s) are not read here", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		return s.fail(n.Line, n.Column, "leave it away: the key says what type it takes", "tags (%s) are not read here", n.Tag)
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if c.Tag == "!!merge" {
				return s.fail(c.Line, c.Column, why, "merge keys (<<) are not read here")
			}
			if c.Kind != yaml.ScalarNode {
				return s.fail(c.Line, c.Column, "", "a key must be a word")
			}
		}
		if err := s.plain(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// searchable is the size up to which the place of a syntax error is searched
// for: some twenty parses of the text.
const searchable = 64 << 10

// syntax turns an error of the YAML library into one with a place. The library
// names the line where the construct at fault began, or the one before, and no
// column. The fault itself lies where the shortest beginning of the text ends
// that fails in the same way.
func (s *source) syntax(cause error) error {
	message := strings.TrimPrefix(cause.Error(), "yaml: ")
	line := 0
	if n, err := fmt.Sscanf(message, "line %d:", &line); n == 1 && err == nil {
		_, message, _ = strings.Cut(message, ": ")
	}
	line, column := max(line, 1), 1
	if len(s.text) <= searchable {
		line, column = s.locate(cause.Error())
	}
	e := s.fail(line, column, advice(message), "%s", message).(*Error)
	e.Source = printable(e.Source)
	indent := e.Source[:len(e.Source)-len(strings.TrimLeft(e.Source, " \t"))]
	if at := strings.IndexByte(indent, '\t'); at >= 0 {
		e.Column, e.Message, e.Hint = at+1, "a tab cannot indent YAML", "indent with spaces"
	}
	return e
}

// locate searches for the end of the shortest beginning that fails with the
// given message.
func (s *source) locate(message string) (line, column int) {
	fails := func(n int) bool {
		decoder := yaml.NewDecoder(bytes.NewReader([]byte(s.text[:n])))
		for range 2 { // document reads no further
			if _, err := next(decoder); err != nil {
				return err.Error() == message
			}
		}
		return false
	}
	lo, hi := 0, len(s.text)
	for lo < hi {
		if mid := (lo + hi) / 2; fails(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	lines := splitLines(strings.ToValidUTF8(s.text[:hi], "?"))
	last := lines[len(lines)-1]
	return len(lines), max(1, utf8.RuneCountInString(last))
}

func advice(message string) string {
	switch {
	case strings.Contains(message, "mapping values are not allowed"):
		return "a value that holds \": \" needs quotes; a key stands under its neighbours, in the same column"
	case strings.Contains(message, "did not find expected key"), strings.Contains(message, "did not find expected '-'"):
		return "keys of one mapping, and items of one list, stand in the same column"
	case strings.Contains(message, "cannot start any token"):
		return "put the value in quotes"
	}
	return "every [ { and quote needs its end, and a value with special characters needs quotes"
}
