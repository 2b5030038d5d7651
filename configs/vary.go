package configs

import (
	"tbraid/firmware"
	"tbraid/host"
)

// Vary returns a box, a host and a policy with assignments carried out on them, in
// order, as --set carries them out on a scenario: box.KEY=VALUE, hosts.KEY=VALUE or
// hosts.NAME.KEY=VALUE, and the same with policies. It returns an *Error if one is
// not understood, or if what comes out contradicts itself.
func Vary(b Box, h host.Profile, p firmware.Profile, sets []string) (Box, host.Profile, firmware.Profile, error) {
	s := Scenario{Box: b, Hosts: []host.Profile{h}, Policies: []firmware.Profile{p}}
	own := newFacts(place{newSource(setName, nil), 1, 1})
	for _, text := range sets {
		a := assignment{newSource(setName, []byte(text)), 1, 1, text}
		if err := s.assign(own, a); err != nil {
			return b, h, p, err
		}
	}
	if err := s.Box.settle(own, "box"); err != nil {
		return b, h, p, err
	}
	if err := s.Policies[0].Validate(); err != nil {
		return b, h, p, own.contradiction("policies."+p.Name, err)
	}
	if err := s.Box.checkWriteHole(own, &s.Policies[0]); err != nil {
		return b, h, p, err
	}
	return s.Box, s.Hosts[0], s.Policies[0], nil
}
