package store

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
	"tbraid/lab"
)

// small is a result of a few hundred lost extents in which everything occurs, drawn
// from a seed: extents that overlap, fates and causes of all kinds, no file and
// files, more than one page of one kind.
func small(seed uint64, extents int) *lab.Result {
	r := rand.New(rand.NewPCG(seed, 0))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	out := &lab.Result{Schema: lab.Schema}
	for i := range 3 {
		run := lab.Run{Case: pick("dd", "dd + read-back"), Event: "box-power", Host: pick("kext", "dext"), Policy: fmt.Sprintf("wb-%d", i), EventNS: 1e9,
			Steps: []lab.Step{{Kind: "run", Text: "dd if=/dev/zero of=/dev/disk5 count=1"}, {Kind: "run", Text: "cp /a /Volumes/RAID/"}}}
		for range extents {
			l := lab.Lost{LBA: r.Uint64N(1 << 33), Blocks: 1 + r.Uint64N(4000), Class: pick("violation", "permitted-loss"), Outcome: pick("stale", "kept"),
				Cause: pick("never-asked", "driver-swallowed"), Promise: "stable", Reads: pick("old", "zeros"), AckedNS: r.Int64N(1e9), Step: r.IntN(2)}
			l.AgeNS = 8e8 - l.AckedNS // negative in some
			if r.IntN(2) == 0 {
				l.File = fmt.Sprintf("/Volumes/RAID/%d", r.IntN(9))
			}
			run.Extents = append(run.Extents, l)
		}
		run.ExtentCount = uint64(len(run.Extents))
		out.Runs = append(out.Runs, run)
	}
	return out
}

// found is a lost extent as the oracle and the store show it.
type found struct {
	run         string
	lba, blocks uint64
	acked       int64
	cause, file string
}

func (f found) compare(g found) int {
	return cmp.Or(strings.Compare(f.run, g.run), cmp.Compare(f.lba, g.lba), cmp.Compare(f.blocks, g.blocks), cmp.Compare(f.acked, g.acked),
		strings.Compare(f.cause, g.cause), strings.Compare(f.file, g.file))
}

// condition is one that the oracle understands too.
type condition struct {
	text  string
	holds func(r *lab.Run, l *lab.Lost) bool
}

// draw draws a condition.
func draw(t *rapid.T) condition {
	n := rapid.Int64Range(0, 1<<33).Draw(t, "n")
	ns := n % 1e9
	compare := func(name string, n int64, value func(l *lab.Lost) int64) condition {
		op := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "op")
		return condition{fmt.Sprintf("%s%s%dns", name, op, n), func(_ *lab.Run, l *lab.Lost) bool {
			v := value(l)
			return map[string]bool{"=": v == n, "!=": v != n, "<": v < n, "<=": v <= n, ">": v > n, ">=": v >= n}[op]
		}}
	}
	return []func() condition{
		func() condition { return compare("acked", ns, func(l *lab.Lost) int64 { return l.AckedNS }) },
		func() condition { return compare("age", ns, func(l *lab.Lost) int64 { return l.AgeNS }) },
		func() condition {
			return condition{"class=violation", func(_ *lab.Run, l *lab.Lost) bool { return l.Class == "violation" }}
		},
		func() condition {
			return condition{"cause!=never-*", func(_ *lab.Run, l *lab.Lost) bool { return l.Cause != "never-asked" }}
		},
		func() condition {
			return condition{`file=/Volumes/RAID/3,*/4,""`, func(_ *lab.Run, l *lab.Lost) bool {
				return l.File == "" || strings.HasSuffix(l.File, "/3") || strings.HasSuffix(l.File, "/4")
			}}
		},
		func() condition {
			return condition{"file=/Volumes/RAID/5", func(_ *lab.Run, l *lab.Lost) bool { return l.File == "/Volumes/RAID/5" }}
		},
		func() condition {
			return condition{"policy=wb-1", func(r *lab.Run, _ *lab.Lost) bool { return r.Policy == "wb-1" }}
		},
		func() condition {
			return condition{"tool=cp reads=zeros", func(_ *lab.Run, l *lab.Lost) bool { return l.Step == 1 && l.Reads == "zeros" }}
		},
	}[rapid.IntRange(0, 7).Draw(t, "kind")]()
}

