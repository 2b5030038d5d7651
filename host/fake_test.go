package host

import (
	"fmt"
	"testing"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// box is a target that does what it is told: content is a map of versions, every
// command takes a fixed time, and some can be made to fail.
type box struct {
	k       *sim.Kernel
	up      sam.Initiator
	blocks  uint64
	ansi    uint8
	thin    bool
	mode    scsi.ModeParameters
	delay   time.Duration
	sync    time.Duration
	answer  func(c *scsi.Command, t *sam.Task) bool // true: it has answered itself
	content block.Map[block.Version]
	values  []block.Value[block.Version]
	tasks   []*sam.Task
}

func (b *box) Receive(now sim.Time, t *sam.Task) {
	t.Decoded, t.Sense = scsi.Decode(&t.CDB)
	delay := b.delay
	if t.Decoded.Class == scsi.ClassSync {
		delay = b.sync
	}
	b.tasks = append(b.tasks, t)
	b.k.At(now.Add(delay), b, 0, t.Tag)
}

func (b *box) Fire(e sim.Event) {
	for i, t := range b.tasks {
		if t.Tag == e.Ref {
			b.tasks = append(b.tasks[:i], b.tasks[i+1:]...)
			b.carryOut(t)
			b.up.Complete(e.At, t)
			return
		}
	}
}

func (b *box) carryOut(t *sam.Task) {
	c := &t.Decoded
	if b.answer != nil && b.answer(c, t) {
		return
	}
	if !t.Sense.None() {
		t.Status = scsi.CheckCondition
		return
	}
	switch c.Op {
	case scsi.Inquiry:
		t.DataIn = scsi.Truncate(b.inquiry(c), c.Alloc)
	case scsi.ModeSense6, scsi.ModeSense10:
		data, sense := b.mode.AppendReply(nil, c)
		if !sense.None() {
			t.Status, t.Sense = scsi.CheckCondition, sense
			return
		}
		t.DataIn = scsi.Truncate(data, c.Alloc)
	case scsi.ModeSelect6:
		if next, sense := b.mode.Select(c, t.DataOut); sense.None() {
			b.mode.Current = next
		} else {
			t.Status, t.Sense = scsi.CheckCondition, sense
		}
	case scsi.ReadCapacity10:
		t.DataIn = scsi.Capacity{Blocks: b.blocks, BlockBytes: block.Size}.Append10(nil)
	case scsi.ServiceActionIn16:
		t.DataIn = scsi.Capacity{Blocks: b.blocks, BlockBytes: block.Size}.Append16(nil)
	case scsi.ReportLUNs:
		t.DataIn = scsi.Truncate(scsi.AppendLUNs(nil, []uint8{0}), c.Alloc)
	}
	switch c.Class {
	case scsi.ClassWrite:
		b.content.Set(c.Extent, t.Version)
	case scsi.ClassUnmap:
		extents, _ := scsi.ParseUnmapList(nil, c, t.DataOut)
		for _, e := range extents {
			b.content.Set(e, t.Version)
		}
	case scsi.ClassRead:
		b.values = b.content.Append(b.values[:0], c.Extent)
		for _, v := range b.values {
			t.Found = append(t.Found, block.Run{Extent: v.Extent, Version: v.Value})
		}
	}
}

func (b *box) inquiry(c *scsi.Command) []byte {
	switch {
	case !c.EVPD:
		return scsi.InquiryData{Version: b.ansi, CmdQue: true, Vendor: "FAKE", Product: "BOX", Revision: "1"}.Append(nil)
	case c.Page == scsi.VPDSerial:
		return scsi.AppendSerial(nil, "1")
	case c.Page == scsi.VPDDeviceID:
		return scsi.DeviceID{Vendor: "FAKE", ID: "1"}.Append(nil)
	}
	pages := []uint8{0, scsi.VPDSerial, scsi.VPDDeviceID}
	if b.thin {
		pages = append(pages, scsi.VPDProvisioning)
	}
	if c.Page == scsi.VPDProvisioning {
		return scsi.Provisioning{Unmap: true}.Append(nil)
	}
	return scsi.AppendVPDPages(nil, pages)
}

// tap lists what passes, and how much at most is under way.
type tap struct {
	lines        []string
	now, deepest int
	reads, syncs int
	writes       []scsi.Command
}

func (r *tap) Passing(_ sim.Time, t *sam.Task) {
	c, sense := scsi.Decode(&t.CDB)
	r.now++
	r.deepest = max(r.deepest, r.now)
	if line := c.String(); sense.None() {
		r.lines = append(r.lines, line)
	} else {
		r.lines = append(r.lines, t.CDB.String())
	}
	switch c.Class {
	case scsi.ClassRead:
		r.reads++
	case scsi.ClassWrite:
		r.writes = append(r.writes, c)
	case scsi.ClassSync:
		r.syncs++
	}
}

func (r *tap) Returning(sim.Time, *sam.Task) { r.now-- }

// rig is a host with a box.
type rig struct {
	t    testing.TB
	k    *sim.Kernel
	l    *ledger.Ledger
	box  *box
	link *Link
	s    *System
	tap  *tap // at the target
	os   *tap // at the driver
}

func profile() Profile {
	return Profile{
		Page: 16 << 10, AsyncWrites: 15, CacheGate: true, MaxBlocks: 65535, MaxSegments: 1 << 16,
		Driver:   Driver{Overhead: 25 * time.Microsecond, Queue: 448},
		Shutdown: Shutdown{Quiesce: time.Second, TerminateCap: 30 * time.Second, FlushCap: 5 * time.Second, Boot: 20 * time.Second},
	}
}

func newRig(t testing.TB, p Profile, change func(*box)) *rig {
	r := &rig{t: t, k: sim.New(1), l: ledger.New(ledger.Full)}
	r.box = &box{k: r.k, blocks: 1 << 28, ansi: scsi.VersionSPC3, delay: 100 * time.Microsecond, sync: time.Millisecond}
	r.box.mode.Capacity = scsi.Capacity{Blocks: r.box.blocks, BlockBytes: block.Size}
	r.box.mode.Current.Caching.WCE = true
	r.box.mode.Changeable.Caching.WCE = true
	r.box.mode.DPOFUA = true
	if change != nil {
		change(r.box)
	}
	r.link = NewLink(r.k, LinkSpec{Rate: 2_750_000_000, Latency: time.Microsecond, Command: time.Microsecond}, r.box)
	r.box.up = r.link
	r.boot(p, nil)
	return r
}

// boot replaces the host and attaches the new one.
func (r *rig) boot(p Profile, m *Memory) {
	r.s = New(r.k, r.l, Config{Profile: p, Memory: m, Files: []File{{Path: "src", Dir: true}, {Path: "src/檔案", Size: 3<<20 + 700}}})
	r.s.Connect(r.link)
	r.tap, r.os = &tap{}, &tap{}
	r.link.TapTarget, r.s.Driver().TapDriver = r.tap, r.os
	attached := false
	r.s.Attach(r.k.Now(), func(bool) { attached = true })
	r.until(&attached)
}

// fresh forgets what the taps have seen.
func (r *rig) fresh() { *r.tap, *r.os = tap{}, tap{} }

func (r *rig) until(flag *bool) {
	r.t.Helper()
	if !r.k.RunWhile(func() bool { return !*flag }) {
		r.t.Fatal("the model ran dry")
	}
}

// do runs a program to its end.
func (r *rig) do(program workload.Program) *Process {
	r.t.Helper()
	ended := false
	p := r.s.Start("test", program, func(int) { ended = true })
	r.until(&ended)
	return p
}

// calls runs a program of calls; file 0 is what the first one opens.
func (r *rig) calls(all ...workload.Call) []workload.Reply {
	var replies []workload.Reply
	r.do(func(sh workload.Shell) int {
		for _, c := range all {
			replies = append(replies, sh.Call(c))
		}
		return 0
	})
	return replies
}

// dd writes bytes to path in requests.
func (r *rig) dd(path string, offset, bytes, request uint64, more ...workload.Call) []workload.Reply {
	all := []workload.Call{
		{Op: workload.Open, Path: path, Flags: workload.ForWrite | workload.Create},
		{Op: workload.Write, Offset: offset, Bytes: bytes, Request: request},
	}
	return r.calls(append(append(all, more...), workload.Call{Op: workload.Close})...)
}

func (r *rig) shutdown() {
	r.t.Helper()
	ended := false
	r.s.Shutdown(r.k.Now(), func() { ended = true })
	r.until(&ended)
}

func (r *rig) lastFlush() ledger.Flush {
	f := r.l.Flushes()
	if len(f) == 0 {
		return ledger.Flush{}
	}
	return f[len(f)-1]
}

func sizes(writes []scsi.Command) string {
	s := ""
	for _, w := range writes {
		s += fmt.Sprintf("%d+%d ", w.Extent.Start, w.Extent.Blocks)
	}
	return s
}
