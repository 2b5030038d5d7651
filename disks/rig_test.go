package disks

import (
	"testing"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// hc310 is the WD Ultrastar DC HC310, 6 TB (HUS726T6TALE6L4).
func hc310() Spec {
	return Spec{
		Kind:          HDD,
		Capacity:      6001175126016,           // [V] HC310 OEM spec: 11,721,045,168 sectors
		Cache:         256 << 20,               // guess: all of the buffer of 256 MB
		Tear:          512,                     // guess: the 512n view; 512e is 4096
		QueueDepth:    32,                      // [V] SATA NCQ, tags 0 to 31
		Order:         Elevator,                // guess: vendors do not publish it
		Overhead:      20 * time.Microsecond,   // guess: FIS and firmware
		InterfaceRate: 550_000_000,             // guess: SATA 6 Gb/s payload
		RPM:           7200,                    // [V] HC310 OEM spec
		SeekRead:      7400 * time.Microsecond, // [V] HC310 OEM spec p.23, typical
		SeekWrite:     8200 * time.Microsecond, // [V] HC310 OEM spec p.23, typical
		HeadSwitch:    300 * time.Microsecond,  // guess: as the single-track seek
		TrackSwitch:   320 * time.Microsecond,  // [V] HC310 OEM spec: single-track seek, write
		Surfaces:      8,                       // guess: four platters
		Zones:         40,                      // guess
		OuterSectors:  4300,                    // guess: 255 MB/s sustained
		InnerSectors:  2150,                    // guess: half of it
		LookAhead:     2 << 20,                 // guess: about a track
	}
}

// flash is an Intel S4500 without its protection.
func flash() Spec {
	return Spec{
		Kind: SSD, Capacity: 960_197_124_096, Cache: 64 << 20, Tear: 4096, QueueDepth: 32,
		Overhead: 10 * time.Microsecond, InterfaceRate: 550_000_000,
		Channels: 8, ReadLatency: 92 * time.Microsecond, ProgramLatency: 230 * time.Microsecond,
		Bandwidth: 500_000_000, // [V] S4500 product brief: 500 MB/s
	}
}

// tiny is a hard disk small enough to fill: a track holds 16 to 8 blocks.
func tiny() Spec {
	s := hc310()
	s.Capacity, s.Cache, s.Surfaces, s.Zones, s.OuterSectors, s.InnerSectors = 1<<20, 16<<10, 2, 3, 16, 8
	s.LookAhead = 8 << 10
	return s
}

// bench is an owner that keeps a number of commands outstanding.
type bench struct {
	kernel *sim.Kernel
	drive  *Drive
	ios    []IO
	next   func(*IO) // fills the next command
	todo   int       // commands still to be submitted
	done   int
	wait   sim.Time // sum of response times
	last   sim.Time
}

// newDrive makes a drive of a type of its own.
func newDrive(k *sim.Kernel, s Spec, member int, writeCache bool, owner Owner) (*Drive, error) {
	m, err := NewModel(s)
	if err != nil {
		return nil, err
	}
	return m.NewDrive(k, member, writeCache, owner)
}

func newBench(t testing.TB, s Spec, caching bool) *bench {
	t.Helper()
	b := &bench{kernel: sim.New(1)}
	var err error
	if b.drive, err = newDrive(b.kernel, s, 0, caching, b); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) Done(now sim.Time, d *Drive, io *IO) {
	if io.Fault != None {
		panic(io.Fault)
	}
	b.done++
	b.wait += now - io.queued
	b.last = now
	b.submit(now, io)
}

func (*bench) Began(sim.Time, *Drive, *Pass)  {}
func (*bench) Stored(sim.Time, *Drive, *Pass) {}

func (b *bench) submit(now sim.Time, io *IO) {
	if b.todo == 0 {
		return
	}
	b.todo--
	b.next(io)
	b.drive.Submit(now, io)
}

// run does n commands, depth of them at a time, and returns the time they took.
func (b *bench) run(n, depth int, next func(*IO)) time.Duration {
	b.next, b.todo, b.done, b.wait = next, n, 0, 0
	b.ios = make([]IO, depth)
	start := b.kernel.Now()
	for i := range b.ios {
		b.submit(start, &b.ios[i])
	}
	b.kernel.RunWhile(func() bool { return b.done < n })
	return b.last.Sub(start)
}

func (b *bench) mean() time.Duration { return time.Duration(int(b.wait) / b.done) }

// random fills commands of some blocks at aligned places over the whole drive.
func (b *bench) random(op Op, blocks uint64) func(*IO) {
	r := b.kernel.Stream("places")
	return func(io *IO) {
		start := block.LBA(r.Uint64N(b.drive.Blocks()/blocks) * blocks)
		b.fill(io, op, block.Extent{Start: start, Blocks: blocks})
	}
}

// sequential fills commands of some blocks, one behind the other.
func (b *bench) sequential(op Op, from block.LBA, blocks uint64) func(*IO) {
	return func(io *IO) {
		b.fill(io, op, block.Extent{Start: from, Blocks: blocks})
		from += block.LBA(blocks)
	}
}

func (b *bench) fill(io *IO, op Op, e block.Extent) {
	io.Op, io.Extent, io.Cells = op, e, io.Cells[:0]
	if op == Write {
		io.Cells = append(io.Cells, block.Cell{Extent: e, Tag: 7})
	}
}

func within(t *testing.T, what string, got, want, percent float64) {
	t.Helper()
	if off := (got/want - 1) * 100; off < -percent || off > percent {
		t.Errorf("%s is %.4g, want %.4g within %g %%: off by %.2f %%", what, got, want, percent, off)
	}
}
