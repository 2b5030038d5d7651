package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tbraid/lab"
)

// mostProtections is how many runs are told of without Verbose.
const mostProtections = 8

// protection tells for each run how the protection of the controller cache went,
// if it can change at all.
func (p *printer) protection(r *lab.Result) {
	label, told := "PROTECT", 0
	all := slices.Concat(r.Runs, r.Controls)
	for i := range all {
		run := &all[i]
		if len(run.Protection) == 0 {
			continue
		}
		if told++; told > mostProtections && !p.o.Verbose {
			continue
		}
		p.item(label, history(run))
		label = ""
	}
	if told > mostProtections && !p.o.Verbose {
		p.item("", fmt.Sprintf("%d more runs; -v tells them all.", told-mostProtections))
	}
}

// history is the protection of one run in a sentence.
func history(run *lab.Run) string {
	name := run.Policy
	if run.Control != "" {
		name += " (" + run.Control + ")"
	}
	s := fmt.Sprintf("%s, %s with %s", run.Case, run.Host, name)
	if run.Event != "" {
		s += ", " + run.Event
	}
	mode := ""
	for i := range run.Protection {
		c := &run.Protection[i]
		s += separators[min(i, 1)] + clause(run.Protection, i)
		if c.Mode != mode {
			s += ", " + c.Mode
			if i > 0 && run.Protection[i-1].Supply && c.Mode == "write-through" && c.DirtyBytes > 0 {
				s += fmt.Sprintf(", and %s dirty are destaged", size(c.DirtyBytes))
			}
		}
		mode = c.Mode
	}
	return s + "."
}

var separators = [...]string{": ", "; "}

// clause says what entry i of a history is.
func clause(all []lab.Protection, i int) string {
	c := &all[i]
	at := "at " + span(c.AtNS) + " "
	switch {
	case i == 0:
		return c.State + " at power-on, " + reach(all, i)
	case !c.Supply:
		return fmt.Sprintf("%sthe power goes with %s dirty, %s", at, size(c.DirtyBytes), reach(all, i))
	case !all[i-1].Supply:
		return fmt.Sprintf("%sit is back after %s with %s of dirty data kept, %s, %s",
			at, span(c.AtNS-all[i-1].AtNS), size(c.DirtyBytes), c.State, reach(all, i))
	case all[i-1].State == c.State:
		return at + "empty, and charged again" // the turn of a learn cycle
	}
	return at + c.State + ", " + reach(all, i)
}

// reach is what entry i covers. Flash is known by having covered something once.
func reach(all []lab.Protection, i int) string {
	if slices.ContainsFunc(all, func(c lab.Protection) bool { return c.VaultBytes > 0 }) {
		return "energy to keep " + size(all[i].VaultBytes)
	}
	return "hold-up " + span(all[i].HoldUpNS)
}

// span is a duration for people: to the second above a minute, else to the
// millisecond.
func span(ns int64) string {
	d := time.Duration(ns)
	if d < time.Minute {
		return d.Truncate(time.Millisecond).String()
	}
	s := d.Truncate(time.Second).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}
