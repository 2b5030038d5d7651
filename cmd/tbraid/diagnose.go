package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/lab/diagnose"
	"tbraid/lab/report"
)

const diagnoseExamples = `  tbraid diagnose forum
  tbraid diagnose mine.yaml -v -o diagnosis.json -o diagnosis.html
  tbraid diagnose forum --script half-read-back > half-read-back.sh
  tbraid diagnose forum --table`

// diagnoseFlags are the flags of diagnose.
type diagnoseFlags struct {
	look
	faults  int
	workers int
	script  string
	table   bool
	outputs []string
}

func newDiagnose(a *app) *cobra.Command {
	var o diagnoseFlags
	c := &cobra.Command{
		Use:   "diagnose [OBSERVATIONS | FILE.yaml | -]",
		Short: "say which mechanisms explain what was observed, and which experiment tells them apart",
		Long: `diagnose takes observations: what was done, what was seen, and what nobody noted. It
puts every set of mechanisms (tbraid list mechanisms) into the model, does there
what was done, over all that is not known, and compares. What fits is weighed; what
does not is ruled out, with the observation that it contradicts. Then it proposes
the experiments (tbraid list experiments) that separate the rest at least cost, and
makes the observations again with each mechanism repaired.

Observations are a preset (tbraid list observations) or a file, which can add
mechanisms and experiments of its own; without one it is ` + defaultScenario + `.`,
		Example: diagnoseExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("diagnose takes one file or preset of observations, and %s is one more", shellWord(args[1]))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return forShell(presets(configs.Observed)), cobra.ShellCompDirectiveDefault
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.diagnose(&o, args) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&o.faults, "faults", diagnose.DefaultFaults, "how many faults an explanation may have, 1 to 4")
	f.StringVar(&o.script, "script", "", "print the experiment of that `NAME` as a shell script for macOS, and do nothing else")
	f.BoolVar(&o.table, "table", false, "print what every mechanism shows in every experiment, and do nothing else")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write the diagnosis to `FILE`.json or .html; repeatable; - is JSON on standard output, and nothing else then")
	f.IntVar(&o.workers, "workers", 0, "simulations at a time (default one a processor)")
	o.look.register(f)
	return c
}

func (a *app) diagnose(o *diagnoseFlags, args []string) error {
	if o.faults < 1 || o.faults > 4 {
		return usage("--faults takes 1 to 4, not %d", o.faults)
	}
	outputs, err := parseOutputs(o.outputs, checkDiagnosisForm)
	if err != nil {
		return err
	}
	page, err := o.options(a.screen)
	if err != nil {
		return err
	}
	name := defaultScenario
	if len(args) > 0 {
		name = args[0]
	}
	obs, err := a.loadObservations(name)
	if err != nil {
		return err
	}
	if o.script != "" {
		return a.experimentScript(obs, o.script)
	}
	if err := outputs.check(); err != nil {
		return err
	}
	if o.table {
		var t *diagnose.Table
		err := a.explained(func(w *lab.Watch) (err error) {
			t, err = diagnose.Tabulate(obs, agedBy, diagnose.Options{Workers: o.workers, Watch: w})
			return err
		})
		if err != nil {
			return err
		}
		return report.DiagnosisTable(a.out, t, page)
	}
	var r *diagnose.Result
	err = a.explained(func(w *lab.Watch) (err error) {
		r, err = diagnose.Diagnose(obs, diagnose.Options{Workers: o.workers, Faults: o.faults, Watch: w})
		return err
	})
	if err != nil {
		return err
	}
	err = outputs.write(func(w io.Writer, form string) error {
		if form == ".html" {
			return report.DiagnosisHTML(w, r)
		}
		return report.DiagnosisJSON(w, r)
	})
	switch {
	case err != nil:
		return err
	case outputs.stdout:
		return report.DiagnosisJSON(a.out, r)
	}
	return report.Diagnosis(a.out, r, page)
}

// agedBy is the mechanism that a table combines with each of the others.
const agedBy = "age-destage"

// checkDiagnosisForm refuses all but JSON and a page.
func checkDiagnosisForm(path string) error {
	switch filepath.Ext(path) {
	case ".json", ".html":
		return nil
	}
	return noForm(path, "there are .json and .html")
}

func (a *app) loadObservations(name string) (*configs.Observations, error) {
	var o *configs.Observations
	var err error
	if name == "-" {
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(a.stdin, configs.MaxFileBytes+1)); err == nil {
			o, err = configs.ParseObservations("standard input", data)
		}
	} else {
		o, err = configs.LoadObservations(name, configs.ReadFile)
	}
	var fault *configs.Error
	switch {
	case err == nil, errors.As(err, &fault):
		return o, err
	}
	path := &inputError{path: name, cause: err}
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	if errors.Is(err, fs.ErrNotExist) && slices.ContainsFunc(configs.Presets(configs.Observed), func(p configs.Preset) bool { return p.Name == base }) {
		path.hint = "; there is a preset of that name: tbraid diagnose " + base
	}
	return nil, path
}

// experimentScript prints an experiment as a shell script.
func (a *app) experimentScript(o *configs.Observations, name string) error {
	e, ok := o.FindExperiment(name)
	if ok {
		return diagnose.Script(a.out, o, e)
	}
	var known []string
	for i := range o.Experiments {
		known = append(known, o.Experiments[i].Name)
	}
	hint := "experiments are " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &configs.Error{File: "--script", Message: fmt.Sprintf("there is no experiment %q", name), Hint: hint}
}

// explained simulates under a watch. A part of a diagnosis is none: who ends it early
// gets nothing.
func (a *app) explained(simulate func(*lab.Watch) error) error {
	err := a.watched(simulate)
	if errors.Is(err, lab.ErrEnded) {
		return &interrupted{&lab.Partial{}}
	}
	return err
}
