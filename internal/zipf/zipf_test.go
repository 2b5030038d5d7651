package zipf

import (
	"math"
	"math/rand"
	"slices"
	"sort"
	"testing"
)

// The guide only saves steps: the draws are those of a search over all ranks.
func TestRequests_AgainstPlainSearch(t *testing.T) {
	for _, objects := range []int{1, 2, 10, 50_000} {
		r := rand.New(rand.NewSource(42))
		total, upTo := 0.0, []float64(nil)
		for k := range objects {
			total += 1 / math.Pow(float64(k+1), 0.9)
			upTo = append(upTo, total)
		}
		perm := r.Perm(objects)
		q := New(42, objects, 0.9)
		seen := make([]int, objects)
		for i := range 100_000 {
			want := perm[sort.SearchFloat64s(upTo, r.Float64()*total)]
			got := q.Next()
			if got != want {
				t.Fatalf("%d objects, request %d: object %d, want %d", objects, i, got, want)
			}
			seen[got]++
		}
		if most := slices.Max(seen); seen[perm[0]] != most {
			t.Errorf("%d objects: the most popular is not of rank 1", objects)
		}
	}
}
