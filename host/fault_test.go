package host

import (
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// written is what the box and the tools make of 1 MiB that dd wrote to the buffered
// node under a driver with a fault.
func written(t *testing.T, f Fault) (r *rig, replies []workload.Reply) {
	t.Helper()
	p := profile()
	p.Driver.Fault = f
	r = newRig(t, p, nil)
	return r, r.dd("/dev/disk5", 0, 1<<20, 1<<20)
}

func (r *rig) boxHas(first block.LBA) block.Version { return r.box.content.At(first) }

// A buffered write fails in the kernel log and nowhere else; a raw one tells.
func TestFault_FailWrites(t *testing.T) {
	r, replies := written(t, Fault{FailWrites: true})
	if replies[1].Err != workload.OK || len(r.s.Log()) == 0 || r.boxHas(0) != 0 || len(r.l.Failures()) != 64 {
		t.Errorf("buffered: %v, %d failures, the box has %v", replies[1].Err, len(r.l.Failures()), r.boxHas(0))
	}
	if raw := r.dd("/dev/rdisk5", 0, 1<<20, 1<<20); raw[1].Err != workload.EIO {
		t.Errorf("raw: %v", raw[1].Err)
	}
}

func TestFault_Zeroed(t *testing.T) {
	r, replies := written(t, Fault{Zeroed: true})
	r.box.content.Set(block.Extent{Start: 0, Blocks: 8}, r.l.Issue(r.k.Now(), block.Extent{}, block.Extent{}, false))
	if before := r.boxHas(0); before == 0 {
		t.Fatal("nothing to write over")
	}
	replies = append(replies, r.dd("/dev/disk5", 0, 1<<20, 1<<20)...)
	for _, reply := range replies {
		if reply.Err != workload.OK {
			t.Errorf("%+v", reply)
		}
	}
	if r.boxHas(0) != 0 || len(r.tap.writes) != 128 {
		t.Errorf("the box has %v after %d WRITEs", r.boxHas(0), len(r.tap.writes))
	}
	if w := r.l.Written(1); w.Shirked != ledger.DriverZeroes {
		t.Errorf("shirked by %v", w.Shirked)
	}
}

// What the driver has answered and not passed on is lost when it is terminated.
func TestFault_Late(t *testing.T) {
	r, replies := written(t, Fault{Late: 5 * time.Second})
	if replies[1].Err != workload.OK || len(r.tap.writes) != 0 {
		t.Errorf("%v, %d WRITEs at the box", replies[1].Err, len(r.tap.writes))
	}
	r.k.RunUntil(r.k.Now().Add(6 * time.Second))
	if len(r.tap.writes) != 64 || r.boxHas(0) == 0 {
		t.Errorf("6 s later: %d WRITEs, the box has %v", len(r.tap.writes), r.boxHas(0))
	}
	before := r.boxHas(0)
	r.dd("/dev/disk5", 0, 1<<20, 1<<20)
	r.shutdown()
	r.k.RunUntil(r.k.Now().Add(time.Minute))
	if r.boxHas(0) != before {
		t.Errorf("after a shutdown the box has %v, not %v", r.boxHas(0), before)
	}
}

func TestFault_BlankReads(t *testing.T) {
	p := profile()
	r := newRig(t, p, nil)
	r.dd("/dev/disk5", 1<<20, 1<<20, 1<<20)
	p.Driver.Fault.BlankReads = true
	r.boot(p, r.s.Memory())
	for i, zeros := range []bool{true, false} {
		r.s.ForgetReadings()
		r.calls(workload.Call{Op: workload.Open, Path: "/dev/disk5"}, workload.Call{Op: workload.Read, Offset: 1 << 20, Bytes: 1 << 20, Request: 1 << 20})
		for _, run := range r.s.Readings()[0].Runs {
			if (run.Version == 0) != zeros {
				t.Errorf("read %d finds %v in %v", i+1, run.Version, run.Extent)
			}
		}
	}
}

// What is held is read back, reaches the box with fsync(2) alone, and is gone with
// the machine without anybody being told.
func TestHoldWrites(t *testing.T) {
	p := profile()
	p.HoldWrites = true
	r := newRig(t, p, nil)
	r.fresh()
	replies := r.dd("/dev/disk5", 0, 1<<20, 1<<20)
	back := r.calls(workload.Call{Op: workload.Open, Path: "/dev/disk5"}, workload.Call{Op: workload.Read, Bytes: 1 << 20, Request: 1 << 20})
	if replies[1].Bytes != 1<<20 || back[1].Bytes != 1<<20 || len(r.tap.writes)+r.tap.reads != 0 {
		t.Errorf("wrote %+v, read %+v, %d WRITEs and %d READs", replies[1], back[1], len(r.tap.writes), r.tap.reads)
	}
	for _, run := range r.s.Readings()[0].Runs {
		if run.Version == 0 {
			t.Errorf("reads zeros in %v", run.Extent)
		}
	}
	r.dd("/dev/disk5", 4<<20, 1<<20, 1<<20, workload.Call{Op: workload.Fsync})
	if r.boxHas(0) == 0 || r.boxHas(8192) == 0 || len(r.tap.writes) != 128 {
		t.Errorf("after fsync(2) the box has seen %d WRITEs", len(r.tap.writes))
	}
	r.dd("/dev/disk5", 8<<20, 1<<20, 1<<20)
	r.dd("/dev/rdisk5", 16<<20, 1<<20, 1<<20)
	r.shutdown()
	if r.boxHas(16384) != 0 || r.boxHas(32768) == 0 || len(r.l.Failures()) != 64 {
		t.Errorf("at the end the box has %v and %v, and %d WRITEs failed", r.boxHas(16384), r.boxHas(32768), len(r.l.Failures()))
	}
}
