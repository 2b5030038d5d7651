package lab

import (
	"tbraid/configs"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
)

// Trail tells what occurred in a run once its scene was set.
type Trail [configs.Traces]bool

// ErrEnded is what Try returns when the watch has ended the run.
var ErrEnded = errAbandoned

// Try plays the first case of a scenario under its first host and policy, once. The
// host under test is the one of that name, whether the case begins under it or not.
// Whoever makes several has told the watch, if there is one, how many to Expect.
func Try(s *configs.Scenario, tested string, watch *Watch) (run Run, trail Trail, err error) {
	c := &s.Cases[0]
	p := newPlan(s, c, nil).on(s.Box, s.Hosts[0], s.Policies[0])
	p.window = watch
	if watch.ended() {
		return run, trail, ErrEnded
	}
	err = p.guard(func() error {
		w, err := newWorld(p)
		if err != nil {
			return err
		}
		w.heard = &trailTap{w: w, tested: tested, trail: &trail}
		w.seen = storedTap{&trail}
		run = w.play()
		return nil
	})
	watch.finished()
	for _, st := range c.Steps {
		trail[configs.TraceEvent] = trail[configs.TraceEvent] || st.Kind == configs.Happen
	}
	return run, trail, err
}

// trailTap notes at the driver what a Trail tells.
type trailTap struct {
	w      *world
	tested string
	trail  *Trail
}

// highest is the last block that a 10-byte CDB can name.
const highest block.LBA = 1<<32 - 1

// Passing implements sam.Tap.
func (t *trailTap) Passing(_ sim.Time, task *sam.Task) {
	c, _ := scsi.Decode(&task.CDB)
	switch c.Class {
	case scsi.ClassSync:
		t.trail[configs.TraceSync] = true
		return
	case scsi.ClassWrite:
		t.trail[configs.TraceWrite] = true
	case scsi.ClassRead:
		if t.trail[configs.TraceWrite] && !t.w.happened {
			t.trail[configs.TraceRead] = true
		}
		if t.w.sys.Profile().Name != t.tested {
			t.trail[configs.TraceReboot] = true
		}
	default:
		return
	}
	if c.Extent.Start > highest {
		t.trail[configs.TraceHigh] = true
	}
	if task.Segments > 1 {
		t.trail[configs.TraceSegments] = true
	}
}

// Returning implements sam.Tap.
func (t *trailTap) Returning(sim.Time, *sam.Task) {}

// storedTap notes at the box that a WRITE has come.
type storedTap struct{ trail *Trail }

// Passing implements sam.Tap.
func (t storedTap) Passing(_ sim.Time, task *sam.Task) {
	if c, _ := scsi.Decode(&task.CDB); c.Class == scsi.ClassWrite {
		t.trail[configs.TraceStored] = true
	}
}

// Returning implements sam.Tap.
func (storedTap) Returning(sim.Time, *sam.Task) {}
