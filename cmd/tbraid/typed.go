package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tbraid/configs"
	"tbraid/host/workload"
)

// typedName is the name of a scenario made of command lines, and what an error in
// it calls its file.
const typedName = "command line"

// volumeStart is the first block of a volume behind a GPT and the EFI partition of
// 200 MiB that diskutil makes (block 40, 409600 blocks).
const volumeStart = 409640

// commandLines are the arguments of run if they are command lines to replay, else
// nil. One command may stand there without quotes, word by word.
func commandLines(args []string) []string {
	switch {
	case len(args) == 0 || !isCommandLine(args[0]):
		return nil
	case len(args) > 1 && isTool(args[0]) && (args[0] == "sudo" || !isCommandLine(args[1])):
		var words []string
		for _, a := range args {
			words = append(words, shellWord(a))
		}
		return []string{strings.Join(words, " ")}
	}
	return args
}

// isCommandLine tells whether an argument is meant as a command line: its first
// word is a tool, or it has several words and is no file.
func isCommandLine(arg string) bool {
	words := strings.Fields(arg)
	if len(words) == 0 {
		return false
	}
	return isTool(words[0]) || len(words) > 1 && !isFile(arg)
}

func isTool(word string) bool {
	return slices.Contains([]string{"dd", "cp", "diskutil", "sync", "sudo"}, path.Base(word))
}

// typed makes a scenario of command lines. It is written as a file would be and
// read like one, so that all checks are the same: once as it was typed, and once
// more with what follows from it.
func (o *runFlags) typed(lines []string, sets []assignment) (*configs.Scenario, error) {
	for _, line := range lines {
		if err := checkLine(line); err != nil {
			return nil, err
		}
	}
	draft, err := o.script(lines, nil).parse(sets)
	if err != nil {
		return nil, err
	}
	return o.script(lines, regions(draft)).parse(sets)
}

// checkLine shows a fault of a command line in the line itself.
func checkLine(line string) error {
	_, err := workload.Parse(line)
	var fault *workload.ParseError
	if !errors.As(err, &fault) {
		return err
	}
	message := fault.Problem
	if fault.Tool != "" {
		message = fault.Tool + ": " + message
	}
	return &configs.Error{File: typedName, Line: 1, Column: fault.Column, Source: line, Message: message, Hint: fault.Remedy}
}

// script is the text of a scenario; for each line, it knows what was typed.
type script struct {
	text strings.Builder
	from []origin
}

// origin is the argument that a line of a script was made of.
type origin struct {
	flag   string
	text   string
	column int // of the value, from 1
}

// add writes a line: indentation and key, and a value that JSON and YAML read
// alike.
func (s *script) add(from origin, key string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // values are strings and numbers
	}
	fmt.Fprintf(&s.text, "%s %s\n", key, text)
	s.from = append(s.from, from)
}

// heading writes a line that no argument is to blame for.
func (s *script) heading(line string) {
	s.text.WriteString(line + "\n")
	s.from = append(s.from, origin{})
}

// script writes the scenario. Without regions nothing is filled and read back.
func (o *runFlags) script(lines []string, written []region) *script {
	s := &script{}
	s.heading("base: " + defaultScenario)
	s.heading("source: typed")
	s.add(origin{}, "title:", title(lines))
	s.heading("events: [box-power]")
	if len(o.files) > 0 {
		s.heading("files:")
	}
	for _, f := range o.files {
		name, size, _ := strings.Cut(f, "=")
		s.add(origin{"--file", f, 1}, "  - path:", name)
		s.add(origin{"--file", f, min(utf8.RuneCountInString(name)+2, utf8.RuneCountInString(f))}, "    size:", size)
	}
	s.heading("cases:")
	s.add(origin{}, "  - name:", toolNames(lines))
	if o.volume != "" {
		s.volume(o.volume)
	}
	s.heading("    steps:")
	for _, w := range written {
		if o.volume == "" && w.node.Slice == 0 {
			s.heading(fmt.Sprintf("      - prefill: {extent: %d+%dB, with: pattern}", w.extent.Start, w.extent.Bytes()))
		}
	}
	for _, line := range lines {
		s.add(origin{typedName, line, 1}, "      - run:", line)
	}
	if o.after != 0 {
		s.add(origin{"--after", o.after.String(), 1}, "      - wait:", fmt.Sprintf("%dns", o.after/time.Nanosecond))
	}
	s.heading("      - event: each")
	for _, w := range written {
		s.add(origin{}, "      - run:", w.readBack())
	}
	return s
}

// volume writes the volume of --volume PATH[:KIND].
func (s *script) volume(arg string) {
	mount, kind, given := strings.Cut(arg, ":")
	if !given {
		kind = configs.HFSPlus.String()
	}
	column := min(utf8.RuneCountInString(mount)+2, utf8.RuneCountInString(arg))
	s.heading("    volumes:")
	s.add(origin{"--volume", arg, 1}, "      - mount:", mount)
	s.add(origin{"--volume", arg, column}, "        fs:", kind)
	s.add(origin{"--volume", arg, 1}, "        label:", path.Base(mount))
	s.add(origin{"--volume", arg, 1}, "        start:", volumeStart)
}

// parse reads the script as a file is read. A fault is shown in the argument.
func (s *script) parse(sets []assignment) (*configs.Scenario, error) {
	scenario, err := configs.Parse(typedName, []byte(s.text.String()), texts(sets))
	var fault *configs.Error
	if !errors.As(err, &fault) || fault.File != typedName || fault.Line < 1 || fault.Line > len(s.from) {
		return scenario, inputFault(err, typedName, sets)
	}
	from := s.from[fault.Line-1]
	moved := *fault
	moved.Line, moved.Column, moved.Source = 1, max(from.column, 1), from.text
	if moved.File = from.flag; from.flag == "" {
		moved.File, moved.Line = typedName, 0 // nothing that was typed is to blame
	}
	if from.flag == typedName && strings.HasPrefix(fault.Hint, "declare it") {
		moved.Hint = "declare it with --file PATH=SIZE, or mount a volume with --volume"
	}
	return nil, &moved
}

// title is the heading of the report: the lines, as far as a title goes.
func title(lines []string) string {
	const most = 200 // configs.Scenario, title
	text := []rune(strings.Join(lines, "; "))
	if len(text) > most {
		text = append(text[:most-1], '…')
	}
	return string(text)
}

// toolNames names the case by its tools, each once.
func toolNames(lines []string) string {
	var names []string
	for _, line := range lines {
		if t, err := workload.Parse(line); err == nil && !slices.Contains(names, t.Name) {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ", ")
}
