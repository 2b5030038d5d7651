package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tbraid/configs"
	"tbraid/controller"
	"tbraid/controller/raid"
	"tbraid/firmware"
	"tbraid/host"
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// The seams, as the hops that meet there see them.
var (
	_ sam.Target    = (*controller.Controller)(nil)
	_ sam.Target    = (*host.Link)(nil)
	_ sam.Initiator = (*host.Link)(nil)
	_ power.Powered = (*controller.Controller)(nil)
	_ power.Powered = (*controller.Member)(nil)
	_ power.Powered = (*host.System)(nil)
)

// plan is everything that one run needs to know.
type plan struct {
	scenario *configs.Scenario
	steps    []configs.Step
	volumes  []configs.Volume
	hardware configs.Box
	host     host.Profile
	policy   firmware.Profile
	event    power.Sequence // what "event: each" stands for
	cut      power.Cut      // when the first event comes, if not where it stands
	seams    Seams
	detail   ledger.Level
	extents  int  // as in Options
	mapped   bool // draw the map of what was written
	quiet    int  // a sweep listens from this step on
	// muted has, by step, how long read-backs before the event take; a run with it
	// lets the time pass and reads nothing.
	muted  map[int]time.Duration
	hope   []string // one of these words is what tools are to read after the event; a run that cannot show it ends there
	seen   sam.Tap  // watches the target once the scene is set; nil is nobody
	heard  sam.Tap  // watches the driver likewise
	window *Watch   // sees how far the run has come and may end it; nil is nobody
	run    Run      // with names filled in
}

// world is one box with one host at a time, and the clock that drives both.
type world struct {
	plan
	k      *sim.Kernel
	l      *ledger.Ledger
	box    *controller.Controller
	link   *host.Link
	sys    *host.System
	supply power.Supply
	files  []host.File
	log    commandLog
	marked *marked // nil unless the map is drawn

	published published // to the watch

	logging bool // the scene is set, from now on the seams are watched

	limit    sim.Time // the model runs so far and no further; Never if nothing waits for that
	short    bool     // the limit has come, the event has not yet
	tool     *running // a command line under way
	clock    clock
	usage    usage
	happened bool // an event has come
	eventAt  sim.Time
	cycled   block.Version   // newest WRITE issued before the box last lost its power
	filled   []block.Version // of prefills
	outage

	rewritten bool          // a tool has written since
	losses    []ledger.Loss // as last judged
	earlier   []ledger.Loss // of the events before the last
	owners    owners        // files by block
	owned     []block.Value[int]
	tale      *tale // nil unless blocks are followed
	step      int
}

// setup is the step number of what is there before a case begins.
const setup = -1

// patience bounds a step in simulated time: longer than any flush of a full
// cache in small pieces.
const patience = 200 * time.Hour

func newWorld(p plan) (*world, error) {
	w := &world{plan: p, k: sim.New(p.scenario.Seed), l: ledger.New(p.detail), limit: sim.Never}
	g := raid.Geometry{Level: p.hardware.RAID.Level, Members: p.hardware.Members,
		ChunkBlocks: p.hardware.RAID.Chunk / block.Size, MemberBlocks: p.hardware.Disk.Capacity / block.Size}
	var err error
	if w.box, err = controller.New(w.k, w.l, p.hardware.Controller, p.policy, g, p.hardware.Disk.Spec); err != nil {
		return nil, err
	}
	w.link = host.NewLink(w.k, p.hardware.Link, w.box)
	w.box.Connect(w.link)
	w.supply.Attach(power.Box, w.box)
	for n := range p.hardware.Members {
		m := w.box.Array().Member(n)
		w.supply.Attach(power.Box, m)
		w.supply.Attach(power.Disk(n), m)
	}
	w.supply.Attach(power.Host, desk{w})
	w.files = hostFiles(p.scenario.Files)
	return w, nil
}

