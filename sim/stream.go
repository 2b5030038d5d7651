package sim

import (
	"hash/fnv"
	"math/rand/v2"
)

// Stream returns the random stream of that name: PCG seeded by the run's seed
// and the name, so that a new consumer never shifts the draws of another.
func (k *Kernel) Stream(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(k.seed, h.Sum64()))
}
