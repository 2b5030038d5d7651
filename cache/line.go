package cache

import (
	"math"
	"math/bits"
)

// lines finds the span of a page, by the line that it lies in. Where a single span
// of a line is in the cache, the table has its slot, and the span knows its own
// pages. Where there are several, the table has the slot of a directory.
type lines struct {
	table       table
	directories []directory // from slot 1
	numbers     []uint64    // of their lines
	free        uint32      // directories given back, chained by their first entry
}

// directory knows the spans of a line: bit k of a word is page k of the line.
type directory struct {
	held  uint64 // pages that are in a span
	heads uint64 // of these, the first of each span
	slots [linePages]uint32
}

// isDirectory marks the slots of directories in the table: those of spans stay below.
const isDirectory = 1 << 31

// cellOf is where the table has a line, or would have it.
func (c *Cache) cellOf(line uint64) uint32 {
	h, t := hashOf(line), &c.lines.table
	at := t.home(h)
	for is := t.cells[at]; is.slot != 0 && (is.hash != h || c.lineOf(is.slot) != line); is = t.cells[at] {
		at = t.next(at)
	}
	return at
}

// lineOf is the number of the line that a slot of the table is for.
func (c *Cache) lineOf(slot uint32) uint64 {
	if slot >= isDirectory {
		return c.lines.numbers[slot-isDirectory]
	}
	return c.spans[slot].first / linePages
}

// find returns the span that holds a page, or 0, and how many pages from there
// on, before end, lie in the same span, or in none. They are of one line.
func (c *Cache) find(page, end uint64) (i uint32, n int) {
	at := c.lines.table.cells[c.cellOf(page/linePages)].slot
	switch {
	case at == 0:
		return 0, int(end - page)
	case at >= isDirectory:
		return c.findIn(&c.lines.directories[at-isDirectory], page, end)
	}
	s := &c.spans[at]
	switch {
	case page < s.first:
		return 0, int(min(end, s.first) - page)
	case page < s.end():
		return at, int(min(end, s.end()) - page)
	}
	return 0, int(end - page)
}

func (c *Cache) findIn(d *directory, page, end uint64) (i uint32, n int) {
	k := page % linePages
	if ahead := d.held >> k; ahead&1 == 0 {
		return 0, int(min(end-page, uint64(bits.TrailingZeros64(ahead))))
	}
	i = d.spanAt(k)
	return i, int(min(end, c.spans[i].end()) - page)
}

// place makes the pages of a span findable. What the directory knew of them
// before, it forgets.
func (c *Cache) place(i uint32) {
	s, l := &c.spans[i], &c.lines
	line := s.first / linePages
	at := c.cellOf(line)
	is := &l.table.cells[at]
	if is.slot == 0 {
		l.table.add(hashOf(line), i)
		return
	}
	if only := is.slot; only == i {
		return // it has grown
	} else if only < isDirectory {
		is.slot = isDirectory | l.newDirectory(line)
		l.directories[is.slot-isDirectory].set(&c.spans[only], only)
	}
	l.directories[is.slot-isDirectory].set(s, i)
}

// displace makes the first n pages of a span nobody's.
func (c *Cache) displace(i uint32, n int) {
	s, l := &c.spans[i], &c.lines
	at := c.cellOf(s.first / linePages)
	is := &l.table.cells[at]
	if is.slot < isDirectory {
		if n == int(s.pages) {
			l.table.remove(at)
		}
		return
	}
	d := &l.directories[is.slot-isDirectory]
	d.clear(s, i, n)
	if only, ok := d.single(); ok { // one is left of several
		d.slots[0], l.free = l.free, is.slot-isDirectory
		is.slot = only
	}
}

func (l *lines) newDirectory(line uint64) uint32 {
	i := l.free
	if i == 0 {
		l.directories = append(l.directories, directory{})
		l.numbers = append(l.numbers, line)
		return uint32(len(l.directories) - 1)
	}
	d := &l.directories[i]
	l.free = d.slots[0]
	d.held, d.heads, l.numbers[i] = 0, 0, line
	return i
}

func (l *lines) clear() {
	l.table.clear()
	l.directories = append(l.directories[:0], directory{})
	l.numbers = append(l.numbers[:0], 0)
	l.free = 0
}

// spanAt is the slot of the span that has page k.
func (d *directory) spanAt(k uint64) uint32 {
	head := bits.Len64(d.heads<<(linePages-1-k%linePages)) - linePages + int(k)
	return d.slots[head%linePages]
}

// set gives a span its pages, whosever they were.
func (d *directory) set(s *span, i uint32) {
	k, pages := s.first%linePages, s.bits(int(s.pages))
	d.held |= pages
	d.heads = d.heads&^pages | 1<<k
	d.slots[k] = i
}

// clear makes the first n pages of a span nobody's.
func (d *directory) clear(s *span, i uint32, n int) {
	pages := s.bits(n)
	d.held &^= pages
	d.heads &^= pages
	if n < int(s.pages) {
		k := (s.first + uint64(n)) % linePages
		d.heads |= 1 << k
		d.slots[k] = i
	}
}

// single is the slot of the span that has all the pages that there are.
func (d *directory) single() (i uint32, ok bool) {
	if d.heads&(d.heads-1) != 0 {
		return 0, false
	}
	return d.slots[bits.TrailingZeros64(d.heads)%linePages], true
}

// bits is the first n pages of a span, 1 at least, as bits of their line.
func (s *span) bits(n int) uint64 {
	return math.MaxUint64 >> (linePages - uint(n)) << (s.first % linePages)
}
