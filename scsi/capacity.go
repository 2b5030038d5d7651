package scsi

import "encoding/binary"

const (
	capacity10Bytes = 8
	capacity16Bytes = 32
)

// Capacity is what READ CAPACITY tells of the volume.
type Capacity struct {
	Blocks     uint64 // at least 1
	BlockBytes uint32
	// PhysicalExponent is LBPPBE: 2^n logical blocks make a physical one, n up to
	// 15; LowestAligned (14 bits) is the first LBA on a physical block.
	PhysicalExponent uint8
	LowestAligned    uint16
	Thin             bool // LBPME: blocks can be unmapped
	ReadsZeros       bool // LBPRZ
}

// Append10 appends the 8 bytes that answer READ CAPACITY(10): the last LBA, or
// FFFFFFFFh if that does not fit, which says "ask READ CAPACITY(16)".
func (c Capacity) Append10(dst []byte) []byte {
	mustFit(c.Blocks > 0)
	last := min(c.Blocks-1, 0xffff_ffff)
	dst = binary.BigEndian.AppendUint32(dst, uint32(last))
	return binary.BigEndian.AppendUint32(dst, c.BlockBytes)
}

// Append16 appends the 32 bytes that answer READ CAPACITY(16).
func (c Capacity) Append16(dst []byte) []byte {
	mustFit(c.Blocks > 0 && c.PhysicalExponent <= 0xf && c.LowestAligned < 1<<14)
	var b [capacity16Bytes]byte
	binary.BigEndian.PutUint64(b[0:], c.Blocks-1)
	binary.BigEndian.PutUint32(b[8:], c.BlockBytes)
	b[13] = c.PhysicalExponent
	binary.BigEndian.PutUint16(b[14:], c.LowestAligned)
	b[14] |= bit(c.Thin, 0x80) | bit(c.ReadsZeros, 0x40)
	return append(dst, b[:]...)
}

// Beyond10 tells whether READ CAPACITY(10) cannot hold the capacity.
func (c Capacity) Beyond10() bool { return c.Blocks > 0xffff_ffff }

// ParseCapacity10 reads the answer to READ CAPACITY(10). For FFFFFFFFh Blocks is
// 2^32 and Beyond10 is true: the size is then to be asked for in 16 bytes.
func ParseCapacity10(b []byte) (Capacity, bool) {
	if len(b) < capacity10Bytes {
		return Capacity{}, false
	}
	return Capacity{
		Blocks:     uint64(binary.BigEndian.Uint32(b)) + 1,
		BlockBytes: binary.BigEndian.Uint32(b[4:]),
	}, true
}

// ParseCapacity16 reads the answer to READ CAPACITY(16). It is false for fewer
// than 32 bytes and for a last LBA of 2^64-1.
func ParseCapacity16(b []byte) (Capacity, bool) {
	if len(b) < capacity16Bytes {
		return Capacity{}, false
	}
	last := binary.BigEndian.Uint64(b)
	if last+1 == 0 {
		return Capacity{}, false
	}
	return Capacity{
		Blocks:           last + 1,
		BlockBytes:       binary.BigEndian.Uint32(b[8:]),
		PhysicalExponent: b[13] & 0xf,
		LowestAligned:    binary.BigEndian.Uint16(b[14:]) & (1<<14 - 1),
		Thin:             b[14]&0x80 != 0,
		ReadsZeros:       b[14]&0x40 != 0,
	}, true
}
