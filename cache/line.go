package cache

// lines finds the span of a page. The key of the index is the line. One of which a
// single span is in the cache needs no more: its value is the slot of the span,
// which knows its own pages. One with several has a directory.
type lines struct {
	index       index[uint32]
	directories []directory // slot 0 is nobody
	free        uint32      // directories given back, chained by their first entry
}

// directory holds the slot of the span of each page of a line, 0 if it has none.
type directory [linePages]uint32

// isDirectory marks a value of the index: slots of spans stay below it.
const isDirectory = 1 << 31

// find returns the span that holds a page, or 0, and how many pages from there
// on, before end, lie in the same span, or in none. They are of one line.
func (c *Cache) find(page, end uint64) (i uint32, n int) {
	at := c.lines.index.get(page / linePages)
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
	if i = d[page%linePages]; i != 0 {
		return i, int(min(end, c.spans[i].end()) - page)
	}
	for n = 1; page+uint64(n) < end && d[(page+uint64(n))%linePages] == 0; n++ {
	}
	return 0, n
}

// place makes the pages of a span findable. What the directory knew of them
// before, it forgets.
func (c *Cache) place(i uint32) {
	s, l := &c.spans[i], &c.lines
	at := l.index.at(s.first / linePages)
	if *at == 0 {
		*at = i
		return
	}
	if only := *at; only < isDirectory {
		*at = isDirectory | l.newDirectory()
		l.directories[*at-isDirectory].set(&c.spans[only], only)
	}
	l.directories[*at-isDirectory].set(s, i)
}

// displace makes the first n pages of a span nobody's.
func (c *Cache) displace(i uint32, n int) {
	s, l := &c.spans[i], &c.lines
	cell := l.index.find(s.first / linePages)
	at := &l.index.cells[cell].value
	if *at < isDirectory {
		if n == int(s.pages) {
			l.index.removeAt(cell)
		}
		return
	}
	d := &l.directories[*at-isDirectory]
	clear(d[s.first%linePages:][:n])
	if only, ok := d.single(); ok && n == int(s.pages) {
		d[0], l.free = l.free, *at-isDirectory
		*at = only
	}
}

func (l *lines) newDirectory() uint32 {
	i := l.free
	if i == 0 {
		l.directories = append(l.directories, directory{})
		return uint32(len(l.directories) - 1)
	}
	d := &l.directories[i]
	l.free = d[0]
	*d = directory{}
	return i
}

func (l *lines) clear() {
	l.index.clear()
	l.directories = append(l.directories[:0], directory{})
	l.free = 0
}

func (d *directory) set(s *span, i uint32) {
	at := d[s.first%linePages:][:s.pages]
	for k := range at {
		at[k] = i
	}
}

// single is the slot of the span that has all the pages that there are.
func (d *directory) single() (i uint32, ok bool) {
	for _, at := range d {
		switch {
		case at == 0 || at == i:
		case i != 0:
			return 0, false
		default:
			i = at
		}
	}
	return i, true
}
