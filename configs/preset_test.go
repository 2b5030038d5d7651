package configs

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"tbraid/firmware"
	"tbraid/host"
)

// preset decodes one preset into a value of its kind and checks it alone.
func preset(t *testing.T, kind Kind, name string) (reflect.Value, *facts) {
	t.Helper()
	f := newFacts(place{src: newSource("test", nil)})
	v := reflect.New(kind.of())
	r := &reader{src: f.root.src, facts: f}
	if err := r.named(scalar(name), kind, v.Elem(), ""); err != nil {
		t.Fatalf("%s %s: %v", kind.one(), name, err)
	}
	var err error
	switch x := v.Interface().(type) {
	case *Box:
		err = x.settle(f, "")
	case *Disk:
		err = x.Validate()
	case *firmware.Profile:
		err = x.Validate()
	case *Scenario:
		err = x.settle(f)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", kind.one(), name, err)
	}
	return v.Elem(), f
}

func TestEveryPresetLoads(t *testing.T) {
	for _, kind := range allKinds() {
		all := Presets(kind)
		if len(all) == 0 {
			t.Errorf("no %s", kind)
		}
		for _, p := range all {
			if p.Title == "" || p.Source == "" || len(p.Title) > 90 {
				t.Errorf("%s %s: every preset has a title of its own for tables, and a source", kind, p.Name)
			}
			if v, _ := preset(t, kind, p.Name); v.FieldByName("Name").String() != p.Name {
				t.Errorf("%s %s is called %s", kind, p.Name, v.FieldByName("Name"))
			}
		}
	}
}

// Products belong into source:, names and titles say what a preset does.
func TestPresetsAreNamedByBehaviour(t *testing.T) {
	for _, kind := range allKinds() {
		for _, p := range Presets(kind) {
			for _, product := range []string{"areca", "promise", "pegasus", "vtrak", "perc", "megaraid", "lsi", "hpe", "accusys", "engenio", "infortrend"} {
				if strings.Contains(strings.ToLower(p.Name+" "+p.Title), product) {
					t.Errorf("%s %s names the product %s outside of source:", kind, p.Name, product)
				}
			}
		}
	}
}

// A guess that is not collected would be printed as a fact.
func TestEveryGuessIsCollected(t *testing.T) {
	for _, kind := range allKinds() {
		for _, name := range names(kind) {
			_, f := preset(t, kind, name)
			src := open(kind, name)
			for i, line := range src.lines {
				if !strings.Contains(line, guessMark) {
					continue
				}
				where, found := fmt.Sprintf("%s:%d", src.name, i+1), false
				for _, g := range f.guesses {
					found = found || g.Where == where && g.Note != "" && strings.Contains(line, g.Value)
				}
				if !found {
					t.Errorf("%s: not collected: %s", where, line)
				}
			}
		}
	}
}

func TestGuesses_GivenValuesAreNoGuesses(t *testing.T) {
	has := func(s *Scenario, path string) (n int) {
		for _, g := range s.Guesses {
			if g.Path == path {
				n++
			}
		}
		return n
	}
	s, err := Load("small", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if has(s, "box.cache.capacity") != 1 || has(s, "hosts.kext.page") != 1 || has(s, "policies.write-through.destage.low") != 1 {
		t.Errorf("guesses of box, host and policy, once each: got %v", s.Guesses)
	}
	if has(s, "policies.wb-flush-all.destage.low") != 0 {
		t.Error("one line of a preset is one guess, however many policies are based on it")
	}
	s, err = Load("small", nil, []string{"box.cache.capacity=2GiB", "host.page=4KiB"})
	if err != nil {
		t.Fatal(err)
	}
	if has(s, "box.cache.capacity") != 0 || has(s, "hosts.kext.page") != 0 {
		t.Error("what --set gives is no guess")
	}
}

// Four arrays print as the 66.0 TB of the thread.
func TestBoxesOf66TB(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes uint64
	}{
		// 11 x 6,001,175,126,016 = 66,012,926,386,176, less the part of a chunk
		// at the end of each member.
		{"tb3-12x6tb-raid5", 11 * (6_001_175_126_016 / (256 << 10) * (256 << 10))},
		{"tb3-4x22tb-raid5", 3 * (22_000_969_973_760 / (256 << 10) * (256 << 10))},
		{"tb3-5x22tb-raid6", 3 * (22_000_969_973_760 / (256 << 10) * (256 << 10))},
		{"tb3-8x11tb-raid6", 6 * (11_002_145_366_016 / (256 << 10) * (256 << 10))},
	} {
		v, _ := preset(t, Boxes, c.name)
		b := v.Addr().Interface().(*Box)
		if got := b.VolumeBytes(); got != c.bytes || fmt.Sprintf("%.1f", float64(got)/1e12) != "66.0" {
			t.Errorf("%s: %d bytes, want %d, printed as 66.0 TB", c.name, got, c.bytes)
		}
		if b.Controller.CacheBytes != 1<<30 {
			t.Errorf("%s: controller cache of %d bytes", c.name, b.Controller.CacheBytes)
		}
	}
}

