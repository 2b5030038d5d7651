package scsi

import (
	"encoding/binary"

	"tbraid/internal/block"
)

const (
	unmapHeaderBytes     = 8
	unmapDescriptorBytes = 16
	// MaxUnmapDescriptors is how many descriptors the 16-bit PARAMETER LIST LENGTH
	// of UNMAP has room for.
	MaxUnmapDescriptors = (0xffff - unmapHeaderBytes) / unmapDescriptorBytes
)

// AppendUnmapList appends the parameter list of UNMAP for the extents, of at most
// 2^32-1 blocks each; at most MaxUnmapDescriptors of them.
func AppendUnmapList(dst []byte, extents []block.Extent) []byte {
	mustFit(len(extents) <= MaxUnmapDescriptors)
	n := len(extents) * unmapDescriptorBytes
	dst = binary.BigEndian.AppendUint16(dst, uint16(n+unmapHeaderBytes-2))
	dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	dst = append(dst, 0, 0, 0, 0)
	for _, e := range extents {
		mustFit(e.Blocks <= 0xffff_ffff)
		dst = binary.BigEndian.AppendUint64(dst, uint64(e.Start))
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.Blocks))
		dst = append(dst, 0, 0, 0, 0)
	}
	return dst
}

// ParseUnmapList appends to dst the extents of the parameter list of UNMAP command
// c, in their order, those of 0 blocks included: their LBA is still to be checked
// against the capacity. Nothing is appended if the Sense is not zero:
//
//   - 5/1A/00 for a list shorter than its header or than c says;
//   - 5/21/00 for an extent that ends beyond block 2^64-1.
//
// A list of length 0 is fine, and so is one that is cut in the middle of a
// descriptor: that descriptor is ignored (SBC-3, UNMAP parameter list). The limits of VPD page
// B0h are the target's to check.
func ParseUnmapList(dst []block.Extent, c *Command, list []byte) ([]block.Extent, Sense) {
	if c.Alloc == 0 {
		return dst, Sense{}
	}
	if c.Alloc < unmapHeaderBytes || uint64(len(list)) < uint64(c.Alloc) {
		return dst, SenseListLength
	}
	list = list[:c.Alloc]
	// The shortest of the three lengths governs how many descriptors are whole.
	n := min(int(binary.BigEndian.Uint16(list[2:])), len(list)-unmapHeaderBytes,
		int(binary.BigEndian.Uint16(list[0:]))+2-unmapHeaderBytes)
	all := dst
	for at := unmapHeaderBytes; at+unmapDescriptorBytes <= unmapHeaderBytes+n; at += unmapDescriptorBytes {
		e := block.Extent{
			Start:  block.LBA(binary.BigEndian.Uint64(list[at:])),
			Blocks: uint64(binary.BigEndian.Uint32(list[at+8:])),
		}
		if e.End() < e.Start {
			return dst, SenseLBAOutOfRange
		}
		all = append(all, e)
	}
	return all, Sense{}
}
