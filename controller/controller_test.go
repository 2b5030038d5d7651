package controller

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tbraid/cache/replace"
	"tbraid/controller/raid"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
)

func TestWriteBack_AcknowledgesFromCache(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	r.write(0, 256)
	if n := r.c.array.Counts().Writes; n != 0 {
		t.Fatalf("%d member writes before anyone asked", n)
	}
	// 10 µs a command and 128 KiB at 8 GiB/s (15.2 µs), nothing else.
	if got := time.Duration(r.k.Now()); got != 25258*time.Nanosecond {
		t.Fatalf("acknowledged after %v", got)
	}
}

// RAID-5, a small write: read old data and old parity, write both.
func TestSmallWrite_TwoReadsTwoWrites(t *testing.T) {
	fw := honest()
	fw.Write = firmware.WriteThrough
	r := newRig(t, fw, raid5of12)
	r.write(8, 8)
	n := r.c.array.Counts()
	if n.Reads != 2 || n.Writes != 2 || n.Full != 0 {
		t.Fatalf("%+v", n)
	}
}

// A full stripe of 12 members costs 12 chunk writes for 11 chunks of data.
func TestFullStripe_Amplification(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	stripe := r.c.array.layout.StripeBlocks()
	r.write(0, stripe)
	r.good(r.do(scsi.SyncAll()))
	n := r.c.array.Counts()
	if n.Reads != 0 || n.Writes != 12 || n.Full != 1 || n.WrittenBlocks*11 != stripe*12 {
		t.Fatalf("%+v", n)
	}
}

// A sequential stream of full stripes, write-through, one at a time, to members
// without mechanics. Each WRITE of 704 KiB takes, added up by hand:
//
//	20 us                  the controller's processor: two transfers of up to 512 KiB
//	83.923 us              704 KiB into its memory at 8 GiB/s
//	10 us                  the drive's command processing
//	128 us                 a chunk of 64 KiB at 512 MB/s, on all members at once
//	50 us                  programming
func TestWriteThrough_SequentialStream(t *testing.T) {
	fw := honest()
	fw.Write = firmware.WriteThrough
	r := newRigOf(t, fw, raid5of12, testSSD)
	stripe := r.c.array.layout.StripeBlocks()
	const n = 32
	for i := range uint64(n) {
		r.write(i*stripe, stripe)
	}
	const each = 20_000 + 83_923 + 10_000 + 128_000 + 50_000
	if got := r.k.Now(); got != n*each {
		t.Fatalf("%d ns a stripe, want %d", got/n, each)
	}
	if c := r.c.array.Counts(); c.Writes != 12*n || c.Reads != 0 || c.WrittenBlocks*11 != n*stripe*12 {
		t.Fatalf("%+v", c)
	}
}

func TestReadHit_NeedsNoMember(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	w := r.write(100, 16)
	got := r.read(104, 8)
	if len(got.Found) != 1 || got.Found[0].Version != w.Version || r.c.array.Counts().Reads != 0 {
		t.Fatalf("%+v, %+v", got.Found, r.c.array.Counts())
	}
}

// A READ that spans cached and uncached blocks is put together in order.
func TestRead_MixesCacheAndMembers(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	old := r.l.Issue(0, block.Extent{Blocks: 64}, block.Extent{Blocks: 64}, false)
	r.c.Prefill(block.Extent{Blocks: 64}, old)
	w := r.write(16, 8)
	got := r.read(8, 24).Found
	want := []block.Run{{Extent: block.Extent{Start: 8, Blocks: 8}, Version: old},
		{Extent: block.Extent{Start: 16, Blocks: 8}, Version: w.Version},
		{Extent: block.Extent{Start: 24, Blocks: 8}, Version: old}}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Fatalf("%+v", got)
	}
}

// A WRITE larger than the cache goes in as room is made.
func TestWrite_LargerThanTheCacheStallsAndEnds(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	r.write(0, 3*testSpec.CacheBytes/block.Size)
	if r.c.array.Counts().WrittenBlocks == 0 {
		t.Fatal("nothing was destaged")
	}
}

func TestAge_DestagesInTime(t *testing.T) {
	fw := honest()
	fw.Destage.Age = 4 * time.Second
	r := newRig(t, fw, raid5of12)
	r.write(0, 8)
	wrote := r.k.Now()
	r.k.RunUntil(wrote.Add(4*time.Second - 1))
	if r.c.array.Counts().Writes != 0 {
		t.Fatal("destaged before its age")
	}
	r.k.RunUntil(wrote.Add(4*time.Second + 100*time.Millisecond))
	if r.c.CacheStats().DirtyPages != 0 {
		t.Fatal("still dirty")
	}
}

