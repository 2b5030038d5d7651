package main

import (
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tbraid/lab"
	"tbraid/lab/report"
	"tbraid/sim/ledger"
)

const curveExamples = `  tbraid curve forum -o curve.svg
  tbraid curve small --host kext --policy wb-flush-all,wb-age-4s --tail 30s
  tbraid curve --policy wb-ack-only 'dd if=/dev/random of=/dev/rdisk5 bs=1m count=64' -o curve.csv`

func newCurve(a *app) *cobra.Command {
	var o curveFlags
	c := &cobra.Command{
		Use:   "curve [SCENARIO | FILE.yaml | - | 'COMMAND LINE' …]",
		Short: "show what a power cut would take, at every instant",
		Long: `curve plays a scenario or command lines as run does, but without a power cut,
and says for every instant how many acknowledged bytes a cut at that instant
would have taken: a curve for each policy, its worst and its mean, and from when
to when there is something to lose. A scenario without a name is ` + defaultScenario + `.

The sweep begins with the first step and goes on for --tail after the instant at
which the event of the scenario comes.`,
		Example: curveExamples,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.curve(cmd, &o, args) },
	}
	c.ValidArgsFunction = completeScenarios
	o.register(c)
	return c
}

// curveFlags are the flags of curve: those of run that choose what is played and
// how it is printed, and those of the sweep.
type curveFlags struct {
	runFlags
	tail time.Duration
}

func (o *curveFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	o.chosen(f)
	o.narrowed(f)
	o.played(f)
	f.DurationVar(&o.tail, "tail", lab.DefaultTail, "`DURATION` for which the sweep goes on after the event")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write the curves to `FILE`.svg, .csv or .json; repeatable; - is JSON on standard output, and nothing else then")
	o.simulated(f)
	o.look.register(f)
}

// curve reads, sweeps and prints. As with run, files come first.
func (a *app) curve(cmd *cobra.Command, o *curveFlags, args []string) error {
	outputs, err := parseOutputs(o.outputs, checkCurveForm)
	if err != nil {
		return err
	}
	page, err := o.options(a.screen)
	if err == nil {
		err = o.refuse(cmd)
	}
	switch {
	case err != nil:
		return err
	case o.ledger == ledger.Off:
		return usage("--ledger off keeps nothing that a curve could be drawn from: it takes promises or full")
	case o.tail < 0:
		return usage("--tail takes 0 or more, not %s", o.tail)
	}
	s, err := a.scenario(cmd, &o.runFlags, args)
	if err != nil {
		return err
	}
	if err := outputs.check(); err != nil {
		return err
	}
	var c *lab.Curves
	err = a.watched(func(w *lab.Watch) (err error) {
		c, err = lab.Sweeps(s, lab.SweepOptions{Workers: o.workers, Tail: o.tail, Ledger: o.ledger, Watch: w})
		return err
	})
	if err != nil {
		return err
	}
	return endedEarly(c.Partial, func() error { return a.curves(c, outputs, page) })
}

// curves writes the files and prints.
func (a *app) curves(c *lab.Curves, to outputs, page report.Options) error {
	if err := to.write(func(w io.Writer, form string) error { return curveForms[form](w, c) }); err != nil {
		return err
	}
	if to.stdout {
		return report.CurvesJSON(a.out, c)
	}
	return report.CurvesText(a.out, c, page)
}

// curveForms are the forms of curves by the ending of a file.
var curveForms = map[string]func(io.Writer, *lab.Curves) error{
	".svg":  report.CurvesSVG,
	".csv":  report.CurvesCSV,
	".json": report.CurvesJSON,
}

// checkCurveForm refuses a file that curves have no form for.
func checkCurveForm(path string) error {
	if _, ok := curveForms[filepath.Ext(path)]; ok {
		return nil
	}
	return &inputError{path: path, cause: errors.New("the ending of a file says in which form to write: there are .svg, .csv and .json, and - for JSON on standard output")}
}
