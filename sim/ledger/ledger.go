package ledger

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Write is one WRITE as the operating system issued it.
type Write struct {
	Extent  block.Extent
	Payload block.Extent // the part that a program supplied; the rest is fill, read back from the device
	Step    int          // step of the scenario
	Zeros   bool         // the content is zeros
	Issued  sim.Time
	Ended   sim.Time
	Promise Promise // with the status; Unacknowledged if none came or it was an error
	Failed  bool
	Shirked Cause // the acknowledgement rests on less than it says; NoCause if it is honest
	acked   int   // index among all acknowledgements, from 1; 0 is none
}

// Asker is who wants a flush.
type Asker uint8

// The askers.
const (
	ByProgram    Asker = iota // ioctl(DKIOCSYNCHRONIZECACHE) or F_FULLFSYNC by a tool
	ByFsync                   // fsync(2) on a device node
	ByFileSystem              // journal, checkpoint or barrier
	ByUnmount                 // the flush of an unmount
	ByEject
	ByShutdown   // the block driver's flush at the shutdown notification
	ByHaltHook   // the driver's own flush when it sees the halt state
	ByAttachment // before the story begins
	askers
)

var askerNames = [askers]string{
	"program", "fsync(2)", "file system", "unmount", "eject", "shutdown", "halt hook", "attachment",
}

// String is the asker's name.
func (a Asker) String() string { return askerNames[a] }

// Stage is how far down a flush came.
type Stage uint8

// The stages, from the top down.
const (
	Asked     Stage = iota // someone wants it
	AtDriver               // the operating system sent SYNCHRONIZE CACHE; the driver saw it
	AtTarget               // the firmware saw it
	Destaged               // the controller cache was written to the members
	AtMembers              // the members were told to flush, and did
)

// Flush is one request to make earlier writes stable.
type Flush struct {
	By      Asker
	Step    int
	Extent  block.Extent // Blocks 0: to the end of the volume
	Asked   sim.Time
	Ended   sim.Time
	Reached Stage
	Stop    Cause // why it came no further; NoCause if it did all it should
	Good    bool  // the asker was told that it had worked
	Done    bool  // it ended before the event
	acked   int   // acknowledgements before it was asked: the ones that it covers
}

// drop is volatile content that went away.
type drop struct {
	run block.Run
	why Cause
}

// Ledger collects facts. The zero Ledger is ready to use.
type Ledger struct {
	writes  []Write // by version; 0 is unused
	flushes []Flush // by id; 0 is unused
	acks    []block.Version
	drops   []drop
	offs    []writeOff      // in the order of the events
	torn    block.Map[bool] // stripes of which a write was under way when power went
	step    int
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{writes: make([]Write, 1), flushes: make([]Flush, 1)}
}

// Begin says that what follows belongs to this step of the scenario.
func (l *Ledger) Begin(step int) { l.step = step }

// Step is the step that runs.
func (l *Ledger) Step() int { return l.step }

// Issue records that the operating system issues a WRITE of e, of which payload
// comes from a program, and hands out its version.
func (l *Ledger) Issue(now sim.Time, e, payload block.Extent, zeros bool) block.Version {
	if len(l.writes) > int(block.MaxVersion) {
		panic("ledger: more writes than versions")
	}
	l.writes = append(l.writes, Write{Extent: e, Payload: payload, Step: l.step, Zeros: zeros, Issued: now})
	return block.Version(len(l.writes) - 1)
}

// Acknowledge records that GOOD came back for v and what that promises.
func (l *Ledger) Acknowledge(now sim.Time, v block.Version, p Promise) {
	l.acks = append(l.acks, v)
	w := &l.writes[v]
	if w.acked != 0 || w.Failed {
		panic("ledger: a write ended twice")
	}
	w.Ended, w.Promise, w.acked = now, p, len(l.acks)
}

// Shirk records that a layer let v be acknowledged, or will, on less than the
// status says: FUA from volatile cache, for instance. The first reason stands.
func (l *Ledger) Shirk(v block.Version, why Cause) {
	if w := &l.writes[v]; w.Shirked == NoCause {
		w.Shirked = why
	}
}

// Fail records that v ended with an error. It may or may not reach the members.
func (l *Ledger) Fail(now sim.Time, v block.Version) {
	w := &l.writes[v]
	if w.acked != 0 || w.Failed {
		panic("ledger: a write ended twice")
	}
	w.Ended, w.Failed = now, true
}

// Ask records that someone wants what was acknowledged before now in e to be
// stable, and returns the flush's id.
func (l *Ledger) Ask(now sim.Time, by Asker, e block.Extent) uint32 {
	l.flushes = append(l.flushes, Flush{By: by, Step: l.step, Extent: e, Asked: now, acked: len(l.acks)})
	return uint32(len(l.flushes) - 1)
}

// Reach records that flush id came down to a stage. An id of 0 is no flush.
func (l *Ledger) Reach(id uint32, s Stage) {
	if f := &l.flushes[id]; id != 0 && s > f.Reached {
		f.Reached = s
	}
}

// Stop records why flush id comes no further. The first reason stands.
func (l *Ledger) Stop(id uint32, why Cause) {
	if f := &l.flushes[id]; id != 0 && f.Stop == NoCause {
		f.Stop = why
	}
}

// End records what the asker of flush id was told.
func (l *Ledger) End(now sim.Time, id uint32, good bool) {
	if id == 0 {
		return
	}
	f := &l.flushes[id]
	if f.Done {
		panic("ledger: a flush ended twice")
	}
	f.Ended, f.Good, f.Done = now, good, true
}

// Drop records that volatile content went away, and why.
func (l *Ledger) Drop(runs []block.Run, why Cause) {
	for _, r := range runs {
		l.drops = append(l.drops, drop{r, why})
	}
}

// Interrupt records that a write to the members, of data or parity of e, was
// under way when power went.
func (l *Ledger) Interrupt(e block.Extent) { l.torn.Set(e, true) }

// writeOff is what an event took from the blocks of extent: every version above
// kept, up to lost. No flush that was asked for later covers those.
type writeOff struct {
	extent     block.Extent
	kept, lost block.Version
	flushes    int // ids below this were asked for before
}

// WriteOff records the losses of an event that has been judged: a flush covers
// what the box then holds, and GOOD for it promises nothing about these.
func (l *Ledger) WriteOff(j Judgement) {
	for _, s := range j.Losses {
		if s.Class == InFlight {
			continue
		}
		o := writeOff{extent: s.Extent, lost: s.Lost, flushes: len(l.flushes)}
		if s.Found.Written() && s.Outcome != Foreign {
			o.kept = s.Found
		}
		l.offs = append(l.offs, o)
	}
}

// Settle promises everything acknowledged so far: it was made durable before the
// story begins.
func (l *Ledger) Settle(now sim.Time) {
	l.End(now, l.Ask(now, ByAttachment, block.Extent{}), true)
}

// Written is the WRITE that gave its blocks version v.
func (l *Ledger) Written(v block.Version) Write { return l.writes[v] }

// Writes is the number of WRITEs issued; their versions are 1 to Writes.
func (l *Ledger) Writes() int { return len(l.writes) - 1 }

// Flushes lists all flushes in the order in which they were asked for.
func (l *Ledger) Flushes() []Flush { return l.flushes[1:] }
