package host

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim/ledger"
)

// The probe of IOSCSIArchitectureModelFamily-139, with media reads at its end.
func TestProbeSequence(t *testing.T) {
	r := newRig(t, profile(), func(b *box) { b.blocks = 1 << 33 })
	want := strings.Split(`INQUIRY alloc 6
INQUIRY alloc 36
INQUIRY EVPD page 00h alloc 4
INQUIRY EVPD page 00h alloc 7
INQUIRY EVPD page 80h alloc 4
INQUIRY EVPD page 80h alloc 5
INQUIRY EVPD page 83h alloc 4
INQUIRY EVPD page 83h alloc 17
A0 00 00 00 00 00 00 00 00 08 00 00
TEST UNIT READY
INQUIRY EVPD page 00h alloc 4
INQUIRY EVPD page 00h alloc 7
INQUIRY EVPD page 80h alloc 4
INQUIRY EVPD page 80h alloc 5
INQUIRY EVPD page 83h alloc 4
INQUIRY EVPD page 83h alloc 17
TEST UNIT READY
INQUIRY alloc 6
INQUIRY alloc 36
MODE SENSE(6) page 08h current DBD alloc 4
MODE SENSE(6) page 08h current DBD alloc 24
TEST UNIT READY
READ CAPACITY(10)
READ CAPACITY(16)
MODE SENSE(10) page 03h current DBD alloc 32
MODE SENSE(10) page 04h current DBD alloc 32
MODE SENSE(6) page 3Fh current DBD alloc 4
READ(10) lba 0 blocks 1
READ(10) lba 1 blocks 1
READ(16) lba 8589934591 blocks 1`, "\n")
	if got := strings.Join(r.os.lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("probe:\n%s", got)
	}
	d := describe(r)
	if d.WriteCache != "enabled" || d.SizeBytes != 1<<42 || d.Media != "FAKE BOX Media" {
		t.Errorf("disk: %+v", d)
	}
}

func describe(r *rig) *workload.Disk {
	return r.calls(workload.Call{Op: workload.Describe})[0].Disk
}

// Below SPC-3 the driver never asks for more than 32 bits of capacity.
func TestANSI4_ShowsTwoTB(t *testing.T) {
	r := newRig(t, profile(), func(b *box) { b.blocks, b.ansi = 1<<33, scsi.VersionSPC2 })
	if d := describe(r); d.SizeBytes != 1<<41 {
		t.Errorf("size %d", d.SizeBytes)
	}
}

func TestProbe_WaitsForReadyAndSurvivesUnitAttention(t *testing.T) {
	attentions, notReady := 0, 0
	r := newRig(t, profile(), func(b *box) {
		b.answer = func(c *scsi.Command, task *sam.Task) bool {
			switch {
			case attentions < 2:
				attentions++
				task.Status, task.Sense = scsi.CheckCondition, scsi.SensePowerOn
				return true
			case c.Op == scsi.TestUnitReady && notReady < 10:
				notReady++
				task.Status, task.Sense = scsi.CheckCondition, scsi.SenseNotReadyBecoming
				return true
			}
			return false
		}
	})
	if !r.s.Present() || r.k.Now().Sub(0) < 9*readyWait {
		t.Errorf("present %v at %v", r.s.Present(), r.k.Now())
	}
}

// dd conv=fsync sends the same commands as dd: fsync(2) on a device node writes
// the host's buffers (spec_fsync) and asks the box for nothing.
func TestDDConvFsync_SendsNoSync(t *testing.T) {
	for _, node := range []string{"/dev/disk5", "/dev/rdisk5"} {
		r := newRig(t, profile(), nil)
		r.fresh()
		replies := r.dd(node, 0, 4<<20, 1<<20, workload.Call{Op: workload.Fsync})
		if replies[2].Err != workload.OK || r.os.syncs != 0 {
			t.Errorf("%s: fsync %v, %d SYNCs", node, replies[2].Err, r.os.syncs)
		}
		f := r.lastFlush()
		if f.By != ledger.ByFsync || f.Stop != ledger.NodeFsync || f.Good || !f.Done {
			t.Errorf("%s: ledger %+v", node, f)
		}
	}
}

