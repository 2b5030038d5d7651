package controller

import (
	"strings"
	"testing"
	"time"

	"tbraid/controller/raid"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
)

// closing is the honest write-back profile that treats the write hole in a way.
func closing(t testing.TB, word string) firmware.Profile {
	t.Helper()
	fw := honest()
	if err := fw.Hole.UnmarshalText([]byte(word)); err != nil {
		t.Fatal(err)
	}
	return fw
}

// one RMW of 8 blocks: header and partial parity of 8 rows; then the same with a
// second chunk in other rows; a full stripe: the header only. The log is part of
// the member writes.
func TestPPL_CostByHand(t *testing.T) {
	r := newRigOf(t, closing(t, "ppl"), raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16}, testSSD)
	flush := func() Counts {
		before := r.c.array.Counts()
		r.sync()
		n := r.c.array.Counts()
		return Counts{Writes: n.Writes - before.Writes, WrittenBlocks: n.WrittenBlocks - before.WrittenBlocks,
			LogWrites: n.LogWrites - before.LogWrites, LogBlocks: n.LogBlocks - before.LogBlocks}
	}
	for _, c := range []struct {
		name   string
		writes [][2]uint64
		want   Counts
	}{
		{"RMW of 8 blocks", [][2]uint64{{0, 8}}, Counts{Writes: 3, WrittenBlocks: 8 + 8 + 8 + 8, LogWrites: 1, LogBlocks: 8 + 8}},
		{"two chunks, the same rows", [][2]uint64{{0, 8}, {16, 8}}, Counts{Writes: 4, WrittenBlocks: 16 + 24, LogWrites: 1, LogBlocks: 8 + 8}},
		{"two chunks, other rows", [][2]uint64{{0, 8}, {24, 8}}, Counts{Writes: 4, WrittenBlocks: 24 + 32, LogWrites: 1, LogBlocks: 8 + 16}},
		{"full stripe", [][2]uint64{{0, 48}}, Counts{Writes: 5, WrittenBlocks: 8 + 64, LogWrites: 1, LogBlocks: 8}},
		{"full stripe and a part of the next", [][2]uint64{{0, 52}}, Counts{Writes: 8, WrittenBlocks: 8 + 64 + 12 + 8, LogWrites: 2, LogBlocks: 8 + 12}},
	} {
		for _, w := range c.writes {
			r.write(w[0], w[1])
		}
		if got := flush(); got != c.want {
			t.Errorf("%s: %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// A bitmap costs no member command as long as the power stays; then all chunks of
// a marked stripe are read and its parity is written.
func TestBitmap_CostByHand(t *testing.T) {
	r := newRigOf(t, closing(t, "bitmap"), raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16}, testSSD)
	r.write(0, 8)
	r.sync()
	if n := r.c.array.Counts(); n.Writes != 2 || n.Reads != 2 || n.LogWrites != 0 {
		t.Fatalf("an RMW: %+v", n)
	}
	r.cut(time.Second)
	r.c.pending = nil
	if n := r.c.array.Counts(); n.ResyncReads != 0 {
		t.Fatalf("nothing was under way: %+v", n)
	}
	r.write(0, 8)
	r.untilWriting()
	r.cut(time.Second)
	if n := r.c.array.Counts(); n.ResyncReads != 48 || n.ResyncWrites != 16 {
		t.Fatalf("one stripe was being written: %+v", n)
	}
}

// untilWriting destages up to where the first member write is under way.
func (r *rig) untilWriting() {
	r.t.Helper()
	r.c.flushAll()
	r.c.pump(r.k.Now())
	writing := func() bool {
		for _, j := range r.c.array.jobs {
			if j.active && j.stage == noted {
				return true
			}
		}
		return false
	}
	if !r.k.RunWhile(func() bool { return !writing() }) {
		r.t.Fatal("nothing is written")
	}
}

// The log takes 1 MiB of each member, and the volume is smaller by that.
func TestPPL_TakesTheEndOfTheMembers(t *testing.T) {
	g := raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16}
	open, ppl := newRigOf(t, closing(t, "open"), g, testSSD), newRigOf(t, closing(t, "ppl"), g, testSSD)
	if lost := open.c.Blocks() - ppl.c.Blocks(); lost != 3*2048 {
		t.Fatalf("%d blocks less", lost)
	}
	last := ppl.c.Blocks() - 8
	ppl.write(last, 8)
	ppl.sync()
	ppl.cut(time.Second)
	ppl.c.pending = nil
	if got := ppl.read(last, 8).Found; len(got) != 1 || got[0].Version != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestCheckWriteHole(t *testing.T) {
	const member = 64 << 20 / block.Size
	for _, c := range []struct {
		hole firmware.WriteHole
		g    raid.Geometry
		want string
	}{
		{firmware.HolePPL, raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 1016, MemberBlocks: member}, ""},
		{firmware.HolePPL, raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 1024, MemberBlocks: member}, "at most 508 KiB"},
		{firmware.HolePPL, raid.Geometry{Level: raid.RAID6, Members: 4, ChunkBlocks: 128, MemberBlocks: member}, "takes RAID-5"},
		{firmware.HolePPL, raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: 16, MemberBlocks: 2048}, "at least 2064"},
		{firmware.HoleBitmap, raid.Geometry{Level: raid.RAID6, Members: 4, ChunkBlocks: 1024, MemberBlocks: member}, ""},
		{firmware.HoleOpen, raid.Geometry{Level: raid.RAID0, Members: 2, ChunkBlocks: 1024, MemberBlocks: member}, ""},
	} {
		err := CheckWriteHole(c.hole, c.g)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %+v: %v", c.hole, c.g, err)
		}
	}
}

