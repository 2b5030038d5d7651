package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/lab/check"
	"tbraid/lab/report"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

const checkExamples = `  tbraid check small --policy wb-protected
  tbraid check mine.yaml -o result.json -o junit.xml
  tbraid check forum --assert 'lost(cp,wb-flush-*) == 0' --assert 'worst(*,wb-age-4s) <= 16MiB'
  tbraid check --policy wb-protected --assert 'lost(dd,*) == 0' 'dd if=/dev/random of=/dev/disk5 bs=1m count=64'`

func newCheck(a *app) *cobra.Command {
	var o checkFlags
	c := &cobra.Command{
		Use:   "check [SCENARIO | FILE.yaml | - | 'COMMAND LINE' …]",
		Short: "run a scenario, and fail if the result is not as asserted",
		Long: `check plays a scenario or command lines as run does and holds the result to
assertions: those of the scenario (asserts:) and those of --assert, or
` + check.Default + ` if there are none. It ends with 0 if all of them hold and
with ` + fmt.Sprint(exitAsserted) + ` if one does not. A scenario without a name is ` + defaultScenario + `.

` + aboutAssertions + `

` + metricList(),
		Example: checkExamples,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.check(cmd, &o, args) },
	}
	c.ValidArgsFunction = completeScenarios
	o.register(c)
	return c
}

const aboutAssertions = `An assertion is METRIC(TOOL,POLICY) OP VALUE, as in lost(dd,*) == 0. TOOL names a
tool or a case, POLICY a firmware policy; case=NAME, host=NAME and event=NAME
behind them narrow it further. In names * is any text and ? one character; a name
with a comma or the like in it stands in quotes. OP is one of == != < <= > >=.
VALUE has the unit of the metric. An assertion holds if it does for all that it
selects, and one that selects nothing is a fault. Metrics:`

// metricList is a line for each metric.
func metricList() string {
	var b strings.Builder
	for _, m := range check.Metrics() {
		fmt.Fprintf(&b, "  %-11s %-9s %s\n", m.Name, m.Unit, m.Doc)
	}
	return strings.TrimRight(b.String(), "\n")
}

// checkFlags are the flags of check: those of run that choose what is played and
// how it is printed, and the assertions.
type checkFlags struct {
	runFlags
	asserts  []string
	annotate string
}

func (o *checkFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.asserts, "assert", nil, "`ASSERTION` that the result is held to, besides those of the scenario; repeatable")
	o.annotate = "auto"
	f.Var(&choice{&o.annotate, []string{"auto", "github", "never"}}, "annotate",
		"github writes a workflow command for each failed assertion to standard error; auto does if GITHUB_ACTIONS is true")
	o.chosen(f)
	o.narrowed(f)
	o.happening(f)
	o.played(f)
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write the result to `FILE`.json or another form of run, or the assertions to FILE.xml (JUnit); repeatable; - is JSON on standard output, and nothing else then")
	o.simulated(f)
	o.look.register(f)
}

// checkCheckForm refuses a file that a checked result has no form for.
func checkCheckForm(path string) error {
	ending := filepath.Ext(path)
	if _, ok := report.FindForm(ending); ok || ending == junitEnding {
		return nil
	}
	return noForm(path, "there are "+endings()+", and "+junitEnding+" (JUnit)")
}

// unmet is the error of a check with assertions that do not hold.
type unmet struct{}

func (*unmet) Error() string { return "an assertion does not hold" }

// check reads, simulates, judges and prints. Assertions are read before anything
// is simulated.
func (a *app) check(cmd *cobra.Command, o *checkFlags, args []string) error {
	outputs, err := parseOutputs(o.outputs, checkCheckForm)
	if err != nil {
		return err
	}
	page, err := o.options(a.screen)
	if err == nil {
		err = o.refuse(cmd)
	}
	if err != nil {
		return err
	}
	s, err := a.scenario(cmd, &o.runFlags, args)
	if err != nil {
		return err
	}
	plan, err := check.Read(s, o.expected(s))
	if err != nil {
		return err
	}
	if err := outputs.check(); err != nil {
		return err
	}
	if err := outputs.hold(lab.RunCount(s)); err != nil {
		return err
	}
	d, err := a.document(s, lab.Options{Workers: o.workers, Ledger: o.ledger, Sweep: plan.Sweeps(), SweepOf: plan.Swept, Fates: outputs.any()}, outputs)
	if err != nil {
		return err
	}
	if d.Result.Partial == nil { // of a result that was ended early nothing is asserted
		d.Result.Asserts = plan.Judge(d.Result)
	}
	return endedEarly(d.Result.Partial, func() error { return a.checked(d, outputs, o, page) })
}

// refuse is about flags that contradict each other or ask for what check is not.
func (o *checkFlags) refuse(cmd *cobra.Command) error {
	if err := o.runFlags.refuse(cmd); err != nil {
		return err
	}
	switch {
	case o.ledger == ledger.Off:
		return usage("--ledger off judges nothing that could be asserted: it takes promises or full")
	case o.cut == power.EveryCut:
		return usage("--cut every is for curves; assert worst(*,*), mean(*,*) or exposed(*,*)")
	}
	return nil
}

// expected are the assertions in force.
func (o *checkFlags) expected(s *configs.Scenario) []configs.Assert {
	all := s.Asserts
	for _, text := range o.asserts {
		all = append(all[:len(all):len(all)], configs.NewAssert("--assert", text))
	}
	if len(all) == 0 {
		all = []configs.Assert{configs.NewAssert("default", check.Default)}
	}
	return all
}

// checked writes the files and prints. The error says whether all is as asserted.
func (a *app) checked(d *report.Document, to outputs, o *checkFlags, page report.Options) error {
	r := d.Result
	if err := to.writeForms(d); err != nil {
		return err
	}
	print := func() error { return report.Check(a.out, r, page) }
	if to.stdout {
		print = func() error { return report.JSON(a.out, r) }
	}
	if err := print(); err != nil {
		return err
	}
	if o.annotate == "github" || o.annotate == "auto" && os.Getenv("GITHUB_ACTIONS") == "true" {
		if err := report.Annotations(a.errs, r); err != nil {
			return err
		}
	}
	for i := range r.Asserts {
		if !r.Asserts[i].Passed {
			return &unmet{}
		}
	}
	return nil
}
