package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tbraid/firmware"
	"tbraid/host"

	"gopkg.in/yaml.v3"
)

// unreadControl is what a control says until the scenario around it is complete.
type unreadControl struct {
	r                          *reader
	at, caseName, host, policy *yaml.Node
	box                        *yaml.Node
	sets                       []*yaml.Node
}

// controlKeys are the keys of a control.
var controlKeys = []string{"name", "title", "case", "host", "policy", "box", "events", "set"}

// read keeps the nodes: host, policy and box may refer to those of the scenario.
func (c *Control) read(r *reader, n *yaml.Node, path string) error {
	pairs, err := r.pairs(n, path)
	if err != nil {
		return err
	}
	u := unreadControl{r: r, at: n}
	var name, title, events, sets *yaml.Node
	for _, p := range pairs {
		slot, ok := map[string]**yaml.Node{"name": &name, "title": &title, "case": &u.caseName, "host": &u.host,
			"policy": &u.policy, "box": &u.box, "events": &events, "set": &sets}[p.key.Value]
		if !ok {
			return r.fail(p.key, suggest(p.key.Value, controlKeys), "unknown key %q", p.key.Value)
		}
		*slot = p.value
	}
	if c.Name, err = r.label(n, name, "control"); err != nil {
		return err
	}
	for _, need := range []struct {
		key string
		is  *yaml.Node
	}{{"case", u.caseName}, {"host", u.host}, {"policy", u.policy}} {
		if need.is == nil {
			return r.fail(n, "a control changes one case under one host and one policy", "key %q is missing", need.key)
		}
	}
	if title != nil {
		if c.Title, err = r.text(title, "title"); err != nil {
			return err
		}
	}
	if events != nil {
		at := field{key: "events", min: "1", max: "16", of: reflect.TypeOf(c.Events)}
		if err := r.value(events, reflect.ValueOf(&c.Events).Elem(), path+".events", at); err != nil {
			return err
		}
	}
	if sets != nil {
		if sets.Kind != yaml.SequenceNode {
			return r.fail(sets, "write a list: [host.driver.sync=swallow]", "set takes a list, not %s", shape(sets))
		}
		u.sets = sets.Content
	}
	c.unread = u
	return nil
}

// settleControls resolves the controls against the scenario.
func (s *Scenario) settleControls(f *facts) error {
	for i := range s.Controls {
		c := &s.Controls[i]
		u := c.unread
		c.unread = unreadControl{}
		if err := c.resolve(s, f, u, fmt.Sprintf("controls[%d]", i)); err != nil {
			return err
		}
		if err := s.settleEvents(f, c.Events, fmt.Sprintf("controls[%d].events", i)); err != nil {
			return err
		}
	}
	return nil
}

// resolve finds or reads host, policy and box, and changes them. The changes
// happen in a scenario of their own, so that the paths are the same as for --set.
func (c *Control) resolve(s *Scenario, f *facts, u unreadControl, at string) error {
	c.Case = u.caseName.Value
	if _, ok := s.FindCase(c.Case); !ok {
		var known []string
		for _, k := range s.Cases {
			known = append(known, k.Name)
		}
		return u.r.fail(u.caseName, suggest(c.Case, known), "there is no case %q", c.Case)
	}
	own := newFacts(place{u.r.src, u.at.Line, u.at.Column})
	r := &reader{u.r.src, own, u.r.depth}
	one := Scenario{Box: s.Box, Hosts: make([]host.Profile, 1), Policies: make([]firmware.Profile, 1)}
	if u.box != nil {
		if err := r.preset(u.box, Boxes, reflect.ValueOf(&one.Box).Elem(), "box"); err != nil {
			return err
		}
	}
	var ok bool
	if one.Hosts[0], ok = s.FindHost(u.host.Value); !ok {
		if err := r.preset(u.host, Hosts, reflect.ValueOf(&one.Hosts[0]).Elem(), "hosts."+called(u.host)); err != nil {
			return err
		}
	}
	if one.Policies[0], ok = s.FindPolicy(u.policy.Value); !ok {
		if err := r.preset(u.policy, Policies, reflect.ValueOf(&one.Policies[0]).Elem(), "policies."+called(u.policy)); err != nil {
			return err
		}
	}
	for _, n := range u.sets {
		text, err := r.text(n, "set")
		if err != nil {
			return err
		}
		a := assignment{u.r.src, n.Line, n.Column, text}
		if n.Style != 0 {
			a.column++ // a quote stands before the text
		}
		if root, _, _ := strings.Cut(text, "."); !slices.Contains([]string{"box", "host", "policy"}, root) {
			return r.fail(n, "a control changes box.…, host.… or policy.…", "%q cannot be changed here", root)
		}
		if err := one.assign(own, a); err != nil {
			return err
		}
	}
	if err := one.Box.settle(own, "box"); err != nil {
		return err
	}
	if err := one.Policies[0].Validate(); err != nil {
		return own.contradiction("policies."+one.Policies[0].Name, err)
	}
	if err := one.Box.checkWriteHole(own, &one.Policies[0]); err != nil {
		return err
	}
	c.Box, c.Host, c.Policy = one.Box, one.Hosts[0], one.Policies[0]
	for _, g := range own.guesses {
		g.Path = at + "." + g.Path
		f.guesses = append(f.guesses, g)
	}
	return nil
}
