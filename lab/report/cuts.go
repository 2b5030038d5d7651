package report

import (
	"fmt"
	"strings"
	"time"

	"tbraid/lab"
)

// cutNotes says which command lines an event came in the middle of, and which
// runs are the work of a simulation of their own.
func cutNotes(r *lab.Result) []string {
	var notes []string
	var steps []string
	counts := map[string]int{}
	for _, run := range r.Runs {
		for _, s := range run.Steps {
			if s.Interrupted && s.Kind == "run" {
				key := fmt.Sprintf("%s (%s)", s.Text, run.Case)
				steps = once(steps, key)
				counts[key]++
			}
		}
	}
	for _, key := range steps {
		runs := "run"
		if counts[key] > 1 {
			runs = "runs"
		}
		notes = append(notes, fmt.Sprintf("The event came in the middle of %s in %d %s.", key, counts[key], runs))
	}
	var again []string
	for _, e := range events(r) {
		for _, one := range strings.Split(e, " + ") {
			if strings.Contains(one, "+") {
				again = once(again, one)
			}
		}
	}
	if len(again) > 0 {
		notes = append(notes, "Re-simulated from the start: "+strings.Join(again, ", ")+
			". What the next event of a sequence meets depends on how far host and box have recovered from the one before.")
	}
	if r.Scenario.Cut == "worst" {
		return append(notes, worstNotes(r)...)
	}
	if r.Scenario.Cut != "" {
		notes = append(notes, "Re-simulated from the start: every run with an event, up to the cut ("+r.Scenario.Cut+").")
	}
	return notes
}

// worstNotes say when the instant that costs most was, and how it was found.
func worstNotes(r *lab.Result) []string {
	var notes []string
	var swept, sampled []string
	samples := 0
	for _, run := range r.Runs {
		who := fmt.Sprintf("%s under %s with %s: ", run.Case, run.Host, run.Policy)
		when := "no instant costs anything"
		if run.Worst.Bytes > 0 {
			when = fmt.Sprintf("%s after the case began, %s", time.Duration(run.Worst.AfterNS), size(run.Worst.Bytes))
		}
		if run.Worst.Samples > 0 {
			sampled, samples = append(sampled, run.Event+": "+who+when), run.Worst.Samples
		} else {
			swept = append(swept, who+when)
		}
	}
	if len(swept) > 0 {
		notes = append(notes, "The instant that costs most, read off the sweep of every instant up to "+lab.DefaultTail.String()+
			" beyond the event, then re-simulated: "+strings.Join(swept, "; ")+".")
	}
	if len(sampled) > 0 {
		notes = append(notes, fmt.Sprintf("The instant that costs most, of %d that were re-simulated from the start: %s. No change is tried for such an event: each would take as many runs.", samples, strings.Join(sampled, "; ")))
	}
	return notes
}
