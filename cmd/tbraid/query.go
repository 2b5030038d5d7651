package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tbraid/lab"
	"tbraid/lab/report"
	"tbraid/lab/store"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

const queryExamples = `  tbraid run forum -o r.json && tbraid query r.json 'class=violation lba>=2TiB' --sort -age
  tbraid query r.json 'file="/Volumes/RAID/*" reads!=zeros' --columns policy,file,lba,bytes
  tbraid query r.json 'rate<100MB/s lost=0' --table runs
  tbraid query forum --case cp --host kext 'policy=wb-* cause=firmware-acks'
  tbraid run forum -o - | tbraid query - --table policies --sort broken,-slowest`

func newQuery(a *app) *cobra.Command {
	var o queryFlags
	c := &cobra.Command{
		Use:   "query RESULT.json … | SCENARIO | FILE.yaml | - [CONDITION …]",
		Short: "ask a result which extents, runs or causes meet conditions",
		Long: `query looks into results that tbraid run -o has written, or runs a scenario and
looks into what comes out; - is either, on standard input. Conditions stand side
by side and all must hold: the name of a column, one of = != < <= > >=, a value.
A word may have * in it, and alternatives behind commas; quotes keep blanks. A
number may be a range, as in lba=0..4095. Sizes, times and rates have a unit; an
address is a block, or a size from the start of the volume: lba>=2TiB.

What is asked of addresses cuts extents to the blocks that are meant.

` + queryColumns(),
		Example:           queryExamples,
		ValidArgsFunction: completeScenarios,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.query(cmd, &o, args) },
	}
	o.register(c)
	return c
}

// queryColumns lists the tables with their columns.
func queryColumns() string {
	var b strings.Builder
	for i, t := range store.Tables() {
		fmt.Fprintf(&b, "\n--table %s", t.Name)
		if i == 0 {
			b.WriteString(", if nothing else is said")
		}
		fmt.Fprintf(&b, ": %s\n", t.About)
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "  %-11s %s\n", c.Name, c.About)
		}
	}
	return strings.TrimSpace(b.String())
}

// queryFlags are the flags of query: how a scenario is run, if one is, and what is
// asked.
type queryFlags struct {
	runFlags
	table, sort, columns string
	limit                int
	count, json          bool
}

// queryLimit is how many rows are shown if nothing else is asked for.
const queryLimit = 50

func (o *queryFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.table, "table", store.Tables()[0].Name, "`NAME` of what the question is about: "+strings.Join(tableNames(), ", "))
	f.StringVar(&o.sort, "sort", "", "`COLUMNS` to sort by, as in -age,lba: a minus is greatest first")
	f.StringVar(&o.columns, "columns", "", "`COLUMNS` to show, separated by commas")
	f.IntVar(&o.limit, "limit", queryLimit, "`NUMBER` of rows to show; 0 is all")
	f.BoolVar(&o.count, "count", false, "print how many rows there are, and nothing else")
	f.BoolVar(&o.json, "json", false, "print JSON")
	o.chosen(f)
	o.narrowed(f)
	o.happening(f)
	o.played(f)
	o.simulated(f)
	o.look.register(f)
}

func tableNames() []string {
	var all []string
	for _, t := range store.Tables() {
		all = append(all, t.Name)
	}
	return all
}

// query reads the question, then what it is about, and prints the answer.
func (a *app) query(cmd *cobra.Command, o *queryFlags, args []string) error {
	page, err := o.options(a.screen)
	switch {
	case err != nil:
		return err
	case o.limit < 0:
		return usage("--limit takes 0 or more, not %d", o.limit)
	case o.count && o.json:
		return usage("--count prints a number and --json a document: give one of them")
	case o.workers < 0:
		return usage("--workers takes 0 or more, not %d", o.workers)
	}
	sources, conditions := splitQuery(args)
	if len(sources) == 0 {
		return usage("query takes a result or a scenario, and then conditions: tbraid query r.json 'class=violation'")
	}
	q, err := o.question(conditions)
	if err != nil {
		return err
	}
	s := store.New()
	if err := a.fillStore(cmd, o, s, sources); err != nil {
		return err
	}
	answer, err := s.View().Find(q)
	switch {
	case err != nil:
		return err
	case o.count:
		_, err = fmt.Fprintln(a.out, answer.Matched)
		return err
	case o.json:
		return report.AnswerJSON(a.out, answer)
	}
	return report.AnswerText(a.out, answer, page)
}

