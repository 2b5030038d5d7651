package host

import (
	"slices"
	"time"

	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// Fault is what a defective driver does to READ and WRITE, beyond its habits. No
// preset of a host has one: faults are for explanations of what was seen.
type Fault struct {
	FailWrites bool          `conf:"fail_writes" doc:"fails every WRITE"`
	Zeroed     bool          `conf:"zeroed" doc:"what reaches the box of a WRITE is zeros, and READs are right: the buffer is not the one that was mapped"`
	Late       time.Duration `conf:"late" unit:"duration" max:"10m" doc:"answers a WRITE at once and passes it on this much later; 0 is no such fault"`
	BlankReads bool          `conf:"blank_reads" doc:"the first READ of a block since the driver attached returns zeros"`
}

// faulty is a driver with a Fault at work.
type faulty struct {
	Fault
	standIns []*standIn
	free     []uint32
	seen     block.Map[bool] // read since it attached
	parts    []block.Value[bool]
	runs     []block.Run
}

// standIn is a task that the driver passes on in place of the system's own.
type standIn struct {
	task sam.Task
	of   *sam.Task // nil if the system has its answer already
}

// standInTag sets the tags of the driver's own tasks apart from the system's, which
// stay below maxCommands.
const standInTag = 1 << 31

// newFaulty is nil for a driver without a fault.
func newFaulty(f Fault) *faulty {
	if f == (Fault{}) {
		return nil
	}
	return &faulty{Fault: f}
}

// spoil applies the fault to a READ or WRITE. It reports whether the task goes on
// as it is.
func (a *Adapter) spoil(now sim.Time, t *sam.Task, c *scsi.Command) bool {
	f := a.fault
	switch {
	case c.Class != scsi.ClassWrite:
		return true
	case f.FailWrites:
		return a.fail(now, t, sam.DriverFail)
	case !f.Zeroed && f.Late == 0:
		return true
	}
	slot := f.take(t)
	s := f.standIns[slot]
	if f.Zeroed {
		s.task.Version = 0
		a.l.Shirk(t.Version, ledger.DriverZeroes)
	}
	if f.Late == 0 {
		a.pass(now, &s.task)
		return false
	}
	s.of = nil
	a.k.At(now.Add(f.Late), a, passLate, slot)
	return a.finish(now, t)
}

// abandonLate gives up the WRITEs that the driver has answered and not passed on.
func (a *Adapter) abandonLate() {
	if a.fault == nil {
		return
	}
	for i, s := range a.fault.standIns {
		if s.of == nil && !slices.Contains(a.fault.free, uint32(i)) {
			a.l.Shirk(s.task.Version, ledger.DriverAnswersEarly)
		}
	}
}

// take makes a stand-in of t.
func (f *faulty) take(t *sam.Task) (slot uint32) {
	if len(f.free) == 0 {
		f.free = append(f.free, uint32(len(f.standIns)))
		f.standIns = append(f.standIns, new(standIn))
	}
	slot = f.free[len(f.free)-1]
	f.free = f.free[:len(f.free)-1]
	s := f.standIns[slot]
	found := s.task.Found[:0]
	s.task, s.of = *t, t
	s.task.Tag, s.task.Found = standInTag|slot, found
	return slot
}

// settle is called with every task that the driver gives back. It returns the
// system's own for a stand-in, nil if the system has its answer already, and does
// what the fault does to the answers of READs.
func (f *faulty) settle(l *ledger.Ledger, t *sam.Task) *sam.Task {
	if t.Tag&standInTag != 0 {
		slot := t.Tag &^ standInTag
		s := f.standIns[slot]
		f.free = append(f.free, slot)
		if s.of == nil {
			if t.Failure != sam.Delivered {
				l.Shirk(t.Version, ledger.DriverAnswersEarly)
			}
			return nil
		}
		s.of.Status, s.of.Sense, s.of.Failure = t.Status, t.Sense, t.Failure
		return s.of
	}
	if f.BlankReads && t.Failure == sam.Delivered && t.Status == scsi.Good {
		if c, _ := scsi.Decode(&t.CDB); c.Class == scsi.ClassRead {
			f.blank(t, c.Extent)
		}
	}
	return t
}

// blank takes out of the answer of a READ what is read for the first time.
func (f *faulty) blank(t *sam.Task, e block.Extent) {
	f.runs = f.runs[:0]
	for _, r := range t.Found {
		f.parts = f.seen.Append(f.parts[:0], r.Extent)
		for _, p := range f.parts {
			run := block.Run{Extent: p.Extent}
			if p.Value {
				run.Version = r.Version
			}
			f.runs = append(f.runs, run)
		}
	}
	t.Found = append(t.Found[:0], f.runs...)
	f.seen.Set(e, true)
}
