package controller

import (
	"tbraid/cache"
	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// What the ledger is told of blocks that someone follows, and of no others.

// trigger is why the policy destages now, in the order in which it decides, for
// the ledger to tell.
func (c *Controller) trigger(now sim.Time) ledger.Trigger {
	d := &c.fw.Destage
	switch {
	case !c.ledger.Following(): // nobody asks
	case c.flush && d.Interval > 0 && !c.halting && len(c.barriers) == 0:
		return ledger.ByTimer
	case c.flush:
		return ledger.ByFlush
	case c.draining:
		return ledger.ByMark
	case d.Age > 0 && now >= c.cache.Stats().OldestDirty.Add(d.Age):
		return ledger.ByAge
	case d.Idle > 0 && now >= c.lastHost.Add(d.Idle):
		return ledger.ByIdle
	case d.Rate == firmware.LinearThreshold && !c.pressed:
		return ledger.ByMark
	}
	return ledger.ByPressure
}

// method is how the array is going to write a batch.
func (a *Array) method(b *cache.Batch) ledger.Method {
	if !a.ledger.Following() {
		return ledger.NoParity
	}
	steps, err := a.layout.PlanWrite(nil, b.Stripe, b.Extents, a.absent)
	if err != nil {
		return ledger.NoParity // too many members are missing: it is not written at all
	}
	method := ledger.NoParity
	for _, s := range steps {
		parity := s.Role == raid.P || s.Role == raid.Q
		switch {
		case parity && s.Op == raid.Read:
			return ledger.ReadModifyWrite
		case s.Op == raid.Read:
			method = ledger.ReconstructWrite
		case parity && method == ledger.NoParity:
			method = ledger.FullStripe
		}
	}
	return method
}

// taken tells what data the volatile write cache of a member took.
func (a *Array) taken(d *disks.Drive, io *disks.IO) {
	for _, c := range io.Cells {
		end := min(c.Extent.End(), block.LBA(a.layout.MemberBlocks())) // a log behind it is no data
		for at := c.Extent.Start; at < end; {
			lba, role := a.layout.VolumeAt(uint8(d.Member()), at)
			n := a.inChunk(at, end)
			if isData(role) {
				a.ledger.Taken(block.Extent{Start: lba, Blocks: n}, c.Tag.Version(a.slot(lba)), d.Member())
			}
			at += block.LBA(n)
		}
	}
}

// inChunk is how many blocks of a member there are from at to end, or to the end
// of the chunk.
func (a *Array) inChunk(at, end block.LBA) uint64 {
	chunk := a.layout.ChunkBlocks()
	return min(uint64(end-at), chunk-uint64(at)%chunk)
}

// copies is a pass in blocks of the volume, mirrors and parity with it.
func (a *Array) copies(d *disks.Drive, p *disks.Pass) *ledger.Pass {
	out := a.ofVolume(d, p)
	chunk := a.layout.ChunkBlocks()
	end := min(p.Extent.End(), block.LBA(a.layout.MemberBlocks()))
	for at := p.Extent.Start; at < end; {
		n := a.inChunk(at, end)
		lba, role := a.layout.VolumeAt(uint8(d.Member()), at)
		piece := ledger.Piece{Extent: block.Extent{Start: lba, Blocks: n}, Offset: uint64(at - p.Units.Start)}
		switch {
		case role == raid.P || role == raid.Q:
			piece.Copy = ledger.OfP
			if role == raid.Q {
				piece.Copy = ledger.OfQ
			}
			for slot := uint64(0); slot < a.layout.StripeBlocks()/chunk; slot++ {
				out.Pieces = append(out.Pieces, piece)
				piece.Extent.Start += block.LBA(chunk)
			}
		case !a.layout.Serves(uint8(d.Member()), at):
			piece.Copy = ledger.OfMirror
			out.Pieces = append(out.Pieces, piece)
		}
		at += block.LBA(n)
	}
	return out
}
