package disks

import (
	"tbraid/internal/block"
	"tbraid/internal/mutant"
)

// writeCache is the content that the drive has acknowledged, or holds, and that
// the medium has not. Each write has a number, so that a write to the medium can
// tell what it carried from what came later.
type writeCache struct {
	held     block.Map[unwritten]
	scratch  []block.Value[unwritten]
	end      block.LBA // of the drive
	room     uint64    // blocks
	blocks   uint64    // that wait for the medium
	reserved uint64    // blocks that are on their way over the interface
	number   uint64    // of the last write
}

type unwritten struct {
	tag    block.Tag
	number uint64 // from 1
}

// destageBlocks bounds one write to the medium in the background, and with it
// how long a read waits for one that has begun: 2 MiB, about one track.
const destageBlocks = 4096

func newWriteCache(bytes, driveBlocks uint64) writeCache {
	c := writeCache{room: bytes / block.Size, end: block.LBA(driveBlocks)}
	c.clear()
	return c
}

// clear forgets everything but the anchor.
func (c *writeCache) clear() {
	c.held.Clear()
	c.held.Set(anchor(c.end), unwritten{number: 1})
	c.blocks, c.reserved = 0, 0
}

// anchor is a run beyond the last block of a drive. It stays in a map for good,
// so that the map does not give its memory up each time its last run goes.
func anchor(end block.LBA) block.Extent { return block.Extent{Start: end + 1, Blocks: 1} }

// has tells whether there is room for that many blocks more.
func (c *writeCache) has(blocks uint64) bool { return c.blocks+c.reserved+blocks <= c.room }

// put takes the content of one write in.
func (c *writeCache) put(cells []block.Cell) {
	c.number++
	for _, cell := range cells {
		c.blocks += cell.Extent.Blocks - c.count(cell.Extent)
		c.held.Set(cell.Extent, unwritten{cell.Tag, c.number})
	}
}

// count is the number of blocks of e that wait for the medium.
func (c *writeCache) count(e block.Extent) (blocks uint64) {
	if c.blocks == 0 {
		return 0
	}
	c.scratch = c.held.Append(c.scratch[:0], e)
	for _, v := range c.scratch {
		if v.Value.number != 0 {
			blocks += v.Extent.Blocks
		}
	}
	return blocks
}

// drop forgets what e holds of the writes up to a number: it is on the medium,
// or something newer is.
func (c *writeCache) drop(e block.Extent, number uint64) {
	if c.blocks == 0 {
		return
	}
	c.scratch = c.held.Append(c.scratch[:0], e)
	for _, v := range c.scratch {
		if n := v.Value.number; n != 0 && (n <= number || mutant.Is(mutant.OldDestageWins)) {
			c.blocks -= v.Extent.Blocks
			c.held.Set(v.Extent, unwritten{})
		}
	}
}

// dirty is the first extent from a on that waits for the medium, its
// neighbours joined up to destageBlocks; empty if there is none. The search
// widens its window, so it looks at few runs more than it returns.
func (c *writeCache) dirty(a block.LBA) block.Extent {
	if c.blocks == 0 {
		return block.Extent{}
	}
	for window := block.LBA(destageBlocks); a < c.end; window *= 8 {
		stop := min(a+window, c.end)
		c.scratch = c.held.Append(c.scratch[:0], block.Between(a, stop))
		for _, v := range c.scratch {
			if v.Value.number != 0 {
				return c.joined(v.Extent.Start)
			}
		}
		a = stop
	}
	return block.Extent{}
}

func (c *writeCache) joined(start block.LBA) block.Extent {
	stop := min(start+destageBlocks, c.end)
	c.scratch = c.held.Append(c.scratch[:0], block.Between(start, stop))
	for _, v := range c.scratch {
		if v.Value.number == 0 {
			return block.Between(start, v.Extent.Start)
		}
	}
	return block.Between(start, stop)
}

// over appends the content of e, where what the cache holds hides what below
// holds.
func (c *writeCache) over(dst []block.Cell, e block.Extent, below *medium) []block.Cell {
	if c.blocks == 0 {
		return below.read(dst, e)
	}
	c.scratch = c.held.Append(c.scratch[:0], e)
	for _, v := range c.scratch {
		if v.Value.number == 0 {
			dst = below.read(dst, v.Extent)
		} else {
			dst = join(dst, block.Cell{Extent: v.Extent, Tag: v.Value.tag})
		}
	}
	return dst
}

// reads tells whether e can be read: no damaged block shows through.
func (c *writeCache) reads(e block.Extent, below *medium) bool {
	if below.damage.Len() == 0 {
		return true
	}
	c.scratch = c.held.Append(c.scratch[:0], e)
	for _, v := range c.scratch {
		if v.Value.number == 0 && below.damaged(v.Extent) {
			return false
		}
	}
	return true
}
