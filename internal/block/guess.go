package block

import "math/bits"

// guesses say where the owner of an address is looked for first. The addresses are
// in parts, and parts share entries. An entry is the leaf in which a search for an
// address of its part ended. It may have been split since, belong to another part, or
// be one that the tree has put aside, which owns nothing: the leaf itself shows
// whether it is the owner, and the owner is needed anyway.
//
// How wide a part is and how many entries there are follow from what was searched
// for: the narrower parts are, as compared to the leaves, the more guesses are right,
// and the more memory the entries take.
type guesses[V comparable] struct {
	leaf   []*leaf[V] // a power of two, or none
	shift  int        // from an address to its part
	missed int        // searches since the last look at the size
	widths int        // of what the leaves that they found hold, the sum in bits
}

const (
	// partBits is by how much a part is narrower than a leaf, and how many entries
	// there are at least to a leaf. With a quarter, and addresses at random, three
	// guesses of four are right, and nearly all others are next to the owner.
	partBits = 2
	// fewLeaves are searched as quickly as guessed.
	fewLeaves = 16
	// fewMissed searches say little about the size.
	fewMissed = 256
)

// entry is that of the part of a.
func (g *guesses[V]) entry(a LBA) **leaf[V] {
	return &g.leaf[int(a>>(g.shift&63))&(len(g.leaf)-1)]
}

// at is the leaf that owns a, if it is the one that is guessed or next to it.
func (g *guesses[V]) at(a LBA) *leaf[V] {
	if len(g.leaf) == 0 {
		return nil
	}
	entry := g.entry(a)
	l := *entry
	if l == nil || l.owns(a) {
		return l
	}
	if a < l.low {
		l = l.prev
	} else {
		l = l.next
	}
	if l == nil || !l.owns(a) {
		return nil
	}
	*entry = l
	return l
}

// learn notes that a search for a ended in l. From time to time it looks at the size.
func (t *tree[V]) learn(a LBA, l *leaf[V]) {
	g := &t.guess
	if len(g.leaf) > 0 {
		*g.entry(a) = l
	}
	if t.leaves <= fewLeaves {
		return
	}
	g.missed++
	g.widths += bits.Len64(uint64(l.to(l.n-1) - l.from(0)))
	if g.missed < max(len(g.leaf)/8, fewMissed) {
		return
	}
	shift := max(0, g.widths/g.missed-partBits)
	enough := t.leaves << partBits
	if len(g.leaf) < enough || shift < g.shift-1 || shift > g.shift+1 {
		g.shift = shift
		g.leaf = make([]*leaf[V], 1<<bits.Len(uint(enough)))
		g.fill(t.branches)
	}
	g.missed, g.widths = 0, 0
}

// fill enters the leaves, each for a few parts if it is wider than most.
func (g *guesses[V]) fill(branches []*branch[V]) {
	const few = 2 << partBits << 1
	for _, b := range branches {
		for k := range b.n {
			end := none // of what is known to be the leaf's
			if k+1 < b.n {
				end = b.low[k+1]
			}
			a := b.low[k]
			for range few {
				*g.entry(a) = b.leaf[k]
				if a += 1 << g.shift; a >= end {
					break
				}
			}
		}
	}
}
