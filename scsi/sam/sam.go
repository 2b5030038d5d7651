// Package sam has the words of the SCSI Architecture Model that every hop
// between the operating system and the box speaks: Task, Target, Initiator.
//
// A task goes down through Receive and comes back up through Complete. Each hop
// is wired to the next one above and below; a hop that has nothing to add passes
// the same task on.
package sam

import (
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
)

// Task is one command on its way. The initiator owns it: it fills the request
// part before Receive and reads the response part after Complete. Until then it
// must not touch it.
type Task struct {
	// Request.
	Tag     uint32        // unique among the tasks of the initiator that are under way
	Serial  uint32        // counts the initiator's commands: the same at every seam, for logs
	CDB     scsi.CDB      // as the initiator encoded it
	Version block.Version // WRITE, WRITE SAME: the content of the data-out buffer
	DataOut []byte        // parameter list of MODE SELECT and UNMAP
	Flush   uint32        // SYNCHRONIZE CACHE: the flush it carries out, for the ledger; 0 is none
	Issued  sim.Time
	// Segments is in how many pieces the host's memory holds the data buffer;
	// a driver may refuse what it cannot map.
	Segments uint32

	// Decoded is the CDB as a value. An initiator that encodes the CDB fills it, and
	// so does a hop that changes the CDB. A target takes nobody's word for it: it
	// decodes the CDB, once.
	Decoded scsi.Command

	// Response.
	Status scsi.Status
	Sense  scsi.Sense  // with CHECK CONDITION
	DataIn []byte      // parameter data
	Found  []block.Run // READ: what the blocks hold, in order, without gaps
	// Failure is set when no status came back at all: the service delivery
	// subsystem (driver, link) failed the task.
	Failure Failure
}

// Copy makes t the same request as o, under another tag and without a response.
// What t has room for in Found it keeps. Decoded is left as it is, for the target
// that decodes the CDB: who looks at it before sees to that.
func (t *Task) Copy(o *Task, tag uint32) {
	t.Tag, t.Serial, t.CDB, t.Version, t.DataOut, t.Flush = tag, o.Serial, o.CDB, o.Version, o.DataOut, o.Flush
	t.Issued, t.Segments = o.Issued, o.Segments
	t.Unanswer()
}

// Unanswer takes the response out, but for the memory of Found.
func (t *Task) Unanswer() {
	t.Status, t.Sense, t.DataIn, t.Failure = 0, scsi.Sense{}, nil, Delivered
	t.Found = t.Found[:0]
}

// Failure says why a task has no status.
type Failure uint8

// Failures of the service delivery subsystem.
const (
	Delivered  Failure = iota // the status is the target's
	NoDevice                  // link down or target without power
	Aborted                   // a reset took the task away
	DriverFail                // the driver refused the task
	TimedOut                  // the initiator gave up
)

// Target receives tasks. It may keep t until it calls Complete on the initiator
// it is wired to, at the same instant or later.
type Target interface {
	Receive(now sim.Time, t *Task)
}

// Foresighted is a Target that can be told of a task before it arrives, so that
// the arrival need not be an event of its own. Who tells it is the one who feeds
// it, in the order of arrival.
type Foresighted interface {
	Target
	// Foresee is Receive for a task that arrives at time at, not before now and
	// not before any task told of earlier. If it returns false the task has to be
	// handed over when it arrives, and until then no other can be foreseen.
	Foresee(at sim.Time, t *Task) bool
	// Unforesee takes the last task that was foreseen back: it does not arrive.
	Unforesee(t *Task)
}

// Initiator learns that a task has ended.
type Initiator interface {
	Complete(now sim.Time, t *Task)
}

// Tap watches a seam. Passing is called when a task goes down through it,
// Returning when it comes back. It must not change the task.
type Tap interface {
	Passing(now sim.Time, t *Task)
	Returning(now sim.Time, t *Task)
}
