package raid

import (
	"fmt"

	"tbraid/internal/block"
	"tbraid/internal/divisor"
)

// maxMembers bounds an array so that a set of members is one machine word.
const maxMembers = 16

// Layout maps the blocks of a volume to the members of an array and plans
// member commands. Parity rotates left-symmetric, the default of Linux md
// (ALGORITHM_LEFT_SYMMETRIC in drivers/md/raid5.c): P stands on the last member
// in stripe 0 and moves one member down with each stripe, Q stands behind P, and
// data chunk 0 behind the parity, wrapping round. RAID-10 is md's "near 2": data
// chunk n of a row is on members 2n and 2n+1.
//
// A Layout holds scratch space: it is for use by one goroutine.
type Layout struct {
	shape
	row     row
	cursors [maxMembers]cursor // where Assemble and Fill read, by member
	filling [maxMembers]int    // the Write step that Fill fills, by member
}

// shape is a Geometry as numbers in which all levels are alike: a row holds
// data chunks, each in a number of copies, and parity chunks.
type shape struct {
	members  int
	data     int // data chunks of a row
	copies   int // members that hold one data chunk
	parities int // 0, 1: P, 2: P and Q
	chunk    uint64
	stripes  uint64

	dataSlots, paritySlots slots

	byChunk, byStripe, byMembers, byCopies divisor.Divisor
}

// New returns the layout of an array of geometry g. The error says what is
// wrong with g and what would work.
func New(g Geometry) (*Layout, error) {
	s := shape{members: g.Members, copies: 1, chunk: g.ChunkBlocks}
	least := 2
	switch g.Level {
	case RAID0:
	case RAID1:
		s.copies = g.Members
	case RAID5:
		least, s.parities = 3, 1
	case RAID6:
		least, s.parities = 4, 2
	case RAID10:
		least, s.copies = 4, 2
	default:
		return nil, fmt.Errorf("raid: no level %d: known are RAID-0, 1, 5, 6 and 10", uint8(g.Level))
	}
	switch {
	case g.Members < least || g.Members > maxMembers:
		return nil, fmt.Errorf("raid: %v of %d members: takes %d to %d",
			g.Level, g.Members, least, maxMembers)
	case g.Members%s.copies != 0:
		return nil, fmt.Errorf("raid: %v of %d members: takes an even number, %d to %d",
			g.Level, g.Members, least, maxMembers)
	case g.ChunkBlocks == 0:
		return nil, fmt.Errorf("raid: chunk of 0 blocks: takes 1 or more; 128 blocks are 64 KiB")
	case g.MemberBlocks < g.ChunkBlocks:
		return nil, fmt.Errorf("raid: members of %d blocks cannot hold a chunk of %d: takes a chunk of at most %d",
			g.MemberBlocks, g.ChunkBlocks, g.MemberBlocks)
	case g.MemberBlocks >= 1<<60: // 16 of these would overflow volume addresses
		return nil, fmt.Errorf("raid: members of %d blocks: takes fewer than 2^60", g.MemberBlocks)
	}
	s.data = g.Members/s.copies - s.parities
	s.dataSlots = 1<<s.data - 1
	s.paritySlots = (1<<s.parities - 1) << s.data
	s.stripes = g.MemberBlocks / g.ChunkBlocks
	s.byChunk, s.byStripe = divisor.New(s.chunk), divisor.New(s.stripeBlocks())
	s.byMembers, s.byCopies = divisor.New(uint64(s.members)), divisor.New(uint64(s.copies))
	return &Layout{shape: s, row: row{shape: s}}, nil
}

// VolumeBlocks is the capacity of the volume.
func (l *Layout) VolumeBlocks() uint64 { return l.stripes * l.StripeBlocks() }

// StripeBlocks is the number of data blocks in one stripe.
func (l *Layout) StripeBlocks() uint64 { return l.stripeBlocks() }

// ChunkBlocks is the unit on one member.
func (l *Layout) ChunkBlocks() uint64 { return l.chunk }

// StripeOf is the stripe that volume block a is in.
func (l *Layout) StripeOf(a block.LBA) uint64 { return l.byStripe.Quotient(uint64(a)) }

// StripeExtent is the range of the volume that a stripe holds.
func (l *Layout) StripeExtent(stripe uint64) block.Extent { return l.stripeExtent(stripe) }

// Locate returns the member and the address on it where volume block a lives;
// of a mirrored block the first copy. It panics if a is beyond the volume.
func (l *Layout) Locate(a block.LBA) (member uint8, at block.LBA) {
	l.check(block.Extent{Start: a, Blocks: 1})
	stripe, slot, offset := l.place(a)
	return uint8(l.member(stripe, slot)), block.LBA(stripe*l.chunk + offset)
}

