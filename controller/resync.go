package controller

import (
	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
)

// recovery is the repair of stripes after a loss of power, one after the other,
// before the unit is ready. If it is cut short the next one does it all again:
// what is on record stays there until a stripe is repaired.
type recovery struct {
	due     bool // power was lost since the last recovery
	running bool
	stripe  uint64      // bitmap: where the search goes on
	entries []*logEntry // log: what is to be replayed
	next    int         // of entries
	whole   [1]raid.Span
}

// Recover repairs the stripes that were being written when power was lost, if the
// firmware keeps a record of them, and calls the owner's Recovered; at once if
// there is nothing to do.
func (a *Array) Recover(now sim.Time) {
	r := &a.recovery
	if r.running {
		return // a crash of the firmware lets it go on
	}
	if !r.due || a.hole == firmware.HoleOpen || a.Lost() {
		a.owner.Recovered(now)
		return
	}
	*r = recovery{due: true, running: true, entries: r.entries[:0]}
	if a.hole == firmware.HolePPL {
		a.plan(now, a.take(scanJob, 0))
		return
	}
	a.repair(now)
}

// repair begins the repair of the next stripe, or ends the recovery.
func (a *Array) repair(now sim.Time) {
	for r := &a.recovery; ; {
		j := a.take(repairJob, 0)
		j.forced = a.caches // or a second cut would take it, and nothing would be on record
		found := r.pick(a, j)
		if found {
			if j.steps = a.layout.PlanRepair(j.steps[:0], j.stripe, j.spans, a.absent); len(j.steps) > 0 {
				a.plan(now, j)
				return
			}
			a.doubt(j.stripe)
		}
		j.active = false
		a.busy--
		a.free = append(a.free, j.slot)
		if !found {
			break
		}
	}
	a.recovery.due, a.recovery.running = false, false
	a.owner.Recovered(now)
}

// pick gives a job the next stripe that is on record.
func (r *recovery) pick(a *Array, j *job) bool {
	if a.hole == firmware.HoleBitmap {
		stripe, ok := a.marks.next(r.stripe)
		if !ok {
			return false
		}
		r.stripe = stripe + 1
		r.whole[0] = a.layout.Whole(stripe)
		j.stripe, j.spans, j.entry = stripe, r.whole[:], nil
		return true
	}
	if r.next == len(r.entries) {
		return false
	}
	e := r.entries[r.next]
	r.next++
	j.stripe, j.spans, j.entry = e.stripe, e.spans, e
	return true
}

// planScan reads the logs of all members that are there.
func (a *Array) planScan(steps []raid.Step, absent raid.Absent) []raid.Step {
	for m := range a.logs {
		if absent.Has(m) {
			continue
		}
		steps = append(steps, raid.Step{Op: raid.Read, Member: uint8(m), Extent: a.logs[m].extent()})
	}
	return steps
}

// scanned takes what the logs hold: of each, the newest whole entry says which
// others count. A torn one had not let its write begin.
func (a *Array) scanned(steps []raid.Step) {
	for i := range steps {
		p := &a.logs[steps[i].Member]
		newest := -1
		var whole uint64
		for n := range p.slots {
			e := &p.slots[n]
			if e.state = settled; e.number == 0 || !holds(steps[i].Cells, e.content(nil, p.at(n))) {
				continue
			}
			whole |= 1 << n
			if newest < 0 || e.number > p.slots[newest].number {
				newest = n
			}
		}
		if newest < 0 {
			continue
		}
		p.next = (newest + 1) % len(p.slots)
		for n := range p.slots {
			if whole&p.slots[newest].live>>n&1 != 0 {
				a.recovery.entries = append(a.recovery.entries, &p.slots[n])
			}
		}
	}
}

// holds tells whether cells, which are in order, hold all that want says.
func holds(cells, want []block.Cell) bool {
	for _, w := range want {
		for _, c := range cells {
			part := c.Extent.Intersect(w.Extent)
			if !part.Empty() && c.Tag != w.Tag {
				return false
			}
		}
	}
	return true
}

// repaired goes on with the recovery after one of its jobs has ended.
func (a *Array) repaired(now sim.Time, j *job, ok bool) {
	switch {
	case j.kind == scanJob:
		a.scanned(j.steps)
	case !ok:
		a.doubt(j.stripe)
	case a.hole == firmware.HoleBitmap:
		a.marks.repaired(j.stripe)
	}
	a.repair(now)
}

// doubt keeps a stripe on record that cannot be repaired: a member is missing.
// A log has nothing to keep: what it can say is on the members.
func (a *Array) doubt(stripe uint64) {
	if a.hole == firmware.HoleBitmap {
		a.marks.doubt(stripe)
	}
}

// countRepair adds a command of a recovery to the counts.
func (c *Counts) countRepair(io *disks.IO) {
	if io.Op == disks.Read {
		c.ResyncReads += io.Extent.Blocks
	} else {
		c.ResyncWrites += io.Extent.Blocks
	}
}
