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

// advance starts everything that can start. It calls no one back.
func (d *Drive) advance(now sim.Time) {
	if !d.up || now < d.readyAt {
		return
	}
	d.admit()
	d.release(now)
	d.dispatch(now)
}

// admit gives tags to the commands that wait. A Flush has the drive to itself,
// as FLUSH CACHE EXT has: it is no queued command, so the commands before it end
// first and those after it wait (ACS-3, NCQ feature set).
func (d *Drive) admit() {
	for d.waiting.len() > 0 && len(d.free) > 0 {
		if n := len(d.active); n > 0 && (d.active[0].io.Op == Flush || d.waiting.front().Op == Flush) {
			return
		}
		c := d.free[len(d.free)-1]
		d.free = d.free[:len(d.free)-1]
		c.io = d.waiting.pop()
		c.extent, c.state, c.starts = c.io.Extent, held, d.starts
		d.active = append(d.active, c)
	}
}

// release lets go of the commands that nothing holds any more.
func (d *Drive) release(now sim.Time) {
	d.crowded = false
	for i, c := range d.active {
		if c.state != held || d.behind(i) {
			continue
		}
		switch {
		case c.io.Op == Flush:
			if d.cache.blocks == 0 || d.spec.Protected {
				d.transfer(now, c, 0)
			}
		case c.io.Op == Read:
			if d.cache.count(c.extent) == c.extent.Blocks || d.mech.buffered(now, c.extent) {
				d.transfer(now, c, c.extent.Bytes())
			} else {
				c.state = ready
			}
		case !d.cached(c.io):
			c.state = ready
		case d.crowded || !d.cache.has(c.extent.Blocks):
			d.crowded = true // those behind it wait too, or it would starve
		default:
			d.cache.reserved += c.extent.Blocks
			d.transfer(now, c, c.extent.Bytes())
		}
	}
}

// behind tells whether the command must wait for an earlier one: they share a
// block, and one of them writes it.
func (d *Drive) behind(i int) bool {
	c := d.active[i]
	for _, o := range d.active[:i] {
		if (c.io.Op == Write || o.io.Op == Write) && c.extent.Overlaps(o.extent) {
			return true
		}
	}
	return false
}

// cached tells whether a write is done when it is in the cache. One that is
// larger than the cache goes to the medium.
func (d *Drive) cached(io *IO) bool {
	return d.caching && (!io.FUA || d.spec.Protected) && io.Extent.Blocks <= d.cache.room
}

// transfer moves bytes over the interface.
func (d *Drive) transfer(now sim.Time, c *command, bytes uint64) {
	c.state = onLink
	end := d.link.Reserve(now, transfer(bytes, d.spec.InterfaceRate))
	d.kernel.At(end.Add(d.spec.Overhead), d, linkDone, c.life%lives*maxDepth+uint32(c.index))
}

// dispatch keeps the medium busy: commands first, the cache when there is none,
// or when it is due.
func (d *Drive) dispatch(now sim.Time) {
	for lane := range d.flights {
		f := &d.flights[lane]
		if f.busy {
			continue
		}
		c := d.pick()
		if c == nil || d.since >= patience || d.crowded && d.since > 0 {
			if e := d.destageable(); !e.Empty() {
				d.destage(now, f, e)
				d.kernel.At(f.end, d, mediumDone, uint32(lane))
				continue
			}
		}
		if c == nil {
			return
		}
		d.start(now, f, c)
		d.kernel.At(f.end, d, mediumDone, uint32(lane))
	}
}

// pick is the command that goes to the medium next; nil if none can.
func (d *Drive) pick() *command {
	var ahead, lowest *command
	head := d.mech.position()
	for _, c := range d.active {
		if c.state != ready {
			continue
		}
		if _, crosses := d.writingOver(c.extent); crosses && c.io.Op == Write {
			continue
		}
		if d.spec.Order == FCFS || d.spec.Kind == SSD || d.starts-c.starts >= overtakes {
			return c
		}
		if c.extent.Start >= head && (ahead == nil || c.extent.Start < ahead.extent.Start) {
			ahead = c
		}
		if lowest == nil || c.extent.Start < lowest.extent.Start {
			lowest = c
		}
	}
	if ahead != nil {
		return ahead
	}
	return lowest
}

// destageable is the extent that goes from the cache to the medium next,
// upwards from where the last access ended. It leaves out what is being written.
func (d *Drive) destageable() block.Extent {
	at := d.mech.position()
	for range 2*len(d.flights) + 2 {
		e := d.cache.dirty(at)
		if e.Empty() {
			if at == 0 {
				break
			}
			at = 0
			continue
		}
		under, crosses := d.writingOver(e)
		if !crosses {
			return e
		}
		if under.Start > e.Start {
			return block.Between(e.Start, under.Start)
		}
		at = under.End()
	}
	return block.Extent{}
}

// writingOver is the lowest extent that is being written to the medium and that
// shares a unit with e: a drive reads, changes and writes whole units, so it
// does not work on one for two writes at once.
func (d *Drive) writingOver(e block.Extent) (lowest block.Extent, crosses bool) {
	e = d.units(e)
	for i := range d.flights {
		f := &d.flights[i]
		if !f.busy || f.op != Write {
			continue
		}
		if u := d.units(f.extent); u.Overlaps(e) && (!crosses || u.Start < lowest.Start) {
			lowest, crosses = u, true
		}
	}
	return lowest, crosses
}

// start sends a command to the medium.
func (d *Drive) start(now sim.Time, f *flight, c *command) {
	c.state = onMedium
	d.since++
	d.starts++
	f.command, f.destage, f.cells = c, false, f.cells[:0]
	if c.io.Op == Write {
		f.cells = append(f.cells, c.io.Cells...)
	}
	d.fly(max(now, c.io.queued.Add(d.spec.Overhead)), f, c.io.Op, c.extent)
}

// destage sends what the cache holds of e to the medium.
func (d *Drive) destage(now sim.Time, f *flight, e block.Extent) {
	d.since = 0
	f.command, f.destage = nil, true
	f.cells = d.cache.over(f.cells[:0], e, &d.medium)
	d.fly(now, f, Write, e)
}

func (d *Drive) fly(now sim.Time, f *flight, op Op, e block.Extent) {
	f.busy, f.op, f.extent, f.number, f.start = true, op, e, d.cache.number, now
	f.begin, f.end = d.mech.access(now, op, e)
	if op == Write {
		d.stats.MediumWrites++
		if !f.destage || !d.spec.Protected {
			d.owner.Began(d.kernel.Now(), d, d.whole(*f)) // now can be later: the way to the medium has begun
		}
	} else {
		d.stats.MediumReads++
	}
}

// fifo is a queue of commands in a ring that grows to what it once held.
type fifo struct {
	ring []*IO
	head int
	size int
}

func (f *fifo) len() int { return f.size }

func (f *fifo) front() *IO { return f.ring[f.head] }

func (f *fifo) push(io *IO) {
	if f.size == len(f.ring) {
		ring := make([]*IO, max(maxDepth, 2*f.size))
		n := copy(ring, f.ring[f.head:])
		copy(ring[n:], f.ring[:f.head])
		f.ring, f.head = ring, 0
	}
	f.ring[(f.head+f.size)%len(f.ring)] = io
	f.size++
}

func (f *fifo) pop() *IO {
	io := f.ring[f.head]
	f.ring[f.head] = nil
	f.head = (f.head + 1) % len(f.ring)
	f.size--
	return io
}
