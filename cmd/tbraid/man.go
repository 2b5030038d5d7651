package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tbraid/configs"
	"tbraid/internal/roff"
	"tbraid/lab/check"
	"tbraid/sim/power"
)

// manual is the name of the book that the pages are of.
const manual = "Manual of tbraid"

// manPages are the pages of the manual, by what tbraid man calls them.
var manPages = []struct {
	name    string
	section int
	write   func(root *cobra.Command) *roff.Page
}{
	{"tbraid", 1, commandPage},
	{"tbraid-scenario", 5, func(*cobra.Command) *roff.Page { return scenarioPage() }},
	{"tbraid-policies", 7, func(*cobra.Command) *roff.Page { return policiesPage() }},
}

func newMan(a *app) *cobra.Command {
	var words []string
	for _, p := range manPages {
		words = append(words, manWord(p.name))
	}
	return &cobra.Command{
		Use:   "man " + strings.Join(words, "|"),
		Short: "print a page of the manual, for man",
		Long: `man prints a page of the manual as roff: tbraid(1) about the commands,
tbraid-scenario(5) about scenario files, tbraid-policies(7) about firmware policies.`,
		Example:   "  tbraid man scenario | man -l -\n  tbraid man tbraid >/usr/local/share/man/man1/tbraid.1",
		ValidArgs: words,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("man takes one of %s", strings.Join(words, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, p := range manPages {
				if args[0] == manWord(p.name) || args[0] == p.name {
					_, err := fmt.Fprint(a.out, p.write(cmd.Root()))
					return err
				}
			}
			hint := "pages are " + strings.Join(words, ", ")
			if near := nearest(args[0], words); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return usage("there is no page %q; %s", args[0], hint)
		},
	}
}

// manWord is the name of a page without that of the program.
func manWord(name string) string { return strings.TrimPrefix(name, "tbraid-") }

// commandPage is tbraid(1): what the help says of each command.
func commandPage(root *cobra.Command) *roff.Page {
	p := roff.New("tbraid", 1, root.Short, manual)
	p.Section("SYNOPSIS")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			p.Define("tbraid "+c.Use, c.Short)
		}
	}
	p.Section("DESCRIPTION")
	p.Text(root.Long)
	p.Section("COMMANDS")
	for _, c := range root.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "completion" || c.Name() == "help" { // cobra's own
			continue
		}
		p.Subsection("tbraid " + c.Use)
		if c.Long == "" {
			p.Text(sentence(c.Short))
		} else {
			p.Text(c.Long)
		}
		c.InitDefaultHelpFlag()
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && f.Name != "help" {
				p.Define(flagForm(f))
			}
		})
		if c.Example != "" {
			p.Text(c.Example)
		}
	}
	p.Section("ENVIRONMENT")
	p.Define("NO_COLOR", "set to anything: no colours, unless --color says otherwise")
	p.Define("CLICOLOR_FORCE", "set to anything but 0: colours, also where standard output is no terminal")
	p.Define("GITHUB_ACTIONS", "true: check writes annotations to standard error, unless --annotate says otherwise")
	p.Section("SEE ALSO")
	p.Text("tbraid-scenario(5), tbraid-policies(7)")
	return p
}

