package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tbraid/host/trace"
	"tbraid/lab"
	"tbraid/lab/report"
	"tbraid/sim/ledger"
)

const benchExamples = `  tbraid bench
  tbraid bench B D --ledger off
  tbraid bench --sweep --scale 0.1 -o speed.json
  tbraid bench F --trace mine.trace`

func newBench(a *app) *cobra.Command {
	var o benchFlags
	c := &cobra.Command{
		Use:   "bench [CASE …]",
		Short: "measure how fast the model is on this machine",
		Long: `bench plays fixed loads on fixed boxes, with the whole way of each request in
the measurement: program, driver, CDB, link, target, firmware, cache, array, disks
and ledger. It says how many requests a second of processor time is good for, how
many events of the kernel and heap objects one takes, and the largest heap.

Requests, events and simulated time are the same on every machine; the rest is
about this one. A letter stands for all cases that begin with it. Without a case
all are measured: ` + strings.Join(lab.BenchNames(), ", ") + `.`,
		Example:   benchExamples,
		ValidArgs: lab.BenchNames(),
		RunE:      func(_ *cobra.Command, args []string) error { return a.bench(&o, args) },
	}
	o.register(c)
	return c
}

// benchFlags are the flags of bench.
type benchFlags struct {
	look
	ledger  ledger.Level
	sweep   bool
	scale   float64
	trace   string
	outputs []string
}

// mostScale bounds --scale: the longest case then still has fewer WRITEs than
// there are versions.
const mostScale = 1000

func (o *benchFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.TextVar(&o.ledger, "ledger", ledger.Promises, "`LEVEL` of detail: promises, full to remember every WRITE, or off to judge nothing")
	f.BoolVar(&o.sweep, "sweep", false, "also keep what a power cut would take at every instant, as curve does")
	f.Float64Var(&o.scale, "scale", 1, "`FACTOR` on the number of requests")
	f.StringVar(&o.trace, "trace", "", "`FILE` in the ASCII form of MQSim that case F replays (default a web search trace of MQSim's own)")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write the figures to `FILE`.json; repeatable; - is JSON on standard output, and nothing else then")
	o.look.register(f)
}

// bench measures and prints. A file is written first, as with run.
func (a *app) bench(o *benchFlags, args []string) error {
	outputs, err := parseOutputs(o.outputs, checkJSON)
	if err != nil {
		return err
	}
	page, err := o.options(a.screen)
	switch {
	case err != nil:
		return err
	case !(o.scale > 0 && o.scale <= mostScale): // NaN too
		return usage("--scale takes a number above 0 and up to %d, not %v", mostScale, o.scale)
	case o.sweep && o.ledger == ledger.Off:
		return usage("--ledger off keeps nothing that --sweep could look at: it takes promises or full")
	}
	if o.trace != "" && len(args) > 0 && !slices.ContainsFunc(args, func(c string) bool { return strings.EqualFold(c, "F") }) {
		return usage("--trace is replayed by case F, which is not among %s", strings.Join(args, ", "))
	}
	options := lab.BenchOptions{Cases: args, Ledger: o.ledger, Sweep: o.sweep, Scale: o.scale}
	if options.Trace, err = a.records(o.trace); err != nil {
		return err
	}
	if err := outputs.check(); err != nil {
		return err
	}
	b, err := lab.MeasureSpeed(options)
	if err != nil {
		return err
	}
	if err := outputs.write(func(w io.Writer, _ string) error { return report.BenchJSON(w, b) }); err != nil {
		return err
	}
	if outputs.stdout {
		return report.BenchJSON(a.out, b)
	}
	return report.BenchText(a.out, b, page)
}

// records reads the trace of case F.
func (a *app) records(path string) ([]trace.Record, error) {
	if path == "" {
		return trace.MQSim("mqsim-wsrch-small.trace", trace.WebSearch)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &inputError{path: path, cause: err}
	}
	return trace.MQSim(path, string(text))
}
