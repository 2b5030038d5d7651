package lab

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

var recording = flag.Bool("mix", false, "write the recorded event mixes to sim/testdata")

// mixRuns are the runs for which the event queue is chosen: what people type, and
// 4 KiB writes from 32 programs at once.
var mixRuns = []mixRun{
	{name: "forum-dd", policy: "wb-age-4s", forum: 1},
	{name: "forum-cp", policy: "wb-flush-all", forum: 3},
	{name: "partition", policy: "write-through", forum: 4},
	{name: "seq-1m", policy: "wb-watermark-80-16", line: "dd if=/dev/zero of=/dev/disk5 bs=1m count=4096", skip: 800_000},
	{name: "seq-4k", policy: "wb-watermark-80-16", line: "dd if=/dev/zero of=/dev/rdisk5 bs=4k count=262144", skip: 200_000},
	{name: "rand-4k", policy: "wb-watermark-80-16", skip: 100_000},
	{name: "rand-4k-through", policy: "write-through", skip: 100_000},
	{name: "rand-4k-steady", policy: "wb-watermark-80-16", cache: "64MiB", skip: 200_000},
}

type mixRun struct {
	name, policy string
	forum        int    // the case of the forum scenario, from 1
	line         string // or a command line; else programs write at random
	cache        string // not that of the box
	skip         int    // events before the window
}

// mixWindow is how many events of a run are recorded.
const mixWindow = 4096

// scribble is a program that writes 4 KiB at random places of the first TiB.
func scribble(seed uint64) workload.Program {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(sh workload.Shell) int {
		f := sh.Call(workload.Call{Op: workload.Open, Path: "/dev/r" + configs.Device, Flags: workload.ForRead | workload.ForWrite})
		for range 1 << 20 {
			sh.Call(workload.Call{Op: workload.Write, File: f.File, Offset: random.Uint64N(1<<28) << 12, Bytes: 4096, Request: 4096})
		}
		return 0
	}
}

// world is the box of the forum thread with the programs of a run begun.
func (r *mixRun) world(t testing.TB) *world {
	t.Helper()
	text := "title: mix\nseed: 1\nbox: tb3-12x6tb-raid5\nhosts: [kext]\npolicies: [" + r.policy + "]\nsteps:\n  - wait: 1s\n"
	var sets []string
	if r.cache != "" {
		sets = append(sets, "box.cache.capacity="+r.cache)
	}
	s, err := configs.Parse("mix.yaml", []byte(text), sets)
	if err != nil {
		t.Fatal(err)
	}
	scenario, c := s, &s.Cases[0]
	var programs []workload.Program
	switch {
	case r.forum > 0:
		if scenario, err = configs.Load("forum", nil, nil); err != nil {
			t.Fatal(err)
		}
		c = &scenario.Cases[r.forum-1]
		for _, st := range c.Steps {
			if st.Kind == configs.Happen {
				break
			}
			if st.Kind == configs.Run {
				programs = append(programs, st.Tool.Run)
			}
		}
	case r.line != "":
		tool, err := workload.Parse(r.line)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, tool.Run)
	default:
		for i := range uint64(32) {
			programs = append(programs, scribble(i))
		}
	}
	p := uncut(scenario, c).on(s.Box, s.Hosts[0], s.Policies[0])
	p.detail = ledger.Promises
	w, err := newWorld(p)
	if err != nil {
		t.Fatal(err)
	}
	w.begin()
	for _, program := range programs {
		w.sys.Start("mix", program, func(int) {})
	}
	return w
}

// eventMix is what a queue is asked for in a window of a run: to begin with, and
// after each event that it gives.
type eventMix struct {
	began   sim.Time
	first   []int64    // delays of what is pending then
	after   [][]int64  // delays of what each event schedules
	times   []sim.Time // of the events
	pending []int      // events, before each
}

