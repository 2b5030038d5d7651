package store

import (
	"cmp"
	"slices"
	"sort"

	"tbraid/internal/block"
	"tbraid/lab"
)

// pageExtents bounds a page: few enough that a look at all of it takes some ten
// microseconds, so many that a million extents are some hundred rows.
const pageExtents = 4096

// page is lost extents of one run that share all but their address, file and time.
type page struct {
	ID  uint32
	run *run
	shared

	// One element an extent, in order of address. Extents may overlap: what an
	// earlier event had taken and was written again.
	lba, blocks []uint64
	acked, age  column64
	file        []uint32 // index of files
	files       []string // "" among them, for blocks of no file
	longest     uint64   // of blocks
}

func (p *page) number() uint32 { return p.ID }

// shared is what all extents of a page have in common.
type shared struct {
	class, outcome, cause, taker, promise, reads string
	step                                         int
}

// column64 is a column of numbers with the least and the greatest of them.
type column64 struct {
	values    []int64
	low, high int64
}

func (c *column64) add(n int64) {
	if len(c.values) == 0 {
		c.low, c.high = n, n
	}
	c.values = append(c.values, n)
	c.low, c.high = min(c.low, n), max(c.high, n)
}

// meets tells whether a number of the column may lie between low and high.
func (c *column64) meets(low, high int64) bool { return low <= c.high && high >= c.low }

// paginate sorts the lost extents of a run into pages.
func paginate(r *run, all []lab.Lost) []*page {
	groups := map[shared][]*lab.Lost{}
	var order []shared
	for i := range all {
		l := &all[i]
		key := shared{l.Class, l.Outcome, l.Cause, l.Taker, l.Promise, l.Reads, l.Step}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], l)
	}
	var list []*page
	for _, key := range order {
		group := groups[key]
		slices.SortStableFunc(group, func(a, b *lab.Lost) int { return cmp.Compare(a.LBA, b.LBA) })
		for part := range slices.Chunk(group, pageExtents) {
			list = append(list, newPage(r, key, part))
		}
	}
	return list
}

func newPage(r *run, key shared, extents []*lab.Lost) *page {
	p := &page{run: r, shared: key, lba: make([]uint64, 0, len(extents)), blocks: make([]uint64, 0, len(extents)), file: make([]uint32, 0, len(extents))}
	number := map[string]uint32{}
	for _, l := range extents {
		n, known := number[l.File]
		if !known {
			n = uint32(len(p.files))
			number[l.File] = n
			p.files = append(p.files, l.File)
		}
		p.lba, p.blocks, p.file = append(p.lba, l.LBA), append(p.blocks, l.Blocks), append(p.file, n)
		p.acked.add(l.AckedNS)
		p.age.add(l.AgeNS)
		p.longest = max(p.longest, l.Blocks)
	}
	return p
}

// addresses is the interval from the first block to the last that an extent of the
// page may have.
func (p *page) addresses() (low, high int64) {
	last := p.lba[len(p.lba)-1]
	return int64(p.lba[0]), int64(last + p.longest - 1)
}

// from is the first extent that may reach address low: no one before it does.
func (p *page) from(low uint64) int {
	if low < p.longest {
		return 0
	}
	return sort.Search(len(p.lba), func(i int) bool { return p.lba[i] > low-p.longest })
}

// extent is the part of extent i that lies in an interval of addresses, both ends
// included.
func (p *page) extent(i int, low, high uint64) block.Extent {
	e := block.Extent{Start: block.LBA(p.lba[i]), Blocks: p.blocks[i]}
	if p.lba[i] >= low && p.lba[i]+p.blocks[i] <= high+1 {
		return e
	}
	return e.Intersect(block.Between(block.LBA(low), block.LBA(high+1)))
}
