package controller

import (
	"testing"
	"time"

	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// rig is a controller with nothing in front of it: tests send commands straight
// to the target and count what the members see.
type rig struct {
	t  testing.TB
	k  *sim.Kernel
	l  *ledger.Ledger
	c  *Controller
	up []*sam.Task // completed, in order
}

func (r *rig) Complete(_ sim.Time, t *sam.Task) { r.up = append(r.up, t) }

var testSpec = Spec{Vendor: "TBRAID", Product: "TEST", Revision: "1", CacheBytes: 4 << 20, Queue: 64,
	TransferBytes: 512 << 10, Command: 10 * time.Microsecond, Memory: 8 << 30, Boot: time.Second, ANSI: 6, DPOFUA: true}

// testDisk is a small hard disk with round figures.
var testDisk = disks.Spec{Kind: disks.HDD, Capacity: 64 << 20, Cache: 1 << 20, Tear: 512, QueueDepth: 32,
	Order: disks.Elevator, Overhead: 10 * time.Microsecond, InterfaceRate: 600_000_000, RPM: 7200,
	SeekRead: 7400 * time.Microsecond, SeekWrite: 8200 * time.Microsecond, HeadSwitch: 500 * time.Microsecond,
	TrackSwitch: 500 * time.Microsecond, Surfaces: 2, Zones: 4, OuterSectors: 2048, InnerSectors: 1024, LookAhead: 1 << 20}

// testSSD has no mechanics: what it takes can be added up by hand.
var testSSD = disks.Spec{Kind: disks.SSD, Capacity: 64 << 20, Tear: 4096, QueueDepth: 32, Overhead: 10 * time.Microsecond,
	InterfaceRate: 600_000_000, Channels: 8, ReadLatency: 80 * time.Microsecond, ProgramLatency: 50 * time.Microsecond,
	Bandwidth: 512_000_000}

// honest is write-back that keeps every promise.
func honest() firmware.Profile {
	return firmware.Profile{Name: "honest", Write: firmware.WriteBack, Sync: firmware.SyncFlushAll,
		Destage: firmware.Destage{HighPercent: 80, LowPercent: 20, Depth: 8}, HostReset: firmware.Drop}
}

func newRig(t testing.TB, fw firmware.Profile, g raid.Geometry) *rig {
	t.Helper()
	return newRigOf(t, fw, g, testDisk)
}

func newRigOf(t testing.TB, fw firmware.Profile, g raid.Geometry, member disks.Spec) *rig {
	t.Helper()
	if err := fw.Validate(); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, k: sim.New(1), l: ledger.New(ledger.Full)}
	g.MemberBlocks = member.Capacity / block.Size
	c, err := New(r.k, r.l, testSpec, fw, g, member)
	if err != nil {
		t.Fatal(err)
	}
	c.Connect(r)
	c.pending = nil // tests of unit attentions put their own
	r.c = c
	return r
}

var raid5of12 = raid.Geometry{Level: raid.RAID5, Members: 12, ChunkBlocks: 128}

// send starts a command and returns its task.
func (r *rig) send(c scsi.Command) *sam.Task {
	t := &sam.Task{CDB: c.Encode(), Issued: r.k.Now()}
	if c.Class == scsi.ClassWrite || c.Class == scsi.ClassWriteSame {
		t.Version = r.l.Issue(r.k.Now(), c.Extent, c.Extent, false)
	}
	r.c.Receive(r.k.Now(), t)
	return t
}

// do runs a command to its end.
func (r *rig) do(c scsi.Command) *sam.Task {
	r.t.Helper()
	t := r.send(c)
	if !r.k.RunWhile(func() bool { return !r.ended(t) }) {
		r.t.Fatalf("%v does not end", c)
	}
	return t
}

func (r *rig) ended(t *sam.Task) bool {
	for _, u := range r.up {
		if u == t {
			return true
		}
	}
	return false
}

func (r *rig) write(start, blocks uint64) *sam.Task {
	r.t.Helper()
	return r.good(r.do(scsi.Write(block.Extent{Start: block.LBA(start), Blocks: blocks})))
}

func (r *rig) read(start, blocks uint64) *sam.Task {
	r.t.Helper()
	return r.good(r.do(scsi.Read(block.Extent{Start: block.LBA(start), Blocks: blocks})))
}

func (r *rig) good(t *sam.Task) *sam.Task {
	r.t.Helper()
	if t.Status != scsi.Good {
		r.t.Fatalf("%v: %v %v", t.Decoded, t.Status, t.Sense)
	}
	return t
}

// settle runs until nothing is under way and no policy wants more.
func (r *rig) settle() { r.k.RunUntil(r.k.Now().Add(10 * time.Minute)) }

// cut takes the power from controller and members, and gives it back.
func (r *rig) cut(outage time.Duration) {
	r.c.PowerFail(r.k.Now())
	members := make([]*Member, len(r.c.array.drives))
	for i := range members {
		members[i] = r.c.array.Member(i)
		members[i].PowerFail(r.k.Now())
	}
	r.k.RunUntil(r.k.Now().Add(outage))
	for _, m := range members {
		m.PowerReturn(r.k.Now())
	}
	r.c.PowerReturn(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(time.Minute))
}