func TestInterval_FlushesOnTheBeat(t *testing.T) {
	fw := honest()
	fw.Destage.Interval = 4 * time.Second
	r := newRig(t, fw, raid5of12)
	r.k.RunUntil(sim.Time(3 * time.Second))
	r.write(0, 8)
	r.k.RunUntil(sim.Time(4*time.Second + 100*time.Millisecond))
	if r.c.CacheStats().DirtyPages != 0 {
		t.Fatal("still dirty after the beat")
	}
}

func TestIdle_DestagesWhenTheHostIsSilent(t *testing.T) {
	fw := honest()
	fw.Destage.Idle = time.Second
	r := newRig(t, fw, raid5of12)
	for range 5 {
		r.write(0, 8)
		r.k.RunUntil(r.k.Now().Add(700 * time.Millisecond))
	}
	if r.c.array.Counts().Writes != 0 {
		t.Fatal("destaged while the host was busy")
	}
	r.k.RunUntil(r.k.Now().Add(time.Second))
	if r.c.CacheStats().DirtyPages != 0 {
		t.Fatal("still dirty")
	}
}

func TestOnRead_DestagesOnlyWhatWasRead(t *testing.T) {
	fw := honest()
	fw.Destage.OnRead = true
	r := newRig(t, fw, raid5of12)
	stripe := r.c.array.layout.StripeBlocks()
	r.write(0, stripe)
	r.write(5*stripe, stripe)
	r.read(5*stripe, 8)
	r.settle()
	if s := r.c.CacheStats(); s.DirtyBlocks != stripe {
		t.Fatalf("%d blocks dirty", s.DirtyBlocks)
	}
}

func TestSense(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	last := block.LBA(r.c.Blocks())
	bad := scsi.CDB{Len: 6}
	bad.Bytes[0] = 0xc0
	for _, c := range []struct {
		name string
		cdb  scsi.CDB
		want scsi.Sense
	}{
		{"beyond the end", scsi.Read(block.Extent{Start: last, Blocks: 1}).Encode(), scsi.SenseLBAOutOfRange},
		{"straddles the end", scsi.Write(block.Extent{Start: last - 1, Blocks: 2}).Encode(), scsi.SenseLBAOutOfRange},
		{"zero blocks beyond the end", scsi.Read(block.Extent{Start: last + 1}).Encode(), scsi.SenseLBAOutOfRange},
		{"sync beyond the end", scsi.Command{Op: scsi.SyncCache16, Class: scsi.ClassSync, Extent: block.Extent{Start: last + 1, Blocks: 1}}.Encode(), scsi.SenseLBAOutOfRange},
		{"unknown opcode", bad, scsi.SenseInvalidOpcode},
		{"unmap on a full volume", scsi.Command{Op: scsi.Unmap, Class: scsi.ClassUnmap, Alloc: 24}.Encode(), scsi.SenseInvalidOpcode},
		{"no such VPD page", scsi.Command{Op: scsi.Inquiry, EVPD: true, Page: 0xb2, Alloc: 64}.Encode(), scsi.SenseInvalidFieldInCDB},
	} {
		task := &sam.Task{CDB: c.cdb}
		r.c.Receive(r.k.Now(), task)
		r.settle()
		if task.Status != scsi.CheckCondition || !task.Sense.Is(c.want) {
			t.Errorf("%s: %v %v, want %v", c.name, task.Status, task.Sense, c.want)
		}
	}
}

func TestUnitAttention_OnceAfterPowerOn(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	r.cut(time.Minute)
	if got := r.do(scsi.Command{Op: scsi.Inquiry, Alloc: 36}); got.Status != scsi.Good || len(got.DataIn) != 36 {
		t.Fatalf("INQUIRY reports no unit attention: %v", got.Status)
	}
	if got := r.do(scsi.Command{Op: scsi.TestUnitReady}); !got.Sense.Is(scsi.SensePowerOn) {
		t.Fatalf("first: %v %v", got.Status, got.Sense)
	}
	r.good(r.do(scsi.Command{Op: scsi.TestUnitReady}))
}

func TestNotReady_WhileBooting(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	r.c.PowerFail(0)
	r.c.PowerReturn(0)
	r.do(scsi.Command{Op: scsi.TestUnitReady}) // the unit attention
	if got := r.do(scsi.Command{Op: scsi.TestUnitReady}); !got.Sense.Is(scsi.SenseNotReadyBecoming) {
		t.Fatalf("%v %v", got.Status, got.Sense)
	}
	r.k.RunUntil(sim.Time(testSpec.Boot))
	r.good(r.do(scsi.Command{Op: scsi.TestUnitReady}))
}

