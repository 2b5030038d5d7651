package disks

import (
	"math/bits"

	"tbraid/internal/block"
)

// command is an IO that holds one of the drive's tags.
type command struct {
	io     *IO
	extent block.Extent
	behind tagSet // earlier commands that it must wait for
	life   uint32 // of the tag: an event of an earlier life is void
	starts uint64 // accesses begun when it came
	// cached: of a read, when nothing held it any more, some was in the write cache.
	// What was not cannot come to be there before the read ends: the write would be
	// behind it.
	cached bool
}

// tagSet is a set of tags, bit n for tag n.
type tagSet uint32

// only is the set of one tag. That none is beyond the last spares the check of the
// shift; noTag has no set.
func only(tag uint8) tagSet { return 1 << (tag & (maxDepth - 1)) }

func (s tagSet) has(tag uint8) bool { return s>>tag&1 != 0 }
func (s tagSet) first() uint8       { return uint8(bits.TrailingZeros32(uint32(s))) }

// commands are those that the drive holds, by tag. A busy one that is not held,
// loose or ready is on the link or on the medium.
type commands struct {
	pool    [maxDepth]command
	number  [maxDepth]uint64 // of arrival
	came    uint64           // how many so far
	free    tagSet           // as many as Spec.QueueDepth says, or busy
	busy    tagSet
	held    tagSet // by earlier commands
	loose   tagSet // no more, but by want of room, or a Flush by the cache
	ready   tagSet // for the medium
	writes  tagSet
	toCache tagSet // writes that are done when they are in the cache
	leading tagSet // commands that others may be behind
	waits   uint8  // the first write that found no room in the cache; noTag if an older one may be loose since
}

// noTag is the first of no tags.
const noTag uint8 = maxDepth

func newCommands(depth int) commands { return commands{free: 1<<depth - 1, waits: noTag} }

// oldest is the command of a set that came first; noTag if the set is empty.
func (c *commands) oldest(set tagSet) uint8 {
	tag := set.first()
	rest := set & (set - 1)
	if rest == 0 {
		return tag
	}
	least := c.number[tag]
	for ; rest != 0; rest &= rest - 1 {
		if n := c.number[rest.first()%maxDepth]; n < least {
			tag, least = rest.first(), n
		}
	}
	return tag
}

// admits tells whether an IO can have a tag. A Flush has the drive to itself, as
// FLUSH CACHE EXT has: it is no queued command, so the commands before it end
// first and those after it wait (ACS-3, NCQ feature set).
func (c *commands) admits(io *IO) bool {
	return c.busy == 0 || c.free != 0 && io.Op != Flush && c.pool[c.busy.first()].io.Op != Flush
}

// take gives a free tag to an IO.
func (c *commands) take(io *IO, starts uint64) (tag uint8) {
	tag = c.free.first()
	m, bit := &c.pool[tag], only(tag)
	m.io, m.extent, m.starts = io, io.Extent, starts
	c.number[tag] = c.came
	m.behind = c.conflicts(io)
	if m.behind == 0 {
		c.loose |= bit
	} else {
		c.held |= bit
		c.leading |= m.behind
	}
	c.came++
	c.free &^= bit
	c.busy |= bit
	if io.Op == Write {
		c.writes |= bit
	}
	return tag
}

// conflicts are the commands that an IO which comes now must wait for: they share
// a block with it, and one of the two writes it.
func (c *commands) conflicts(io *IO) (found tagSet) {
	rest := c.writes
	if io.Op == Write {
		rest = c.busy
	}
	start, end := io.Extent.Start, io.Extent.End()
	for ; rest != 0; rest &= rest - 1 {
		if e := &c.pool[rest.first()].extent; e.Start < end && start < e.End() {
			found |= rest & -rest
		}
	}
	return found
}

// retire gives a tag back, and lets go of the commands behind it. The command was
// on the link or on the medium.
func (c *commands) retire(tag uint8) {
	m, bit := &c.pool[tag], only(tag)
	m.io = nil
	m.life++
	c.free |= bit
	c.busy &^= bit
	c.writes &^= bit
	c.toCache &^= bit
	if c.leading&bit != 0 {
		c.letGo(bit)
	}
}

// letGo ends the wait of others for a command that they were behind.
func (c *commands) letGo(bit tagSet) {
	c.leading &^= bit
	for rest := c.held; rest != 0; rest &= rest - 1 {
		m := &c.pool[rest.first()]
		if m.behind &^= bit; m.behind == 0 {
			c.held &^= rest & -rest
			c.loose |= rest & -rest
			c.waits = noTag
		}
	}
}

// drop is retire for a command wherever it is.
func (c *commands) drop(tag uint8) {
	c.held &^= only(tag)
	c.loose &^= only(tag)
	c.ready &^= only(tag)
	c.retire(tag)
}