// play runs the case from the first driver's probe to the last step.
func (w *world) play() Run {
	w.begin()
	w.usage.begin(w)
	for i, s := range w.steps {
		w.step = i
		w.l.Begin(i)
		w.aim(i)
		w.take(s)
	}
	return w.finish()
}

// begin sets the scene: the box as it is when the host under test has booted.
func (w *world) begin() {
	w.furnish()
	w.arrive()
}

// furnish is the box before the host under test comes: everything is durable.
func (w *world) furnish() {
	w.l.Begin(setup)
	w.provision()
}

// arrive boots the host under test.
func (w *world) arrive() {
	w.logging = true
	w.boot(w.host)
	w.mount()
	w.sys.ForgetReadings()
}

// idle runs until the controller has nothing under way.
func (w *world) idle() {
	limit := w.k.Now().Add(patience)
	w.advance(func() bool { return !w.box.Quiet() && w.k.Now() < limit })
}

// until runs the model until done is set.
func (w *world) until(done *bool, what string) {
	limit := w.k.Now().Add(patience)
	w.advanceUntil(done, limit)
	_, more := w.k.Next()
	switch {
	case *done:
	case more:
		panic(&Unfinished{What: what, After: patience})
	default:
		panic(fmt.Sprintf("lab: nothing is left to happen, and %s has not ended", what))
	}
}

// take carries out one step and notes what came of it.
func (w *world) take(s configs.Step) {
	note := Step{StartNS: int64(w.k.Now())}
	note.Kind, note.Text = w.describe(s)
	flushes := len(w.l.Flushes())
	if note.Skipped = w.short; !w.short {
		w.short = w.attempt(func() { w.carryOut(s, &note) })
		note.Interrupted = w.short
	}
	if note.Interrupted && w.tool != nil {
		w.noteSoFar(&note)
	}
	note.EndNS = int64(w.k.Now())
	for _, f := range w.l.Flushes()[flushes:] {
		note.Syncs.Asked++
		if by := f.By.String(); !slices.Contains(note.Askers, by) {
			note.Askers = append(note.Askers, by)
		}
		if f.Reached >= ledger.AtDriver {
			note.Syncs.Driver++
		}
		if f.Reached >= ledger.AtTarget {
			note.Syncs.Firmware++
		}
	}
	w.run.Steps = append(w.run.Steps, note)
}

// describe is what a Result calls a step.
func (w *world) describe(s configs.Step) (kind, text string) {
	switch s.Kind {
	case configs.Prefill:
		return "prefill", fmt.Sprintf("%d+%d blocks with %s", s.Extent.Start, s.Extent.Blocks, contentName(s.Content))
	case configs.Run:
		return "run", s.Tool.Line
	case configs.Wait:
		return "wait", s.Wait.String()
	}
	return "event", w.events(s).String()
}

func (w *world) carryOut(s configs.Step, note *Step) {
	switch s.Kind {
	case configs.Prefill:
		w.prefill(s)
	case configs.Run:
		w.runTool(s.Tool, note)
	case configs.Wait:
		w.sleep(w.k.Now().Add(s.Wait))
	case configs.Happen:
		w.unfold(w.events(s))
	}
}

// events are those of a step.
func (w *world) events(s configs.Step) power.Sequence {
	if s.Each {
		return w.event
	}
	return s.Event
}

func contentName(c workload.Content) string {
	switch c {
	case workload.Zeros:
		return "zeros"
	case workload.Random:
		return "random data"
	}
	return "a pattern"
}

// prefill makes an extent hold known content, durable for long. It is part of the
// scene: no event comes in the middle of it.
func (w *world) prefill(s configs.Step) {
	v := w.l.Issue(w.k.Now(), s.Extent, s.Extent, s.Content == workload.Zeros)
	w.l.Acknowledge(w.k.Now(), v, ledger.Stable)
	w.filled = append(w.filled, v)
	limit := w.limit
	w.limit = sim.Never
	w.idle()
	w.limit = limit
	w.box.Prefill(s.Extent, v)
}

