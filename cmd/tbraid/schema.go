package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/lab/report"
)

// schemas are the JSON Schemas by name.
func schemas() map[string]func() []byte {
	all := map[string]func() []byte{"scenario": configs.Schema}
	for _, name := range report.Schemas() {
		all[name] = func() []byte {
			text, _ := report.Schema(name)
			return text
		}
	}
	return all
}

func newSchema(a *app) *cobra.Command {
	all := schemas()
	names := slices.Sorted(maps.Keys(all))
	return &cobra.Command{
		Use:   "schema " + strings.Join(names, "|"),
		Short: "print the JSON Schema of a scenario file, or of what is written as JSON",
		Long: `schema prints a JSON Schema (draft 2020-12). That of scenario files lets an editor
complete them. Fields are only ever added to what is written, so a reader should
pass over those that it does not know.`,
		Example:   "  tbraid schema scenario >scenario.schema.json",
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("schema takes one of %s", strings.Join(names, ", "))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text, ok := all[args[0]]
			if !ok {
				hint := "schemas are " + strings.Join(names, ", ")
				if near := nearest(args[0], names); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				return usage("there is no schema of %q; %s", args[0], hint)
			}
			_, err := a.out.Write(text())
			return err
		},
	}
}