// flagForm is a flag as it is typed, and what it does.
func flagForm(f *pflag.Flag) (form, does string) {
	value, does := pflag.UnquoteUsage(f)
	if f.Shorthand != "" {
		form = "-" + f.Shorthand + ", "
	}
	if form += "--" + f.Name; value != "" {
		form += " " + value
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && !strings.Contains(does, "(default ") {
		does += " (default " + strings.Trim(f.DefValue, "[]") + ")"
	}
	return form, does
}

// sentence makes one of a short description.
func sentence(short string) string { return strings.ToUpper(short[:1]) + short[1:] + "." }

const aboutScenarios = `A scenario is a question to the model: these commands, on this box, under each of
these hosts and firmware policies, with each of these events. It is a file in YAML:

  # dd, restart into the KEXT, read back
  box: tb3-12x6tb-raid5
  hosts: [kext, dext]
  policies: [write-through, wb-flush-all, wb-ack-only]
  steps:
    - prefill: {extent: 0+256MiB, with: pattern}
    - run: dd if=/dev/random of=/dev/disk5 bs=1m count=64
    - wait: 250ms
    - restart: kext
    - run: dd if=/dev/disk5 of=readback bs=1m count=64

The reader is strict: every key is known, every quantity has its unit, and an error
shows the line, a caret under the fault and what would work. tbraid validate reads
a file without running it; tbraid schema scenario prints a JSON Schema for editors.

A box, a host, a policy, a link or a disk is the name of a preset (tbraid list), or a
mapping of its keys. A mapping with base: NAME starts from a preset and changes some
keys; name: NAME is what reports call it. A scenario itself may start from a preset,
with base:. Any value can be changed on the command line by its dotted name: --set
box.cache.capacity=2GiB, --set hosts.dext.driver.sync=swallow; hosts.KEY and
policies.KEY without a name mean all of them.

Sizes are written 256KiB, 1GiB (powers of 1024) or 6TB (of 1000), rates 2750MB/s,
times 60us, 250ms, 4s or 72h, shares 80%. 0 needs no unit.`

// scenarioPage is tbraid-scenario(5): the keys that the reader knows.
func scenarioPage() *roff.Page {
	p := roff.New("tbraid-scenario", 5, "scenario files of tbraid", manual)
	p.Section("DESCRIPTION")
	p.Text(aboutScenarios)
	p.Section("KEYS")
	keys(p, configs.Scenarios)
	p.Section("STEPS")
	for _, f := range configs.StepForms() {
		p.Define(f.Word+": "+f.Form, f.Doc)
	}
	p.Section("EVENTS")
	for _, k := range power.Kinds() {
		p.Define(k.Form(), k.Text())
	}
	p.Define("EVENT+TIME+EVENT…", sequenceText)
	p.Section("ASSERTIONS")
	p.Text(aboutAssertions)
	for _, m := range check.Metrics() {
		p.Define(m.Name, m.Doc+"; "+configs.QuantityForm(m.Unit))
	}
	for _, kind := range []configs.Kind{configs.Boxes, configs.Disks, configs.Links, configs.Hosts} {
		p.Section("KEYS OF " + strings.ToUpper(string(kind)))
		keys(p, kind)
	}
	p.Section("SEE ALSO")
	p.Text("tbraid(1), tbraid-policies(7)")
	return p
}

const aboutPolicies = `A policy is what the firmware of the box does with its cache: a set of knobs, each
independent of the others. An honest product and a lying one are values here. A
scenario names policies, and each of its cases runs under each of them; tbraid list
policies -v shows them with their sources.

A preset stands in a scenario by its name. A mapping changes one:

  policies:
    - wb-flush-all
    - {base: wb-flush-all, name: wb-10s, destage: {age: 10s}}`

// policiesPage is tbraid-policies(7): the presets, and the knobs that they are made of.
func policiesPage() *roff.Page {
	p := roff.New("tbraid-policies", 7, "firmware policies of tbraid", manual)
	p.Section("DESCRIPTION")
	p.Text(aboutPolicies)
	p.Section("PRESETS")
	for _, preset := range configs.Presets(configs.Policies) {
		means := sentence(preset.Title)
		if preset.Source != "" {
			means += "\nSource: " + preset.Source + "."
		}
		p.Define(preset.Name, means)
	}
	p.Section("KNOBS")
	keys(p, configs.Policies)
	p.Section("SEE ALSO")
	p.Text("tbraid(1), tbraid-scenario(5)")
	return p
}

// keys defines every key of a kind of preset.
func keys(p *roff.Page, kind configs.Kind) {
	for _, k := range configs.Describe(kind) {
		means := k.Doc
		switch {
		case len(k.Options) > 0:
			means += ": " + strings.Join(k.Options, ", ")
		case k.Range != "":
			means += "; " + k.Type + ", " + k.Range
		case k.Type != "mapping":
			means += "; " + k.Type
		}
		p.Define(k.Path, means)
	}
}