func TestNode_FullFsyncIsENOTTY(t *testing.T) {
	r := newRig(t, profile(), nil)
	got := r.calls(workload.Call{Op: workload.Open, Path: "/dev/rdisk5", Flags: workload.ForWrite},
		workload.Call{Op: workload.FullFsync}, workload.Call{Op: workload.SyncCache})
	if got[1].Err != workload.ENOTTY || got[2].Err != workload.OK {
		t.Errorf("F_FULLFSYNC %v, DKIOCSYNCHRONIZECACHE %v", got[1].Err, got[2].Err)
	}
	if f := r.lastFlush(); f.By != ledger.ByProgram || !f.Good || f.Reached != ledger.AtDriver {
		t.Errorf("ledger %+v", f)
	}
}

// buf_bwrite returns 0 for an asynchronous write, and spec_fsync returns 0.
func TestBuffered_AsyncErrorsAreSwallowed(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.box.answer = failWrites
	replies := r.dd("/dev/disk5", 0, 1<<20, 1<<20, workload.Call{Op: workload.Fsync})
	for i, x := range replies {
		if x.Err != workload.OK {
			t.Errorf("call %d: %v", i, x.Err)
		}
	}
	if n := len(r.s.Log()); n != 64 || r.s.Log()[0].Text != "disk5: I/O error." {
		t.Errorf("%d lines in the kernel log", n)
	}
	if got := r.dd("/dev/rdisk5", 0, 1<<20, 1<<20)[1]; got.Err != workload.EIO || got.Bytes != 0 {
		t.Errorf("raw: %+v", got)
	}
}

func failWrites(c *scsi.Command, t *sam.Task) bool {
	if c.Class != scsi.ClassWrite {
		return false
	}
	t.Status, t.Sense = scsi.CheckCondition, scsi.SenseWriteError
	return true
}

func TestBuffered_FifteenInFlight(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.fresh()
	r.dd("/dev/disk5", 0, 8<<20, 1<<20)
	if r.os.deepest != 15 || len(r.os.writes) != 512 || r.os.reads != 0 {
		t.Errorf("deepest %d, %d WRITEs, %d READs", r.os.deepest, len(r.os.writes), r.os.reads)
	}
	if c := r.os.writes[0]; c.Op != scsi.Write10 || c.Extent.Bytes() != 16<<10 || c.FUA {
		t.Errorf("first WRITE %v", c)
	}
}

// With blocks smaller than a page each page is read once, on its first touch; the
// last one, only partly written, goes out at the close.
func TestSmallBlocks_ReadFillOncePerPage(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.fresh()
	r.dd("/dev/disk5", 0, 40<<10, 512)
	if r.os.reads != 3 || sizes(r.os.writes) != "0+32 32+32 64+32 " {
		t.Errorf("%d READs, WRITEs %s", r.os.reads, sizes(r.os.writes))
	}
	if w := r.l.Written(block.Version(r.l.Writes())); w.Payload != (block.Extent{Start: 64, Blocks: 16}) {
		t.Errorf("the fill of the last page counts as written by the program: %v", w.Payload)
	}
}

// What a WRITE only carried along reads back as what it was.
func TestReading_FillIsTheOlderVersion(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.dd("/dev/rdisk5", 0, 16<<10, 16<<10) // version 1
	r.dd("/dev/disk5", 512, 512, 512)      // version 2: one page, one block of it new
	r.s.ForgetReadings()
	read := workload.Call{Op: workload.Read, Bytes: 16 << 10, Request: 16 << 10}
	r.calls(workload.Call{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForRead}, read, workload.Call{Op: workload.Close})
	got := r.s.Readings()
	want := []block.Run{{Extent: block.Extent{Blocks: 1}, Version: 1},
		{Extent: block.Extent{Start: 1, Blocks: 1}, Version: 2}, {Extent: block.Extent{Start: 2, Blocks: 30}, Version: 1}}
	if len(got) != 1 || len(got[0].Runs) != 3 || [3]block.Run(got[0].Runs) != [3]block.Run(want) {
		t.Errorf("%+v", got)
	}
}

