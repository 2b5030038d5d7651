package cache

import "tbraid/internal/block"

// Room tells whether e can be written, or filled, now: whether its pages and
// the dirty pages together fit. It looks for the pages when the answer is
// near, and costs nothing otherwise. An extent longer than the cache never fits.
func (c *Cache) Room(e block.Extent) bool {
	most := e.Blocks/PageBlocks + 2 // pages, with a part at each end
	return most <= uint64(c.capacity-c.dirtyPages) || c.roomFor(e)
}

func (c *Cache) roomFor(e block.Extent) bool {
	n, spare := pagesOf(e), uint64(c.capacity-c.dirtyPages)
	if n <= spare {
		return true
	}
	if n > uint64(c.capacity) {
		return false
	}
	w := overPages(e)
	for w.more() && n > spare {
		i, p := c.step(&w)
		if i != 0 && !c.spans[i].clean() {
			n -= uint64(p.pages())
		}
	}
	return n <= spare
}

// reserve makes room for n pages more, of which it evicts as many as need be, and
// counts them. It panics if too few are clean.
func (c *Cache) reserve(n int) {
	if c.resident += n; c.resident > c.capacity {
		c.evict()
	}
}

// evict makes clean pages give way until the others fit.
func (c *Cache) evict() {
	for c.resident > c.capacity {
		i, taken := c.clean.Evict(c.resident - c.capacity)
		if i == 0 {
			panic("cache: write without room: every page is dirty")
		}
		c.lose(i, taken)
	}
}

// lose takes the first n pages of a span out of the cache. They are in no list.
func (c *Cache) lose(i uint32, n int) {
	s := &c.spans[i]
	c.forgotten = max(c.forgotten, s.written)
	c.resident -= n
	c.displace(i, n)
	if n == int(s.pages) {
		c.freeSpan(i)
		return
	}
	s.first += uint64(n)
	s.pages -= uint8(n)
}

// rank puts a span that has become clean, or has come clean, into the order of
// replacement. Where the policy tells its pages apart it becomes several.
func (c *Cache) rank(i uint32) {
	for {
		s := &c.spans[i]
		taken := c.clean.Admit(i, s.first, int(s.pages))
		if taken == int(s.pages) {
			return
		}
		i = c.divide(i, taken)
	}
}

// rest finds the place of a span that has just lost its last waiting or carried
// block: the order of replacement, as one that has just come, or none.
func (c *Cache) rest(i uint32) {
	s := &c.spans[i]
	c.dirtyPages -= int(s.pages)
	if s.valid == 0 {
		c.lose(i, int(s.pages))
		return
	}
	c.rank(i)
}

// touch is a hit on the clean pages of e, in rising order.
func (c *Cache) touch(e block.Extent) {
	w := overPages(e)
	for w.more() {
		i, p := c.step(&w)
		if i != 0 && c.spans[i].clean() {
			c.clean.Touch(c.cut(i, &p))
		}
	}
}

// cut makes the pages of a piece, which all lie in a span, a span of their own, and
// returns its slot.
func (c *Cache) cut(i uint32, p *piece) uint32 {
	if uint64(c.spans[i].pages) == p.end-p.first {
		return i
	}
	return c.carve(i, p)
}

func (c *Cache) carve(i uint32, p *piece) uint32 {
	if before := p.first - c.spans[i].first; before > 0 {
		i = c.split(i, int(before))
	}
	if n := p.pages(); n < int(c.spans[i].pages) {
		c.split(i, n)
	}
	return i
}

// split leaves the first n pages of a span in its slot, and returns that of the
// others. In each list these come right behind the first.
func (c *Cache) split(i uint32, n int) (rest uint32) {
	rest = c.divide(i, n)
	s := &c.spans[i]
	if s.clean() {
		c.clean.Split(i, rest, n)
	}
	if s.waiting != 0 {
		c.home.insertAfter(&c.stripes[s.stripe].waiting, i, rest)
	}
	if s.carried != 0 {
		c.flight.insertAfter(&c.stripes[s.stripe].carried, i, rest)
	}
	return rest
}

// divide is split, of a span that is in no list.
func (c *Cache) divide(i uint32, n int) (rest uint32) {
	rest = c.newSlot()
	c.spans[rest] = c.spans[i].splitOff(n)
	c.ages[rest] = c.ages[i].of(n)
	c.place(rest)
	return rest
}
