package configs

import (
	"fmt"
	"reflect"
	"slices"

	"tbraid/host"
	"tbraid/sim/power"
)

// mostPrefill bounds a prefill, which is laid down stripe by stripe.
const mostPrefill = 256 << 30

// settle derives what follows from what was given and checks what no single key
// can tell. It comes after all assignments: two of them may contradict each
// other for a moment.
func (s *Scenario) settle(f *facts) error {
	single := s.Steps != nil
	if single {
		s.Cases, s.Steps = []Case{{Name: s.Name, Title: s.Title, Steps: s.Steps}}, nil
	}
	if len(s.Cases) == 0 {
		return f.blame("give it steps:, or cases: with a name and steps each", "the scenario does nothing", "cases")
	}
	if err := s.Box.settle(f, "box"); err != nil {
		return err
	}
	if err := s.settleNames(f); err != nil {
		return err
	}
	if err := s.settleEvents(f, s.Events, "events"); err != nil {
		return err
	}
	for i := range s.Cases {
		at := fmt.Sprintf("cases[%d]", i)
		if single {
			at = "" // its steps stand at the top
		}
		if err := s.settleCase(f, &s.Cases[i], at); err != nil {
			return err
		}
	}
	s.Volumes = nil // every case has its own now
	if err := s.settleControls(f); err != nil {
		return err
	}
	if err := s.settleExplain(f); err != nil {
		return err
	}
	if err := s.checkFiles(f); err != nil {
		return err
	}
	return s.checkUse(f)
}

// settleNames checks hosts, policies and cases one by one and against each other.
func (s *Scenario) settleNames(f *facts) error {
	seen := map[string]bool{}
	once := func(path, what, name string) error {
		if seen[what+name] {
			return f.blame("give one of them another name", fmt.Sprintf("two %s are called %s", what, name), path)
		}
		seen[what+name] = true
		return nil
	}
	for _, set := range [][]host.Profile{s.Hosts, s.Boots} {
		for i := range set {
			if err := once("hosts."+set[i].Name, "hosts", set[i].Name); err != nil {
				return err
			}
		}
	}
	for i := range s.Policies {
		p := &s.Policies[i]
		if err := once("policies."+p.Name, "policies", p.Name); err != nil {
			return err
		}
		if err := p.Validate(); err != nil {
			return f.contradiction("policies."+p.Name, err)
		}
		if err := s.Box.checkWriteHole(f, p); err != nil {
			return err
		}
		if p.MemberCaches && s.Box.Disk.Cache == 0 {
			return f.blame("give the disk a cache, or set member_caches: false", "member_caches is on, and the disk has none",
				"policies."+p.Name+".member_caches", "box.disk.cache")
		}
	}
	for i, c := range s.Cases {
		if err := once(fmt.Sprintf("cases[%d]", i), "cases", c.Name); err != nil {
			return err
		}
	}
	for i, c := range s.Controls {
		if err := once(fmt.Sprintf("controls[%d]", i), "controls", c.Name); err != nil {
			return err
		}
	}
	return nil
}

// settleExplain checks that the pair of observations names two cases.
func (s *Scenario) settleExplain(f *facts) error {
	if s.Explain == (Explain{}) {
		return nil
	}
	for _, o := range []struct{ key, name string }{{"lost", s.Explain.Lost}, {"kept", s.Explain.Kept}} {
		if _, ok := s.FindCase(o.name); !ok {
			all := make([]string, len(s.Cases))
			for i, c := range s.Cases {
				all[i] = c.Name
			}
			return f.blame(suggest(o.name, all), fmt.Sprintf("explain: there is no case %q", o.name), "explain."+o.key, "explain")
		}
	}
	return nil
}

// settleEvents checks that members exist, and loads the hosts that restarts boot.
func (s *Scenario) settleEvents(f *facts, events []power.Sequence, path string) error {
	for i, q := range events {
		if err := s.settleSequence(f, q, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scenario) settleSequence(f *facts, q power.Sequence, at string) error {
	for _, e := range q {
		if (e.Kind == power.DiskPower || e.Kind == power.DiskFail) && e.Member >= s.Box.Members {
			return f.blame(fmt.Sprintf("members are 0 to %d", s.Box.Members-1),
				fmt.Sprintf("event %s: the array has %d members", e.Event, s.Box.Members), at)
		}
		if e.Kind != power.Restart || e.Boot == "" {
			continue
		}
		if _, known := s.FindHost(e.Boot); known {
			continue
		}
		if open(Hosts, e.Boot) == nil {
			known := names(Hosts)
			for _, h := range slices.Concat(s.Hosts, s.Boots) {
				known = append(known, h.Name)
			}
			return f.blame(suggest(e.Boot, known), fmt.Sprintf("no host %q to boot", e.Boot), at)
		}
		boot := host.Profile{}
		r := &reader{src: f.root.src, facts: f}
		if err := r.named(scalar(e.Boot), Hosts, reflect.ValueOf(&boot).Elem(), "boots."+e.Boot); err != nil {
			return err
		}
		s.Boots = append(s.Boots, boot)
	}
	return nil
}

// settleCase gives the case its volumes and checks its steps.
func (s *Scenario) settleCase(f *facts, c *Case, path string) error {
	volumes := join(path, "volumes")
	if c.Volumes == nil {
		c.Volumes, volumes = s.Volumes, "volumes"
	}
	if len(c.Volumes) == 0 {
		c.Volumes = nil
	}
	if err := s.checkVolumes(f, c.Volumes, volumes); err != nil {
		return err
	}
	var made []string // files that steps before have written
	for i := range c.Steps {
		at := fmt.Sprintf("%s[%d]", join(path, "steps"), i)
		step := &c.Steps[i]
		switch step.Kind {
		case Prefill:
			if end := uint64(step.Extent.End()); end > s.VolumeBlocks() || end < step.Extent.Blocks {
				return f.blame(s.extent(), fmt.Sprintf("the prefill ends beyond the volume, at block %d", end), at)
			}
			if step.Extent.Bytes() > mostPrefill {
				return f.blame(fmt.Sprintf("at most %s; fill what the tools will touch", formatBytes(mostPrefill)),
					"a prefill of "+formatBytes(step.Extent.Bytes()), at)
			}
		case Run:
			if err := s.checkTool(f, step.Tool, append(made, c.mounts()...), at); err != nil {
				return err
			}
			made = append(made, step.Tool.Output)
		case Happen:
			if step.Each {
				continue
			}
			if err := s.settleSequence(f, step.Event, at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Case) mounts() []string {
	var all []string
	for _, v := range c.Volumes {
		all = append(all, v.Mount)
	}
	return all
}

// checkUse refuses events that no step stands for, and the reverse, and a cut
// without an event.
func (s *Scenario) checkUse(f *facts) error {
	used, eventful := false, false
	for _, c := range s.Cases {
		for _, step := range c.Steps {
			used = used || step.Kind == Happen && step.Each
			eventful = eventful || step.Kind == Happen
		}
	}
	switch {
	case s.Cut != (power.Cut{}) && !eventful:
		return f.blame("put a step 'event: box-power' where it would come without a cut",
			"the cut says when the event comes, and no case has an event", "cut")
	case used && len(s.Events) == 0:
		return f.blame("say which: events: [box-power, restart]", "a step is 'event: each', and the scenario has no events", "events")
	case !used && len(s.Events) > 0:
		return f.blame("put a step 'event: each' where they shall happen", "these events never happen", "events", "steps", "cases")
	}
	return nil
}
