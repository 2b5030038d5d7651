package disks

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

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
	d.crowded = false
	if d.commands.held != 0 {
		d.release(now)
	}
	if d.flying < len(d.flights) && (d.commands.ready != 0 || d.cache.blocks > 0) {
		d.dispatch(now)
	}
}

// admit gives tags to the commands that wait. A Flush has the drive to itself,
// as FLUSH CACHE EXT has: it is no queued command, so the commands before it end
// first and those after it wait (ACS-3, NCQ feature set).
func (d *Drive) admit() {
	for d.waiting.len() > 0 && d.commands.free != 0 {
		if tag := d.commands.oldest(); tag != noTag &&
			(d.commands.pool[tag].io.Op == Flush || d.waiting.front().Op == Flush) {
			return
		}
		io := d.waiting.pop()
		tag := d.commands.take(io, d.starts)
		if io.Op == Write && d.cached(io) {
			d.commands.toCache |= 1 << tag
		}
	}
}

// cached tells whether a write is done when it is in the cache. One that is
// larger than the cache goes to the medium.
func (d *Drive) cached(io *IO) bool {
	return d.caching && (!io.FUA || d.spec.Protected) && io.Extent.Blocks <= d.cache.room
}

// release lets go of the commands that nothing holds any more, in the order in
// which they came. If one of them finds no room in the cache those behind it wait
// for room too, or it would starve.
func (d *Drive) release(now sim.Time) {
	rest := d.commands.held
	for tag := d.commands.oldest(); rest != 0; tag = d.commands.next[tag] {
		if !rest.has(tag) {
			continue
		}
		rest &^= 1 << tag
		if c := &d.commands.pool[tag]; c.behind == 0 {
			d.let(now, tag, c)
			if d.crowded {
				rest &^= d.commands.toCache
			}
		}
	}
}

// let sends a command on its way, if it is not the cache that holds it.
func (d *Drive) let(now sim.Time, tag uint8, c *command) {
	switch {
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
		d.crowded = true
	}
}

// ready lets a command wait for the medium.
func (d *Drive) ready(tag uint8) {
	d.commands.held &^= 1 << tag
	d.commands.ready |= 1 << tag
}

// transfer moves bytes over the interface.
func (d *Drive) transfer(now sim.Time, tag uint8, bytes uint64) {
	d.commands.held &^= 1 << tag
	d.commands.onLink |= 1 << tag
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
		tag := d.pick()
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

// pick is the command that goes to the medium next; noTag if none can. An
// elevator takes the lowest address at or beyond the head, or else the lowest:
// the one that is least far ahead of the head, counted round from the end.
func (d *Drive) pick() uint8 {
	best, least := noTag, block.LBA(0)
	head := d.mech.position()
	rest := d.commands.ready
	for tag := d.commands.oldest(); rest != 0; tag = d.commands.next[tag] {
		if !rest.has(tag) {
			continue
		}
		rest &^= 1 << tag
		c := &d.commands.pool[tag]
		if d.writing > 0 && d.commands.writes.has(tag) {
			if _, crosses := d.writingOver(c.extent); crosses {
				continue
			}
		}
		if !d.elevator || d.starts-c.starts >= overtakes {
			return tag
		}
		if far := c.extent.Start - head; best == noTag || far < least {
			best, least = tag, far
		}
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
		e := span(f.Cells)
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
			return true
		}
		at = under.End()
	}
	return false
}
