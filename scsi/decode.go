package scsi

import (
	"encoding/binary"

	"tbraid/internal/block"
)

// Decode turns a CDB into a Command. The zero Sense means that the CDB is fine;
// otherwise the Command holds the operation code and nothing else, and the Sense
// is what the target answers:
//
//   - 5/20/00 for an operation code that is not known;
//   - 5/24/00 for a CDB of another length than its group code gives;
//   - 5/24/00 with a field pointer to the first byte with a reserved bit or a
//     value that is not supported; see formats for which these are;
//   - 5/21/00 for an extent that ends beyond block 2^64-1, which no capacity
//     can hold and which block.Extent cannot express.
//
// The LBA range of the volume is not checked: that takes its capacity.
func Decode(cdb *CDB) (c Command, s Sense) {
	DecodeTo(&c, &s, cdb)
	return c, s
}

// DecodeTo is Decode into a Command and a Sense that there are.
func DecodeTo(c *Command, s *Sense, cdb *CDB) {
	if c.decodeTransfer(cdb) {
		*s = Sense{}
		return
	}
	*c, *s = decode(cdb)
}

// decodeTransfer is decode for the forms of READ and WRITE that hosts send all
// day: without a table. It is false, and c anything, if there is something to
// complain about.
func (c *Command) decodeTransfer(cdb *CDB) bool {
	b := &cdb.Bytes
	var e block.Extent
	op, flags := Opcode(b[0]), b[1]
	switch op {
	case Read10, Write10:
		e = block.Extent{Start: block.LBA(binary.BigEndian.Uint32(b[2:6])), Blocks: uint64(binary.BigEndian.Uint16(b[7:9]))}
		if cdb.Len != 10 || b[6]|b[9] != 0 {
			return false
		}
	case Read16, Write16:
		e = block.Extent{Start: block.LBA(binary.BigEndian.Uint64(b[2:10])), Blocks: uint64(binary.BigEndian.Uint32(b[10:14]))}
		if cdb.Len != 16 || b[14]|b[15] != 0 || e.End() < e.Start {
			return false
		}
	default:
		return false
	}
	if flags&^(dpoBit|fuaBit) != 0 {
		return false
	}
	class := ClassRead
	if op == Write10 || op == Write16 {
		class = ClassWrite
	}
	*c = Command{Op: op, Class: class, Extent: e, DPO: flags&dpoBit != 0, FUA: flags&fuaBit != 0}
	return true
}

// decode is Decode by the table of formats.
func decode(cdb *CDB) (Command, Sense) {
	op := Opcode(cdb.Bytes[0])
	f := &formats[op]
	bad := Command{Op: op}
	if f.usage == "" {
		return bad, SenseInvalidOpcode
	}
	if int(cdb.Len) != len(f.usage) {
		return bad, SenseInvalidFieldInCDB
	}
	for i := 1; i < len(f.usage); i++ {
		if cdb.Bytes[i]&^f.usage[i] != 0 {
			return bad, SenseInvalidFieldInCDB.AtCDB(uint16(i))
		}
	}
	c := Command{Op: op, Class: f.class}
	var s Sense
	if f.class == ClassOther || f.class == ClassUnmap {
		s = c.decodeParameters(&cdb.Bytes)
	} else {
		s = c.decodeBlocks(&cdb.Bytes)
	}
	if s != (Sense{}) {
		return bad, s
	}
	return c, Sense{}
}

// decodeBlocks reads the fields of the commands with a range of blocks.
func (c *Command) decodeBlocks(b *[16]byte) Sense {
	switch c.Op {
	case Read6, Write6:
		c.Extent.Start = block.LBA(binary.BigEndian.Uint32(b[0:4]) & lba6)
		c.Extent.Blocks = uint64(b[4])
		if c.Extent.Blocks == 0 {
			c.Extent.Blocks = 256 // SBC-3, READ(6): zero is 256 in the 6-byte form only
		}
		return Sense{} // byte 1 has no flags: bits 4-0 belong to the LBA
	case Read10, Write10, SyncCache10, WriteSame10:
		c.Extent.Start = block.LBA(binary.BigEndian.Uint32(b[2:6]))
		c.Extent.Blocks = uint64(binary.BigEndian.Uint16(b[7:9]))
	case Read12, Write12:
		c.Extent.Start = block.LBA(binary.BigEndian.Uint32(b[2:6]))
		c.Extent.Blocks = uint64(binary.BigEndian.Uint32(b[6:10]))
	default:
		c.Extent.Start = block.LBA(binary.BigEndian.Uint64(b[2:10]))
		c.Extent.Blocks = uint64(binary.BigEndian.Uint32(b[10:14]))
	}
	if c.Extent.End() < c.Extent.Start {
		return SenseLBAOutOfRange
	}
	switch c.Class {
	case ClassSync:
		c.Immed = b[1]&immedSync != 0
	case ClassWriteSame:
		c.Unmap = b[1]&unmapBit != 0
		c.NDOB = b[1]&ndobBit != 0
	default:
		c.DPO = b[1]&dpoBit != 0
		c.FUA = b[1]&fuaBit != 0
	}
	return Sense{}
}

