package lab

import (
	"cmp"
	"errors"
	"slices"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/sim/power"
)

// Change is what was tried to keep what a run had lost. Each trial changes one
// thing, and each is a simulation of its own.
type Change struct {
	Case   string `json:"case"`
	Event  string `json:"event,omitempty"`
	Host   string `json:"host"`
	Policy string `json:"policy"`
	Cause  Cause  `json:"cause"`  // of most of what was lost
	Others int    `json:"others"` // runs that lost most for the same cause
	AsIs   Trial  `json:"as_is"`
	// Tried has what keeps everything first, the fastest before the others, then by
	// what is lost.
	Tried []Trial `json:"tried"`
}

// Trial is the run with one thing changed.
type Trial struct {
	Kind    string `json:"kind"` // as-is, flag, flush, policy, driver, firmware, protection, timer
	Text    string `json:"text"`
	Typed   string `json:"typed,omitempty"` // what to add to the command, or type instead, to see the same
	AtEvent Ending `json:"at_event"`
	// AtOnce is the fate if the event comes at the instant at which the last command
	// line before it has ended. It is not asked for where something is lost anyway.
	AtOnce *Ending `json:"at_once,omitempty"`
	Rate   uint64  `json:"throughput_Bps"` // of the command line that is changed, what was put behind it included
	P99    int64   `json:"p99_ns"`         // of its READs and WRITEs
	Error  string  `json:"error,omitempty"`
}

// Ending is how a run ended for its data.
type Ending struct {
	Acked     uint64 `json:"acked_bytes"`
	Loss      Loss   `json:"loss"`
	Replayed  uint64 `json:"replayed_bytes"`
	Swallowed uint64 `json:"swallowed_error_bytes"`
	ToolError string `json:"tool_error,omitempty"`
	Exit      int    `json:"exit"` // of the first command line that failed
}

// Whole tells whether nothing is lost and no command line failed.
func (f *Ending) Whole() bool {
	return f.Loss.Acknowledged() == 0 && f.Swallowed == 0 && f.ToolError == ""
}

// Keeps tells whether the trial keeps everything, also if the event comes at once.
func (t *Trial) Keeps() bool {
	return t.Error == "" && t.AtEvent.Whole() && t.AtOnce != nil && t.AtOnce.Whole()
}

// maxChanges bounds for how many causes changes are tried: each costs some ten
// runs.
const maxChanges = 4

// changes tries, for each cause of loss, what would have kept the data of the first
// run that it explains.
func changes(s *configs.Scenario, plans []plan, runs []Run, workers int) ([]Change, error) {
	subjects := losers(runs)
	var all []Change
	var trials []*trial
	for _, i := range subjects[:min(len(subjects), maxChanges)] {
		if plans[i].cut.Kind == power.Worst && !plans[i].foretold() {
			continue // the worst of so many runs, for each trial anew
		}
		step, ok := lastWrite(&runs[i])
		if !ok {
			continue
		}
		c := Change{Case: runs[i].Case, Event: runs[i].Event, Host: runs[i].Host, Policy: runs[i].Policy,
			Cause: runs[i].Causes[0], Others: alike(runs, i) - 1}
		c.AsIs = Trial{Kind: "as-is", Text: "as it is"}
		c.AsIs.take(&runs[i], step, false)
		t := &trier{s: s, plan: plans[i].untilLastEvent(), run: &runs[i], step: step, change: len(all)}
		t.propose(runs)
		trials, all = append(trials, t.trials...), append(all, c)
	}
	if err := try(trials, workers); err != nil {
		return nil, err
	}
	for _, t := range trials {
		all[t.change].Tried = append(all[t.change].Tried, t.Trial)
	}
	for i := range all {
		slices.SortStableFunc(all[i].Tried, compareTrials)
	}
	return all, nil
}

// losers lists the first run of each cause, broken promises first.
func losers(runs []Run) []int {
	var first []int
	for i := range runs {
		r := &runs[i]
		if !lossy(r) || slices.ContainsFunc(first, func(k int) bool { return sameCause(&runs[k], r) }) {
			continue
		}
		first = append(first, i)
	}
	slices.SortStableFunc(first, func(a, b int) int { return cmp.Compare(runs[b].Causes[0].Class, runs[a].Causes[0].Class) })
	return first
}

// lossy tells whether a run has lost data for good, and its tools said nothing.
func lossy(r *Run) bool {
	return len(r.Causes) > 0 && r.Loss.Acknowledged() > 0 && r.Replayed == 0 && r.ToolError == ""
}

func sameCause(a, b *Run) bool {
	x, y := &a.Causes[0], &b.Causes[0]
	return x.Name == y.Name && x.Class == y.Class && x.Taken == y.Taken
}

func alike(runs []Run, i int) (n int) {
	for k := range runs {
		if lossy(&runs[k]) && sameCause(&runs[k], &runs[i]) {
			n++
		}
	}
	return n
}

// untilLastEvent is the plan without what comes after its last event, which says
// nothing of what is lost.
func (p plan) untilLastEvent() plan {
	n := len(p.steps)
	for n > 0 && p.steps[n-1].Kind != configs.Happen {
		n--
	}
	if n > 0 {
		p.steps = p.steps[:n]
	}
	return p
}

