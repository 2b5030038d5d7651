package host

import (
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
)

// list is a Source.
type list []workload.Request

func (l *list) Next() (r workload.Request, ok bool) {
	if len(*l) == 0 {
		return r, false
	}
	r, *l = (*l)[0], (*l)[1:]
	return r, true
}

// writesAt is so many writes of 4 KiB, each in a place of its own.
func writesAt(n int, after func(i int) time.Duration) *list {
	l := make(list, n)
	for i := range l {
		l[i] = workload.Request{Extent: block.Extent{Start: block.LBA(8 * i), Blocks: 8}, Write: true, After: after(i)}
	}
	return &l
}

func atOnce(int) time.Duration { return 0 }

func (r *rig) load(depth int, source workload.Source) (*Process, int) {
	p := r.do(workload.Load{Path: "/dev/rdisk5", Depth: depth, Source: source}.Run)
	exit, _ := p.Exit()
	return p, exit
}

func TestLoad_KeepsItsDepth(t *testing.T) {
	for _, depth := range []int{1, 7, 32} {
		r := newRig(t, profile(), nil)
		r.fresh()
		p, exit := r.load(depth, writesAt(100, atOnce))
		if exit != 0 || len(r.tap.writes) != 100 || r.os.deepest != depth || p.Stats().BytesWritten != 100*4096 {
			t.Errorf("depth %d: status %d, %d WRITEs, at most %d under way, %+v", depth, exit, len(r.tap.writes), r.os.deepest, p.Stats())
		}
	}
}

func TestLoad_ReadsAndWrites(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.fresh()
	p, exit := r.load(2, &list{
		{Extent: block.Extent{Start: 8, Blocks: 8}, Write: true},
		{Extent: block.Extent{Start: 64, Blocks: 16}},
	})
	if s := p.Stats(); exit != 0 || s.BytesRead != 8192 || s.BytesWritten != 4096 || r.tap.reads != 1 || sizes(r.tap.writes) != "8+8 " {
		t.Errorf("status %d, %+v, %v", exit, s, r.tap.lines)
	}
	if len(r.s.Readings()) != 0 {
		t.Error("what a load reads is kept")
	}
}

// A request larger than a transfer goes out in pieces, one after the other.
func TestLoad_SplitsAsTheBlockDriver(t *testing.T) {
	p := profile()
	p.MaxBytes = 64 << 10
	r := newRig(t, p, nil)
	r.fresh()
	_, exit := r.load(4, &list{{Extent: block.Extent{Start: 1000, Blocks: 300}, Write: true}})
	if got, want := sizes(r.tap.writes), "1000+128 1128+128 1256+44 "; exit != 0 || got != want || r.os.deepest != 1 {
		t.Errorf("status %d, %s, want %s; at most %d under way", exit, got, want, r.os.deepest)
	}
}

// starts notes when WRITEs go to the driver.
type starts struct{ at []sim.Time }

func (s *starts) Passing(now sim.Time, _ *sam.Task) { s.at = append(s.at, now) }
func (s *starts) Returning(sim.Time, *sam.Task)     {}

// In an open loop a request begins at its time, or when there is room for it.
func TestLoad_OpenLoop(t *testing.T) {
	r := newRig(t, profile(), nil)
	seen := &starts{}
	r.s.Driver().TapDriver = seen
	from := r.k.Now()
	every := func(i int) time.Duration { return time.Duration(i/2) * time.Second }
	if _, exit := r.load(1, writesAt(4, every)); exit != 0 || len(seen.at) != 4 {
		t.Fatalf("status %d, %d WRITEs", exit, len(seen.at))
	}
	for i, at := range seen.at {
		late := at.Sub(from) - every(i)
		if due := i%2 == 0; due && late != 0 || !due && (late <= 0 || late > time.Millisecond) {
			t.Errorf("WRITE %d begins %v after its time", i, late)
		}
	}
}

func TestLoad_EndsAtTheFirstError(t *testing.T) {
	r := newRig(t, profile(), func(b *box) {
		b.answer = func(c *scsi.Command, t *sam.Task) bool {
			if c.Class == scsi.ClassWrite && c.Extent.Start == 80 {
				t.Status, t.Sense = scsi.CheckCondition, scsi.SenseWriteError
				return true
			}
			return false
		}
	})
	r.fresh()
	p, exit := r.load(4, writesAt(100, atOnce))
	if out := p.Output(); exit != 1 || len(r.tap.writes) != 14 || len(out) != 1 || out[0].Text != "load: /dev/rdisk5: Input/output error" {
		t.Errorf("status %d, %d WRITEs, output %v", exit, len(r.tap.writes), out)
	}
}

func TestLoad_Refuses(t *testing.T) {
	r := newRig(t, profile(), nil)
	last := block.LBA(r.box.blocks)
	drive := func(path string, flags workload.Flags, depth int, e block.Extent) workload.Errno {
		return r.calls(workload.Call{Op: workload.Open, Path: path, Flags: flags},
			workload.Call{Op: workload.Drive, Depth: depth, Source: &list{{Extent: e}}}, workload.Call{Op: workload.Close})[1].Err
	}
	const write = workload.ForWrite
	one := block.Extent{Blocks: 8}
	for _, tt := range []struct {
		name string
		got  workload.Errno
		want workload.Errno
	}{
		{"nothing", drive("/dev/rdisk5", write, 1, one), workload.OK},
		{"depth 0", drive("/dev/rdisk5", write, 0, one), workload.EINVAL},
		{"too deep", drive("/dev/rdisk5", write, workload.MaxDepth+1, one), workload.EINVAL},
		{"the buffered node", drive("/dev/disk5", write, 1, one), workload.EINVAL},
		{"read only", drive("/dev/rdisk5", workload.ForRead, 1, one), workload.EACCES},
		{"the last block", drive("/dev/rdisk5", write, 1, block.Extent{Start: last - 8, Blocks: 8}), workload.OK},
		{"beyond the last block", drive("/dev/rdisk5", write, 1, block.Extent{Start: last - 7, Blocks: 8}), workload.EINVAL},
		{"around the end of all addresses", drive("/dev/rdisk5", write, 1, block.Extent{Start: 1<<64 - 8, Blocks: 16}), workload.EINVAL},
		{"no block", drive("/dev/rdisk5", write, 1, block.Extent{}), workload.EINVAL},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

// A cable pulled ends the load; so does the power of the host.
func TestLoad_Interrupted(t *testing.T) {
	r := newRig(t, profile(), nil)
	p := r.s.Start("load", workload.Load{Path: "/dev/rdisk5", Depth: 8, Source: writesAt(1000, atOnce)}.Run, nil)
	r.k.RunUntil(r.k.Now().Add(2 * time.Millisecond))
	r.link.Down(r.k.Now())
	r.s.Unplugged(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(time.Second))
	if exit, ended := p.Exit(); exit != 1 || !ended || p.Output()[0].Text != "load: /dev/rdisk5: Device not configured" {
		t.Errorf("status %d, %v, output %v", exit, ended, p.Output())
	}

	r = newRig(t, profile(), nil)
	p = r.s.Start("load", workload.Load{Path: "/dev/rdisk5", Depth: 8, Source: writesAt(1000, atOnce)}.Run, nil)
	r.k.RunUntil(r.k.Now().Add(2 * time.Millisecond))
	r.s.PowerFail(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(time.Second))
	if _, ended := p.Exit(); ended || p.Stats().BytesWritten == 0 || !r.s.Quiet() {
		t.Errorf("%+v, ended by itself: %v", p.Stats(), ended)
	}
}
