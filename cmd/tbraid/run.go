package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/lab/report"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// defaultAfter is how long after the last command line the event comes.
const defaultAfter = 250 * time.Millisecond

// defaultScenario is what runs when nothing is named.
const defaultScenario = "forum"

const runExamples = `  tbraid run forum -o result.json
  tbraid run mine.yaml --set box.cache.capacity=2GiB --event box-power,restart:kext
  tbraid run small --host kext,dext --policy wb-ack-only --log driver,target
  tbraid run small --event host-power+2s+box-power
  tbraid run --cut 40ms --host kext 'dd if=/dev/random of=/dev/rdisk5 bs=1m count=64'
  tbraid run --event restart:kext 'dd if=/dev/random of=/dev/rdisk5 bs=1m count=64'
  tbraid run --volume /Volumes/RAID:apfs 'cp -R /Users/user/Footage /Volumes/RAID/' sync`

func newRun(a *app) *cobra.Command {
	var o runFlags
	c := &cobra.Command{
		Use:   "run [SCENARIO | FILE.yaml | - | 'COMMAND LINE' …]",
		Short: "replay a scenario, or command lines, and report what was lost",
		Long: `run replays a scenario: a preset (tbraid list scenarios), a file, or - for
standard input. Without one it runs ` + defaultScenario + `.

Or it replays command lines of dd, cp, diskutil and sync, each in quotes, one
after the other. Then it waits (--after), lets the event happen, and reads back
what dd has written to the disk. What dd is going to write is filled with a
known pattern first, unless --volume puts a file system there. Hosts, policies,
box and files are those of the scenario ` + defaultScenario + `, the event is box-power.`,
		Example: runExamples,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.run(cmd, &o, args) },
	}
	c.ValidArgsFunction = completeScenarios
	o.register(c)
	return c
}

// runFlags are the flags of run.
type runFlags struct {
	look
	sets, cases             []string
	hosts, policies, events []string
	box, cut                string
	seed                    uint64
	workers                 int
	outputs                 []string
	extents                 extents
	metricsFile             metricsFile
	seams                   seams
	sweep, noChanges, plain bool

	// Of command lines only.
	after  time.Duration
	ledger ledger.Level
	volume string
	files  []string
}

func (o *runFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	o.chosen(f)
	o.narrowed(f)
	o.happening(f)
	o.played(f)
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write the result to `FILE`, in the form that its ending names: "+endings()+"; repeatable; - is JSON on standard output, and nothing else then")
	f.BoolVar(&o.sweep, "sweep", false, "also find out what a cut at every other instant would have cost: worst, mean and time exposed; -v asks for it")
	f.BoolVar(&o.noChanges, "no-changes", false, "do not try what would have kept the data: some forty runs less, and no CHANGE in the report")
	f.BoolVar(&o.plain, "plain", false, "words for people who have never seen SCSI")
	f.StringVar((*string)(&o.metricsFile), "metrics-file", "", "also write the numbers for Prometheus to `FILE`.prom, as the textfile collector of the node exporter reads them")
	f.Var(&o.extents, "extents", "`NUMBER` of lost extents that the JSON lists of a run at most, or all")
	f.Var(&o.seams, "log", "print the commands that passed `SEAMS`: driver, target, disks")
	o.simulated(f)
	o.look.register(f)
}

// chosen registers what names the parts of a scenario.
func (o *runFlags) chosen(f *pflag.FlagSet) {
	f.StringArrayVar(&o.sets, "set", nil, "change a value by its dotted name: `PATH=VALUE`, as in box.cache.capacity=2GiB; repeatable")
	f.StringArrayVar(&o.hosts, "host", nil, "`NAMES` of host presets, in place of the scenario's, separated by commas")
	f.StringArrayVar(&o.policies, "policy", nil, "`NAMES` of firmware policies, in place of the scenario's")
}

// narrowed registers which cases are played.
func (o *runFlags) narrowed(f *pflag.FlagSet) {
	f.StringArrayVar(&o.cases, "case", nil, "only the case of that `NAME`; repeatable")
}

// happening registers what happens, and when.
func (o *runFlags) happening(f *pflag.FlagSet) {
	f.StringArrayVar(&o.events, "event", nil, "`NAMES` of events, in place of the scenario's, as in restart:kext,box-power/73h; host-power+2s+box-power is two, 2 s apart")
	f.StringVar(&o.cut, "cut", "", "`INSTANT` at which the event comes, wherever the case stands: 1.5s after it began, or +250ms after its last command line")
}

