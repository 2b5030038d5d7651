package main

import (
	"github.com/spf13/cobra"

	"tbraid/lab/report"
)

func newLs(a *app) *cobra.Command {
	var l look
	c := &cobra.Command{
		Use:   "ls",
		Short: "demonstrate that the order of ls -al comes from collation, not from a driver",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			page, err := l.options(a.screen)
			if err != nil {
				return err
			}
			return report.Collation(a.out, page)
		},
	}
	l.register(c.Flags())
	return c
}
