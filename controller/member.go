package controller

import (
	"tbraid/disks"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// Member is a drive as the power supply sees it: before the drive loses power,
// what its volatile cache holds is put on record.
type Member struct {
	array *Array
	drive *disks.Drive
	down  bool
}

// Member is the power-supply side of a member.
func (a *Array) Member(n int) *Member { return &Member{array: a, drive: a.drives[n]} }

// PowerFail implements power.Powered.
func (m *Member) PowerFail(now sim.Time) {
	if m.down {
		return
	}
	m.down = true
	m.array.loseCached(m.drive)
	m.drive.PowerFail(now)
}

// PowerReturn implements power.Powered.
func (m *Member) PowerReturn(now sim.Time) {
	if !m.down {
		return
	}
	m.down = false
	m.drive.PowerReturn(now)
}

// loseCached records the data in a drive's volatile write cache as dropped, and
// the stripes that they belong to as half written.
func (a *Array) loseCached(d *disks.Drive) {
	for _, c := range d.Cached(nil) {
		c.Extent = c.Extent.Intersect(block.Extent{Blocks: a.layout.MemberBlocks()}) // the log is no part of the volume
		for at := c.Extent.Start; at < c.Extent.End(); {
			lba, role := a.layout.VolumeAt(uint8(d.Member()), at)
			n := min(uint64(c.Extent.End()-at), a.layout.ChunkBlocks()-uint64(at)%a.layout.ChunkBlocks())
			stripe := uint64(at) / a.layout.ChunkBlocks()
			a.ledger.Interrupt(a.layout.StripeExtent(stripe))
			if isData(role) {
				a.ledger.Drop([]block.Run{{Extent: block.Extent{Start: lba, Blocks: n}, Version: c.Tag.Version(a.slot(lba))}},
					ledger.MembersUnflushed)
			}
			at += block.LBA(n)
		}
	}
}

// slot is the place of volume block lba in its row of chunks.
func (a *Array) slot(lba block.LBA) uint8 {
	return uint8(uint64(lba) % a.layout.StripeBlocks() / a.layout.ChunkBlocks())
}

// interrupt records the stripes of which a write is under way.
func (a *Array) interrupt() {
	for _, j := range a.jobs {
		if j.active && j.kind == writeJob && j.stage == noted {
			a.ledger.Interrupt(a.layout.StripeExtent(j.stripe))
		}
	}
}

// abandon forgets all jobs: the controller has lost its power.
func (a *Array) abandon(now sim.Time) {
	for _, d := range a.drives {
		d.Abort(now)
	}
	a.free = a.free[:0]
	for i := len(a.jobs) - 1; i >= 0; i-- {
		a.jobs[i].active = false
		a.free = append(a.free, uint32(i))
	}
	a.waiting, a.held = a.waiting[:0], a.held[:0]
	a.busy, a.flushing = 0, false
	a.recovery.due, a.recovery.running = true, false
	for m := range a.logs {
		for i := range a.logs[m].slots {
			a.logs[m].slots[i].state = settled // what was only in memory: the log itself is on the members
		}
	}
}

// FailMember makes a member fail for good.
func (a *Array) FailMember(now sim.Time, n int) {
	a.loseCached(a.drives[n])
	a.drives[n].Fail(now)
	a.DropMember(n)
}

// DropMember takes a member out of the array, as a controller does when a member
// stops answering for a moment; its content is out of date from then on.
// If anything is written meanwhile, bringing it back would need a rebuild, which is
// not modelled.
func (a *Array) DropMember(n int) { a.absent |= 1 << n }

// Rejoin takes a member back that has missed no write.
func (a *Array) Rejoin(n int) {
	if !a.missed.Has(n) && !a.drives[n].Failed() {
		a.absent &^= 1 << n
	}
}

// orphan makes reads and flushes under way end without anyone being told.
func (a *Array) orphan() {
	for _, j := range a.jobs {
		if j.active && (j.kind == readJob || j.kind == flushJob) {
			j.orphan = true
		}
	}
}
