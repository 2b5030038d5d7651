package controller

import (
	"testing"
	"time"

	"tbraid/controller/raid"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim/ledger"
)

// acknowledged writes blocks and tells the ledger what the host saw.
func (r *rig) acknowledged(start, blocks uint64, p ledger.Promise) block.Version {
	r.t.Helper()
	c := scsi.Write(block.Extent{Start: block.LBA(start), Blocks: blocks})
	c.FUA = p == ledger.Stable
	t := r.good(r.do(c))
	r.l.Acknowledge(r.k.Now(), t.Version, p)
	return t.Version
}

func (r *rig) sync() {
	r.t.Helper()
	id := r.l.Ask(r.k.Now(), ledger.ByProgram, block.Extent{})
	c := scsi.SyncAll()
	t := r.send(c)
	t.Flush = id
	r.k.RunWhile(func() bool { return !r.ended(t) })
	r.l.End(r.k.Now(), id, t.Status == scsi.Good)
}

func (r *rig) judge() []ledger.Loss {
	r.t.Helper()
	j := r.l.Judge(r.k.Now(), r.c.Content)
	return j.Losses
}

func battery(hold time.Duration) firmware.Profile {
	fw := honest()
	fw.Write, fw.Sync, fw.HostReset = firmware.WriteBackProtected, firmware.SyncAck, firmware.Keep
	fw.Protection = firmware.Protection{Kind: firmware.Battery, HoldUp: hold}
	return fw
}

func TestOutage(t *testing.T) {
	hidden := honest()
	hidden.Report = firmware.ReportOff
	ignores := honest()
	ignores.FUA = firmware.FUAIgnore
	acks := honest()
	acks.Sync = firmware.SyncAck
	fails := honest()
	fails.Sync = firmware.SyncFail
	memberCaches := honest()
	memberCaches.Sync, memberCaches.MemberCaches = firmware.SyncFlushCache, true
	through := memberCaches
	through.Write = firmware.WriteThrough
	learning := battery(72 * time.Hour)
	learning.Protection.State = firmware.Learning
	vault := battery(1)
	vault.Protection = firmware.Protection{Kind: firmware.Vault, Vault: 32 << 10}

	for _, c := range []struct {
		name    string
		fw      firmware.Profile
		promise ledger.Promise
		sync    bool
		outage  time.Duration
		lost    uint64 // blocks of 128
		class   ledger.Class
		cause   ledger.Cause
	}{
		{"write-back, nobody asks", honest(), ledger.Volatile, false, time.Minute, 128, ledger.AtRisk, ledger.NeverAsked},
		{"write-back, honest flush", honest(), ledger.Volatile, true, time.Minute, 0, 0, 0},
		{"write-back, honest FUA", honest(), ledger.Stable, false, time.Minute, 0, 0, 0},
		{"flush acknowledged only", acks, ledger.Volatile, true, time.Minute, 128, ledger.BrokenWord, ledger.FirmwareAcks},
		{"flush fails", fails, ledger.Volatile, true, time.Minute, 128, ledger.AtRisk, ledger.FirmwareFails},
		{"FUA ignored", ignores, ledger.Stable, false, time.Minute, 128, ledger.BrokenWord, ledger.FUAIgnored},
		{"write cache hidden", hidden, ledger.Stable, false, time.Minute, 128, ledger.BrokenWord, ledger.HiddenCache},
		{"member caches not flushed", memberCaches, ledger.Volatile, true, time.Minute, 128, ledger.BrokenWord, ledger.MembersUnflushed},
		{"write-through into member caches", through, ledger.Stable, false, time.Minute, 0, 0, 0}, // FUA goes to the medium
		{"battery, within hold-up", battery(72 * time.Hour), ledger.Volatile, true, 71 * time.Hour, 0, 0, 0},
		{"battery, beyond hold-up", battery(72 * time.Hour), ledger.Volatile, true, 73 * time.Hour, 128, ledger.BrokenWord, ledger.HoldUpExceeded},
		{"battery in a learn cycle writes through", learning, ledger.Stable, false, 73 * time.Hour, 0, 0, 0},
		{"vault covers half", vault, ledger.Volatile, true, time.Minute, 64, ledger.BrokenWord, ledger.VaultShort},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.fw, raid5of12)
			if c.cause == ledger.HiddenCache { // a plain WRITE: the host takes WCE=0 for a promise
				task := r.write(0, 128)
				r.l.Acknowledge(r.k.Now(), task.Version, ledger.Stable)
			} else {
				r.acknowledged(0, 128, c.promise)
			}
			if c.sync {
				r.sync()
			}
			r.cut(c.outage)
			losses := r.judge()
			var lost uint64
			for _, l := range losses {
				lost += l.Extent.Blocks
				if l.Class != c.class || l.Cause != c.cause {
					t.Errorf("%v %v, want %v %v", l.Class, l.Cause, c.class, c.cause)
				}
			}
			if lost != c.lost {
				t.Errorf("%d blocks lost, want %d: %+v", lost, c.lost, losses)
			}
		})
	}
}

