package report

import (
	"fmt"
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/lab"
)

// next ends with the commands that show more.
func (p *printer) next(r *lab.Result) {
	label := "next"
	for _, c := range nextCommands(r) {
		p.printf("%-10s%s\n", label, c)
		label = ""
	}
}

func nextCommands(r *lab.Result) []string {
	all := []string{
		"tbraid run --host kext,dext --policy wb-flush-all --event restart:kext --log driver,target 'dd if=/dev/random of=/dev/rdisk5 bs=1m count=4'",
		"tbraid info --diff kext,dext, tbraid ls, tbraid list policies",
	}
	name := r.Scenario.Name
	if r.Scenario.File != "" {
		name = r.Scenario.File
	}
	if strings.Contains(name, " ") { // it was typed, not read from a file
		return append([]string{"the same command with -o result.json, with --plain (words for everybody) or with -v (codes, latencies, sources)"}, all...)
	}
	again := "tbraid run " + name
	mine := []string{again + " -o result.json", again + " --plain (words for everybody), or -v (codes, latencies, sources)"}
	if run := firstLost(r); run != nil && len(r.Scenario.Sets) == 0 && r.Scenario.Cut == "" {
		mine = append(mine, fmt.Sprintf("tbraid explain %s --case %s --host %s --policy %s --event %s --lba %d",
			name, quoted(run.Case), run.Host, run.Policy, run.Event, run.Extents[0].LBA))
	}
	if r.Scenario.File == "" && observed(name) {
		mine = append(mine, fmt.Sprintf("tbraid diagnose %s (what explains what was observed, and which experiment tells)", name))
	}
	return append(mine, all...)
}

// observed tells whether there are observations of a name.
func observed(name string) bool {
	return slices.ContainsFunc(configs.Presets(configs.Observed), func(p configs.Preset) bool { return p.Name == name })
}

// firstLost is the first run with a lost block whose life can be told; nil if there
// is none.
func firstLost(r *lab.Result) *lab.Run {
	for i := range r.Runs {
		if run := &r.Runs[i]; len(run.Extents) > 0 && run.Loss.Acknowledged() > 0 && run.Event != "" && !strings.Contains(run.Event, " ") &&
			run.Extents[0].Class != "in-flight" {
			return run
		}
	}
	return nil
}

// quoted is a word as a shell takes it.
func quoted(s string) string {
	if strings.ContainsAny(s, " '\"$&|;()<>*?#\\`") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
