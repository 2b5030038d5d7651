package ledger

import (
	"testing"

	"tbraid/internal/block"
	"tbraid/sim"
)

// A WRITE of 4 KiB over blocks that are dirty already, again and again: Issue and
// Acknowledge, with the sweep.
func BenchmarkLedger_Rewrite(b *testing.B) {
	l := New(Promises)
	l.Listen(0, func(dst []block.Run, e block.Extent) []block.Run { return append(dst, block.Run{Extent: e}) }, Keeping{Lost: PowerLost})
	now := sim.Time(0)
	write := func(i int) {
		e := block.Extent{Start: block.LBA(i%65536) * 8, Blocks: 8}
		now += 1000
		v := l.Issue(now, e, e, false)
		now += 1000
		l.Acknowledge(now, v, Volatile)
	}
	for i := range 65536 {
		write(i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		write(i)
		i++
	}
}