// played registers the box, and what command lines need besides themselves.
func (o *runFlags) played(f *pflag.FlagSet) {
	f.StringVar(&o.box, "box", "", "`NAME` of a box, in place of the scenario's")
	f.DurationVar(&o.after, "after", defaultAfter, "command lines: `DURATION` from the last one to the event")
	f.StringVar(&o.volume, "volume", "", "command lines: mount a volume at `PATH[:hfs+|apfs]`, as in /Volumes/RAID:apfs")
	f.StringArrayVar(&o.files, "file", nil, "command lines: a file on the host's own disk, `PATH=SIZE`; repeatable")
}

// simulated registers how a scenario is simulated.
func (o *runFlags) simulated(f *pflag.FlagSet) {
	f.Uint64Var(&o.seed, "seed", 0, "`NUMBER` that every random stream starts from (default that of the scenario)")
	f.TextVar(&o.ledger, "ledger", ledger.Promises, "`LEVEL` of detail: promises, full to remember every WRITE and to follow each row of parity (curves), or off to judge nothing")
	f.IntVar(&o.workers, "workers", 0, "`NUMBER` of runs at a time (default one a processor); results do not depend on it")
}

// run reads, simulates and prints. Files are written first: if one of them
// cannot be, there is an error and nothing else.
func (a *app) run(cmd *cobra.Command, o *runFlags, args []string) error {
	form := checkResultForm
	if o.cut == power.EveryCut {
		form = checkCurveForm
	}
	outputs, err := parseOutputs(o.outputs, form)
	if err != nil {
		return err
	}
	page, err := o.options(a.screen)
	page.Plain = o.plain
	if err == nil {
		err = o.refuse(cmd)
	}
	switch {
	case err != nil:
		return err
	case o.plain && o.verbose:
		return usage("-v adds codes and sources, and --plain leaves such words out: give one of them")
	case o.sweep && o.ledger == ledger.Off:
		return usage("--sweep asks what is lost, and --ledger off judges nothing: leave one of them out")
	case o.sweep && o.cut == power.EveryCut:
		return usage("--cut every shows every instant itself: leave --sweep out")
	case !o.metricsFile.named():
		return usage("--metrics-file %s: the textfile collector reads files that end in %s", o.metricsFile, metricsEnding)
	case outputs.stdout && o.seams.any():
		return usage("--log prints text, and -o - leaves no room for it: write the result to a file")
	}
	s, err := a.scenario(cmd, o, args)
	if err != nil {
		return err
	}
	if err := errors.Join(outputs.check(), o.metricsFile.check()); err != nil {
		return err
	}
	if s.Cut.Kind == power.Every {
		switch {
		case o.seams.any():
			return usage("--log prints the commands of single runs, and --cut every plays none")
		case o.metricsFile != "":
			return usage("--metrics-file has the numbers of single runs, and --cut every plays none")
		}
		return a.everyCut(s, o, outputs, page)
	}
	if err := outputs.hold(lab.RunCount(s)); err != nil {
		return err
	}
	d, err := a.document(s, lab.Options{Workers: o.workers, Seams: lab.Seams(o.seams), Ledger: o.ledger,
		Sweep: o.sweep || o.verbose && o.ledger != ledger.Off, Changes: !o.noChanges, Extents: int(o.extents), Fates: outputs.any()}, outputs)
	if err != nil {
		return err
	}
	return endedEarly(d.Result.Partial, func() error { return a.result(d, o, outputs, page) })
}

// everyCut shows what the event of the scenario costs at every instant.
func (a *app) everyCut(s *configs.Scenario, o *runFlags, to outputs, page report.Options) error {
	var c *lab.Curves
	err := a.watched(func(w *lab.Watch) (err error) {
		c, err = lab.EveryCut(s, lab.SweepOptions{Workers: o.workers, Tail: lab.DefaultTail, Ledger: o.ledger, Watch: w})
		return err
	})
	if err != nil {
		return err
	}
	return endedEarly(c.Partial, func() error { return a.curves(c, to, page) })
}

// result writes the files and prints.
func (a *app) result(d *report.Document, o *runFlags, to outputs, page report.Options) error {
	r := d.Result
	if err := to.writeForms(d); err != nil {
		return err
	}
	if err := o.metricsFile.write(r); err != nil {
		return err
	}
	if to.stdout {
		return report.JSON(a.out, r)
	}
	if err := report.Text(a.out, r, page); err != nil {
		return err
	}
	return a.logs(r, o.seams, page)
}

