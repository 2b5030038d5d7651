package ledger

import (
	"testing"

	"tbraid/internal/block"
	"tbraid/sim"
)

// What a WRITE of 4 KiB costs the ledger, with a sweep that listens and without:
// issued, acknowledged, and with 15 others one pass over a medium.
func BenchmarkWrite(b *testing.B) {
	for _, swept := range []bool{false, true} {
		name := "judged"
		if swept {
			name = "swept"
		}
		b.Run(name, func(b *testing.B) {
			l := New(Promises)
			if swept {
				l.Listen(0, nil, Keeping{Lost: PowerLost})
			}
			now := sim.Time(0)
			pass := Pass{UnitBlocks: 1}
			b.ReportAllocs()
			for i := range b.N {
				e := block.Extent{Start: block.LBA(i%262144) * 8, Blocks: 8}
				v := l.Issue(now, e, e, false)
				l.Acknowledge(now+20, v, Volatile)
				now += 30
				pass.Pieces = append(pass.Pieces, Piece{Extent: e, Offset: uint64(len(pass.Pieces)) * 8, Version: v})
				if len(pass.Pieces) == 16 {
					pass.Begin, pass.End, pass.Units = now, now+1280, 128
					id := l.Starts(now, &pass)
					now += 1280
					l.Ends(now, id)
					pass.Pieces = pass.Pieces[:0]
				}
			}
		})
	}
}