func TestBuffered_ReadsOnePageAhead(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.fresh()
	got := r.calls(workload.Call{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForRead},
		workload.Call{Op: workload.Read, Bytes: 1 << 20, Request: 512}, workload.Call{Op: workload.Close})
	if got[1].Bytes != 1<<20 || r.os.reads != 65 || r.os.deepest != 2 {
		t.Errorf("%d bytes, %d READs, deepest %d", got[1].Bytes, r.os.reads, r.os.deepest)
	}
}

func TestRaw_QD1AndSplit(t *testing.T) {
	for _, c := range []struct {
		name     string
		bytes    uint64
		segments int
		request  uint64
		writes   string
	}{
		{"default", 0, 1 << 16, 1 << 20, "0+2048 2048+2048 "},
		{"bytes", 768 << 10, 1 << 16, 1 << 20, "0+1536 1536+512 2048+1536 3584+512 "},
		{"segments", 0, 32, 1 << 20, "0+1024 1024+1024 2048+1024 3072+1024 "},
	} {
		p := profile()
		p.MaxBytes, p.MaxSegments = c.bytes, c.segments
		r := newRig(t, p, nil)
		r.fresh()
		r.dd("/dev/rdisk5", 0, 2<<20, c.request)
		if r.os.deepest != 1 || sizes(r.os.writes) != c.writes {
			t.Errorf("%s: deepest %d, %s", c.name, r.os.deepest, sizes(r.os.writes))
		}
	}
	r := newRig(t, profile(), nil)
	if got := r.dd("/dev/rdisk5", 0, 1000, 100)[1].Err; got != workload.EINVAL {
		t.Errorf("100 bytes: %v", got)
	}
	if got := r.dd("/dev/rdisk5", 1<<37-1<<20, 2<<20, 1<<20)[1]; got.Err != workload.ENOSPC || got.Bytes != 1<<20 {
		t.Errorf("across the end: %+v", got)
	}
}

// The boundary of READ(10) and WRITE(10) is the start address alone.
func TestSixteenByteCommandsFrom2To32(t *testing.T) {
	r := newRig(t, profile(), func(b *box) { b.blocks = 1 << 33 })
	r.fresh()
	r.dd("/dev/rdisk5", (1<<32-8)*block.Size, 16<<10, 8<<10)
	if len(r.os.writes) != 2 || r.os.writes[0].Op != scsi.Write10 || r.os.writes[1].Op != scsi.Write16 {
		t.Errorf("%v", r.os.lines)
	}
}

