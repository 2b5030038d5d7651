package controller

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// learner is a battery of 72 h of which a learn cycle begins after a minute:
// discharged for 3 h, charged for 4 h.
func learner() firmware.Profile {
	fw := battery(72 * time.Hour)
	fw.Protection.Recharge = 4 * time.Hour
	fw.Protection.Learn = firmware.Learn{After: time.Minute, Discharge: 3 * time.Hour}
	return fw
}

const (
	learnBegins = sim.Time(time.Minute)
	learnEnds   = learnBegins + sim.Time(7*time.Hour)
)

// told is the sense of TEST UNIT READY; none if it is GOOD.
func (r *rig) told() scsi.Sense {
	r.t.Helper()
	return r.do(scsi.Command{Op: scsi.TestUnitReady}).Sense
}

// wce is the write cache bit of the caching mode page.
func (r *rig) wce() bool { return r.c.modes().Current.Caching.WCE }

func (r *rig) dirty() uint64 { return r.c.cache.Stats().DirtyBlocks }

func TestLearnCycle_WritesThroughAndBackAgain(t *testing.T) {
	r := newRig(t, learner(), raid5of12)
	r.k.RunUntil(learnBegins - sim.Time(time.Millisecond))
	r.write(0, 128)
	if n := r.c.array.Counts().Writes; n != 0 || r.dirty() != 128 || !r.wce() {
		t.Fatalf("before the cycle: %d member writes, %d blocks dirty, WCE %v", n, r.dirty(), r.wce())
	}
	r.k.RunUntil(learnBegins + sim.Time(10*time.Second))
	if r.dirty() != 0 || r.c.array.Counts().Writes == 0 || r.wce() {
		t.Fatalf("what was dirty is not destaged: %d blocks; WCE %v", r.dirty(), r.wce())
	}
	if s := r.told(); !s.Is(scsi.SenseModeParametersChanged) {
		t.Fatalf("first: %v", s)
	}
	if s := r.told(); !s.None() {
		t.Fatalf("told twice: %v", s)
	}
	n := r.c.array.Counts().Writes
	r.write(128, 8)
	if got := r.c.array.Counts().Writes; got <= n || r.dirty() != 0 {
		t.Fatalf("write-through: %d member writes at GOOD, %d blocks dirty", got-n, r.dirty())
	}
	r.k.RunUntil(learnEnds)
	n = r.c.array.Counts().Writes
	if s := r.told(); !s.Is(scsi.SenseModeParametersChanged) || !r.told().None() || !r.wce() {
		t.Fatalf("back again: %v, WCE %v", s, r.wce())
	}
	if r.write(0, 8); r.c.array.Counts().Writes != n || r.dirty() != 8 {
		t.Fatal("write-back does not come back")
	}
}

// A host that sends nothing for years is told once.
func TestLearnCycle_AttentionsDoNotPileUp(t *testing.T) {
	fw := learner()
	fw.Protection.Learn.Every = 90 * 24 * time.Hour
	fw.Protection.Reports = true
	r := newRig(t, fw, raid5of12)
	r.k.RunUntil(sim.Time(3 * 365 * 24 * time.Hour))
	if len(r.c.pending) != 2 || r.c.pending[0] != scsi.SenseModeParametersChanged || r.c.pending[1] != scsi.SenseNVCacheVolatile {
		t.Fatalf("%v", r.c.pending)
	}
}

func TestLearnCycle_ForcedGoesOnWritingBack(t *testing.T) {
	fw := learner()
	fw.Protection.Forced, fw.Protection.Reports = true, true
	r := newRig(t, fw, raid5of12)
	r.write(0, 128)
	r.k.RunUntil(learnBegins + sim.Time(time.Hour))
	if s := r.told(); !s.Is(scsi.SenseNVCacheVolatile) || !r.told().None() {
		t.Fatalf("%v: the mode is what it was, the cache is not", s)
	}
	if r.write(128, 128); r.c.array.Counts().Writes != 0 || r.dirty() != 256 || !r.wce() {
		t.Fatalf("%d member writes, %d blocks dirty, WCE %v", r.c.array.Counts().Writes, r.dirty(), r.wce())
	}
}

// A WRITE that waits for room when the mode changes is not acknowledged from a
// cache that is not relied on any more.
func TestLearnCycle_StalledWriteGoesThrough(t *testing.T) {
	r := newRig(t, learner(), raid5of12)
	const blocks = 1024
	capacity := testSpec.CacheBytes / block.Size
	r.k.RunUntil(learnBegins - sim.Time(time.Millisecond))
	var last *sam.Task
	for at := uint64(0); at <= capacity; at += blocks {
		last = r.send(scsi.Write(block.Extent{Start: block.LBA(at), Blocks: blocks}))
	}
	r.k.RunUntil(learnBegins)
	if r.ended(last) || len(r.c.stalled) == 0 {
		t.Fatal("no WRITE waits for room: the test is not what it says")
	}
	for !r.ended(last) {
		r.k.Step()
	}
	if r.c.cache.DirtyIn(last.Decoded.Extent) {
		t.Fatal("acknowledged from the cache, in write-through mode")
	}
}

