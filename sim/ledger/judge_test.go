package ledger

import (
	"testing"

	"tbraid/internal/block"
	"tbraid/sim"
)

// volume is what a test says the blocks hold after the event.
type volume struct{ block.Map[block.Version] }

func (v *volume) content(dst []block.Run, e block.Extent) []block.Run {
	for _, r := range v.Append(nil, e) {
		dst = append(dst, block.Run{Extent: r.Extent, Version: r.Value})
	}
	return dst
}

func (v *volume) holds(e block.Extent, ver block.Version) { v.Set(e, ver) }

func ext(start, n uint64) block.Extent { return block.Extent{Start: block.LBA(start), Blocks: n} }

// world is a ledger with a prefilled, stable version 1 on blocks 0 to 99.
func world() (*Ledger, *volume) {
	l, v := New(Full), &volume{}
	old := l.Issue(0, ext(0, 100), ext(0, 100), false)
	l.Acknowledge(0, old, Stable)
	v.holds(ext(0, 100), old)
	return l, v
}

func write(l *Ledger, at sim.Time, e block.Extent, p Promise) block.Version {
	v := l.Issue(at, e, e, false)
	l.Acknowledge(at+1, v, p)
	return v
}

func only(t *testing.T, j Judgement) Loss {
	t.Helper()
	if len(j.Losses) != 1 {
		t.Fatalf("%d losses: %+v", len(j.Losses), j.Losses)
	}
	return j.Losses[0]
}

func TestJudge_NothingLost(t *testing.T) {
	l, v := world()
	w := write(l, 10, ext(8, 8), Volatile)
	v.holds(ext(8, 8), w)
	if j := l.Judge(100, v.content); len(j.Losses) != 0 {
		t.Fatalf("%+v", j.Losses)
	}
}

func TestJudge_NeverAsked(t *testing.T) {
	l, v := world()
	write(l, 10, ext(8, 8), Volatile)
	got := only(t, l.Judge(111, v.content))
	if got.Class != AtRisk || got.Cause != NeverAsked || got.Outcome != Kept || got.Extent != ext(8, 8) ||
		got.Found != 1 || got.Lost != 2 || got.Age != 100 {
		t.Fatalf("%+v", got)
	}
}

func TestJudge_UnacknowledgedIsInFlight(t *testing.T) {
	l, v := world()
	l.Issue(10, ext(8, 8), ext(8, 8), false)
	if got := only(t, l.Judge(100, v.content)); got.Class != InFlight || got.Cause != NoCause {
		t.Fatalf("%+v", got)
	}
}

// A flush covers what was acknowledged before it was asked for, and nothing else.
func TestJudge_FlushCoversEarlierAcknowledgementsOnly(t *testing.T) {
	l, v := world()
	write(l, 10, ext(0, 8), Volatile)
	late := l.Issue(15, ext(8, 8), ext(8, 8), false)
	f := l.Ask(20, ByFileSystem, block.Extent{})
	l.Stop(20, f, FirmwareAcks)
	l.Acknowledge(21, late, Volatile)
	l.End(22, f, true)
	j := l.Judge(100, v.content)
	if len(j.Losses) != 2 {
		t.Fatalf("%+v", j.Losses)
	}
	if a := j.Losses[0]; a.Class != BrokenWord || a.Cause != FirmwareAcks || a.Flush != f || a.Promise != Stable {
		t.Errorf("covered write: %+v", a)
	}
	if b := j.Losses[1]; b.Class != AtRisk || b.Cause != NeverAsked {
		t.Errorf("write in flight at the flush: %+v", b)
	}
}

func TestJudge_RangedFlushLeavesTheRest(t *testing.T) {
	l, v := world()
	write(l, 10, ext(0, 16), Volatile)
	f := l.Ask(20, ByProgram, ext(0, 8))
	l.End(21, f, true)
	l.Drop([]block.Run{{Extent: ext(0, 16), Version: 2}}, PowerLost)
	j := l.Judge(100, v.content)
	if len(j.Losses) != 2 || j.Losses[0].Class != BrokenWord || j.Losses[0].Cause != PowerLost ||
		j.Losses[1].Class != AtRisk || j.Losses[1].Cause != NeverAsked {
		t.Fatalf("%+v", j.Losses)
	}
}

