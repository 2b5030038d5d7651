package cache

import "math/bits"

// ladder is a set of stripe numbers that knows its order: a tree of 64-bit
// words, where a bit of rung 0 is a member and a bit of rung r+1 says that the
// word below it is not empty. The words live in an index, so memory follows the
// members and not the volume. Adding, removing and finding the next member cost
// at most a few probes a rung; a 66 TB volume of 704 KiB stripes has 5 rungs.
type ladder struct {
	words index
	rungs int
}

func newLadder() ladder { return ladder{words: newIndex(), rungs: 1} }

// word names the word of a rung that holds bit number n. A stripe number has at
// most 61 bits, so the rung fits above.
func word(rung int, n uint64) uint64 { return uint64(rung)<<60 | n>>6 }

func (l *ladder) add(n uint64) {
	for n>>(6*l.rungs) != 0 {
		if l.words.count > 0 {
			*l.words.at(word(l.rungs, 0)) = 1
		}
		l.rungs++
	}
	for rung := range l.rungs {
		w := l.words.at(word(rung, n))
		was := *w
		*w = was | 1<<(n&63)
		if was != 0 {
			return
		}
		n >>= 6
	}
}

func (l *ladder) remove(n uint64) {
	for rung := range l.rungs {
		i := l.words.find(word(rung, n))
		w := &l.words.cells[i].value
		if *w &^= 1 << (n & 63); *w != 0 {
			return
		}
		*w = 1 // or the cell would be taken for empty
		l.words.removeAt(i)
		n >>= 6
	}
}

// next is the smallest member that is not below n.
func (l *ladder) next(n uint64) (member uint64, ok bool) {
	for rung := range l.rungs {
		if w := l.words.get(word(rung, n)) >> (n & 63) << (n & 63); w != 0 {
			n = n&^63 | uint64(bits.TrailingZeros64(w))
			for ; rung > 0; rung-- {
				n = n<<6 | uint64(bits.TrailingZeros64(l.words.get(word(rung-1, n<<6))))
			}
			return n, true
		}
		n = n>>6 + 1
	}
	return 0, false
}

func (l *ladder) clear() { l.words.clear() }
