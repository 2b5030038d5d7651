package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab/check"
	"tbraid/sim/power"
)

// The pages of docs/man are what the program prints. go test ./cmd/tbraid -run Man
// -update writes them anew.
func TestMan_Pages(t *testing.T) {
	for _, p := range manPages {
		file := filepath.Join("..", "..", "docs", "man", fmt.Sprintf("%s.%d", p.name, p.section))
		code, page, stderr := tbraid("man", manWord(p.name))
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		if *update {
			if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != page {
			t.Errorf("%s is not what tbraid man %s prints (%v); -update writes it", file, manWord(p.name), err)
		}
		if _, full, _ := tbraid("man", p.name); full != page {
			t.Errorf("tbraid man %s is another page than tbraid man %s", p.name, manWord(p.name))
		}
		readByGroff(t, file)
	}
}

// readByGroff holds a page to what groff has to say of it.
func readByGroff(t *testing.T, file string) {
	t.Helper()
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Log("there is no groff here")
		return
	}
	c := exec.Command(groff, "-man", "-Kutf8", "-Tutf8", "-ww", "-rLL=100n", file)
	var said strings.Builder
	c.Stderr = &said
	if _, err := c.Output(); err != nil || said.String() != "" {
		t.Errorf("%s: %v: %s", file, err, said.String())
	}
}

// Nothing that there is is missing from the manual.
func TestMan_HasEverything(t *testing.T) {
	has := func(page, text string) {
		t.Helper()
		_, got, _ := tbraid("man", page)
		if !strings.Contains(got, strings.ReplaceAll(text, "-", `\-`)) {
			t.Errorf("%s has no %q", page, text)
		}
	}
	for _, c := range newRoot(&app{}).Commands() {
		if c.IsAvailableCommand() {
			has("tbraid", "tbraid "+c.Name())
		}
	}
	for _, p := range configs.Presets(configs.Policies) {
		has("policies", p.Name)
	}
	for _, k := range configs.Describe(configs.Policies) {
		has("policies", k.Path)
	}
	for _, kind := range configs.Kinds() {
		if kind == configs.Policies {
			continue
		}
		for _, k := range configs.Describe(kind) {
			if !strings.HasPrefix(k.Path, "policies[].") {
				has("scenario", k.Path)
			}
		}
	}
	for _, k := range power.Kinds() {
		has("scenario", k.Form())
	}
	for _, m := range check.Metrics() {
		has("scenario", m.Name)
	}
}

func TestMan_Refuses(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"man"}, "man takes one of tbraid, scenario, policies"},
		{[]string{"man", "polices"}, `did you mean "policies"?`},
		{[]string{"man", "x"}, "pages are tbraid, scenario, policies"},
		{[]string{"schema"}, "schema takes one of"},
		{[]string{"schema", "scenaro"}, `did you mean "scenario"?`},
	} {
		code, stdout, stderr := tbraid(tt.args...)
		if code != exitUsage {
			t.Errorf("%v: exit %d", tt.args, code)
		}
		checkComplaint(t, strings.Join(tt.args, " "), stdout, stderr, tt.want)
	}
}

// The example of a scenario in the manual is one.
func TestMan_ExampleIsAScenario(t *testing.T) {
	_, example, _ := strings.Cut(aboutScenarios, "\n\n")
	example, _, _ = strings.Cut(example, "\n\n")
	if _, err := configs.Parse("x.yaml", []byte(example), nil); err != nil {
		t.Error(err)
	}
	_, policies, _ := strings.Cut(aboutPolicies, "one:\n\n")
	if _, err := configs.Parse("x.yaml", []byte("  base: small\n"+policies), nil); err != nil {
		t.Error(err)
	}
}
