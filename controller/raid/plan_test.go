package raid

import (
	"errors"
	"testing"

	"tbraid/internal/block"
)

// checkReadPlan checks that the plan reads the blocks of e, and of the rest of
// the row where one is absent, and nothing else, and nothing twice.
func (b *box) checkReadPlan(e block.Extent, absent Absent) {
	b.t.Helper()
	c := int(b.g.ChunkBlocks)
	k := b.perRow()
	want := map[[2]int]bool{}
	for a := int(e.Start); a < int(e.End()); a++ {
		row, offset := a/(c*k), a%c
		var copies, lost, survivors []int
		for m, name := range b.figure(row) {
			switch {
			case name.data == a/c && !absent.Has(m):
				copies = append(copies, m)
			case name.data >= 0 && absent.Has(m):
				lost = append(lost, m)
			case name.data >= 0:
				survivors = append(survivors, m)
			}
		}
		if len(copies) > 0 {
			want[[2]int{copies[0], row*c + offset}] = true // any copy will do
			continue
		}
		for _, role := range []Role{P, Q} {
			for m, name := range b.figure(row) {
				if name.role == role && !absent.Has(m) && len(lost) > 0 {
					survivors, lost = append(survivors, m), lost[1:]
				}
			}
		}
		for _, m := range survivors {
			want[[2]int{m, row*c + offset}] = true
		}
	}
	steps, _ := b.PlanRead(nil, e, absent)
	count := 0
	for _, s := range steps {
		for at := int(s.Extent.Start); at < int(s.Extent.End()); at++ {
			if count++; b.copies == 1 && !want[[2]int{int(s.Member), at}] {
				b.t.Fatalf("%s: read of %v without %b: needless block %d/%d", b.name(), e, absent, s.Member, at)
			}
		}
	}
	if count != len(want) {
		b.t.Fatalf("%s: read of %v without %b: %d blocks read, want %d", b.name(), e, absent, count, len(want))
	}
}

// The commands that a write takes, as every text on RAID counts them.
func TestPlanWrite_Commands(t *testing.T) {
	const chunk = 512
	for _, c := range []struct {
		name          string
		level         Level
		members       int
		dirty         block.Extent // of stripe 0
		absent        Absent
		reads, writes int
	}{
		{"RAID-5 small", RAID5, 12, block.Extent{Start: 100, Blocks: 8}, 0, 2, 2},
		{"RAID-5 small, 5 members", RAID5, 5, block.Extent{Start: 100, Blocks: 8}, 0, 2, 2},
		{"RAID-5 small, 3 members", RAID5, 3, block.Extent{Start: 100, Blocks: 8}, 0, 1, 2},
		{"RAID-5 full stripe", RAID5, 12, block.Extent{Blocks: 11 * chunk}, 0, 0, 12},
		{"RAID-5 all but one chunk", RAID5, 12, block.Extent{Blocks: 10 * chunk}, 0, 1, 11},
		{"RAID-5 five chunks of eleven", RAID5, 12, block.Extent{Blocks: 5 * chunk}, 0, 6, 6},
		{"RAID-5 six chunks of eleven", RAID5, 12, block.Extent{Blocks: 6 * chunk}, 0, 5, 7},
		{"RAID-5 small, parity absent", RAID5, 12, block.Extent{Start: 100, Blocks: 8}, 1 << 11, 0, 1},
		{"RAID-5 small, its member absent", RAID5, 12, block.Extent{Start: 100, Blocks: 8}, 1 << 0, 10, 1},
		{"RAID-5 small, another absent", RAID5, 12, block.Extent{Start: 100, Blocks: 8}, 1 << 5, 2, 2},
		{"RAID-6 small", RAID6, 12, block.Extent{Start: 100, Blocks: 8}, 0, 3, 3},
		{"RAID-6 full stripe", RAID6, 12, block.Extent{Blocks: 10 * chunk}, 0, 0, 12},
		{"RAID-6 small, its member and another absent", RAID6, 12, block.Extent{Start: 100, Blocks: 8}, 1<<1 | 1<<5, 10, 2},
		{"RAID-0 small", RAID0, 12, block.Extent{Start: 100, Blocks: 8}, 0, 0, 1},
		{"RAID-1 of three", RAID1, 3, block.Extent{Start: 100, Blocks: 8}, 0, 0, 3},
		{"RAID-10 small", RAID10, 12, block.Extent{Start: 100, Blocks: 8}, 0, 0, 2},
		{"RAID-10 small, a mirror absent", RAID10, 12, block.Extent{Start: 100, Blocks: 8}, 1 << 1, 0, 1},
	} {
		l, err := New(Geometry{c.level, c.members, chunk, 4 * chunk})
		if err != nil {
			t.Fatal(err)
		}
		steps, err := l.PlanWrite(nil, 0, []block.Extent{c.dirty}, c.absent)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var count [2]int
		for _, s := range steps {
			count[s.Op]++
		}
		if count != [2]int{c.reads, c.writes} {
			t.Errorf("%s: %d reads and %d writes, want %d and %d", c.name, count[Read], count[Write], c.reads, c.writes)
		}
	}
}

