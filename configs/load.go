package configs

import (
	"fmt"
	"io"
	"os"
	"path"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// Load reads a scenario by the name of a preset or by the path of a file, and
// applies the assignments PATH=VALUE of --set in order. What has a slash or ends
// in .yaml or .yml is a path and is read with read; nil means that there are no
// files. Every fault of the scenario is an *Error; others come from read.
func Load(name string, read func(path string) ([]byte, error), sets []string) (*Scenario, error) {
	if isPath(name) {
		if read == nil {
			return nil, &Error{File: name, Message: "there are no files here", Hint: "presets are " + strings.Join(names(Scenarios), ", ")}
		}
		data, err := read(name)
		if err != nil {
			return nil, err
		}
		return Parse(name, data, sets)
	}
	src := open(Scenarios, name)
	if src == nil {
		return nil, &Error{File: name, Message: fmt.Sprintf("there is no scenario preset %q", name),
			Hint: suggest(name, names(Scenarios)) + " A file is given with its ending: " + name + ".yaml"}
	}
	s, err := parse(src, name, sets)
	if err != nil {
		return nil, err
	}
	s.File = ""
	return s, nil
}

func isPath(name string) bool {
	return strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// ReadFile reads a file of the disk for Load. It reads little more than
// MaxFileBytes, however large the file is.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
}

// Parse reads a scenario from the text of a file, as Load does.
func Parse(file string, data []byte, sets []string) (*Scenario, error) {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	return parse(newSource(file, data), strings.TrimSuffix(base, path.Ext(base)), sets)
}

func parse(src *source, fallback string, sets []string) (*Scenario, error) {
	top, err := src.document()
	if err != nil {
		return nil, err
	}
	s := &Scenario{Name: fallback, File: src.name}
	f := newFacts(place{src, top.Line, top.Column})
	r := &reader{src: src, facts: f}
	if err := r.scenario(s, top); err != nil {
		return nil, err
	}
	for _, text := range sets {
		if err := s.assign(f, assignment{newSource(setName, []byte(text)), 1, 1, text}); err != nil {
			return nil, err
		}
		s.Sets = append(s.Sets, text)
	}
	if err := s.settle(f); err != nil {
		return nil, err
	}
	s.Guesses = f.unique()
	return s, nil
}

// scenario reads the mapping at the top of a file.
func (r *reader) scenario(s *Scenario, top *yaml.Node) error {
	pairs, err := r.pairs(top, "")
	if err != nil {
		return err
	}
	v := reflect.ValueOf(s).Elem()
	base, pairs := take(pairs, "base")
	name, pairs := take(pairs, "name")
	if base != nil {
		file, fallback := s.File, s.Name
		if err := r.named(base, Scenarios, v, ""); err != nil {
			return err
		}
		s.File, s.Name = file, fallback
	}
	if name != nil {
		if s.Name, err = r.label(top, name, "scenario"); err != nil {
			return err
		}
	}
	steps, _ := take(pairs, "steps")
	cases, _ := take(pairs, "cases")
	switch {
	case steps != nil && cases != nil:
		return r.fail(steps, "make them one more case", "a scenario has steps or cases, not both")
	case steps != nil || cases != nil: // those of the base, and what refers to them, are replaced
		s.Steps, s.Cases, s.Controls, s.Explain, s.Asserts = nil, nil, nil, Explain{}, nil
		r.facts.replaced("steps", "cases", "controls")
	}
	if err := r.fill(pairs, v, "", "base", "name"); err != nil {
		return err
	}
	return r.complete(top, v)
}