// refuse is about flags that contradict each other or have no meaning.
func (o *runFlags) refuse(cmd *cobra.Command) error {
	switch {
	case o.workers < 0:
		return usage("--workers takes 0 or more, not %d", o.workers)
	case o.after < 0:
		return usage("--after takes 0 or more, not %s", o.after)
	case cmd.Flags().Changed("after") && o.cut != "":
		return usage("--after and --cut both say when the event comes: give one of them")
	case cmd.Flags().Changed("cut") && o.cut == "":
		return usage("--cut takes an instant: %s", power.CutForms)
	}
	return nil
}

// logs prints the command logs, and two hosts side by side if nothing else
// differs between the only two runs.
func (a *app) logs(r *lab.Result, s seams, page report.Options) error {
	if !s.any() {
		return nil
	}
	if err := report.Logs(a.out, r, page); err != nil {
		return err
	}
	if len(r.Runs) != 2 || r.Runs[0].Host == r.Runs[1].Host {
		return nil
	}
	return report.CompareLogs(a.out, &r.Runs[0], &r.Runs[1], page)
}

// scenario finds out what to run.
func (a *app) scenario(cmd *cobra.Command, o *runFlags, args []string) (*configs.Scenario, error) {
	sets, err := o.assignments(cmd.Flags().Changed("seed"))
	if err != nil {
		return nil, err
	}
	if lines := commandLines(args); lines != nil {
		return o.typed(lines, sets)
	}
	for _, name := range []string{"after", "volume", "file"} {
		if cmd.Flags().Changed(name) {
			return nil, usage("--%s goes with command lines; a scenario says it itself", name)
		}
	}
	if len(args) == 0 {
		args = []string{defaultScenario}
	}
	if len(args) == 1 {
		s, err := a.load(args[0], sets)
		if err == nil && len(o.cases) > 0 {
			if err = s.Only(o.cases); err != nil {
				err = &inputError{path: args[0], cause: err}
			}
		}
		return s, err
	}
	return nil, usage("%s takes one scenario, and %s is one more", cmd.Name(), shellWord(args[1]))
}

// assignment is a --set, or a flag that stands for one.
type assignment struct{ flag, path, value string }

func (s assignment) String() string { return s.path + s.value }

// assignments lists the flags as assignments. Those of --set come last: they may
// change what the others have named.
func (o *runFlags) assignments(seeded bool) ([]assignment, error) {
	var all []assignment
	if o.box != "" {
		all = append(all, assignment{"--box", "box=", o.box})
	}
	for _, l := range []struct {
		flag, path string
		names      []string
	}{{"--host", "hosts=", o.hosts}, {"--policy", "policies=", o.policies}, {"--event", "events=", o.events}} {
		names := strings.Join(l.names, ",")
		switch {
		case names != "":
			all = append(all, assignment{l.flag, l.path, names})
		case l.names != nil:
			return nil, usage("%s takes names", l.flag)
		}
	}
	if o.cut != "" {
		all = append(all, assignment{"--cut", "cut=", o.cut})
	}
	if seeded {
		all = append(all, assignment{"--seed", "seed=", fmt.Sprint(o.seed)})
	}
	for _, s := range o.sets {
		all = append(all, assignment{flag: "--set", value: s})
	}
	return all, nil
}

// seams is the flag --log.
type seams lab.Seams

func (s *seams) any() bool { return *s != seams{} }

func (s *seams) String() string {
	var on []string
	for _, w := range s.words() {
		if *w.is {
			on = append(on, w.name)
		}
	}
	return strings.Join(on, ",")
}

// Type implements pflag.Value.
func (*seams) Type() string { return "SEAMS" }

// Set implements pflag.Value.
func (s *seams) Set(list string) error {
	for _, name := range strings.Split(list, ",") {
		known := false
		for _, w := range s.words() {
			if w.name == name {
				*w.is, known = true, true
			}
		}
		if !known {
			return fmt.Errorf("seams are driver, target, disks")
		}
	}
	return nil
}

type seamWord struct {
	name string
	is   *bool
}

func (s *seams) words() []seamWord {
	return []seamWord{{"driver", &s.Driver}, {"target", &s.Target}, {"disks", &s.Disks}}
}
