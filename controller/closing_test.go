package controller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tbraid/controller/raid"
	"tbraid/disks"
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

// cutRun is a box whose power goes in the middle of a destage.
type cutRun struct {
	*rig
	before   []block.Version // the volume as the members held it, cache and medium
	touched  []bool          // blocks in flight: in a write under way, or in a row that a member's cache holds a part of
	written  []bool          // blocks that the second workload changes
	versions [][]block.Version
}

const (
	cutVolume = 1440 // blocks: 30 stripes of 48
	cutChunk  = 16
)

var cutGeometry = raid.Geometry{Level: raid.RAID5, Members: 4, ChunkBlocks: cutChunk}

// newCutRun fills the volume, rewrites parts of it and stops a delay into the
// destage of that.
func newCutRun(t testing.TB, fw firmware.Profile, member disks.Spec, delay time.Duration) *cutRun {
	r := &cutRun{rig: newRigOf(t, fw, cutGeometry, member), written: make([]bool, cutVolume),
		touched: make([]bool, cutVolume), versions: make([][]block.Version, cutVolume)}
	fill := r.l.Issue(0, block.Extent{Blocks: cutVolume}, block.Extent{Blocks: cutVolume}, false)
	r.c.Prefill(block.Extent{Blocks: cutVolume}, fill)
	for i := range r.versions {
		r.versions[i] = []block.Version{fill}
	}
	for i := range uint64(24) { // RMW, reconstruct-write and full-stripe writes; some stripes twice
		unit := member.Tear / block.Size // a torn sector is no write hole: it takes neighbours of the same member
		start, blocks := i*7%30*48+i%4*12/unit*unit, (4+i%3*16+unit-1)/unit*unit
		if i%6 == 5 {
			start, blocks = i%30*48, 48
		}
		blocks = min(blocks, cutVolume-start)
		v := r.write(start, blocks).Version
		for b := start; b < start+blocks; b++ {
			r.written[b] = true
			r.versions[b] = append(r.versions[b], v)
		}
		if i%8 == 7 { // a destage between, so that the members' caches hold several writes of a stripe
			r.c.flushAll()
			r.c.pump(r.k.Now())
			r.k.RunUntil(r.k.Now().Add(delay / 4))
		}
	}
	r.c.flushAll()
	r.c.pump(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(delay))
	r.look()
	return r
}

// look notes what the members hold and which blocks are in flight.
func (r *cutRun) look() {
	a := r.c.array
	for _, run := range a.Content(nil, block.Extent{Blocks: cutVolume}) {
		for range run.Extent.Blocks {
			r.before = append(r.before, run.Version)
		}
	}
	for _, j := range a.jobs {
		if !j.active || j.kind != writeJob {
			continue
		}
		for _, e := range j.batch.Extents {
			for b := e.Start; b < e.End(); b++ {
				r.touched[b] = true
			}
		}
	}
	danger := make([]bool, cutVolume/3)
	for _, d := range a.drives {
		for _, c := range d.Cached(nil) {
			for b := c.Extent.Start; b < min(c.Extent.End(), cutVolume/3); b++ {
				danger[b] = true
			}
		}
	}
	for b := range r.touched {
		stripe, row := b/48, b%cutChunk
		r.touched[b] = r.touched[b] || r.written[b] && danger[stripe*cutChunk+row]
	}
}

// lose cuts the power, lets a member fail while it is away (none: -1), and waits
// until the box is ready again.
func (r *cutRun) lose(member int) {
	r.c.PowerFail(r.k.Now())
	members := make([]*Member, len(r.c.array.drives))
	for i := range members {
		members[i] = r.c.array.Member(i)
		members[i].PowerFail(r.k.Now())
	}
	if member >= 0 {
		r.c.array.FailMember(r.k.Now(), member)
	}
	r.k.RunUntil(r.k.Now().Add(time.Second))
	for _, m := range members {
		m.PowerReturn(r.k.Now())
	}
	r.c.PowerReturn(r.k.Now())
	r.k.RunUntil(r.k.Now().Add(time.Minute))
	if !r.c.ready || !r.c.Quiet() {
		r.t.Fatal("the box does not become ready")
	}
}

// wrong says what is wrong with the volume: a block that was not in flight holds
// something else than before; one that was holds something it never was given.
// The second counts only where strict: a block in flight on a member that is
// missing may be anything.
func (r *cutRun) wrong(strict bool) error {
	var now []block.Version
	for _, run := range r.c.array.Content(nil, block.Extent{Blocks: cutVolume}) {
		for range run.Extent.Blocks {
			now = append(now, run.Version)
		}
	}
	for b, v := range now {
		switch {
		case !r.touched[b] && v != r.before[b]:
			return fmt.Errorf("block %d, not in flight: %d, was %d", b, v, r.before[b])
		case r.touched[b] && strict && v != block.Torn && !known(r.versions[b], v):
			return fmt.Errorf("block %d, in flight: %d, was given %v", b, v, r.versions[b])
		}
	}
	return nil
}

