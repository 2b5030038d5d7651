package host

import (
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim/ledger"
)

func dext() Profile {
	p := profile()
	p.Driver.Kind, p.Driver.Overhead, p.Shutdown.DriverGoneFirst = DEXT, 60*time.Microsecond, true
	return p
}

// xnu terminates DriverKit extensions before the notification in which the block
// driver flushes, so the flush has no driver to go through.
func TestRestart_DEXTGoneBeforeFlush(t *testing.T) {
	r := newRig(t, dext(), nil)
	r.dd("/dev/disk5", 0, 1<<20, 1<<20)
	r.fresh()
	r.shutdown()
	f := r.lastFlush()
	if r.os.syncs != 0 || f.By != ledger.ByShutdown || f.Stop != ledger.DriverGone || f.Good || !f.Done {
		t.Errorf("%d SYNCs, %+v", r.os.syncs, f)
	}
	if !r.s.Dead() || r.s.Present() != true {
		t.Errorf("dead %v", r.s.Dead())
	}
}

// A DriverKit extension that sees the halt state can flush by itself.
func TestRestart_DEXTFlushesAtHalt(t *testing.T) {
	p := dext()
	p.Driver.FlushAtHalt, p.Driver.Sync = true, Swallow
	r := newRig(t, p, nil)
	r.fresh()
	r.shutdown()
	f := r.l.Flushes()
	if r.tap.syncs != 1 || r.os.syncs != 0 || len(f) != 2 || f[0].By != ledger.ByHaltHook || !f[0].Good {
		t.Errorf("%d SYNCs at the box, %d from the system, %+v", r.tap.syncs, r.os.syncs, f)
	}
}

func TestRestart_KEXTFlushesWithin5s(t *testing.T) {
	r := newRig(t, profile(), func(b *box) { b.sync = 1660 * time.Millisecond }) // 1 GiB at 645 MB/s
	r.fresh()
	r.shutdown()
	if f := r.lastFlush(); r.tap.syncs != 1 || f.By != ledger.ByShutdown || !f.Good || f.Ended.Sub(f.Asked) < r.box.sync {
		t.Errorf("%d SYNCs, %+v", r.tap.syncs, f)
	}
}

func TestRestart_KEXTGivesUpAfter5s(t *testing.T) {
	r := newRig(t, profile(), func(b *box) { b.sync = 6700 * time.Millisecond }) // 4 GiB
	r.shutdown()
	f := r.lastFlush()
	if f.Good || f.Stop != ledger.FlushCut || f.Ended.Sub(f.Asked) != 5*time.Second {
		t.Errorf("%+v", f)
	}
	if log := r.s.Log(); len(log) != 1 || log[0].Text != "disk5: shutdown thread timed out" {
		t.Errorf("%v", log)
	}
}

// A restart kills programs; closing their files still writes the host's buffers
// out, and only then comes the flush.
func TestRestart_DrainsTheNodesOfKilledPrograms(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.fresh()
	p := r.s.Start("dd", func(sh workload.Shell) int {
		sh.Call(workload.Call{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForWrite})
		sh.Call(workload.Call{Op: workload.Write, Bytes: 1000, Request: 1000})
		sh.Sleep(time.Hour)
		return 0
	}, nil)
	r.k.RunUntil(r.k.Now().Add(time.Second))
	if len(r.os.writes) != 0 {
		t.Fatal("a partly written page is a delayed write")
	}
	r.shutdown()
	if len(r.os.writes) != 1 || r.os.syncs != 1 || r.os.lines[len(r.os.lines)-1] != scsi.SyncAll().String() {
		t.Errorf("%v", r.os.lines)
	}
	if _, ok := p.Exit(); ok {
		t.Error("a killed program has an exit status")
	}
}

var hfsVolume = []VolumeSpec{{FileSystem: "hfs", Name: "RAID", Mount: "/Volumes/RAID", Extent: block.Extent{Start: 40960, Blocks: 1 << 22}}}