func TestOutages_UseTheBatteryUp(t *testing.T) {
	forced := learner()
	forced.Protection.Learn = firmware.Learn{}
	forced.Protection.Forced = true
	flash := forced
	flash.Protection = firmware.Protection{Kind: firmware.Vault, Vault: 64 << 10, Recharge: 5 * time.Minute, Forced: true}
	static := forced
	static.Protection.Recharge = 0
	for _, c := range []struct {
		name    string
		fw      firmware.Profile
		first   time.Duration
		between time.Duration // a minute of it passes in cut
		second  time.Duration
		lost    uint64 // of 128 blocks
	}{
		{"60 h, then 11 h", forced, 60 * time.Hour, time.Minute, 11 * time.Hour, 0},
		{"60 h, then 13 h", forced, 60 * time.Hour, time.Minute, 13 * time.Hour, 128}, // a minute has given 18 min
		{"60 h, an hour of charge, then 29 h", forced, 60 * time.Hour, time.Hour, 29 * time.Hour, 0},
		{"60 h, an hour of charge, then 31 h", forced, 60 * time.Hour, time.Hour, 31 * time.Hour, 128},
		{"60 h, full again, then 72 h", forced, 60 * time.Hour, 4 * time.Hour, 72 * time.Hour, 0},
		{"a charge that is not followed", static, 60 * time.Hour, time.Minute, 60 * time.Hour, 0},
		{"flash, full again", flash, time.Second, 5 * time.Minute, time.Second, 0},
		{"flash, half charged", flash, time.Second, 150 * time.Second, time.Second, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.fw, raid5of12)
			r.cut(c.first)
			r.k.RunUntil(r.k.Now().Add(c.between - time.Minute))
			for r.told() != (scsi.Sense{}) {
			}
			r.acknowledged(0, 128, ledger.Volatile)
			r.cut(c.second)
			var lost uint64
			for _, l := range r.judge() {
				lost += l.Extent.Blocks
			}
			if lost != c.lost {
				t.Fatalf("%d blocks lost, want %d", lost, c.lost)
			}
		})
	}
}

// What Protection says at an instant is what an outage from then on leaves.
func TestProtection_ForetellsTheOutage(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fw := learner()
		fw.Protection.Forced = true
		fw.Protection.FailAfter = time.Duration(rapid.IntRange(0, 12).Draw(rt, "fails after hours")) * time.Hour
		if rapid.Bool().Draw(rt, "flash") {
			fw.Protection.Kind, fw.Protection.HoldUp, fw.Protection.Vault = firmware.Vault, 0, 48<<10
		}
		r := newRig(t, fw, raid5of12)
		r.acknowledged(0, 128, ledger.Volatile)
		r.k.RunUntil(sim.Time(rapid.Int64Range(int64(time.Second), int64(8*time.Hour)).Draw(rt, "at")))
		kept, hold, bytes := r.c.Protection(r.k.Now())
		want := uint64(0)
		outage := time.Duration(rapid.Int64Range(1, int64(100*time.Hour)).Draw(rt, "outage"))
		if edge := rapid.IntRange(0, 2).Draw(rt, "at the edge"); edge > 0 && kept && hold < 100*time.Hour {
			outage = hold + time.Duration(edge-1) // the last that is outlived, and the first that is not
		}
		if kept && outage <= hold {
			want = min(bytes/block.Size, 128)
		}
		r.cut(max(outage, 1))
		lost := uint64(0)
		for _, l := range r.judge() {
			lost += l.Extent.Blocks
		}
		if lost != 128-want {
			rt.Fatalf("%v, hold-up %v, %d bytes, an outage of %v: %d blocks lost, want %d", kept, hold, bytes, outage, lost, 128-want)
		}
	})
}

// The record has every change, at its time and once.
func TestProtectionChanges(t *testing.T) {
	fw := learner()
	fw.Protection.FailAfter = 9 * time.Hour
	r := newRig(t, fw, raid5of12)
	r.k.RunUntil(learnEnds + sim.Time(time.Hour))
	r.cut(time.Hour)
	const all = math.MaxUint64
	want := []ProtectionChange{
		{0, firmware.Optimal, true, true, 72 * time.Hour, all, 0},
		{learnBegins, firmware.Learning, true, false, 72 * time.Hour, all, 0},
		{learnBegins.Add(3 * time.Hour), firmware.Learning, true, false, 0, 0, 0},
		{learnEnds, firmware.Optimal, true, true, 72 * time.Hour, all, 0},
		{learnEnds.Add(time.Hour), firmware.Optimal, false, true, 72 * time.Hour, all, 0},
		{learnEnds.Add(2 * time.Hour), firmware.Failed, true, false, 0, 0, 0},
	}
	got := r.c.ProtectionChanges()
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

// Only a change that will come costs an event, and none comes for ever.
func TestProtection_EventsOnlyForChanges(t *testing.T) {
	once := learner()
	discharged := learner()
	discharged.Protection.Learn, discharged.Protection.DischargedPercent = firmware.Learn{}, 50
	for _, c := range []struct {
		name   string
		fw     firmware.Profile
		events uint64
	}{
		{"no protection", honest(), 0},
		{"a battery that does not change", battery(72 * time.Hour), 0},
		{"charged once", discharged, 1},
		{"a learn cycle", once, 3},
	} {
		r := newRig(t, c.fw, raid5of12)
		for r.k.Step() {
		}
		if r.k.Fired() != c.events {
			t.Errorf("%s: %d events, want %d", c.name, r.k.Fired(), c.events)
		}
	}
}
