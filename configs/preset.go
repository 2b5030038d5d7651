package configs

import (
	"embed"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tbraid/firmware"
	"tbraid/host"

	"gopkg.in/yaml.v3"
)

//go:embed boxes hosts policies links disks scenarios mechanisms experiments observations
var files embed.FS

// Kind is a kind of preset: the name of its folder, and of the key that takes
// such presets.
type Kind string

// The kinds.
const (
	Boxes       Kind = "boxes"
	Hosts       Kind = "hosts"
	Policies    Kind = "policies"
	Links       Kind = "links"
	Disks       Kind = "disks"
	Scenarios   Kind = "scenarios"
	Mechanisms  Kind = "mechanisms"
	Experiments Kind = "experiments"
	Observed    Kind = "observations"
)

// Kinds lists the kinds that scenarios are made of, and scenarios.
func Kinds() []Kind { return []Kind{Boxes, Hosts, Policies, Links, Disks, Scenarios} }

// DiagnosisKinds lists the kinds that diagnoses are made of.
func DiagnosisKinds() []Kind { return []Kind{Mechanisms, Experiments, Observed} }

// allKinds are both.
func allKinds() []Kind { return append(Kinds(), DiagnosisKinds()...) }

// one is the singular.
func (k Kind) one() string {
	switch k {
	case Boxes:
		return "box"
	case Policies:
		return "policy"
	}
	return strings.TrimSuffix(string(k), "s")
}

// of is the type that presets of the kind fill.
func (k Kind) of() reflect.Type {
	switch k {
	case Boxes:
		return reflect.TypeFor[Box]()
	case Hosts:
		return reflect.TypeFor[host.Profile]()
	case Policies:
		return reflect.TypeFor[firmware.Profile]()
	case Links:
		return reflect.TypeFor[host.LinkSpec]()
	case Disks:
		return reflect.TypeFor[Disk]()
	case Scenarios:
		return reflect.TypeFor[Scenario]()
	case Mechanisms:
		return reflect.TypeFor[Mechanism]()
	case Experiments:
		return reflect.TypeFor[Experiment]()
	case Observed:
		return reflect.TypeFor[Observations]()
	}
	panic("configs: no kind of preset " + string(k))
}

// kindOf is the kind of preset that fills a type.
func kindOf(t reflect.Type) (Kind, bool) {
	for _, k := range allKinds() {
		if k.of() == t {
			return k, true
		}
	}
	return "", false
}

// Preset is one embedded file.
type Preset struct {
	Name   string
	Title  string // one line
	Source string // where its behaviour or figures are documented
}

// Presets lists the presets of a kind by name.
func Presets(kind Kind) []Preset {
	var all []Preset
	for _, name := range names(kind) {
		p := Preset{Name: name}
		if top, err := open(kind, name).document(); err == nil {
			p.Title, p.Source = entry(top, "title"), entry(top, "source")
		}
		all = append(all, p)
	}
	return all
}

// AllPolicies are the policies of every preset, by name.
func AllPolicies() []firmware.Profile {
	var all []firmware.Profile
	for _, name := range names(Policies) {
		var p firmware.Profile
		src := open(Policies, name)
		r := &reader{src: src, facts: newFacts(place{src, 1, 1})}
		if err := r.named(scalar(name), Policies, reflect.ValueOf(&p).Elem(), name); err != nil {
			panic(err) // a test reads every preset
		}
		all = append(all, p)
	}
	return all
}

// entry is the scalar value of a key, or empty.
func entry(n *yaml.Node, key string) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key && n.Content[i+1].Kind == yaml.ScalarNode {
			return n.Content[i+1].Value
		}
	}
	return ""
}

func names(kind Kind) []string {
	entries, err := files.ReadDir(string(kind))
	if err != nil {
		panic(err) // every kind has its folder
	}
	var all []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			all = append(all, name)
		}
	}
	slices.Sort(all) // the folder sorts with the ending
	return all
}