func TestUnmount_FlushesTheWholeLUN(t *testing.T) {
	r := newRig(t, dext(), nil)
	r.do(Provision(hfsVolume))
	r.fresh()
	r.shutdown()
	flushes := r.l.Flushes()
	n := len(flushes)
	if n < 2 || flushes[n-2].By != ledger.ByUnmount || !flushes[n-2].Good || !(flushes[n-2].Extent == block.Extent{}) {
		t.Errorf("%+v", flushes)
	}
	if flushes[n-1].Stop != ledger.DriverGone {
		t.Errorf("%+v", flushes[n-1])
	}
}

func copyFile(path string, bytes uint64) workload.Program {
	return func(sh workload.Shell) int {
		f := sh.Call(workload.Call{Op: workload.Open, Path: path, Flags: workload.ForWrite | workload.Create | workload.Truncate})
		if f.Err != workload.OK {
			return 1
		}
		sh.Call(workload.Call{Op: workload.Preallocate, File: f.File, Bytes: bytes})
		for at := uint64(0); at < bytes; at += 1 << 20 {
			n := min(1<<20, bytes-at)
			sh.Call(workload.Call{Op: workload.Write, File: f.File, Offset: at, Bytes: n, Request: n, Content: workload.Copy})
		}
		sh.Call(workload.Call{Op: workload.SetLength, File: f.File, Bytes: bytes})
		sh.Call(workload.Call{Op: workload.Close, File: f.File})
		return 0
	}
}

// A copy sends no flush of its own; the journal flushes the whole LUN for it,
// 0.1 s after the metadata have gone quiet.
func TestCopy_IsFlushedByTheJournal(t *testing.T) {
	for _, kind := range []string{"hfs", "apfs"} {
		r := newRig(t, profile(), nil)
		spec := hfsVolume[0]
		spec.FileSystem = kind
		r.do(Provision([]VolumeSpec{spec}))
		r.fresh()
		if p := r.do(copyFile("/Volumes/RAID/檔案", 8<<20+700)); p.exit != 0 {
			t.Fatalf("%s: exit %d", kind, p.exit)
		}
		if r.os.syncs != 0 || len(r.os.writes) == 0 || r.os.writes[0].Extent.Bytes() != 1<<20 {
			t.Errorf("%s: while copying: %v", kind, r.os.lines)
		}
		r.k.RunUntil(r.k.Now().Add(6 * time.Second))
		if r.os.syncs != 2 {
			t.Errorf("%s: after the syncer: %v", kind, r.os.lines)
		}
		f := r.lastFlush()
		if f.By != ledger.ByFileSystem || !f.Good {
			t.Errorf("%s: %+v", kind, f)
		}
		r.restart(profile())
		r.mustHave("/Volumes/RAID/檔案", 8<<20+700, kind)
	}
}

// restart runs an orderly restart into another host and mounts the volume.
func (r *rig) restart(p Profile) {
	m := r.s.Memory()
	r.shutdown()
	r.boot(p, m)
	r.mount()
}

func (r *rig) mount() {
	r.t.Helper()
	got := r.calls(workload.Call{Op: workload.Mount, Path: "disk5s1", Target: "/Volumes/RAID"})
	if got[0].Err != workload.OK {
		r.t.Fatalf("mount: %v", got[0].Err)
	}
}

func (r *rig) mustHave(path string, bytes uint64, what string) {
	r.t.Helper()
	r.s.ForgetReadings()
	got := r.calls(workload.Call{Op: workload.Stat, Path: path},
		workload.Call{Op: workload.Open, Path: path, Flags: workload.ForRead},
		workload.Call{Op: workload.Read, Bytes: bytes, Request: 1 << 20})
	if got[0].Size != bytes || got[2].Bytes != bytes {
		r.t.Fatalf("%s: %+v", what, got)
	}
	blocks := uint64(0)
	for _, x := range r.s.Readings()[0].Runs {
		if x.Version == 0 {
			r.t.Errorf("%s: %v was never written", what, x.Extent)
		}
		blocks += x.Extent.Blocks
	}
	if blocks != (bytes+511)/512 {
		r.t.Errorf("%s: %d blocks read", what, blocks)
	}
}

