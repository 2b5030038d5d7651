package host

import (
	"testing"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"

	"pgregory.net/rapid"
)

// Whatever programs write through the buffered and the raw node, in calls of any
// size and place, each block reads back as the call that wrote it last. The
// oracle is an array with one call a block.
func TestNodes_ReadBackWhatWasWrittenLast(t *testing.T) {
	const blocks = 8 * 32 // eight pages
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, profile(), nil)
		var want [blocks]*workload.Meaning
		for range rapid.IntRange(1, 4).Draw(rt, "programs") {
			path := rapid.SampledFrom([]string{"/dev/disk5", "/dev/disk5", "/dev/rdisk5"}).Draw(rt, "node")
			flags := workload.ForWrite | rapid.SampledFrom([]workload.Flags{0, 0, workload.OSync}).Draw(rt, "flags")
			calls := []workload.Call{{Op: workload.Open, Path: path, Flags: flags}}
			for range rapid.IntRange(1, 5).Draw(rt, "calls") {
				from := rapid.Uint64Range(0, blocks-1).Draw(rt, "from")
				n := rapid.Uint64Range(1, min(80, blocks-from)).Draw(rt, "blocks")
				request := rapid.SampledFrom([]uint64{1, 3, 32, 64}).Draw(rt, "request")
				m := rapid.SampledFrom([]*workload.Meaning{{}, {}, nil}).Draw(rt, "meaning")
				calls = append(calls, workload.Call{Op: workload.Write, Offset: from * 512, Bytes: n * 512, Request: request * 512, Meaning: m})
				for b := from; b < from+n; b++ {
					want[b] = m
				}
			}
			for i, x := range r.calls(append(calls, workload.Call{Op: workload.Close})...) {
				if x.Err != workload.OK {
					rt.Fatalf("call %d: %v", i, x.Err)
				}
			}
		}
		for _, path := range []string{"/dev/rdisk5", "/dev/disk5"} {
			r.s.ForgetReadings()
			r.calls(workload.Call{Op: workload.Open, Path: path, Flags: workload.ForRead},
				workload.Call{Op: workload.Read, Bytes: blocks * 512, Request: 4096}, workload.Call{Op: workload.Close})
			at := block.LBA(0)
			for _, run := range r.s.Readings()[0].Runs {
				for b := run.Extent.Start; b < run.Extent.End(); b++ {
					if b != at {
						rt.Fatalf("%s: block %d follows %d", path, b, at-1)
					}
					at++
					if got := r.s.Memory().Meaning(run.Version, b); got != want[b] {
						rt.Fatalf("%s: block %d holds version %d, which is another call's", path, b, run.Version)
					}
				}
			}
			if at != blocks {
				rt.Fatalf("%s: %d blocks read", path, at)
			}
		}
	})
}

// O_SYNC makes each page wait for its status and lets errors through; it asks for
// no flush.
func TestBuffered_OSyncReturnsErrors(t *testing.T) {
	r := newRig(t, profile(), nil)
	n := 0
	r.box.answer = func(c *scsi.Command, task *sam.Task) bool {
		if c.Class == scsi.ClassWrite {
			n++
		}
		return n == 3 && failWrites(c, task)
	}
	r.fresh()
	got := r.calls(workload.Call{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForWrite | workload.OSync},
		workload.Call{Op: workload.Write, Bytes: 1 << 20, Request: 16 << 10})
	if got[1].Err != workload.EIO || got[1].Bytes != 32<<10 || r.os.deepest != 1 || r.os.syncs != 0 {
		t.Errorf("%+v, deepest %d, %d SYNCs", got[1], r.os.deepest, r.os.syncs)
	}
}

func TestUnmapRange(t *testing.T) {
	for _, thin := range []bool{false, true} {
		r := newRig(t, profile(), func(b *box) { b.thin = thin })
		r.dd("/dev/rdisk5", 0, 8192, 8192)
		got := r.calls(workload.Call{Op: workload.Open, Path: "/dev/rdisk5", Flags: workload.ForWrite},
			workload.Call{Op: workload.UnmapRange, Bytes: 4096})[1].Err
		want := map[bool]workload.Errno{false: workload.ENOTTY, true: workload.OK}[thin]
		if got != want || thin != (r.box.content.At(0) == 2) || r.box.content.At(8) != 1 {
			t.Errorf("thin %v: %v", thin, got)
		}
	}
}

// fsync(2) on a file of a mounted volume writes its data out and asks the box for
// nothing; F_FULLFSYNC flushes the box.
func TestFile_FsyncAndFullFsync(t *testing.T) {
	for _, c := range []struct {
		op    workload.Op
		syncs int
	}{{workload.Fsync, 0}, {workload.FullFsync, 3}, {workload.BarrierFsync, 3}} {
		r := newRig(t, profile(), nil)
		r.do(Provision(hfsVolume))
		r.fresh()
		got := r.calls(workload.Call{Op: workload.Open, Path: "/Volumes/RAID/a", Flags: workload.ForWrite | workload.Create},
			workload.Call{Op: workload.Write, Bytes: 1000, Request: 1000}, workload.Call{Op: c.op})
		if got[2].Err != workload.OK || r.os.syncs != c.syncs || len(r.os.writes) == 0 || r.os.writes[0].Extent.Blocks != 2 {
			t.Errorf("op %d: %v, %v", c.op, got[2].Err, r.os.lines)
		}
	}
}

// What is mounted cannot be opened for writing through its node.
func TestMountedNodesAreBusy(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.do(Provision(hfsVolume))
	for path, want := range map[string]workload.Errno{"/dev/disk5": workload.EBUSY, "/dev/rdisk5s1": workload.EBUSY,
		"/dev/disk5s9": workload.ENOENT, "/Volumes/OTHER/a": workload.ENOENT} {
		if got := r.calls(workload.Call{Op: workload.Open, Path: path, Flags: workload.ForWrite | workload.Create})[0].Err; got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

// A file that the page cache of the host holds is read without the box, until the
// volume has been mounted again.
func TestFile_ReadFromThePageCache(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.do(Provision(hfsVolume))
	r.do(copyFile("/Volumes/RAID/a", 4<<20))
	r.fresh()
	r.mustHave("/Volumes/RAID/a", 4<<20, "cached")
	if r.os.reads != 0 {
		t.Errorf("%d READs", r.os.reads)
	}
	r.calls(workload.Call{Op: workload.Unmount, Path: "disk5s1"})
	r.mount()
	r.fresh()
	r.mustHave("/Volumes/RAID/a", 4<<20, "after the mount")
	if r.os.reads != 4 || r.os.deepest != 2 {
		t.Errorf("%d READs, deepest %d", r.os.reads, r.os.deepest)
	}
}

// Partly written pages are delayed writes, of a bounded number: the oldest goes
// out when there are too many, the rest at the close, each once.
func TestBuffered_DelayedWritesAreBounded(t *testing.T) {
	r := newRig(t, profile(), nil)
	calls := []workload.Call{{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForWrite}}
	for i := range uint64(100) {
		calls = append(calls, workload.Call{Op: workload.Write, Offset: i * 16 << 10, Bytes: 512, Request: 512})
	}
	r.fresh()
	r.calls(calls...)
	if r.os.reads != 100 || len(r.os.writes) != 100 {
		t.Errorf("%d READs, %d WRITEs", r.os.reads, len(r.os.writes))
	}
}
