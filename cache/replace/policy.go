package replace

import "tbraid/internal/words"

// Policy orders the keys that may be evicted. A key is in at most once. What comes
// in is announced by Miss, makes room by Evict if the cache is full, and is then
// Inserted:
//
//	Miss(key); if full { slot, _ = Evict(1) }; Insert(slot, key)
//
// Evict may also be called without Miss, for what takes a place in the cache
// but not in the order, such as a dirty page. A key that is Removed leaves no
// ghost, and is new when it comes again.
//
// A slot is an entry of one key, or a run: keys in a row that came in, and were
// hit, one right after the other and in rising order. The order is that of the
// keys, each by itself, and a run is only a cheaper way to hold it: the first key
// of a run gives way first, and the caller Splits a run before something happens
// to a part of it.
type Policy interface {
	// Miss says that key is wanted and not here. A policy with ghosts looks
	// whether it was here lately, adapts, and forgets the ghost.
	Miss(key uint64)

	// Insert puts the key of the last Miss into the order, in a slot not in use.
	Insert(slot uint32, key uint64)

	// Admit is Miss and Insert for each of n keys in a row, 1 to MaxRun, as a run in
	// a slot not in use. It stops where a key belongs elsewhere than the one
	// before it, and returns how many it took.
	Admit(slot uint32, key uint64, n int) (taken int)

	// Split leaves the first n keys of a run in their slot, and makes the others a
	// run in rest, a slot not in use.
	Split(slot, rest uint32, n int)

	// Touch is a hit, on each key of a run.
	Touch(slot uint32)

	// Remove takes an entry out that was not evicted.
	Remove(slot uint32)

	// Evict takes out the key that gives way first and, as far as they are next
	// and in the same run, others up to n. It returns their slot and how many there were; the slot
	// is out of the order with its last key. Slot 0 if there is none.
	Evict(n int) (slot uint32, taken int)

	// Slots appends every slot, queue by queue, from the end at which entries
	// leave. It costs the entries.
	Slots(dst []uint32) []uint32
}

// MaxRun is the largest number of keys in a run: it fits a byte.
const MaxRun = 255

// Kind is a replacement policy by name.
type Kind uint8

// The kinds.
const (
	LRU    Kind = iota // least recently used
	CLOCK              // second chance: one reference bit and a hand (Corbató, 1968)
	TwoQ               // 2Q, full version (Johnson & Shasha, VLDB'94)
	ARC                // adaptive replacement cache (Megiddo & Modha, FAST'03)
	SIEVE              // lazy promotion, quick demotion by a hand (Zhang et al., NSDI'24)
	S3FIFO             // three FIFO queues (Yang et al., SOSP'23)
)

var kinds = []string{"lru", "clock", "2q", "arc", "sieve", "s3-fifo"}

func (k Kind) String() string { return kinds[k] }

// Options lists the words that a Kind can be.
func (Kind) Options() []string { return kinds }

// UnmarshalText reads one of the Options.
func (k *Kind) UnmarshalText(b []byte) error { return words.Pick(k, kinds, b) }

// New returns an empty order for a cache of capacity entries, 1 to 2^31-1.
func New(k Kind, capacity int) Policy {
	switch k {
	case CLOCK:
		return &clock{}
	case TwoQ:
		return newTwoQ(capacity)
	case ARC:
		return newARC(capacity)
	case SIEVE:
		return &sieve{}
	case S3FIFO:
		return newS3FIFO(capacity)
	}
	return &lru{}
}
