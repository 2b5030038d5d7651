package store

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
)

// spans are the intervals of a page by which it is indexed.
var spans = map[string]func(p *page) (low, high int64){
	byLBA:   (*page).addresses,
	byAcked: func(p *page) (low, high int64) { return p.acked.low, p.acked.high },
}

// spanIndex is by an interval of numbers from 0 on, so that pages can be found of
// which the interval meets another. The numbers are cut into bins of each power of
// two, and a page stands in the smallest bin that holds its interval whole. What
// meets [low, high] then stands, size by size, in the bins from that of low to that
// of high. Genome browsers find the features of a chromosome in that way (Kent et
// al., The Human Genome Browser at UCSC, Genome Research 12, 2002).
type spanIndex struct {
	of func(p *page) (low, high int64)
}

// bin is the smallest bin that holds an interval: its size as a power of two, and
// which of that size it is.
func bin(low, high int64) (size int, n uint64) {
	size = bits.Len64(uint64(low) ^ uint64(high))
	return size, uint64(low) >> size
}

// FromObject implements memdb.SingleIndexer.
func (x spanIndex) FromObject(row any) (bool, []byte, error) {
	size, n := bin(x.of(row.(*page)))
	return true, binKey(size, n), nil
}

// FromArgs implements memdb.Indexer: it takes a bin.
func (spanIndex) FromArgs(args ...any) ([]byte, error) {
	if len(args) == 2 {
		size, sized := args[0].(int)
		if n, ok := args[1].(uint64); ok && sized {
			return binKey(size, n), nil
		}
	}
	return nil, fmt.Errorf("store: %v is no bin", args)
}

func binKey(size int, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(size)}, n)
}

// meeting are the pages of which the bin meets the interval from low to high, both
// of them included: all that may hold something in it, and some that do not.
func (v *View) meeting(index string, low, high int64) iter.Seq[*page] {
	return func(yield func(*page) bool) {
		if low = max(low, 0); high < low {
			return
		}
		for size := 0; size < 64; size++ { // numbers are positive: 63 bits
			from, to := uint64(low)>>size, uint64(high)>>size
			it, err := v.txn.LowerBound(pages, index, size, from)
			if err != nil {
				panic(err) // the index is ours
			}
			for row := it.Next(); row != nil; row = it.Next() {
				p := row.(*page)
				if s, n := bin(spans[index](p)); s != size || n > to {
					break
				}
				if !yield(p) {
					return
				}
			}
		}
	}
}
