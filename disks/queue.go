package disks

import "tbraid/sim"

// patience is how many commands may go to the medium before the cache gets one
// access; guess: one in nine keeps a stream of reads near its rate and the cache
// from growing old. If a write waits for room, they take turns.
const patience = 8

// overtakes is how many accesses may pass the oldest command of an elevator
// before it is served; guess: four full queues, beyond what one sweep needs.
const overtakes = 4 * maxDepth

// lives is how many lives of a tag an event's Ref can tell apart.
const lives = 1 << 32 / maxDepth

// advance starts everything that can start. It calls no one back but for Began.
func (d *Drive) advance(now sim.Time) {
	if !d.up || now < d.readyAt {
		return
	}
	if d.waiting.len() > 0 {
		d.admit()
	}
	if !d.stuck() {
		d.crowded = false
		d.release(now)
	}
	if d.flying < len(d.flights) && (d.commands.ready != 0 || d.cache.blocks > 0) {
		d.dispatch(now)
	}
}

// admit gives tags to the commands that wait.
func (d *Drive) admit() {
	for d.waiting.len() > 0 && d.commands.admits(d.waiting.front()) {
		d.take(d.waiting.pop())
	}
}

// take gives a tag to a command.
func (d *Drive) take(io *IO) {
	tag := d.commands.take(io, d.starts)
	if io.Op == Write && d.cached(io) {
		d.commands.toCache |= only(tag)
	}
}

// cached tells whether a write is done when it is in the cache. One that is
// larger than the cache goes to the medium.
func (d *Drive) cached(io *IO) bool {
	return d.caching && (!io.FUA || d.spec.Protected) && io.Extent.Blocks <= d.cache.room
}

// stuck tells whether nothing can be let go: all that is loose waits for room in the
// cache, and there is still none for the write that came first.
func (d *Drive) stuck() bool {
	c := &d.commands
	return d.crowded && c.loose&^c.toCache == 0 && c.loose.has(c.waits) && !d.cache.has(c.pool[c.waits].extent.Blocks)
}

// release lets go of the commands that nothing holds any more, in the order in
// which they came. If one of them finds no room in the cache those behind it wait
// for room too, or it would starve.
func (d *Drive) release(now sim.Time) {
	for rest := d.commands.loose; rest != 0; {
		tag := d.commands.oldest(rest)
		rest &^= only(tag)
		d.let(now, tag)
		if d.crowded {
			rest &^= d.commands.toCache
		}
	}
}

// let sends a command on its way, if it is not the cache that holds it.
func (d *Drive) let(now sim.Time, tag uint8) {
	switch c := &d.commands.pool[tag]; {
	case c.io.Op == Flush:
		if d.cache.blocks == 0 || d.spec.Protected {
			d.transfer(now, tag, 0)
		}
	case c.io.Op == Read:
		held := d.cache.count(c.extent)
		c.cached = held > 0
		if held == c.extent.Blocks || d.mech.buffered(now, c.extent) {
			d.transfer(now, tag, c.extent.Bytes())
		} else {
			d.ready(tag)
		}
	case !d.commands.toCache.has(tag):
		d.ready(tag)
	case d.cache.has(c.extent.Blocks):
		d.cache.reserved += c.extent.Blocks
		d.transfer(now, tag, c.extent.Bytes())
	default:
		d.crowded, d.commands.waits = true, tag
	}
}

// ready lets a command wait for the medium.
func (d *Drive) ready(tag uint8) {
	d.commands.loose &^= only(tag)
	d.commands.ready |= only(tag)
}

// transfer moves bytes over the interface.
func (d *Drive) transfer(now sim.Time, tag uint8, bytes uint64) {
	d.commands.loose &^= only(tag)
	end := d.link.Reserve(now, d.transfers.time(bytes))
	d.kernel.At(end.Add(d.spec.Overhead), d, linkDone, d.commands.pool[tag].life%lives*maxDepth+uint32(tag))
}

// dispatch keeps the medium busy: commands first, the cache when there is none,
// or when it is due.
func (d *Drive) dispatch(now sim.Time) {
	for lane := range d.flights {
		f := &d.flights[lane]
		if f.busy {
			continue
		}
		tag := noTag
		if d.commands.ready != 0 {
			tag = d.pick()
		}
		if tag == noTag || d.since >= patience || d.crowded && d.since > 0 {
			if d.destageable(f) {
				d.destage(now, f)
				continue
			}
		}
		if tag == noTag {
			return
		}
		d.start(now, f, tag)
	}
}

// pick is the command that goes to the medium next; noTag if none can.
func (d *Drive) pick() uint8 {
	if d.elevator {
		return d.nearest(d.commands.ready) // one arm: no write is under way
	}
	for can := d.commands.ready; can != 0; {
		tag := d.commands.oldest(can)
		if d.writing == 0 || !d.commands.writes.has(tag) {
			return tag
		}
		if _, crosses := d.writingOver(d.commands.pool[tag].extent); !crosses {
			return tag
		}
		can &^= only(tag)
	}
	return noTag
}

// nearest is what an elevator takes of some commands: the lowest address at or
// beyond the head, or else the lowest. It is the one that is least far ahead of
// the head, counted round from the end; of several the oldest. One that too many
// have overtaken comes before all.
func (d *Drive) nearest(set tagSet) uint8 {
	best := set.first()
	if set&(set-1) == 0 {
		return best
	}
	head := d.mech.position()
	oldest, least := best, d.commands.pool[best].extent.Start-head
	for rest := set & (set - 1); rest != 0; rest &= rest - 1 {
		tag := rest.first() % maxDepth
		number := d.commands.number[tag]
		if number < d.commands.number[oldest%maxDepth] {
			oldest = tag
		}
		far := d.commands.pool[tag].extent.Start - head
		if far < least || far == least && number < d.commands.number[best] {
			best, least = tag, far
		}
	}
	if d.starts-d.commands.pool[oldest].starts >= overtakes {
		return oldest
	}
	return best
}

// destageable gives a flight what goes from the cache to the medium next,
// upwards from where the last access ended, and reports whether there is any. It
// leaves out what is being written.
func (d *Drive) destageable(f *flight) bool {
	if d.cache.blocks == 0 {
		return false
	}
	at := d.mech.position()
	for range 2*len(d.flights) + 2 {
		f.Cells = d.cache.dirty(f.Cells[:0], at, d.cache.end)
		f.Extent = span(f.Cells)
		e := f.Extent
		if e.Empty() {
			if at == 0 {
				break
			}
			at = 0
			continue
		}
		under, crosses := d.writingOver(e)
		if !crosses {
			return true
		}
		if under.Start > e.Start {
			f.Cells = d.cache.dirty(f.Cells[:0], e.Start, under.Start)
			f.Extent = span(f.Cells)
			return true
		}
		at = under.End()
	}
	return false
}
