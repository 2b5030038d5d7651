package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"tbraid/lab"
)

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version of the program and of its results",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, version())
			return err
		},
	}
}

// version says what was built, as far as the toolchain has noted it.
func version() string {
	built := "(unknown)"
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		built = b.Main.Version
	}
	return fmt.Sprintf("tbraid %s, results %s, %s %s/%s", built, lab.Schema, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
