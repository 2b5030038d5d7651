package raid

import (
	"math/rand/v2"
	"testing"

	"tbraid/internal/block"
)

// media are the members of a small array as one tag a block, with what a cut in
// the middle of a write leaves of its steps.
type media struct {
	*Layout
	held [maxMembers][64]block.Tag
}

func (m *media) read(steps []Step) {
	for i := range steps {
		s := &steps[i]
		if s.Op != Read {
			continue
		}
		s.Cells = s.Cells[:0]
		for at := s.Extent.Start; at < s.Extent.End(); at++ {
			s.Cells = append(s.Cells, block.Cell{Extent: block.Extent{Start: at, Blocks: 1}, Tag: m.held[s.Member][at]})
		}
	}
}

// write puts each block of the write steps onto its member, or not, as keep says.
func (m *media) write(steps []Step, keep func() bool) {
	for _, s := range steps {
		if s.Op != Write {
			continue
		}
		for _, c := range s.Cells {
			for at := c.Extent.Start; at < c.Extent.End(); at++ {
				if keep() {
					m.held[s.Member][at] = c.Tag
				}
			}
		}
	}
}

// suspect counts the rows of a stripe that do not agree.
func (m *media) suspect(stripe uint64) (rows int) {
	for at := stripe * m.ChunkBlocks(); at < (stripe+1)*m.ChunkBlocks(); at++ {
		var held [maxMembers]block.Tag
		for i := range held {
			held[i] = m.held[i][at]
		}
		if !m.Agrees(stripe, held[:]) {
			rows++
		}
	}
	return rows
}

func (m *media) version(a block.LBA) block.Version {
	member, at := m.Locate(a)
	_, slot, _ := m.place(a)
	return m.held[member][at].Version(uint8(slot))
}

func always() bool { return true }

// torn writes some blocks of a stripe with versions of its own and stops anywhere.
func (m *media) torn(t *testing.T, rng *rand.Rand, stripe uint64, absent Absent, first block.Version) ([]Step, []block.Run) {
	t.Helper()
	var content []block.Run
	var dirty []block.Extent
	e := m.StripeExtent(stripe)
	for a := e.Start; a < e.End(); a++ {
		if rng.IntN(3) > 0 || len(content) == 0 && a == e.End()-1 {
			one := block.Extent{Start: a, Blocks: 1}
			content = append(content, block.Run{Extent: one, Version: first + block.Version(rng.IntN(3))})
			dirty = append(dirty, one)
		}
	}
	steps, err := m.PlanWrite(nil, stripe, dirty, absent)
	if err != nil {
		t.Fatal(err)
	}
	m.read(steps)
	m.Fill(steps, stripe, content, absent)
	m.write(steps, func() bool { return rng.IntN(2) == 0 })
	return steps, content
}

// Whatever a cut leaves of a stripe, the repair of the whole of it makes all levels
// agree again without a change to what reads from the data.
func TestRepair_WholeStripe(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, g := range []Geometry{{RAID1, 3, 4, 16}, {RAID5, 3, 4, 16}, {RAID5, 5, 4, 16}, {RAID6, 4, 4, 16}, {RAID6, 6, 4, 16}, {RAID10, 6, 4, 16}} {
		l, err := New(g)
		if err != nil {
			t.Fatal(err)
		}
		m, seen := &media{Layout: l}, 0
		for n := range 400 {
			stripe := uint64(n % 4)
			m.torn(t, rng, stripe, 0, block.Version(3*n+1))
			seen += m.suspect(stripe)
			spans := []Span{l.Whole(stripe)}
			steps := l.PlanRepair(nil, stripe, spans, 0)
			m.read(steps)
			l.FillRepair(steps, stripe, spans, nil, 0)
			m.write(steps, always)
			if n := m.suspect(stripe); n > 0 {
				t.Fatalf("%v of %d: %d rows disagree after the repair", g.Level, g.Members, n)
			}
		}
		if seen == 0 {
			t.Errorf("%v: no cut left a row that disagrees", g.Level)
		}
	}
}

// Partial parity puts the rows of a torn write right also if a member is missing
// that the write left alone: what it held comes out as it was.
func TestRepair_PartialParity(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	l, err := New(Geometry{RAID5, 5, 4, 16})
	if err != nil {
		t.Fatal(err)
	}
	m, wrong, rebuilt := &media{Layout: l}, 0, 0
	for n := range 2000 {
		stripe := uint64(n % 4)
		var before [16]block.Version
		e := l.StripeExtent(stripe)
		for i := range before {
			before[i] = m.version(e.Start + block.LBA(i))
		}
		steps, content := m.torn(t, rng, stripe, 0, block.Version(3*n+1))
		wrong += m.suspect(stripe)
		spans, partial := l.Partial(nil, nil, steps, stripe, content, 0)
		gone := n % 5
		absent := Absent(1) << gone
		repair := l.PlanRepair(nil, stripe, spans, absent)
		if len(repair) > 0 { // else parity is missing, or a chunk that was written in every span
			m.read(repair)
			l.FillRepair(repair, stripe, spans, partial, absent)
			m.write(repair, always)
		}
		written := map[block.LBA]bool{}
		for _, run := range content {
			written[run.Extent.Start] = true
		}
		for i := range before {
			a := e.Start + block.LBA(i)
			if member, _ := l.Locate(a); int(member) != gone || written[a] {
				continue
			}
			one := block.Extent{Start: a, Blocks: 1}
			read, err := l.PlanRead(nil, one, absent)
			if err != nil {
				t.Fatal(err)
			}
			m.read(read)
			if got := l.Assemble(nil, one, read, absent)[0].Version; got != before[i] {
				t.Fatalf("write %d: block %d reads as %d, was %d", n, a, got, before[i])
			}
			rebuilt++
		}
		m.whole(stripe) // the array is whole again for the next write
	}
	if wrong == 0 || rebuilt == 0 {
		t.Fatalf("%d rows disagreed, %d blocks were rebuilt", wrong, rebuilt)
	}
}

func (m *media) whole(stripe uint64) {
	spans := []Span{m.Whole(stripe)}
	steps := m.PlanRepair(nil, stripe, spans, 0)
	m.read(steps)
	m.FillRepair(steps, stripe, spans, nil, 0)
	m.write(steps, always)
}

// A repair that would have to guess is not planned.
func TestPlanRepair_NothingToGoBy(t *testing.T) {
	for _, c := range []struct {
		g      Geometry
		absent Absent
		steps  int
	}{
		{Geometry{RAID0, 3, 4, 16}, 0, 0},
		{Geometry{RAID5, 4, 4, 16}, 1 << 0, 0}, // data of stripe 0
		{Geometry{RAID5, 4, 4, 16}, 1 << 3, 0}, // its parity: nothing to write
		{Geometry{RAID6, 5, 4, 16}, 1 << 4, 4}, // P: three reads, Q
		{Geometry{RAID1, 3, 4, 16}, 1 << 0, 2},
	} {
		l, err := New(c.g)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.PlanRepair(nil, 0, []Span{l.Whole(0)}, c.absent); len(got) != c.steps {
			t.Errorf("%v without %b: %+v", c.g.Level, c.absent, got)
		}
	}
}