// lastWrite is the step of the last command line before the event that wrote.
func lastWrite(r *Run) (step int, ok bool) {
	for _, t := range r.Tools {
		if t.BytesWritten > 0 && t.EndNS <= r.EventNS {
			step, ok = t.Step, true
		}
	}
	return step, ok
}

// trial is one that waits to be run.
type trial struct {
	Trial
	change int  // which Change it belongs to
	plan   plan // that plays it
	known  *Run // what it gives, where that has been played
	step   int  // of the command line that is timed
	added  bool // the step behind it belongs to it
}

// try plays the trials and notes what comes of them, in order.
func try(trials []*trial, workers int) error {
	plans := make([]plan, len(trials))
	for i, t := range trials {
		plans[i] = t.plan
	}
	return each(plans, workers, func(i int, p plan) error {
		t := trials[i]
		err := p.guard(func() error { return t.play() })
		var unfinished *Unfinished
		var refused *Refused
		if errors.As(err, &unfinished) || errors.As(err, &refused) {
			t.Error, err = err.Error(), nil // this one cannot be; the others can
		}
		return err
	})
}

// play runs the trial, and once more with the event at once if nothing is lost. If a
// cut came before the command line had ended, its price is that of the second run.
func (t *trial) play() error {
	run := t.known
	if run == nil {
		r, err := t.plan.perform()
		if err != nil {
			return err
		}
		run = &r
	}
	t.take(run, t.step, t.added)
	if !t.AtEvent.Whole() {
		return nil
	}
	p := t.plan
	p.cut = power.Cut{Kind: power.AfterTool}
	r, err := p.perform()
	if err != nil {
		return err
	}
	f := endingOf(&r)
	t.AtOnce = &f
	if run.Steps[t.step].Interrupted {
		t.price(&r, t.step, t.added)
	}
	return nil
}

// take notes what a run gave.
func (t *Trial) take(r *Run, step int, added bool) {
	t.AtEvent = endingOf(r)
	t.price(r, step, added)
}

// price notes how fast the command line of a step was: the time of the step behind it
// counts if it was put there.
func (t *Trial) price(r *Run, step int, added bool) {
	for _, tool := range r.Tools {
		if tool.Step != step {
			continue
		}
		took := tool.EndNS - tool.StartNS
		if added {
			took += r.Steps[step+1].EndNS - r.Steps[step+1].StartNS
		}
		t.Rate = ratio(max(tool.BytesRead, tool.BytesWritten), uint64(took), 1e9)
		t.P99 = tool.Latency.P99
	}
}

func endingOf(r *Run) Ending {
	f := Ending{Acked: r.Acked, Loss: r.Loss, Replayed: r.Replayed, Swallowed: r.Swallowed, ToolError: r.ToolError}
	for _, s := range r.Steps {
		if f.Exit == 0 {
			f.Exit = s.Exit
		}
	}
	return f
}

// compareTrials puts what keeps everything first, the fastest before the others:
// what loses something comes after all of it, however fast it is.
func compareTrials(a, b Trial) int {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()),
		cmp.Compare(a.lost(), b.lost()),
		cmp.Compare(b.Rate, a.Rate))
}

func (t *Trial) rank() int {
	switch {
	case t.Error != "":
		return 5
	case t.Keeps():
		return 0
	case t.AtEvent.Whole():
		return 1
	case t.AtEvent.Loss.Violation > 0:
		return 4
	case t.AtEvent.Loss.Acknowledged() > 0:
		return 3
	}
	return 2 // the tool says so
}

func (t *Trial) lost() uint64 {
	if t.AtEvent.Whole() && t.AtOnce != nil {
		return t.AtOnce.Loss.Acknowledged()
	}
	return t.AtEvent.Loss.Acknowledged()
}

// trier proposes what might keep the data of one run.
type trier struct {
	s      *configs.Scenario
	plan   plan
	run    *Run
	step   int
	change int
	trials []*trial
}

func (t *trier) add(kind, text, typed string, p plan) *trial {
	p.seams = Seams{}
	one := &trial{Trial: Trial{Kind: kind, Text: text, Typed: typed}, change: t.change, plan: p, step: t.step}
	t.trials = append(t.trials, one)
	return one
}

// set proposes the same run with values of the host or the policy changed.
func (t *trier) set(kind, text string, sets ...string) {
	box, host, policy, err := configs.Vary(t.plan.hardware, t.plan.host, t.plan.policy, sets)
	if err != nil {
		return // what is there cannot be combined with it
	}
	typed := ""
	for _, s := range sets {
		if typed != "" {
			typed += " "
		}
		typed += "--set " + s
	}
	t.add(kind, text, typed, t.plan.on(box, host, policy))
}

// program proposes another flag of the command line, or a flush behind it.
func (t *trier) program() {
	tool := t.plan.steps[t.step].Tool
	if line, ok := withFsync(tool); ok {
		if other, err := workload.Parse(line); err == nil {
			p := t.plan
			p.steps = slices.Clone(p.steps)
			p.steps[t.step].Tool = other
			t.add("flag", line, line, p)
		}
	}
	flush, typed := flushNode(), ""
	if tool.Disk == "" {
		other, err := workload.Parse("sync")
		if err != nil {
			panic(err)
		}
		flush, typed = other, other.Line
	}
	p := t.plan
	p.steps = behind(p.steps, t.step, flush)
	t.add("flush", flush.Line+" behind it", typed, p).added = true
}
