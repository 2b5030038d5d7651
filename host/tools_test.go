package host

import (
	"strings"
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim/ledger"
)

// run runs a command line as people type it.
func (r *rig) run(line string) *Process {
	r.t.Helper()
	tool, err := workload.Parse(line)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(tool.Run)
}

func text(p *Process) string {
	var b strings.Builder
	for _, l := range p.Output() {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

const tb66 = 128_931_496_848 // blocks of 11 x 6,001,175,126,016 bytes

// partitionDisk, then cp, then a restart into a host with a DriverKit driver: the
// files are there, under their names.
func TestTools_PartitionCopyRestart(t *testing.T) {
	r := newRig(t, profile(), func(b *box) { b.blocks = tb66 })
	p := r.run("diskutil partitionDisk disk5 GPT JHFS+ RAID 100%")
	if p.exit != 0 || len(r.s.volumes) != 1 {
		t.Fatalf("exit %d\n%s", p.exit, text(p))
	}
	if p = r.run("cp -R src /Volumes/RAID"); p.exit != 0 {
		t.Fatalf("exit %d\n%s", p.exit, text(p))
	}
	m := r.s.Memory()
	r.shutdown()
	r.boot(dext(), m)
	if n := len(describe(r).Slices); n != 2 {
		t.Fatalf("%d slices after the restart", n)
	}
	got := r.calls(workload.Call{Op: workload.Mount, Path: "disk5s2", Target: "/Volumes/RAID"})
	if got[0].Err != workload.OK {
		t.Fatalf("mount: %v", got[0].Err)
	}
	r.mustHave("/Volumes/RAID/src/檔案", 3<<20+700, "cp")
}

// The wipe at the middle and the end of a 66 TB disk takes 16-byte commands. A
// driver that fails them makes diskutil fail, flushes or not.
func TestTools_PartitionFailsWithAHighLBAGate(t *testing.T) {
	p := dext()
	p.Driver.HighLBA = GateFail
	r := newRig(t, p, func(b *box) { b.blocks = tb66 })
	r.fresh()
	got := r.run("diskutil partitionDisk disk5 GPT JHFS+ RAID 100%")
	if got.exit == 0 || !strings.Contains(text(got), "-69825") {
		t.Errorf("exit %d\n%s", got.exit, text(got))
	}
	p.Driver.HighLBA, p.Driver.Sync = GatePass, Fail // a failed flush is not noticed
	r = newRig(t, p, func(b *box) { b.blocks = tb66 })
	if got = r.run("diskutil partitionDisk disk5 GPT JHFS+ RAID 100%"); got.exit != 0 {
		t.Errorf("exit %d\n%s", got.exit, text(got))
	}
}

func TestTools_DD(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.fresh()
	p := r.run("dd if=/dev/random of=/dev/disk5 bs=1m count=64")
	s := p.Stats()
	if p.exit != 0 || s.BytesWritten != 64<<20 || s.Commands != 4096 || r.os.syncs != 0 || s.End <= s.Start {
		t.Errorf("exit %d, %+v\n%s", p.exit, s, text(p))
	}
	r.s.ForgetReadings()
	r.run("dd if=/dev/disk5 of=readback bs=1m count=64")
	runs := r.s.Readings()[0].Runs
	if len(runs) != 4096 || runs[4095].Version != 4096 {
		t.Errorf("%d runs", len(runs))
	}
}

// A box that dies under a mounted volume: the syncer gives up, the programs get
// errors, and after the box is back the volume can be mounted again.
func TestMountedVolume_SurvivesTheBox(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.do(Provision(hfsVolume))
	r.do(copyFile("/Volumes/RAID/a", 4<<20))
	r.k.RunUntil(r.k.Now().Add(time.Second)) // the syncer commits
	r.s.Start("cp", copyFile("/Volumes/RAID/b", 1<<30), nil)
	r.k.RunUntil(r.k.Now().Add(200 * time.Millisecond))
	r.link.Down(r.k.Now())
	r.s.Unplugged(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(time.Minute))
	if !r.s.Quiet() {
		t.Fatal("something still runs")
	}
	r.link.Up(r.k.Now())
	back := false
	r.s.Attach(r.k.Now(), func(present bool) { back = present })
	r.until(&back)
	r.mount()
	r.mustHave("/Volumes/RAID/a", 4<<20, "after the box came back")
}

// A flush that fails is a line in the kernel log and nothing else.
func TestUnmount_IgnoresAFailedFlush(t *testing.T) {
	r := newRig(t, profile(), nil)
	r.do(Provision(hfsVolume))
	r.box.answer = func(c *scsi.Command, task *sam.Task) bool {
		if c.Class != scsi.ClassSync {
			return false
		}
		task.Status, task.Sense = scsi.CheckCondition, scsi.SenseInternalTargetFailure
		return true
	}
	got := r.calls(workload.Call{Op: workload.Unmount, Path: "/Volumes/RAID"})
	if got[0].Err != workload.OK || len(r.s.Log()) != 1 || r.lastFlush().Good || r.lastFlush().By != ledger.ByUnmount {
		t.Errorf("%v, %v", got[0].Err, r.s.Log())
	}
}

// The same programs give the same commands at the same times.
func TestDeterministic(t *testing.T) {
	story := func() (string, int64) {
		r := newRig(t, profile(), nil)
		r.do(Provision(hfsVolume))
		r.run("cp -R src /Volumes/RAID")
		r.shutdown()
		return strings.Join(r.tap.lines, "\n"), int64(r.k.Now())
	}
	a, at := story()
	if b, bt := story(); a != b || at != bt {
		t.Error("two runs differ")
	}
}
