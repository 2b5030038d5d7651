package ledger

import (
	"slices"
	"testing"

	"tbraid/internal/block"
)

// One event after another, with anything on the volume that an event can leave:
// the judge and the judge of the second kind find the same losses, classes, causes
// and commands that were cut in two.
func TestJudge_AgainstTheCompleteRecord(t *testing.T) {
	compared, shorn := 0, 0
	for seed := range 40 * *seeds {
		m := newSmall(seed, Full)
		var seen [smallBlocks]block.Version
		before := chanced{}
		for range 1 + m.r.IntN(4) {
			for range m.r.IntN(60) {
				m.now++
				m.step()
			}
			m.endFlushes()
			holds, drops := m.chance(&before)
			busy := m.r.IntN(2) == 0
			l := m.ledgers[0]
			l.drops = drops
			l.torn.Set(ext(0, smallBlocks), busy)
			judged := l.Judge(m.now, contentOf(&holds))
			want, got := m.judge(holds, &seen, drops, busy), oneByOne(judged.Losses)
			for b := range want {
				if got[b].Age, got[b].Step = 0, 0; got[b] != want[b] {
					t.Fatalf("seed %d, block %d\njudge %+v\nwant  %+v", seed, b, got[b], want[b])
				}
				compared++
			}
			if n := m.shorn(holds); n != judged.Shorn {
				t.Fatalf("seed %d: %d commands cut in two, want %d", seed, judged.Shorn, n)
			}
			shorn += judged.Shorn
			m.writeOff(judged)
			m.observe(holds, &seen)
		}
	}
	if shorn == 0 {
		t.Error("no command was cut in two")
	}
	t.Logf("%d fates compared, %d commands cut in two", compared, shorn)
}

// endFlushes ends what is under way, as an event does before it is judged.
func (m *small) endFlushes() {
	for id := range m.flushes {
		if f := &m.flushes[id]; id > 0 && f.done == 0 {
			m.ended++
			f.done = m.ended
			m.ledgers[0].End(m.now, uint32(id), false)
		}
	}
}

// chance is what an event may leave: of each block any version that was issued to
// it, or none, or one of another block, or ruins; and what is said to have taken it.
// Nothing comes back: it is no newer than what the event before left, or was
// issued since.
func (m *small) chance(before *chanced) (holds [smallBlocks]block.Version, drops []drop) {
	for b := range holds {
		for range 3 {
			v := block.Version(m.r.IntN(len(m.writes)))
			if last := before.holds[b]; v > 0 && v <= before.issued &&
				(!last.Written() || v > last || !m.writes[last].payload.Contains(block.LBA(b))) {
				continue
			}
			if slices.ContainsFunc(m.offs, func(o smallOff) bool { return o.b == uint64(b) && v > o.kept && v <= o.lost && v <= before.issued }) {
				continue
			}
			if v == 0 || m.writes[v].payload.Contains(block.LBA(b)) || m.r.IntN(30) == 0 && m.far(v, b) {
				holds[b] = max(holds[b], v)
			}
		}
		if m.r.IntN(12) == 0 {
			holds[b] = []block.Version{block.Torn, block.Unread, block.Garbage}[m.r.IntN(3)]
		}
		if n := m.r.IntN(4); n > 0 {
			drops = append(drops, drop{block.Run{Extent: ext(uint64(b), 1), Version: 1}, []Cause{NoCause, PowerLost, HoldUpExceeded, LostInCrash}[n]})
		}
	}
	for i, v := range holds { // what a WRITE carried along is found as what supplied it
		if v.Written() && v != 0 && m.writes[v].extent.Contains(block.LBA(i)) && !m.writes[v].payload.Contains(block.LBA(i)) {
			holds[i] = 0
		}
	}
	*before = chanced{holds, block.Version(len(m.writes) - 1)}
	return holds, drops
}

// far tells whether a block lies neither within WRITE v nor beside it: what strays
// goes far.
func (m *small) far(v block.Version, b int) bool {
	e := m.writes[v].extent
	return block.LBA(b)+1 < e.Start || block.LBA(b) > e.End()
}

// chanced is what an event left.
type chanced struct {
	holds  [smallBlocks]block.Version
	issued block.Version
}

// writeOff tells the ledger that the losses have been judged, and notes them.
func (m *small) writeOff(j Judgement) {
	for _, l := range j.Losses {
		if l.Class == InFlight {
			continue
		}
		for b := l.Extent.Start; b < l.Extent.End(); b++ {
			o := smallOff{b: uint64(b), lost: l.Lost, flushes: len(m.flushes)}
			if l.Found.Written() && l.Outcome != Foreign {
				o.kept = l.Found
			}
			m.offs = append(m.offs, o)
		}
	}
	m.ledgers[0].WriteOff(j)
}

// observe reads some blocks back.
func (m *small) observe(holds [smallBlocks]block.Version, seen *[smallBlocks]block.Version) {
	start := m.r.Uint64N(smallBlocks)
	for b := start; b < start+m.r.Uint64N(smallBlocks-start); b++ {
		if v := holds[b]; v.Written() && v > seen[b] {
			seen[b] = v
		}
		m.ledgers[0].Observe(ext(b, 1), holds[b])
	}
}

// shorn counts the WRITEs of which some blocks, not written again since, are there
// and some are not.
func (m *small) shorn(holds [smallBlocks]block.Version) (n int) {
	for v := 1; v < len(m.writes); v++ {
		here, gone := false, false
		for b := range uint64(smallBlocks) {
			newest := 0
			for i := range m.writes {
				if i > 0 && m.writes[i].payload.Contains(block.LBA(b)) {
					newest = i
				}
			}
			if newest == v {
				here = here || holds[b] == block.Version(v)
				gone = gone || holds[b] != block.Version(v)
			}
		}
		if here && gone {
			n++
		}
	}
	return n
}
