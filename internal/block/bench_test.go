package block

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// One search and one change of a run of 4 KiB, at random among so many: what a
// fact about a WRITE, and what a medium, costs.
func BenchmarkMap_Rewrite(b *testing.B) {
	for _, runs := range []uint64{1000, 65536, 1 << 20} {
		b.Run(fmt.Sprint(runs), func(b *testing.B) {
			var m Map[[3]uint64]
			r := rand.New(rand.NewPCG(1, 1))
			for i := range runs {
				m.Set(Extent{LBA(r.Uint64N(4*runs)) * 8, 8}, [3]uint64{i + 1})
			}
			b.ReportAllocs()
			i := uint64(0)
			for b.Loop() {
				i++
				e := Extent{LBA(r.Uint64N(4*runs)) * 8, 8}
				spot, v, _ := m.Find(e)
				if v[0] != 0 {
					m.Put(spot, e, [3]uint64{i + 1})
				}
			}
		})
	}
}

// Appending in order, where nothing joins.
func BenchmarkMap_Append(b *testing.B) {
	var m Map[uint64]
	b.ReportAllocs()
	for i := range uint64(b.N) {
		m.Set(Extent{LBA(i) * 8, 8}, i+1)
	}
}
