package controller

import (
	"slices"

	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// beginWrite asks the firmware how the WRITE is acknowledged and puts it into
// the cache.
func (c *Controller) beginWrite(now sim.Time, cmd *command) {
	if c.lost() {
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseWriteError)
		return
	}
	c.admit(cmd)
	cmd.state = filling
	c.fill(now, cmd)
}

// admit asks the firmware how the WRITE is acknowledged as things stand.
func (c *Controller) admit(cmd *command) {
	d := &cmd.task.Decoded
	how := c.fw.Admit(d)
	cmd.bypass = how == firmware.AdmitBypass
	cmd.through = cmd.bypass || how == firmware.AdmitThrough
	cmd.forced = cmd.through && d.FUA && c.fw.FUA == firmware.FUAHonour
}

// fill puts a WRITE into the cache, a transfer at a time, as far as there is
// room. What does not fit stalls until destaging has made room.
func (c *Controller) fill(now sim.Time, cmd *command) {
	transfer := c.spec.TransferBytes / block.Size
	for cmd.at < cmd.extent.End() {
		piece := block.Extent{Start: cmd.at, Blocks: min(transfer, uint64(cmd.extent.End()-cmd.at))}
		if len(c.stalled) > 0 && c.stalled[0] != cmd.ref || !c.cache.Room(piece) {
			if len(c.stalled) == 0 || c.stalled[0] != cmd.ref {
				c.stalled = append(c.stalled, cmd.ref)
			}
			c.activate(cmd)
			c.pump(now)
			return
		}
		c.cache.Write(now, piece, cmd.task.Version)
		c.ledger.Hold(now, piece, cmd.task.Version)
		c.measure(now)
		cmd.at = piece.End()
	}
	if len(c.stalled) > 0 && c.stalled[0] == cmd.ref {
		c.stalled = slices.Delete(c.stalled, 0, 1) // in place: the list keeps its memory
	}
	c.filled(now, cmd)
}

// filled acknowledges a WRITE that is wholly in the cache, or makes it wait for
// the members.
func (c *Controller) filled(now sim.Time, cmd *command) {
	if cmd.through {
		c.activate(cmd)
		c.owe(cmd, c.array.caches && !cmd.forced, ledger.MembersUnflushed)
		cmd.state, cmd.mark = settling, c.cache.Mark()
		c.bar(cmd)
		c.hurry(cmd.extent, cmd.forced, ledger.ByWrite)
		c.pump(now)
		return
	}
	d := &cmd.task.Decoded
	c.owe(cmd, d.FUA && !c.fw.Protected(), ledger.FUAIgnored)
	c.owe(cmd, !c.fw.WCE() && !c.fw.Protected(), ledger.HiddenCache)
	blocks := cmd.extent.Blocks
	c.good(now, cmd)
	c.dirtied(now, blocks)
}

// owe records that GOOD for this WRITE rests on less than it says.
func (c *Controller) owe(cmd *command, short bool, why ledger.Cause) {
	if short {
		c.ledger.Shirk(cmd.task.Version, why)
	}
}

// unstall goes on with WRITEs that wait for room, in order of arrival.
func (c *Controller) unstall(now sim.Time) {
	for len(c.stalled) > 0 {
		cmd := &c.commands[c.stalled[0]]
		at := cmd.at
		c.fill(now, cmd)
		if len(c.stalled) > 0 && c.stalled[0] == cmd.ref && cmd.at == at {
			return
		}
	}
}

// release ends the commands of which everything has settled, now that something of
// e has: others still wait for what they waited for.
func (c *Controller) release(now sim.Time, e block.Extent) {
	start, end := e.Start, e.End()
	for i := c.barriers.overlapping(0, start, end); i < len(c.barriers); i = c.barriers.overlapping(i, start, end) {
		cmd, others := &c.commands[c.barriers[i].ref], len(c.queue) > 0
		if !c.settles(cmd) {
			i++
			continue
		}
		c.barriers = append(c.barriers[:i], c.barriers[i+1:]...)
		c.settled(now, cmd)
		if others {
			i = 0 // ending one may have begun another
		}
	}
}

// settles tells whether everything has settled that a command waits for.
func (c *Controller) settles(cmd *command) bool {
	return c.cache.Settled(cmd.mark, c.barrierExtent(cmd))
}

func (c *Controller) barrierExtent(cmd *command) block.Extent {
	if cmd.flush {
		return cmd.task.Decoded.Extent
	}
	return cmd.extent
}

// settled goes on with a command whose pages are on the members.
func (c *Controller) settled(now sim.Time, cmd *command) {
	if cmd.flush {
		c.syncSettled(now, cmd)
		return
	}
	if cmd.bypass {
		c.cache.Discard(cmd.extent)
		c.stir()
		c.measure(now)
	}
	c.good(now, cmd)
}

// failWaiting ends every command that waits for the members: the array cannot
// take writes any more. What was acknowledged before becomes a deferred error.
func (c *Controller) failWaiting(now sim.Time) {
	c.deferred = append(c.deferred[:0], scsi.SenseWriteError.AsDeferred())
	for len(c.barriers) > 0 {
		cmd := &c.commands[c.barriers[0].ref]
		c.barriers = c.barriers[1:]
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseWriteError)
	}
	for len(c.stalled) > 0 {
		cmd := &c.commands[c.stalled[0]]
		c.stalled = c.stalled[1:]
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseWriteError)
	}
}
