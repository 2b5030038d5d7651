package ledger

import (
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
	"tbraid/sim"
)

// A flush promises the same whether what was acknowledged before it stands on a list
// or is found by looking at all blocks: with a sweep, under which blocks settle and
// are forgotten, and without.
func TestFresh_ListAgainstLook(t *testing.T) {
	const span = 48
	rapid.Check(t, func(t *rapid.T) {
		list, look := New(Promises), New(Promises)
		swept := rapid.Bool().Draw(t, "swept")
		if swept {
			for _, l := range []*Ledger{list, look} {
				l.Listen(0, nil, Keeping{Lost: PowerLost})
			}
		}
		now := sim.Time(0)
		var under, cached []block.Run // WRITEs under way; acknowledged, and not on the media
		var flushes []uint32
		each := func(do func(l *Ledger)) {
			now += 10
			do(list)
			look.fresh.over = true
			do(look)
		}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1:
				e := block.Extent{Start: block.LBA(rapid.IntRange(0, span-1).Draw(t, "start")), Blocks: rapid.Uint64Range(1, 8).Draw(t, "blocks")}
				var v block.Version
				each(func(l *Ledger) { v = l.Issue(now, e, e, false) })
				under = append(under, block.Run{Extent: e, Version: v})
			case 2:
				if len(under) > 0 {
					w := under[0]
					under, cached = under[1:], append(cached, w)
					p := rapid.SampledFrom([]Promise{Volatile, Volatile, Stable}).Draw(t, "promise")
					each(func(l *Ledger) { l.Acknowledge(now, w.Version, p) })
				}
			case 3:
				if swept && len(cached) > 0 {
					w := cached[0]
					cached = cached[1:]
					pass := Pass{Begin: now + 10, End: now + 15, Units: w.Extent.Blocks, UnitBlocks: 1, Pieces: []Piece{{Extent: w.Extent, Version: w.Version}}}
					var a, b int
					now += 10
					a, b = list.Starts(now, &pass), look.Starts(now, &pass)
					now += 10
					list.Ends(now, a)
					look.Ends(now, b)
				}
			case 4:
				var id uint32
				each(func(l *Ledger) { id = l.Ask(now, ByProgram, block.Extent{}) })
				flushes = append(flushes, id)
			case 5:
				if n := len(flushes); n > 0 {
					i := rapid.IntRange(0, n-1).Draw(t, "flush")
					id := flushes[i]
					flushes = append(flushes[:i], flushes[i+1:]...)
					good := rapid.Bool().Draw(t, "good")
					each(func(l *Ledger) {
						l.Reach(id, AtMembers)
						l.End(now, id, good)
					})
				}
			}
		}
		whole := block.Extent{Blocks: span + 8}
		for at := whole.Start; at < whole.End(); at++ {
			a, b := list.stands.at(at), look.stands.at(at)
			for _, s := range []*standing{&a, &b} {
				if s.claim != 0 && s.settled == written {
					s.settled = promised // a newer version is promised: that counts
				}
				s.firm = false // a bound: looking also finds what an earlier flush had covered already
			}
			if a != b {
				t.Fatalf("block %d stands as %+v by the list, as %+v by looking", at, a, b)
			}
		}
	})
}
