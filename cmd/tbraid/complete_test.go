package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab/check"
	"tbraid/sim/power"
)

// offered are the words that a shell is offered, without what they mean.
func offered(t *testing.T, args ...string) map[string]bool {
	t.Helper()
	code, stdout, stderr := tbraid(append([]string{"__complete"}, args...)...)
	if code != exitOK {
		t.Fatalf("%v: exit %d: %s", args, code, stderr)
	}
	words := map[string]bool{}
	for _, line := range strings.Split(stdout, "\n") {
		word, _, _ := strings.Cut(line, "\t")
		words[word] = true
	}
	return words
}

// Presets, policies, hosts, events and cases are offered where they are taken.
func TestCompletion_Offers(t *testing.T) {
	for _, tt := range []struct {
		args []string
		kind configs.Kind
	}{
		{[]string{"run", ""}, configs.Scenarios}, {[]string{"check", ""}, configs.Scenarios}, {[]string{"curve", ""}, configs.Scenarios},
		{[]string{"validate", ""}, configs.Scenarios}, {[]string{"explain", ""}, configs.Scenarios},
		{[]string{"run", "--host", ""}, configs.Hosts}, {[]string{"--host", ""}, configs.Hosts}, {[]string{"info", "--diff", ""}, configs.Hosts},
		{[]string{"run", "--policy", ""}, configs.Policies}, {[]string{"check", "small", "--policy", ""}, configs.Policies},
		{[]string{"curve", "--box", ""}, configs.Boxes},
	} {
		words := offered(t, tt.args...)
		for _, p := range configs.Presets(tt.kind) {
			if !words[p.Name] {
				t.Errorf("%v: no %s", tt.args, p.Name)
			}
		}
	}
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"run", "--event", ""}, []string{"box-power", "restart", "restart:kext", "disk-fail:0"}},
		{[]string{"run", "--event", "box-power,c"}, []string{"box-power,cable", "box-power,controller-reset"}},
		{[]string{"run", "--host", "kext,dext-h"}, []string{"kext,dext-halt-hook"}},
		{[]string{"run", "--case", ""}, []string{"dd", "dd + read-back", "cp", "partitionDisk"}},
		{[]string{"run", "battery", "--case", ""}, []string{"during", "after"}},
		{[]string{"explain", "dd-fsync", "--case", ""}, []string{"conv=fsync"}},
		{[]string{"run", "--cut", ""}, []string{"worst", "every"}},
		{[]string{"run", "--log", "driver,"}, []string{"driver,target", "driver,disks"}},
		{[]string{"bench", "--ledger", ""}, []string{"off", "promises", "full"}},
		{[]string{"ls", "--color", ""}, []string{"auto", "always", "never"}},
		{[]string{"check", "--annotate", ""}, []string{"github"}},
		{[]string{"run", "--set", "box.cache"}, []string{"box.cache.capacity="}},
		{[]string{"run", "--set", "policies.host_reset="}, []string{"policies.host_reset=drop", "policies.host_reset=keep"}},
		{[]string{"list", ""}, []string{"boxes", "events"}},
		{[]string{"schema", ""}, []string{"scenario"}},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish"}},
	} {
		words := offered(t, tt.args...)
		for _, w := range tt.want {
			if !words[w] {
				t.Errorf("%v: no %q in %v", tt.args, w, words)
			}
		}
	}
	for _, m := range check.Metrics() {
		if !offered(t, "check", "--assert", "")[m.Name+"("] {
			t.Errorf("no metric %s", m.Name)
		}
	}
}

// What is offered is taken: an event, a path of --set.
func TestCompletion_IsTaken(t *testing.T) {
	for _, o := range offerEvents(nil, "") {
		if _, err := power.ParseSequence(o.word); err != nil {
			t.Errorf("%s: %v", o.word, err)
		}
	}
	for _, k := range settings() {
		_, err := configs.Load("small", nil, []string{k.Path + "=\"x\""})
		if err != nil && strings.Contains(err.Error(), "unknown key") {
			t.Errorf("--set knows no %s: %v", k.Path, err)
		}
	}
	if len(settings()) < 50 {
		t.Errorf("%d paths", len(settings()))
	}
}

// The scripts are ones that their shells can read.
func TestCompletion_Scripts(t *testing.T) {
	for shell, check := range map[string]string{"bash": "-n", "zsh": "-n", "fish": "--no-execute"} {
		code, script, stderr := tbraid("completion", shell)
		if code != exitOK || !strings.Contains(script, "tbraid") {
			t.Errorf("%s: exit %d: %s", shell, code, stderr)
			continue
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not here to read its script", shell)
			continue
		}
		file := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(path, check, file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
}
