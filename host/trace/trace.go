// Package trace reads traces of disk requests that other tools have written, and
// replays them as a load.
//
// An importer is strict: a line that it cannot read is an error with its number,
// and so is a trace without a request. A number that is silently wrong is worse
// than none.
package trace

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tbraid/internal/block"
)

// Record is one request of a trace.
type Record struct {
	At     time.Duration // when it came, in the time of the trace
	Device uint32
	Extent block.Extent // in blocks of 512 bytes
	Write  bool
}

// Error is what is wrong with a trace, and where.
type Error struct {
	File    string
	Line    int    // from 1; 0 is the trace as a whole
	Text    string // of the line
	Problem error
}

// Error says where, what, and which lines would do.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("trace %s: %v", e.File, e.Problem)
	}
	return fmt.Sprintf("trace %s, line %d: %v, in %q", e.File, e.Line, e.Problem, e.Text)
}

// Unwrap gives access to the problem.
func (e *Error) Unwrap() error { return e.Problem }

// What can be wrong with a trace.
var (
	ErrEmpty     = errors.New("no line is a request")
	ErrFields    = errors.New("a line has five fields")
	ErrNumber    = errors.New("a field is not a number that it can be")
	ErrBackwards = errors.New("the request comes before the one above it")
)

// read hands every line to parse. An empty line at the end is the end of the last
// one; any other line has to be a request.
func read(file, text string, parse func(line string) (Record, error)) ([]Record, error) {
	records := make([]Record, 0, strings.Count(text, "\n")+1)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		fault := func(problem error) error { return &Error{file, number, clip(line), problem} }
		r, err := parse(line)
		if err != nil {
			return nil, fault(err)
		}
		if n := len(records); n > 0 && r.At < records[n-1].At {
			return nil, fault(ErrBackwards)
		}
		records = append(records, r)
	}
	if len(records) == 0 {
		return nil, &Error{File: file, Problem: ErrEmpty}
	}
	return records, nil
}

// clip shortens a line that is shown.
func clip(line string) string {
	const most = 80
	if len(line) > most {
		return line[:most] + "…"
	}
	return line
}
