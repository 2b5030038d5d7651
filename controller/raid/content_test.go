package raid

import (
	"math/bits"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
)

// Every set of dirty blocks of a stripe, with every set of absent members.
func TestWrite_AllDirtySetsAllAbsentSets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, g := range geometries() {
		b := newBox(t, g)
		blocks := b.StripeBlocks()
		if blocks > 8 || b.rows < 3 {
			continue // the random sequences below take those
		}
		for _, absent := range b.absentSets(0) {
			for mask := range uint64(1) << blocks {
				b.absent = 0
				stripe := mask % 3
				b.write(stripe, 1<<blocks-1, rng)
				b.absent = absent
				b.write(stripe, mask, rng)
				b.checkPlan(stripe, mask)
				b.checkMembers(stripe)
				b.checkRead(b.StripeExtent(stripe), absent)
			}
		}
	}
}

// checkPlan checks the last write: no block too many, no command too many.
func (b *box) checkPlan(stripe, mask uint64) {
	b.t.Helper()
	c := int(b.g.ChunkBlocks)
	var union uint64
	var rmw, rcw [16]uint64 // by member: which offsets to read
	var writes, rmwBlocks, rcwBlocks, reads, readBlocks, wrote int
	figure := b.figure(int(stripe))
	for m, name := range figure {
		if name.data >= 0 {
			d := name.data % b.perRow()
			rmw[m] = mask >> (d * c) & (1<<c - 1)
			union |= rmw[m]
			if !b.absent.Has(m) {
				writes += bits.OnesCount64(rmw[m])
			}
		}
	}
	for m, name := range figure {
		rcw[m] = union &^ rmw[m]
		if name.data < 0 {
			rmw[m], rcw[m] = union, 0
			if !b.absent.Has(m) {
				writes += bits.OnesCount64(union)
			}
		}
		rmwBlocks, rcwBlocks = rmwBlocks+bits.OnesCount64(rmw[m]), rcwBlocks+bits.OnesCount64(rcw[m])
	}
	for _, s := range b.steps {
		if s.Op == Write {
			wrote += int(s.Extent.Blocks)
		} else {
			reads, readBlocks = reads+1, readBlocks+int(s.Extent.Blocks)
		}
		for _, o := range b.steps {
			if o.Op == s.Op && o.Member == s.Member && o.Extent.Start == s.Extent.End() {
				b.t.Fatalf("%s: steps %v and %v are not merged", b.name(), s, o)
			}
		}
	}
	for _, s := range b.steps {
		if want := s.Op == Write && reads > 0; (s.Phase == 1) != want || s.Phase > 1 {
			b.t.Fatalf("%s: %d reads and step %v", b.name(), reads, s)
		}
	}
	if wrote != writes {
		b.t.Fatalf("%s: mask %b: %d blocks written, want %d", b.name(), mask, wrote, writes)
	}
	if b.absent != 0 {
		return
	}
	wantReads, wantBlocks := pieces(rmw), rmwBlocks
	if n := pieces(rcw); n < wantReads || n == wantReads && rcwBlocks < wantBlocks {
		wantReads, wantBlocks = n, rcwBlocks
	}
	if b.parities == 0 {
		wantReads, wantBlocks = 0, 0
	}
	if reads != wantReads || readBlocks != wantBlocks {
		b.t.Fatalf("%s: mask %b: %d reads of %d blocks, want %d of %d",
			b.name(), mask, reads, readBlocks, wantReads, wantBlocks)
	}
}

// pieces counts the runs of ones.
func pieces(masks [16]uint64) (n int) {
	for _, m := range masks {
		n += bits.OnesCount64(m &^ (m << 1))
	}
	return n
}

// Writes while members go away one by one, each of them stale from then on.
func TestWrite_SequencesWhileMembersFail(t *testing.T) {
	all := geometries()
	rapid.Check(t, func(rt *rapid.T) {
		b := newBox(t, rapid.SampledFrom(all).Draw(rt, "geometry"))
		b.t = rt
		rng := rand.New(rand.NewPCG(3, rapid.Uint64().Draw(rt, "seed")))
		volume := block.Extent{Blocks: b.VolumeBlocks()}
		for range rapid.IntRange(1, 8).Draw(rt, "writes") {
			if rapid.IntRange(0, 3).Draw(rt, "fail") == 0 {
				b.absent = rapid.SampledFrom(b.absentSets(b.absent)).Draw(rt, "absent")
			}
			mask := rapid.Uint64Max(1<<b.StripeBlocks()-1).Draw(rt, "dirty")
			b.write(rapid.Uint64Max(uint64(b.rows)-1).Draw(rt, "stripe"), mask, rng)
			for row := range b.rows {
				b.checkMembers(uint64(row))
			}
			start := rapid.Uint64Max(volume.Blocks-1).Draw(rt, "start")
			part := block.Extent{
				Start:  block.LBA(start),
				Blocks: rapid.Uint64Range(1, volume.Blocks-start).Draw(rt, "blocks"),
			}
			for _, absent := range b.absentSets(b.absent) {
				b.checkRead(volume, absent)
				b.checkRead(part, absent)
				b.checkReadPlan(part, absent)
			}
		}
	})
}

