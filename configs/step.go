package configs

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/power"

	"gopkg.in/yaml.v3"
)

// The words of a step.
const (
	stepPrefill = "prefill"
	stepRun     = "run"
	stepWait    = "wait"
	stepEvent   = "event"
	stepRestart = "restart"
	each        = "each"
)

func stepWords() []string {
	var words []string
	for _, f := range StepForms() {
		words = append(words, f.Word)
	}
	return words
}

// StepForm documents one kind of step.
type StepForm struct{ Word, Form, Doc string }

// StepForms lists what a step can be.
func StepForms() []StepForm {
	return []StepForm{
		{stepPrefill, "{extent: LBA+SIZE, with: CONTENT}", "content that is durable on the members before the clock starts: " + strings.Join(contentWords(), ", ")},
		{stepRun, "COMMAND LINE", "a command line, which runs to its end: " + strings.Join(workload.Tools(), ", ")},
		{stepWait, "DURATION", "nothing is typed for so long"},
		{stepEvent, "EVENT", "what happens here; " + each + " is each of events:, in turn"},
		{stepRestart, "HOST", "the host restarts in order, and this host boots"},
	}
}

// read takes the one key that says what the step is.
func (s *Step) read(r *reader, n *yaml.Node, path string) error {
	const example = "for instance: - run: dd if=/dev/zero of=/dev/disk5 bs=1m count=64"
	if n.Kind != yaml.MappingNode {
		return r.fail(n, example, "a step is a key and its value, not %s", shape(n))
	}
	pairs, err := r.pairs(n, path)
	if err != nil {
		return err
	}
	if len(pairs) == 0 {
		return r.fail(n, example, "an empty step")
	}
	key, value := pairs[0].key, pairs[0].value
	r.note(value, join(path, key.Value))
	switch key.Value {
	case stepPrefill:
		err = s.readPrefill(r, value, path)
	case stepRun:
		err = s.readRun(r, value)
	case stepWait:
		s.Kind = Wait
		s.Wait, err = r.duration(value, stepWait, "1ns", "10000h")
	case stepEvent:
		s.Kind = Happen
		if s.Each = value.Value == each; !s.Each {
			s.Event, err = r.event(value)
		}
	case stepRestart:
		s.Kind = Happen
		var boot string
		boot, err = r.text(value, stepRestart)
		s.Event = power.Only(power.Event{Kind: power.Restart, Boot: boot, Outage: power.DefaultOutage})
	default:
		err = r.fail(key, suggest(key.Value, stepWords()), "unknown step %q", key.Value)
	}
	if err == nil && len(pairs) > 1 {
		more := pairs[1].key
		err = r.fail(more, "begin another step: put a dash before it", "a step does one thing, and this one has %q too", more.Value)
	}
	return err
}

// readPrefill reads {extent: LBA+SIZE, with: CONTENT}.
func (s *Step) readPrefill(r *reader, n *yaml.Node, path string) error {
	s.Kind = Prefill
	const example = "write {extent: 0+256MiB, with: pattern}"
	if n.Kind != yaml.MappingNode {
		return r.fail(n, example, "prefill takes a mapping, not %s", shape(n))
	}
	pairs, err := r.pairs(n, path)
	if err != nil {
		return err
	}
	extent, pairs := take(pairs, "extent")
	with, pairs := take(pairs, "with")
	switch {
	case len(pairs) > 0:
		return r.fail(pairs[0].key, suggest(pairs[0].key.Value, []string{"extent", "with"}), "unknown key %q", pairs[0].key.Value)
	case extent == nil || with == nil:
		return r.fail(n, example, "prefill needs an extent and a content")
	}
	if s.Content, err = r.content(with); err != nil {
		return err
	}
	s.Extent, err = r.extent(extent)
	return err
}

// contents are the words for what a prefill writes.
var contents = []struct {
	word string
	is   workload.Content
}{{"pattern", workload.Pattern}, {"zeros", workload.Zeros}, {"random", workload.Random}}

func contentWords() []string {
	var words []string
	for _, c := range contents {
		words = append(words, c.word)
	}
	return words
}

func (r *reader) content(n *yaml.Node) (workload.Content, error) {
	for _, c := range contents {
		if c.word == n.Value {
			return c.is, nil
		}
	}
	return 0, r.fail(n, suggest(n.Value, contentWords()), "with cannot be %q", n.Value)
}

// extent reads "LBA+SIZE".
func (r *reader) extent(n *yaml.Node) (block.Extent, error) {
	const hint = "an extent is the first block, a plus and a size: 0+256MiB"
	start, size, ok := strings.Cut(n.Value, "+")
	if !ok {
		return block.Extent{}, r.fail(n, hint, "%q is no extent", n.Value)
	}
	lba, err := parseCount(strings.TrimSpace(start))
	if err != nil {
		return block.Extent{}, r.fail(n, hint, "extent: %v", err)
	}
	bytes, err := quantity(strings.TrimSpace(size), unitBytes)
	switch {
	case err != nil:
		return block.Extent{}, r.fail(n, hint, "extent: %v", err)
	case bytes == 0 || bytes%block.Size != 0:
		return block.Extent{}, r.fail(n, hint, "an extent is at least one block and whole blocks of %d bytes, not %s", block.Size, strings.TrimSpace(size))
	}
	return block.Extent{Start: block.LBA(lba), Blocks: bytes / block.Size}, nil
}

// readRun reads a command line. Its faults are shown at the word.
func (s *Step) readRun(r *reader, n *yaml.Node) error {
	s.Kind = Run
	line, err := r.text(n, stepRun)
	if err != nil {
		return err
	}
	s.Tool, err = workload.Parse(line)
	var fault *workload.ParseError
	if !errors.As(err, &fault) {
		return err
	}
	message := fault.Problem
	if fault.Tool != "" {
		message = fault.Tool + ": " + message
	}
	column := n.Column + fault.Column - 1
	if n.Style != 0 {
		column++ // a quote stands before the text
	}
	return r.src.fail(n.Line, column, fault.Remedy, "%s", message)
}

// read takes the name, then the keys.
func (c *Case) read(r *reader, n *yaml.Node, path string) error {
	pairs, err := r.pairs(n, path)
	if err != nil {
		return err
	}
	name, pairs := take(pairs, "name")
	if c.Name, err = r.label(n, name, "case"); err != nil {
		return err
	}
	return r.fill(pairs, reflect.ValueOf(c).Elem(), path, "name")
}

// label reads the name of a case or a control: short text, for tables.
func (r *reader) label(n, name *yaml.Node, what string) (string, error) {
	if name == nil {
		return "", r.fail(n, fmt.Sprintf("give it one: a few words for tables, at most %d characters", nameLength), "this %s has no name", what)
	}
	text, err := r.text(name, "name")
	if err == nil && (len([]rune(text)) > nameLength || strings.TrimSpace(text) != text || text == "") {
		err = r.fail(name, fmt.Sprintf("a few words for tables, at most %d characters", nameLength), "%q is no name for a %s", text, what)
	}
	return text, err
}
