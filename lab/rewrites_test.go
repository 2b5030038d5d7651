package lab

import (
	"strings"
	"testing"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// Where the same blocks are written again and again nothing grows, and nothing is
// allocated: 64 MiB behind a cache of 16 MiB, destaged by read-modify-write. The 3
// in 100 that are let pass are plans that are longer than any before, and the
// records of the ledger, which come in chunks.
func TestRewrites_AllocateNothing(t *testing.T) {
	again := benchCase{"again", "the same 64 MiB", "tb3-12x6tb-raid5", "wb-flush-all",
		append([]string{"box.cache.capacity=16MiB"}, steady[1:]...), 100_000, 30_000,
		mix(workload.Mix{Blocks: 4 * kib, Region: block.Extent{Blocks: 64 * mib}})}
	for _, level := range []ledger.Level{ledger.Off, ledger.Promises} {
		r, err := newRig(&again, &BenchOptions{Ledger: level, Sweep: level != ledger.Off, Scale: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.play(again.warm); err != nil {
			t.Fatal(err)
		}
		c, err := r.measure(again.requests)
		if err != nil {
			t.Fatal(err)
		}
		if c.AllocsPerIO() > 0.03 {
			t.Errorf("ledger %s: %d allocations for %d requests", level, c.Allocs, c.Requests)
		}
	}
}

func TestMeasureSpeed_Chooses(t *testing.T) {
	for _, tt := range []struct{ cases, want string }{
		{"", strings.Join(BenchNames(), " ")},
		{"a", "A-sequential A-random"},
		{"D A-RANDOM a", "D A-random A-sequential"},
		{"B b", "B"},
		{"Z", "error"},
		{"A-", "error"},
	} {
		o := BenchOptions{Cases: strings.Fields(tt.cases)}
		names, err := o.chosen()
		got := strings.Join(names, " ")
		if err != nil {
			got = "error"
		}
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.cases, got, tt.want)
		}
	}
}
