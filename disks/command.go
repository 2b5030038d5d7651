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

func (s tagSet) has(tag uint8) bool { return s>>tag&1 != 0 }
func (s tagSet) first() uint8       { return uint8(bits.TrailingZeros32(uint32(s))) }

// commands are those that the drive holds, by tag, in the order in which they
// came. A busy one that is neither held nor ready nor on the link is on the medium.
type commands struct {
	pool [maxDepth]command
	// The ring of tags by order of arrival. It goes through noTag, so the oldest
	// command is behind it and the newest in front.
	next, prev [maxDepth + 1]uint8
	free       tagSet // as many as Spec.QueueDepth says, or busy
	busy       tagSet
	held       tagSet // by an earlier command, by want of room, or a Flush by the cache
	ready      tagSet // for the medium
	onLink     tagSet // their event is the end of the transfer
	writes     tagSet
	toCache    tagSet // writes that are done when they are in the cache
	leading    tagSet // commands that others may be behind
}

// noTag is where a walk over the commands ends.
const noTag uint8 = maxDepth

func newCommands(depth int) commands {
	c := commands{free: 1<<depth - 1}
	c.next[noTag], c.prev[noTag] = noTag, noTag
	return c
}

// oldest is the tag of the command that came first; noTag if there is none.
func (c *commands) oldest() uint8 { return c.next[noTag] }

// take gives a free tag to an IO that begins to be held.
func (c *commands) take(io *IO, starts uint64) (tag uint8) {
	tag = c.free.first()
	m := &c.pool[tag]
	m.io, m.extent, m.starts = io, io.Extent, starts
	m.behind = c.conflicts(io)
	c.leading |= m.behind
	c.free &^= 1 << tag
	c.busy |= 1 << tag
	c.held |= 1 << tag
	if io.Op == Write {
		c.writes |= 1 << tag
	}
	last := c.prev[noTag]
	c.next[last], c.prev[tag] = tag, last
	c.next[tag], c.prev[noTag] = noTag, tag
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
			found |= 1 << rest.first()
		}
	}
	return found
}

// retire gives a tag back, and lets go of the commands behind it.
func (c *commands) retire(tag uint8) {
	m := &c.pool[tag]
	m.io = nil
	m.life++
	bit := tagSet(1) << tag
	c.free |= bit
	c.busy &^= bit
	if c.leading&bit != 0 {
		for rest := c.busy; rest != 0; rest &= rest - 1 {
			c.pool[rest.first()].behind &^= bit
		}
	}
	c.held, c.ready, c.onLink = c.held&^bit, c.ready&^bit, c.onLink&^bit
	c.writes, c.toCache, c.leading = c.writes&^bit, c.toCache&^bit, c.leading&^bit
	c.next[c.prev[tag]], c.prev[c.next[tag]] = c.next[tag], c.prev[tag]
}
