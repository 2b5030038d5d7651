package lab

import (
	"math/rand/v2"

	"tbraid/cache/replace"
	"tbraid/host/trace"
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/internal/zipf"
)

// benchCase is one load on one box.
type benchCase struct {
	name, title string
	box         string   // a preset
	policy      string   // a preset
	sets        []string // changes of both, see configs
	warm        uint64   // requests before anything is counted, at any scale
	requests    uint64   // at scale 1
	source      func(n uint64, l load) (workload.Source, error)
}

// load is what a source is made for: the volume, and a stream of its own.
type load struct {
	random *rand.Rand
	blocks uint64 // of the volume
	trace  []trace.Record
}

// benchDepth is the requests under way at once in every case.
const benchDepth = 32

// Sizes in blocks.
const (
	kib = 1024 / block.Size
	mib = 1024 * kib
	gib = 1024 * mib
)

// replays is a trace as a source: as a whole, so many times that it comes to about
// the requests asked for.
func replays(n uint64, l load) (workload.Source, error) {
	passes := max(1, int(n/uint64(max(1, len(l.trace)))))
	return trace.NewReplay(l.trace, l.blocks, passes, trace.ClosedLoop)
}

// mix is a source of requests as m says.
func mix(m workload.Mix) func(uint64, load) (workload.Source, error) {
	return func(n uint64, l load) (workload.Source, error) {
		m := m
		m.Requests, m.Random = n, l.random
		return &m, nil
	}
}

// The sets of the cases. A firmware that destages from 80 % down to 75 % has its
// destager and its members at work all the time, where the preset has them work in
// bursts.
var (
	steady = []string{"box.cache.capacity=128MiB", "policies.wb-flush-all.destage.high=80%", "policies.wb-flush-all.destage.low=75%",
		"policies.wb-flush-all.member_caches=true"}
	uncached = []string{"box.members=9", "box.bays=12", "box.raid.level=0", "policies.write-through.bypass=4KiB"}
	megabyte = append([]string{"hosts.kext.max_bytes=1MiB", "box.controller.transfer=1MiB"}, steady...)
)

// benchCases are the cases that are loads on a box, in the order in which they run.
var benchCases = []benchCase{
	{
		name: "A-sequential", title: "4 KiB writes in order, absorbed by the cache",
		box: "tb3-12x6tb-raid5", policy: "wb-watermark-80-16", warm: 65_536, requests: 1_000_000,
		source: mix(workload.Mix{Blocks: 4 * kib, Region: block.Extent{Blocks: 256 * mib}, InOrder: true}),
	},
	{
		name: "A-random", title: "4 KiB random writes, absorbed by the cache",
		box: "tb3-12x6tb-raid5", policy: "wb-watermark-80-16", warm: 65_536, requests: 1_000_000,
		source: mix(workload.Mix{Blocks: 4 * kib, Region: block.Extent{Blocks: 256 * mib}}),
	},
	{
		name: "B", title: "4 KiB random writes over 1 TiB, RAID-5 of 12, read-modify-write",
		box: "tb3-12x6tb-raid5", policy: "wb-flush-all", sets: steady, warm: 50_000, requests: 300_000,
		source: mix(workload.Mix{Blocks: 4 * kib, Region: block.Extent{Blocks: 1024 * gib}}),
	},
	{
		name: "C", title: "4 KiB random writes over 1 TiB, RAID-0 of 9, no caches",
		box: "tb3-12x6tb-raid5", policy: "write-through", sets: uncached, warm: 10_000, requests: 300_000,
		source: mix(workload.Mix{Blocks: 4 * kib, Region: block.Extent{Blocks: 1024 * gib}}),
	},
	{
		name: "D", title: "1 MiB writes in order, RAID-5 of 12, full stripes",
		box: "tb3-12x6tb-raid5", policy: "wb-flush-all", sets: megabyte, warm: 2_000, requests: 50_000,
		source: mix(workload.Mix{Blocks: mib, Region: block.Extent{Blocks: 1024 * gib}, InOrder: true}),
	},
	{
		name: "E", title: "4 KiB, 70 % reads of which half hit the cache, 30 % writes over 1 TiB",
		box: "tb3-12x6tb-raid5", policy: "wb-flush-all", sets: steady, warm: 120_000, requests: 300_000,
		source: mix(workload.Mix{Blocks: 4 * kib, Region: block.Extent{Blocks: 1024 * gib},
			ReadPercent: 70, HotPercent: 50, Hot: block.Extent{Blocks: 16 * mib}}),
	},
	{
		name: "F", title: "a trace looped, 32 requests at a time: MQSim's web search unless --trace names another",
		box: "tb3-12x6tb-raid5", policy: "wb-flush-all", sets: steady, warm: 24_783, requests: 300_000,
		source: replays,
	},
}

// otherCases measure something else than a load on a box. They come after those.
var otherCases = []otherCase{
	{"G", (*BenchOptions).measureForum},
	{"H-LRU", replacing(replace.LRU)},
	{"H-SIEVE", replacing(replace.SIEVE)},
	{"H-S3-FIFO", replacing(replace.S3FIFO)},
}

// Case H is a replacement policy by itself: requests that follow Zipf's law with
// exponent 1 over a million objects, to a cache of a tenth of them.
const (
	zipfObjects  = 1_000_000
	zipfRequests = 20_000_000
)

func replacing(k replace.Kind) func(*BenchOptions) (Cost, error) {
	return func(o *BenchOptions) (Cost, error) {
		n := max(1, int(zipfRequests*o.Scale))
		c := replace.NewCache(k, zipfObjects/10)
		keys := make([]uint32, n) // drawn before: the generator is not what is measured
		for i, q := 0, zipf.New(1, zipfObjects, 1); i < n; i++ {
			keys[i] = uint32(q.Next())
		}
		cost := Cost{Title: "a replacement policy by itself, Zipf(1) over 1 M objects, cache of 100,000: " + k.String(), Requests: uint64(n)}
		g := newGauge(uint64(n))
		g.start()
		for _, key := range keys {
			c.Access(uint64(key))
		}
		g.stop(&cost)
		return cost, nil
	}
}

// otherCase is one of them; the Cost that it returns has its name.
type otherCase struct {
	name    string
	measure func(*BenchOptions) (Cost, error)
}
