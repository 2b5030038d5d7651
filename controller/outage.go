package controller

import (
	"slices"

	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/internal/mutant"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// PowerFail takes the supply away: commands under way vanish without status, and
// a volatile cache loses its content. A protected one is judged when the power
// returns, because only then the length of the outage is known.
func (c *Controller) PowerFail(now sim.Time) {
	c.failedAt = now
	c.array.interrupt()
	c.abandon(now)
	c.ready = false
	if c.fw.Protection.Kind == firmware.Unprotected {
		c.ledger.Drop(c.cache.Dirty(nil), ledger.PowerLost)
		c.cache.Drop()
		c.measure(now)
	}
	c.protectionChanged(now, false)
}

// PowerReturn brings the controller up. What a protection kept is written to the
// members as soon as the firmware has booted; what it has left decides how it goes
// on.
func (c *Controller) PowerReturn(now sim.Time) {
	if c.fw.Protection.Kind != firmware.Unprotected {
		c.restore(now)
		c.measure(now)
	}
	c.charge.Outage(c.failedAt, now)
	c.fw.Protection.State = c.charge.State
	c.powerOn()
	c.stopped, c.deferred = false, c.deferred[:0]
	c.startFirmware(now)
	c.protectionChanged(now, true)
	c.awaitCharge(now)
}

// startFirmware begins a start of the firmware.
func (c *Controller) startFirmware(now sim.Time) {
	c.starts++
	c.k.At(now.Add(c.spec.Boot), c, evReady, c.starts)
}

// restore rebuilds the cache after an outage from what the protection has kept: of
// the dirty pages in address order, which is the order of the copy to flash, the
// first so many bytes.
func (c *Controller) restore(now sim.Time) {
	kept, holdUp, bytes := c.Protection(c.failedAt)
	why := c.taker(kept)
	if now.Sub(c.failedAt) > holdUp && !mutant.Is(mutant.ContentOutlivesHoldUp) {
		bytes = 0
	}
	dirty := c.cache.Dirty(nil)
	c.cache.Drop()
	for i, r := range dirty {
		kept := block.Extent{Start: r.Extent.Start, Blocks: min(bytes/block.Size, r.Extent.Blocks)}
		if !kept.Empty() {
			c.cache.Write(now, kept, r.Version)
			c.ledger.Restored(block.Run{Extent: kept, Version: r.Version})
		}
		bytes -= kept.Bytes()
		if kept != r.Extent {
			r.Extent = block.Between(kept.End(), r.Extent.End())
			c.ledger.Drop([]block.Run{r}, why)
			c.ledger.Drop(dirty[i+1:], why)
			return
		}
	}
}

// booted repairs what the loss of power left half written, if the firmware keeps
// a record of that, before anything else.
func (c *Controller) booted(now sim.Time) { c.array.Recover(now) }

// Recovered is called by the array when parity is as right as it can be made. It
// makes the unit ready and writes what survived to the members.
func (c *Controller) Recovered(now sim.Time) {
	c.ready = true
	if c.cache.Stats().DirtyPages > 0 {
		c.flushAll()
		c.pump(now)
	}
}

// Reset is a reset that leaves the controller's memory supplied: by the host or
// its next driver, by a link that went down, or by a crash of the firmware.
// Commands under way vanish; the cache goes the way that the profile says, and if
// it is dropped, why is what took the data.
func (c *Controller) Reset(now sim.Time, fate firmware.CacheFate, attention scsi.Sense, why ledger.Cause) {
	c.abandonCommands(now)
	c.pending = append(c.pending, attention)
	c.stopped = false
	if c.halting && fate == firmware.Drop {
		return // the flush of an orderly halt ends first, and leaves nothing to drop
	}
	c.apply(now, fate, why)
}

// Halt is the host's announcement of an orderly halt.
func (c *Controller) Halt(now sim.Time) {
	c.halting = c.fw.Halt == firmware.Flush
	c.apply(now, c.fw.Halt, ledger.DroppedAtReset)
}

func (c *Controller) apply(now sim.Time, fate firmware.CacheFate, why ledger.Cause) {
	switch fate {
	case firmware.Flush:
		c.flushAll()
		c.pump(now)
	case firmware.Drop:
		c.ledger.Drop(c.cache.Dirty(nil), why)
		c.discardAll()
		c.measure(now)
	}
}

// discardAll empties the cache; batches that are already with the members go on,
// and until they have landed what is read beside them is not kept.
func (c *Controller) discardAll() {
	c.cache.Drop()
	c.stir()
	for i := range c.batches {
		if b := &c.batches[i]; c.stripes[i] != noStripe && !b.stray {
			b.stray = true
			c.strays++
		}
	}
	c.flush, c.halting, c.draining, c.pressed = false, false, false, false
	c.urgent = c.urgent[:0]
}

// Crash is a crash of the firmware: the processor starts again, the memory stays
// or not as the profile says.
func (c *Controller) Crash(now sim.Time) {
	c.Reset(now, c.fw.Crash, scsi.SenseInternalReset, ledger.LostInCrash)
	c.ready = false
	c.startFirmware(now)
}

// abandon forgets everything that was under way, in the controller and at the
// members.
func (c *Controller) abandon(now sim.Time) {
	c.k.Cancel(c)
	c.tick = sim.Never
	c.abandonCommands(now)
	for i := range c.batches {
		if b := &c.batches[i]; c.stripes[i] != noStripe {
			c.stripes[i], b.stray = noStripe, false
			if mutant.Is(mutant.CopyDroppedEarly) {
				c.cache.Clean(&b.Batch)
				continue
			}
			c.cache.Redirty(&b.Batch)
		}
	}
	c.inFlight, c.strays = 0, 0
	c.stir()
	c.flush, c.halting, c.draining, c.pressed = false, false, false, false
	c.urgent = c.urgent[:0]
	c.array.abandon(now)
}

// abandonCommands forgets the commands under way; the link fails their tasks. Those
// that have not arrived yet will.
func (c *Controller) abandonCommands(now sim.Time) {
	c.array.orphan()
	c.free = c.free[:0]
	var coming []uint32
	for i := len(c.commands) - 1; i >= 0; i-- {
		cmd := &c.commands[i]
		if cmd.state == onCPU && cmd.arrives > now {
			c.k.Withdraw(c, evBegin, cmd.turn())
			coming = append(coming, uint32(i))
			continue
		}
		c.vacate(cmd)
	}
	slices.SortFunc(coming, func(a, b uint32) int { return int(c.commands[a].arrives - c.commands[b].arrives) })
	for _, ref := range slices.Backward(coming) { // the last reservation first
		c.cpu.Cancel(c.commands[ref].free, c.commands[ref].service)
	}
	c.cpu.Reset(now)
	for _, ref := range coming {
		c.await(&c.commands[ref])
	}
	c.queue, c.active, c.crowd = c.queue[:0], c.active[:0], crowd{}
	c.stalled, c.barriers = c.stalled[:0], c.barriers[:0]
}