// runTool runs a command line to its end.
func (w *world) runTool(t workload.Tool, note *Step) {
	if took, ok := w.muted[w.step]; ok {
		w.sleep(w.k.Now().Add(took))
		return
	}
	if w.sys.Dead() {
		panic("lab: a tool runs on a host that is down")
	}
	w.sys.ForgetReadings()
	tool := &running{tool: t, step: w.step, sys: w.sys, failures: len(w.l.Failures()), carried: w.sys.Counters()}
	if reads(t) && w.detail != ledger.Off {
		tool.acked = w.l.Acknowledged()
	}
	w.tool = tool
	w.startClock()
	tool.process = w.sys.Start(t.Name, t.Run, func(exit int) { tool.done, tool.exit = true, exit })
	w.until(&tool.done, t.Line)
	w.tool = nil
	w.owners.note(w.sys.Mounts())
	tool.tell(note)
	stats := tool.process.Stats()
	speed := w.stopClock(tool, stats.BytesRead, stats.BytesWritten)
	if w.run.Rate == 0 && note.Exit == 0 && !w.happened {
		w.run.Rate = speed
	}
	if note.Exit != 0 && w.run.ToolError == "" && !w.happened {
		w.run.ToolError = complaint(t, note.Output)
		w.failedWrite(tool.failures)
	}
	if tool.acked != nil {
		w.read(t, note, tool.acked)
	}
	w.rewritten = w.rewritten || w.happened && t.Disk != "" && !t.ReadBack && stats.BytesWritten > 0
}

// reads tells whether what a tool reads is looked at: diskutil reads structures,
// and says itself what it makes of them; a dd to the disk writes.
func reads(t workload.Tool) bool {
	return t.Kind != workload.Diskutil && (t.Kind != workload.DD || t.Disk == "" || t.ReadBack)
}

// read notes what a tool found when it read the box.
func (w *world) read(t workload.Tool, note *Step, acked *block.Map[block.Version]) {
	r := newReader(w.l, acked, w.silent)
	r.filled = w.filled
	for _, reading := range w.sys.Readings() {
		w.l.Saw(reading.Runs)
		r.add(reading.Runs)
		for _, run := range reading.Runs {
			if run.Version <= w.cycled {
				w.l.Observe(run.Extent, run.Version)
			}
		}
	}
	if note.Exit != 0 && w.happened {
		r.found.Missing = w.unread(t, &r.found)
	}
	note.Reading = r.result()
	if w.happened && !w.rewritten { // what is written after the event says nothing about it
		w.run.ReadAfter = w.run.ReadAfter.Plus(note.Reading)
	} else if !w.happened {
		w.run.ReadBack = w.run.ReadBack.Plus(note.Reading)
	}
}

// unread is how much a tool that failed did not get to see: what dd was asked for,
// or for cp what the steps before the event had moved.
func (w *world) unread(t workload.Tool, f *Reading) uint64 {
	want := t.Bytes
	if want == 0 {
		for _, s := range w.run.Steps {
			if s.Kind == "event" {
				break
			}
			want = max(want, s.Bytes)
		}
	}
	seen := f.Correct + f.Old + f.Zeros + f.Wrong
	return want - min(want, seen)
}

// complaint is the line in which a tool says what went wrong.
func complaint(t workload.Tool, output []string) string {
	for _, line := range output {
		if strings.HasPrefix(line, "Error") || strings.HasPrefix(line, t.Name+":") {
			return line
		}
	}
	if len(output) > 0 {
		return output[len(output)-1]
	}
	return "exit status 1"
}

// failedWrite notes the address of the first WRITE that failed since there were
// so many.
func (w *world) failedWrite(since int) {
	if all := w.l.Failures(); len(all) > since {
		lba := uint64(all[since].Extent.Start)
		w.run.FailedLBA = &lba
	}
}
