package disks

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// flight is one access to the medium. It has its own copy of the content, so
// that it can end, or be cut, when its owner is gone.
type flight struct {
	Pass    // as the owner is told, if it is a write
	op      Op
	busy    bool
	destage bool
	tag     uint8  // noTag: for the cache, or for an owner that is gone
	number  uint64 // of the newest cached write when it began
	start   sim.Time
}

// newFlights makes the accesses that a drive can have under way.
func newFlights(s Spec) []flight {
	lanes := 1
	if s.Kind == SSD {
		lanes = s.Channels
	}
	flights := make([]flight, lanes)
	for i := range flights {
		flights[i].Pass = Pass{Lane: i, Tears: s.Tear > block.Size && !s.Protected}
		flights[i].tag = noTag
	}
	return flights
}

// start sends a command to the medium.
func (d *Drive) start(now sim.Time, f *flight, tag uint8) {
	c := &d.commands.pool[tag]
	d.commands.ready &^= only(tag)
	d.since++
	d.starts++
	f.tag, f.destage, f.Extent, f.Cells = tag, false, c.extent, f.Cells[:0]
	if c.io.Op == Write {
		f.Cells = append(f.Cells, c.io.Cells...)
	}
	d.fly(max(now, c.io.queued.Add(d.spec.Overhead)), f, c.io.Op)
}

// destage sends what the flight has been given of the cache to the medium.
func (d *Drive) destage(now sim.Time, f *flight) {
	d.since = 0
	f.tag, f.destage = noTag, true
	d.fly(now, f, Write)
}

// fly begins an access, whose end is an event.
func (d *Drive) fly(now sim.Time, f *flight, op Op) {
	f.busy, f.op, f.number, f.start = true, op, d.cache.number, now
	f.Begin, f.End = d.mech.access(now, op, f.Extent)
	d.flying++
	if op == Write {
		d.writing++
		d.stats.MediumWrites++
		f.Units = d.units(f.Extent)
		if d.tells(f) {
			d.owner.Began(d.kernel.Now(), d, &f.Pass) // now can be later: the way to the medium has begun
		}
	} else {
		d.stats.MediumReads++
	}
	d.kernel.At(f.End, d, mediumDone, uint32(f.Lane))
}

// land ends an access, or takes it back.
func (d *Drive) land(f *flight) {
	if !f.busy {
		return
	}
	f.busy, f.tag = false, noTag
	d.flying--
	if f.op == Write {
		d.writing--
	}
}

// tells whether the owner is told of a write to the medium. What a protected
// cache writes has come to the medium, for the owner, when the cache took it.
func (d *Drive) tells(f *flight) bool { return !f.destage || !d.spec.Protected }

// writingOver is the lowest extent that is being written to the medium and that
// shares a unit with e: a drive reads, changes and writes whole units, so it
// does not work on one for two writes at once.
func (d *Drive) writingOver(e block.Extent) (lowest block.Extent, crosses bool) {
	if d.writing == 0 {
		return lowest, false
	}
	e = d.units(e)
	for i := range d.flights {
		f := &d.flights[i]
		if f.busy && f.op == Write && f.Units.Overlaps(e) && (!crosses || f.Units.Start < lowest.Start) {
			lowest, crosses = f.Units, true
		}
	}
	return lowest, crosses
}

// units is e in whole units of Spec.Tear.
func (d *Drive) units(e block.Extent) block.Extent {
	return block.Between(e.Start&^(d.unit-1), (e.End()+d.unit-1)&^(d.unit-1))
}

// Underway tells the owner of the writes to the medium that are under way, as if
// they began now.
func (d *Drive) Underway(now sim.Time) {
	for i := range d.flights {
		if f := &d.flights[i]; f.busy && f.op == Write && d.tells(f) {
			d.owner.Began(now, d, &f.Pass)
		}
	}
}

// span is the extent that cells in order without gaps cover; empty if there are none.
func span(cells []block.Cell) block.Extent {
	if len(cells) == 0 {
		return block.Extent{}
	}
	return block.Between(cells[0].Extent.Start, cells[len(cells)-1].Extent.End())
}
