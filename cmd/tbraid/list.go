package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/lab/report"
	"tbraid/sim/power"
)

// listEvents is the one kind of list that is not of presets.
const listEvents = "events"

// sequenceText says what a sequence of events is.
const sequenceText = "each comes so long after the one before it came, whatever is going on: host-power+2s+box-power"

// listKinds are what list takes.
func listKinds() []string {
	var all []string
	for _, k := range slices.Concat(configs.Kinds(), configs.DiagnosisKinds()) {
		all = append(all, string(k))
	}
	return append(all, listEvents)
}

func newList(a *app) *cobra.Command {
	var l look
	kinds := listKinds()
	c := &cobra.Command{
		Use:       "list " + strings.Join(kinds, "|"),
		Short:     "name the presets and events there are",
		ValidArgs: kinds,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("list takes one of %s", strings.Join(kinds, ", "))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			page, err := l.options(a.screen)
			if err != nil {
				return err
			}
			rows, err := listing(args[0], l.verbose)
			if err != nil {
				return err
			}
			return report.List(a.out, args[0], rows, page)
		},
	}
	l.register(c.Flags())
	return c
}

// listing has a row for each name, and one more for its source if asked.
func listing(kind string, sources bool) ([][2]string, error) {
	var rows [][2]string
	if kind == listEvents {
		for _, k := range power.Kinds() {
			rows = append(rows, [2]string{k.Form(), k.Text()})
		}
		rows = append(rows, [2]string{"EVENT+TIME+EVENT…", sequenceText})
		return rows, nil
	}
	for _, k := range slices.Concat(configs.Kinds(), configs.DiagnosisKinds()) {
		if string(k) != kind {
			continue
		}
		for _, p := range configs.Presets(k) {
			rows = append(rows, [2]string{p.Name, p.Title})
			if sources && p.Source != "" {
				rows = append(rows, [2]string{"", "source: " + p.Source})
			}
		}
		return rows, nil
	}
	hint := "kinds are " + strings.Join(listKinds(), ", ")
	if near := nearest(kind, listKinds()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, usage("there is no list of %q; %s", kind, hint)
}
