package lab

import (
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/host"
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/power"
)

// aim sees to it that the first event comes when the cut says. Before the step
// from which the time counts it sets the limit. Before the step of the event it
// lets the time pass that is left.
func (w *world) aim(step int) {
	first := slices.IndexFunc(w.steps, func(s configs.Step) bool { return s.Kind == configs.Happen })
	if w.cut.Kind == power.NoCut || step > first {
		return
	}
	from := 0
	if w.cut.Kind == power.AfterTool {
		for i, s := range w.steps[:first] {
			if s.Kind == configs.Run {
				from = i + 1
			}
		}
	}
	if step == from {
		w.limit = w.k.Now().Add(w.cut.At)
	}
	if step == first {
		w.sleep(w.limit)
		w.limit, w.short = sim.Never, false
	}
}

// running is a command line under way. If an event interrupts its step, it goes
// on as the event lets it.
type running struct {
	tool     workload.Tool
	step     int
	sys      *host.System
	process  *host.Process
	failures int                       // of WRITEs before it
	acked    *block.Map[block.Version] // before it; nil if it does not matter
	carried  host.Counters             // by its host before it
	exit     int
	done     bool
}

// diedWithHost is the exit status of a tool that no one was left to be told of.
const diedWithHost = -1

// tell notes what the tool has done so far.
func (r *running) tell(note *Step) {
	note.Exit, note.Output = r.exit, nil
	for _, line := range r.process.Output() {
		note.Output = append(note.Output, strings.Split(line.Text, "\n")...)
	}
	stats := r.process.Stats()
	note.Bytes = max(stats.BytesWritten, stats.BytesRead)
}

// noteSoFar notes what the tool had done when the event came: its speed, as the
// block stack of its host saw it, and what it had read.
func (w *world) noteSoFar(note *Step) {
	w.tool.tell(note)
	now, then := w.sys.Counters(), w.tool.carried
	speed := w.stopClock(w.tool, now.BytesRead-then.BytesRead, now.BytesWritten-then.BytesWritten)
	if w.run.Rate == 0 {
		w.run.Rate = speed
	}
	if w.tool.acked != nil {
		w.read(w.tool.tool, note, w.tool.acked)
	}
}

// endTool waits for the end of a tool that an event has interrupted, unless its
// host died, and notes how it ended.
func (w *world) endTool() {
	r := w.tool
	if r == nil {
		return
	}
	if !r.done && !r.sys.Dead() {
		w.until(&r.done, r.tool.Line)
	}
	if !r.done {
		r.exit = diedWithHost
	}
	w.tool = nil
	r.tell(&w.run.Steps[r.step])
}
