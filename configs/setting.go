package configs

import (
	"slices"
	"strings"

	"tbraid/firmware"
	"tbraid/host"

	"gopkg.in/yaml.v3"
)

// Setting is one PATH=VALUE that changes the world of an explanation. The path
// begins with host (the one under test), others (the hosts that a restart can boot),
// hosts (all of them), policy or box.
type Setting struct {
	Text string
	at   place
}

// settingRoots are what a path can begin with.
var settingRoots = []string{"host", "others", "hosts", "policy", "box"}

func (s *Setting) read(r *reader, n *yaml.Node, path string) error {
	text, err := r.text(n, last(path))
	if err != nil {
		return err
	}
	root, _, ok := strings.Cut(text, ".")
	if !ok || !slices.Contains(settingRoots, root) {
		return r.fail(n, "it begins with "+strings.Join(settingRoots, ".…, ")+".…, as in host.driver.sync=swallow",
			"%q is no setting", text)
	}
	column := n.Column
	if n.Style != 0 {
		column++ // a quote stands before the text
	}
	*s = Setting{text, place{r.src, n.Line, column}}
	return nil
}

// path is what is set.
func (s Setting) path() string {
	path, _, _ := strings.Cut(s.Text, "=")
	return path
}

// Clashes tells whether two settings give a key different values.
func (s Setting) Clashes(o Setting) bool {
	if s.Text == o.Text {
		return false
	}
	root, rest, _ := strings.Cut(s.path(), ".")
	other, same, _ := strings.Cut(o.path(), ".")
	if rest != same {
		return false
	}
	hosts := []string{"host", "others", "hosts"}
	return root == other || slices.Contains(hosts, root) && slices.Contains(hosts, other) && (root == "hosts" || other == "hosts")
}

// MaxHosts is how many hosts an explanation can speak of: the one under test and
// those that a restart boots.
const MaxHosts = 4

// World is a box with its firmware and hosts. Worlds that are equal behave alike.
type World struct {
	Box    Box
	Policy firmware.Profile
	hosts  [MaxHosts]host.Profile
	count  int
}

// Hosts are the one under test and the others.
func (w *World) Hosts() []host.Profile { return w.hosts[:w.count] }

// apply carries a setting out.
func (w *World) apply(s Setting, g Given) error {
	text := g.expand(s.Text)
	one := Scenario{Box: w.Box, Hosts: w.hosts[:w.count], Policies: []firmware.Profile{w.Policy}}
	switch root, rest, _ := strings.Cut(text, "."); root {
	case "host":
		one.Hosts = w.hosts[:1]
	case "others":
		if w.count == 1 {
			return nil
		}
		one.Hosts, text = w.hosts[1:w.count], "hosts."+rest
	}
	f := newFacts(s.at)
	if err := one.assign(f, assignment{s.at.src, s.at.line, s.at.column, text}); err != nil {
		return err
	}
	w.Box, w.Policy = one.Box, one.Policies[0]
	return nil
}

// settle checks what no single setting can tell.
func (w *World) settle(at place) error {
	f := newFacts(at)
	if err := w.Box.settle(f, "box"); err != nil {
		return err
	}
	if err := w.Policy.Validate(); err != nil {
		return f.contradiction("policy", err)
	}
	return w.Box.checkWriteHole(f, &w.Policy)
}
