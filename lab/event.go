package lab

import (
	"fmt"

	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// unfold lets the events of a sequence come, each at its time. Where one comes in
// the middle of the course of the one before, that course ends there, and goes on
// as the course of both.
func (w *world) unfold(q power.Sequence) {
	for i, e := range q {
		w.limit = sim.Never
		if i+1 < len(q) {
			w.limit = w.k.Now().Add(q[i+1].After)
		}
		w.attempt(func() {
			w.happen(e.Event)
			if w.limit != sim.Never {
				w.sleep(w.limit)
			}
		})
	}
	w.limit = sim.Never
}

// happen lets an event come and take its course until the host has its disk back.
func (w *world) happen(e power.Event) {
	if w.unjudged {
		w.concede()
	}
	w.usage.end(w)
	w.owners.note(w.sys.Mounts())
	w.tale.struck(w.k.Now(), e)
	w.eventAt, w.happened, w.unjudged, w.run.Acked = w.k.Now(), true, true, w.acked()
	w.earlier, w.run.ReadAfter, w.rewritten = w.losses, nil, false
	w.strike(e)
	if w.tool != nil {
		w.concede()
	}
	w.course()
}

// strike is what an event does at its instant.
func (w *world) strike(e power.Event) {
	now := w.k.Now()
	back := now.Add(e.Outage)
	if e.Kind == power.BoxPower || e.Kind == power.AllPower {
		w.cycled = block.Version(w.l.Writes())
	}
	w.unmounted = w.unmounted || e.Kind != power.DiskPower && e.Kind != power.DiskFail
	switch e.Kind {
	case power.Restart:
		w.restart(e)
	case power.BoxPower:
		w.unplug()
		w.supply.Fail(now, power.Box)
		w.lose(back, power.Box)
		w.hold(back.Add(w.hardware.Controller.Boot))
	case power.HostPower:
		w.hostDies(back, power.Host)
	case power.AllPower:
		w.hostDies(back, power.Host, power.Box)
	case power.Cable:
		if w.unplug() {
			w.box.Reset(now, w.policy.LinkLoss, scsi.SenseNexusLoss, ledger.DroppedAtLinkLoss)
		}
		w.hold(back)
	case power.ControllerReset:
		w.unplug()
		w.box.Reset(now, w.policy.HostReset, scsi.SenseTargetReset, ledger.DroppedAtReset)
	case power.FirmwareCrash:
		alone := !w.severed || w.gently
		w.unplug()
		w.gently = alone // the driver is still there: it waits the crash out and resets nothing
		w.box.Crash(now)
		w.hold(now.Add(w.hardware.Controller.Boot))
	case power.DiskPower:
		w.supply.Fail(now, power.Disk(e.Member))
		w.box.Array().DropMember(e.Member)
		w.lose(back, power.Disk(e.Member))
	case power.DiskFail:
		w.box.Array().FailMember(now, e.Member)
	default:
		panic(fmt.Sprintf("lab: no event %v", e))
	}
}

// restart takes the host down in its order and boots another profile.
func (w *world) restart(e power.Event) {
	next := *w.sys.Profile()
	if e.Boot != "" {
		var ok bool
		if next, ok = w.scenario.FindHost(e.Boot); !ok {
			panic("lab: no host profile " + e.Boot)
		}
	}
	if w.next != nil {
		panic(&Refused{What: fmt.Sprintf("%s in %q", e, w.run.Event),
			Why: fmt.Sprintf("it comes at %s, when the host is shutting down or booting", w.k.Now()), Instead: "let it come later"})
	}
	w.next = &next
	w.halt = &errand{what: "the shutdown"}
	down := w.halt
	w.sys.Shutdown(w.k.Now(), func() { down.done = true })
}

// halted is the end of an orderly shutdown. The box sees the announcement of the
// halt (PME_Turn_Off on PCI Express, whatever the driver), then the reset of the
// bus; it keeps its power all the time. A box that is not there sees neither.
func (w *world) halted() {
	now := w.k.Now()
	w.halt = nil
	w.resets = !w.link.IsUp()
	if w.link.IsUp() {
		w.box.Halt(now)
		w.link.Down(now)
		w.box.Reset(now, w.policy.HostReset, scsi.SenseBusReset, ledger.DroppedAtReset)
	}
	w.severed, w.gently, w.errand = true, false, nil
	w.hold(now.Add(w.sys.Profile().Shutdown.Boot))
}

// hostDies takes the power of the host, alone or with the box; then it boots
// with the same driver, or with the one that a restart under way was to boot.
func (w *world) hostDies(back sim.Time, domains ...power.Domain) {
	now := w.k.Now()
	if w.next == nil {
		same := *w.sys.Profile()
		w.next = &same
	}
	up := w.link.IsUp()
	w.supply.Fail(now, domains...)
	w.link.Down(now)
	if up && len(domains) == 1 { // the box sees its link go down
		w.box.Reset(now, w.policy.LinkLoss, scsi.SenseNexusLoss, ledger.DroppedAtLinkLoss)
	}
	w.severed, w.gently, w.resets = true, false, true
	w.halt, w.errand = nil, nil
	w.lose(back, domains...)
	w.hold(back.Add(w.hardware.Controller.Boot + w.sys.Profile().Shutdown.Boot))
}

// unplug ends the link; the host notices. It reports whether there was one.
func (w *world) unplug() (was bool) {
	was = w.link.IsUp()
	w.link.Down(w.k.Now())
	w.sys.Unplugged(w.k.Now())
	w.severed, w.gently, w.errand = true, false, nil
	return was
}

// hold keeps the link down until then at least.
func (w *world) hold(until sim.Time) { w.linkAt = max(w.linkAt, until) }
