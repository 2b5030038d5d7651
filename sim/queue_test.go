package sim

import (
	"bufio"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestQueues_AgainstSortedSlice(t *testing.T) {
	for _, r := range rivals {
		t.Run(r.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { agreeWithOracle(t, r.empty()) })
		})
	}
}

// agreeWithOracle schedules, takes and cancels at random, as a kernel does: never
// in the past.
func agreeWithOracle(t *rapid.T, q rival) {
	var want sorted
	handlers := []Handler{new(arrivals), new(arrivals), new(arrivals)}
	now, seq := Time(0), uint64(0)
	furthest := rapid.SampledFrom([]int64{1, 12, 200, 100_000, 1 << 40}).Draw(t, "furthest")
	for range rapid.IntRange(0, 300).Draw(t, "steps") {
		switch what := rapid.IntRange(0, 50).Draw(t, "what"); {
		case what == 0:
			to := rapid.SampledFrom(handlers).Draw(t, "cancelled")
			q.cancel(to)
			want.pending = slices.DeleteFunc(want.pending, func(e entry) bool { return e.to == to })
		case what < 28:
			seq++
			at := now + Time(rapid.Int64Range(0, furthest).Draw(t, "delay"))
			e := entry{Event{At: at, Ref: uint32(seq), Kind: uint8(what)}, seq, rapid.SampledFrom(handlers).Draw(t, "to")}
			q.push(e)
			want.at(e)
		case len(want.pending) > 0:
			first := want.pending[0]
			if got := q.next(); got != first.At {
				t.Fatalf("the next event is at %d, want %d", got, first.At)
			}
			if got := q.pop(); got != first {
				t.Fatalf("took %+v, want %+v", got, first)
			}
			want.pending, now = want.pending[1:], first.At
		}
		if q.len() != len(want.pending) {
			t.Fatalf("%d pending, want %d", q.len(), len(want.pending))
		}
	}
	for _, first := range want.pending {
		if got := q.pop(); got != first {
			t.Fatalf("at the end: took %+v, want %+v", got, first)
		}
	}
	if q.next() != Never {
		t.Fatalf("an empty queue has an event at %d", q.next())
	}
}

// Queues that grow to a thousand events and shrink again: what rapid seldom makes.
func TestQueues_LongAgainstSortedSlice(t *testing.T) {
	for _, r := range rivals {
		random, q, want := rand.New(rand.NewPCG(1, 2)), r.empty(), sorted{}
		now := Time(0)
		for i := range uint64(20_000) {
			if i/1000%2 == 0 || random.IntN(20) < 9 || len(want.pending) == 0 {
				e := entry{Event: Event{At: now + Time(random.Int64N(1<<random.IntN(20))), Ref: uint32(i)}, seq: i + 1}
				q.push(e)
				want.at(e)
				continue
			}
			first := want.pending[0]
			if got := q.pop(); got != first {
				t.Fatalf("%s: took %+v, want %+v", r.name, got, first)
			}
			want.pending, now = want.pending[1:], first.At
		}
	}
}

// mix is what a run of the model asked of its queue in a window: the delays of
// what was pending, in schedule order, and of what each event scheduled. The
// test of the same name in lab records them.
type mix struct {
	name  string
	first []Time
	after [][]Time
}

func mixes(t testing.TB) (all []mix) {
	files, err := filepath.Glob("testdata/mix-*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded mixes: %v", err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var lines [][]Time
		for s := bufio.NewScanner(f); s.Scan(); {
			var line []Time
			for _, word := range strings.Fields(s.Text()) {
				n, err := strconv.ParseInt(word, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				line = append(line, Time(n))
			}
			lines = append(lines, line)
		}
		f.Close()
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "mix-"), ".txt")
		all = append(all, mix{name, lines[0], lines[1:]})
	}
	return all
}

// play asks a queue what the model asked, and returns how many events it gave and
// a sum that depends on their order.
func (m *mix) play(q rival) (events int, sum uint64) {
	seq := uint64(0)
	push := func(at Time) {
		seq++
		q.push(entry{Event: Event{At: at}, seq: seq})
	}
	for _, d := range m.first {
		push(d)
	}
	for _, after := range m.after {
		if q.next() == Never {
			break
		}
		e := q.pop()
		sum = sum*31 + e.seq
		events++
		for _, d := range after {
			push(e.At + d)
		}
	}
	return events, sum
}

func TestQueues_PlayTheMixesAlike(t *testing.T) {
	for _, m := range mixes(t) {
		_, want := m.play(new(inOrder))
		for _, r := range rivals {
			events, sum := m.play(r.empty())
			if events != len(m.after) || sum != want {
				t.Errorf("%s, %s: %d of %d events, or in another order", m.name, r.name, events, len(m.after))
			}
		}
	}
}

// One push and one pop in the mixes that the model makes, with queues as long as
// they are.
func BenchmarkQueue_Mix(b *testing.B) {
	for _, m := range mixes(b) {
		for _, r := range rivals {
			b.Run(m.name+"/"+r.name, func(b *testing.B) {
				for events := 0; events < b.N; {
					n, _ := m.play(r.empty())
					events += n
				}
			})
		}
	}
}

// The hold model: one pop, one push after an exponential delay.
func BenchmarkQueue_Hold(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	delays := make([]Time, 1<<14)
	for i := range delays {
		delays[i] = Time(random.ExpFloat64() * 10e6)
	}
	for _, length := range []int{10, 100, 1000, 100_000} {
		for _, r := range rivals {
			if r.name == "sorted" && length > 1000 {
				continue // takes time by the square of it
			}
			b.Run(strconv.Itoa(length)+"/"+r.name, func(b *testing.B) {
				q, seq := r.empty(), uint64(0)
				push := func(now Time) {
					seq++
					q.push(entry{Event: Event{At: now + delays[seq%uint64(len(delays))]}, seq: seq})
				}
				for range length {
					push(0)
				}
				for b.Loop() {
					push(q.pop().At)
				}
			})
		}
	}
}