// open is the text of a preset, or nil if there is none of that name.
func open(kind Kind, name string) *source {
	file := path.Join(string(kind), name+".yaml")
	data, err := files.ReadFile(file)
	if err != nil || !nameForm.MatchString(name) {
		return nil
	}
	src := newSource("configs/"+file, data)
	src.embedded = true
	return src
}

// nameForm is what a name looks like that --set can address.
var nameForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

const nameLength = 40

// nestedPresets bounds a chain of presets: scenario, box, disk, and what each is
// based on.
const nestedPresets = 8

// named replaces v by the preset that n names.
func (r *reader) named(n *yaml.Node, kind Kind, v reflect.Value, path string) error {
	name, err := r.text(n, kind.one())
	if err != nil {
		return err
	}
	src := open(kind, name)
	if src == nil {
		return r.fail(n, suggest(name, names(kind)), "there is no %s preset %q", kind.one(), name)
	}
	if r.depth >= nestedPresets {
		return r.fail(n, "", "presets are based on each other in a circle")
	}
	r.facts.forget(path)
	v.SetZero()
	top, err := src.document()
	if err != nil {
		return err
	}
	inner := &reader{src, r.facts, r.depth + 1}
	pairs, err := inner.pairs(top, path)
	if err != nil {
		return err
	}
	base, pairs := take(pairs, "base")
	if base != nil {
		if err := inner.named(base, kind, v, path); err != nil {
			return err
		}
	}
	v.FieldByName("Name").SetString(name)
	if err := inner.fill(pairs, v, path, "base"); err != nil {
		return err
	}
	return inner.complete(top, v)
}

// preset fills v from the name of a preset or from a mapping. A mapping with
// base: starts from a preset; one without refines the value that v has, if it
// has one, for instance that of the base of the mapping around it.
func (r *reader) preset(n *yaml.Node, kind Kind, v reflect.Value, path string) error {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return r.named(n, kind, v, path)
	}
	if n.Kind != yaml.MappingNode {
		return r.fail(n, suggestPreset(kind), "%s takes the name of a preset or a mapping, not %s", kind.one(), shape(n))
	}
	pairs, err := r.pairs(n, path)
	if err != nil {
		return err
	}
	base, pairs := take(pairs, "base")
	given, pairs := take(pairs, "name")
	name := v.FieldByName("Name")
	switch {
	case base != nil:
		if err := r.named(base, kind, v, path); err != nil {
			return err
		}
		name.SetString(name.String() + custom)
	case given == nil && name.String() == "":
		return r.fail(n, fmt.Sprintf("give it a name:, or start from a preset with base:; %s", suggestPreset(kind)),
			"this %s has no name", kind.one())
	}
	if given != nil {
		word, err := r.name(given, kind)
		if err != nil {
			return err
		}
		name.SetString(word)
	}
	if err := r.fill(pairs, v, path, "base", "name"); err != nil {
		return err
	}
	return r.complete(n, v)
}

// custom is what the name of a changed preset ends with if it was given none.
const custom = "-custom"

func suggestPreset(kind Kind) string { return "presets are " + strings.Join(names(kind), ", ") }

// name reads the name of something that a file defines.
func (r *reader) name(n *yaml.Node, kind Kind) (string, error) {
	name, err := r.text(n, "name")
	if err == nil && (!nameForm.MatchString(name) || len(name) > nameLength) {
		err = r.fail(n, fmt.Sprintf("small letters and digits in words joined by hyphens, at most %d: my-%s", nameLength, kind.one()),
			"%q is no name for a %s", name, kind.one())
	}
	return name, err
}

// called is the name that a list element will have, empty if it cannot be told.
func called(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	if name := entry(n, "name"); name != "" {
		return name
	}
	if base := entry(n, "base"); base != "" {
		return base + custom
	}
	return ""
}
