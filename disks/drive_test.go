package disks

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// script is an owner that notes what it is told.
type script struct {
	kernel *sim.Kernel
	drive  *Drive
	ended  []*IO
	stored []block.Extent
	pass   Pass
}

func newScript(t *testing.T, s Spec, caching bool) *script {
	t.Helper()
	b := &script{kernel: sim.New(1)}
	var err error
	if b.drive, err = newDrive(b.kernel, s, 0, caching, b); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *script) Done(_ sim.Time, _ *Drive, io *IO) { b.ended = append(b.ended, io) }

func (b *script) Began(sim.Time, *Drive, *Pass) {}

func (b *script) Stored(_ sim.Time, _ *Drive, p *Pass) {
	b.stored, b.pass = append(b.stored, p.Extent), *p
}

func (b *script) write(start block.LBA, blocks uint64, v block.Version) *IO {
	e := block.Extent{Start: start, Blocks: blocks}
	io := &IO{Op: Write, Extent: e, Cells: []block.Cell{{Extent: e, Tag: v.Tag(0)}}}
	b.drive.Submit(b.kernel.Now(), io)
	return io
}

func (b *script) read(start block.LBA, blocks uint64) *IO {
	io := &IO{Op: Read, Extent: block.Extent{Start: start, Blocks: blocks}}
	b.drive.Submit(b.kernel.Now(), io)
	return io
}

func (b *script) until(io *IO) {
	b.kernel.RunWhile(func() bool { return !slices.Contains(b.ended, io) })
}

func (b *script) versions(start block.LBA, blocks uint64) []block.Version {
	return versions(b.drive.Peek(nil, block.Extent{Start: start, Blocks: blocks}))
}

func versions(cells []block.Cell) (all []block.Version) {
	for _, c := range cells {
		for range c.Extent.Blocks {
			all = append(all, c.Tag.Version(0))
		}
	}
	return all
}

