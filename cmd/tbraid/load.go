package main

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"tbraid/configs"
)

// load reads a scenario: a preset, a file, or standard input.
func (a *app) load(name string, sets []assignment) (*configs.Scenario, error) {
	var s *configs.Scenario
	var err error
	if name == "-" {
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(a.stdin, configs.MaxFileBytes+1)); err == nil {
			s, err = configs.Parse("standard input", data, texts(sets))
		}
	} else {
		s, err = configs.Load(name, configs.ReadFile, texts(sets))
	}
	return s, inputFault(err, name, sets)
}

func texts(sets []assignment) []string {
	var all []string
	for _, s := range sets {
		all = append(all, s.String())
	}
	return all
}

// inputFault says of an error of configs where the user finds the fault.
func inputFault(err error, name string, sets []assignment) error {
	var fault *configs.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &fault):
		return atFlag(fault, sets)
	}
	path := &inputError{path: name, cause: err}
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	if errors.Is(err, fs.ErrNotExist) && isPreset(base) {
		path.hint = "; there is a preset of that name: tbraid run " + base
	}
	return path
}

// atFlag moves a fault of an assignment that a flag stands for to that flag.
func atFlag(e *configs.Error, sets []assignment) error {
	if e.File != "--set" {
		return e
	}
	for _, s := range sets {
		if s.flag != "--set" && s.String() == e.Source {
			moved := *e
			moved.File, moved.Source = s.flag, s.value
			moved.Column = max(1, e.Column-utf8.RuneCountInString(s.path))
			return &moved
		}
	}
	return e
}

func isPreset(name string) bool {
	return slices.ContainsFunc(configs.Presets(configs.Scenarios), func(p configs.Preset) bool { return p.Name == name })
}

// isScenario tells whether run would take the word for a scenario.
func isScenario(word string) bool { return isPreset(word) || isFile(word) }

func isFile(word string) bool {
	ending := filepath.Ext(word)
	return ending == ".yaml" || ending == ".yml"
}