// Sixteen members fill the sets of members and slots to the last bit.
func TestWrite_WidestArrays(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		level  Level
		absent []Absent
	}{
		{RAID0, []Absent{0}},
		{RAID1, []Absent{0, 0x7fff, 0xfffe}},
		{RAID5, []Absent{0, 1 << 0, 1 << 15}},
		{RAID6, []Absent{0, 1 << 15, 1<<0 | 1<<15, 1<<14 | 1<<15, 1<<3 | 1<<9}},
		{RAID10, []Absent{0, 0x5555, 0xaaaa}},
	} {
		for _, absent := range c.absent {
			b := newBox(t, Geometry{c.level, 16, 3, 51})
			b.absent = absent
			for stripe := range uint64(17) {
				b.write(stripe, 1<<b.StripeBlocks()-1, rng)
				b.write(stripe, rng.Uint64()&(1<<b.StripeBlocks()-1), rng)
				b.write(stripe, 1<<rng.Uint64N(b.StripeBlocks()), rng)
				b.checkMembers(stripe)
			}
			b.checkRead(block.Extent{Blocks: b.VolumeBlocks()}, absent)
		}
	}
}

// Parity that does not match its data must not come out as somebody's version.
func TestDegradedRead_WrongParityIsGarbage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name   string
		g      Geometry
		spoil  int // member of stripe 0 whose block 0 gets a wrong tag
		absent Absent
	}{
		{"RAID-5, P wrong", Geometry{RAID5, 4, 2, 4}, 3, 1 << 0},
		{"RAID-5, data wrong", Geometry{RAID5, 4, 2, 4}, 1, 1 << 0},
		{"RAID-6, P wrong", Geometry{RAID6, 7, 2, 4}, 6, 1 << 1},
		{"RAID-6, Q wrong, P absent", Geometry{RAID6, 7, 2, 4}, 0, 1<<1 | 1<<6},
		{"RAID-6, Q wrong, two data absent", Geometry{RAID6, 7, 2, 4}, 0, 1<<1 | 1<<2},
	} {
		b := newBox(t, c.g)
		b.write(0, 1<<b.StripeBlocks()-1, rng)
		b.members[c.spoil][0] ^= 1 << 17
		if got := b.read(block.Extent{Blocks: 2}, c.absent); got[0].Version != block.Garbage || got[1].Version != b.volume[1] {
			t.Errorf("%s: reads %v, want garbage and %d", c.name, got, b.volume[1])
		}
		// An RMW elsewhere in the row carries the damage on.
		b.write(0, 1<<2, rng)
		if got := b.read(block.Extent{Blocks: 1}, c.absent); got[0].Version != block.Garbage {
			t.Errorf("%s: after a write beside it reads %v", c.name, got)
		}
	}
}

// A medium error in the way of a write is repaired as the package comment says.
func TestWrite_RepairsAfterAFailedRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	b := newBox(t, Geometry{RAID5, 4, 2, 4})
	b.write(0, 1<<b.StripeBlocks()-1, rng)
	b.members[0][1] = block.Unread.Tag(0)
	runs := b.read(b.StripeExtent(0), 1<<0)
	b.steps, _ = b.PlanWrite(b.steps[:0], 0, []block.Extent{b.StripeExtent(0)}, 0)
	b.Fill(b.steps, 0, runs, 0)
	b.execute(b.steps, Write)
	b.checkMembers(0)
}

func TestAssemble_PanicsWithoutContent(t *testing.T) {
	b := newBox(t, Geometry{RAID5, 4, 2, 4})
	steps, _ := b.PlanRead(nil, block.Extent{Blocks: 4}, 0)
	b.execute(steps, Read)
	steps[1].Cells = nil // that command failed
	defer func() {
		if recover() == nil {
			t.Fatal("a failed read was taken for content")
		}
	}()
	b.Assemble(nil, block.Extent{Blocks: 4}, steps, 0)
}
