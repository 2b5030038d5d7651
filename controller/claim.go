package controller

import "tbraid/internal/block"

// claim is a command under way and the blocks that it is about, which are not none.
type claim struct {
	start, end block.LBA
	ref        uint32
	writes     bool
}

// claims is a list in which others look for a command that is in their way. It has
// what they look at and no more: the commands themselves are spread over memory.
type claims []claim

// overlapping is the first one from number i on that has a block of those from start
// to end, or the length of the list if there is none.
func (l claims) overlapping(i int, start, end block.LBA) int {
	for i < len(l) && (l[i].start >= end || l[i].end <= start) {
		i++
	}
	return i
}

// activate notes that a READ or WRITE has begun and does not end at once, if that is
// not noted yet. One of no blocks is in nobody's way.
func (c *Controller) activate(cmd *command) {
	if e := cmd.extent; !e.Empty() && cmd.claim == 0 {
		c.active = append(c.active, claim{e.Start, e.End(), cmd.ref, cmd.writes()})
		cmd.claim = len(c.active)
	}
}

// deactivate notes that a command has ended: the last claim takes the place of its.
func (c *Controller) deactivate(cmd *command) {
	if cmd.claim == 0 {
		return
	}
	last := len(c.active) - 1
	moved := c.active[last]
	c.active = c.active[:last]
	if cmd.claim-1 < last {
		c.active[cmd.claim-1] = moved
		c.commands[moved.ref].claim = cmd.claim
	}
	cmd.claim = 0
}

// conflicts tells whether a command overlaps an active one and either of the two
// writes.
func (c *Controller) conflicts(cmd *command) bool {
	if len(c.active) == 0 || cmd.extent.Empty() {
		return false
	}
	start, end := cmd.extent.Start, cmd.extent.End()
	i := c.active.overlapping(0, start, end)
	for i < len(c.active) && !c.active[i].writes && !cmd.writes() {
		i = c.active.overlapping(i+1, start, end)
	}
	return i < len(c.active)
}

// bar makes a command wait until its own blocks, or for a flush those of its range,
// have settled. No blocks are all that there are.
func (c *Controller) bar(cmd *command) {
	e := c.barrierExtent(cmd)
	if e.Blocks == 0 {
		e = block.Extent{Blocks: c.Blocks()}
	}
	c.barriers = append(c.barriers, claim{start: e.Start, end: e.End(), ref: cmd.ref})
}
