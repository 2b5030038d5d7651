// Package replace decides which entry of a full cache gives way: LRU, CLOCK, 2Q,
// ARC, SIEVE and S3-FIFO. It is pure: keys go in, slots come out, and it knows
// neither content nor time.
//
// The caller owns the entries and gives each a slot, counted from 1. A Policy
// orders the slots; only those that remember keys of entries long gone (ghosts:
// 2Q, ARC, S3-FIFO) look at keys. Package cache runs a Policy over its clean
// pages, and Cache runs one over bare keys, for benchmarks: so that what is
// measured is what the model uses.
//
// Links, marks and ghosts lie in slabs that grow with the highest slot in use,
// by doubling, and never shrink. Ghosts are bounded by the capacity. A cache
// that has once been full allocates nothing.
package replace
