package lab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// What each preset is in the letters of StorCLI, and what is in force. A change of
// this file is a change of what -v says of a policy.
func TestPolicyCodes_OfPresets(t *testing.T) {
	var names []string
	for _, p := range configs.AllPolicies() {
		names = append(names, p.Name)
	}
	r := simulate(t, "box: small-4x4gb-raid5\nhosts: [kext]\npolicies: ["+strings.Join(names, ", ")+"]\nsteps: [{wait: 1ms}]\n", lab.Options{})
	var known []string
	for _, c := range lab.PolicyCodes {
		known = append(known, c.Code)
	}
	var b strings.Builder
	for i, p := range r.Firmware {
		if p.Name != r.Policies[i].Name {
			t.Errorf("policy %d is %s and %s", i, p.Name, r.Policies[i].Name)
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-28s %-4s %-14s %-48s %s", p.Name, p.Configured, p.InForce, p.Code, p.Because), " ") + "\n")
		for _, word := range append(strings.Fields(p.Code), p.Configured) {
			if name, _, _ := strings.Cut(word, "="); !slices.Contains(known, name) {
				t.Errorf("%s: nothing says what %q means", p.Name, name)
			}
		}
		if run := find(t, r, r.Cases[0].Name, "kext", p.Name); run.Effective != p.InForce {
			t.Errorf("%s: in force %q, and in its run %q", p.Name, p.InForce, run.Effective)
		}
	}
	golden(t, "policies.golden", b.String())
}
