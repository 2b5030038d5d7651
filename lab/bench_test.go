package lab

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/sim/ledger"
)

// rewrites is a plan in which dd writes 1 GiB in 4 KiB requests to the raw node,
// so many times over. Every 262,144 WRITEs the same blocks come again.
func rewrites(b *testing.B, times int, policy string) plan {
	b.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "title: rewrites\nseed: 1\nbox: tb3-12x6tb-raid5\nhosts: [kext]\npolicies: [%s]\nsteps:\n", policy)
	for range times {
		text.WriteString("  - run: dd if=/dev/zero of=/dev/rdisk5 bs=4k count=262144\n")
	}
	s, err := configs.Parse("bench.yaml", []byte(text.String()), nil)
	if err != nil {
		b.Fatal(err)
	}
	return uncut(s, &s.Cases[0]).on(s.Box, s.Hosts[0], s.Policies[0])
}

// playing measures one play of a plan, under a sweep or not: time, and the heap
// when it has ended.
func playing(b *testing.B, p plan, swept bool) (took time.Duration, heap uint64, writes int) {
	b.Helper()
	runtime.GC()
	w, err := newWorld(p)
	if err != nil {
		b.Fatal(err)
	}
	if swept {
		w.listen()
	} else {
		w.begin()
	}
	start := cpu()
	for i, s := range w.steps {
		w.step = i
		w.l.Begin(i)
		w.take(s)
	}
	if swept {
		w.l.Finish(w.k.Now())
	}
	took = cpu() - start
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	writes = w.l.Writes()
	runtime.KeepAlive(w)
	return took, m.HeapAlloc, writes
}

// What the sweep costs beside the replay of a million writes.
func BenchmarkSweep_MillionWrites(b *testing.B) {
	p := rewrites(b, 4, "wb-watermark-80-16")
	p.detail = ledger.Promises
	for range b.N {
		plain, with, n := time.Duration(1<<62), time.Duration(1<<62), 0
		for range 8 { // the least of eight: a machine is seldom alone
			once, _, writes := playing(b, p, false)
			both, _, _ := playing(b, p, true)
			plain, with, n = min(plain, once), min(with, both), writes
		}
		b.ReportMetric(float64(plain.Nanoseconds())/float64(n), "replay-ns/write")
		b.ReportMetric(float64((with-plain).Nanoseconds())/float64(n), "sweep-ns/write")
		b.ReportMetric(100*float64(with-plain)/float64(plain), "sweep-%-of-replay")
	}
}

// Memory follows the blocks written, not the number of writes.
func BenchmarkSweep_Memory(b *testing.B) {
	for _, times := range []int{4, 40} {
		b.Run(fmt.Sprintf("%d_writes", times*262144), func(b *testing.B) {
			p := rewrites(b, times, "wb-watermark-80-16")
			p.detail = ledger.Promises
			for range b.N {
				_, heap, n := playing(b, p, true)
				b.ReportMetric(float64(heap)/(1<<20), "heap-MiB")
				b.ReportMetric(float64(n), "writes")
			}
		})
	}
}
