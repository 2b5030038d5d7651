package disks

import (
	"fmt"
	"testing"

	"tbraid/internal/block"
)

// places is how many addresses the benchmarks use, spread over the whole drive:
// what the maps hold comes to a steady size before the clock starts, and the arm
// still travels.
const places = 1 << 16

// scattered is the length of a command of the benchmarks, in blocks: 4 KiB.
const scattered = 8

func (b *bench) stride() block.LBA {
	return block.LBA(b.drive.Blocks() / places / scattered * scattered)
}

// scattered fills commands at random places.
func (b *bench) scattered(op Op) func(*IO) {
	r, stride := b.kernel.Stream("places"), b.stride()
	return func(io *IO) {
		b.fill(io, op, block.Extent{Start: block.LBA(r.Uint64N(places)) * stride, Blocks: scattered})
	}
}

// measure runs b.N commands of a drive whose maps are at their steady size, and
// reports the accesses to the medium that each cost.
func measure(b *testing.B, s Spec, caching bool, op Op, depth int) {
	r := newBench(b, s, caching)
	for i := range block.LBA(places) {
		r.drive.Poke(block.Extent{Start: i * r.stride(), Blocks: scattered}, 7)
	}
	next := r.scattered(op)
	r.run(places/2, depth, next)
	before, fired := r.drive.Stats(), r.kernel.Fired()
	b.ReportAllocs()
	b.ResetTimer()
	r.run(b.N, depth, next)
	b.StopTimer()
	after := r.drive.Stats()
	b.ReportMetric(float64(after.MediumReads+after.MediumWrites-before.MediumReads-before.MediumWrites)/float64(b.N), "accesses/op")
	b.ReportMetric(float64(r.kernel.Fired()-fired)/float64(b.N), "events/op")
}

// A command of 4 KiB, all included: it is submitted, waits, is served and ends,
// and in the cached case what it wrote goes from the cache to the medium.
func BenchmarkDrive(b *testing.B) {
	steady := hc310()
	steady.Cache = 64 << 20 // full after 16,384 writes: from then on one destage a write
	for _, c := range []struct {
		name    string
		spec    Spec
		caching bool
		op      Op
	}{
		{"hdd-read", hc310(), false, Read},
		{"hdd-write-through", hc310(), false, Write},
		{"hdd-write-cached", steady, true, Write},
		{"ssd-read", flash(), false, Read},
		{"ssd-write-through", flash(), false, Write},
	} {
		for _, depth := range []int{3, 32} {
			b.Run(fmt.Sprintf("%s/depth=%d", c.name, depth), func(b *testing.B) {
				measure(b, c.spec, c.caching, c.op, depth)
			})
		}
	}
}
