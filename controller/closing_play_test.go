package controller

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim/ledger"
)

// Writes, flushes, resets, crashes of the firmware and cuts at any instant, also in
// the middle of a recovery, with logs so short that writes wait for room: the box
// always comes to rest, and after a last cut all rows agree.
func TestClosing_RandomPlay(t *testing.T) {
	waited, recovering := false, false
	for turn := 0; turn < 5 && !(waited && recovering); turn++ { // draws are random: what is rare can be absent once
		playClosing(t, &waited, &recovering)
	}
	if !waited || !recovering {
		t.Errorf("a write waited for room: %v; a step came during a recovery: %v", waited, recovering)
	}
}

func playClosing(t *testing.T, waited, recovering *bool) {
	rapid.Check(t, func(rt *rapid.T) {
		member, pace := testSSD, time.Microsecond
		if rapid.Bool().Draw(rt, "hdd") {
			member, pace = testDisk, 20*time.Microsecond
		}
		member.Tear, member.Cache = 512, 256<<10
		fw := closing(t, rapid.SampledFrom([]string{"bitmap", "ppl"}).Draw(rt, "way"))
		fw.MemberCaches = rapid.Bool().Draw(rt, "member caches")
		if rapid.Bool().Draw(rt, "through") {
			fw.Write = firmware.WriteThrough
		}
		fw.Crash, fw.HostReset = firmware.Drop, firmware.Keep
		r := newRigOf(t, fw, cutGeometry, member)
		a := r.c.array
		slots := rapid.IntRange(2, 4).Draw(rt, "slots")
		for m := range a.logs {
			a.logs[m].slots = a.logs[m].slots[:slots]
		}
		for range rapid.IntRange(5, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 12).Draw(rt, "step") {
			default:
				start, blocks := rapid.IntRange(0, 27).Draw(rt, "stripe")*48+rapid.IntRange(0, 47).Draw(rt, "start"), rapid.IntRange(1, 60).Draw(rt, "blocks")
				r.send(scsi.Write(block.Extent{Start: block.LBA(start), Blocks: uint64(blocks)}))
			case 6, 7, 8:
				r.c.flushAll()
				r.c.pump(r.k.Now())
			case 9:
				r.send(scsi.SyncAll())
			case 10:
				r.c.Reset(r.k.Now(), firmware.Flush, scsi.SenseBusReset, ledger.DroppedAtReset)
			case 11:
				r.c.Crash(r.k.Now())
				r.k.RunUntil(r.k.Now().Add(testSpec.Boot))
			case 12:
				r.cutFor(time.Second)
				r.c.pending = nil
			}
			r.k.RunUntil(r.k.Now().Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "wait")) * pace))
			*waited, *recovering = *waited || len(a.held) > 0, *recovering || a.recovery.running
		}
		r.cutFor(time.Second)
		r.settle()
		if !r.c.Quiet() || !r.c.ready || len(a.held) > 0 {
			rt.Fatalf("the box does not come to rest: quiet %v, ready %v, %d writes wait", r.c.Quiet(), r.c.ready, len(a.held))
		}
		if n := a.SuspectRows(0, 30); n > 0 {
			rt.Fatalf("%d rows disagree", n)
		}
	})
}

// cutFor takes the power away and gives it back, and waits no longer than the boot.
func (r *rig) cutFor(outage time.Duration) {
	r.c.PowerFail(r.k.Now())
	for i := range r.c.array.drives {
		r.c.array.Member(i).PowerFail(r.k.Now())
	}
	r.k.RunUntil(r.k.Now().Add(outage))
	for _, d := range r.c.array.drives {
		d.PowerReturn(r.k.Now())
	}
	r.c.PowerReturn(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(testSpec.Boot))
}
