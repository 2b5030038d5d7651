package replace

import "tbraid/internal/words"

// Policy orders the entries that may be evicted. An entry is in at most once.
// What comes in is announced by Miss, makes room by Evict if the cache is full,
// and is then Inserted:
//
//	Miss(key); if full { slot = Evict() }; Insert(slot, key)
//
// Evict may also be called without Miss, for what takes a place in the cache
// but not in the order, such as a dirty page. A key that is Removed leaves no
// ghost, and is new when it comes again.
type Policy interface {
	// Miss says that key is wanted and not here. A policy with ghosts looks
	// whether it was here lately, adapts, and forgets the ghost.
	Miss(key uint64)

	// Insert puts the key of the last Miss into the order, in a slot not in use.
	Insert(slot uint32, key uint64)

	// Touch is a hit.
	Touch(slot uint32)

	// Remove takes an entry out that was not evicted.
	Remove(slot uint32)

	// Evict takes the entry out that gives way first, and returns its slot; 0 if
	// there is none.
	Evict() (slot uint32)

	// Slots appends every slot, queue by queue, from the end at which entries
	// leave. It costs the entries.
	Slots(dst []uint32) []uint32
}

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
