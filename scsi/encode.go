package scsi

import "encoding/binary"

// Encode is the inverse of Decode: Decode(c.Encode()) is c for every command that
// Decode returns. Bits that Decode ignores come out as zero. It panics if c holds
// a value that its CDB has no room for, above all a FUA in a 6-byte WRITE: it
// would get lost in silence.
func (c Command) Encode() (d CDB) {
	c.EncodeTo(&d)
	return d
}

// EncodeTo is Encode into a CDB that there is.
func (c *Command) EncodeTo(d *CDB) {
	if c.encodeTransfer(d) {
		return
	}
	mustFit(c.Op.Supported())
	*d = CDB{Len: c.Op.Len()}
	d.Bytes[0] = byte(c.Op)
	if class := c.Op.Class(); class == ClassOther || class == ClassUnmap {
		c.encodeParameters(&d.Bytes)
	} else {
		c.encodeBlocks(&d.Bytes)
	}
}

// encodeTransfer is EncodeTo for the forms of READ and WRITE that hosts send all
// day. It is false if c is none of them, or does not fit.
func (c *Command) encodeTransfer(d *CDB) bool {
	start, blocks := uint64(c.Extent.Start), c.Extent.Blocks
	switch c.Op {
	case Read10, Write10:
		if start > 0xffff_ffff || blocks > 0xffff {
			return false
		}
		*d = CDB{Len: 10}
		binary.BigEndian.PutUint32(d.Bytes[2:6], uint32(start))
		binary.BigEndian.PutUint16(d.Bytes[7:9], uint16(blocks))
	case Read16, Write16:
		if blocks > 0xffff_ffff {
			return false
		}
		*d = CDB{Len: 16}
		binary.BigEndian.PutUint64(d.Bytes[2:10], start)
		binary.BigEndian.PutUint32(d.Bytes[10:14], uint32(blocks))
	default:
		return false
	}
	d.Bytes[0], d.Bytes[1] = byte(c.Op), bit(c.DPO, dpoBit)|bit(c.FUA, fuaBit)
	return true
}

func (c *Command) encodeBlocks(b *[16]byte) {
	start, blocks := uint64(c.Extent.Start), c.Extent.Blocks
	switch c.Op {
	case Read6, Write6:
		mustFit(start <= lba6 && blocks-1 < 256 && !c.FUA && !c.DPO)
		binary.BigEndian.PutUint32(b[0:4], uint32(c.Op)<<24|uint32(start))
		b[4] = byte(blocks) // 256 becomes 0
		return
	case Read10, Write10, SyncCache10, WriteSame10:
		mustFit(start <= 0xffff_ffff && blocks <= 0xffff)
		binary.BigEndian.PutUint32(b[2:6], uint32(start))
		binary.BigEndian.PutUint16(b[7:9], uint16(blocks))
	case Read12, Write12:
		mustFit(start <= 0xffff_ffff && blocks <= 0xffff_ffff)
		binary.BigEndian.PutUint32(b[2:6], uint32(start))
		binary.BigEndian.PutUint32(b[6:10], uint32(blocks))
	default:
		mustFit(blocks <= 0xffff_ffff)
		binary.BigEndian.PutUint64(b[2:10], start)
		binary.BigEndian.PutUint32(b[10:14], uint32(blocks))
	}
	switch c.Op.Class() {
	case ClassSync:
		b[1] = bit(c.Immed, immedSync)
	case ClassWriteSame:
		mustFit(!c.NDOB || c.Op == WriteSame16)
		b[1] = bit(c.Unmap, unmapBit) | bit(c.NDOB, ndobBit)
	default:
		b[1] = bit(c.DPO, dpoBit) | bit(c.FUA, fuaBit)
	}
}

func (c *Command) encodeParameters(b *[16]byte) {
	switch c.Op {
	case RequestSense:
		mustFit(c.Alloc <= 0xff)
		b[1] = bit(c.Desc, descBit)
		b[4] = byte(c.Alloc)
	case Inquiry:
		mustFit(c.Alloc <= 0xffff)
		b[1] = bit(c.EVPD, evpdBit)
		b[2] = c.Page
		binary.BigEndian.PutUint16(b[3:5], uint16(c.Alloc))
	case ModeSelect6, ModeSelect10:
		b[1] = bit(c.PF, pfBit) | bit(c.SP, spBit)
		putShortLength(c.Op, b, c.Alloc)
	case ModeSense6, ModeSense10:
		mustFit(c.PC <= 3 && c.Page <= 0x3f)
		b[1] = bit(c.DBD, dbdBit)
		b[2] = c.PC<<6 | c.Page
		b[3] = c.Subpage
		putShortLength(c.Op, b, c.Alloc)
	case StartStopUnit:
		mustFit(c.Power <= 0xf)
		b[1] = bit(c.Immed, immedStart)
		b[4] = c.Power<<4 | bit(c.NoFlush, noFlushBit) | bit(c.LoEj, loejBit) | bit(c.Start, startBit)
	case Unmap:
		putShortLength(c.Op, b, c.Alloc)
	case ServiceActionIn16:
		mustFit(c.Service <= 0x1f)
		b[1] = c.Service
		binary.BigEndian.PutUint32(b[10:14], c.Alloc)
	case ReportLUNs:
		b[2] = c.Select
		binary.BigEndian.PutUint32(b[6:10], c.Alloc)
	}
}

func putShortLength(o Opcode, b *[16]byte, n uint32) {
	if o.Len() == 6 {
		mustFit(n <= 0xff)
		b[4] = byte(n)
		return
	}
	mustFit(n <= 0xffff)
	binary.BigEndian.PutUint16(b[7:9], uint16(n))
}

// bit is mask if set, else 0.
func bit(set bool, mask byte) byte {
	if set {
		return mask
	}
	return 0
}
