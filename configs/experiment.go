package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tbraid/host"
	"tbraid/internal/words"

	"gopkg.in/yaml.v3"
)

// Script is the steps of an observation or an experiment. Where a step has ${NAME}
// an unknown stands, so steps are read once for each of its values.
type Script struct {
	nodes []*yaml.Node
	r     *reader
	path  string
}

func (s *Script) read(r *reader, n *yaml.Node, path string) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return r.fail(n, "write one a line, behind a dash", "steps takes a list, not %s", shape(n))
	}
	*s = Script{n.Content, r, path}
	return nil
}

// Uses are the names of unknowns in the steps.
func (s *Script) Uses() []string {
	var all []string
	for _, n := range s.nodes {
		walk(n, func(c *yaml.Node) {
			for _, name := range references(c.Value) {
				if !slices.Contains(all, name) {
					all = append(all, name)
				}
			}
		})
	}
	return all
}

func walk(n *yaml.Node, do func(*yaml.Node)) {
	do(n)
	for _, c := range n.Content {
		walk(c, do)
	}
}

// steps reads the steps with unknowns replaced.
func (s *Script) steps(g Given) ([]Step, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, n := range s.nodes {
		list.Content = append(list.Content, replaced(n, g))
	}
	var all []Step
	r := &reader{s.r.src, newFacts(s.r.facts.root), s.r.depth}
	err := r.value(list, reflect.ValueOf(&all).Elem(), "steps", field{key: "steps", max: "100", of: reflect.TypeOf(all)})
	return all, err
}

// replaced is a copy of the tree with the values of unknowns in it.
func replaced(n *yaml.Node, g Given) *yaml.Node {
	c := *n
	c.Value, c.Content = g.expand(n.Value), nil
	for _, o := range n.Content {
		c.Content = append(c.Content, replaced(o, g))
	}
	return &c
}

// Experiment is something to do, and what to look at.
type Experiment struct {
	Name   string
	ID     string `conf:"id" min:"1" max:"6" doc:"short, for tables"`
	Title  string `conf:"title" max:"120" doc:"what is done, in one line"`
	Source string `conf:"source" max:"500" doc:"where it is from"`

	Other   bool     `conf:"other_host" doc:"it begins under the first of the other hosts, not under the one under test"`
	Volumes []Volume `conf:"volumes" max:"4" doc:"file systems on the box when it begins"`
	Script  Script   `conf:"steps" doc:"what is done, in order"`
	Looks   []Look   `conf:"look" max:"8" doc:"what is looked at; nothing: what tools read and say"`
	Cost    Cost     `conf:"cost" doc:"what it takes"`
}

// Cost is what an experiment takes.
type Cost struct {
	Minutes   int     `conf:"minutes" unit:"count" max:"100000" doc:"of somebody's time"`
	Destroys  Damages `conf:"destroys" doc:"what of the disk is gone after it"`
	PowerPull bool    `conf:"power_pull" doc:"the power of the box is taken away while it works"`
	Kext      bool    `conf:"kext" doc:"it needs a machine with the kernel extension"`
}

// Damages is what of the disk an experiment writes over.
type Damages uint8

// The damages, least first.
const (
	DestroysNothing Damages = iota
	DestroysRegion          // the blocks that its steps name
	DestroysDisk            // the partition map and all volumes
)

var damages = []string{"nothing", "region", "disk"}

func (d Damages) String() string                { return damages[d] }
func (Damages) Options() []string               { return damages }
func (d *Damages) UnmarshalText(b []byte) error { return words.Pick(d, damages, b) }

// Look is something to look at.
type Look uint8

// The looks.
const (
	LookRead     Look = iota // what tools read after the last event
	LookReadBack             // what they read before it
	LookError                // what a tool complains of
	LookIOErrors             // I/O errors in the kernel log
	LookSyncs                // SYNCHRONIZE CACHE in the logs of driver and firmware, until the event has passed
)

var looks = []string{"read", "read-back", "error", "io-errors", "syncs"}

func (l Look) String() string                { return looks[l] }
func (Look) Options() []string               { return looks }
func (l *Look) UnmarshalText(b []byte) error { return words.Pick(l, looks, b) }

