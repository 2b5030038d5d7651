//go:build mutants

package controller

import (
	"testing"
	"time"

	"tbraid/controller/raid"
	"tbraid/internal/block"
	"tbraid/internal/mutant"
	"tbraid/scsi"
	"tbraid/sim/ledger"
)

// told plays a story on an honest box and on one that lies, and returns the
// losses of each.
func told(t *testing.T, m mutant.Mutant, story func(*rig)) (honestly, lying []ledger.Loss) {
	t.Helper()
	fw, g := honest(), raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16}
	fw.Destage.Depth = 1 // what comes later is destaged later
	play := func() []ledger.Loss {
		r := newRig(t, fw, g)
		story(r)
		return r.judge()
	}
	honestly = play()
	mutant.Active = m
	defer func() { mutant.Active = mutant.None }()
	return honestly, play()
}

// A WRITE that is acknowledged while a flush is under way is not covered by it: a
// cut may take it, and no honest box is to blame.
func TestMutant_FlushCoversInFlight(t *testing.T) {
	honestly, lying := told(t, mutant.FlushCoversInFlight, func(r *rig) {
		r.acknowledged(0, 48, ledger.Volatile)
		id := r.l.Ask(r.k.Now(), ledger.ByProgram, block.Extent{})
		flush := r.send(scsi.SyncAll())
		flush.Flush = id
		r.acknowledged(480, 48, ledger.Volatile)
		if r.ended(flush) {
			t.Fatal("the flush has ended before the WRITE")
		}
		r.k.RunWhile(func() bool { return !r.ended(flush) })
		r.l.End(r.k.Now(), id, flush.Status == scsi.Good)
		r.cut(time.Second)
	})
	if len(honestly) != 1 || honestly[0].Class != ledger.AtRisk || honestly[0].Cause != ledger.NeverAsked {
		t.Fatalf("an honest ledger: %+v", honestly)
	}
	if len(lying) != 1 || lying[0].Class != ledger.BrokenWord || lying[0].Cause != ledger.PowerLost {
		t.Fatalf("nobody notices: %+v", lying)
	}
}

// A flush fails because two members are away. They come back, and the next one
// ends GOOD: what was acknowledged before either is then on the members.
func TestMutant_FailedSyncCredited(t *testing.T) {
	honestly, lying := told(t, mutant.FailedSyncCredited, func(r *rig) {
		r.acknowledged(0, 48, ledger.Volatile)
		r.c.array.DropMember(0)
		r.c.array.DropMember(1)
		r.sync()
		r.c.array.Rejoin(0)
		r.c.array.Rejoin(1)
		r.sync()
		if f := r.l.Flushes(); f[0].Good || !f[1].Good {
			t.Fatalf("%+v", f)
		}
		r.cut(time.Second)
	})
	if len(honestly) != 0 {
		t.Fatalf("an honest box: %+v", honestly)
	}
	if len(lying) != 1 || lying[0].Class != ledger.BrokenWord || lying[0].Cause != ledger.NoCause {
		t.Fatalf("nobody notices: %+v", lying)
	}
}
