package disks

import (
	"bufio"
	"fmt"
	"math"
	"math/big"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tbraid/internal/block"
	"tbraid/sim"
)

// The measured seek curve is DiskSim's; its licence stands beside it.
func TestSeekTable_MeasuredCurve(t *testing.T) {
	file, err := os.Open("testdata/G4_LBA_64bit_4T.seeks")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const cylinders = 310194 // of the measured disk
	const steady = 1000      // shorter distances scatter between 0.5 and 2.4 ms
	table := newSeekTable(cylinders, time.Duration(meanMillis()*1e6), time.Millisecond, 0)
	var n, sum float64
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var distance uint64
		var want float64
		if _, err := fmt.Sscanf(lines.Text(), "%d, %f", &distance, &want); err != nil || distance < steady || distance >= cylinders {
			continue // or the title, or beyond the full stroke of the fit
		}
		off := table.at(distance).Seconds()*1e3 - want
		n, sum = n+1, sum+off*off
	}
	if rms := math.Sqrt(sum / n); n < 1300 || rms > 0.05 {
		t.Fatalf("rms error %.4f ms over %.0f seeks, want at most 0.05", rms, n)
	}
}

func TestSeekTable_AverageAndOrder(t *testing.T) {
	const cylinders = 100_003
	average := 7400 * time.Microsecond
	read := newSeekTable(cylinders, average, 300*time.Microsecond, 0)
	write := newSeekTable(cylinders, average, 300*time.Microsecond, 800*time.Microsecond)
	var readSum, writeSum, pairs float64
	for d := uint64(1); d < cylinders; d++ {
		if read.at(d) < read.at(d-1) || write.at(d) < read.at(d) {
			t.Fatalf("seek over %d takes %v, over one less %v, to write %v", d, read.at(d), read.at(d-1), write.at(d))
		}
		weight := float64(cylinders - d) // vendors average over all pairs
		readSum, writeSum, pairs = readSum+weight*float64(read.at(d)), writeSum+weight*float64(write.at(d)), pairs+weight
	}
	within(t, "average read seek", readSum/pairs/1e6, 7.4, 0.1)
	within(t, "average write seek", writeSum/pairs/1e6, 8.2, 0.1)
}

// geometries are of one zone, of few and of more than the table of zones has parts.
func geometries() []Spec {
	one, many := hc310(), hc310()
	one.Zones = 1
	many.Zones, many.Surfaces = 4096, 1
	return []Spec{hc310(), tiny(), one, many}
}

// The oracle locates the two ends, each by itself, and looks for zones one by one.
func TestGeometry_WayOfAnExtent(t *testing.T) {
	for _, s := range geometries() {
		g := newGeometry(s)
		rapid.Check(t, func(t *rapid.T) {
			start := rapid.Uint64Range(0, g.blocks-1).Draw(t, "start")
			e := block.Extent{Start: block.LBA(start), Blocks: rapid.Uint64Range(1, min(20_000, g.blocks-start)).Draw(t, "blocks")}
			first, last := g.locate(e.Start), g.locate(e.End()-1)
			from, to, begin, end := g.wayOf(e)
			got, want := [2]spot{{from, begin, 0}, {to, 0, end}}, [2]spot{{first.track, first.begin, 0}, {last.track, 0, last.end}}
			if got != want {
				t.Fatalf("%v: %+v, want %+v", e, got, want)
			}
			zone := 0
			for zone+1 < len(g.zones) && g.zones[zone+1].first <= e.Start {
				zone++
			}
			if got := g.zoneAt(e.Start); got != &g.zones[zone] {
				t.Fatalf("block %d is looked for in the zone from %d on, want %d", e.Start, got.first, g.zones[zone].first)
			}
		})
	}
}

func TestHDD_TurnIsTheFirstTimeUnderTheHead(t *testing.T) {
	m := newMechanics(hc310())
	revolution := m.revolution.length()
	rapid.Check(t, func(t *rapid.T) {
		h := newHDD(m, rapid.Uint64().Draw(t, "phase"))
		now := sim.Time(rapid.Int64Range(0, 1<<50).Draw(t, "now"))
		stream := time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "stream"))
		at := h.turn(now, stream)
		if at < now || at.Sub(now) >= revolution || (time.Duration(at)+h.phase-stream)%revolution != 0 {
			t.Fatalf("at %d the head meets %v at %d", now, stream, at)
		}
	})
}

