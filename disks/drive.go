package disks

import (
	"fmt"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Drive is one member.
type Drive struct {
	*Model
	kernel *sim.Kernel
	owner  Owner
	member int
	// caching: writes are done when they are in the cache.
	caching bool
	up      bool
	failed  bool
	readyAt sim.Time

	waiting  fifo // beyond the queue depth; bounded by what the owner submits
	dropped  fifo // that end with Offline
	commands commands
	flights  []flight // one for each access to the medium that can be under way
	flying   int      // of these, the ones that are
	writing  int      // of these, the writes
	since    int      // accesses for commands since the last one for the cache
	crowded  bool     // a write waits for room in the cache
	starts   uint64   // accesses for commands

	link   sim.Station
	mech   mechanism
	cache  writeCache
	medium medium
	stats  Stats

	torn  uint32 // blocks so far
	spare []block.Cell
	taken Pass // what a protected cache takes, as the owner is told
}

// Stats counts since the drive was made.
type Stats struct {
	Reads, Writes, Flushes    uint64        // commands that were done
	BlocksRead, BlocksWritten uint64        // by those commands
	MediumReads, MediumWrites uint64        // accesses to the medium
	Destaged                  uint64        // blocks that went from the cache to the medium
	Busy                      time.Duration // seeking, waiting and transferring, over all channels
}

// The events.
const (
	linkDone   uint8 = iota // Ref: tag and life
	mediumDone              // Ref: flight
	dropDone                // Ref: how many
	spunUp
)

// Member is the number that NewDrive was given.
func (d *Drive) Member() int { return d.member }

// Blocks is the capacity.
func (d *Drive) Blocks() uint64 { return d.blocks }

// CachedBlocks is the number of blocks that the drive has acknowledged and not
// yet written to the medium.
func (d *Drive) CachedBlocks() uint64 { return d.cache.blocks }

// Failed tells whether the drive has failed for good.
func (d *Drive) Failed() bool { return d.failed }

// Stats is what the drive has done.
func (d *Drive) Stats() Stats { return d.stats }

// Busy is how long the drive has sought, waited for the platter and transferred so
// far, accesses under way included, as a mean over its channels.
func (d *Drive) Busy(now sim.Time) time.Duration {
	busy := d.stats.Busy
	for i := range d.flights {
		if f := &d.flights[i]; f.busy {
			busy += max(0, now.Sub(f.start))
		}
	}
	return busy / time.Duration(len(d.flights))
}

// Lanes is how many accesses to the medium can be under way at once, with one
// more for what a protected cache takes.
func (d *Drive) Lanes() int { return len(d.flights) + 1 }

// TearBlocks is the unit that a write to the medium leaves old or new, or torn.
func (d *Drive) TearBlocks() uint64 { return uint64(d.unit) }

// Submit hands a command to the drive; Done follows from a later event, never
// from within Submit. It panics if the extent is empty or beyond the drive, or
// if the content of a write does not cover it: the owner has checked both.
func (d *Drive) Submit(now sim.Time, io *IO) {
	if io.Op != Flush && (io.Extent.Empty() || uint64(io.Extent.End()) > d.blocks || io.Extent.End() < io.Extent.Start) {
		panic(fmt.Sprintf("disks: extent %v beyond member %d of %d blocks", io.Extent, d.member, d.blocks))
	}
	if io.Op == Write {
		at := io.Extent.Start
		for i := range io.Cells {
			e := io.Cells[i].Extent
			if e.Start != at {
				break
			}
			at = e.End()
		}
		if at != io.Extent.End() {
			panic(fmt.Sprintf("disks: content of %v ends at %d", io.Extent, at))
		}
	}
	io.Fault, io.queued = None, now
	if !d.up {
		d.dropped.push(io)
		d.kernel.At(now.Add(d.spec.Overhead), d, dropDone, 1)
		return
	}
	if d.waiting.len() == 0 && d.commands.admits(io) {
		d.take(io)
	} else {
		d.waiting.push(io)
	}
	d.advance(now)
}

// Fire is the end of a transfer or of an access to the medium.
func (d *Drive) Fire(e sim.Event) {
	switch e.Kind {
	case linkDone:
		d.transferred(e.At, e.Ref)
	case mediumDone:
		d.accessed(e.At, &d.flights[e.Ref])
	case dropDone:
		for range min(int(e.Ref), d.dropped.len()) { // Abort may have come first
			d.done(e.At, d.dropped.pop(), Offline)
		}
	}
	d.advance(e.At)
}

// transferred ends a command that needed no access to the medium.
func (d *Drive) transferred(now sim.Time, ref uint32) {
	tag := uint8(ref % maxDepth)
	c := &d.commands.pool[tag]
	io := c.io
	if io == nil || c.life%lives != ref/maxDepth {
		return // Abort came first
	}
	d.commands.retire(tag)
	switch io.Op {
	case Write:
		d.cache.reserved -= io.Extent.Blocks
		d.cache.put(io.Cells)
		if d.spec.Protected {
			p := &d.taken
			p.Extent, p.Units, p.Cells, p.Begin, p.End = io.Extent, d.units(io.Extent), io.Cells, now, now
			d.owner.Began(now, d, p)
			d.owner.Stored(now, d, p)
		}
		d.done(now, io, None)
	case Read:
		d.done(now, io, d.fill(io, c.cached))
	default:
		d.done(now, io, None)
	}
}

// accessed ends an access to the medium.
func (d *Drive) accessed(now sim.Time, f *flight) {
	d.stats.Busy += now.Sub(f.start)
	var io *IO
	var cached bool
	if f.tag != noTag {
		c := &d.commands.pool[f.tag]
		io, cached = c.io, c.cached
		d.commands.retire(f.tag)
	}
	if f.op == Write {
		d.stored(now, f)
	}
	d.land(f)
	if io == nil {
		return
	}
	fault := None
	if io.Op == Read {
		fault = d.fill(io, cached)
	}
	d.done(now, io, fault)
}

// stored puts what a flight carried onto the medium.
func (d *Drive) stored(now sim.Time, f *flight) {
	d.medium.write(f.Cells)
	d.cache.drop(f.Extent, f.number)
	if f.destage {
		d.stats.Destaged += f.Extent.Blocks
	}
	if d.tells(f) {
		d.owner.Stored(now, d, &f.Pass)
	}
}

// fill gives a read its content, which may be in the write cache if cached says so.
func (d *Drive) fill(io *IO, cached bool) Fault {
	if !cached {
		if d.medium.damaged(io.Extent) {
			return MediumError
		}
		io.Cells = d.medium.read(io.Cells, io.Extent)
		return None
	}
	if !d.cache.reads(io.Extent, &d.medium) {
		return MediumError
	}
	io.Cells = d.cache.over(io.Cells, io.Extent, &d.medium)
	return None
}

func (d *Drive) done(now sim.Time, io *IO, fault Fault) {
	io.Fault = fault
	if fault == None {
		switch io.Op {
		case Read:
			d.stats.Reads++
			d.stats.BlocksRead += io.Extent.Blocks
		case Write:
			d.stats.Writes++
			d.stats.BlocksWritten += io.Extent.Blocks
		default:
			d.stats.Flushes++
		}
	}
	d.owner.Done(now, d, io)
}
