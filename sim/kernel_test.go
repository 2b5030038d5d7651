package sim

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sorted is the oracle: a slice kept in order by the definition of the order.
type sorted struct{ pending []entry }

func (s *sorted) at(e entry) {
	i := 0
	for i < len(s.pending) && s.pending[i].At <= e.At {
		i++
	}
	s.pending = slices.Insert(s.pending, i, e)
}

// echo records what fires and schedules follow-ups by a fixed rule, so that
// scheduling from within events is tested too.
type echo struct {
	k    *Kernel
	seen []Event
}

func (h *echo) Fire(e Event) {
	h.seen = append(h.seen, Event{At: e.At, Ref: e.Ref})
	if e.Kind > 0 {
		h.k.At(e.At.Add(time.Duration(e.Ref%3)), h, e.Kind-1, e.Ref*7+1)
	}
}

func TestKernelAgainstSortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := New(1)
		got, dropped := &echo{k: k}, &echo{k: k}
		var oracle sorted
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			at := Time(rapid.IntRange(0, 12).Draw(t, "at"))
			kind := rapid.Uint8Max(3).Draw(t, "kind")
			ref := rapid.Uint32Max(1000).Draw(t, "ref")
			if rapid.Bool().Draw(t, "cancelled") {
				k.At(at, dropped, kind, ref)
				continue
			}
			k.At(at, got, kind, ref)
			oracle.at(entry{Event: Event{At: at, Kind: kind, Ref: ref}})
		}
		k.Cancel(dropped)
		k.RunUntil(Never)
		var want []Event
		for len(oracle.pending) > 0 {
			e := oracle.pending[0]
			oracle.pending = oracle.pending[1:]
			want = append(want, Event{At: e.At, Ref: e.Ref})
			if e.Kind > 0 {
				oracle.at(entry{Event: Event{At: e.At.Add(time.Duration(e.Ref % 3)), Kind: e.Kind - 1, Ref: e.Ref*7 + 1}})
			}
		}
		if !slices.Equal(got.seen, want) {
			t.Fatalf("order differs:\n got %v\nwant %v", got.seen, want)
		}
		if len(dropped.seen) > 0 {
			t.Fatalf("%d cancelled events fired", len(dropped.seen))
		}
	})
}

type bomb struct{}

func (bomb) Fire(Event) { panic("parity mismatch") }

func TestKernel_PanicCarriesTimeEventAndSeed(t *testing.T) {
	k := New(42)
	k.At(5, &echo{k: k}, 0, 0)
	k.At(7, bomb{}, 0, 0)
	defer func() {
		var c *Crash
		if err, ok := recover().(error); !ok || !errors.As(err, &c) {
			t.Fatal("panic is not a *Crash")
		}
		if c.At != 7 || c.Event != 2 || c.Seed != 42 || c.Cause != "parity mismatch" || len(c.Stack) == 0 {
			t.Fatalf("crash says %+v", c)
		}
	}()
	k.RunUntil(Never)
}

func TestKernel_SteadyStateDoesNotAllocate(t *testing.T) {
	k := New(1)
	h := &tick{k: k}
	for i := range 64 {
		k.At(Time(i), h, 0, 0)
	}
	if n := testing.AllocsPerRun(1000, func() { k.Step() }); n != 0 {
		t.Fatalf("%v allocations an event", n)
	}
}

type tick struct{ k *Kernel }

func (h *tick) Fire(e Event) { h.k.At(e.At.Add(100), h, 0, e.Ref) }

func TestStation(t *testing.T) {
	var s Station
	for i, c := range []struct {
		arrive Time
		serve  time.Duration
		finish Time
	}{{0, 10, 10}, {3, 10, 20}, {50, 5, 55}, {50, 0, 55}} {
		if got := s.Reserve(c.arrive, c.serve); got != c.finish {
			t.Errorf("request %d finishes at %d, want %d", i, got, c.finish)
		}
	}
	s.Reset(52)
	if s.Free() != 52 || s.Busy() != 22 {
		t.Errorf("after reset: free %d busy %d", s.Free(), s.Busy())
	}
}

func TestStream_IsNamed(t *testing.T) {
	a, b := New(1).Stream("disk 0"), New(1).Stream("disk 1")
	again := New(1).Stream("disk 0")
	x := a.Uint64()
	if x == b.Uint64() || x != again.Uint64() {
		t.Fatal("a stream depends on its seed and name, and on nothing else")
	}
}

func BenchmarkKernel(b *testing.B) {
	k := New(1)
	h := &tick{k: k}
	for i := range 64 {
		k.At(Time(i), h, 0, 0)
	}
	b.ReportAllocs()
	for b.Loop() {
		k.Step()
	}
}

func TestNext(t *testing.T) {
	k := New(1)
	if at, ok := k.Next(); ok || at != Never {
		t.Fatalf("an empty kernel has an event at %v", at)
	}
	var a arrivals
	k.At(7, &a, 0, 0)
	k.At(3, &a, 0, 0)
	if at, ok := k.Next(); !ok || at != 3 {
		t.Fatalf("the next event is at %v", at)
	}
}

type arrivals int

func (a *arrivals) Fire(Event) { *a++ }
