package ledger

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"tbraid/internal/block"
	"tbraid/sim"
)

var (
	seeds = flag.Uint64("seeds", 25, "how many lives of a small box to compare")
	from  = flag.Uint64("from", 0, "the first of them")
)

// oneByOne is losses by block; the zero Loss is none.
func oneByOne(losses []Loss) (all [smallBlocks]Loss) {
	for _, l := range losses {
		e := l.Extent
		for b := e.Start; b < e.End(); b++ {
			l.Extent = ext(uint64(b), 1)
			all[b] = l
		}
	}
	return all
}

// content is holds as a Content.
func contentOf(holds *[smallBlocks]block.Version) Content {
	return func(dst []block.Run, e block.Extent) []block.Run {
		for b := e.Start; b < e.End(); b++ {
			v := block.Version(0)
			if b < smallBlocks {
				v = holds[b]
			}
			if n := len(dst) - 1; n >= 0 && dst[n].Version == v && dst[n].Extent.End() == b {
				dst[n].Extent.Blocks++
				continue
			}
			dst = append(dst, block.Run{Extent: ext(uint64(b), 1), Version: v})
		}
		return dst
	}
}

// At every nanosecond of the life of a small box four agree, block by block: the
// sweep at either level, the judge, and the judge of the second kind that goes by
// the complete record and by arrays. And the figures of the sweep are those of
// someone who wrote down each of its counts at each nanosecond.
func TestSweep_EveryNanosecondOfSmallBoxes(t *testing.T) {
	lives := []uint64{431, 5619} // that a fault was found with
	for i := range *seeds {
		lives = append(lives, *from+i)
	}
	compared := 0
	for _, seed := range lives {
		compared += everyNanosecond(t, seed)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d nanoseconds compared", compared)
}

func everyNanosecond(t *testing.T, seed uint64) (compared int) {
	m := newSmall(seed, Full, Promises)
	m.keeps.Lost = PowerLost
	if m.keeps.Exists = m.r.IntN(2) == 0; m.keeps.Exists {
		m.keeps.Kept, m.keeps.Lost = true, HoldUpExceeded
	}
	var sweeps []*Sweep
	m.each(func(_ int, l *Ledger) { sweeps = append(sweeps, l.Listen(m.now, contentOf(&m.medium), m.keeps)) })
	const end = 400
	curves := map[string][]uint64{}
	for m.now = 0; ; m.now++ {
		m.land()
		for m.r.IntN(5) == 0 {
			m.step()
		}
		asked := sweeps
		if seed%2 == 1 {
			asked = nil // so that the figures at the end show what a sweep misses that is left alone
		}
		for _, s := range asked {
			s.tick(m.now)
			s.land()
		}
		for o := range sweeps[0].kinds {
			if !m.agree(t, asked, o, curves) {
				t.Errorf("seed %d, %d ns", seed, m.now)
				return compared
			}
			compared++
		}
		if m.now == end {
			break
		}
	}
	var found []Curves
	m.each(func(_ int, l *Ledger) { found = append(found, l.Finish(end)) })
	found[0].Instants, found[1].Instants = 0, 0 // one looks more often
	if a, b := fmt.Sprint(found[0]), fmt.Sprint(found[1]); a != b {
		t.Errorf("seed %d: the levels differ\n%s\n%s", seed, a, b)
	}
	m.figures(t, seed, &found[0], curves)
	return compared
}

// agree compares at this nanosecond, and notes the counts.
func (m *small) agree(t *testing.T, sweeps []*Sweep, outage int, curves map[string][]uint64) bool {
	holds, drops := m.fallen(outage == bridged)
	want := m.judge(holds, new([smallBlocks]block.Version), drops, true)
	l := m.ledgers[0]
	l.drops = drops
	l.torn.Set(ext(0, smallBlocks), true)
	judged := oneByOne(l.Judge(m.now, contentOf(&holds)).Losses)
	l.drops = nil
	counts := map[Count]uint64{}
	ok := true
	for b := range want {
		judged[b].Age, judged[b].Step = 0, 0
		if judged[b] != want[b] {
			t.Errorf("block %d, outage %d\njudge %+v\nwant  %+v", b, outage, judged[b], want[b])
			ok = false
		}
		if want[b].Class != NoLoss {
			counts[Count{Class: want[b].Class, Cause: want[b].Cause}]++
		}
	}
	for i, s := range sweeps {
		swept := oneByOne(s.Losses(outage == bridged))
		for b := range want {
			got := swept[b]
			w := want[b]
			if got.Step, got.Age, got.Found = 0, 0, w.Found; i > 0 || w.Outcome == Torn || w.Cause == Misdirected {
				got.Lost, got.Taken, got.Flush = w.Lost, w.Taken, w.Flush // the lean one has forgotten
			}
			if got != w {
				t.Errorf("block %d, outage %d, level %d, on the medium %v\nsweep %+v\nwant  %+v", b, outage, i, holds[b], got, w)
				ok = false
			}
		}
		got := map[Count]uint64{}
		for _, c := range s.Counts(outage == bridged) {
			got[Count{Class: c.Class, Cause: c.Cause}] += c.Blocks
		}
		if !reflect.DeepEqual(got, counts) {
			t.Errorf("outage %d, level %d: counts\nsweep %v\nwant  %v", outage, i, got, counts)
			ok = false
		}
	}
	note(curves, outage, want)
	if outage == lasting {
		for _, s := range sweeps {
			m.covered(t, s)
		}
		if len(sweeps) > 0 {
			m.noteBounds(t, sweeps[0], want, curves)
		}
	}
	return ok
}

func name(outage int, what ...any) string { return fmt.Sprint(append([]any{outage}, what...)...) }

// strays tells whether a WRITE went elsewhere: what a cache then writes makes
// things worse, so nothing is sure.
func (m *small) strays() bool {
	return slices.ContainsFunc(m.writes, func(w smallWrite) bool { return w.to != w.extent })
}

// note writes the counts of a nanosecond down.
func note(curves map[string][]uint64, outage int, losses [smallBlocks]Loss) {
	add := func(key string, n uint64) { curves[key] = append(curves[key], n*block.Size) }
	var class [classes]uint64
	var cause [classes][causes]uint64
	for _, l := range losses {
		class[l.Class]++
		cause[l.Class][l.Cause]++
	}
	add(name(outage, "acknowledged"), class[AtRisk]+class[Damage]+class[BrokenWord])
	for c := InFlight; c < classes; c++ {
		add(name(outage, c), class[c])
		for why := range causes {
			add(name(outage, c, why), cause[c][why])
		}
	}
}

// covered compares what is possibly lost, block by block, with the acknowledged blocks
// whose newest version neither an honest status nor a flush that was carried out
// covers.
func (m *small) covered(t *testing.T, s *Sweep) {
	for b := range block.LBA(smallBlocks) {
		var newest *smallWrite
		for i := range m.writes {
			if w := &m.writes[i]; w.acked > 0 && w.payload.Contains(b) {
				newest = w
			}
		}
		want := newest != nil && (newest.promise < Stable || newest.shirked != NoCause)
		for i := range m.flushes {
			f := &m.flushes[i]
			if e := (&Flush{Extent: f.extent}).reach(); want && f.done > 0 && f.good && f.stop == NoCause && f.acked >= newest.acked && e.Contains(b) {
				want = false
			}
		}
		if stands := s.l.stands.at(b); stands.possible() != want {
			t.Errorf("block %d at level %s: possibly lost %v, want %v: %+v", b, s.l.level, !want, want, stands)
		}
	}
}

// noteBounds writes the bounds down, and holds what is lost against them: what a
// write under way tears is on top of what may be lost by caches.
func (m *small) noteBounds(t *testing.T, s *Sweep, losses [smallBlocks]Loss, curves map[string][]uint64) {
	var surely, possibly uint64
	for _, p := range s.looked().All(nil) {
		for b := p.Extent.Start; b < p.Extent.End(); b++ {
			l := &losses[b]
			lost := l.Class >= AtRisk
			if s.sure(&p.Value) {
				if surely++; !lost && !m.strays() {
					t.Errorf("block %d is surely lost, and is not", b)
				}
			}
			if p.Value.possible() {
				possibly++
			} else if lost && l.Outcome != Torn && l.Outcome != Foreign && l.Cause != Misdirected {
				t.Errorf("block %d cannot be lost, and is: %+v", b, l)
			}
		}
	}
	curves["surely"] = append(curves["surely"], surely*block.Size)
	curves["possibly"] = append(curves["possibly"], possibly*block.Size)
}

// figures compares all curves with what was written down.
func (m *small) figures(t *testing.T, seed uint64, c *Curves, curves map[string][]uint64) {
	check := func(key string, f Figures) {
		t.Helper()
		if curves[key] == nil {
			return // not noted
		}
		want := figuresOf(curves[key])
		if seed%2 == 1 && f.Points[0].Least > want.Points[0].Least {
			f.Points[0].Least = want.Points[0].Least // left alone, it has not looked at every instant
		}
		if !reflect.DeepEqual(f, want) {
			t.Errorf("seed %d, curve %s\ngot  %#v\nwant %#v", seed, key, f, want)
		}
	}
	check("surely", c.Surely)
	check("possibly", c.Possibly)
	for o, f := range c.Outages {
		check(name(o, "acknowledged"), f.Acknowledged)
		for class := InFlight; class < classes; class++ {
			check(name(o, class), f.Class[class])
		}
		for _, why := range f.Causes {
			check(name(o, why.Class, why.Cause), why.Figures)
		}
	}
}

// figuresOf is what the values of each nanosecond come to; the last is that at the
// end, which takes no time any more.
func figuresOf(values []uint64) Figures {
	f := Figures{First: -1, Last: -1}
	var sum, most uint64
	least, n := values[0], uint64(len(values)-1)
	for at, v := range values {
		if v > f.Worst {
			f.Worst, f.WorstAt = v, sim.Time(at)
		}
		if v > 0 {
			if f.Last = sim.Time(n); at < int(n) {
				sum += v
				f.Exposed++
				f.Last = sim.Time(at) + 1
			}
			if f.First < 0 {
				f.First = sim.Time(at)
			}
		}
		least, most = min(least, v), max(most, v)
	}
	f.Mean = (sum + n/2) / n
	f.Points = []Point{{From: 0, To: sim.Time(n), Least: least, Most: most}}
	return f
}
