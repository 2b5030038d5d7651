package configs

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"tbraid/firmware"
	"tbraid/host"
	"tbraid/sim/power"
)

// Observations is a question to the model: what explains that these things were
// seen? Box, hosts and policy are sound; mechanisms change them.
type Observations struct {
	Name   string
	File   string // where it was read from; empty for a preset
	Title  string `conf:"title" max:"200" doc:"what was observed, in one line"`
	Source string `conf:"source" max:"500" doc:"where it is from"`

	Seed     uint64           `conf:"seed" unit:"count" doc:"of every random stream"`
	Box      Box              `conf:"box" doc:"the hardware"`
	Hosts    []host.Profile   `conf:"hosts" min:"1" max:"4" doc:"the host under test, then those that a restart boots"`
	Policy   firmware.Profile `conf:"policy" doc:"the firmware as it should be"`
	Files    []File           `conf:"files" max:"64" doc:"files on the host's own disk"`
	Unknown  []Unknown        `conf:"unknown" max:"8" doc:"what was not noted"`
	Observed []Observation    `conf:"observed" min:"1" max:"32" doc:"what was done, and seen"`

	Mechanisms  []Mechanism  `conf:"mechanisms" max:"32" doc:"beside the presets, or in place of one of the same name"`
	Experiments []Experiment `conf:"experiments" max:"32" doc:"likewise"`
}

// LoadObservations reads observations by the name of a preset or the path of a file,
// as Load does.
func LoadObservations(name string, read func(path string) ([]byte, error)) (*Observations, error) {
	if !isPath(name) {
		src := open(Observed, name)
		if src == nil {
			return nil, &Error{File: name, Message: fmt.Sprintf("there is no preset of observations %q", name),
				Hint: suggest(name, names(Observed)) + " A file is given with its ending: " + name + ".yaml"}
		}
		o, err := parseObservations(src, name)
		if err == nil {
			o.File = ""
		}
		return o, err
	}
	if read == nil {
		return nil, &Error{File: name, Message: "there are no files here", Hint: "presets are " + strings.Join(names(Observed), ", ")}
	}
	data, err := read(name)
	if err != nil {
		return nil, err
	}
	return ParseObservations(name, data)
}

// ParseObservations reads observations from the text of a file.
func ParseObservations(file string, data []byte) (*Observations, error) {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	return parseObservations(newSource(file, data), strings.TrimSuffix(base, path.Ext(base)))
}

func parseObservations(src *source, fallback string) (*Observations, error) {
	top, err := src.document()
	if err != nil {
		return nil, err
	}
	o := &Observations{Name: fallback, File: src.name}
	f := newFacts(place{src, top.Line, top.Column})
	r := &reader{src: src, facts: f}
	pairs, err := r.pairs(top, "")
	if err != nil {
		return nil, err
	}
	v := reflect.ValueOf(o).Elem()
	base, pairs := take(pairs, "base")
	name, pairs := take(pairs, "name")
	if base != nil {
		if err := r.named(base, Observed, v, ""); err != nil {
			return nil, err
		}
		o.Name, o.File = fallback, src.name
	}
	if name != nil {
		if o.Name, err = r.label(top, name, "file"); err != nil {
			return nil, err
		}
	}
	if err := r.fill(pairs, v, "", "base", "name"); err != nil {
		return nil, err
	}
	if err := r.complete(top, v); err != nil {
		return nil, err
	}
	return o, o.settle(f)
}

