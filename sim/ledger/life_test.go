package ledger

import (
	"testing"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Only what touches the blocks that are followed is recorded, cut to them, in order.
func TestFollow(t *testing.T) {
	now := sim.Time(0)
	l := New(Full)
	e := block.Extent{Start: 10, Blocks: 4}
	l.Follow(e, func() sim.Time { return now })
	wide := block.Extent{Start: 0, Blocks: 100}
	v := l.Issue(now, wide, wide, false)
	l.Issue(now, block.Extent{Start: 50, Blocks: 1}, block.Extent{Start: 50, Blocks: 1}, false)
	now = 5
	l.Sent(v, 7, AtTarget)
	l.Hold(now, wide, v)
	l.Acknowledge(now, v, Volatile)
	now = 6
	id := l.Ask(now, ByProgram, block.Extent{})
	l.Ask(now, ByProgram, block.Extent{Start: 60, Blocks: 1})
	l.Reach(id, AtDriver)
	l.Stop(now, id, DriverSwallowed)
	l.End(now, id, true)
	l.Passes(2, &Pass{Begin: 10, End: 30, Units: 20, UnitBlocks: 1, Pieces: []Piece{{Extent: block.Extent{Start: 5, Blocks: 20}, Version: v}}}, false)
	l.Drop([]block.Run{{Extent: block.Extent{Start: 12, Blocks: 90}, Version: v}}, PowerLost)
	want := []Fact{
		{Kind: WriteIssued, Extent: e, Version: v},
		{At: 5, Kind: WriteAtTarget, Extent: e, Version: v, Serial: 7},
		{At: 5, Kind: CacheHeld, Extent: e, Version: v},
		{At: 5, Kind: WriteAcknowledged, Extent: e, Version: v, Promise: Volatile},
		{At: 6, Kind: FlushAsked, Extent: e, Flush: id},
		{At: 6, Kind: FlushReached, Extent: e, Flush: id, Stage: AtDriver},
		{At: 6, Kind: FlushStopped, Extent: e, Flush: id, Why: DriverSwallowed},
		{At: 6, Kind: FlushEnded, Extent: e, Flush: id, Good: true},
		{At: 15, Kind: PassBegun, Extent: e, Version: v, Member: 2, Until: 19},
		{At: 6, Kind: CacheDropped, Extent: block.Extent{Start: 12, Blocks: 2}, Version: v, Why: PowerLost},
	}
	got := l.Facts()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("fact %d: got %+v\nwant %+v", i, got, want)
		}
	}
	fates := l.Fates(l.Judge(now, func(dst []block.Run, e block.Extent) []block.Run {
		return append(dst, block.Run{Extent: e})
	}), func(dst []block.Run, e block.Extent) []block.Run { return append(dst, block.Run{Extent: e}) })
	at := e.Start
	for _, f := range fates { // of some blocks it is known what took them
		if f.Extent.Start != at || f.Loss == nil || f.Loss.Class != BrokenWord || f.Claim != v || f.Flush != id {
			t.Errorf("%+v", f)
		}
		at = f.Extent.End()
	}
	if at != e.End() {
		t.Errorf("%+v", fates)
	}
}
