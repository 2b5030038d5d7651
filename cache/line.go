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
	seen        uint64      // the line last looked for, which is likely to be next, or noLine
	seenAt      uint32      // its cell
	directories []directory // from slot 1
	free        uint32      // directories given back, chained by their first entry
}

// noLine is not the number of a line.
const noLine = math.MaxUint64

// directory knows the spans of a line by their first pages.
type directory struct {
	line  uint64
	heads uint64            // bit k: a span begins with page k of the line
	slots [linePages]uint32 // where one does
}

// isDirectory marks the slots of directories in the table: those of spans stay below.
const isDirectory = 1 << 31

// cellOf is where the table has a line, or would have it.
func (c *Cache) cellOf(line uint64) uint32 {
	if line != c.lines.seen {
		c.seek(line)
	}
	return c.lines.seenAt
}

func (c *Cache) seek(line uint64) {
	h, t := hashOf(line), &c.lines.table
	at := t.home(h)
	for is := t.cells[at]; is.slot != 0 && (is.hash != h || c.lineOf(is.slot) != line); is = t.cells[at] {
		at = t.next(at)
	}
	c.lines.seen, c.lines.seenAt = line, at
}

// lineOf is the number of the line that a slot of the table is for.
func (c *Cache) lineOf(slot uint32) uint64 {
	if slot >= isDirectory {
		return c.lines.directories[slot-isDirectory].line
	}
	return c.spans[slot].first / linePages
}

// place makes the pages of a span findable.
func (c *Cache) place(i uint32) {
	s, l := &c.spans[i], &c.lines
	line := s.first / linePages
	at := c.cellOf(line)
	is := &l.table.cells[at]
	if is.slot == 0 {
		l.seenAt = l.table.addAt(at, hashOf(line), i)
		return
	}
	if only := is.slot; only < isDirectory {
		is.slot = isDirectory | l.newDirectory(line)
		l.directories[is.slot-isDirectory].add(c.spans[only].first, only)
	}
	l.directories[is.slot-isDirectory].add(s.first, i)
}

// displace makes the first n pages of a span nobody's.
func (c *Cache) displace(i uint32, n int) {
	s, l := &c.spans[i], &c.lines
	at := c.cellOf(s.first / linePages)
	is := &l.table.cells[at]
	if is.slot < isDirectory {
		if n == int(s.pages) {
			l.seenAt = l.table.remove(at)
		}
		return
	}
	d := &l.directories[is.slot-isDirectory]
	d.heads &^= 1 << (s.first % linePages)
	if n < int(s.pages) {
		d.add(s.first+uint64(n), i)
	}
	if d.heads&(d.heads-1) == 0 { // one is left of several
		is.slot, d.slots[0], l.free = d.slots[bits.TrailingZeros64(d.heads)%linePages], l.free, is.slot-isDirectory
	}
}

func (l *lines) newDirectory(line uint64) uint32 {
	i := l.free
	if i == 0 {
		l.directories = append(l.directories, directory{line: line})
		return uint32(len(l.directories) - 1)
	}
	d := &l.directories[i]
	l.free = d.slots[0]
	d.line, d.heads = line, 0
	return i
}

func (l *lines) clear() {
	l.table.clear()
	l.seen = noLine
	l.directories = append(l.directories[:0], directory{})
	l.free = 0
}

// add notes that a span begins with a page.
func (d *directory) add(page uint64, i uint32) {
	d.heads |= 1 << (page % linePages)
	d.slots[page%linePages] = i
}

// near is the last span that does not begin behind a page, or 0, and where the next
// begins, or end if that comes first.
func (d *directory) near(page, end uint64) (i uint32, until uint64) {
	k := page % linePages
	if above := d.heads >> k >> 1; above != 0 {
		end = min(end, page+1+uint64(bits.TrailingZeros64(above)))
	}
	if below := d.heads << (^k % linePages); below != 0 {
		i = d.slots[(k-uint64(bits.LeadingZeros64(below)))%linePages]
	}
	return i, end
}
