package cache

import (
	"slices"

	"tbraid/internal/block"
)

// slab holds the spans by slot, from slot 1. There are never more of them than
// pages, and one while the others make room for it.
type slab struct {
	spans  []span
	ages   []age
	home   links // of a stripe's waiting list, of the free list
	flight links // of a stripe's carried list
	free   uint32

	mixtures    []mixture // by slot, from slot 1
	freeMixture uint32    // chained by their first version
}

// mixture holds the versions of a page that has more than one.
type mixture [PageBlocks]block.Version

// newSlot returns a slot that is in no list, for a new span. The slab may move.
func (b *slab) newSlot() uint32 {
	if b.free == 0 {
		b.addSlot()
	}
	i := b.free
	b.free = b.home[i].next
	return i
}

// addSlot adds a slot that is free, where none is.
func (b *slab) addSlot() {
	n := len(b.spans)
	if n == cap(b.spans) {
		b.grow()
	}
	b.spans = append(b.spans, span{})
	b.ages = append(b.ages, age{})
	b.home = append(b.home, link{})
	b.flight = append(b.flight, link{})
	b.free = uint32(n)
}

// grow makes room for as many slots again. A cache fills only once, and on the way
// there append would copy the slab and leave it behind at each quarter.
func (b *slab) grow() {
	n := len(b.spans) + 1
	b.spans = slices.Grow(b.spans, n)
	b.ages = slices.Grow(b.ages, n)
	b.home = slices.Grow(b.home, n)
	b.flight = slices.Grow(b.flight, n)
}

// freeSpan gives back the slot of a span that is in no list.
func (b *slab) freeSpan(i uint32) {
	b.unmix(&b.spans[i])
	b.spans[i].pages = 0
	b.home[i].next = b.free
	b.free = i
}

// version is what block k of each page of a span holds, if that is valid.
func (b *slab) version(s *span, k int) block.Version {
	if s.mixed {
		return b.mixtures[s.content][k]
	}
	return block.Version(s.content)
}

// set makes the blocks of mask valid with version v.
func (b *slab) set(s *span, mask uint8, v block.Version) {
	switch {
	case s.valid&^mask == 0:
		b.unmix(s)
		s.content = uint32(v)
	case s.mixed || block.Version(s.content) != v:
		b.mix(s)
		m := &b.mixtures[s.content]
		for k := range m {
			if mask>>k&1 != 0 {
				m[k] = v
			}
		}
	}
	s.valid |= mask
}

// mix gives a page a version for each of its blocks.
func (b *slab) mix(s *span) {
	if s.mixed {
		return
	}
	i := b.freeMixture
	if i == 0 {
		i = uint32(len(b.mixtures))
		b.mixtures = append(b.mixtures, mixture{})
	} else {
		b.freeMixture = uint32(b.mixtures[i][0])
	}
	for k := range b.mixtures[i] {
		b.mixtures[i][k] = block.Version(s.content)
	}
	s.content, s.mixed = i, true
}

// unmix gives back the mixture that a page may have; it has no version until it
// is given one.
func (b *slab) unmix(s *span) {
	if !s.mixed {
		return
	}
	b.mixtures[s.content][0] = block.Version(b.freeMixture)
	b.freeMixture = s.content
	s.content, s.mixed = 0, false
}

// clear empties the slab and keeps its memory.
func (b *slab) clear() {
	b.spans = append(b.spans[:0], span{})
	b.ages = append(b.ages[:0], age{})
	b.home = append(b.home[:0], link{})
	b.flight = append(b.flight[:0], link{})
	b.mixtures = append(b.mixtures[:0], mixture{})
	b.free, b.freeMixture = 0, 0
}

// appendRuns appends the blocks of a piece of a span, in order. Neighbours of one
// version merge, but never with an entry of dst before base: those are the
// caller's.
func (b *slab) appendRuns(dst []block.Run, base int, s *span, p piece) []block.Run {
	if p.mask == whole && !s.mixed {
		return appendRun(dst, base, block.Run{Extent: p.extent(), Version: block.Version(s.content)})
	}
	for k := range PageBlocks {
		if p.mask>>k&1 != 0 {
			dst = appendRun(dst, base, block.Run{Extent: p.block(k), Version: b.version(s, k)})
		}
	}
	return dst
}

func appendRun(dst []block.Run, base int, r block.Run) []block.Run {
	if n := len(dst); n > base {
		if last := &dst[n-1]; last.Version == r.Version && last.Extent.End() == r.Extent.Start {
			last.Extent.Blocks += r.Extent.Blocks
			return dst
		}
	}
	return append(dst, r)
}

// appendExtent does for extents what appendRun does for runs.
func appendExtent(dst []block.Extent, base int, e block.Extent) []block.Extent {
	if k := len(dst) - 1; k >= base && dst[k].End() == e.Start {
		dst[k].Blocks += e.Blocks
		return dst
	}
	return append(dst, e)
}
