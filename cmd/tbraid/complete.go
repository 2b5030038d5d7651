package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tbraid/configs"
	"tbraid/lab/check"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// offer is a word that a shell can complete to, with what it means.
type offer struct{ word, means string }

// completeFlags tells the shell what the flags of a command take.
func (a *app) completeFlags(c *cobra.Command) {
	of := func(kind configs.Kind) func([]string, string) []offer {
		return func([]string, string) []offer { return presets(kind) }
	}
	lists := map[string]func(args []string, word string) []offer{ // of which a flag takes several, with commas
		"host": of(configs.Hosts), "diff": of(configs.Hosts), "policy": of(configs.Policies), "event": offerEvents, "log": offerSeams,
	}
	for name, offers := range lists {
		complete(c, name, cobra.ShellCompDirectiveNoFileComp, func(args []string, word string) []offer {
			before := word[:strings.LastIndexByte(word, ',')+1]
			all := offers(args, word)
			for i := range all {
				all[i].word = before + all[i].word
			}
			return all
		})
	}
	complete(c, "box", cobra.ShellCompDirectiveNoFileComp, of(configs.Boxes))
	complete(c, "case", cobra.ShellCompDirectiveNoFileComp, a.offerCases)
	complete(c, "cut", cobra.ShellCompDirectiveNoFileComp, offerCuts)
	complete(c, "ledger", cobra.ShellCompDirectiveNoFileComp, offerLevels)
	complete(c, "set", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace, offerSettings)
	complete(c, "assert", cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace, offerMetrics)
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if words, ok := f.Value.(*choice); ok {
			complete(c, f.Name, cobra.ShellCompDirectiveNoFileComp, func([]string, string) []offer { return bare(words.words) })
		}
	})
}

// complete offers words for a flag, if the command has it.
func complete(c *cobra.Command, flag string, how cobra.ShellCompDirective, offers func(args []string, word string) []offer) {
	if c.Flags().Lookup(flag) == nil {
		return
	}
	err := c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		return forShell(offers(args, word)), how
	})
	if err != nil {
		panic(err) // the flag was looked up above
	}
}

// forShell writes offers as cobra takes them.
func forShell(offers []offer) []string {
	var all []string
	for _, o := range offers {
		text := o.word
		if o.means != "" {
			text += "\t" + o.means
		}
		all = append(all, text)
	}
	return all
}

func bare(words []string) []offer {
	var all []offer
	for _, w := range words {
		all = append(all, offer{word: w})
	}
	return all
}

func presets(kind configs.Kind) []offer {
	var all []offer
	for _, p := range configs.Presets(kind) {
		all = append(all, offer{p.Name, p.Title})
	}
	return all
}

// offerEvents has each event, and a restart into each host.
func offerEvents([]string, string) []offer {
	var all []offer
	for _, k := range power.Kinds() {
		switch k {
		case power.DiskPower, power.DiskFail:
			all = append(all, offer{k.String() + ":0", k.Text()})
			continue
		}
		all = append(all, offer{k.String(), k.Text()})
		if k == power.Restart {
			for _, h := range presets(configs.Hosts) {
				all = append(all, offer{k.String() + ":" + h.word, "the host restarts, and boots " + h.word})
			}
		}
	}
	return all
}

func offerSeams([]string, string) []offer {
	var all []offer
	for _, w := range new(seams).words() {
		all = append(all, offer{word: w.name})
	}
	return all
}

// offerCases has the cases of the scenario that stands in the command.
func (a *app) offerCases(args []string, _ string) []offer {
	name := defaultScenario
	if len(args) > 0 {
		name = args[0]
	}
	if name == "-" {
		return nil
	}
	s, err := a.load(name, nil)
	if err != nil {
		return nil
	}
	var all []offer
	for _, c := range s.Cases {
		all = append(all, offer{c.Name, c.Title})
	}
	return all
}

func offerCuts([]string, string) []offer {
	return []offer{{"worst", power.Cut{Kind: power.Worst}.Text()}, {power.EveryCut, power.Cut{Kind: power.Every}.Text()},
		{"+250ms", "after the last command line before the event"}, {"1.5s", "after the case began"}}
}

func offerLevels([]string, string) []offer {
	return bare(ledger.Off.Options())
}

// offerSettings has the paths of --set, and behind = the words of a choice.
func offerSettings(_ []string, word string) []offer {
	path, _, valued := strings.Cut(word, "=")
	var all []offer
	for _, k := range settings() {
		switch {
		case !valued:
			all = append(all, offer{k.Path + "=", k.Doc})
		case k.Path == path:
			for _, w := range k.Options {
				all = append(all, offer{word: path + "=" + w})
			}
		}
	}
	return all
}

// settings are the keys that --set takes, as it calls them.
func settings() []configs.Key {
	all := []configs.Key{{Path: "seed", Doc: "of every random stream"}}
	for _, root := range []struct {
		path string
		kind configs.Kind
	}{{"box", configs.Boxes}, {"hosts", configs.Hosts}, {"policies", configs.Policies}} {
		for _, k := range configs.Describe(root.kind) {
			if k.Type == "mapping" || strings.Contains(k.Path, "[]") {
				continue // its keys are set
			}
			k.Path = root.path + "." + k.Path
			all = append(all, k)
		}
	}
	return slices.Clip(all)
}

func offerMetrics([]string, string) []offer {
	var all []offer
	for _, m := range check.Metrics() {
		all = append(all, offer{m.Name + "(", fmt.Sprintf("%s: %s", m.Unit, m.Doc)})
	}
	return all
}

// completeScenarios offers presets, and leaves files to the shell.
func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return forShell(presets(configs.Scenarios)), cobra.ShellCompDirectiveDefault
}