// splitQuery tells what a question is about from its conditions.
func splitQuery(args []string) (sources []string, conditions string) {
	n := slices.IndexFunc(args, isCondition)
	if n < 0 {
		n = len(args)
	}
	return args[:n], strings.Join(args[n:], " ")
}

// isCondition tells whether an argument compares something, and is no command line.
func isCondition(arg string) bool {
	words := strings.Fields(arg)
	return len(words) == 0 || !isTool(words[0]) && strings.ContainsAny(arg, "=<>")
}

// question reads the conditions and the flags that go with them.
func (o *queryFlags) question(conditions string) (*store.Query, error) {
	i := slices.Index(tableNames(), o.table)
	if i < 0 {
		hint := "there are " + strings.Join(tableNames(), ", ")
		if near := nearest(o.table, tableNames()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, usage("--table: there is no table %q; %s", o.table, hint)
	}
	q, err := store.Parse(store.Tables()[i], conditions)
	if err == nil && o.sort != "" {
		err = q.Sort("--sort", o.sort)
	}
	if err == nil && o.columns != "" {
		err = q.Show("--columns", o.columns)
	}
	if err != nil {
		return nil, err
	}
	if q.Limit = o.limit; o.count {
		q.Limit = 1
	}
	return q, nil
}

// fillStore loads the results that were named, or that of a run.
func (a *app) fillStore(cmd *cobra.Command, o *queryFlags, s *store.Store, sources []string) error {
	if slices.Equal(sources, []string{"-"}) {
		return a.fillFromInput(cmd, o, s)
	}
	if !slices.ContainsFunc(sources, isResult) {
		return a.fillFromRun(cmd, o, s, sources)
	}
	if err := o.resultOnly(cmd); err != nil {
		return err
	}
	for i, name := range sources {
		if slices.Contains(sources[:i], name) {
			return usage("%s is given twice", name)
		}
		r, err := readResult(name)
		if err != nil {
			return err
		}
		s.Load(name, r)
	}
	return nil
}

// fillFromInput takes a result or a scenario from standard input: a result is JSON
// with a schema, a scenario is YAML.
func (a *app) fillFromInput(cmd *cobra.Command, o *queryFlags, s *store.Store) error {
	data, err := io.ReadAll(a.stdin)
	if err != nil {
		return &inputError{path: "standard input", cause: err}
	}
	if start := bytes.TrimSpace(data); !bytes.HasPrefix(start, []byte("{")) {
		scenario := *a
		scenario.stdin = bytes.NewReader(data)
		return scenario.fillFromRun(cmd, o, s, []string{"-"})
	}
	if err := o.resultOnly(cmd); err != nil {
		return err
	}
	r, err := lab.ReadResult("standard input", data)
	if err == nil {
		s.Load("standard input", r)
	}
	return err
}

// fillFromRun runs a scenario and loads what comes out, every lost extent of it.
func (a *app) fillFromRun(cmd *cobra.Command, o *queryFlags, s *store.Store, sources []string) error {
	if o.ledger == ledger.Off {
		return usage("--ledger off judges nothing, so there is nothing to ask for: it takes promises or full")
	}
	scenario, err := a.scenario(cmd, &o.runFlags, sources)
	switch {
	case err != nil:
		return err
	case scenario.Cut.Kind == power.Every:
		return usage("--cut every gives curves and plays no single run: query takes one instant, or worst")
	}
	return a.watched(func(w *lab.Watch) error {
		r, err := lab.Simulate(scenario, lab.Options{Workers: o.workers, Ledger: o.ledger, Extents: lab.AllExtents, Watch: w})
		switch {
		case err != nil:
			return err
		case r.Partial != nil: // an answer from some of the runs would look like one from all
			return &interrupted{r.Partial}
		}
		s.Load(scenario.Name, r)
		return nil
	})
}

// resultOnly refuses the flags that say how a scenario is run.
func (o *queryFlags) resultOnly(cmd *cobra.Command) (err error) {
	own := []string{"table", "sort", "columns", "limit", "count", "json", "verbose", "color", "ascii", "width"}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(own, f.Name) && err == nil {
			err = usage("--%s goes with a scenario; what a result has is asked for in a condition", f.Name)
		}
	})
	return err
}

// isResult tells whether an argument names the file of a result.
func isResult(arg string) bool { return filepath.Ext(arg) == ".json" }

// readResult reads what run -o has written.
func readResult(path string) (*lab.Result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &inputError{path: path, cause: err}
	}
	return lab.ReadResult(path, data)
}