// scheduled lists the events of a kernel that were scheduled after seq, in that
// order. It looks into the kernel, so that the kernel needs no hook for it.
func scheduled(k *sim.Kernel, seq uint64) (delays []int64, last uint64) {
	type one struct {
		seq uint64
		at  int64
	}
	var found []one
	queue := reflect.ValueOf(k).Elem().FieldByName("queue")
	turns, near, far := queue.FieldByName("turns"), queue.FieldByName("near"), queue.FieldByName("far")
	look := func(e reflect.Value) {
		if s := e.FieldByName("seq").Uint(); s > seq {
			found = append(found, one{s, e.FieldByName("At").Int()})
		}
	}
	for i := queue.FieldByName("first").Int(); i < queue.FieldByName("end").Int(); i++ {
		look(near.Index(int(turns.Index(int(i)).FieldByName("place").Uint())))
	}
	for i := range far.Len() {
		look(far.Index(i))
	}
	slices.SortFunc(found, func(a, b one) int { return int(a.seq) - int(b.seq) })
	last = seq
	for _, f := range found {
		delays, last = append(delays, f.at-int64(k.Now())), f.seq
	}
	return delays, last
}

// record steps over some events of a world and takes down the window after them.
func record(w *world, skip int) (m eventMix) {
	for range skip {
		w.k.Step()
	}
	var seq uint64
	m.began = w.k.Now()
	m.first, seq = scheduled(w.k, 0)
	for len(m.times) < mixWindow && w.k.Pending() > 0 {
		m.pending = append(m.pending, w.k.Pending())
		w.k.Step()
		var delays []int64
		delays, seq = scheduled(w.k, seq)
		m.times = append(m.times, w.k.Now())
		m.after = append(m.after, delays)
	}
	return m
}

// check plays a mix to a slice in order and holds the times to those of the model.
func (m *eventMix) check(t *testing.T) {
	var pending []sim.Time
	add := func(now sim.Time, delays []int64) {
		for _, d := range delays {
			pending = append(pending, now+sim.Time(d))
		}
		slices.Sort(pending)
	}
	add(m.began, m.first)
	for i, at := range m.times {
		if len(pending) != m.pending[i] || pending[0] != at {
			t.Fatalf("event %d came at %d of %d pending; the mix has %d of %d", i, at, m.pending[i], pending[0], len(pending))
		}
		pending = pending[1:]
		add(at, m.after[i])
	}
}

// The windows are what the queue of the kernel was asked for. With -mix they are
// written to sim/testdata, where the benchmarks of the queues read them.
func TestEventMix(t *testing.T) {
	for _, r := range mixRuns {
		t.Run(r.name, func(t *testing.T) {
			m := record(r.world(t), r.skip)
			m.check(t)
			if !*recording {
				return
			}
			var out strings.Builder
			for _, line := range append([][]int64{m.first}, m.after...) {
				fmt.Fprintln(&out, strings.Trim(fmt.Sprint(line), "[]"))
			}
			if err := os.WriteFile(filepath.Join("..", "sim", "testdata", "mix-"+r.name+".txt"), []byte(out.String()), 0o666); err != nil {
				t.Fatal(err)
			}
			slices.Sort(m.pending)
			n := len(m.pending)
			t.Logf("%d events; pending least %d, median %d, 9 of 10 %d, most %d",
				n, m.pending[0], m.pending[n/2], m.pending[n*9/10], m.pending[n-1])
		})
	}
}

// Replays of the mixes whole: kernel, model and ledger at level promises. A run is
// the same work every time, so of each slice of it the shortest of all rounds
// counts: the machine is seldom alone.
func BenchmarkReplay(b *testing.B) {
	const slice, count = 500, 200
	for _, r := range mixRuns {
		if r.forum > 0 {
			continue // too short
		}
		b.Run(r.name, func(b *testing.B) {
			var least [count]time.Duration
			for range b.N {
				w := r.world(b)
				for range r.skip / 2 {
					w.k.Step()
				}
				for i := range least {
					start := time.Now()
					for range slice {
						if _, ok := w.k.Next(); !ok {
							b.Fatal("the run is too short")
						}
						w.k.Step()
					}
					if took := time.Since(start); least[i] == 0 || took < least[i] {
						least[i] = took
					}
				}
			}
			total := time.Duration(0)
			for _, d := range least {
				total += d
			}
			b.ReportMetric(float64(total.Nanoseconds())/(slice*count), "least-ns/event")
		})
	}
}
