package host

import (
	"time"

	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// command is one SCSI command of the block stack with its retries. Whoever takes
// one from the System gives it back with release.
type command struct {
	task     sam.Task
	plan     scsi.Command // what is asked for; each try is encoded anew
	owner    owner
	ref      uint32 // the owner's own
	tries    int
	state    state
	timedOut bool
	own      bool     // of the driver itself: past its habits
	fine     bool     // over, with GOOD and in time
	deadline sim.Time // 0 is none
}

// owner learns that its command has ended.
type owner interface {
	ended(now sim.Time, c *command)
}

// state is where a command is.
type state uint8

const (
	free      state = iota
	ready           // filled in, not yet sent
	underWay        // below, or waiting for its next try
	over            // ended; the owner has not given it back
	abandoned       // given back after a time-out while it was still below
)

// retries is how often the block driver sends a command again after the first
// try (IOSCSIBlockCommandsDevice, 2005: 1 try + 4 retries).
const retries = 4

// busyDelay is the pause before a command is sent again that met BUSY or TASK
// SET FULL.
const busyDelay = 10 * time.Millisecond // guess: the public sources give none

// maxCommands bounds the commands under way: sixteen device nodes with the
// deepest queue of asynchronous writes that a profile allows.
const maxCommands = 1 << 12

// command takes a free command and plans it.
func (s *System) command(plan scsi.Command, o owner, ref uint32) *command {
	c := s.take(o, ref)
	c.plan = plan
	return c
}

// take takes a free command.
func (s *System) take(o owner, ref uint32) *command {
	if len(s.idle) == 0 {
		if len(s.commands) == maxCommands {
			panic("host: more commands under way than the block stack can have")
		}
		c := &command{}
		c.task.Tag = uint32(len(s.commands))
		s.commands = append(s.commands, c)
		s.idle = append(s.idle, c.task.Tag)
	}
	c := s.commands[s.idle[len(s.idle)-1]]
	s.idle = s.idle[:len(s.idle)-1]
	c.owner, c.ref = o, ref
	c.state, c.tries, c.timedOut, c.own, c.fine, c.deadline = ready, 0, false, false, false, 0
	t := &c.task // without data, and transmit takes out what came of its last life
	s.serial++
	t.Serial, t.Version, t.Flush, t.Issued, t.Segments = s.serial, 0, 0, 0, 1
	return c
}

// read plans a READ of e.
func (s *System) read(e block.Extent, o owner, ref uint32) *command {
	c := s.take(o, ref)
	c.plan = scsi.Read(e)
	return c
}

// write plans a WRITE of e, of which a program supplied payload, and issues its
// version.
func (s *System) write(e, payload block.Extent, zeros bool, o owner, ref uint32) *command {
	c := s.take(o, ref)
	c.plan = scsi.Write(e)
	c.task.Version = s.l.Issue(s.k.Now(), e, payload, zeros)
	return c
}

// send starts a command; within is its time-out, 0 is none.
func (s *System) send(c *command, within time.Duration) {
	now := s.k.Now()
	c.state = underWay
	c.task.Issued = now
	if within > 0 {
		c.deadline = now.Add(within)
		s.k.At(c.deadline, s, timeout, c.task.Tag)
	}
	s.transmit(now, c)
}

// retry is the next try, of a command that may have been given up while it waited.
func (s *System) retry(now sim.Time, c *command) {
	switch {
	case c.state == abandoned:
		s.recycle(c)
	case c.timedOut:
		c.state = over
	default:
		s.transmit(now, c)
	}
}

// transmit is one try.
func (s *System) transmit(now sim.Time, c *command) {
	t := &c.task
	c.plan.EncodeTo(&t.CDB)
	t.Decoded = c.plan
	t.Unanswer()
	s.counters.Commands++
	switch c.plan.Class {
	case scsi.ClassRead:
		s.counters.Reads++
	case scsi.ClassWrite:
		s.counters.Writes++
	case scsi.ClassSync:
		s.counters.Syncs++
	}
	if s.driver.gone {
		t.Failure = sam.NoDevice
		s.k.At(now, s, refused, t.Tag)
		return
	}
	if c.own {
		s.driver.flush(now, t)
		return
	}
	s.driver.Receive(now, t)
}

// Complete takes a task back from the driver.
func (s *System) Complete(now sim.Time, t *sam.Task) {
	if s.dead {
		return
	}
	c := s.commands[t.Tag]
	switch {
	case c.state == abandoned:
		s.recycle(c)
		return
	case c.timedOut:
		c.state = over
		return
	case t.Failure == sam.Delivered && t.Status == scsi.Good:
		c.fine = true
	case c.tries < retries && again(t):
		c.tries++
		delay := time.Duration(0)
		if t.Status == scsi.Busy || t.Status == scsi.TaskSetFull {
			delay = busyDelay
		}
		s.k.At(now.Add(delay), s, resend, t.Tag)
		return
	case t.Failure == sam.NoDevice:
		s.lost()
	}
	c.state = over
	s.settle(now, c)
	c.owner.ended(now, c)
}

// again tells whether a command is worth another try: the target was busy, a
// reset took it, or a unit attention stood in its way, which it has consumed.
func again(t *sam.Task) bool {
	if t.Failure != sam.Delivered {
		return t.Failure == sam.Aborted
	}
	switch t.Status {
	case scsi.Busy, scsi.TaskSetFull, scsi.TaskAborted:
		return true
	case scsi.CheckCondition:
		return t.Sense.Key == scsi.KeyUnitAttention || t.Sense.Key == scsi.KeyAbortedCommand
	}
	return false
}

// settle tells the ledger how a WRITE or a flush ended.
func (s *System) settle(now sim.Time, c *command) {
	good := c.good()
	t := &c.task
	switch {
	case !good:
		s.counters.Errors++
	case s.watch != nil:
		s.watch.Took(c.plan.Class, now.Sub(t.Issued))
	}
	switch c.plan.Class {
	case scsi.ClassRead:
		if good {
			s.counters.BytesRead += c.plan.Extent.Bytes()
		}
	case scsi.ClassWrite, scsi.ClassUnmap:
		if !good {
			s.l.Fail(now, t.Version)
			return
		}
		if c.plan.Class == scsi.ClassWrite {
			s.counters.BytesWritten += c.plan.Extent.Bytes()
		}
		promise := ledger.Volatile
		if c.plan.FUA || s.disk.cache == cacheOff {
			promise = ledger.Stable
		}
		s.l.Acknowledge(now, t.Version, promise)
	case scsi.ClassSync:
		s.l.End(now, t.Flush, good)
	}
}

// expire gives up on a command that has not come back in time. Only commands
// that move no data have a time-out: the block driver gives READ and WRITE none.
func (s *System) expire(now sim.Time, c *command) {
	if c.state != underWay || c.deadline != now {
		return
	}
	c.timedOut = true
	if c.plan.Class == scsi.ClassSync {
		s.l.Stop(now, c.task.Flush, ledger.FlushCut)
		s.l.End(now, c.task.Flush, false)
	}
	s.counters.Errors++
	c.owner.ended(now, c)
}

// good tells whether the command ended with GOOD.
func (c *command) good() bool { return c.fine }

// done tells whether its owner need not wait any longer.
func (c *command) done() bool { return c.state == over || c.timedOut }

// release gives a command back.
func (s *System) release(c *command) {
	if c.state == underWay {
		c.state = abandoned // below; it is free when it comes back
		return
	}
	s.recycle(c)
}

func (s *System) recycle(c *command) {
	c.state, c.owner, c.task.DataIn, c.task.DataOut = free, nil, nil, nil
	s.idle = append(s.idle, c.task.Tag)
}

// orphans owns the commands of programs that were killed.
type orphans struct{ s *System }

func (o orphans) ended(_ sim.Time, c *command) { o.s.release(c) }

// Unplugged tells the host that the cable has gone: an idle host learns it from
// the hot-plug interrupt, a busy one also from its commands.
func (s *System) Unplugged(sim.Time) {
	if !s.dead {
		s.lost()
	}
}

// lost notes that the device no longer answers: its media objects go away, and
// with them its nodes and what was mounted from it. Open files get ENXIO for ever.
func (s *System) lost() {
	if s.disk.present {
		s.complain(device + ": media is not present.")
	}
	s.withdraw()
}

// withdraw takes the disk, its nodes and its volumes away.
func (s *System) withdraw() {
	s.disk.present = false
	s.loseHeld()
	for _, n := range s.nodes {
		n.gone = true
	}
	for _, v := range s.volumes {
		v.gone = true
	}
	s.nodes, s.volumes = nil, nil
}
