package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/lab"
	"tbraid/lab/report"
	"tbraid/sim/power"
)

// lifeFlags are the flags of explain that ask for the life of blocks.
type lifeFlags struct {
	lba     uint64
	command uint32
	inCase  string
	tail    time.Duration
}

// lifeTail is long enough for the destage timers of the presets and for the
// syncers of the file systems.
const lifeTail = 30 * time.Second

// registerLife adds them.
func (o *explainFlags) registerLife(c *cobra.Command) {
	f := c.Flags()
	f.Uint64Var(&o.life.lba, "lba", 0, "tell the life of the block at `LBA` of the volume")
	f.Uint32Var(&o.life.command, "command", 0, "tell the life of the blocks of a WRITE: its `NUMBER` in tbraid run --log target")
	f.StringVar(&o.life.inCase, "case", "", "lives: `NAME` of the case")
	o.happening(f)
	f.StringVar(&o.box, "box", "", "lives: `NAME` of a box, in place of the scenario's")
	f.StringArrayVar(&o.sets, "set", nil, "lives: change a value by its dotted name: `PATH=VALUE`; repeatable")
	f.DurationVar(&o.life.tail, "tail", lifeTail, "lives: `DURATION` for which the run without the cut goes on after the event")
}

// lifeOnly are the flags that mean nothing where a command line is taken apart.
var lifeOnly = []string{"case", "event", "cut", "box", "set", "tail"}

// lifeQuery finds out whether a life is asked for, and which. A --file without =
// is a file of the volume; with it, it is declared for the host and stays.
func (o *explainFlags) lifeQuery(c *cobra.Command) (*lab.LifeQuery, error) {
	var named, declared []string
	for _, f := range o.files {
		if strings.Contains(f, "=") {
			declared = append(declared, f)
		} else {
			named = append(named, f)
		}
	}
	asked := len(named)
	q := &lab.LifeQuery{LBA: o.life.lba, Command: o.life.command, Case: o.life.inCase, Tail: o.life.tail}
	if len(named) > 0 {
		q.File = named[0]
	}
	for _, name := range []string{"lba", "command"} {
		if c.Flags().Changed(name) {
			asked++
		}
	}
	switch {
	case asked > 1:
		return nil, usage("explain tells the life of one thing: give one of --lba N, --command N and --file NAME")
	case asked == 0:
		for _, name := range lifeOnly {
			if c.Flags().Changed(name) {
				return nil, usage("--%s goes with the life of blocks: add --lba N, --command N or --file NAME", name)
			}
		}
		return nil, nil
	case slices.Contains(named, ""):
		return nil, usage("--file takes the name of a file on the volume, or PATH=SIZE for one on the host's own disk")
	case c.Flags().Changed("command") && q.Command == 0:
		return nil, usage("--command counts from 1, as the log of the target does")
	case q.Tail < 0:
		return nil, usage("--tail takes 0 or more, not %s", q.Tail)
	case c.Flags().Changed("cut") && o.cut == "":
		return nil, usage("--cut takes an instant: %s", power.CutForms)
	}
	o.files = declared
	return q, nil
}

// explainLife tells the life of some blocks.
func (a *app) explainLife(c *cobra.Command, o *explainFlags, q *lab.LifeQuery, args []string) error {
	outputs, err := parseOutputs(o.outputs, checkJSON)
	if err != nil {
		return err
	}
	page, err := o.options(a.screen)
	if err != nil {
		return err
	}
	if err := outputs.check(); err != nil {
		return err
	}
	s, why, err := a.lifeSource(c, o, q, args)
	if err != nil {
		return err
	}
	l, err := lab.TellLives(s, *q)
	if err != nil {
		return err
	}
	l.Chosen = why
	if err := outputs.write(func(w io.Writer, _ string) error { return report.LivesJSON(w, l) }); err != nil {
		return err
	}
	if outputs.stdout {
		return report.LivesJSON(a.out, l)
	}
	return report.LivesText(a.out, l, page)
}

// lifeSource finds out by which scenario and of which of its runs a life is told;
// why says how they were chosen, if there are more.
func (a *app) lifeSource(c *cobra.Command, o *explainFlags, q *lab.LifeQuery, args []string) (s *configs.Scenario, why string, err error) {
	if len(args) == 1 && isResult(args[0]) {
		return a.lifeOfResult(c, o, q, args[0])
	}
	if s, err = a.lifeScenario(c, o, q, args); err == nil {
		why, err = chooseByRunning(s, q)
	}
	return s, why, err
}

// lifeScenario reads the scenario as run does, with the hosts and policies that
// were asked for; and once more with its own policies, to try them all.
func (a *app) lifeScenario(c *cobra.Command, o *explainFlags, q *lab.LifeQuery, args []string) (*configs.Scenario, error) {
	r := o.runFlags
	r.after = defaultAfter
	for flag, names := range map[string]*[]string{"host": &r.hosts, "policy": &r.policies} {
		if !c.Flags().Changed(flag) {
			*names = nil // those of the scenario, not those of a command line
		}
	}
	var typed bytes.Buffer // standard input can be read once, and may be needed twice
	first, second := *a, *a
	first.stdin, second.stdin = io.TeeReader(a.stdin, &typed), &typed
	s, err := first.played(&r, args)
	if err != nil {
		return nil, err
	}
	q.Rivals = s.Policies
	if r.policies != nil {
		r.policies = nil
		own, err := second.played(&r, args)
		if err != nil {
			return nil, err
		}
		q.Rivals = distinct(own.Policies, s.Policies)
	}
	return s, nil
}

// played is a scenario, or the one that command lines make.
func (a *app) played(r *runFlags, args []string) (*configs.Scenario, error) {
	sets, err := r.assignments(false)
	if err != nil {
		return nil, err
	}
	if lines := commandLines(args); lines != nil {
		return r.typed(lines, sets)
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"--volume", r.volume != ""}, {"--file PATH=SIZE", len(r.files) > 0}} {
		if f.given {
			return nil, usage("%s goes with command lines; a scenario says it itself", f.name)
		}
	}
	switch len(args) {
	case 0:
		return a.load(defaultScenario, sets)
	case 1:
		return a.load(args[0], sets)
	}
	return nil, usage("explain takes one scenario, and %s is one more", shellWord(args[1]))
}

// distinct joins two lists of policies, each name once.
func distinct(lists ...[]firmware.Profile) []firmware.Profile {
	var all []firmware.Profile
	for _, p := range slices.Concat(lists...) {
		if !slices.ContainsFunc(all, func(o firmware.Profile) bool { return o.Name == p.Name }) {
			all = append(all, p)
		}
	}
	return all
}
