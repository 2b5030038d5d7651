// Package raid is the arithmetic of an array: where a block lives, which member
// commands a read or a write needs, and what parity holds. It is pure: it knows
// no clock and does no I/O.
//
// The array executes plans and knows nothing of levels:
//
//	read:   PlanRead  -> execute the Read steps -> Assemble gives the content
//	write:  PlanWrite -> execute the Read steps of phase 0 -> Fill sets the
//	        Cells of the Write steps, data and parity -> execute them
//
// A member command that fails has no content. The array then adds the member to
// the Absent set of this I/O and plans again; a plan, its Assemble and its Fill
// always get the same set.
//
// A write that leaves a member out makes it stale: it must stay absent until it
// is rebuilt. Where only a read failed (a medium error) and the member is to stay,
// read the whole stripe without it and write the whole stripe with it: that takes
// no read and puts good content on the bad block.
//
// A stripe is one row of chunks, at the same addresses on every member. Content
// is a block.Tag per block; P is the XOR of the data tags of a row and Q their
// weighted sum in GF(2^8), computed from what the member reads returned, so that
// a stale or torn block spoils parity here as it does in a real controller.
package raid

import (
	"errors"
	"fmt"

	"tbraid/internal/block"
)

// ErrLost is returned by PlanRead and PlanWrite when more members are absent
// than the level can do without.
var ErrLost = errors.New("raid: too many members absent")

// Level is a RAID level.
type Level uint8

// The levels.
const (
	RAID0 Level = iota
	RAID1
	RAID5
	RAID6
	RAID10
)

// String is the level as people write it, "RAID-5".
func (l Level) String() string {
	switch l {
	case RAID0:
		return "RAID-0"
	case RAID1:
		return "RAID-1"
	case RAID5:
		return "RAID-5"
	case RAID6:
		return "RAID-6"
	case RAID10:
		return "RAID-10"
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// Geometry is the shape of an array.
type Geometry struct {
	Level        Level
	Members      int    // 2..16
	ChunkBlocks  uint64 // a chunk is the unit on one member
	MemberBlocks uint64 // usable blocks of each member; rounded down to whole chunks
}

// Op is what a Step does.
type Op uint8

// The operations of a Step.
const (
	Read Op = iota
	Write
)

// Role is what the blocks of a Step hold.
type Role uint8

// The roles.
const (
	Data   Role = iota
	P           // XOR of the data of the row
	Q           // Galois sum of the data of the row
	Mirror      // a further copy of data
)

// Step is one command to one member. Steps of a phase may run in any order; a
// phase begins when the one before it has ended. Phases count from 0, and the steps
// of a plan are in their order.
type Step struct {
	Phase  uint8
	Op     Op
	Role   Role
	Member uint8
	Extent block.Extent // of the member
	Cells  []block.Cell // content: written by Fill or by the read, in order, without gaps
}

// Absent is the set of members that cannot be used, bit n for member n.
type Absent uint16

// Has tells whether the member is absent. That no member is beyond the last spares
// the check of the shift.
func (a Absent) Has(member int) bool { return a>>(member&(maxMembers-1))&1 != 0 }

// plan collects steps. It extends the last step of a member where the next
// range continues it, and takes over the Cells that a reused Step left behind,
// emptied, so that a plan in steady state allocates nothing.
type plan struct {
	steps []Step
	last  [maxMembers]int32 // 1 + index of the member's last step; 0: none yet
}

func (p *plan) add(phase uint8, op Op, role Role, member int, e block.Extent) {
	last := &p.last[member]
	if *last > 0 {
		if t := &p.steps[*last-1]; t.Role == role && t.Extent.End() == e.Start {
			t.Extent.Blocks += e.Blocks
			return
		}
	}
	n := len(p.steps)
	if n < cap(p.steps) {
		p.steps = p.steps[:n+1]
	} else {
		p.steps = append(p.steps, Step{})
	}
	s := &p.steps[n]
	s.Phase, s.Op, s.Role, s.Member, s.Extent = phase, op, role, uint8(member), e
	if cap(s.Cells) == 0 {
		s.Cells = make([]block.Cell, 0, fewCells)
	}
	s.Cells = s.Cells[:0]
	*last = int32(n + 1)
}

// fewCells is what a step has room for at first. Plans are used again and again,
// with another number of steps each time: were each step to grow from nothing, it
// would be long before none does.
const fewCells = 16
