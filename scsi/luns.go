package scsi

import "encoding/binary"

const (
	lunHeaderBytes = 8
	lunBytes       = 8
)

// AppendLUNs appends the answer to REPORT LUNS: the logical units of the target
// in ascending order, each 0 to 255 (SAM-5, peripheral device addressing).
func AppendLUNs(dst []byte, luns []uint8) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(luns)*lunBytes))
	dst = append(dst, 0, 0, 0, 0)
	for _, n := range luns {
		dst = append(dst, 0, n, 0, 0, 0, 0, 0, 0)
	}
	return dst
}

// ParseLUNs appends to dst the logical units listed in an answer to REPORT LUNS,
// as many as b holds. It is false below 8 bytes, and for a LUN in another
// addressing method or beyond the first level.
func ParseLUNs(dst []uint8, b []byte) ([]uint8, bool) {
	if len(b) < lunHeaderBytes {
		return dst, false
	}
	n := min(uint64(binary.BigEndian.Uint32(b)), uint64(len(b)-lunHeaderBytes)) / lunBytes
	for i := range n {
		at := lunHeaderBytes + i*lunBytes
		lun := binary.BigEndian.Uint64(b[at:])
		if lun&^(0xff<<48) != 0 {
			return dst, false
		}
		dst = append(dst, uint8(lun>>48))
	}
	return dst, true
}