// SYNCHRONIZE CACHE is sent only if MODE SENSE has shown a write cache.
func TestWriteCacheGate(t *testing.T) {
	off := func(b *box) { b.mode.Current.Caching.WCE, b.mode.Changeable.Caching.WCE = false, false }
	broken := func(b *box) {
		b.answer = func(c *scsi.Command, task *sam.Task) bool {
			if c.Op == scsi.ModeSense6 && c.Page == scsi.PageCaching {
				task.Status, task.Sense = scsi.CheckCondition, scsi.SenseInvalidFieldInCDB
				return true
			}
			return false
		}
	}
	for _, c := range []struct {
		name    string
		gate    bool
		box     func(*box)
		cache   string
		syncs   int
		promise ledger.Promise
	}{
		{"on", true, nil, "enabled", 1, ledger.Volatile},
		{"off", true, off, "disabled", 0, ledger.Stable},
		{"unknown", true, broken, "unknown", 0, ledger.Volatile},
		{"unknown, no gate", false, broken, "unknown", 1, ledger.Volatile},
		{"turned on", true, func(b *box) { b.mode.Current.Caching.WCE = false }, "enabled", 1, ledger.Volatile},
	} {
		p := profile()
		p.CacheGate = c.gate
		r := newRig(t, p, c.box)
		r.fresh()
		got := r.dd("/dev/rdisk5", 0, 4096, 4096, workload.Call{Op: workload.SyncCache})
		if r.os.syncs != c.syncs || got[2].Err != workload.OK || describe(r).WriteCache != c.cache {
			t.Errorf("%s: %d SYNCs, %v, cache %s", c.name, r.os.syncs, got[2].Err, describe(r).WriteCache)
		}
		f := r.lastFlush()
		if unseen := c.syncs == 0; !f.Good || unseen != (f.Stop == ledger.CacheUnseen) {
			t.Errorf("%s: %+v", c.name, f)
		}
		if w := r.l.Written(1); w.Promise != c.promise {
			t.Errorf("%s: promise %v", c.name, w.Promise)
		}
	}
}

func TestFlush_TimesOutAfter30s(t *testing.T) {
	r := newRig(t, profile(), func(b *box) { b.sync = time.Minute })
	began := r.k.Now()
	got := r.calls(workload.Call{Op: workload.Open, Path: "/dev/rdisk5", Flags: workload.ForWrite}, workload.Call{Op: workload.SyncCache})
	if got[1].Err != workload.EIO || r.k.Now().Sub(began) != flushTimeout {
		t.Errorf("%v after %v", got[1].Err, r.k.Now().Sub(began))
	}
	if f := r.lastFlush(); f.Good || f.Stop != ledger.FlushCut {
		t.Errorf("%+v", f)
	}
	r.k.RunUntil(r.k.Now().Add(time.Hour)) // the late status is for nobody
	if c := r.s.commands[0]; c.state != free {
		t.Errorf("the command is in state %d", c.state)
	}
}

// A killed program does not leave its coroutine behind.
func TestCoroutinesDoNotLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		r := newRig(t, profile(), nil)
		r.s.Start("dd", func(sh workload.Shell) int {
			f := sh.Call(workload.Call{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForWrite}).File
			sh.Call(workload.Call{Op: workload.Write, File: f, Bytes: 1 << 30, Request: 1 << 20})
			t.Error("the program outlived the power")
			return 0
		}, func(int) { t.Error("a killed program has no exit status") })
		r.s.Start("sleep", func(sh workload.Shell) int { sh.Sleep(time.Hour); return 0 }, nil)
		r.k.RunUntil(r.k.Now().Add(10 * time.Millisecond))
		r.s.PowerFail(r.k.Now())
		r.link.Down(r.k.Now())
		r.k.RunUntil(r.k.Now().Add(time.Second))
	}
	after := runtime.NumGoroutine()
	for i := 0; i < 100 && after > before; i++ { // one that has ended may take a moment to go
		runtime.Gosched()
		after = runtime.NumGoroutine()
	}
	if after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// One page through node, driver and link allocates nothing once everything has
// its size.
func TestBufferedWrite_DoesNotAllocate(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.link.TapTarget, r.s.Driver().TapDriver = nil, nil
	r.s.Start("dd", func(sh workload.Shell) int {
		f := sh.Call(workload.Call{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForWrite}).File
		for {
			sh.Call(workload.Call{Op: workload.Write, File: f, Bytes: 64 << 20, Request: 1 << 20})
		}
	}, nil)
	writes := func() { // 1024 pages
		for stop := r.l.Writes() + 1024; r.l.Writes() < stop; {
			r.k.Step()
		}
	}
	for range 8 {
		writes()
	}
	if n := testing.AllocsPerRun(5, writes); n > 30 { // the ledger, the map of the box: a few an 1024
		t.Errorf("%v allocations in 1024 pages", n)
	}
	r.s.PowerFail(r.k.Now())
}
