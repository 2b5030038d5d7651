package lab

import (
	"tbraid/host"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// errand is something that the host does for itself and that the script waits for.
type errand struct {
	what string
	done bool
}

// await waits for the errand under way.
func (w *world) await() {
	w.until(&w.errand.done, w.errand.what)
	w.errand = nil
}

// outage is what events have done to link and host and what is not undone yet.
// It outlives the course of an event that another one cuts short.
type outage struct {
	away      []away        // supplies
	severed   bool          // the link is down
	linkAt    sim.Time      // not before then does it come up; 0 is at once
	halt      *errand       // the host shuts down in order
	next      *host.Profile // the host is down, or on its way; this is what boots
	resets    bool          // when it boots, it resets the bus
	gently    bool          // the firmware alone was away: no reset when the driver attaches
	errand    *errand       // a probe, or a mount
	unjudged  bool          // what they have cost has not been judged
	unmounted bool          // what the host recognises on the disk is not mounted yet
}

// course undoes what events have done, in the order in which it can be undone,
// and judges what they have cost.
func (w *world) course() {
	if w.halt != nil {
		w.until(&w.halt.done, w.halt.what)
		w.halted()
	}
	if w.severed {
		if w.linkAt > 0 {
			w.sleep(w.linkAt)
		}
		w.drain()
		w.reconnect()
	}
	if w.errand != nil { // of before a disk failed
		w.await()
	}
	w.allBack()
	w.endTool()
	w.idle() // what the members were doing when nothing stopped them ends first
	w.l.WriteOff(w.judge())
	w.unjudged = false
	if w.unmounted {
		w.recover()
	}
}

// drain lets what runs on the host find out that its disk has gone. Nothing that
// was sent to the disk before reaches the one that comes back: to the host it is
// another one.
func (w *world) drain() {
	limit := w.k.Now().Add(patience)
	w.advance(func() bool { return !w.sys.Quiet() && w.k.Now() < limit })
}

// reconnect brings the link back, and the host probes the box again, or boots.
func (w *world) reconnect() {
	now := w.k.Now()
	w.link.Up(now)
	next, gently, resets := w.next, w.gently, w.resets
	w.severed, w.linkAt, w.next, w.gently, w.resets = false, 0, nil, false, false
	switch {
	case next != nil:
		if resets {
			w.box.Reset(now, w.policy.HostReset, scsi.SenseBusReset, ledger.DroppedAtReset)
		}
		w.boot(*next)
	case gently:
		w.probe()
	default:
		w.attach()
	}
}

// recover mounts what is there. If the journals put back all that was lost, the
// loss was one of place and not of content, and is booked as replayed.
func (w *world) recover() {
	before, losses := w.run, w.losses
	mounted := w.mount()
	w.unmounted = false
	if mounted == 0 {
		return
	}
	if len(w.earlier) > 0 || before.Loss.Permitted == 0 || before.Loss.Acknowledged() != before.Loss.Permitted {
		return
	}
	w.judge()
	if w.run.Loss.Acknowledged() > 0 {
		w.run.Loss, w.run.Causes, w.run.OldestNS = before.Loss, before.Causes, before.OldestNS
		w.run.Extents, w.run.ExtentCount = before.Extents, before.ExtentCount
		w.losses = losses
		w.tale.judged()
		return
	}
	w.run.Replayed = before.Loss.Permitted
}