// VolumeAt is the inverse of Locate: the volume block that the block at of a
// member holds, as Data or as a Mirror. A P or Q block belongs to a row of
// volume blocks; the first of them, that of data chunk 0, is returned. It panics
// if there is no such member or at is beyond its last whole chunk.
func (l *Layout) VolumeAt(member uint8, at block.LBA) (block.LBA, Role) {
	stripe, slot, mirror, offset := l.find(member, at)
	role := l.role(slot, mirror)
	if slot >= l.data {
		slot = 0
	}
	return l.stripeExtent(stripe).Start + block.LBA(uint64(slot)*l.chunk+offset), role
}

// DataAt is the part of the volume that is read from blocks at to end-1 of a
// member while no member is absent, up to the end of the chunk, and the place of
// the chunk among the data of its row. It is not ok if no data are read from there:
// parity, or of mirrored data a copy that reads do not prefer; Blocks still says
// how far that goes. Like VolumeAt it panics beyond the last whole chunk.
func (l *Layout) DataAt(member uint8, at, end block.LBA) (e block.Extent, slot uint8, ok bool) {
	stripe, s, mirror, offset := l.find(member, at)
	e.Blocks = min(uint64(end-at), l.chunk-offset)
	if s >= l.data || l.copies > 1 && mirror != l.turn(stripe) {
		return e, 0, false
	}
	e.Start = block.LBA(stripe*l.stripeBlocks() + uint64(s)*l.chunk + offset)
	return e, uint8(s), true
}

// find is what the block at of a member is: an offset in a copy of a slot of a row.
func (l *Layout) find(member uint8, at block.LBA) (stripe uint64, slot, mirror int, offset uint64) {
	stripe, offset = l.byChunk.Split(uint64(at))
	if int(member) >= l.members || stripe >= l.stripes {
		panic(fmt.Sprintf("raid: member %d block %d is beyond the array", member, at))
	}
	if l.parities > 0 {
		return stripe, l.wrap(int(member) - l.start(stripe) + l.members), 0, offset
	}
	row, copied := l.byCopies.Split(uint64(member))
	return stripe, int(row), int(copied), offset
}

// Serves tells whether the content of the volume is read from block at of a
// member while no member is absent: it holds data, and of mirrored data the copy
// that reads prefer.
func (l *Layout) Serves(member uint8, at block.LBA) bool {
	_, _, ok := l.DataAt(member, at, at+1)
	return ok
}

// Survives tells whether every block of the volume can still be read.
func (l *Layout) Survives(absent Absent) bool {
	r := l.open(0, absent) // what is gone turns with the stripe, its number does not
	return r.gone.count() <= l.parities
}

// check panics if e is not in the volume: the target has refused such commands.
func (l *Layout) check(e block.Extent) {
	if uint64(e.Start) > l.VolumeBlocks() || e.Blocks > l.VolumeBlocks()-uint64(e.Start) {
		panic(fmt.Sprintf("raid: extent %v is beyond the volume of %d blocks", e, l.VolumeBlocks()))
	}
}

func (s *shape) stripeBlocks() uint64 { return uint64(s.data) * s.chunk }

func (s *shape) stripeExtent(stripe uint64) block.Extent {
	return block.Extent{Start: block.LBA(stripe * s.stripeBlocks()), Blocks: s.stripeBlocks()}
}

// place splits a volume address into stripe, data slot and offset in the chunk.
func (s *shape) place(a block.LBA) (stripe uint64, slot int, offset uint64) {
	stripe, inStripe := s.byStripe.Split(uint64(a))
	chunk, offset := s.byChunk.Split(inStripe)
	return stripe, int(chunk), offset
}

// member is the member of a slot, of a mirrored one the first. The slots of a
// row are its data chunks in volume order, then P, then Q.
func (s *shape) member(stripe uint64, slot int) int {
	if s.parities == 0 {
		return slot * s.copies
	}
	return s.wrap(s.start(stripe) + slot)
}

// start is the member of slot 0 of a stripe.
func (s *shape) start(stripe uint64) int {
	if s.parities == 0 {
		return 0
	}
	return s.wrap(s.members - 1 - int(s.byMembers.Remainder(stripe)) + s.parities)
}

// wrap counts members round, once.
func (s *shape) wrap(member int) int {
	if member >= s.members {
		return member - s.members
	}
	return member
}

// turn is the copy of mirrored data that reads prefer in a stripe.
func (s *shape) turn(stripe uint64) int {
	if s.copies == 1 {
		return 0
	}
	return int(s.byCopies.Remainder(stripe))
}

// role is what the given copy of a slot holds.
func (s *shape) role(slot, mirror int) Role {
	switch {
	case slot == s.data:
		return P
	case slot > s.data:
		return Q
	case mirror > 0:
		return Mirror
	}
	return Data
}
