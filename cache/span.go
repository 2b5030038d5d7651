package cache

import (
	"math/bits"

	"tbraid/internal/block"
	"tbraid/sim"
)

// span is a run of pages of one line that are alike: bit i of a mask is block i
// of each of them, and what is said of one holds for all. Before something happens to
// some of the pages only, Cache.cut makes these a span of their own.
//
// A span of several pages has, of each mask, all blocks or none, and one
// version; a page of which that is not true is a span by itself.
//
// Its place follows from its masks: waiting blocks put it in its stripe's
// waiting list, carried blocks in its stripe's carried list (perhaps both), and
// a span with neither is clean and in the order of replacement. Pages with no
// valid block stay only while they are carried.
//
// It is 32 bytes, half a line of the processor's cache: what a WRITE to a waiting
// page looks at.
type span struct {
	first   uint64 // number of its first page
	written uint64 // sequence of the last Write to it, 0 if it was only filled
	stripe  uint32 // slot, while waiting or carried
	content uint32 // the version of each valid block or, if mixed, the slot of its mixture

	pages   uint8 // 0 on the free list
	mixed   bool
	valid   uint8
	waiting uint8 // dirty, in no batch
	flying  uint8 // dirty, and the batch carries this version
	carried uint8 // in the batch, in this version or an older one
}

// age is since when the first page of a span has been waiting, and since when what
// a batch carries of it had. The sequence goes up by one from page to page,
// because a Write numbers its pages in order.
type age struct{ waiting, carried stamp }

// stamp is sequence and time of the Write that made a page waiting.
type stamp struct {
	seq   uint64
	since sim.Time
}

// of is the age of a page so far behind the first.
func (a age) of(behind int) age {
	a.waiting.seq += uint64(behind)
	a.carried.seq += uint64(behind)
	return a
}

// whole is the mask of every block of a page.
const whole = 1<<PageBlocks - 1

func (s *span) dirty() uint8 { return s.waiting | s.flying }

func (s *span) clean() bool { return s.waiting|s.carried == 0 }

// end is the number of the page after the last.
func (s *span) end() uint64 { return s.first + uint64(s.pages) }

// start is its first block on the volume.
func (s *span) start() block.LBA { return block.LBA(s.first * PageBlocks) }

// blocks is how many blocks of the span are in a mask.
func (s *span) blocks(mask uint8) uint64 { return uint64(s.pages) * uint64(bits.OnesCount8(mask)) }

// extent is where on the volume the pages lie.
func (s *span) extent() block.Extent { return pagesExtent(s.first, int(s.pages)) }

// splitOff leaves n pages in s and returns the others, alike but for where they are.
func (s *span) splitOff(n int) span {
	rest := *s
	rest.first += uint64(n)
	rest.pages -= uint8(n)
	s.pages = uint8(n)
	return rest
}

// unload ends what a batch carried.
func (s *span) unload() { s.flying, s.carried = 0, 0 }