// A question finds what a loop over the result finds, whatever index it goes by.
func TestFind_AgainstALoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := small(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 60).Draw(t, "extents"))
		s := New()
		s.Load("", r)
		var text []string
		var holds []condition
		for range rapid.IntRange(0, 3).Draw(t, "conditions") {
			c := draw(t)
			holds, text = append(holds, c), append(text, c.text)
		}
		low, high := uint64(0), uint64(math.MaxInt64-1)
		if rapid.Bool().Draw(t, "by address") {
			low = rapid.Uint64Range(0, 1<<33).Draw(t, "low")
			high = low + rapid.SampledFrom([]uint64{0, 1, 1 << 12, 1 << 30}).Draw(t, "length")
			text = append(text, fmt.Sprintf("lba=%d..%d", low, high))
		}
		var want []found
		for i := range r.Runs {
			run := &r.Runs[i]
			for j := range run.Extents {
				l := &run.Extents[j]
				e := (block.Extent{Start: block.LBA(l.LBA), Blocks: l.Blocks}).Intersect(block.Between(block.LBA(low), block.LBA(high+1)))
				if !e.Empty() && !slices.ContainsFunc(holds, func(c condition) bool { return !c.holds(run, l) }) {
					want = append(want, found{run.Policy, uint64(e.Start), e.Blocks, l.AckedNS, l.Cause, l.File})
				}
			}
		}
		slices.SortFunc(want, found.compare)
		q, err := Parse(Tables()[0], strings.Join(text, " "))
		if err == nil {
			err = q.Show("", "policy,lba,blocks,acked,cause,file")
		}
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.View().Find(q)
		if err != nil && slices.Contains(text, "policy=wb-1") {
			t.Fatal(err)
		}
		if err != nil { // a word that this result does not have
			return
		}
		var got []found
		for _, row := range a.Rows {
			got = append(got, found{row[0].Word, uint64(row[1].Number), uint64(row[2].Number), row[3].Number, row[4].Word, row[5].Word})
		}
		slices.SortFunc(got, found.compare)
		if !slices.Equal(got, want) || a.Matched != len(want) {
			t.Fatalf("%s: %d rows, want %d\n%v\n%v", q.Text, a.Matched, len(want), got, want)
		}
	})
}

// A limit shows the first rows of the order that all of them would have.
func TestFind_LimitShowsTheFirst(t *testing.T) {
	v := load(t, small(1, 200))
	for _, sort := range []string{"", "age", "-age", "file,-bytes", "-cause,acked"} {
		all := ask(t, v, "extents", "lba>=4294967296", sort, 0)
		if all.Matched < 100 || len(all.Rows) != all.Matched {
			t.Fatalf("%s: %d of %d rows", sort, len(all.Rows), all.Matched)
		}
		for _, limit := range []int{1, 2, 50, 1000} {
			some := ask(t, v, "extents", "lba>=4294967296", sort, limit)
			n := min(limit, all.Matched)
			if some.Matched != all.Matched || !slices.EqualFunc(some.Rows, all.Rows[:n], slices.Equal) {
				t.Errorf("%s: %d rows are not the first", sort, limit)
			}
		}
	}
}

func TestFind_Sorted(t *testing.T) {
	a := ask(t, load(t, small(2, 100)), "extents", "", "-age", 0)
	i := slices.IndexFunc(a.Columns, func(c Column) bool { return c.Name == "age" })
	if !slices.IsSortedFunc(a.Rows, func(x, y []Value) int { return cmp.Compare(y[i].Number, x[i].Number) }) || a.Rows[0][i].Number <= 0 {
		t.Error("the greatest age is not first")
	}
}

// Extents of one kind that fill several pages are all found by an address.
func TestPages(t *testing.T) {
	r := &lab.Result{Runs: []lab.Run{{Policy: "p", Case: "c", Host: "h"}}}
	run := &r.Runs[0]
	const extents = 3*pageExtents + 7
	for i := range extents { // from the last to the first
		run.Extents = append(run.Extents, lab.Lost{LBA: uint64(extents-1-i) * 10, Blocks: 4, Class: "violation", Cause: "torn"})
	}
	run.ExtentCount = extents
	v := load(t, r)
	if n := count(v.txn, pages); n != 4 {
		t.Errorf("%d pages", n)
	}
	for i := range uint64(extents) {
		if a := ask(t, v, "extents", fmt.Sprintf("lba=%d", i*10+3), "", 0); a.Matched != 1 {
			t.Fatalf("LBA %d: %d extents", i*10+3, a.Matched)
		}
		if i%997 == 0 {
			if a := ask(t, v, "extents", fmt.Sprintf("lba=%d..%d", i*10+4, i*10+9), "", 0); a.Matched != 0 {
				t.Fatalf("between extents: %d", a.Matched)
			}
		}
	}
}

// An interval of addresses is in the smallest bin that holds it, and a search meets
// every interval that overlaps.
func TestBin(t *testing.T) {
	tests := []struct {
		low, high int64
		size      int
		n         uint64
	}{{0, 0, 0, 0}, {7, 7, 0, 7}, {6, 7, 1, 3}, {7, 8, 4, 0}, {8, 15, 3, 1}, {0, math.MaxInt64, 63, 0}, {math.MaxInt64, math.MaxInt64, 0, math.MaxInt64}}
	for _, tt := range tests {
		if size, n := bin(tt.low, tt.high); size != tt.size || n != tt.n {
			t.Errorf("%d to %d: bin %d of size %d, want %d of %d", tt.low, tt.high, n, size, tt.n, tt.size)
		}
	}
}

