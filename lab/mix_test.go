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

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

var recording = flag.Bool("mix", false, "write the recorded event mixes to sim/testdata")

// mixes are the runs of which the event queue is chosen: what people type, and
// 4 KiB writes from 32 programs at once.
var mixes = []struct {
	name, policy string
	line         string // a dd to the box, if scenario is empty
	scenario     int    // 1 + the case of forum
	programs     int    // that write at random, if neither
	skip         int    // events before the window
}{
	{name: "forum-dd", policy: "wb-age-4s", scenario: 1, skip: 0},
	{name: "forum-cp", policy: "wb-flush-all", scenario: 3, skip: 0},
	{name: "partition", policy: "write-through", scenario: 4, skip: 0},
	{name: "seq-1m", policy: "wb-watermark-80-16", line: "dd if=/dev/zero of=/dev/disk5 bs=1m count=4096", skip: 800000},
	{name: "seq-4k", policy: "wb-watermark-80-16", line: "dd if=/dev/zero of=/dev/rdisk5 bs=4k count=262144", skip: 200000},
	{name: "rand-4k", policy: "wb-watermark-80-16", programs: 32, skip: 600000},
	{name: "rand-4k-through", policy: "write-through", programs: 32, skip: 100000},
	{name: "rand-4k-steady", policy: "{base: wb-watermark-80-16, name: p, destage: {high: 4%, low: 2%}}", programs: 32, skip: 2500000},
}

// mixWindow is how many events of a run are recorded.
const mixWindow = 4096

// scribble writes 4 KiB at random places of the first TiB, calls times.
func scribble(seed uint64, calls int) workload.Program {
	r := rand.New(rand.NewPCG(seed, 1))
	return func(sh workload.Shell) int {
		f := sh.Call(workload.Call{Op: workload.Open, Path: "/dev/r" + configs.Device, Flags: workload.ForRead | workload.ForWrite})
		for range calls {
			sh.Call(workload.Call{Op: workload.Write, File: f.File, Offset: r.Uint64N(1<<28) << 12, Bytes: 4096, Request: 4096})
		}
		sh.Call(workload.Call{Op: workload.Close, File: f.File})
		return 0
	}
}

// mixWorld is the box of a mix with its programs begun.
func mixWorld(t testing.TB, n int, calls int) *world {
	t.Helper()
	m := mixes[n]
	text := "title: mix\nseed: 1\nbox: tb3-12x6tb-raid5\nhosts: [kext]\npolicies: [" + m.policy + "]\nsteps:\n  - wait: 1s\n"
	s, err := configs.Parse("mix.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := uncut(s, &s.Cases[0]).on(s.Box, s.Hosts[0], s.Policies[0])
	var lines []workload.Program
	switch {
	case m.scenario > 0:
		forum, err := configs.Load("forum", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		p = uncut(forum, &forum.Cases[m.scenario-1]).on(s.Box, s.Hosts[0], s.Policies[0])
		for _, st := range p.steps {
			if st.Kind == configs.Run {
				lines = append(lines, st.Tool.Run)
			}
		}
	case m.line != "":
		tool, err := workload.Parse(m.line)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, tool.Run)
	default:
		for i := range m.programs {
			lines = append(lines, scribble(uint64(i), calls))
		}
	}
	p.detail = ledger.Promises
	w, err := newWorld(p)
	if err != nil {
		t.Fatal(err)
	}
	w.begin()
	for _, l := range lines {
		w.sys.Start("mix", l, func(int) {})
	}
	return w
}

// mix is what a queue is asked for in a window of a run: to begin with, and
// after each event that it gives.
type mix struct {
	first  []int64   // delays of what is pending when the window begins
	after  [][]int64 // delays of what each event schedules
	times  []sim.Time
	began  sim.Time
	length []int
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
	for _, part := range []string{"near", "far"} {
		events := queue.FieldByName(part)
		for i := range events.Len() {
			e := events.Index(i)
			if s := e.FieldByName("seq").Uint(); s > seq {
				found = append(found, one{s, e.FieldByName("At").Int()})
			}
		}
	}
	slices.SortFunc(found, func(a, b one) int { return int(a.seq) - int(b.seq) })
	last = seq
	for _, f := range found {
		delays, last = append(delays, f.at-int64(k.Now())), f.seq
	}
	return delays, last
}

func recordMix(w *world, skip int) (m mix) {
	for range skip {
		if !w.k.Step() {
			break
		}
	}
	m.began = w.k.Now()
	first, seq := scheduled(w.k, 0)
	m.first = first
	for len(m.times) < mixWindow && w.k.Pending() > 0 {
		m.length = append(m.length, w.k.Pending())
		w.k.Step()
		var delays []int64
		delays, seq = scheduled(w.k, seq)
		m.times = append(m.times, w.k.Now())
		m.after = append(m.after, delays)
	}
	return m
}

func TestEventMix(t *testing.T) {
	for n, c := range mixes {
		t.Run(c.name, func(t *testing.T) {
			w := mixWorld(t, n, 1<<20)
			m := recordMix(w, c.skip)
			slices.Sort(m.length)
			z := len(m.length)
			pushes, now := 0, 0
			var h [14]int
			for _, a := range m.after {
				pushes += len(a)
				for _, d := range a {
					if d == 0 {
						now++
					}
					b := 0
					for x := d; x > 0; x /= 10 {
						b++
					}
					h[b]++
				}
			}
			t.Logf("%d events, fired %d; pending min %d median %d p90 %d max %d; pushes %.2f; delay 0: %d; digits %v", z, w.k.Fired(), m.length[0], m.length[z/2], m.length[z*9/10], m.length[z-1], float64(pushes)/float64(z), now, h)
			if *recording {
				var out strings.Builder
				for _, line := range append([][]int64{m.first}, m.after...) {
					fmt.Fprintln(&out, strings.Trim(fmt.Sprint(line), "[]"))
				}
				if err := os.WriteFile(filepath.Join("..", "sim", "testdata", "mix-"+c.name+".txt"), []byte(out.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// Whole replays of the mixes: kernel, model and ledger at level promises.
func BenchmarkReplay(b *testing.B) {
	for n, c := range mixes {
		if c.scenario > 0 {
			continue
		}
		b.Run(c.name, func(b *testing.B) {
			events, took := uint64(0), cpu()-cpu()
			for range b.N {
				w := mixWorld(b, n, 1<<20)
				for range c.skip / 2 {
					w.k.Step()
				}
				start, fired := cpu(), w.k.Fired()
				for range 300000 {
					if _, ok := w.k.Next(); !ok {
						break
					}
					w.k.Step()
				}
				took += cpu() - start
				events += w.k.Fired() - fired
			}
			b.ReportMetric(float64(took.Nanoseconds())/float64(events), "cpu-ns/event")
		})
	}
}
