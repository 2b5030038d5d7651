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
	end      block.LBA // of the drive
	room     uint64    // blocks
	blocks   uint64    // that wait for the medium
	reserved uint64    // blocks that are on their way over the interface
	number   uint64    // of the last write
}

type unwritten struct {
	tag    block.Tag
	number uint64 // from 1; 0: nothing
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
// so that the map does not give its memory up each time its last run goes, and
// that a look for the next run finds one.
func anchor(end block.LBA) block.Extent { return block.Extent{Start: end + 1, Blocks: 1} }

// has tells whether there is room for that many blocks more.
func (c *writeCache) has(blocks uint64) bool { return c.blocks+c.reserved+blocks <= c.room }

// next is the first run in e that waits for the medium; empty if there is none.
func (c *writeCache) next(e block.Extent) (v block.Value[unwritten]) {
	if !e.Empty() {
		v, _ = c.held.Next(e.Start)
		v.Extent = v.Extent.Intersect(e)
	}
	return v
}

// put takes the content of one write in.
func (c *writeCache) put(cells []block.Cell) {
	c.number++
	for i := range cells {
		e, v := cells[i].Extent, unwritten{cells[i].Tag, c.number}
		spot, old, one := c.held.Find(e)
		switch {
		case !one: // of several writes
			c.blocks += e.Blocks - c.count(e)
			c.held.Set(e, v)
			continue
		case old.number == 0:
			c.blocks += e.Blocks
		}
		c.held.Put(spot, e, v)
	}
}

// count is the number of blocks of e that wait for the medium.
func (c *writeCache) count(e block.Extent) (blocks uint64) {
	if c.blocks == 0 {
		return 0
	}
	if _, v, one := c.held.Find(e); one {
		if v.number == 0 {
			return 0
		}
		return e.Blocks
	}
	for v := c.next(e); !v.Extent.Empty(); v = c.next(block.Between(v.Extent.End(), e.End())) {
		blocks += v.Extent.Blocks
	}
	return blocks
}

// drop forgets what e holds of the writes up to a number: it is on the medium,
// or something newer is.
func (c *writeCache) drop(e block.Extent, number uint64) {
	if c.blocks == 0 {
		return
	}
	if spot, v, one := c.held.Find(e); one {
		if v.settles(number) {
			c.blocks -= e.Blocks
			c.held.Put(spot, e, unwritten{})
		}
		return
	}
	for v := c.next(e); !v.Extent.Empty(); v = c.next(block.Between(v.Extent.End(), e.End())) {
		if v.Value.settles(number) {
			c.blocks -= v.Extent.Blocks
			c.held.Set(v.Extent, unwritten{})
		}
	}
}

// settles tells whether the content need not be kept once that of the write of a
// number, or of an older one, is on the medium.
func (u unwritten) settles(number uint64) bool {
	return u.number != 0 && (u.number <= number || mutant.Is(mutant.OldDestageWins))
}

// dirty appends the first extent from a on, and before end, that waits for the
// medium: its neighbours joined up to destageBlocks. It appends nothing if there
// is none.
func (c *writeCache) dirty(dst []block.Cell, a, end block.LBA) []block.Cell {
	v := c.next(block.Between(a, end))
	e := block.Between(v.Extent.Start, min(v.Extent.Start+destageBlocks, end))
	for v.Extent = v.Extent.Intersect(e); !v.Extent.Empty() && v.Extent.Start == e.Start; v = c.next(e) {
		dst = join(dst, block.Cell{Extent: v.Extent, Tag: v.Value.tag})
		e = block.Between(v.Extent.End(), e.End())
	}
	return dst
}

// append appends all that waits for the medium, in order.
func (c *writeCache) append(dst []block.Cell) []block.Cell {
	for v := c.next(block.Between(0, c.end)); !v.Extent.Empty(); v = c.next(block.Between(v.Extent.End(), c.end)) {
		dst = join(dst, block.Cell{Extent: v.Extent, Tag: v.Value.tag})
	}
	return dst
}

// over appends the content of e, where what the cache holds hides what below
// holds.
func (c *writeCache) over(dst []block.Cell, e block.Extent, below *medium) []block.Cell {
	if c.blocks == 0 {
		return below.read(dst, e)
	}
	for v := c.next(e); !v.Extent.Empty(); v = c.next(e) {
		dst = below.read(dst, block.Between(e.Start, v.Extent.Start))
		dst = join(dst, block.Cell{Extent: v.Extent, Tag: v.Value.tag})
		e = block.Between(v.Extent.End(), e.End())
	}
	return below.read(dst, e)
}

// reads tells whether e can be read: no damaged block shows through.
func (c *writeCache) reads(e block.Extent, below *medium) bool {
	if below.damage.Len() == 0 {
		return true
	}
	for v := c.next(e); !v.Extent.Empty(); v = c.next(e) {
		if below.damaged(block.Between(e.Start, v.Extent.Start)) {
			return false
		}
		e = block.Between(v.Extent.End(), e.End())
	}
	return !below.damaged(e)
}
