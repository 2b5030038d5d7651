package controller

import (
	"testing"

	"pgregory.net/rapid"

	"tbraid/controller/raid"
	"tbraid/internal/block"
)

// The tracker that is told of every change counts what reading all media counts,
// for every level, also for changes that cross stripes and reach into the log area.
func TestHoles_CountWhatTheMediaHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := rapid.SampledFrom([]raid.Geometry{
			{Level: raid.RAID0, Members: 3, ChunkBlocks: 8}, {Level: raid.RAID1, Members: 3, ChunkBlocks: 8},
			{Level: raid.RAID5, Members: 4, ChunkBlocks: 8}, {Level: raid.RAID6, Members: 5, ChunkBlocks: 8},
			{Level: raid.RAID10, Members: 4, ChunkBlocks: 8},
		}).Draw(rt, "geometry")
		r := newRigOf(t, honest(), g, testSSD)
		a := r.c.array
		h := newHoles(a.layout)
		suspect := false
		for range 40 {
			member := rapid.IntRange(0, g.Members-1).Draw(rt, "member")
			e := block.Extent{Start: block.LBA(rapid.IntRange(0, 40).Draw(rt, "start")), Blocks: uint64(rapid.IntRange(1, 20).Draw(rt, "blocks"))}
			// few tags, so that rows come to agree again
			tag := block.Version(rapid.IntRange(0, 2).Draw(rt, "version")).Tag(uint8(rapid.IntRange(0, 1).Draw(rt, "slot")))
			d := a.drives[member]
			before := d.Peek(nil, e)
			d.Poke(e, tag)
			h.Change(member, e, before, d.Peek(nil, e))
			want := a.SuspectRows(0, 9)
			if h.Rows() != want {
				rt.Fatalf("after %v of member %d: %d rows, the media say %d", e, member, h.Rows(), want)
			}
			suspect = suspect || want > 0
		}
		if suspect == (g.Level == raid.RAID0) {
			rt.Fatalf("%v: suspect rows seen: %v", g.Level, suspect)
		}
	})
}

// Beyond the layout lies the log: what it holds is no row.
func TestHoles_PassOverTheLog(t *testing.T) {
	r := newRigOf(t, closing(t, "ppl"), raid.Geometry{Level: raid.RAID5, Members: 3, ChunkBlocks: 16}, testSSD)
	h := newHoles(r.c.array.layout)
	end := block.LBA(r.c.array.layout.MemberBlocks())
	e := block.Extent{Start: end - 4, Blocks: 12}
	h.Change(0, e, []block.Cell{{Extent: e}}, []block.Cell{{Extent: e, Tag: 7}})
	if h.Rows() != 4 {
		t.Fatalf("%d rows, want the 4 before the log", h.Rows())
	}
}

// What a destage writes leaves everything in agreement, and in the middle of it not.
func TestSuspectRows_OfADestage(t *testing.T) {
	r := newRigOf(t, honest(), raid.Geometry{Level: raid.RAID6, Members: 5, ChunkBlocks: 16}, testSSD)
	r.write(0, 96)
	r.write(120, 9)
	seen := uint64(0)
	r.c.flushAll()
	r.c.pump(r.k.Now())
	r.k.RunWhile(func() bool {
		seen = max(seen, r.c.array.SuspectRows(0, 4))
		return !r.c.Quiet()
	})
	if now := r.c.array.SuspectRows(0, 4); seen == 0 || now != 0 {
		t.Fatalf("at most %d rows disagreed, and now %d", seen, now)
	}
}