// A file whose record was only in the journal is there after the replay; without
// the journal it is not.
func TestMount_ReplaysTheJournal(t *testing.T) {
	for _, keep := range []bool{true, false} {
		r := newRig(t, profile(), nil)
		r.do(Provision(hfsVolume))
		v := r.s.volumes[0]
		h := v.format.(*hfs)
		before := r.content(h.catalog)
		r.do(copyFile("/Volumes/RAID/a", 1<<20))
		r.k.RunUntil(r.k.Now().Add(time.Second))
		r.s.PowerFail(r.k.Now())
		for _, x := range before { // the in-place writes never reached the medium
			r.box.content.Set(x.Extent, x.Value)
		}
		if !keep {
			r.box.content.Set(block.Extent{Start: h.journal.Start + allocation, Blocks: 4}, 0)
		}
		r.boot(profile(), r.s.Memory())
		r.mount()
		got := r.calls(workload.Call{Op: workload.Stat, Path: "/Volumes/RAID/a"})[0]
		if (got.Err == workload.OK) != keep {
			t.Errorf("journal kept %v: %v", keep, got.Err)
		}
	}
}

func (r *rig) content(e block.Extent) []block.Value[block.Version] {
	return r.box.content.Append(nil, e)
}

// A partition map is read from the copy at the end when the first one is gone,
// and is gone when a table and its header do not belong together.
func TestReprobe_NeedsAMatchingPair(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.do(Provision(hfsVolume))
	r.calls(workload.Call{Op: workload.Unmount, Path: "disk5"})
	reprobe := func() int {
		r.calls(workload.Call{Op: workload.Reprobe, Path: "disk5"})
		return len(describe(r).Slices)
	}
	r.box.content.Set(block.Extent{Start: 1, Blocks: 1}, 0)
	if n := reprobe(); n != 1 {
		t.Errorf("without the first header: %d slices", n)
	}
	r.box.content.Set(block.Extent{Start: block.LBA(r.box.blocks - 2), Blocks: 1}, 0)
	if n := reprobe(); n != 0 {
		t.Errorf("with half of the second table: %d slices", n)
	}
}

// A lost header is a lost volume, whatever the programs believe.
func TestMount_LostHeader(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.do(Provision(hfsVolume))
	r.calls(workload.Call{Op: workload.Unmount, Path: "/Volumes/RAID"})
	r.box.content.Set(block.Extent{Start: 40962, Blocks: 1}, 0)
	got := r.calls(workload.Call{Op: workload.Mount, Path: "disk5s1", Target: "/Volumes/RAID", Detail: "hfs"})
	if got[0].Err != workload.EINVAL {
		t.Errorf("mount: %v", got[0].Err)
	}
}

func TestEject_FlushesAndStops(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.fresh()
	r.calls(workload.Call{Op: workload.Eject, Path: "disk5"})
	if n := len(r.os.lines); n != 2 || r.os.lines[0] != scsi.SyncAll().String() || r.os.lines[1] != "START STOP UNIT stop IMMED" {
		t.Errorf("%v", r.os.lines)
	}
	if r.s.Present() || r.lastFlush().By != ledger.ByEject {
		t.Errorf("present %v", r.s.Present())
	}
}

// With FUA the journal needs no flush of the whole volume.
func TestJournal_UsesFUAIfTheDeviceHasIt(t *testing.T) {
	p := profile()
	p.UseFUA = true
	r := newRig(t, p, nil)
	r.do(Provision(hfsVolume))
	r.fresh()
	r.do(copyFile("/Volumes/RAID/a", 4096))
	r.k.RunUntil(r.k.Now().Add(time.Second))
	fua := 0
	for _, w := range r.os.writes {
		if w.FUA {
			fua++
		}
	}
	if r.os.syncs != 0 || fua != 2 {
		t.Errorf("%d SYNCs, %d WRITEs with FUA: %v", r.os.syncs, fua, r.os.lines)
	}
}
