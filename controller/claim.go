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
	for j, o := range l[i:] {
		if o.start < end && start < o.end {
			return i + j
		}
	}
	return len(l)
}

// crowd counts the active commands by the part of the volume in which they begin, so
// that one that is in a part of its own need not look at all of them. Parts that lie
// far from each other share a count.
type crowd struct {
	begin [crowdParts]uint16
	wide  int // are longer than a part, and may be anywhere
}

// partShift is that of a part of the volume: 2 MiB, and few commands are longer. With
// crowdParts counts, 60 random commands share few.
const (
	partShift  = 12
	crowdParts = 1 << 10
)

// count adds a command, or takes it out.
func (w *crowd) count(start, end block.LBA, by int) {
	if end-start > 1<<partShift {
		w.wide += by
		return
	}
	w.begin[start>>partShift%crowdParts] += uint16(by)
}

// alone tells whether no active command has a block of those from start to end. It
// may say no where that is so.
func (w *crowd) alone(start, end block.LBA) bool {
	first := start >> partShift
	return w.wide == 0 && end-start <= 1<<partShift &&
		w.begin[(first-1)%crowdParts]|w.begin[first%crowdParts]|w.begin[(first+1)%crowdParts] == 0
}

// activate notes that a READ or WRITE has begun and does not end at once, if that is
// not noted yet. One of no blocks is in nobody's way.
func (c *Controller) activate(cmd *command) {
	if e := cmd.extent; !e.Empty() && cmd.claim == 0 {
		c.active = append(c.active, claim{e.Start, e.End(), cmd.ref, cmd.writes()})
		cmd.claim = len(c.active)
		c.crowd.count(e.Start, e.End(), 1)
	}
}

// deactivate notes that an active command has ended: the last claim takes the place of
// its.
func (c *Controller) deactivate(cmd *command) {
	last := len(c.active) - 1
	moved := c.active[last]
	c.active = c.active[:last]
	if cmd.claim-1 < last {
		c.active[cmd.claim-1] = moved
		c.commands[moved.ref].claim = cmd.claim
	}
	cmd.claim = 0
	c.crowd.count(cmd.extent.Start, cmd.extent.End(), -1)
}

// conflicts tells whether a command overlaps an active one and either of the two
// writes.
func (c *Controller) conflicts(cmd *command) bool {
	if len(c.active) == 0 || cmd.extent.Empty() {
		return false
	}
	start, end := cmd.extent.Start, cmd.extent.End()
	if c.crowd.alone(start, end) {
		return false
	}
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