// A promise on one version is kept by any later version, and by itself when a
// later write, never promised, is lost.
func TestJudge_PromiseOnAnOlderVersionStands(t *testing.T) {
	l, v := world()
	kept := write(l, 10, ext(0, 8), Volatile)
	f := l.Ask(20, ByProgram, block.Extent{})
	l.End(21, f, true)
	write(l, 30, ext(0, 8), Volatile)
	v.holds(ext(0, 8), kept)
	if got := only(t, l.Judge(100, v.content)); got.Class != AtRisk || got.Outcome != Kept {
		t.Fatalf("the newer write was never promised: %+v", got)
	}
	v.holds(ext(0, 8), 1)
	if got := only(t, l.Judge(100, v.content)); got.Class != BrokenWord || got.Outcome != Stale {
		t.Fatalf("the promised version is gone: %+v", got)
	}
}

// A failed flush promises nothing, and the next good one does not cover it up.
func TestJudge_FailedFlushGivesNoPromise(t *testing.T) {
	l, v := world()
	write(l, 10, ext(0, 8), Volatile)
	f := l.Ask(20, ByFileSystem, block.Extent{})
	l.Stop(20, f, DriverFailed)
	l.End(21, f, false)
	if got := only(t, l.Judge(100, v.content)); got.Class != AtRisk || got.Cause != DriverFailed {
		t.Fatalf("%+v", got)
	}
}

// Of several reasons the one highest up is reported.
func TestJudge_HighestCauseWins(t *testing.T) {
	l, v := world()
	write(l, 10, ext(0, 8), Volatile)
	for _, why := range []Cause{FirmwareFails, DriverGone, DriverFailed} {
		f := l.Ask(20, ByShutdown, block.Extent{})
		l.Stop(20, f, why)
		l.End(21, f, false)
	}
	if got := only(t, l.Judge(100, v.content)); got.Cause != DriverGone {
		t.Fatalf("%v", got.Cause)
	}
}

func TestJudge_CutFlush(t *testing.T) {
	l, v := world()
	write(l, 10, ext(0, 8), Volatile)
	l.Ask(20, ByShutdown, block.Extent{})
	if got := only(t, l.Judge(100, v.content)); got.Class != AtRisk || got.Cause != FlushCut {
		t.Fatalf("%+v", got)
	}
}

func TestJudge_FUAIgnored(t *testing.T) {
	l, v := world()
	w := write(l, 10, ext(0, 8), Stable)
	l.Shirk(w, FUAIgnored)
	l.Drop([]block.Run{{Extent: ext(0, 8), Version: w}}, PowerLost)
	if got := only(t, l.Judge(100, v.content)); got.Class != BrokenWord || got.Cause != FUAIgnored || got.Cause.Layer() != Firmware {
		t.Fatalf("%+v", got)
	}
}

func TestJudge_HonestFlushThenHoldUpExceeded(t *testing.T) {
	l, v := world()
	w := write(l, 10, ext(0, 8), Volatile)
	f := l.Ask(20, ByProgram, block.Extent{})
	l.End(21, f, true)
	l.Drop([]block.Run{{Extent: ext(0, 8), Version: w}}, HoldUpExceeded)
	if got := only(t, l.Judge(100, v.content)); got.Class != BrokenWord || got.Cause != HoldUpExceeded || got.Cause.Layer() != Protection {
		t.Fatalf("%+v", got)
	}
}

func TestJudge_TornIsCollateralWhileAWriteIsUnderWay(t *testing.T) {
	l, v := world()
	v.holds(ext(4, 4), block.Torn)
	if got := only(t, l.Judge(100, v.content)); got.Class != BrokenWord || got.Cause != TornWrite {
		t.Fatalf("nothing was under way: %+v", got)
	}
	l.Interrupt(ext(0, 8))
	if got := only(t, l.Judge(100, v.content)); got.Class != Damage || got.Outcome != Torn || got.Extent != ext(4, 4) {
		t.Fatalf("a destage was under way: %+v", got)
	}
}

func TestJudge_GarbageFromRebuildIsAViolation(t *testing.T) {
	l, v := world()
	l.Interrupt(ext(0, 8))
	v.holds(ext(4, 2), block.Garbage)
	if got := only(t, l.Judge(100, v.content)); got.Class != BrokenWord || got.Cause != WriteHole || got.Cause.Layer() != Array {
		t.Fatalf("%+v", got)
	}
}

// A block that holds a version of some other block was misdirected.
func TestJudge_ForeignVersion(t *testing.T) {
	l, v := world()
	w := write(l, 10, ext(50, 8), Volatile)
	l.Shirk(w, Misdirected)
	v.holds(ext(0, 8), w) // an LBA lost its high bits on the way
	j := l.Judge(100, v.content)
	if len(j.Losses) != 2 || j.Losses[0].Outcome != Foreign || j.Losses[0].Class != BrokenWord ||
		j.Losses[1].Outcome != Kept || j.Losses[1].Class != BrokenWord || j.Losses[1].Cause != Misdirected {
		t.Fatalf("%+v", j.Losses)
	}
}