func TestStopUnit_FlushesFirst(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	r.write(0, 64)
	r.good(r.do(scsi.Command{Op: scsi.StartStopUnit}))
	if r.c.CacheStats().DirtyPages != 0 {
		t.Fatal("stopped with dirty pages")
	}
	if got := r.do(scsi.Read(block.Extent{Blocks: 1})); !got.Sense.Is(scsi.SenseNotReadyStart) {
		t.Fatalf("%v %v", got.Status, got.Sense)
	}
	r.good(r.do(scsi.Command{Op: scsi.StartStopUnit, Start: true}))
	r.read(0, 1)
}

func TestQueue_FullIsTaskSetFull(t *testing.T) {
	r := newRig(t, honest(), raid5of12)
	var tasks []*sam.Task
	for range testSpec.Queue + 1 {
		tasks = append(tasks, r.send(scsi.Command{Op: scsi.TestUnitReady}))
	}
	r.settle()
	for i, task := range tasks {
		if want := scsi.Good; i < testSpec.Queue && task.Status != want {
			t.Fatalf("command %d: %v", i, task.Status)
		}
	}
	if got := tasks[testSpec.Queue].Status; got != scsi.TaskSetFull {
		t.Fatalf("one too many: %v", got)
	}
}

// Overlapping commands take effect in the order in which they came, and one that
// overlaps nothing is not held up.
func TestHazard_OrderOfOverlappingCommands(t *testing.T) {
	fw := honest()
	fw.Write = firmware.WriteThrough // slow writes
	r := newRig(t, fw, raid5of12)
	w := r.send(scsi.Write(block.Extent{Blocks: 16}))
	rd := r.send(scsi.Read(block.Extent{Start: 8, Blocks: 16}))
	w2 := r.send(scsi.Write(block.Extent{Start: 16, Blocks: 8}))
	r.settle()
	if len(r.up) != 3 || r.up[0] != w || r.up[1] != rd || r.up[2] != w2 {
		t.Fatal("overlapping commands ended out of order")
	}
	if f := rd.Found; len(f) != 2 || f[0].Version != w.Version || f[1].Version != 0 {
		t.Fatalf("the READ found %+v", f)
	}
}

// Random commands on random geometries, with every write policy: a READ finds
// the newest version issued before it, and after SYNCHRONIZE CACHE and a power
// cut everything acknowledged before is there.
func TestController_AgainstArrayOfVersions(t *testing.T) {
	geometries := []raid.Geometry{{Level: raid.RAID0, Members: 3, ChunkBlocks: 16}, {Level: raid.RAID1, Members: 2, ChunkBlocks: 16},
		{Level: raid.RAID5, Members: 4, ChunkBlocks: 16}, {Level: raid.RAID6, Members: 5, ChunkBlocks: 16},
		{Level: raid.RAID10, Members: 4, ChunkBlocks: 16}}
	rapid.Check(t, func(rt *rapid.T) {
		fw := honest()
		fw.Write = rapid.SampledFrom([]firmware.WriteMode{firmware.WriteBack, firmware.WriteThrough}).Draw(rt, "write")
		fw.Destage.Order = rapid.SampledFrom([]firmware.Order{firmware.OldestFirst, firmware.FullestFirst, firmware.Elevator, firmware.WOW}).Draw(rt, "order")
		fw.Destage.Rate = rapid.SampledFrom([]firmware.Rate{firmware.FullRate, firmware.LinearThreshold}).Draw(rt, "rate")
		fw.Replace = replace.Kind(rapid.IntRange(0, int(replace.S3FIFO)).Draw(rt, "replace"))
		fw.MemberCaches = rapid.Bool().Draw(rt, "member caches")
		fw.Destage.OnRead = rapid.Bool().Draw(rt, "on read")
		fw.ReadAhead = 16 << 10
		if rapid.Bool().Draw(rt, "aged") {
			fw.Destage.Age = 20 * time.Millisecond
		}
		r := newRig(t, fw, rapid.SampledFrom(geometries).Draw(rt, "geometry"))
		const span = 512
		var newest, stable [span]block.Version
		var open []*sam.Task
		for range rapid.IntRange(1, 60).Draw(rt, "commands") {
			start := rapid.Uint64Range(0, span-1).Draw(rt, "start")
			e := block.Extent{Start: block.LBA(start), Blocks: rapid.Uint64Range(1, min(64, span-start)).Draw(rt, "blocks")}
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0, 1, 2, 3:
				c := scsi.Write(e)
				c.FUA = rapid.IntRange(0, 4).Draw(rt, "fua") == 0
				task := r.send(c)
				open = append(open, task)
				for a := e.Start; a < e.End(); a++ {
					newest[a] = task.Version
				}
			case 4, 5, 6:
				r.drain(open)
				open = open[:0]
				at := e.Start
				for _, f := range r.read(start, e.Blocks).Found {
					for ; at < f.Extent.End(); at++ {
						if f.Version != newest[at] {
							rt.Fatalf("block %d reads %d, newest is %d", at, f.Version, newest[at])
						}
					}
				}
			case 7:
				r.drain(open)
				open = open[:0]
				r.good(r.do(scsi.SyncAll()))
				stable = newest
			case 8:
				r.k.RunUntil(r.k.Now().Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "ms")) * time.Millisecond))
			case 9:
				r.cut(time.Second)
				open = open[:0]
				r.do(scsi.Command{Op: scsi.TestUnitReady})
				for a, f := block.LBA(0), r.c.Content(nil, block.Extent{Blocks: span}); a < span; a++ {
					for f[0].Extent.End() <= a {
						f = f[1:]
					}
					if v := f[0].Version; v < stable[a] || v > newest[a] {
						rt.Fatalf("block %d holds %d after the cut: stable %d, newest %d", a, v, stable[a], newest[a])
					}
					newest[a], stable[a] = f[0].Version, f[0].Version
				}
			}
		}
	})
}

