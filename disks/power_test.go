package disks

import (
	"slices"
	"testing"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/power"
)

var _ power.Powered = (*Drive)(nil)

func TestPowerFail_EveryInstantOfOneWrite(t *testing.T) {
	for _, tear := range []uint64{512, 4096} {
		s := hc310()
		s.Tear = tear
		begin, end := passOf(t, s, 4, 12) // half a sector, one, and half of one more
		units := sim.Time(12 * 512 / tear)
		if tear == 4096 {
			units = 2
		}
		for i := range 4*units + 1 {
			now := begin + (end-begin)*i/(4*units)
			b := newScript(t, s, false)
			b.drive.Poke(block.Extent{Start: 0, Blocks: 64}, block.Version(1).Tag(0))
			b.write(4, 12, 2)
			b.kernel.RunUntil(now)
			b.drive.PowerFail(now)
			checkCut(t, b.versions(0, 32), tear/512, uint64((now-begin)*units/(end-begin)), begin < now && now < end)
		}
	}
}

// passOf is when a write of version 2 passes under the head.
func passOf(t *testing.T, s Spec, start block.LBA, blocks uint64) (begin, end sim.Time) {
	b := newScript(t, s, false)
	b.until(b.write(start, blocks, 2))
	return b.pass.Begin, b.pass.End
}

func checkCut(t *testing.T, got []block.Version, unit, passed uint64, within bool) {
	t.Helper()
	want := make([]block.Version, len(got))
	for a := range uint64(len(want)) {
		want[a] = 1
		if a >= 4 && a < 16 && a/unit < 4/unit+passed {
			want[a] = 2
		}
		if within && unit > 1 && a/unit == 4/unit+passed {
			want[a] = block.Torn // its neighbours too
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("unit %d, %d passed, within %v: medium holds\n%d, want\n%d", unit, passed, within, got, want)
	}
}

func TestPowerFail_CommandsEndOffline(t *testing.T) {
	b := newScript(t, hc310(), true)
	b.until(b.write(0, 8, 1))
	read, late := b.read(50_000, 8), b.write(60_000, 8, 2)
	now := b.kernel.Now()
	b.drive.PowerFail(now)
	down := b.read(0, 8)
	b.kernel.RunUntil(now)
	if len(b.ended) != 3 || b.ended[1] != read || read.Fault != Offline || late.Fault != Offline {
		t.Fatalf("%d ended, with faults %v and %v", len(b.ended), read.Fault, late.Fault)
	}
	b.until(down)
	if down.Fault != Offline || b.versions(0, 1)[0] != 0 || b.drive.CachedBlocks() != 0 {
		t.Fatalf("fault %v, medium %d", down.Fault, b.versions(0, 1))
	}
	b.drive.PowerReturn(b.kernel.Now())
	again := b.write(0, 8, 3)
	b.until(again)
	if again.Fault != None {
		t.Fatalf("after the return: fault %v", again.Fault)
	}
	b.drive.Fail(b.kernel.Now())
	b.drive.PowerReturn(b.kernel.Now())
	dead := b.read(0, 8)
	b.until(dead)
	if dead.Fault != Offline || !b.drive.Failed() {
		t.Fatalf("a dead drive reads with fault %v", dead.Fault)
	}
}

func TestPowerReturn_WaitsUntilReady(t *testing.T) {
	s := hc310()
	s.Ready = 15 * time.Second
	b := newScript(t, s, false)
	b.drive.PowerFail(0)
	b.drive.PowerReturn(sim.Time(time.Second))
	b.kernel.RunUntil(sim.Time(time.Second))
	b.until(b.read(0, 8))
	if now := b.kernel.Now(); now < sim.Time(16*time.Second) || now > sim.Time(16100*time.Millisecond) {
		t.Fatalf("the read ends at %v", now)
	}
}

func TestProtected_AcknowledgedIsStored(t *testing.T) {
	s := flash()
	s.Protected = true
	b := newScript(t, s, true)
	b.until(b.write(0, 64, 1))
	if len(b.stored) != 1 || b.versions(0, 1)[0] != 1 {
		t.Fatalf("stored %v, Peek finds %d", b.stored, b.versions(0, 1))
	}
	flush := &IO{Op: Flush}
	start := b.kernel.Now()
	b.drive.Submit(start, flush)
	b.until(flush)
	if took := b.kernel.Now().Sub(start); took != s.Overhead {
		t.Fatalf("a flush takes %v", took)
	}
	b.drive.PowerFail(b.kernel.Now())
	if got := b.versions(0, 64); got[0] != 1 || got[63] != 1 || b.drive.CachedBlocks() != 0 {
		t.Fatalf("after the cut the medium holds %d", got)
	}
}

// After Abort nobody is told, what was acknowledged stays, and a write to the
// medium that had begun ends.
func TestAbort(t *testing.T) {
	b := newScript(t, hc310(), true)
	b.until(b.write(0, 8, 1))
	b.kernel.RunWhile(func() bool { return len(b.stored) == 0 })
	e := block.Extent{Start: 800, Blocks: 8}
	b.drive.Submit(b.kernel.Now(), &IO{Op: Write, FUA: true, Extent: e, Cells: []block.Cell{{Extent: e, Tag: block.Version(2).Tag(0)}}})
	b.write(1600, 8, 3) // on the link
	b.read(2400, 8)
	b.drive.Abort(b.kernel.Now())
	next := b.read(1600, 8) // these three have the tags of those that were aborted
	b.read(3_000_000, 8)
	b.read(4_000_000, 8)
	b.kernel.RunUntil(b.kernel.Now().Add(100 * time.Microsecond))
	if len(b.ended) != 1 {
		t.Fatalf("%d ended by the events of others", len(b.ended)-1)
	}
	b.kernel.RunUntil(b.kernel.Now() + 1e9)
	if len(b.ended) != 4 || next.Cells[0].Tag != 0 || b.versions(800, 1)[0] != 2 {
		t.Fatalf("%d ended, %v, medium %d", len(b.ended), next.Cells, b.versions(800, 1))
	}
	if want := []block.Extent{{Start: 0, Blocks: 8}, e}; !slices.Equal(b.stored, want) {
		t.Fatalf("stored %v, want %v", b.stored, want)
	}
}