func TestForum(t *testing.T) {
	s, err := Load("forum", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Cases) != 4 || len(s.Hosts) != 2 || len(s.Policies) != 7 || len(s.Events) != 2 || len(s.Boots) != 0 {
		t.Fatalf("%d cases, %d hosts, %d policies, %d events, %d boots", len(s.Cases), len(s.Hosts), len(s.Policies), len(s.Events), len(s.Boots))
	}
	var bytes uint64
	var files []string
	for _, f := range s.Files {
		bytes += f.Size * uint64(len(f.Paths()))
		files = append(files, f.Paths()...)
	}
	if bytes != 64<<20 || files[0] != "/Users/user/Footage/clip-001.mov" {
		t.Errorf("cp copies %d bytes of %v", bytes, files)
	}
	cp, _ := s.FindCase("cp")
	if v := cp.Volumes[0]; v.Extent().End() > 128931494912-33 || v.Extent().End() < 128931494912-64 {
		t.Errorf("a volume without a size takes what is left, got %v", v.Extent())
	}
	for _, c := range s.Controls {
		switch c.Name {
		case "cache kept over the reset":
			if c.Policy.HostReset != firmware.Keep || c.Host.Name != "dext" || len(c.Events) != 1 {
				t.Errorf("%s: %+v", c.Name, c.Policy)
			}
		case "WRITE(16) works":
			if c.Host.Driver.HighLBA != host.GatePass {
				t.Errorf("%s: %+v", c.Name, c.Host.Driver)
			}
		}
	}
	if p, _ := s.FindPolicy("wb-flush-all"); p.HostReset != firmware.Drop {
		t.Error("a control must not change the policy of the scenario")
	}
}

// What is resolved reads back to the same, without any preset.
func TestResolved_ReadsBack(t *testing.T) {
	for _, name := range names(Scenarios) {
		s, err := Load(name, nil, []string{"policies.destage.depth=3"})
		if err != nil {
			t.Fatal(err)
		}
		text := s.Resolved()
		if bytes.Contains(text, []byte("base:")) {
			t.Errorf("%s refers to a preset", name)
		}
		again, err := Parse("x.yaml", text, nil)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if got := again.Resolved(); !bytes.Equal(got, text) || again.Digest() != s.Digest() {
			t.Fatalf("%s reads back as\n%s\nwant\n%s", name, got, text)
		}
		if again.Box != s.Box || !reflect.DeepEqual(again.Hosts, s.Hosts) || !reflect.DeepEqual(again.Policies, s.Policies) ||
			!reflect.DeepEqual(again.Events, s.Events) || len(again.Guesses) != 0 {
			t.Errorf("%s reads back as another scenario", name)
		}
		if string(s.ResolvedJSON()) != string(again.ResolvedJSON()) {
			t.Errorf("%s: the JSON differs", name)
		}
		if json, err := ParseJSON("x.json", s.ResolvedJSON()); err != nil || json.Digest() != s.Digest() {
			t.Errorf("%s as JSON reads back as another scenario: %v", name, err)
		}
	}
}

func TestRestartLoadsTheHostThatBoots(t *testing.T) {
	s, err := Parse("x.yaml", []byte("base: small\nhosts: [dext]\nevents: [restart:kext]\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if h, ok := s.FindHost("kext"); !ok || h.Driver.Kind != host.KEXT || len(s.Boots) != 1 {
		t.Errorf("boots %v", s.Boots)
	}
}

func TestInlineProfiles(t *testing.T) {
	s, err := Parse("x.yaml", []byte(`base: small
policies:
  - {base: wb-flush-all, destage: {age: 10s}}
  - {base: wb-flush-all, name: mine, sync: ack}
box:
  disk: {tear: 4KiB}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := s.Policies
	if p[0].Name != "wb-flush-all-custom" || p[0].Destage.Age != 10*time.Second || p[0].Destage.HighPercent != 80 {
		t.Errorf("%+v", p[0])
	}
	if p[1].Name != "mine" || p[1].Sync != firmware.SyncAck {
		t.Errorf("%+v", p[1])
	}
	if s.Box.Disk.Tear != 4096 || s.Box.Disk.Capacity != 4_096_000_000 {
		t.Errorf("a mapping without base: refines what the base of the scenario has: %+v", s.Box.Disk)
	}
	if s.Name != "x" || s.Cases[0].Name != "small" && s.Cases[0].Name != "x" {
		t.Errorf("scenario %s with case %s", s.Name, s.Cases[0].Name)
	}
}

// A key without words about it is a riddle in the documentation.
func TestDescribe_EveryKeyHasADoc(t *testing.T) {
	for _, kind := range allKinds() {
		for _, k := range Describe(kind) {
			if k.Doc == "" || k.Type == "" {
				t.Errorf("%s: %+v", kind, k)
			}
			if k.Type == "choice" && len(k.Options) < 2 {
				t.Errorf("%s %s: no choice in %v", kind, k.Path, k.Options)
			}
		}
	}
}
