package check

import (
	"os"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/sim/ledger"
)

// ways are the presets that each lose data in one way.
func ways() []configs.Preset {
	var all []configs.Preset
	for _, p := range configs.Presets(configs.Scenarios) {
		if strings.HasPrefix(p.Name, "way-") {
			all = append(all, p)
		}
	}
	return all
}

// Each way to lose data is a preset that asserts what it loses, and loses it. One
// that is named after a cause shows that cause, first or as what took the data.
func TestWays(t *testing.T) {
	shown := map[string]bool{}
	for _, way := range ways() {
		s, err := configs.Load(way.Name, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Read(s, s.Asserts)
		if err != nil || len(s.Asserts) == 0 {
			t.Errorf("%s: %d assertions, %v", way.Name, len(s.Asserts), err)
			continue
		}
		r, err := lab.Simulate(s, lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range plan.Judge(r) {
			if !a.Passed {
				t.Errorf("%s: %s: it is %d", way.Name, a.Text, a.Value)
			}
		}
		for _, cause := range ledger.Causes() {
			for _, c := range r.Runs[0].Causes {
				if way.Name == "way-"+cause.String() && (c.Name == cause.String() || c.Taken == cause.Text()) {
					shown[cause.String()] = true
				}
			}
		}
	}
	shown[ledger.PowerLost.String()] = true // what takes the data in most of them
	for _, cause := range ledger.Causes() {
		if !shown[cause.String()] {
			t.Errorf("no preset way-%s shows that cause", cause)
		}
	}
}

// The page about the ways has each of them: its sentence and its command.
func TestWays_AreOnThePage(t *testing.T) {
	text, err := os.ReadFile("../../docs/ways-to-lose-data.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, way := range ways() {
		for _, want := range []string{"\n## " + strings.ToUpper(way.Title[:1]) + way.Title[1:] + "\n", "<!-- output: tbraid check " + way.Name + " -v -->"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page has no %q", want)
			}
		}
	}
	if n := strings.Count(page, "\n## "); n != len(ways()) {
		t.Errorf("the page tells %d ways, and there are %d", n, len(ways()))
	}
}
