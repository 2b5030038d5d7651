package controller

import (
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/internal/mutant"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// synchronize carries out SYNCHRONIZE CACHE as the firmware decides. With IMMED
// the status goes back at once, and the flush goes on with nobody waiting.
func (c *Controller) synchronize(now sim.Time, cmd *command) {
	t := cmd.task
	e := t.Decoded.Extent
	if uint64(e.Start) > c.Blocks() || e.Blocks > c.Blocks()-uint64(e.Start) {
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseLBAOutOfRange)
		return
	}
	c.ledger.Reach(t.Flush, ledger.AtTarget)
	c.carryOutSync(now, cmd)
}

// carryOutSync does what the firmware makes of a flush of the command's range.
func (c *Controller) carryOutSync(now sim.Time, cmd *command) {
	t := cmd.task
	switch c.fw.SyncAction() {
	case firmware.FailSync:
		c.ledger.Stop(now, t.Flush, ledger.FirmwareFails)
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseInternalTargetFailure)
	case firmware.AckOnly:
		if !c.fw.Protected() { // a protected cache is stable storage: nothing is owed
			c.ledger.Stop(now, t.Flush, ledger.FirmwareAcks)
		}
		c.good(now, cmd)
	default:
		if c.array.Lost() { // nothing can be destaged, and a part of what was is gone
			if mutant.Is(mutant.FailedSyncCredited) {
				c.discardAll()
			}
			c.finish(now, cmd, scsi.CheckCondition, scsi.SenseWriteError)
			return
		}
		if t.Decoded.Immed || mutant.Is(mutant.SyncAckedEarly) {
			c.flushAll()
			c.good(now, cmd)
		} else {
			cmd.state, cmd.mark, cmd.flush = settling, c.cache.Mark(), true
			c.bar(cmd)
			if e := t.Decoded.Extent; e.Start == 0 && e.Blocks == 0 {
				c.flushAll()
			} else {
				c.hurryDirty(c.toEnd(e))
			}
		}
		c.pump(now)
		c.release(now, block.Extent{Blocks: c.Blocks()})
	}
}

// toEnd spells out "to the end of the volume".
func (c *Controller) toEnd(e block.Extent) block.Extent {
	if e.Blocks == 0 {
		return block.Between(e.Start, block.LBA(c.Blocks()))
	}
	return e
}

// syncSettled goes on when the controller cache is on the members.
func (c *Controller) syncSettled(now sim.Time, cmd *command) {
	id := cmd.task.Flush
	c.ledger.Reach(id, ledger.Destaged)
	if !c.array.caches {
		c.ledger.Reach(id, ledger.AtMembers)
		c.good(now, cmd)
		return
	}
	if c.fw.SyncAction() == firmware.FlushCache {
		c.ledger.Stop(now, id, ledger.MembersUnflushed)
		c.good(now, cmd)
		return
	}
	cmd.state = flushing
	c.array.Flush(now, cmd.ref)
}

// Flushed is called by the array when the members have flushed.
func (c *Controller) Flushed(now sim.Time, ref uint32, ok bool) {
	cmd := &c.commands[ref]
	if cmd.state != flushing {
		return // taken away by a reset
	}
	if !ok {
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseWriteError)
		return
	}
	c.ledger.Reach(cmd.task.Flush, ledger.AtMembers)
	c.good(now, cmd)
}