func known(all []block.Version, v block.Version) bool {
	for _, o := range all {
		if o == v {
			return true
		}
	}
	return false
}

// Power goes at many instants of a destage, and a member is missing, once before
// the box comes back and once after it has. Left open, the hole shows; a log closes
// it in both orders, a bitmap if the array was whole when it came back.
func TestWriteHole_EveryWayOut(t *testing.T) {
	ssd := testSSD
	ssd.Cache = 1 << 20
	for _, member := range []struct {
		name   string
		spec   disks.Spec
		caches bool
		until  time.Duration
		step   time.Duration
	}{
		{"ssd", testSSD, false, time.Millisecond, 17 * time.Microsecond},
		{"ssd with cache", ssd, true, time.Millisecond, 17 * time.Microsecond},
		{"hdd", testDisk, false, 300 * time.Millisecond, 7 * time.Millisecond},
		{"hdd with cache", testDisk, true, 300 * time.Millisecond, 7 * time.Millisecond},
	} {
		garbage := map[string]int{}
		suspect := map[string]int{}
		for delay := time.Duration(0); delay < member.until; delay += member.step {
			for _, way := range []string{"open", "bitmap", "ppl"} {
				fw := closing(t, way)
				fw.MemberCaches = member.caches
				for missing := -1; missing < 4; missing++ {
					r := newCutRun(t, fw, member.spec, delay)
					r.lose(missing)
					if missing >= 0 {
						if err := r.wrong(false); err != nil {
							garbage[way+" before"]++
							if way == "ppl" {
								t.Fatalf("%s, cut after %v, member %d missing when the power returns: %v", member.name, delay, missing, err)
							}
						}
						continue
					}
					if n := r.c.array.SuspectRows(0, 30); n > 0 {
						suspect[way]++
						if way != "open" {
							t.Fatalf("%s, %s, cut after %v: %d rows disagree after recovery", member.name, way, delay, n)
						}
					}
					for m := range 4 {
						r.c.array.absent = 1 << m
						if err := r.wrong(way != "open"); err != nil {
							garbage[way+" after"]++
							if way != "open" {
								t.Fatalf("%s, %s, cut after %v, then member %d fails: %v", member.name, way, delay, m, err)
							}
						}
					}
				}
			}
		}
		t.Logf("%s: garbage %v, rows that disagree %v", member.name, garbage, suspect)
		if garbage["open before"] == 0 || garbage["open after"] == 0 || garbage["bitmap before"] == 0 || suspect["open"] == 0 {
			t.Errorf("%s: no instant shows the hole: %v %v", member.name, garbage, suspect)
		}
	}
}

// A second cut in the middle of the recovery leaves nothing that the next recovery
// does not repair.
func TestRecovery_CutShort(t *testing.T) {
	for _, way := range []string{"bitmap", "ppl"} {
		again := 0
		for delay := 10 * time.Microsecond; delay < 2*time.Millisecond; delay += 60 * time.Microsecond {
			r := newCutRun(t, closing(t, way), testSSD, 0)
			r.untilWriting()
			r.k.RunUntil(r.k.Now().Add(30 * time.Microsecond))
			r.c.PowerFail(r.k.Now())
			for i := range r.c.array.drives {
				r.c.array.Member(i).PowerFail(r.k.Now())
			}
			for _, d := range r.c.array.drives {
				d.PowerReturn(r.k.Now())
			}
			r.c.PowerReturn(r.k.Now())
			r.k.RunUntil(r.k.Now().Add(testSpec.Boot + delay))
			if r.c.array.recovery.running {
				again++
				if got := r.do(scsi.Command{Op: scsi.TestUnitReady}); !got.Sense.Is(scsi.SensePowerOn) {
					t.Fatalf("%v %v", got.Status, got.Sense)
				}
				if got := r.do(scsi.Command{Op: scsi.TestUnitReady}); r.c.array.recovery.running && !got.Sense.Is(scsi.SenseNotReadyBecoming) {
					t.Fatalf("a unit in recovery answers %v %v", got.Status, got.Sense)
				}
			}
			r.lose(-1)
			if n := r.c.array.SuspectRows(0, 30); n > 0 {
				t.Fatalf("%s, second cut %v into the recovery: %d rows disagree", way, delay, n)
			}
		}
		if again == 0 {
			t.Errorf("%s: no instant was within the recovery", way)
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