func TestRate_RoundsDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perSec := rapid.Uint64Range(1_000_000, 16_000_000_000).Draw(t, "rate")
		bytes := rapid.Uint64Range(0, 100_000_000_000_000).Draw(t, "bytes")
		var want big.Int
		want.Mul(new(big.Int).SetUint64(bytes), big.NewInt(1e9)).Div(&want, new(big.Int).SetUint64(perSec))
		if got := rateOf(perSec).time(bytes); int64(got) != want.Int64() {
			t.Fatalf("%d bytes at %d a second take %d ns, want %v", bytes, perSec, got, &want)
		}
	})
}

func TestGeometry_BlockAtIsTheInverse(t *testing.T) {
	for _, s := range geometries() {
		g := newGeometry(s)
		rapid.Check(t, func(t *rapid.T) {
			a := block.LBA(rapid.Uint64Range(1, g.blocks-1).Draw(t, "block"))
			at, before := g.locate(a), g.locate(a-1)
			if got := g.blockAt(at.begin); got != a {
				t.Fatalf("block %d begins at %v, where block %d is", a, at.begin, got)
			}
			if got := g.blockAt(at.begin - 1); got != a-1 && before.end == at.begin {
				t.Fatalf("just before block %d is block %d", a, got)
			}
			gap := at.begin - before.end
			switch {
			case at.cylinder != before.cylinder && gap == s.TrackSwitch && at.surface == 0:
			case at.cylinder == before.cylinder && at.surface != before.surface && gap == s.HeadSwitch:
			case at.cylinder == before.cylinder && at.surface == before.surface && gap == 0:
			default:
				t.Fatalf("from %+v to %+v the head needs %v", before, at, gap)
			}
		})
		if last := g.locate(block.LBA(g.blocks - 1)); last.cylinder >= g.cylinders {
			t.Fatalf("the last block is on cylinder %d of %d", last.cylinder, g.cylinders)
		}
	}
}

func TestHDD_RandomQD1(t *testing.T) {
	// [D] 7.4 or 8.2 ms seek, half of 8.33 ms rotation, 0.02 ms overhead.
	b := newBench(t, hc310(), false)
	b.run(8000, 1, b.random(Read, 8))
	within(t, "mean random read", b.mean().Seconds()*1e3, 11.59, 2)
	b.run(8000, 1, b.random(Write, 8))
	within(t, "mean random write", b.mean().Seconds()*1e3, 12.39, 2)
}

// zoneRate is the sustained rate at a zone: A/(B+C+D) of the 7K500 OEM spec.
func zoneRate(s Spec, sectors int) float64 {
	bytes := float64(sectors * s.Surfaces * block.Size)
	tracks := float64(s.Surfaces) * 60 / float64(s.RPM)
	switches := float64(s.Surfaces-1)*s.HeadSwitch.Seconds() + s.TrackSwitch.Seconds()
	return bytes / (tracks + switches) / 1e6
}

func TestHDD_SequentialRate(t *testing.T) {
	s := hc310()
	inner := block.LBA(s.Capacity/block.Size - 1<<20)
	for _, c := range []struct {
		name    string
		op      Op
		caching bool
		from    block.LBA
		blocks  uint64
		depth   int
		sectors int
	}{
		{"read at depth 1, outer", Read, false, 0, 128, 1, s.OuterSectors},
		{"read at depth 1, small, outer", Read, false, 0, 32, 1, s.OuterSectors},
		{"read at depth 4, outer", Read, false, 0, 2048, 4, s.OuterSectors},
		{"read at depth 1, inner", Read, false, inner, 128, 1, s.InnerSectors},
		{"write at depth 4, no cache, outer", Write, false, 0, 2048, 4, s.OuterSectors},
		{"write at depth 4, no cache, inner", Write, false, inner, 512, 4, s.InnerSectors},
		{"write into the cache, outer", Write, true, 0, 2048, 1, s.OuterSectors},
	} {
		if c.caching {
			s.Cache = 8 << 20 // the rate of the medium shows once the cache is full
		}
		b := newBench(t, s, c.caching)
		n := int((256 << 20) / block.Size / c.blocks)
		took := b.run(n, c.depth, b.sequential(c.op, c.from, c.blocks))
		tolerance := 3.0
		if c.caching {
			tolerance = 5 // the first 8 MiB of 256 are free
		}
		rate := float64(n) * float64(c.blocks*block.Size) / took.Seconds() / 1e6
		within(t, c.name+", MB/s", rate, zoneRate(s, c.sectors), tolerance)
	}
}