func (r *rig) drain(open []*sam.Task) {
	for _, t := range open {
		r.k.RunWhile(func() bool { return !r.ended(t) })
	}
}

// A sequential reader finds what was read ahead.
func TestReadAhead(t *testing.T) {
	fw := honest()
	fw.ReadAhead = 64 << 10
	r := newRig(t, fw, raid5of12)
	r.read(0, 8)
	r.read(8, 8) // sequential now: reads on to block 144
	before := r.c.array.Counts().Reads
	r.read(16, 128)
	if n := r.c.array.Counts().Reads; n != before {
		t.Fatalf("%d member reads for blocks that were read ahead", n-before)
	}
	r.read(4000, 8)
	if n := r.c.array.Counts().ReadBlocks; n != 8+136+8 {
		t.Fatalf("%d blocks read: a random read reads nothing ahead", n)
	}
}

// WRITEs of at least the bypass size go to the members and are not kept.
func TestBypass(t *testing.T) {
	fw := honest()
	fw.BypassBytes = 64 << 10
	r := newRig(t, fw, raid5of12)
	r.write(0, 127)
	if r.c.array.Counts().Writes != 0 {
		t.Fatal("a smaller WRITE went past the cache")
	}
	r.write(1024, 128)
	if s := r.c.CacheStats(); r.c.array.Counts().Writes == 0 || s.Pages != 16 {
		t.Fatalf("%+v", s)
	}
}

// What was acknowledged and cannot be destaged is told with the next command.
func TestDeferredError(t *testing.T) {
	r := newRig(t, honest(), raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16})
	r.write(0, 8)
	task := r.send(scsi.SyncAll())
	r.k.RunUntil(r.k.Now().Add(time.Millisecond)) // the destage reads
	r.c.array.FailMember(r.k.Now(), 0)
	r.c.array.FailMember(r.k.Now(), 1)
	r.settle()
	if !r.ended(task) || !task.Sense.Is(scsi.SenseWriteError) || task.Sense.Deferred {
		t.Fatalf("the flush: %v %v", task.Status, task.Sense)
	}
	got := r.do(scsi.Command{Op: scsi.TestUnitReady})
	if !got.Sense.Is(scsi.SenseWriteError) || !got.Sense.Deferred {
		t.Fatalf("the next command: %v %v", got.Status, got.Sense)
	}
	r.good(r.do(scsi.Command{Op: scsi.TestUnitReady}))
}

func TestProtectionReports(t *testing.T) {
	fw := battery(time.Hour)
	fw.Protection.State, fw.Protection.Reports = firmware.Failed, true
	r := newRig(t, fw, raid5of12)
	r.c.powerOn()
	r.do(scsi.Command{Op: scsi.TestUnitReady})
	if got := r.do(scsi.Command{Op: scsi.TestUnitReady}); !got.Sense.Is(scsi.SenseNVCacheVolatile) {
		t.Fatalf("%v %v", got.Status, got.Sense)
	}
}
