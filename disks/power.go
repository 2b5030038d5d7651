package disks

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// PowerFail takes the drive's power. A write to the medium stops where it is;
// the write cache is lost, or if it is protected written out. Commands that were
// not done end with Offline, by one event at the same instant: an owner that
// lost its own power calls Abort before, and is not told.
func (d *Drive) PowerFail(now sim.Time) {
	if !d.up {
		return
	}
	if d.spec.Protected {
		d.writeOut()
	}
	for i := range d.flights {
		if f := &d.flights[i]; f.busy && f.op == Write && d.tells(f) {
			d.cut(now, f)
		}
	}
	d.stop(now)
}

// PowerReturn brings the drive up; it takes commands at once and serves them
// when Spec.Ready has passed. A drive that has failed stays away.
func (d *Drive) PowerReturn(now sim.Time) {
	if d.failed || d.up {
		return
	}
	d.up = true
	d.readyAt = now.Add(d.spec.Ready)
	d.kernel.At(d.readyAt, d, spunUp, 0)
}

// Fail ends the life of the drive: commands that were not done, and all that
// come, end with Offline.
func (d *Drive) Fail(now sim.Time) {
	d.failed = true
	if d.up {
		d.stop(now)
	}
}

// Abort forgets every command that is not done: none of them gets its Done, and
// the owner owns them again. It is what a reset of the interface does, or the
// owner's loss of power. The drive keeps its cache and goes on writing it, and an
// access to the medium that has begun goes on to its end: what it writes is
// still reported by Stored.
func (d *Drive) Abort(now sim.Time) {
	onLink := d.commands.busy &^ d.commands.held &^ d.commands.loose &^ d.commands.ready
	for i := range d.flights {
		onLink &^= 1 << d.flights[i].tag
		d.flights[i].tag = noTag
	}
	for rest := d.commands.busy; rest != 0; rest &= rest - 1 {
		tag := rest.first()
		if (onLink & d.commands.writes).has(tag) {
			d.cache.reserved -= d.commands.pool[tag].extent.Blocks
		}
		d.commands.drop(tag)
	}
	for d.waiting.len() > 0 {
		d.waiting.pop()
	}
	for d.dropped.len() > 0 {
		d.dropped.pop()
	}
	d.advance(now)
}

// writeOut is what the capacitor is for.
func (d *Drive) writeOut() {
	d.spare = d.cache.append(d.spare[:0])
	d.medium.write(d.spare)
}

// stop loses everything that is not on the medium.
func (d *Drive) stop(now sim.Time) {
	d.up = false
	d.kernel.Cancel(d)
	for d.commands.busy != 0 {
		tag := d.commands.oldest(d.commands.busy)
		d.dropped.push(d.commands.pool[tag].io)
		d.commands.drop(tag)
	}
	for d.waiting.len() > 0 {
		d.dropped.push(d.waiting.pop())
	}
	for i := range d.flights {
		d.land(&d.flights[i])
	}
	d.cache.clear()
	d.mech.reset()
	d.link.Reset(now)
	if n := d.dropped.len(); n > 0 {
		d.kernel.At(now, d, dropDone, uint32(n))
	}
}

// cut is what a write to the medium leaves when the power goes at now. The
// units that the head has passed are new and those before it are old. The unit
// under the head is old if it is one block, because the sector is finished or
// not begun; a larger one is torn, all of it: also those of its blocks that the
// write only carried along.
func (d *Drive) cut(now sim.Time, f *flight) {
	passed, torn := progress(now, f.Begin, f.End, f.Units.Blocks/uint64(d.unit))
	head := f.Units.Start + block.LBA(passed)*d.unit
	for _, c := range f.Cells {
		if e := c.Extent.Intersect(block.Between(f.Extent.Start, head)); !e.Empty() {
			d.medium.set(e, c.Tag)
		}
	}
	if !torn || d.unit == 1 || d.spec.Protected {
		return
	}
	for a := head; a < head+d.unit; a++ {
		d.torn++
		salt := uint32(d.member)<<24 ^ d.torn
		d.medium.set(block.Extent{Start: a, Blocks: 1}, block.TornTag(salt))
	}
}

// progress is how many of the units have passed at now, and whether the head is
// within one: at the instant at which it leaves a unit it has come to the next.
func progress(now, begin, end sim.Time, units uint64) (passed uint64, within bool) {
	switch {
	case now <= begin:
		return 0, false
	case now >= end:
		return units, false
	}
	part, whole := uint64(now-begin), uint64(end-begin)
	return part * units / whole, true
}
