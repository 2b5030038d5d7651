package raid

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tbraid/internal/block"
)

// A write of one stripe from plan to content, the reads in between answered with
// one cell each: what the array asks of the layout for a destage.
func BenchmarkWrite(b *testing.B) {
	for _, c := range []struct {
		level   Level
		members int
		blocks  uint64 // 0: a full stripe
	}{
		{RAID0, 9, 8}, {RAID10, 12, 8}, {RAID5, 12, 8}, {RAID6, 12, 8}, {RAID5, 12, 0}, {RAID6, 12, 0},
	} {
		b.Run(fmt.Sprintf("%v of %d, %d blocks", c.level, c.members, c.blocks), func(b *testing.B) {
			l, err := New(Geometry{c.level, c.members, 128, 1 << 30})
			if err != nil {
				b.Fatal(err)
			}
			n := c.blocks
			if n == 0 {
				n = l.StripeBlocks()
			}
			r := rand.New(rand.NewPCG(1, 1))
			var steps []Step
			dirty, content := make([]block.Extent, 1), make([]block.Run, 1)
			b.ReportAllocs()
			for b.Loop() {
				at := block.LBA(r.Uint64N(l.VolumeBlocks()/n) * n)
				stripe := l.StripeOf(at)
				dirty[0] = block.Extent{Start: at, Blocks: n}
				content[0] = block.Run{Extent: dirty[0], Version: 7}
				steps, _ = l.PlanWrite(steps[:0], stripe, dirty, 0)
				for i := range steps {
					if s := &steps[i]; s.Op == Read {
						s.Cells = append(s.Cells[:0], block.Cell{Extent: s.Extent, Tag: 5})
					}
				}
				l.Fill(steps, stripe, content, 0)
			}
		})
	}
}

// A read from plan to content.
func BenchmarkRead(b *testing.B) {
	l, err := New(Geometry{RAID5, 12, 128, 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var steps []Step
	var runs []block.Run
	b.ReportAllocs()
	for b.Loop() {
		e := block.Extent{Start: block.LBA(r.Uint64N(l.VolumeBlocks()/8) * 8), Blocks: 8}
		steps, _ = l.PlanRead(steps[:0], e, 0)
		for i := range steps {
			steps[i].Cells = append(steps[i].Cells[:0], block.Cell{Extent: steps[i].Extent, Tag: block.Version(3).Tag(0)})
		}
		runs = l.Assemble(runs[:0], e, steps, 0)
	}
}
