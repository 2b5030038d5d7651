package disks

import "tbraid/internal/block"

// medium is what a drive keeps without power.
type medium struct {
	held    block.Map[block.Tag]
	damage  block.Map[bool]
	scratch []block.Value[block.Tag]
}

func newMedium(driveBlocks uint64) (m medium) {
	m.held.Set(anchor(block.LBA(driveBlocks)), 1)
	return m
}

func (m *medium) write(cells []block.Cell) {
	for i := range cells {
		m.set(cells[i].Extent, cells[i].Tag)
	}
}

func (m *medium) set(e block.Extent, tag block.Tag) {
	m.held.Set(e, tag)
	if m.damage.Len() > 0 {
		m.damage.Set(e, false)
	}
}

func (m *medium) read(dst []block.Cell, e block.Extent) []block.Cell {
	if e.Empty() {
		return dst
	}
	if _, tag, one := m.held.Find(e); one {
		return join(dst, block.Cell{Extent: e, Tag: tag})
	}
	m.scratch = m.held.Append(m.scratch[:0], e)
	for _, v := range m.scratch {
		dst = join(dst, block.Cell{Extent: v.Extent, Tag: v.Value})
	}
	return dst
}

func (m *medium) damaged(e block.Extent) bool {
	if m.damage.Len() == 0 {
		return false
	}
	v, ok := m.damage.Next(e.Start)
	return ok && v.Extent.Start < e.End()
}

// join appends c, as part of the last cell if it continues that one.
func join(dst []block.Cell, c block.Cell) []block.Cell {
	if n := len(dst); n > 0 && dst[n-1].Tag == c.Tag && dst[n-1].Extent.End() == c.Extent.Start {
		dst[n-1].Extent.Blocks += c.Extent.Blocks
		return dst
	}
	return append(dst, c)
}

// Peek appends what a loss of power now would leave of e, write to the medium
// under way excepted: the medium, and over it the write cache if it is
// protected. Neighbours of equal content are one cell.
func (d *Drive) Peek(dst []block.Cell, e block.Extent) []block.Cell {
	if d.spec.Protected {
		return d.cache.over(dst, e, &d.medium)
	}
	return d.medium.read(dst, e)
}

// Holds appends what a read of e would find now: the write cache over the
// medium. A damaged block shows what it held.
func (d *Drive) Holds(dst []block.Cell, e block.Extent) []block.Cell {
	return d.cache.over(dst, e, &d.medium)
}

// Poke puts tag on the medium, as if it had been written long ago; it repairs
// damage. What the write cache holds of e is not touched.
func (d *Drive) Poke(e block.Extent, tag block.Tag) { d.medium.set(e, tag) }

// Damage makes every read of e from the medium end with MediumError, until the
// blocks are written again.
func (d *Drive) Damage(e block.Extent) { d.medium.damage.Set(e, true) }