// Without cache and queue each write comes a little too late for the head.
func TestHDD_SequentialWriteLosesARevolution(t *testing.T) {
	b := newBench(t, hc310(), false)
	b.run(1000, 1, b.sequential(Write, 0, 8))
	within(t, "mean sequential write at depth 1, ms", b.mean().Seconds()*1e3, 8.33, 1)
}

func TestHDD_ElevatorBeatsFCFS(t *testing.T) {
	fcfs := hc310()
	fcfs.Order = FCFS
	f, e := newBench(t, fcfs, false), newBench(t, hc310(), false)
	slow := f.run(3000, 32, f.random(Read, 8))
	fast := e.run(3000, 32, e.random(Read, 8))
	within(t, "FCFS, ms a read", slow.Seconds()/3, 11.59, 2)
	if gain := slow.Seconds() / fast.Seconds(); gain < 1.4 {
		t.Errorf("the elevator gains only a factor of %.2f", gain)
	}
}

// A write that covers a part of a physical sector first reads the rest of it.
func TestHDD_UnalignedWriteTakesARevolutionMore(t *testing.T) {
	s := hc310()
	s.Tear = 4096
	aligned, unaligned := newBench(t, s, false), newBench(t, s, false)
	aligned.run(1, 1, aligned.sequential(Write, 8000, 8))
	unaligned.run(1, 1, unaligned.sequential(Write, 8000, 7))
	extra := unaligned.mean() - aligned.mean()
	if sector := time.Minute / 7200 / 4300; extra > time.Minute/7200 || extra < time.Minute/7200-2*sector {
		t.Errorf("takes %v more, want a revolution less one sector", extra)
	}
}

// With exponential times between arrivals the mean response follows Pollaczek
// and Khinchine: R = E[S] + rate E[S²] / (2 (1 - rate E[S])).
func TestHDD_PollaczekKhinchine(t *testing.T) {
	s := hc310()
	s.Order, s.QueueDepth = FCFS, 1
	b := newBench(t, s, false)
	next := b.random(Read, 8)
	b.run(4000, 1, next)
	const rate = 40.0 // a second
	a := &arrivals{bench: b, gap: func() time.Duration { return 0 }}
	r := b.kernel.Stream("arrivals")
	a.gap = func() time.Duration { return time.Duration(r.ExpFloat64() / rate * 1e9) }
	b.wait, b.done, b.todo = 0, 0, 0
	a.left, a.next = 6000, next
	b.kernel.At(b.kernel.Now(), a, 0, 0)
	b.kernel.RunWhile(func() bool { return b.done < 6000 })
	// [D] E[S] 11.61 ms, variance 12.99 ms² give 17.14 ms at 40 a second.
	within(t, "mean response, ms", b.mean().Seconds()*1e3, 17.14, 5)
}

type arrivals struct {
	bench *bench
	gap   func() time.Duration
	next  func(*IO)
	left  int
}

func (a *arrivals) Fire(e sim.Event) {
	io := new(IO)
	a.next(io)
	a.bench.drive.Submit(e.At, io)
	if a.left--; a.left > 0 {
		a.bench.kernel.At(e.At.Add(a.gap()), a, 0, 0)
	}
}

func TestSSD_Rates(t *testing.T) {
	// [V] Intel S4500: 72 k random reads, 33 k writes a second at depth 32,
	// 110 µs for one random read, 500 MB/s.
	b := newBench(t, flash(), false)
	b.run(2000, 1, b.random(Read, 8))
	within(t, "random read, µs", b.mean().Seconds()*1e6, 110, 3)
	reads := b.run(20000, 32, b.random(Read, 8))
	within(t, "random reads a second", 20000/reads.Seconds(), 72_000, 12)
	writes := b.run(20000, 32, b.random(Write, 8))
	within(t, "random writes a second", 20000/writes.Seconds(), 33_000, 3)
	took := b.run(1000, 4, b.sequential(Read, 0, 2048))
	within(t, "sequential read, MB/s", 1000*2048*block.Size/took.Seconds()/1e6, 500, 3)
}
