// Package block holds the nouns that every layer shares: logical block
// addresses, extents, versions of content, and maps from extents to values.
//
// Content is never bytes here. A WRITE gives its blocks a new Version; what a
// member of the array holds is a Tag, so that parity is an XOR of tags and a
// rebuilt block either comes out as the version that was lost or as garbage.
package block

import "fmt"

// Size is the logical block size in bytes: what the volume reports in READ
// CAPACITY and what every Extent counts in.
const Size = 512

// LBA is a logical block address, of the volume or of a member, in blocks.
type LBA uint64

// Extent is the half-open range of blocks [Start, Start+Blocks).
type Extent struct {
	Start  LBA
	Blocks uint64
}

// End is the address after the last block.
func (e Extent) End() LBA { return e.Start + LBA(e.Blocks) }

// Bytes is the length in bytes.
func (e Extent) Bytes() uint64 { return e.Blocks * Size }

// Empty tells whether the extent holds no block.
func (e Extent) Empty() bool { return e.Blocks == 0 }

// Contains tells whether the block at a lies in e.
func (e Extent) Contains(a LBA) bool { return a >= e.Start && a < e.End() }

// Covers tells whether every block of o lies in e.
func (e Extent) Covers(o Extent) bool {
	return o.Empty() || (o.Start >= e.Start && o.End() <= e.End())
}

// Overlaps tells whether e and o share a block.
func (e Extent) Overlaps(o Extent) bool {
	return e.Start < o.End() && o.Start < e.End() && !e.Empty() && !o.Empty()
}

// Intersect is the part that e and o share; empty if there is none.
func (e Extent) Intersect(o Extent) Extent {
	start, end := max(e.Start, o.Start), min(e.End(), o.End())
	if start >= end {
		return Extent{Start: start}
	}
	return Extent{start, uint64(end - start)}
}

// Between is the extent [start, end); empty if end is not beyond start.
func Between(start, end LBA) Extent {
	if end <= start {
		return Extent{Start: start}
	}
	return Extent{start, uint64(end - start)}
}

// String prints the extent as "start+blocks".
func (e Extent) String() string { return fmt.Sprintf("%d+%d", e.Start, e.Blocks) }

// Version names the content that one WRITE gave to its blocks. Versions are
// handed out in the order of issue, so of two versions of one block the larger
// is the newer. Zero is content never written: it reads as zeros.
type Version uint32

// Content that no WRITE sent. A block can only come to hold it by a fault.
const (
	Garbage Version = 1<<32 - 1 // reads GOOD, but is no version of this block
	Torn    Version = 1<<32 - 2 // reads GOOD, part of it one version, part another
	Unread  Version = 1<<32 - 3 // reads with MEDIUM ERROR
	// MaxVersion is the last version that a WRITE can carry.
	MaxVersion Version = 1<<32 - 16
)

// Written tells whether v is the content of some WRITE.
func (v Version) Written() bool { return v != 0 && v <= MaxVersion }

// Tag is what one block of a member holds, in 64 bits: for data a scrambled
// version, for parity the XOR (P) or the Galois sum (Q) of the tags that it
// protects. The scrambling is a bijection that maps 0 to 0, so an array that
// was never written has consistent parity. It takes in the slot of the chunk in
// its row: one WRITE puts different bytes on each member, so equal tags must not
// cancel in the parity.
type Tag uint64

const (
	slotShift = 32
	tornBit   = 1 << 40
)

// Tag is the member content that stands for v in data chunk slot of a row.
func (v Version) Tag(slot uint8) Tag {
	if v == 0 {
		return 0
	}
	return Tag(mix(uint64(v) | uint64(slot)<<slotShift))
}

// TornTag is the content of a block of which power loss left a mix of old and
// new. The salt makes two torn blocks differ.
func TornTag(salt uint32) Tag { return Tag(mix(tornBit | uint64(salt))) }

// Version is the inverse of Version.Tag for the same slot. A tag that no version
// and no torn write maps to is Garbage: for instance a block rebuilt from parity
// that did not match its data.
func (t Tag) Version(slot uint8) Version {
	switch x := unmix(uint64(t)); {
	case x == 0:
		return 0
	case x>>slotShift == uint64(slot) && Version(x) != 0 && uint64(Version(x)) <= uint64(MaxVersion):
		return Version(x)
	case x>>slotShift == tornBit>>slotShift:
		return Torn
	}
	return Garbage
}

// Run is an extent of the volume whose blocks all hold one version.
type Run struct {
	Extent  Extent
	Version Version
}

// Cell is an extent of a member whose blocks all hold one tag.
type Cell struct {
	Extent Extent
	Tag    Tag
}

// mix is the finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection
// on 64 bits that keeps 0.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unmix is the inverse of mix; its multipliers are the inverses modulo 2^64.
func unmix(x uint64) uint64 {
	x ^= x>>31 ^ x>>62
	x *= 0x319642b2d24d8ec3
	x ^= x>>27 ^ x>>54
	x *= 0x96de1b173f119089
	return x ^ x>>30 ^ x>>60
}