// decodeParameters reads the fields of the commands without a range of blocks,
// and makes the checks that depend on more than one bit.
func (c *Command) decodeParameters(b *[16]byte) Sense {
	switch c.Op {
	case RequestSense:
		c.Desc = b[1]&descBit != 0
		c.Alloc = uint32(b[4])
	case Inquiry:
		c.EVPD = b[1]&evpdBit != 0
		c.Page = b[2]
		c.Alloc = uint32(binary.BigEndian.Uint16(b[3:5]))
		if !c.EVPD && c.Page != 0 {
			return SenseInvalidFieldInCDB.AtCDB(2)
		}
	case ModeSelect6, ModeSelect10:
		c.PF = b[1]&pfBit != 0
		c.SP = b[1]&spBit != 0
		c.Alloc = shortLength(c.Op, b)
	case ModeSense6, ModeSense10:
		c.DBD = b[1]&dbdBit != 0
		c.PC = b[2] >> 6
		c.Page = b[2] & 0x3f
		c.Subpage = b[3]
		c.Alloc = shortLength(c.Op, b)
	case StartStopUnit:
		c.Immed = b[1]&immedStart != 0
		c.Power = b[4] >> 4
		c.NoFlush = b[4]&noFlushBit != 0
		c.LoEj = b[4]&loejBit != 0
		c.Start = b[4]&startBit != 0
		if powerConditions>>c.Power&1 == 0 {
			return SenseInvalidFieldInCDB.AtCDB(4)
		}
	case Unmap:
		c.Alloc = shortLength(c.Op, b)
	case ServiceActionIn16:
		c.Service = b[1]
		c.Alloc = binary.BigEndian.Uint32(b[10:14])
		if c.Service != ReadCapacity16 {
			return SenseInvalidFieldInCDB.AtCDB(1)
		}
	case ReportLUNs:
		c.Select = b[2]
		c.Alloc = binary.BigEndian.Uint32(b[6:10])
		if c.Select > 2 { // 10h-12h are for conglomerates of logical units (SPC-5)
			return SenseInvalidFieldInCDB.AtCDB(2)
		}
		if c.Alloc < 16 { // SPC-4, REPORT LUNS: the one allocation length that has a minimum
			return SenseInvalidFieldInCDB.AtCDB(6)
		}
	}
	return Sense{}
}

// shortLength is the allocation or parameter list length of a 6- or 10-byte CDB.
func shortLength(o Opcode, b *[16]byte) uint32 {
	if o.Len() == 6 {
		return uint32(b[4])
	}
	return uint32(binary.BigEndian.Uint16(b[7:9]))
}

// The bits of byte 1, and those of byte 4 of START STOP UNIT.
const (
	dpoBit     = 0x10
	fuaBit     = 0x08
	immedSync  = 0x02
	unmapBit   = 0x08
	ndobBit    = 0x01
	descBit    = 0x01
	evpdBit    = 0x01
	pfBit      = 0x10
	spBit      = 0x01
	dbdBit     = 0x08
	immedStart = 0x01
	noFlushBit = 0x04
	loejBit    = 0x02
	startBit   = 0x01
)

// lba6 masks the 21 bits of an LBA in the 6-byte form.
const lba6 = 1<<21 - 1

// powerConditions has a bit for each POWER CONDITION that is not reserved:
// START_VALID, ACTIVE, IDLE, STANDBY, LU_CONTROL, FORCE_IDLE_0 and
// FORCE_STANDBY_0 (SBC-3, START STOP UNIT).
const powerConditions = 1<<0x0 | 1<<0x1 | 1<<0x2 | 1<<0x3 | 1<<0x7 | 1<<0xa | 1<<0xb