// settle adds the presets and checks what no single key can tell.
func (o *Observations) settle(f *facts) error {
	if err := o.addPresets(f); err != nil {
		return err
	}
	if err := o.settleUnknowns(f); err != nil {
		return err
	}
	if n := combinations(o.Shared(nil)); n > mostCombinations {
		return f.blame(fmt.Sprintf("at most %d: give fewer points, or fewer values", mostCombinations),
			fmt.Sprintf("what is unknown about everything makes %d combinations", n), "unknown")
	}
	if err := o.settleObserved(f); err != nil {
		return err
	}
	if _, err := o.World(nil, Given{}); err != nil {
		return err
	}
	for i := range o.Mechanisms {
		if err := o.settleMechanism(f, &o.Mechanisms[i]); err != nil {
			return err
		}
	}
	for i := range o.Experiments {
		e := &o.Experiments[i]
		if len(e.Script.Uses()) > 0 {
			return f.blame("an experiment is done as it stands: write the value", fmt.Sprintf("the steps of the experiment %s have an unknown", e.Name), "experiments."+e.Name)
		}
		for _, g := range Choices(o.Uses(&e.Script)) {
			if _, err := o.Play(e.Name, &e.Script, e.Volumes, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// addPresets puts the presets of mechanisms and experiments before those of the
// file; one of the same name is replaced.
func (o *Observations) addPresets(f *facts) error {
	r := &reader{src: f.root.src, facts: f}
	var mechanisms []Mechanism
	for _, name := range names(Mechanisms) {
		if !slices.ContainsFunc(o.Mechanisms, func(m Mechanism) bool { return m.Name == name }) {
			var m Mechanism
			if err := r.named(scalar(name), Mechanisms, reflect.ValueOf(&m).Elem(), "mechanisms."+name); err != nil {
				return err
			}
			mechanisms = append(mechanisms, m)
		}
	}
	o.Mechanisms = append(mechanisms, o.Mechanisms...)
	slices.SortStableFunc(o.Mechanisms, func(a, b Mechanism) int { return byID(a.ID, b.ID) })
	var experiments []Experiment
	for _, name := range names(Experiments) {
		if !slices.ContainsFunc(o.Experiments, func(e Experiment) bool { return e.Name == name }) {
			var e Experiment
			if err := r.named(scalar(name), Experiments, reflect.ValueOf(&e).Elem(), "experiments."+name); err != nil {
				return err
			}
			experiments = append(experiments, e)
		}
	}
	o.Experiments = append(experiments, o.Experiments...)
	slices.SortStableFunc(o.Experiments, func(a, b Experiment) int { return byID(a.ID, b.ID) })
	return nil
}

// byID sorts M2 before M10.
func byID(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func (o *Observations) settleUnknowns(f *facts) error {
	seen := map[string]bool{}
	settle := func(all []Unknown, at string) error {
		for i := range all {
			u := &all[i]
			if err := u.settle(); err != nil {
				key, _, _ := strings.Cut(err.Error(), ":")
				_, message, _ := strings.Cut(err.Error(), ": ")
				message, hint, _ := strings.Cut(message, "; ")
				place := fmt.Sprintf("%s[%d]", at, i)
				return f.blame(hint, message, place+"."+key, place)
			}
			if seen[u.Name] {
				return f.blame("give one of them another name", "two unknowns are called "+u.Name, fmt.Sprintf("%s[%d]", at, i))
			}
			seen[u.Name] = true
		}
		return nil
	}
	if err := settle(o.Unknown, "unknown"); err != nil {
		return err
	}
	for i := range o.Mechanisms {
		m := &o.Mechanisms[i]
		if err := settle(m.Unknown, "mechanisms."+m.Name+".unknown"); err != nil {
			return err
		}
	}
	return nil
}

// settleMechanism tries a mechanism alone, with each of its values.
func (o *Observations) settleMechanism(f *facts, m *Mechanism) error {
	at := "mechanisms." + m.Name
	for _, n := range m.With {
		if _, ok := o.FindMechanism(n); !ok {
			var all []string
			for _, o := range o.Mechanisms {
				all = append(all, o.Name)
			}
			return f.blame(suggest(n, all), fmt.Sprintf("there is no mechanism %q", n), at+".with", at)
		}
	}
	for _, set := range m.Set {
		for _, name := range references(set.Text) {
			if !slices.ContainsFunc(m.Unknown, func(u Unknown) bool { return u.Name == name }) {
				return set.at.src.fail(set.at.line, set.at.column, "name it under unknown: of the mechanism", "there is no unknown ${%s}", name)
			}
		}
	}
	if n := combinations(m.Unknown); n > mostCombinations {
		return f.blame(fmt.Sprintf("at most %d: give fewer points, or fewer values", mostCombinations),
			fmt.Sprintf("what is unknown about the mechanism %s makes %d combinations", m.Name, n), at+".unknown", at)
	}
	for _, g := range Choices(m.Unknown) {
		if _, err := o.World([]*Mechanism{m}, g); err != nil {
			return err
		}
	}
	for _, fix := range m.Fix {
		w, err := o.World([]*Mechanism{m}, Choices(m.Unknown)[0])
		if err != nil {
			return err
		}
		if err := o.Mend(&w, fix); err != nil {
			return err
		}
	}
	return nil
}

// settleObserved fills in the steps of experiments and plays every combination of
// unknowns through the reader.
func (o *Observations) settleObserved(f *facts) error {
	seen := map[string]bool{}
	for i := range o.Observed {
		ob, at := &o.Observed[i], fmt.Sprintf("observed[%d]", i)
		if seen[ob.Name] {
			return f.blame("give one of them another name", "two observations are called "+ob.Name, at)
		}
		seen[ob.Name] = true
		if ob.Experiment != "" {
			e, ok := o.FindExperiment(ob.Experiment)
			if !ok {
				var all []string
				for _, e := range o.Experiments {
					all = append(all, e.Name)
				}
				return f.blame(suggest(ob.Experiment, all), fmt.Sprintf("there is no experiment %q", ob.Experiment), at+".experiment", at)
			}
			ob.Script, ob.Volumes, ob.Other = e.Script, e.Volumes, e.Other
			if ob.Title == "" {
				ob.Title = e.Title
			}
		}
		ob.Times = max(ob.Times, 1)
		for _, name := range ob.Script.Uses() {
			u, ok := o.FindUnknown(name)
			if !ok || u.Set.Text != "" || u.Replaces != "" {
				return f.blame("name it under unknown:, without set:", fmt.Sprintf("there is no unknown ${%s} for steps", name), at+".steps", at)
			}
		}
		if ob.Other && len(o.Hosts) < 2 {
			return f.blame("name a second host", "other_host, and there is one host", at+".other_host", at)
		}
		if n := combinations(o.Uses(&ob.Script)); n > mostCombinations {
			return f.blame(fmt.Sprintf("at most %d: give fewer points, or fewer values", mostCombinations),
				fmt.Sprintf("what is unknown about %s makes %d combinations", ob.Name, n), at)
		}
		for _, g := range Choices(o.Uses(&ob.Script)) {
			if _, err := o.Play(ob.Name, &ob.Script, ob.Volumes, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// mostCombinations bounds the ways in which something may have been done, and the
// worlds of one explanation: each is simulated.
const mostCombinations = 256

func combinations(all []Unknown) int {
	n := 1
	for _, u := range all {
		if n *= max(len(u.Values), 1); n > 1<<20 {
			return n
		}
	}
	return n
}

// Uses are the unknowns in the steps of a script, in the order of the file.
func (o *Observations) Uses(s *Script) []Unknown {
	names := s.Uses()
	first := Given{}
	for _, u := range o.Unknown {
		first[u.Name] = u.Values[0]
	}
	steps, _ := s.steps(first) // what is wrong with them Play says
	var all []Unknown
	for _, u := range o.Unknown {
		if slices.Contains(names, u.Name) || u.Replaces != "" && slices.ContainsFunc(steps, u.replaces) {
			all = append(all, u)
		}
	}
	return all
}

// replaces tells whether the event of a step is one that the unknown stands for.
func (u *Unknown) replaces(s Step) bool {
	return s.Kind == Happen && s.Event.String() == u.Replaces
}

// Shared are the unknowns that are the same in every observation: those of the file
// that are about the box or its hosts or said to be, and those of mechanisms.
func (o *Observations) Shared(of []*Mechanism) []Unknown {
	var all []Unknown
	for _, u := range o.Unknown {
		if u.Set.Text != "" || u.Shared || u.Replaces != "" {
			all = append(all, u)
		}
	}
	for _, m := range of {
		all = append(all, m.Unknown...)
	}
	return all
}

// FindUnknown returns an unknown of the file, by name.
func (o *Observations) FindUnknown(name string) (*Unknown, bool) {
	return findNamed(o.Unknown, name, func(u *Unknown) string { return u.Name })
}

// FindMechanism returns a mechanism, by name.
func (o *Observations) FindMechanism(name string) (*Mechanism, bool) {
	return findNamed(o.Mechanisms, name, func(m *Mechanism) string { return m.Name })
}

// FindExperiment returns an experiment, by name.
func (o *Observations) FindExperiment(name string) (*Experiment, bool) {
	return findNamed(o.Experiments, name, func(e *Experiment) string { return e.Name })
}

func findNamed[T any](all []T, name string, of func(*T) string) (*T, bool) {
	for i := range all {
		if of(&all[i]) == name {
			return &all[i], true
		}
	}
	return nil, false
}

// World is the sound one, changed by mechanisms and by what is given for unknowns.
func (o *Observations) World(by []*Mechanism, g Given) (World, error) {
	w := World{Box: o.Box, Policy: o.Policy, count: len(o.Hosts)}
	copy(w.hosts[:], o.Hosts)
	at := place{src: newSource(o.File, nil), line: 1, column: 1}
	for _, u := range o.Unknown {
		if v, ok := g[u.Name]; ok && u.Set.Text != "" {
			set := u.Set
			set.Text += "=" + v
			if err := w.apply(set, g); err != nil {
				return w, err
			}
			at = set.at
		}
	}
	for _, m := range by {
		for _, set := range m.Set {
			if err := w.apply(set, g); err != nil {
				return w, err
			}
			at = set.at
		}
	}
	return w, w.settle(at)
}

// Mend applies a fix.
func (o *Observations) Mend(w *World, fix Fix) error {
	for _, set := range fix.Set {
		if err := w.apply(set, Given{}); err != nil {
			return err
		}
	}
	return w.settle(fix.Set[0].at)
}

// Play is the case that a script is, with what is given for unknowns.
func (o *Observations) Play(name string, s *Script, volumes []Volume, g Given) (Case, error) {
	if len(s.nodes) == 0 {
		return Case{}, &Error{File: o.File, Message: fmt.Sprintf("the experiment %s has no steps", name), Hint: "give it steps: as those of a scenario"}
	}
	steps, err := s.steps(g)
	if err != nil {
		return Case{}, err
	}
	for _, u := range o.Unknown {
		for i := range steps {
			if value, ok := g[u.Name]; ok && u.Replaces != "" && u.replaces(steps[i]) {
				if steps[i].Event, err = power.ParseSequence(value); err != nil {
					return Case{}, &Error{File: o.File, Message: fmt.Sprintf("unknown %s: %v", u.Name, err), Hint: "values are events, as in restart:kext+5s+box-power"}
				}
			}
		}
	}
	one := Scenario{Name: name, Box: o.Box, Hosts: o.Hosts, Policies: []firmware.Profile{o.Policy}, Files: o.Files,
		Cases: []Case{{Name: name, Volumes: slices.Clone(volumes), Steps: steps}}}
	f := newFacts(s.r.facts.root)
	if n := s.nodes[0]; n != nil {
		f.root = place{s.r.src, n.Line, n.Column}
	}
	for i, n := range s.nodes {
		f.places[fmt.Sprintf("cases[0].steps[%d]", i)] = place{s.r.src, n.Line, n.Column}
	}
	if err := one.settle(f); err != nil {
		return Case{}, err
	}
	if len(one.Boots) > 0 {
		return Case{}, f.blame("hosts: has the host under test and those that a restart boots", "the restart boots "+one.Boots[0].Name+", which is not one of hosts:", "cases[0].steps[0]")
	}
	return one.Cases[0], nil
}

// Scenario is one case in one world, for lab.
func (o *Observations) Scenario(w *World, c *Case, other bool) *Scenario {
	hosts := w.Hosts()
	if other && len(hosts) > 1 {
		hosts = append([]host.Profile{hosts[1], hosts[0]}, hosts[2:]...)
	}
	return &Scenario{Name: o.Name, File: o.File, Seed: o.Seed, Box: w.Box, Hosts: hosts, Policies: []firmware.Profile{w.Policy},
		Files: o.Files, Cases: []Case{*c}}
}
