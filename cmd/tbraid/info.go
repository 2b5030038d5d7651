package main

import (
	"strings"

	"github.com/spf13/cobra"

	"tbraid/lab/report"
)

func newInfo(a *app) *cobra.Command {
	var l look
	var host, diff, box string
	c := &cobra.Command{
		Use:   "info",
		Short: "show the modelled disk as diskutil info does, under one host or two",
		Long: `info shows what diskutil info would print of the box, under one host or, with
--diff, under two side by side. No I/O depends on what it shows.`,
		Example: "  tbraid info --diff kext,dext\n  tbraid info --host dext --box tb3-8x11tb-raid6",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := l.options(a.screen)
			if err != nil {
				return err
			}
			sets := []assignment{{"--host", "hosts=", host}}
			if cmd.Flags().Changed("diff") {
				if cmd.Flags().Changed("host") {
					return usage("give --host or --diff, not both")
				}
				sets[0] = assignment{"--diff", "hosts=", diff}
			}
			if n := strings.Count(sets[0].value, ",") + 1; n != 1 && sets[0].flag == "--host" || n != 2 && sets[0].flag == "--diff" {
				return usage("--host takes one host and --diff two, as in --diff kext,dext")
			}
			if box != "" {
				sets = append(sets, assignment{"--box", "box=", box})
			}
			s, err := a.load(defaultScenario, sets)
			if err != nil {
				return err
			}
			return report.Info(a.out, s, s.Hosts, page)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&host, "host", "kext", "`NAME` of a host preset")
	f.StringVar(&diff, "diff", "", "`NAMES` of two host presets, side by side")
	f.StringVar(&box, "box", "", "`NAME` of a box (default that of the scenario "+defaultScenario+")")
	l.register(f)
	return c
}

// noArguments is for commands that take flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s takes no argument, not %q; see %s --help", cmd.Name(), args[0], cmd.CommandPath())
	}
	return nil
}