// Where a bitmap cannot help the stripe stays on record, also past later writes of
// a part of it.
func TestBitmap_StaysSuspectWhileAMemberIsMissing(t *testing.T) {
	r := newRigOf(t, closing(t, "bitmap"), cutGeometry, testSSD)
	r.write(0, 8)
	r.untilWriting()
	r.c.array.FailMember(r.k.Now(), 1)
	r.cut(time.Second)
	r.c.pending = nil
	r.write(16, 8)
	r.sync()
	if _, ok := r.c.array.marks.next(0); !ok || r.c.array.Counts().ResyncWrites != 0 {
		t.Fatalf("forgotten: %+v", r.c.array.Counts())
	}
}

// RAID-6 and mirrors have a hole as well.
func TestBitmap_OtherLevels(t *testing.T) {
	for _, g := range []raid.Geometry{
		{Level: raid.RAID6, Members: 5, ChunkBlocks: 16}, {Level: raid.RAID1, Members: 3, ChunkBlocks: 16},
		{Level: raid.RAID10, Members: 4, ChunkBlocks: 16},
	} {
		suspect := map[string]uint64{}
		for _, way := range []string{"open", "bitmap"} {
			for delay := 20 * time.Microsecond; delay < 400*time.Microsecond; delay += 7 * time.Microsecond {
				r := newRigOf(t, closing(t, way), g, testSSD)
				for i := range uint64(12) {
					r.write(i*13, 9)
				}
				r.c.flushAll()
				r.c.pump(r.k.Now())
				r.k.RunUntil(r.k.Now().Add(delay))
				r.cut(time.Second)
				suspect[way] += r.c.array.SuspectRows(0, 12)
			}
		}
		if suspect["open"] == 0 || suspect["bitmap"] != 0 {
			t.Errorf("%v: rows that disagree: %v", g.Level, suspect)
		}
	}
}

func TestSteadyState_ClosingDoesNotAllocate(t *testing.T) {
	for _, way := range []string{"bitmap", "ppl"} {
		fw := closing(t, way)
		fw.Write = firmware.WriteThrough
		r := newRigOf(t, fw, raid5of12, testSSD)
		w := scsi.Write(block.Extent{Start: 8, Blocks: 8})
		task := r.send(w)
		r.settle()
		cdb := w.Encode()
		once := func() {
			task.CDB = cdb
			r.up = r.up[:0]
			r.c.Receive(r.k.Now(), task)
			for len(r.up) == 0 {
				r.k.Step()
			}
		}
		for range 100 {
			once()
		}
		if n := testing.AllocsPerRun(200, once); n != 0 {
			t.Errorf("%s: %v allocations a RAID-5 small write", way, n)
		}
	}
}

// What a scan makes of the media: a torn entry does not count, nor does one that
// the newest whole one no longer names, and the next entry spares the newest.
func TestScan_NewestWholeEntryDecides(t *testing.T) {
	r := newRigOf(t, closing(t, "ppl"), cutGeometry, testSSD)
	a := r.c.array
	p := &a.logs[0]
	put := func(number, stripe, blocks uint64) *logEntry {
		e, at := p.take(number, stripe)
		e.partial = append(e.partial, block.Cell{Extent: block.Extent{Blocks: 4}, Tag: 99})
		for _, c := range e.content(nil, at) {
			if n := min(blocks, c.Extent.Blocks); n > 0 {
				a.drives[0].Poke(block.Extent{Start: c.Extent.Start, Blocks: n}, c.Tag)
				blocks -= n
			}
		}
		return e
	}
	put(1, 3, 12).state = settled
	put(2, 7, 12)
	put(3, 11, 12)
	for _, torn := range []uint64{0, 5, 8, 11} { // nothing of it, in the header, only the header, most
		put(4, 15, torn)
		steps := a.planScan(nil, 0)
		for i := range steps {
			steps[i].Cells = a.drives[steps[i].Member].Peek(nil, steps[i].Extent)
		}
		a.recovery.entries = a.recovery.entries[:0]
		a.scanned(steps)
		if n := a.recovery.entries; len(n) != 2 || n[0].stripe != 7 || n[1].stripe != 11 || p.next != 3 {
			t.Fatalf("%d blocks of the last entry: %d entries count, next in slot %d", torn, len(n), p.next)
		}
		p.slots[1].state, p.slots[2].state = written, written
	}
}

// A flush vouches for the writes that had ended before it began, and for no other:
// flush 3 has begun when these two end, or has not.
func TestRecord_AFlushThatBeganEarlierDoesNotCount(t *testing.T) {
	var b bitmap
	b.begin(4)
	b.end(4, 2)
	b.begin(5)
	b.end(5, 3)
	b.begin(6)
	b.flushed(3)
	if first, _ := b.next(0); first != 5 || b.marks.At(6) != underWay {
		t.Errorf("bitmap after flush 3: first mark at %d", first)
	}
	b.flushed(4)
	if first, _ := b.next(0); first != 6 {
		t.Errorf("bitmap after flush 4: first mark at %d", first)
	}

	a := newRigOf(t, closing(t, "ppl"), cutGeometry, testSSD).c.array
	p := &a.logs[1]
	p.slots = p.slots[:2]
	for i, flushes := range []uint64{2, 3} {
		e, _ := p.take(uint64(i+1), uint64(i))
		e.state, e.flushes = written, flushes
	}
	if p.hinders(9) != &p.slots[0] || p.hinders(1) != &p.slots[1] {
		t.Error("a full log takes another entry")
	}
	a.flushed(3)
	if p.hinders(9) != nil || p.hinders(1) != &p.slots[1] {
		t.Error("log after flush 3: the second write of stripe 1 may not begin, another may")
	}
	a.flushed(4)
	if p.hinders(1) != nil {
		t.Error("log after flush 4: something still hinders")
	}
}
