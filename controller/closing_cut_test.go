package controller

import (
	"fmt"
	"testing"
	"time"

	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
)

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

// newCutRun fills the volume, lets members fail, rewrites parts of it and stops a
// delay into the destage of that.
func newCutRun(t testing.TB, fw firmware.Profile, member disks.Spec, delay time.Duration, gone ...int) *cutRun {
	r := &cutRun{rig: newRigOf(t, fw, cutGeometry, member), written: make([]bool, cutVolume),
		touched: make([]bool, cutVolume), versions: make([][]block.Version, cutVolume)}
	fill := r.l.Issue(0, block.Extent{Blocks: cutVolume}, block.Extent{Blocks: cutVolume}, false)
	r.c.Prefill(block.Extent{Blocks: cutVolume}, fill)
	for _, m := range gone {
		r.c.array.FailMember(0, m)
	}
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
		case !r.touched[b] && r.before[b] == block.Garbage: // rebuilt from a row that was being written
			if !known(r.versions[b], v) {
				return fmt.Errorf("block %d of the missing member: %d, was given %v", b, v, r.versions[b])
			}
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

// An array that runs without a member has the hole at its worst: a cut within a
// write is enough. The log holds what the missing member's data can be made from.
func TestWriteHole_Degraded(t *testing.T) {
	garbage := map[string]int{}
	for delay := time.Duration(0); delay < time.Millisecond; delay += 11 * time.Microsecond {
		for _, way := range []string{"open", "bitmap", "ppl"} {
			for gone := range 4 {
				r := newCutRun(t, closing(t, way), testSSD, delay, gone)
				r.lose(-1)
				if err := r.wrong(false); err != nil {
					if garbage[way]++; way == "ppl" {
						t.Fatalf("cut after %v without member %d: %v", delay, gone, err)
					}
				}
			}
		}
	}
	if garbage["open"] == 0 || garbage["bitmap"] == 0 {
		t.Errorf("no instant shows the hole: %v", garbage)
	}
}

// A second cut in the middle of the recovery leaves nothing that the next recovery
// does not repair; nor does one just after it, when the members' caches are on and
// nothing is on record any more.
func TestRecovery_CutShort(t *testing.T) {
	cached := testSSD
	cached.Cache = 1 << 20
	for _, c := range []struct {
		way    string
		caches bool
	}{{"bitmap", false}, {"ppl", false}, {"bitmap", true}, {"ppl", true}} {
		way, fw, again := c.way, closing(t, c.way), 0
		fw.MemberCaches = c.caches
		for delay := 10 * time.Microsecond; delay < 2*time.Millisecond; delay += 60 * time.Microsecond {
			r := newCutRun(t, fw, cached, 0)
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

// What a recovery writes outlasts a cut at the instant at which the unit becomes
// ready: it is past the members' caches before the record of it is gone.
func TestRecovery_IsDurable(t *testing.T) {
	for _, way := range []string{"bitmap", "ppl"} {
		fw := closing(t, way)
		fw.MemberCaches = true
		repaired := uint64(0)
		for delay := time.Duration(0); delay < 200*time.Millisecond; delay += 7 * time.Millisecond {
			r := newCutRun(t, fw, testDisk, delay)
			r.cutFor(time.Second)
			r.k.RunWhile(func() bool { return !r.c.ready })
			repaired += r.c.array.Counts().ResyncWrites
			r.lose(-1)
			if n := r.c.array.SuspectRows(0, 30); n > 0 {
				t.Fatalf("%s, first cut after %v: %d rows disagree", way, delay, n)
			}
		}
		if repaired == 0 {
			t.Errorf("%s: nothing was repaired", way)
		}
	}
}