// A sequential read of full rows is one command a member where no parity is in
// between.
func TestPlanRead_MergesAcrossStripes(t *testing.T) {
	l, err := New(Geometry{RAID0, 4, 8, 80})
	if err != nil {
		t.Fatal(err)
	}
	steps, _ := l.PlanRead(nil, block.Extent{Start: 4, Blocks: 3*32 - 4}, 0)
	if len(steps) != 4 {
		t.Fatalf("%d steps, want one for each of 4 members: %v", len(steps), steps)
	}
}

func TestPlanRead_MirrorsShareTheReads(t *testing.T) {
	for _, level := range []Level{RAID1, RAID10} {
		l, err := New(Geometry{level, 4, 8, 80})
		if err != nil {
			t.Fatal(err)
		}
		var used Absent
		steps, _ := l.PlanRead(nil, block.Extent{Blocks: l.VolumeBlocks()}, 0)
		for _, s := range steps {
			used |= 1 << s.Member
		}
		if used != 0xf {
			t.Errorf("%v: reads go to members %b only", level, used)
		}
	}
}

func TestPlan_TooManyAbsent(t *testing.T) {
	for _, c := range []struct {
		name        string
		g           Geometry
		absent      Absent
		block       block.LBA
		read, write error
		survives    bool
	}{
		{"RAID-0, on the absent member", Geometry{RAID0, 3, 1, 2}, 1, 0, ErrLost, ErrLost, false},
		{"RAID-0, on another member", Geometry{RAID0, 3, 1, 2}, 1, 1, nil, nil, false},
		{"RAID-1, one copy left", Geometry{RAID1, 3, 1, 2}, 3, 0, nil, nil, true},
		{"RAID-1, none left", Geometry{RAID1, 3, 1, 2}, 7, 0, ErrLost, ErrLost, false},
		{"RAID-10, other pair gone", Geometry{RAID10, 4, 1, 2}, 3, 1, nil, nil, false},
		{"RAID-10, its pair gone", Geometry{RAID10, 4, 1, 2}, 3, 0, ErrLost, ErrLost, false},
		{"RAID-10, half of each pair", Geometry{RAID10, 4, 1, 2}, 6, 0, nil, nil, true},
		{"RAID-5, two of three", Geometry{RAID5, 3, 1, 2}, 3, 0, ErrLost, ErrLost, false},
		{"RAID-5, two, not itself", Geometry{RAID5, 3, 1, 2}, 6, 0, nil, ErrLost, false},
		{"RAID-6, two", Geometry{RAID6, 5, 1, 2}, 6, 0, nil, nil, true},
		{"RAID-6, three", Geometry{RAID6, 5, 1, 2}, 14, 0, ErrLost, ErrLost, false},
	} {
		l, err := New(c.g)
		if err != nil {
			t.Fatal(err)
		}
		e := block.Extent{Start: c.block, Blocks: 1}
		before := []Step{{Member: 9}}
		if got, err := l.PlanRead(before, e, c.absent); !errors.Is(err, c.read) || err != nil && len(got) != 1 {
			t.Errorf("%s: read: %v and %d steps, want %v", c.name, err, len(got), c.read)
		}
		if got, err := l.PlanWrite(before, 0, []block.Extent{e}, c.absent); !errors.Is(err, c.write) || err != nil && len(got) != 1 {
			t.Errorf("%s: write: %v and %d steps, want %v", c.name, err, len(got), c.write)
		}
		if got := l.Survives(c.absent); got != c.survives {
			t.Errorf("%s: survives %v", c.name, got)
		}
	}
}

// twelve is RAID-5 of twelve members with 256 KiB chunks.
func twelve(tb testing.TB) (l *Layout, small, full []block.Extent) {
	l, err := New(Geometry{RAID5, 12, 512, 1 << 20})
	if err != nil {
		tb.Fatal(err)
	}
	return l, []block.Extent{{Start: 1000, Blocks: 8}}, []block.Extent{l.StripeExtent(0)}
}

// cycle plans a write, lets its reads return zeros, and fills it.
func cycle(l *Layout, steps []Step, dirty []block.Extent, runs []block.Run) []Step {
	steps, _ = l.PlanWrite(steps[:0], 0, dirty, 0)
	zeros(steps)
	runs = append(runs[:0], block.Run{Extent: dirty[0], Version: 7})
	l.Fill(steps, 0, runs, 0)
	return steps
}

func zeros(steps []Step) {
	for i := range steps {
		if s := &steps[i]; s.Op == Read {
			s.Cells = append(s.Cells[:0], block.Cell{Extent: s.Extent})
		}
	}
}

func TestPlan_AllocatesNothing(t *testing.T) {
	l, small, full := twelve(t)
	steps := make([]Step, 0, 64)
	runs := make([]block.Run, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		steps = cycle(l, steps, small, runs)
		steps = cycle(l, steps, full, runs)
		steps, _ = l.PlanRead(steps[:0], full[0], 1<<3)
		zeros(steps)
		runs = l.Assemble(runs[:0], full[0], steps, 1<<3)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
