package disks

import (
	"fmt"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Drive is one member.
type Drive struct {
	kernel *sim.Kernel
	owner  Owner
	spec   Spec
	member int
	blocks uint64
	// caching: writes are done when they are in the cache.
	caching bool
	up      bool
	failed  bool
	readyAt sim.Time

	waiting fifo // beyond the queue depth; bounded by what the owner submits
	dropped fifo // that end with Offline
	active  []*command
	free    []*command
	pool    [maxDepth]command
	flights []flight // one for each access to the medium that can be under way
	since   int      // accesses for commands since the last one for the cache
	crowded bool     // a write waits for room in the cache
	starts  uint64   // accesses for commands

	link   sim.Station
	mech   mechanism
	cache  writeCache
	medium medium
	stats  Stats

	torn  uint32 // blocks so far
	spare []block.Cell
	pass  Pass // for the owner
}

// Stats counts since the drive was made.
type Stats struct {
	Reads, Writes, Flushes    uint64        // commands that were done
	BlocksRead, BlocksWritten uint64        // by those commands
	MediumReads, MediumWrites uint64        // accesses to the medium
	Destaged                  uint64        // blocks that went from the cache to the medium
	Busy                      time.Duration // seeking, waiting and transferring, over all channels
}

// command is an IO that holds one of the drive's tags.
type command struct {
	io     *IO
	extent block.Extent
	state  state
	index  uint8
	life   uint32 // of the tag: an event of an earlier life is void
	starts uint64 // accesses begun when it came
}

type state uint8

const (
	held     state = iota // by an earlier command, by want of room, or a Flush by the cache
	ready                 // for the medium
	onLink                // its event is the end of the transfer
	onMedium              // its event is the end of the access
)

// flight is one access to the medium. It has its own copy of the content, so
// that it can end, or be cut, when its owner is gone.
type flight struct {
	busy       bool
	op         Op
	command    *command // nil: for the cache, or for an owner that is gone
	destage    bool
	extent     block.Extent
	cells      []block.Cell
	number     uint64 // of the newest cached write when it began
	start      sim.Time
	begin, end sim.Time // of the transfer
	lane       int
}

// The events.
const (
	linkDone   uint8 = iota // Ref: tag and life
	mediumDone              // Ref: flight
	dropDone                // Ref: how many
	spunUp
)

// New makes a drive, powered and ready. With writeCache a write is done when it
// is in the drive's cache; a Spec without cache cannot have that. The error is
// Validate's.
func New(k *sim.Kernel, spec Spec, member int, writeCache bool, owner Owner) (*Drive, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	if writeCache && spec.Cache < block.Size {
		return nil, fmt.Errorf("%w: the write cache is on, and cache is %d", ErrSpec, spec.Cache)
	}
	d := &Drive{
		kernel: k, owner: owner, spec: spec, member: member,
		blocks: spec.Capacity / block.Size, caching: writeCache, up: true,
		active: make([]*command, 0, maxDepth),
		free:   make([]*command, 0, maxDepth),
		cache:  newWriteCache(spec.Cache, spec.Capacity/block.Size),
		medium: newMedium(spec.Capacity / block.Size),
	}
	for i := range spec.QueueDepth {
		d.pool[i].index = uint8(i)
		d.free = append(d.free, &d.pool[i])
	}
	if spec.Kind == SSD {
		d.mech, d.flights = newSSD(spec), make([]flight, spec.Channels)
	} else {
		phase := k.Stream(fmt.Sprintf("disk %d phase", member)).Uint64()
		d.mech, d.flights = newHDD(spec, phase), make([]flight, 1)
	}
	for i := range d.flights {
		d.flights[i].lane = i
	}
	return d, nil
}

// Member is the number that New was given.
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
func (d *Drive) TearBlocks() uint64 { return d.spec.Tear / block.Size }

// Submit hands a command to the drive; Done follows from a later event, never
// from within Submit. It panics if the extent is empty or beyond the drive, or
// if the content of a write does not cover it: the owner has checked both.
func (d *Drive) Submit(now sim.Time, io *IO) {
	if io.Op != Flush && (io.Extent.Empty() || uint64(io.Extent.End()) > d.blocks || io.Extent.End() < io.Extent.Start) {
		panic(fmt.Sprintf("disks: extent %v beyond member %d of %d blocks", io.Extent, d.member, d.blocks))
	}
	if io.Op == Write {
		at := io.Extent.Start
		for _, c := range io.Cells {
			if c.Extent.Start != at {
				break
			}
			at = c.Extent.End()
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
	d.waiting.push(io)
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
	c := &d.pool[ref%maxDepth]
	if c.io == nil || c.life%lives != ref/maxDepth {
		return // Abort came first
	}
	io := c.io
	d.retire(c)
	switch io.Op {
	case Write:
		d.cache.reserved -= io.Extent.Blocks
		d.cache.put(io.Cells)
		if d.spec.Protected {
			p := d.whole(flight{extent: io.Extent, cells: io.Cells, begin: now, end: now, lane: len(d.flights)})
			d.owner.Began(now, d, p)
			d.owner.Stored(now, d, p)
		}
		d.done(now, io, None)
	case Read:
		d.done(now, io, d.fill(io))
	default:
		d.done(now, io, None)
	}
}

// accessed ends an access to the medium.
func (d *Drive) accessed(now sim.Time, f *flight) {
	f.busy = false
	d.stats.Busy += now.Sub(f.start)
	c := f.command
	f.command = nil
	var io *IO
	fault := None
	if c != nil {
		io = c.io
		d.retire(c)
	}
	if f.op == Write {
		d.medium.write(f.cells)
		d.cache.drop(f.extent, f.number)
		if f.destage {
			d.stats.Destaged += f.extent.Blocks
		}
		if !f.destage || !d.spec.Protected {
			d.owner.Stored(now, d, d.whole(*f))
		}
	} else if io != nil {
		fault = d.fill(io)
	}
	if io != nil {
		d.done(now, io, fault)
	}
}

// whole is a write to the medium as the owner is told of it.
func (d *Drive) whole(f flight) *Pass {
	d.pass = Pass{Lane: f.lane, Extent: f.extent, Units: d.units(f.extent), Cells: f.cells, Begin: f.begin, End: f.end,
		Tears: d.spec.Tear > block.Size && !d.spec.Protected}
	return &d.pass
}

// Underway tells the owner of the writes to the medium that are under way, as if
// they began now.
func (d *Drive) Underway(now sim.Time) {
	for i := range d.flights {
		if f := &d.flights[i]; f.busy && f.op == Write && !(f.destage && d.spec.Protected) {
			d.owner.Began(now, d, d.whole(*f))
		}
	}
}

// units is e in whole units of Spec.Tear.
func (d *Drive) units(e block.Extent) block.Extent {
	unit := block.LBA(d.spec.Tear / block.Size)
	return block.Between(e.Start/unit*unit, (e.End()+unit-1)/unit*unit)
}

// fill gives a read its content.
func (d *Drive) fill(io *IO) Fault {
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

// retire gives the tag of a command back.
func (d *Drive) retire(c *command) {
	for i, o := range d.active {
		if o == c {
			d.active = append(d.active[:i], d.active[i+1:]...)
			break
		}
	}
	c.io = nil
	c.life++
	d.free = append(d.free, c)
}
