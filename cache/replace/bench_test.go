package replace_test

import (
	"flag"
	"sync"
	"testing"

	"tbraid/cache/replace"
	"tbraid/internal/zipf"
)

// The sequence of requests by which libCacheSim was measured as well: 20 million
// requests, Zipf 1.0 over a million objects, and room for a tenth of them.
const (
	objects = 1_000_000
	room    = 100_000
	all     = 20_000_000
)

var numRequests = flag.Int("zipf", 400_000, "requests of the Zipf sequence; 20000000 compares with the published counts")

// sequence is the first n requests, drawn once for all tests and benchmarks.
var sequence = sync.OnceValue(func() []uint32 {
	q := zipf.New(42, objects, 1.0)
	s := make([]uint32, *numRequests)
	for i := range s {
		s[i] = uint32(q.Next())
	}
	return s
})

var kinds = []struct {
	name string
	kind replace.Kind
}{
	{"LRU", replace.LRU}, {"CLOCK", replace.CLOCK}, {"2Q", replace.TwoQ},
	{"ARC", replace.ARC}, {"SIEVE", replace.SIEVE}, {"S3FIFO", replace.S3FIFO},
}

// BenchmarkReplace plays the whole sequence an op, on an empty cache. With
// -zipf 20000000 it is the published experiment.
func BenchmarkReplace(b *testing.B) {
	requests := sequence()
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			misses := 0
			b.ReportAllocs()
			cpu := cpuSeconds()
			for b.Loop() {
				c := replace.NewCache(k.kind, room)
				misses = 0
				for _, key := range requests {
					if !c.Access(uint64(key)) {
						misses++
					}
				}
			}
			b.ReportMetric(float64(b.N*len(requests))/(cpuSeconds()-cpu)/1e6, "Mreq/cpu-s")
			b.ReportMetric(float64(misses)/float64(len(requests)), "misses/req")
			b.ReportMetric(float64(misses), "misses")
		})
	}
}
