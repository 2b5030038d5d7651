package host

import (
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

func TestDriver_Sync(t *testing.T) {
	for _, c := range []struct {
		habit   SyncHabit
		atBox   int
		err     workload.Errno
		stop    ledger.Cause
		reached ledger.Stage
	}{
		{Forward, 1, workload.OK, ledger.NoCause, ledger.AtDriver},
		{Swallow, 0, workload.OK, ledger.DriverSwallowed, ledger.AtDriver},
		{Fail, 0, workload.EIO, ledger.DriverFailed, ledger.AtDriver},
	} {
		p := profile()
		p.Driver.Sync = c.habit
		r := newRig(t, p, nil)
		r.fresh()
		got := r.calls(workload.Call{Op: workload.Open, Path: "/dev/rdisk5", Flags: workload.ForWrite}, workload.Call{Op: workload.SyncCache})
		f := r.lastFlush()
		if r.os.syncs != 1 || r.tap.syncs != c.atBox || got[1].Err != c.err || f.Stop != c.stop || f.Reached != c.reached || f.Good != (c.err == workload.OK) {
			t.Errorf("%v: %d and %d SYNCs, %v, %+v", c.habit, r.os.syncs, r.tap.syncs, got[1].Err, f)
		}
	}
}

func TestDriver_SwallowsTestUnitReady(t *testing.T) {
	p := profile()
	p.Driver.TestUnitReady = Swallow
	r := newRig(t, p, nil)
	for _, line := range r.tap.lines {
		if line == "TEST UNIT READY" {
			t.Fatal("the box saw TEST UNIT READY")
		}
	}
	if !r.s.Present() {
		t.Error("no disk")
	}
}

func TestDriver_Gates(t *testing.T) {
	high := uint64(1<<32) * block.Size
	for _, c := range []struct {
		name   string
		change func(*Driver)
		path   string
		offset uint64
		err    workload.Errno
		atBox  int
	}{
		{"segments, one page", func(d *Driver) { d.GateSegments = 1 }, "/dev/rdisk5", 0, workload.EIO, 0},
		{"segments, buffered", func(d *Driver) { d.GateSegments = 1 }, "/dev/disk5", 0, workload.OK, 4},
		{"bytes", func(d *Driver) { d.GateBytes = 64<<10 - 1 }, "/dev/rdisk5", 0, workload.EIO, 0},
		{"bytes, enough", func(d *Driver) { d.GateBytes = 64 << 10 }, "/dev/rdisk5", 0, workload.OK, 1},
		{"high LBA passes", func(*Driver) {}, "/dev/rdisk5", high, workload.OK, 1},
		{"high LBA fails", func(d *Driver) { d.HighLBA = GateFail }, "/dev/rdisk5", high, workload.EIO, 0},
		{"low LBA with that gate", func(d *Driver) { d.HighLBA = GateFail }, "/dev/rdisk5", 0, workload.OK, 1},
	} {
		p := profile()
		c.change(&p.Driver)
		r := newRig(t, p, func(b *box) { b.blocks = 1 << 33 })
		r.fresh()
		got := r.dd(c.path, c.offset, 64<<10, 64<<10)[1].Err
		if got != c.err || len(r.tap.writes) != c.atBox {
			t.Errorf("%s: %v, %d WRITEs at the box", c.name, got, len(r.tap.writes))
		}
	}
}

// A driver that keeps the low 32 bits overwrites low addresses in silence.
func TestDriver_TruncatedLBAOverwritesLowBlocks(t *testing.T) {
	p := profile()
	p.Driver.HighLBA = GateTruncate
	r := newRig(t, p, func(b *box) { b.blocks = 1 << 33 })
	if got := r.dd("/dev/rdisk5", (1<<32+100)*block.Size, 4096, 4096)[1].Err; got != workload.OK {
		t.Fatal(got)
	}
	if r.box.content.At(100) != 1 || r.box.content.At(1<<32+100) != 0 {
		t.Error("the blocks are where they should not be")
	}
	if w := r.l.Written(1); w.Extent.Start != 1<<32+100 || w.Promise != ledger.Volatile {
		t.Errorf("issued as %+v", w)
	}
}

func TestDriver_DropsFUA(t *testing.T) {
	p := profile()
	p.UseFUA, p.Driver.DropFUA = true, true
	r := newRig(t, p, nil)
	r.do(Provision(hfsVolume))
	r.fresh()
	r.do(copyFile("/Volumes/RAID/a", 4096))
	r.k.RunUntil(r.k.Now().Add(time.Second))
	for _, w := range r.tap.writes {
		if w.FUA {
			t.Errorf("%v at the box", w)
		}
	}
	shirked := 0
	for v := 1; v <= r.l.Writes(); v++ {
		if w := r.l.Written(block.Version(v)); w.Shirked == ledger.DriverDropsFUA {
			if shirked++; w.Promise != ledger.Stable {
				t.Errorf("the system takes FUA for granted: %+v", w)
			}
		}
	}
	if shirked != 2 {
		t.Errorf("%d WRITEs lost their FUA, want journal and journal header", shirked)
	}
}

func TestDriver_QueueBoundsTheBox(t *testing.T) {
	p := profile()
	p.Driver.Queue = 4
	r := newRig(t, p, nil)
	r.fresh()
	r.dd("/dev/disk5", 0, 4<<20, 1<<20)
	if r.tap.deepest != 4 || r.os.deepest != 15 || len(r.tap.writes) != 256 {
		t.Errorf("%d at the box, %d at the driver, %d WRITEs", r.tap.deepest, r.os.deepest, len(r.tap.writes))
	}
}

func TestRetries(t *testing.T) {
	for _, c := range []struct {
		name   string
		status scsi.Status
		sense  scsi.Sense
		times  int
		err    workload.Errno
		tries  int
	}{
		{"busy", scsi.Busy, scsi.Sense{}, 4, workload.OK, 5},
		{"full for ever", scsi.TaskSetFull, scsi.Sense{}, 99, workload.EIO, 5},
		{"attention", scsi.CheckCondition, scsi.SensePowerOn, 1, workload.OK, 2},
		{"medium", scsi.CheckCondition, scsi.SenseWriteError, 1, workload.EIO, 1},
	} {
		r := newRig(t, profile(), nil)
		r.fresh()
		n := 0
		r.box.answer = func(cmd *scsi.Command, task *sam.Task) bool {
			if n++; n > c.times {
				return false
			}
			task.Status, task.Sense = c.status, c.sense
			return true
		}
		got := r.dd("/dev/rdisk5", 0, 4096, 4096)[1].Err
		if got != c.err || len(r.tap.writes) != c.tries || r.l.Writes() != 1 {
			t.Errorf("%s: %v after %d tries, %d versions", c.name, got, len(r.tap.writes), r.l.Writes())
		}
	}
}

// A WRITE of 1 MiB takes 1 us for the command and 381.3 us for the data; a READ
// carries them back.
func TestLink_Rate(t *testing.T) {
	k := sim.New(1)
	b := &box{k: k, blocks: 1 << 20}
	link := NewLink(k, LinkSpec{Rate: 2_750_000_000, Latency: 2 * time.Microsecond, Command: time.Microsecond}, b)
	b.up = link
	host := &sink{}
	link.up = host
	e := block.Extent{Blocks: 2048}
	for i, c := range []scsi.Command{scsi.Write(e), scsi.Read(e)} {
		began := k.Now()
		link.Receive(began, &sam.Task{Tag: uint32(i), CDB: c.Encode(), Decoded: c})
		link.Receive(began, &sam.Task{Tag: uint32(i) + 10, CDB: c.Encode(), Decoded: c})
		for k.Step() {
		}
		data := time.Duration(1<<20) * time.Second / 2_750_000_000
		first, second := data+5*time.Microsecond, 2*data+6*time.Microsecond
		if c.Class == scsi.ClassRead { // the second command and the first data go opposite ways
			second = 2*data + 5*time.Microsecond
		}
		if got := host.at[0].Sub(began); got != first {
			t.Errorf("%v: first after %v, want %v", c, got, first)
		}
		if got := host.at[1].Sub(began); got != second {
			t.Errorf("%v: second after %v, want %v", c, got, second)
		}
		host.at = nil
	}
	if got := link.Carried(); got != (Traffic{Commands: 4, ToBox: 2 << 20, ToHost: 2 << 20}) {
		t.Errorf("%+v", got)
	}
}

type sink struct {
	at    []sim.Time
	tasks []*sam.Task
}

func (s *sink) Complete(now sim.Time, t *sam.Task) {
	s.at, s.tasks = append(s.at, now), append(s.tasks, t)
}

// Pulling the cable ends what the box holds too; that the box finishes it later
// is news to nobody, even if the host uses the task again.
func TestLink_DownEndsEverythingAtOnce(t *testing.T) {
	k := sim.New(1)
	b := &box{k: k, blocks: 1 << 20, delay: time.Second}
	link := NewLink(k, LinkSpec{Rate: 2_750_000_000}, b)
	b.up = link
	host := &sink{}
	link.up = host
	task := &sam.Task{CDB: scsi.Write(block.Extent{Blocks: 8}).Encode(), Version: 7}
	link.Receive(0, task)
	k.RunUntil(sim.Time(time.Millisecond))
	link.Down(k.Now())
	if len(host.tasks) != 1 || task.Failure != sam.NoDevice {
		t.Fatalf("%d tasks back, failure %d", len(host.tasks), task.Failure)
	}
	link.Receive(k.Now(), &sam.Task{})
	if len(host.tasks) != 2 || host.tasks[1].Failure != sam.NoDevice {
		t.Fatal("a task entered a link that is down")
	}
	link.Up(k.Now())
	*task = sam.Task{CDB: scsi.Read(block.Extent{Blocks: 8}).Encode()}
	link.Receive(k.Now(), task)
	for k.Step() {
	}
	if len(host.tasks) != 3 || task.Failure != sam.Delivered || len(task.Found) != 1 || task.Found[0].Version != 7 {
		t.Errorf("%d tasks back, %+v", len(host.tasks), task.Found)
	}
}

// After the cable has gone programs get ENXIO, and a disk that comes back is
// probed anew.
func TestUnplug(t *testing.T) {
	r := newRig(t, profile(), nil)
	var got workload.Reply
	r.s.Start("dd", func(sh workload.Shell) int {
		sh.Call(workload.Call{Op: workload.Open, Path: "/dev/disk5", Flags: workload.ForWrite})
		got = sh.Call(workload.Call{Op: workload.Write, Bytes: 1 << 30, Request: 1 << 20})
		return 0
	}, nil)
	r.k.RunUntil(r.k.Now().Add(50 * time.Millisecond))
	r.link.Down(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(time.Second))
	if got.Err != workload.ENXIO || r.s.Present() || !r.s.Quiet() {
		t.Errorf("%+v, present %v", got, r.s.Present())
	}
	r.link.Up(r.k.Now())
	back := false
	r.s.Attach(r.k.Now(), func(present bool) { back = present })
	r.until(&back)
	if got := r.dd("/dev/disk5", 0, 1<<20, 1<<20)[1]; got.Err != workload.OK {
		t.Errorf("%v", got.Err)
	}
}