// A view stays as it is, and says when there is more to see.
func TestView_IsASnapshot(t *testing.T) {
	s := New()
	empty := s.View()
	s.Load("a.json", small(1, 5))
	before := s.View()
	select {
	case <-empty.Changed():
	default:
		t.Error("the first load is not noticed")
	}
	select {
	case <-before.Changed():
		t.Fatal("changed before anything was loaded")
	default:
	}
	s.Load("b.json", small(2, 7))
	select {
	case <-before.Changed():
	default:
		t.Error("a load is not noticed")
	}
	after := s.View()
	for _, tt := range []struct {
		v    *View
		rows int
	}{{before, 15}, {after, 36}} {
		if a := ask(t, tt.v, "extents", "", "", 0); a.Matched != tt.rows {
			t.Errorf("%d rows, want %d", a.Matched, tt.rows)
		}
	}
	if a := ask(t, after, "extents", "result=b.json", "", 1); a.Matched != 21 || a.Columns[0].Name != "result" || a.Rows[0][0].Word != "b.json" {
		t.Errorf("of b.json: %d rows, %v", a.Matched, a.Rows)
	}
}

// A column of words of which none is there is not shown unless it is asked for, and
// neither is the name of the only result.
func TestFind_LeavesOutWhatSaysNothing(t *testing.T) {
	r := small(1, 5)
	for i := range r.Runs {
		for j := range r.Runs[i].Extents {
			r.Runs[i].Extents[j].File = ""
		}
	}
	q, err := Parse(Tables()[0], "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := load(t, r).Find(q)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, c := range a.Columns {
		shown = append(shown, c.Name)
	}
	if want := "case event host policy lba bytes class cause reads age"; strings.Join(shown, " ") != want {
		t.Errorf("shows %v", shown)
	}
}

// Loads and questions from several goroutines do not meet half a result.
func TestStore_IsSharedSafely(t *testing.T) {
	s := New()
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() { s.Load(fmt.Sprint(i), small(uint64(i), 10)) })
		wait.Go(func() {
			for range 10 {
				if a := ask(t, s.View(), "extents", "", "", 1); a.Matched%30 != 0 {
					t.Errorf("%d rows", a.Matched)
				}
			}
		})
	}
	wait.Wait()
	if v := s.View(); v.Loaded() != 4 || ask(t, v, "runs", "", "", 0).Matched != 12 {
		t.Error("a load is lost")
	}
}

// The result can be changed after it was loaded.
func TestLoad_CopiesNumbers(t *testing.T) {
	r := small(1, 5)
	v := load(t, r)
	before := ask(t, v, "extents", "", "", 0)
	for i := range r.Runs {
		r.Runs[i].Policy = "other"
		for j := range r.Runs[i].Extents {
			r.Runs[i].Extents[j] = lab.Lost{LBA: 1, Blocks: 1}
		}
	}
	if after := ask(t, v, "extents", "", "", 0); !slices.EqualFunc(after.Rows, before.Rows, slices.Equal) {
		t.Error("the store follows the result")
	}
}

// Runs of which the result lists a part are named, if the question is about them.
func TestFind_SaysWhatIsCutOff(t *testing.T) {
	r := small(1, 5)
	r.Runs[1].ExtentCount = 1000
	v := load(t, r)
	if a := ask(t, v, "extents", "policy=wb-0", "", 0); len(a.Short) != 0 {
		t.Errorf("%+v", a.Short)
	}
	a := ask(t, v, "extents", "policy=wb-1 class=violation", "", 0)
	if len(a.Short) != 1 || a.Short[0].Policy != "wb-1" || a.Short[0].Listed != 5 || a.Short[0].Total != 1000 {
		t.Errorf("%+v", a.Short)
	}
}

func TestPolicies(t *testing.T) {
	r := &lab.Result{Policies: []lab.Named{{Name: "a", Title: "first"}, {Name: "b"}}, Runs: []lab.Run{
		{Policy: "a", Rate: 200e6, Loss: lab.Loss{Violation: 512}}, {Policy: "a", Rate: 100e6, Loss: lab.Loss{Permitted: 4096}}, {Policy: "a"}, {Policy: "b"}},
		Controls: []lab.Run{{Policy: "b", Control: "x", Loss: lab.Loss{Violation: 1 << 20}}}}
	a := ask(t, load(t, r), "policies", "runs>0", "", 0)
	var got []string
	for _, row := range a.Rows {
		got = append(got, fmt.Sprint(row))
	}
	if want := []string{"[{a 0} { 3} { 2} { 1} { 4096} { 100000000}]", "[{b 0} { 1} { 0} { 0} { 0} { 0}]"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if a.Runs != 0 {
		t.Errorf("policies belong to %d runs", a.Runs)
	}
}
