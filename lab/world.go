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
	event    power.Event // what "event: each" stands for
	seams    Seams
	// muted has, by step, how long read-backs before the event take; a run with it
	// lets the time pass and reads nothing.
	muted map[int]time.Duration
	run   Run // with names filled in
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

	logging bool // the scene is set, from now on the seams are watched

	happened bool // an event has come
	eventAt  sim.Time

	rewritten bool          // a tool has written since
	losses    []ledger.Loss // as last judged
	earlier   []ledger.Loss // of the events before the last
	step      int
}

// setup is the step number of what is there before a case begins.
const setup = -1

// patience bounds a step in simulated time: longer than any flush of a full
// cache in small pieces.
const patience = 200 * time.Hour

func newWorld(p plan) (*world, error) {
	w := &world{plan: p, k: sim.New(p.scenario.Seed), l: ledger.New()}
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
	w.l.Begin(setup)
	w.provision()
	w.logging = true
	w.boot(w.host)
	w.mount()
	w.sys.ForgetReadings()
	for i, s := range w.steps {
		w.step = i
		w.l.Begin(i)
		w.take(s)
	}
	return w.finish()
}

// idle runs until the controller has nothing under way.
func (w *world) idle() {
	limit := w.k.Now().Add(patience)
	w.k.RunWhile(func() bool { return !w.box.Quiet() && w.k.Now() < limit })
}

// until runs the model until done is set.
func (w *world) until(done *bool, what string) {
	limit := w.k.Now().Add(patience)
	w.k.RunWhile(func() bool { return !*done && w.k.Now() < limit })
	switch {
	case *done:
	case w.k.Now() >= limit:
		panic(&Unfinished{What: what, After: patience})
	default:
		panic(fmt.Sprintf("lab: nothing is left to happen, and %s has not ended", what))
	}
}

// take carries out one step and notes what came of it.
func (w *world) take(s configs.Step) {
	note := Step{StartNS: int64(w.k.Now())}
	flushes := len(w.l.Flushes())
	switch s.Kind {
	case configs.Prefill:
		note.Kind, note.Text = "prefill", fmt.Sprintf("%d+%d blocks with %s", s.Extent.Start, s.Extent.Blocks, contentName(s.Content))
		w.prefill(s)
	case configs.Run:
		note.Kind, note.Text = "run", s.Tool.Line
		w.runTool(s.Tool, &note)
	case configs.Wait:
		note.Kind, note.Text = "wait", s.Wait.String()
		w.k.RunUntil(w.k.Now().Add(s.Wait))
	case configs.Happen:
		e := s.Event
		if s.Each {
			e = w.event
		}
		note.Kind, note.Text = "event", e.String()
		w.happen(e)
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

func contentName(c workload.Content) string {
	switch c {
	case workload.Zeros:
		return "zeros"
	case workload.Random:
		return "random data"
	}
	return "a pattern"
}

// prefill makes an extent hold known content, durable for long.
func (w *world) prefill(s configs.Step) {
	v := w.l.Issue(w.k.Now(), s.Extent, s.Extent, s.Content == workload.Zeros)
	w.l.Acknowledge(w.k.Now(), v, ledger.Stable)
	w.idle()
	w.box.Prefill(s.Extent, v)
}

// runTool runs a command line to its end.
func (w *world) runTool(t workload.Tool, note *Step) {
	if took, ok := w.muted[w.step]; ok {
		w.k.RunUntil(w.k.Now().Add(took))
		return
	}
	if w.sys.Dead() {
		panic("lab: a tool runs on a host that is down")
	}
	w.sys.ForgetReadings()
	before, acks := w.l.Writes(), w.l.Acknowledgements()
	done := false
	p := w.sys.Start(t.Name, t.Run, func(exit int) { done, note.Exit = true, exit })
	w.until(&done, t.Line)
	for _, line := range p.Output() {
		note.Output = append(note.Output, strings.Split(line.Text, "\n")...)
	}
	stats := p.Stats()
	moved := max(stats.BytesWritten, stats.BytesRead)
	note.Bytes = moved
	if took := stats.End.Sub(stats.Start); w.run.Rate == 0 && moved > 0 && took > 0 && note.Exit == 0 && !w.happened {
		w.run.Rate = uint64(float64(moved) / took.Seconds())
	}
	if note.Exit != 0 && w.run.ToolError == "" && !w.happened {
		w.run.ToolError = complaint(t, note.Output)
		w.failedWrite(before)
	}
	w.read(t, note, acks)
	w.rewritten = w.rewritten || w.happened && t.Disk != "" && !t.ReadBack && stats.BytesWritten > 0
}

// read notes what a tool found when it read the box.
func (w *world) read(t workload.Tool, note *Step, acks int) {
	if t.Kind == workload.Diskutil || t.Kind == workload.DD && t.Disk != "" && !t.ReadBack {
		return // diskutil reads structures, and says itself what it makes of them; the other dd writes
	}
	r := newReader(w.l, acks, w.silent)
	for _, reading := range w.sys.Readings() {
		r.add(reading.Runs)
	}
	if note.Exit != 0 && w.happened {
		r.found.Missing = w.unread(t, &r.found)
	}
	note.Reading = r.result()
	if w.happened && !w.rewritten { // what is written after the event says nothing about it
		w.run.ReadAfter = w.run.ReadAfter.plus(note.Reading)
	} else if !w.happened {
		w.run.ReadBack = w.run.ReadBack.plus(note.Reading)
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

// failedWrite notes the address of the first WRITE that failed since.
func (w *world) failedWrite(since int) {
	for v := since + 1; v <= w.l.Writes(); v++ {
		if f := w.l.Written(block.Version(v)); f.Failed {
			lba := uint64(f.Extent.Start)
			w.run.FailedLBA = &lba
			return
		}
	}
}