func TestReset_Fates(t *testing.T) {
	for _, c := range []struct {
		name string
		fate firmware.CacheFate
		halt firmware.CacheFate
		lost bool
	}{
		{"keep", firmware.Keep, firmware.Keep, false},
		{"flush", firmware.Flush, firmware.Keep, false},
		{"drop", firmware.Drop, firmware.Keep, true},
		{"flush at halt, then drop", firmware.Drop, firmware.Flush, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			fw := honest()
			fw.HostReset, fw.Halt = c.fate, c.halt
			r := newRig(t, fw, raid5of12)
			r.acknowledged(0, 128, ledger.Volatile)
			r.c.Halt(r.k.Now())
			r.c.Reset(r.k.Now(), r.c.fw.HostReset, scsi.SenseBusReset, ledger.DroppedAtReset)
			r.settle()
			if lost := len(r.judge()) > 0; lost != c.lost {
				t.Fatalf("lost %v", lost)
			}
			if got := r.do(scsi.Command{Op: scsi.TestUnitReady}); !got.Sense.Is(scsi.SenseBusReset) {
				t.Fatalf("%v %v", got.Status, got.Sense)
			}
		})
	}
}

// A member that drops out takes nothing with it that parity covers.
func TestMemberFails_ReadsAreRebuilt(t *testing.T) {
	r := newRig(t, honest(), raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16})
	v := r.acknowledged(0, 144, ledger.Volatile)
	r.sync()
	r.c.array.FailMember(r.k.Now(), 1)
	r.c.cache.DropClean()
	if got := r.read(0, 144).Found; len(got) != 1 || got[0].Version != v {
		t.Fatalf("%+v", got)
	}
	r.acknowledged(8, 40, ledger.Volatile)
	r.sync()
	r.c.cache.DropClean()
	if losses := r.judge(); len(losses) != 0 {
		t.Fatalf("degraded write: %+v", losses)
	}
}

// The write hole: power goes between the data and the parity of a small write,
// and then a member with old, untouched data is missing.
func TestWriteHole_RebuildsGarbage(t *testing.T) {
	hit := false
	for delay := time.Millisecond; delay < 60*time.Millisecond && !hit; delay += 200 * time.Microsecond {
		fw := honest()
		fw.Write = firmware.WriteThrough
		r := newRig(t, fw, raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16})
		r.acknowledged(0, 48, ledger.Stable)
		r.settle()
		r.send(scsi.Write(block.Extent{Start: 0, Blocks: 8}))
		r.k.RunUntil(r.k.Now().Add(delay))
		r.cut(time.Second)
		member, _ := r.c.array.layout.Locate(16)
		r.c.array.FailMember(r.k.Now(), int(member))
		for _, l := range r.judge() {
			if l.Outcome == ledger.Garbage {
				hit = true
				if l.Class != ledger.BrokenWord || l.Cause != ledger.WriteHole || l.Extent.Start != 16 {
					t.Fatalf("%+v", l)
				}
			}
		}
	}
	if !hit {
		t.Fatal("no instant of the small write leaves a hole")
	}
}

func TestArrayLost(t *testing.T) {
	r := newRig(t, honest(), raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16})
	r.acknowledged(0, 48, ledger.Volatile)
	r.sync()
	r.c.array.FailMember(r.k.Now(), 0)
	r.c.array.FailMember(r.k.Now(), 1)
	r.c.cache.DropClean()
	for _, l := range r.judge() {
		if l.Class != ledger.BrokenWord || l.Cause != ledger.ArrayLost || l.Outcome != ledger.Unreadable {
			t.Fatalf("%+v", l)
		}
	}
	if got := r.do(scsi.Read(block.Extent{Blocks: 48})); !got.Sense.Is(scsi.SenseUnrecoveredRead) {
		t.Fatalf("%v %v", got.Status, got.Sense)
	}
	if got := r.do(scsi.Write(block.Extent{Blocks: 8})); !got.Sense.Is(scsi.SenseWriteError) {
		t.Fatalf("%v %v", got.Status, got.Sense)
	}
}

func TestSteadyState_DoesNotAllocate(t *testing.T) {
	fw := honest()
	fw.Write = firmware.WriteThrough
	r := newRig(t, fw, raid5of12)
	w := scsi.Write(block.Extent{Start: 8, Blocks: 8})
	task := r.send(w)
	r.settle()
	cdb := w.Encode()
	once := func() {
		task.CDB = cdb
		r.up = r.up[:0]
		r.c.Receive(r.k.Now(), task)
		for len(r.up) == 0 {
			r.k.Step()
		}
	}
	for range 100 {
		once()
	}
	if n := testing.AllocsPerRun(200, once); n != 0 {
		t.Fatalf("%v allocations a RAID-5 small write", n)
	}
}
