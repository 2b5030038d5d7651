package host

import (
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// Adapter is the driver at work: between the block stack above and the link
// below it serves one command at a time on the processor, applies its habits and
// passes the rest on.
type Adapter struct {
	// TapDriver watches the seam between the operating system and the driver;
	// nil is nobody.
	TapDriver sam.Tap

	k         *sim.Kernel
	l         *ledger.Ledger
	habits    Driver
	up        sam.Initiator
	link      *Link
	cpu       sim.Station
	inbox     fifo // waiting for the processor, in order
	waiting   fifo // handled, waiting for a place in the queue of the box
	underWay  int
	plain     bool      // no habit concerns any READ or WRITE
	own       *sam.Task // the driver's own flush, if one is under way
	refilling bool
	gone      bool
	fault     *faulty // nil for a driver without one
}

// newAdapter is a driver that is not on a link yet.
func newAdapter(k *sim.Kernel, l *ledger.Ledger, habits Driver, up sam.Initiator) Adapter {
	return Adapter{k: k, l: l, habits: habits, up: up, plain: habits.plain(), fault: newFaulty(habits.Fault)}
}

// Events of an Adapter.
const (
	handleNext = iota // the processor is done with the next task
	passLate          // ref is a stand-in whose time has come
)

var (
	_ sam.Target    = (*Adapter)(nil)
	_ sam.Initiator = (*Adapter)(nil)
	_ sim.Handler   = (*Adapter)(nil)
)

// Receive takes a task from the operating system.
func (a *Adapter) Receive(now sim.Time, t *sam.Task) {
	if a.TapDriver != nil {
		a.TapDriver.Passing(now, t)
	}
	if t.Flush != 0 && !a.gone {
		a.l.Reach(t.Flush, ledger.AtDriver)
	}
	if a.gone {
		a.fail(now, t, sam.NoDevice)
		return
	}
	a.l.Sent(t.Version, t.Serial, ledger.AtDriver)
	done := a.cpu.Reserve(now, a.habits.Overhead)
	if a.passesAhead(t) {
		a.underWay++
		a.k.Spare(1)
		a.link.carry(done, t)
		return
	}
	a.inbox.push(t)
	a.k.At(done, a, handleNext, 0)
}

// passesAhead tells whether it is clear now that the task will be passed on when
// the processor is done with it: none is before it that is still to be handled or
// waits, the box has a place for it, no habit concerns it, and nobody looks.
func (a *Adapter) passesAhead(t *sam.Task) bool {
	return a.inbox.len() == 0 && a.waiting.len() == 0 && a.underWay < a.habits.Queue && !a.link.cut &&
		a.fault == nil && a.TapDriver == nil && a.link.TapTarget == nil && !a.l.Following() &&
		(t.Decoded.Class == scsi.ClassRead || t.Decoded.Class == scsi.ClassWrite) &&
		(a.plain || a.habits.pass(t))
}

// recall takes back what was to be passed on after now, if the link is still this
// driver's.
func (a *Adapter) recall(now sim.Time) {
	if a.link != nil && a.link.driver == a {
		a.link.Recall(now)
	}
}

// unpass takes a task back that was to be passed on at a time that has not come.
// The last one comes back first.
func (a *Adapter) unpass(at sim.Time, t *sam.Task) {
	a.underWay--
	a.k.Spare(-1)
	a.inbox.unpop(t)
	a.k.At(at, a, handleNext, 0)
}

// Fire handles the next task: the processor serves them in order.
func (a *Adapter) Fire(e sim.Event) {
	if e.Kind == passLate {
		a.pass(e.At, &a.fault.standIns[e.Ref].task)
		return
	}
	t := a.inbox.pop()
	if !a.handle(e.At, t) {
		return
	}
	a.pass(e.At, t)
}

// handle applies the habits. It reports whether the task goes on; if not, it has
// been completed.
func (a *Adapter) handle(now sim.Time, t *sam.Task) bool {
	c := &t.Decoded
	switch {
	case c.Op == scsi.SyncCache10:
		return a.handleSync(now, t)
	case c.Op == scsi.TestUnitReady:
		return a.handleReady(now, t)
	case c.Class != scsi.ClassRead && c.Class != scsi.ClassWrite:
		return true
	}
	h := &a.habits
	if h.GateSegments > 0 && t.Segments > uint32(h.GateSegments) ||
		h.GateBytes > 0 && c.Extent.Bytes() > h.GateBytes {
		return a.fail(now, t, sam.DriverFail)
	}
	if c.Extent.Start > maxLBA32 {
		switch h.HighLBA {
		case GateFail:
			return a.fail(now, t, sam.DriverFail)
		case GateTruncate:
			truncate(c)
			c.EncodeTo(&t.CDB)
			if c.Class == scsi.ClassWrite {
				a.l.Shirk(t.Version, ledger.Misdirected)
			}
		}
	}
	if c.FUA && h.DropFUA {
		c.FUA = false
		c.EncodeTo(&t.CDB)
		if c.Class == scsi.ClassWrite {
			a.l.Shirk(t.Version, ledger.DriverDropsFUA)
		}
	}
	return a.fault == nil || a.spoil(now, t, c)
}

// plain tells whether the driver passes every READ and WRITE on as it is.
func (h *Driver) plain() bool {
	return h.GateSegments == 0 && h.GateBytes == 0 && h.HighLBA == GatePass && !h.DropFUA
}

// pass tells whether no habit concerns a READ or WRITE.
func (h *Driver) pass(t *sam.Task) bool {
	c := &t.Decoded
	return (h.GateSegments == 0 || t.Segments <= uint32(h.GateSegments)) &&
		(h.GateBytes == 0 || c.Extent.Bytes() <= h.GateBytes) &&
		(h.HighLBA == GatePass || c.Extent.Start <= maxLBA32) &&
		!(c.FUA && h.DropFUA)
}

// maxLBA32 is the last address that a 10-byte CDB can name.
const maxLBA32 block.LBA = 0xffff_ffff

// truncate makes the 10-byte form of a READ or WRITE out of the bits that fit in
// it: the command then goes to another address, without an error.
func truncate(c *scsi.Command) {
	c.Op = scsi.Read10
	if c.Class == scsi.ClassWrite {
		c.Op = scsi.Write10
	}
	c.Extent.Start &= maxLBA32
	c.Extent.Blocks &= 0xffff
}

// handleSync is about SYNCHRONIZE CACHE(10) alone, the one that macOS sends. The
// Accusys ACS6x Linux driver (acs_ame.c) tests for opcode 35h only: the 16-byte
// form, 91h, goes on to the firmware.
func (a *Adapter) handleSync(now sim.Time, t *sam.Task) bool {
	switch a.habits.Sync {
	case Swallow:
		a.l.Stop(now, t.Flush, ledger.DriverSwallowed)
		return a.finish(now, t)
	case Fail:
		a.l.Stop(now, t.Flush, ledger.DriverFailed)
		return a.fail(now, t, sam.DriverFail)
	}
	return true
}

func (a *Adapter) handleReady(now sim.Time, t *sam.Task) bool {
	switch a.habits.TestUnitReady {
	case Swallow:
		return a.finish(now, t)
	case Fail:
		return a.fail(now, t, sam.DriverFail)
	}
	return true
}

// pass sends a task on, or lets it wait while the box has all that the driver
// gives it.
func (a *Adapter) pass(now sim.Time, t *sam.Task) {
	if a.underWay >= a.habits.Queue {
		a.waiting.push(t)
		return
	}
	a.underWay++
	a.link.Receive(now, t)
}

// Complete takes a task back from the link.
func (a *Adapter) Complete(now sim.Time, t *sam.Task) {
	a.underWay--
	a.back(now, t)
	if a.waiting.len() > 0 {
		a.refill(now)
	}
}

// refill passes on what waits. A link that is down fails a task while it is being
// passed on; the loop then goes on, instead of one call inside the other.
func (a *Adapter) refill(now sim.Time) {
	if a.refilling {
		return
	}
	a.refilling = true
	for a.waiting.len() > 0 && a.underWay < a.habits.Queue {
		a.underWay++
		a.link.Receive(now, a.waiting.pop())
	}
	a.refilling = false
}

// flush sends a SYNCHRONIZE CACHE of the driver's own, past its habits.
func (a *Adapter) flush(now sim.Time, t *sam.Task) {
	a.own = t
	a.l.Reach(t.Flush, ledger.AtDriver)
	a.recall(now) // what the processor is busy with does not leave before it
	a.pass(now, t)
}

// terminate ends the driver: what it has not passed on fails, and so does all
// that comes later.
func (a *Adapter) terminate(now sim.Time) {
	a.recall(now)
	a.gone = true
	a.k.Cancel(a)
	a.abandonLate()
	for a.inbox.len() > 0 {
		a.fail(now, a.inbox.pop(), sam.NoDevice)
	}
	for a.waiting.len() > 0 {
		a.fail(now, a.waiting.pop(), sam.NoDevice)
	}
}

func (a *Adapter) finish(now sim.Time, t *sam.Task) bool {
	t.Status = scsi.Good
	a.back(now, t)
	return false
}

func (a *Adapter) fail(now sim.Time, t *sam.Task, why sam.Failure) bool {
	t.Failure = why
	a.back(now, t)
	return false
}

func (a *Adapter) back(now sim.Time, t *sam.Task) {
	if a.fault != nil {
		if t = a.fault.settle(a.l, t); t == nil {
			return
		}
	}
	switch {
	case t == a.own:
		a.own = nil
	case a.TapDriver != nil:
		a.TapDriver.Returning(now, t)
	}
	a.up.Complete(now, t)
}

// fifo is a queue of tasks that keeps its memory. Its bound is the number of
// commands of the initiator.
type fifo struct {
	tasks []*sam.Task
	head  int
}

func (q *fifo) len() int { return len(q.tasks) - q.head }

func (q *fifo) push(t *sam.Task) {
	if q.head > 0 && len(q.tasks) == cap(q.tasks) {
		n := copy(q.tasks, q.tasks[q.head:])
		clear(q.tasks[n:])
		q.tasks, q.head = q.tasks[:n], 0
	}
	q.tasks = append(q.tasks, t)
}

// unpop puts a task in front.
func (q *fifo) unpop(t *sam.Task) {
	if q.head == 0 {
		q.tasks = append(q.tasks, nil)
		copy(q.tasks[1:], q.tasks)
		q.tasks[0] = t
		return
	}
	q.head--
	q.tasks[q.head] = t
}

func (q *fifo) pop() *sam.Task {
	t := q.tasks[q.head]
	q.tasks[q.head] = nil
	if q.head++; q.head == len(q.tasks) {
		q.tasks, q.head = q.tasks[:0], 0
	}
	return t
}