func TestSpec(t *testing.T) {
	for _, s := range []Spec{hc310(), flash(), tiny()} {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
	for name, spoil := range map[string]func(*Spec){
		"capacity": func(s *Spec) { s.Capacity = 1000 },
		"tear":     func(s *Spec) { s.Tear = 1024 },
		"depth":    func(s *Spec) { s.QueueDepth = 33 },
		"seeks":    func(s *Spec) { s.SeekWrite = s.SeekRead - 1 },
		"zones":    func(s *Spec) { s.InnerSectors = s.OuterSectors + 1 },
		"link":     func(s *Spec) { s.InterfaceRate = 200_000_000 },
		"kind":     func(s *Spec) { s.Kind = 2 },
		"flash":    func(s *Spec) { s.Kind = SSD },
	} {
		s := hc310()
		spoil(&s)
		if _, err := newDrive(sim.New(1), s, 0, false, nil); !errors.Is(err, ErrSpec) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := hc310()
	s.Cache = 0
	if _, err := newDrive(sim.New(1), s, 0, true, nil); !errors.Is(err, ErrSpec) {
		t.Errorf("write cache without cache: %v", err)
	}
	var o Order
	if err := o.UnmarshalText([]byte("elevator")); err != nil || o != Elevator || o.String() != o.Options()[1] {
		t.Errorf("%v %v", o, err)
	}
	var k Kind
	if k.UnmarshalText([]byte("tape")) == nil {
		t.Error("a tape is accepted")
	}
}

func TestWriteCache_AcknowledgesThenStores(t *testing.T) {
	b := newScript(t, hc310(), true)
	io := b.write(1000, 8, 1)
	b.until(io)
	if b.kernel.Now() > sim.Time(50*time.Microsecond) || b.drive.CachedBlocks() != 8 || len(b.stored) != 0 {
		t.Fatalf("at %v %d blocks wait, stored %v", b.kernel.Now(), b.drive.CachedBlocks(), b.stored)
	}
	if got := b.versions(1000, 1); got[0] != 0 {
		t.Fatalf("medium holds %d already", got)
	}
	b.until(b.read(1000, 8))
	if got := versions(b.ended[1].Cells); got[0] != 1 {
		t.Fatalf("read finds %d in the cache", got)
	}
	flush := &IO{Op: Flush}
	b.drive.Submit(b.kernel.Now(), flush)
	b.until(flush)
	if got := b.versions(1000, 1); got[0] != 1 || b.drive.CachedBlocks() != 0 || len(b.stored) != 1 {
		t.Fatalf("after the flush the medium holds %d, %d blocks wait, stored %v", got, b.drive.CachedBlocks(), b.stored)
	}
}

// Writes of neighbours that are cached together go to the medium together.
func TestWriteCache_Joins(t *testing.T) {
	b := newScript(t, hc310(), true)
	b.write(5_000_000, 8, 1) // keeps the arm busy
	b.kernel.RunUntil(sim.Time(100 * time.Microsecond))
	for i := range block.LBA(10) {
		b.write(i*8, 8, block.Version(2+i))
	}
	b.kernel.RunUntil(sim.Time(time.Second))
	if want := []block.Extent{{Start: 5_000_000, Blocks: 8}, {Start: 0, Blocks: 80}}; !slices.Equal(b.stored, want) {
		t.Fatalf("stored %v, want %v", b.stored, want)
	}
}

// An older version in the cache, or on its way from it, never replaces one that
// was written past it.
func TestWriteCache_FUAOverOlder(t *testing.T) {
	for _, spec := range []Spec{hc310(), flash()} {
		b := newScript(t, spec, true)
		b.until(b.write(0, 8, 1))
		b.until(b.write(8, 8, 2))
		e := block.Extent{Start: 4, Blocks: 8}
		io := &IO{Op: Write, FUA: true, Extent: e, Cells: []block.Cell{{Extent: e, Tag: block.Version(3).Tag(0)}}}
		b.drive.Submit(b.kernel.Now(), io)
		b.until(io)
		if got := b.versions(4, 8); got[0] != 3 || got[7] != 3 {
			t.Fatalf("%v: at the end of the FUA write the medium holds %d", spec.Kind, got)
		}
		b.kernel.RunUntil(sim.Time(time.Second))
		want := []block.Version{1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2}
		if got := b.versions(0, 16); !slices.Equal(got, want) {
			t.Fatalf("%v: in the end the medium holds %d", spec.Kind, got)
		}
	}
}

// A block that is written again while its older version goes to the medium
// stays in the cache.
func TestWriteCache_OverwriteDuringDestage(t *testing.T) {
	b := newScript(t, hc310(), true)
	b.until(b.write(700_000, 8, 1)) // now it goes to the medium
	b.until(b.write(700_000, 8, 2))
	b.kernel.RunWhile(func() bool { return len(b.stored) == 0 })
	if got := b.versions(700_000, 1); got[0] != 1 || b.drive.CachedBlocks() != 8 {
		t.Fatalf("medium holds %d, %d blocks wait", got, b.drive.CachedBlocks())
	}
	b.kernel.RunUntil(sim.Time(time.Second))
	if got := b.versions(700_000, 1); got[0] != 2 || b.drive.CachedBlocks() != 0 {
		t.Fatalf("medium holds %d, %d blocks wait", got, b.drive.CachedBlocks())
	}
}

// Reads come first, but the cache is written all the same.
func TestDispatch_ReadsDoNotStarveTheCache(t *testing.T) {
	b := newBench(t, hc310(), true)
	b.run(64, 8, b.random(Write, 8))
	waiting := b.drive.CachedBlocks()
	b.run(900, 8, b.random(Read, 8))
	if left := b.drive.CachedBlocks(); left != 0 || waiting < 400 {
		t.Fatalf("of %d blocks %d still wait after 900 reads", waiting, left)
	}
}

// A command behind the head is served although others keep coming ahead of it.
func TestDispatch_ElevatorIsFair(t *testing.T) {
	b := newBench(t, hc310(), false)
	step := b.sequential(Read, 1_000_000, 100_000)
	n, served := 0, 0
	b.run(2*overtakes, 4, func(io *IO) {
		if n++; n == 3 {
			b.fill(io, Read, block.Extent{Start: 0, Blocks: 8})
			return
		}
		if served == 0 && io.Op == Read && io.Extent.Blocks == 8 {
			served = n
		}
		step(io)
		io.Extent.Blocks = 16
	})
	if served < overtakes/2 || served > overtakes+8 {
		t.Fatalf("served as number %d, want about %d", served, overtakes)
	}
}

// Of two reads of one place the elevator takes the one that came first, also if
// its tag is the higher.
func TestDispatch_EqualAddressesInOrder(t *testing.T) {
	b := newScript(t, hc310(), false)
	x := b.read(9_000_000, 8)
	b.read(9_500_000, 8)
	early := b.read(20_000_000, 8)
	b.until(x) // its tag is the next to be given
	late := b.read(20_000_000, 16)
	b.until(late)
	if n := len(b.ended); n != 4 || b.ended[2] != early {
		t.Fatalf("%d ended, the later read before the earlier one", n)
	}
}

// A write that waits for room is neither passed by smaller ones nor kept waiting
// by reads.
func TestWriteCache_FullIsFair(t *testing.T) {
	s := hc310()
	s.Cache = 1 << 20 // 2048 blocks
	b := newScript(t, s, true)
	for i := range block.LBA(4) {
		b.write(50_000_000+i*10_000, 500, 1) // fill it
	}
	b.kernel.RunUntil(sim.Time(5 * time.Millisecond))
	large := b.write(90_000_000, 1500, 2)
	small := b.write(95_000_000, 8, 3)
	for i := range block.LBA(20) {
		b.read(i*20_000_000, 8)
	}
	b.until(small)
	reads := len(b.ended) - 4 - 2
	if at := slices.Index(b.ended, large); at < 0 || at > slices.Index(b.ended, small) || reads > 6 {
		t.Fatalf("the large write ends as number %d of %d, after %d reads", at, len(b.ended), reads)
	}
}

// Before a Flush everything ends, behind it everything waits.
func TestFlush_HasTheDriveToItself(t *testing.T) {
	b := newScript(t, hc310(), true)
	before := b.read(9_000_000, 8)
	b.write(5_000_000, 8, 1)
	flush := &IO{Op: Flush}
	b.drive.Submit(b.kernel.Now(), flush)
	behind := b.write(100, 8, 2)
	b.until(behind)
	if len(b.ended) != 4 || b.ended[1] != before || b.ended[2] != flush || b.ended[3] != behind {
		t.Fatalf("of %d commands the flush ends as number %d", len(b.ended), slices.Index(b.ended, flush))
	}
}

// What the drive would have read ahead had the arm stayed is not in its buffer.
func TestLookAhead_EndsWhenTheArmLeaves(t *testing.T) {
	took := func(between bool) time.Duration {
		b := newScript(t, hc310(), false)
		b.until(b.read(1_000_000, 8))
		b.kernel.RunUntil(b.kernel.Now().Add(100 * time.Microsecond))
		if between {
			b.until(b.write(9_000_000, 8, 1))
		}
		b.kernel.RunUntil(b.kernel.Now().Add(20 * time.Millisecond))
		start := b.kernel.Now()
		b.until(b.read(1_002_000, 8))
		return b.kernel.Now().Sub(start)
	}
	if stays, leaves := took(false), took(true); stays > 30*time.Microsecond || leaves < time.Millisecond {
		t.Fatalf("a read ahead takes %v, if the arm has left %v", stays, leaves)
	}
}

func TestDamage(t *testing.T) {
	b := newScript(t, hc310(), true)
	b.drive.Poke(block.Extent{Start: 0, Blocks: 64}, 5)
	b.drive.Damage(block.Extent{Start: 10, Blocks: 2})
	bad, good := b.read(8, 8), b.read(16, 8)
	b.until(good)
	if bad.Fault != MediumError || len(bad.Cells) != 0 || good.Fault != None {
		t.Fatalf("faults %v and %v", bad.Fault, good.Fault)
	}
	b.until(b.write(10, 2, 9))
	cached := b.read(8, 8)
	b.until(cached)
	b.kernel.RunUntil(b.kernel.Now() + 1e9)
	repaired := b.read(8, 8)
	b.until(repaired)
	if cached.Fault != None || repaired.Fault != None {
		t.Fatalf("written again: faults %v and %v", cached.Fault, repaired.Fault)
	}
}

func TestNoAllocation(t *testing.T) {
	small := hc310()
	small.Cache = 1 << 20
	for _, c := range []struct {
		name    string
		spec    Spec
		caching bool
		op      Op
		places  uint64
	}{
		{"hdd read", hc310(), false, Read, 64},
		{"hdd write", hc310(), false, Write, 64},
		{"hdd write, one place", hc310(), false, Write, 1},
		{"hdd cached write", small, true, Write, 64},
		{"hdd cached write, one place", small, true, Write, 1},
		{"ssd read", flash(), true, Read, 64},
		{"ssd write", flash(), false, Write, 64},
	} {
		b := newBench(t, c.spec, c.caching)
		r := b.kernel.Stream("places")
		next := func(io *IO) {
			b.fill(io, c.op, block.Extent{Start: block.LBA(r.Uint64N(c.places) * 16), Blocks: 8})
			if io.Op == Write {
				io.Cells[0].Tag = block.Tag(r.Uint64N(1 << 20))
			}
		}
		b.run(4000, 8, next)
		b.todo = 1 << 30 // from here the commands go round by themselves
		for i := range b.ios {
			b.submit(b.kernel.Now(), &b.ios[i])
		}
		if n := testing.AllocsPerRun(3000, func() { b.kernel.Step() }); n != 0 {
			t.Errorf("%s: %g allocations an event", c.name, n)
		}
	}
}
