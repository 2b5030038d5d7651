// Package zipf makes the sequence of requests by which cache policies are
// compared: independent draws from a Zipf distribution over objects in a random
// order of popularity.
package zipf

import (
	"math"
	"math/rand"
	"slices"
)

// Requests is one sequence. Equal parameters give the same one for ever: the
// source of math/rand, once seeded, is fixed by the promise of Go 1.
type Requests struct {
	r      *rand.Rand
	total  float64
	upTo   []float64 // weight of the objects up to each rank
	object []int     // by rank
	guide  []int32   // first rank whose weight reaches each part of the total
}

// parts is how finely the guide divides the total: about one rank a part.
const parts = 1 << 20

// New returns the sequence over the objects 0 to objects-1, where the one of
// rank k, from 1, has weight k to the power of -alpha.
func New(seed int64, objects int, alpha float64) *Requests {
	q := &Requests{r: rand.New(rand.NewSource(seed)), upTo: make([]float64, objects), guide: make([]int32, parts+1)}
	for k := range objects {
		q.total += 1 / math.Pow(float64(k+1), alpha)
		q.upTo[k] = q.total
	}
	q.object = q.r.Perm(objects)
	for i := range q.guide {
		k, _ := slices.BinarySearch(q.upTo, float64(i)/parts*q.total)
		q.guide[i] = int32(min(k, objects-1))
	}
	return q
}

// Next draws a request: the object of the first rank whose weight, with all
// before it, reaches a uniform share of the total.
func (q *Requests) Next() (object int) {
	share := q.r.Float64()
	part := int(share * parts)
	from, to := q.guide[part], q.guide[part+1]
	k, _ := slices.BinarySearch(q.upTo[from:to+1], share*q.total)
	return q.object[int(from)+k]
}
