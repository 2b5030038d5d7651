package configs

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"tbraid/firmware"
	"tbraid/host"

	"gopkg.in/yaml.v3"
)

// assignment is one PATH=VALUE with the place of its first character.
type assignment struct {
	src          *source
	line, column int
	text         string
}

// setName stands for the file name in an error of an argument.
const setName = "--set"

const assignmentExample = "write PATH=VALUE, as in box.cache.capacity=2GiB, hosts.dext.driver.sync=swallow or policies.destage.age=4s"

func (a assignment) fail(offset int, hint, format string, args ...any) error {
	return a.src.fail(a.line, a.column+utf8.RuneCountInString(a.text[:offset]), hint, format, args...)
}

// parse splits the argument into the words of the path and the value, all with
// their places.
func (a assignment) parse() (keys []*yaml.Node, value *yaml.Node, err error) {
	path, text, ok := strings.Cut(a.text, "=")
	if !ok {
		return nil, nil, a.fail(0, assignmentExample, "there is no = in it")
	}
	at := 0
	for _, word := range strings.Split(path, ".") {
		if word == "" {
			return nil, nil, a.fail(at, assignmentExample, "a word of the path is empty")
		}
		column := a.column + utf8.RuneCountInString(a.text[:at])
		keys = append(keys, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: word, Line: a.line, Column: column})
		at += len(word) + 1
	}
	inner := newSource(a.src.name, []byte(text))
	switch {
	case strings.TrimSpace(text) == "":
		return nil, nil, a.fail(len(path), assignmentExample, "there is no value behind the =")
	case len(a.src.lines) > 1 && a.src.name == setName:
		return nil, nil, a.fail(0, "give every assignment a --set of its own", "there is a line break in it")
	}
	value, err = inner.document()
	if err != nil {
		fault := err.(*Error)
		return nil, nil, a.fail(len(path)+1, fault.Hint, "the value cannot be read: %s", fault.Message)
	}
	shift(value, a.line, a.column+utf8.RuneCountInString(path))
	return keys, value, nil
}

// shift moves a tree to the place where its text stands.
func shift(n *yaml.Node, line, columns int) {
	n.Line, n.Column = line, n.Column+columns
	for _, c := range n.Content {
		shift(c, line, columns)
	}
}

// assign carries one assignment out. hosts.KEY and policies.KEY mean all of
// them; hosts.NAME.KEY one.
func (s *Scenario) assign(f *facts, a assignment) error {
	keys, value, err := a.parse()
	if err != nil {
		return err
	}
	r := &reader{src: a.src, facts: f}
	switch root := keys[0]; {
	case len(keys) > 1 && (root.Value == "host" || root.Value == "hosts"):
		return r.refine(keys, value, elements(s.Hosts, func(h *host.Profile) string { return h.Name }), "hosts")
	case len(keys) > 1 && (root.Value == "policy" || root.Value == "policies"):
		return r.refine(keys, value, elements(s.Policies, func(p *firmware.Profile) string { return p.Name }), "policies")
	case root.Value == "hosts" || root.Value == "policies" || root.Value == "events":
		value = listed(value)
	case root.Value == "host":
		root.Value, value = "hosts", listed(value)
	case root.Value == "policy":
		root.Value, value = "policies", listed(value)
	}
	return r.fill([]pair{{keys[0], nest(keys[1:], value)}}, reflect.ValueOf(s).Elem(), "", "host", "policy")
}

// element is one of several values that an assignment can address by name.
type element struct {
	name string
	v    reflect.Value
}

func elements[T any](all []T, name func(*T) string) []element {
	var es []element
	for i := range all {
		es = append(es, element{name(&all[i]), reflect.ValueOf(&all[i]).Elem()})
	}
	return es
}

// refine sets a key of one element, or of all.
func (r *reader) refine(keys []*yaml.Node, value *yaml.Node, all []element, path string) error {
	targets, rest := all, keys[1:]
	var known []string
	for _, e := range all {
		if known = append(known, e.name); e.name == rest[0].Value {
			targets, rest = []element{e}, rest[1:]
			break
		}
	}
	if len(rest) == 0 {
		return r.fail(keys[1], "go on with the key: "+path+"."+keys[1].Value+".KEY=VALUE", "%s is a name", keys[1].Value)
	}
	for _, e := range targets {
		p := pair{rest[0], nest(rest[1:], value)}
		if err := r.fill([]pair{p}, e.v, join(path, e.name), known...); err != nil {
			return err
		}
	}
	return nil
}

// nest wraps a value into mappings, one a key.
func nest(keys []*yaml.Node, value *yaml.Node) *yaml.Node {
	for i := len(keys) - 1; i >= 0; i-- {
		k := keys[i]
		value = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: k.Line, Column: k.Column, Content: []*yaml.Node{k, value}}
	}
	return value
}

// listed makes a list of "a,b".
func listed(n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.ScalarNode {
		return n
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line, Column: n.Column}
	column := n.Column
	for _, word := range strings.Split(n.Value, ",") {
		item := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(word), Line: n.Line, Column: column}
		list.Content = append(list.Content, item)
		column += utf8.RuneCountInString(word) + 1
	}
	return list
}
