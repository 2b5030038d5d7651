package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/lab/store"
	"tbraid/sim/ledger"
)

// lifeOfResult finds in a result the runs that have something to tell of some
// blocks, and the scenario to tell it by: the result holds it as it was run.
func (a *app) lifeOfResult(c *cobra.Command, o *explainFlags, q *lab.LifeQuery, path string) (s *configs.Scenario, why string, err error) {
	for _, flag := range []string{"command", "cut", "box", "set", "volume"} {
		if c.Flags().Changed(flag) {
			return nil, "", usage("--%s goes with a scenario, and %s is a result: name the scenario", flag, path)
		}
	}
	r, err := readResult(path)
	if err != nil {
		return nil, "", err
	}
	if s, err = configs.ParseJSON(path, r.Scenario.Resolved); err != nil {
		return nil, "", err
	}
	q.Rivals = s.Policies
	conditions := ""
	for flag, names := range map[string][]string{"case": {o.life.inCase}, "host": o.hosts, "policy": o.policies, "event": o.events} {
		if c.Flags().Changed(flag) {
			conditions += store.Is(flag, strings.Split(strings.Join(names, ","), ",")...) + " "
		}
	}
	why, err = choose(r, q, conditions)
	var fault *configs.Error
	if errors.As(err, &fault) { // the user has typed no conditions
		fault.File, fault.Line = path, 0
	}
	return s, why, err
}

// chooseByRunning runs a scenario of more runs than stories, to find out which of
// them have something to tell.
func chooseByRunning(s *configs.Scenario, q *lab.LifeQuery) (why string, err error) {
	if q.Command != 0 || q.Matching(s) <= lab.MaxStories {
		return "", nil // the blocks of a WRITE are known only in its run
	}
	bare := *s
	bare.Controls, bare.Explain = nil, configs.Explain{}
	if q.Case != "" {
		if err := bare.Only([]string{q.Case}); err != nil {
			return "", nil // TellLives says it better
		}
	}
	r, err := lab.Simulate(&bare, lab.Options{Ledger: ledger.Promises, Extents: lab.AllExtents})
	if err != nil {
		return "", err
	}
	return choose(r, q, "")
}

// choose sets the runs of which a life is told: all that meet the conditions, or, if
// they are too many, one for each fate that the blocks have in them, the worst first.
func choose(r *lab.Result, q *lab.LifeQuery, conditions string) (why string, err error) {
	s := store.New()
	s.Load("", r)
	v := s.View()
	runs, err := ask(v, "runs", conditions+`control=""`, "case,event,host,policy")
	switch {
	case err != nil:
		return "", err
	case runs.Matched == 0:
		return "", &lab.Refused{What: q.String(), Why: "no run of the result meets " + conditions, Instead: "tbraid query --table runs lists those that there are"}
	case runs.Matched <= lab.MaxStories:
		for i := range runs.Rows {
			q.Runs = append(q.Runs, runName(runs, i))
		}
		return "", nil
	}
	subject := fmt.Sprintf("lba=%d", q.LBA)
	if q.File != "" {
		subject = store.Is("file", q.File, "*/"+q.File)
	}
	if q.Case != "" {
		subject += " " + store.Is("case", q.Case)
	}
	lost, err := ask(v, "extents", conditions+`control="" `+subject, "case,event,host,policy,class,cause,taker,reads")
	if err != nil {
		return "", err
	}
	whole := len(lost.Short) == 0
	if lost.Matched == 0 {
		r := &lab.Refused{What: q.String(), Why: fmt.Sprintf("nothing of it is lost in any of the %d runs", runs.Matched),
			Instead: fmt.Sprintf("choose at most %d of them with --case, --host, --policy and --event to read how it was kept", lab.MaxStories)}
		if !whole {
			r.Why = fmt.Sprintf("no lost extent that the result lists of the %d runs has anything of it, and it does not list all", runs.Matched)
			r.Instead = "name the scenario, or write the result with --extents all"
		}
		return "", r
	}
	q.Runs = distinctFates(lost)
	atLeast := ""
	if !whole {
		atLeast = "at least "
	}
	return fmt.Sprintf("of the %d runs, %s%d lose something of it; told is one for each way in which it is lost, at most %d",
		runs.Matched, atLeast, lost.Runs, lab.MaxStories), nil
}

// ask asks a question about a table, and for some of its columns.
func ask(v *store.View, table, conditions, columns string) (*store.Answer, error) {
	q, err := store.Parse(store.Tables()[slices.Index(tableNames(), table)], conditions)
	if err == nil {
		err = q.Show("--columns", columns)
	}
	if err != nil {
		return nil, err
	}
	return v.Find(q)
}

func runName(a *store.Answer, row int) lab.RunName {
	return lab.RunName{Case: a.Word(row, "case"), Event: a.Word(row, "event"), Host: a.Word(row, "host"), Policy: a.Word(row, "policy")}
}

// distinctFates names the first run of each fate, the worst first.
func distinctFates(lost *store.Answer) []lab.RunName {
	type fate struct{ class, cause, taker, reads string }
	var seen []fate
	var names [ledger.BrokenWord + 1][]lab.RunName
	for i := range lost.Rows {
		f := fate{lost.Word(i, "class"), lost.Word(i, "cause"), lost.Word(i, "taker"), lost.Word(i, "reads")}
		if slices.Contains(seen, f) {
			continue
		}
		seen = append(seen, f)
		for class := range names {
			if ledger.Class(class).String() == f.class {
				names[class] = append(names[class], runName(lost, i))
			}
		}
	}
	slices.Reverse(names[:])
	var all []lab.RunName
	for _, n := range slices.Concat(names[:]...) {
		if len(all) < lab.MaxStories && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}
