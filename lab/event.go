package lab

import (
	"fmt"

	"tbraid/scsi"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// happen lets an event take its course until the host has its disk back.
func (w *world) happen(e power.Event) {
	w.eventAt, w.happened, w.run.Acked = w.k.Now(), true, w.acked()
	w.earlier, w.run.ReadAfter, w.rewritten = w.losses, nil, false
	switch e.Kind {
	case power.Restart:
		w.restart(e.Boot)
	case power.BoxPower:
		w.unplug()
		w.outage(e, power.Box)
		w.replug()
	case power.HostPower:
		w.hostDies(e, power.Host)
	case power.AllPower:
		w.hostDies(e, power.Host, power.Box)
	case power.Cable:
		w.unplug()
		w.box.Reset(w.k.Now(), w.policy.LinkLoss, scsi.SenseNexusLoss, ledger.DroppedAtLinkLoss)
		w.k.RunUntil(w.k.Now().Add(e.Outage))
		w.replug()
	case power.ControllerReset:
		w.unplug()
		w.box.Reset(w.k.Now(), w.policy.HostReset, scsi.SenseTargetReset, ledger.DroppedAtReset)
		w.replug()
	case power.FirmwareCrash:
		w.unplug()
		w.box.Crash(w.k.Now())
		w.k.RunUntil(w.k.Now().Add(w.hardware.Controller.Boot))
		w.link.Up(w.k.Now())
		w.probe() // the driver is still there: it waits the crash out and resets nothing
	case power.DiskPower:
		w.supply.Fail(w.k.Now(), power.Disk(e.Member))
		w.box.Array().DropMember(e.Member)
		w.k.RunUntil(w.k.Now().Add(e.Outage))
		w.supply.Return(w.k.Now(), power.Disk(e.Member))
		w.box.Array().Rejoin(e.Member)
	case power.DiskFail:
		w.box.Array().FailMember(w.k.Now(), e.Member)
	default:
		panic(fmt.Sprintf("lab: no event %v", e))
	}
	w.idle() // what the members were doing when nothing stopped them ends first
	w.l.WriteOff(w.judge())
	if e.Kind != power.DiskPower && e.Kind != power.DiskFail {
		w.recover()
	}
}

// recover mounts what is there. If the journals put back all that was lost, the
// loss was one of place and not of content, and is booked as replayed.
func (w *world) recover() {
	before, losses := w.run, w.losses
	if w.mount() == 0 {
		return
	}
	if len(w.earlier) > 0 || before.Loss.Permitted == 0 || before.Loss.Acknowledged() != before.Loss.Permitted {
		return
	}
	w.judge()
	if w.run.Loss.Acknowledged() > 0 {
		w.run.Loss, w.run.Causes, w.run.Extents, w.run.OldestNS = before.Loss, before.Causes, before.Extents, before.OldestNS
		w.losses = losses
		return
	}
	w.run.Replayed = before.Loss.Permitted
}

// restart takes the host down in its order and boots another profile. The box
// sees the announcement of an orderly halt (PME_Turn_Off on PCI Express, whatever
// the driver), then the reset of the bus; it keeps its power all the time.
func (w *world) restart(boot string) {
	next := *w.sys.Profile()
	if boot != "" {
		var ok bool
		if next, ok = w.scenario.FindHost(boot); !ok {
			panic("lab: no host profile " + boot)
		}
	}
	done := false
	down := *w.sys.Profile()
	w.sys.Shutdown(w.k.Now(), func() { done = true })
	w.until(&done, "the shutdown")
	w.box.Halt(w.k.Now())
	w.link.Down(w.k.Now())
	w.box.Reset(w.k.Now(), w.policy.HostReset, scsi.SenseBusReset, ledger.DroppedAtReset)
	w.k.RunUntil(w.k.Now().Add(down.Shutdown.Boot))
	w.link.Up(w.k.Now())
	w.boot(next)
}

// unplug ends the link; the host notices.
func (w *world) unplug() {
	w.link.Down(w.k.Now())
	w.sys.Unplugged(w.k.Now())
}

// replug brings the link back, and the host probes the box again.
func (w *world) replug() {
	w.link.Up(w.k.Now())
	w.attach()
}

// outage takes the supply of the domains away for as long as the event says, and
// waits until the controller has booted.
func (w *world) outage(e power.Event, domains ...power.Domain) {
	w.supply.Fail(w.k.Now(), domains...)
	w.k.RunUntil(w.k.Now().Add(e.Outage))
	w.supply.Return(w.k.Now(), domains...)
	w.k.RunUntil(w.k.Now().Add(w.hardware.Controller.Boot))
}

// hostDies takes the power of the host, alone or with the box; then it boots
// with the same driver.
func (w *world) hostDies(e power.Event, domains ...power.Domain) {
	boot := w.sys.Profile().Shutdown.Boot
	w.supply.Fail(w.k.Now(), domains...)
	w.link.Down(w.k.Now())
	if len(domains) == 1 { // the box sees its link go down
		w.box.Reset(w.k.Now(), w.policy.LinkLoss, scsi.SenseNexusLoss, ledger.DroppedAtLinkLoss)
	}
	w.outage(e, domains...)
	w.k.RunUntil(w.k.Now().Add(boot))
	w.link.Up(w.k.Now())
	w.box.Reset(w.k.Now(), w.policy.HostReset, scsi.SenseBusReset, ledger.DroppedAtReset)
	w.boot(*w.sys.Profile())
}
