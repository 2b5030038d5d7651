package configs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tbraid/firmware"
	"tbraid/host"
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/internal/words"
	"tbraid/sim/power"
)

// Device is the identifier that the volume of the box has on every host.
const Device = "disk5"

// Scenario is a question to the model: these commands, on this box, under each
// of these hosts and firmware policies, with each of these events.
type Scenario struct {
	Name   string
	File   string // where it was read from; empty for a preset
	Title  string `conf:"title" max:"200" doc:"what it asks, in one line"`
	Source string `conf:"source" max:"500" doc:"where the question is from"`

	Seed     uint64             `conf:"seed" unit:"count" doc:"of every random stream"`
	Box      Box                `conf:"box" doc:"the hardware"`
	Hosts    []host.Profile     `conf:"hosts" min:"1" max:"8" doc:"each case runs under each of them"`
	Policies []firmware.Profile `conf:"policies" min:"1" max:"32" doc:"each case runs under each of them"`
	Events   []power.Sequence   `conf:"events" max:"16" doc:"what a step 'event: each' stands for, one after the other"`
	Cut      power.Cut          `conf:"cut" omit:"zero" doc:"when the first event of each case comes, wherever its steps stand then: 1.5s is counted from the beginning of the case, +250ms from its last command line before the event"`
	Files    []File             `conf:"files" max:"64" doc:"files on the host's own disk"`
	Volumes  []Volume           `conf:"volumes" max:"4" doc:"file systems on the box when a case begins, formatted and mounted; for cases that name none of their own"`
	Steps    []Step             `conf:"steps" max:"100" doc:"the only case, named after the scenario"`
	Cases    []Case             `conf:"cases" max:"32" doc:"the cases; give these or steps"`
	Controls []Control          `conf:"controls" max:"32" doc:"variants that a report compares with a case"`
	Explain  Explain            `conf:"explain" doc:"a pair of observations; a report names every policy that shows both"`
	Asserts  []Assert           `conf:"asserts" max:"100" doc:"what tbraid check holds the result to, as in lost(dd,*) == 0"`
	// Boots has the profiles that a restart boots and that are not in Hosts. The
	// reader adds presets by itself.
	Boots []host.Profile `conf:"boots" max:"8" doc:"hosts that only boot after a restart"`

	Sets    []string // the --set arguments in force, in order
	Guesses []Guess  // values of presets that no source backs
}

// Explain is a pair of observations: reading back after the event, one case finds
// its data gone and the other finds them there. Both names are empty or neither.
type Explain struct {
	Lost string `conf:"lost" doc:"the case that lost its data"`
	Kept string `conf:"kept" doc:"the case that kept them"`
}

// Case is one story.
type Case struct {
	Name    string
	Title   string   `conf:"title" max:"200" doc:"what it shows, in one line"`
	Volumes []Volume `conf:"volumes" max:"4" doc:"as volumes of the scenario, for this case alone; [] for none"`
	Steps   []Step   `conf:"steps" min:"1" max:"100" doc:"what happens, in order"`
}

// StepKind says which field of a Step counts.
type StepKind uint8

// The kinds of steps.
const (
	Prefill StepKind = iota // Extent, Content: is durable on the members before the clock starts
	Run                     // Tool: a command line runs to its end
	Wait                    // Wait: nothing is typed
	Happen                  // Event, or each event of the scenario if Each
)

// Step is one step of a case.
type Step struct {
	Kind    StepKind
	Extent  block.Extent
	Content workload.Content
	Tool    workload.Tool
	Wait    time.Duration
	Event   power.Sequence
	Each    bool
}

// File is a file on the host's own disk, or a numbered set of them.
type File struct {
	Path  string `conf:"path" min:"1" max:"1000" doc:"absolute; for a set, a * stands for the number"`
	Size  uint64 `conf:"size" unit:"bytes" max:"1TiB" doc:"of each"`
	Count int    `conf:"count" unit:"count" max:"10000" doc:"how many; 0 and 1 are one"`
}

// Paths are the names of the files of a set: the * becomes 001, 002 and so on,
// so that they sort as they count.
func (f File) Paths() []string {
	if f.Count <= 1 {
		return []string{strings.Replace(f.Path, "*", "001", 1)}
	}
	digits := max(3, len(fmt.Sprint(f.Count)))
	all := make([]string, f.Count)
	for i := range all {
		all[i] = strings.Replace(f.Path, "*", fmt.Sprintf("%0*d", digits, i+1), 1)
	}
	return all
}

// FileSystem is a kind of file system.
type FileSystem uint8

// The file systems.
const (
	HFSPlus FileSystem = iota // Mac OS Extended (Journaled)
	APFS
)

// String is the word that files use.
func (s FileSystem) String() string { return s.Options()[s] }

// Options lists the words of all file systems.
func (FileSystem) Options() []string { return []string{"hfs+", "apfs"} }

// UnmarshalText reads one of Options.
func (s *FileSystem) UnmarshalText(text []byte) error {
	return words.Pick(s, s.Options(), text)
}

// Volume is a formatted and mounted slice of the box.
type Volume struct {
	Mount string     `conf:"mount" min:"1" max:"200" doc:"mount point, below /Volumes"`
	FS    FileSystem `conf:"fs" doc:"file system"`
	Name  string     `conf:"label" min:"1" max:"64" doc:"volume name"`
	Start block.LBA  `conf:"start" unit:"count" min:"34" doc:"first block; a GPT takes the first 34"`
	Size  uint64     `conf:"size" unit:"bytes" doc:"length; 0 or nothing is all that is left"`
}

// Extent is the slice, in blocks.
func (v Volume) Extent() block.Extent {
	return block.Extent{Start: v.Start, Blocks: v.Size / block.Size}
}

// Control is a variant of one case: one host and one policy, changed at will. A
// report puts it beside the case, to show what the change was good for.
type Control struct {
	Name   string
	Title  string
	Case   string           // the name of the case
	Events []power.Sequence // what "event: each" stands for; as in the scenario if nil
	Host   host.Profile
	Policy firmware.Profile
	Box    Box

	unread unreadControl
}

// FindCase returns the case of that name.
func (s *Scenario) FindCase(name string) (*Case, bool) {
	for i := range s.Cases {
		if s.Cases[i].Name == name {
			return &s.Cases[i], true
		}
	}
	return nil, false
}

// FindHost returns the profile that a restart boots, by name.
func (s *Scenario) FindHost(name string) (host.Profile, bool) {
	for _, set := range [][]host.Profile{s.Hosts, s.Boots} {
		for _, h := range set {
			if h.Name == name {
				return h, true
			}
		}
	}
	return host.Profile{}, false
}

// FindPolicy returns the policy of that name.
func (s *Scenario) FindPolicy(name string) (firmware.Profile, bool) {
	for _, p := range s.Policies {
		if p.Name == name {
			return p, true
		}
	}
	return firmware.Profile{}, false
}

// Only leaves the cases of these names, in the order of the scenario. The error
// names what is there.
func (s *Scenario) Only(names []string) error {
	var known []string
	for _, c := range s.Cases {
		known = append(known, c.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fmt.Errorf("scenario %s has no case %q; it has %s", s.Name, n, strings.Join(known, ", "))
		}
	}
	s.Cases = slices.DeleteFunc(slices.Clone(s.Cases), func(c Case) bool { return !slices.Contains(names, c.Name) })
	s.Controls = slices.DeleteFunc(slices.Clone(s.Controls), func(c Control) bool { return !slices.Contains(names, c.Case) })
	return nil
}