// Observation is something that was done and what was seen.
type Observation struct {
	Name       string
	Title      string   `conf:"title" max:"200" doc:"what was done, in one line"`
	Experiment string   `conf:"experiment" max:"40" doc:"the experiment that it was; or steps"`
	Other      bool     `conf:"other_host" doc:"it began under the first of the other hosts"`
	Volumes    []Volume `conf:"volumes" max:"4" doc:"file systems on the box when it began"`
	Script     Script   `conf:"steps" doc:"what was done, in order"`
	Saw        Sighting `conf:"saw" doc:"what was seen"`
	Times      int      `conf:"times" unit:"count" max:"1000" doc:"how often, always with this result; 0 is once"`
}

// Sighting is what was seen. What is not said was not looked at.
type Sighting struct {
	Read     Words  `conf:"read" max:"8" doc:"what tools read after the last event, all of them in one word or a list of one each: correct, old, zeros, mixed, wrong, missing, or lost for any but correct"`
	ReadBack string `conf:"read_back" max:"16" doc:"what they read before it"`
	Error    Words  `conf:"error" max:"1" doc:"the number or exit status that a tool ended with: -69825; none if no tool failed"`
	IOErrors Amount `conf:"io_errors" doc:"I/O errors in the kernel log"`
	Driver   Amount `conf:"driver_syncs" doc:"SYNCHRONIZE CACHE in the driver's log, until the event has passed"`
	Firmware Amount `conf:"firmware_syncs" doc:"and in the firmware's"`
}

// Amount is how many of something were seen.
type Amount uint8

// The amounts.
const (
	Unsaid Amount = iota
	None
	Some
)

var amounts = []string{"unsaid", "none", "some"}

func (a Amount) String() string                { return amounts[a] }
func (Amount) Options() []string               { return amounts }
func (a *Amount) UnmarshalText(b []byte) error { return words.Pick(a, amounts, b) }

// ReadingWords are what a reading can come to; lost is any but correct.
func ReadingWords() []string {
	return []string{"correct", "old", "zeros", "mixed", "wrong", "missing", "lost"}
}

// read takes the name, then the keys.
func (o *Observation) read(r *reader, n *yaml.Node, path string) error {
	pairs, err := r.pairs(n, path)
	if err != nil {
		return err
	}
	name, pairs := take(pairs, "name")
	if o.Name, err = r.label(n, name, "observation"); err != nil {
		return err
	}
	if err := r.fill(pairs, reflect.ValueOf(o).Elem(), path, "name"); err != nil {
		return err
	}
	steps, _ := take(pairs, "steps")
	of, _ := take(pairs, "experiment")
	switch {
	case steps == nil && of == nil:
		return r.fail(n, "give it steps:, or experiment: with the name of one", "the observation %q does not say what was done", o.Name)
	case steps != nil && of != nil:
		return r.fail(of, "leave one away", "the observation %q has steps and an experiment", o.Name)
	}
	saw, _ := take(pairs, "saw")
	if saw == nil {
		return r.fail(n, "for instance saw: {read: zeros}", "the observation %q does not say what was seen", o.Name)
	}
	return o.Saw.check(r, saw)
}

func (s *Sighting) check(r *reader, n *yaml.Node) error {
	for _, w := range append(slices.Clone(s.Read), s.ReadBack) {
		if w != "" && !slices.Contains(ReadingWords(), w) {
			return r.fail(n, suggest(w, ReadingWords()), "nothing reads as %q", w)
		}
	}
	if len(s.Read) == 0 && s.ReadBack == "" && len(s.Error) == 0 && s.IOErrors == Unsaid && s.Driver == Unsaid && s.Firmware == Unsaid {
		return r.fail(n, "for instance saw: {read: zeros}", "nothing was seen")
	}
	return nil
}

// String is the sighting as a clause.
func (s Sighting) String() string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if s.ReadBack != "" {
		say("read back %s", s.ReadBack)
	}
	if len(s.Read) > 0 {
		say("reads %s", strings.Join(s.Read, ", then "))
	}
	for _, e := range s.Error {
		if e == "none" {
			say("no error")
		} else {
			say("error %s", e)
		}
	}
	for _, c := range []struct {
		is   Amount
		what string
	}{{s.IOErrors, "I/O errors in the kernel log"}, {s.Driver, "SYNCHRONIZE CACHE at the driver"}, {s.Firmware, "SYNCHRONIZE CACHE at the firmware"}} {
		switch c.is {
		case None:
			say("no %s", c.what)
		case Some:
			say("%s", c.what)
		}
	}
	return strings.Join(all, ", ")
}

// Boots is the profile that a restart in a case boots, by name.
func (w *World) Boots(name string) (host.Profile, bool) {
	for _, h := range w.Hosts() {
		if h.Name == name {
			return h, true
		}
	}
	return host.Profile{}, false
}
