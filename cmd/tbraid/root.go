package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const about = `tbraid replays dd, cp and diskutil on a model of a Thunderbolt RAID box, lets
something happen (the box loses power, the host restarts …), and reports which
acknowledged bytes are gone, which promise was broken, and by which layer.

Without a command it runs the scenario forum, and takes the flags of run.

Exit codes: 0 it ran (loss is a result), 2 usage, 3 a fault in a scenario, an
assertion or a path, 10 an assertion does not hold (check), 11 the model
contradicted itself (always a bug of tbraid), 130 interrupted: what had been
simulated by then is reported, and marked as partial; 1 all else.`

// newRoot builds the commands.
func newRoot(a *app) *cobra.Command {
	var o runFlags
	root := &cobra.Command{
		Use:           "tbraid",
		Short:         "what is lost when a RAID box loses power, and who promised what",
		Long:          about,
		Version:       version(),
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.run(cmd, &o, nil) },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	o.register(root)
	root.Flags().VisitAll(func(f *pflag.Flag) { f.Hidden = true }) // they are shown with run
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(a.flagError)
	root.SetHelpCommand(newHelp(root))
	root.AddCommand(newRun(a), newCurve(a), newCheck(a), newExplain(a), newDiagnose(a), newQuery(a), newValidate(a), newList(a), newInfo(a), newLs(a),
		newBench(a), newDashboard(a), newSchema(a), newMan(a), newVersion(a))
	for _, c := range append(root.Commands(), root) {
		a.completeFlags(c)
	}
	return root
}

// newHelp is cobra's help command, with an error for a topic that there is not.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "help about a command",
		RunE: func(_ *cobra.Command, args []string) error {
			topic, _, err := root.Find(args)
			if err != nil || topic == root && len(args) > 0 {
				return unknownCommand(root, args)
			}
			topic.InitDefaultHelpFlag()
			return topic.Help()
		},
	}
}

// unknownCommand refuses arguments of the root: they were meant as commands.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	word := args[0]
	hint := "commands are " + strings.Join(known, ", ")
	switch near := nearest(word, known); {
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	case isCommandLine(word) || isScenario(word):
		hint = "did you mean: tbraid run " + shellWord(word)
	}
	return usage("unknown command %q; %s", word, hint)
}

// flagError words an error of the flag library, and says which flag was meant.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	switch {
	case errors.As(err, &value):
		return usage("--%s cannot be %q: %v", value.GetFlag().Name, value.GetValue(), innermost(value))
	case !errors.As(err, &unknown):
		return usage("%v", err)
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	name := unknown.GetSpecifiedName()
	switch near := nearest(name, known); {
	case unknown.GetSpecifiedShortnames() != "":
		if slices.ContainsFunc(a.args, isTool) {
			return usage("%v; put a command line to replay in quotes, as in 'cp -R /Users/user/Footage /Volumes/RAID/'", err)
		}
	case near != "":
		return usage("unknown flag --%s; did you mean --%s?", name, near)
	}
	return usage("%v; see %s --help", err, cmd.CommandPath())
}

// innermost is the cause at the end of a chain.
func innermost(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}

// nearest is the option that the word was probably meant to be, or empty.
func nearest(word string, options []string) string {
	best, least := "", 3
	for _, o := range options {
		if d := levenshtein.Distance(strings.ToLower(word), o, nil); d < least && d < len(o) {
			best, least = o, d
		}
	}
	return best
}
