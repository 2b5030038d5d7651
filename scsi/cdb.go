package scsi

import "fmt"

// CDB is a command descriptor block of 6, 10, 12 or 16 bytes.
type CDB struct {
	Bytes [16]byte
	Len   uint8
}

// CDBFrom makes a CDB of the bytes that a transport delivered. Transports with
// a fixed CDB field (16 bytes in SAS, iSCSI and SCSIControllerDriverKit) pad the
// shorter forms, so the length is taken from the group code of the operation
// code. It is zero for a reserved or vendor specific group and for fewer bytes
// than the group asks for: Decode refuses such a CDB.
func CDBFrom(b []byte) CDB {
	if len(b) == 0 {
		return CDB{}
	}
	d := CDB{Len: Opcode(b[0]).Len()}
	if int(d.Len) > len(b) {
		d.Len = 0
	}
	copy(d.Bytes[:], b[:min(len(b), max(int(d.Len), 1))])
	return d
}

// String prints the bytes in hexadecimal, as a bus trace does.
func (d CDB) String() string { return fmt.Sprintf("% X", d.Bytes[:min(d.Len, 16)]) }

// Opcode is byte 0 of a CDB.
type Opcode uint8

// The operation codes that the target decodes.
const (
	TestUnitReady     Opcode = 0x00
	RequestSense      Opcode = 0x03
	Read6             Opcode = 0x08
	Write6            Opcode = 0x0a
	Inquiry           Opcode = 0x12
	ModeSelect6       Opcode = 0x15
	ModeSense6        Opcode = 0x1a
	StartStopUnit     Opcode = 0x1b
	ReadCapacity10    Opcode = 0x25
	Read10            Opcode = 0x28
	Write10           Opcode = 0x2a
	SyncCache10       Opcode = 0x35
	WriteSame10       Opcode = 0x41
	Unmap             Opcode = 0x42
	ModeSelect10      Opcode = 0x55
	ModeSense10       Opcode = 0x5a
	Read16            Opcode = 0x88
	Write16           Opcode = 0x8a
	SyncCache16       Opcode = 0x91
	WriteSame16       Opcode = 0x93
	ServiceActionIn16 Opcode = 0x9e // READ CAPACITY(16) is service action 10h
	ReportLUNs        Opcode = 0xa0
	Read12            Opcode = 0xa8
	Write12           Opcode = 0xaa
)

// ReadCapacity16 is the one service action of ServiceActionIn16 that is decoded.
const ReadCapacity16 = 0x10

// Len is the length in bytes that the group code (bits 7-5) gives to a CDB, or
// 0 for the groups that have no fixed one (SPC-4, OPERATION CODE field).
func (o Opcode) Len() uint8 {
	switch o >> 5 {
	case 0:
		return 6
	case 1, 2:
		return 10
	case 4:
		return 16
	case 5:
		return 12
	}
	return 0
}

// Class is what commands of this operation code do.
func (o Opcode) Class() Class { return formats[o].class }

// Supported tells whether Decode knows the operation code.
func (o Opcode) Supported() bool { return formats[o].usage != "" }

// String is the name of the command with the length of its CDB where the
// standard has several.
func (o Opcode) String() string {
	if o.Supported() {
		return formats[o].name
	}
	return fmt.Sprintf("OPERATION CODE %02Xh", uint8(o))
}

// format is what is known of a CDB before its fields are read.
type format struct {
	name  string
	class Class
	// usage has the form of the CDB USAGE DATA that REPORT SUPPORTED OPERATION
	// CODES returns (SPC-4): byte 0 is the operation code, then each bit that may
	// be one is one. A command with any other bit set is refused.
	usage string
}

// formats is indexed by operation code and never written. Rejected here are, in
// the words of the standard: RDPROTECT and WRPROTECT (no protection
// information), RARC (no rebuild assist mode), FUA_NV, ANCHOR, PBDATA, LBDATA,
// RELADR, PMI with its LBA, GROUP NUMBER (GROUP_SUP is 0), the power condition
// modifier, RTD, and the whole CONTROL byte, of which NACA (NORMACA is 0) and
// LINK are the bits that anyone has ever set.
//
// Two bits are let through and then ignored. SYNC_NV asked SYNCHRONIZE CACHE to
// stop at non-volatile cache; it is obsolete since SBC-3 r35d, and a target that
// ignores it keeps at least what the initiator asked for. FUA_NV without FUA is
// the opposite case, so ignoring it would break a promise in silence: refused.
// LLBAA only permits a long block descriptor.
var formats = [256]format{
	TestUnitReady: {"TEST UNIT READY", ClassOther, "\x00\x00\x00\x00\x00\x00"},
	RequestSense:  {"REQUEST SENSE", ClassOther, "\x03\x01\x00\x00\xff\x00"},
	Read6:         {"READ(6)", ClassRead, "\x08\x1f\xff\xff\xff\x00"},
	Write6:        {"WRITE(6)", ClassWrite, "\x0a\x1f\xff\xff\xff\x00"},
	Inquiry:       {"INQUIRY", ClassOther, "\x12\x01\xff\xff\xff\x00"},
	ModeSelect6:   {"MODE SELECT(6)", ClassOther, "\x15\x11\x00\x00\xff\x00"},
	ModeSense6:    {"MODE SENSE(6)", ClassOther, "\x1a\x08\xff\xff\xff\x00"},
	StartStopUnit: {"START STOP UNIT", ClassOther, "\x1b\x01\x00\x00\xf7\x00"},

	ReadCapacity10: {"READ CAPACITY(10)", ClassOther, "\x25\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
	Read10:         {"READ(10)", ClassRead, "\x28\x18\xff\xff\xff\xff\x00\xff\xff\x00"},
	Write10:        {"WRITE(10)", ClassWrite, "\x2a\x18\xff\xff\xff\xff\x00\xff\xff\x00"},
	SyncCache10:    {"SYNCHRONIZE CACHE(10)", ClassSync, "\x35\x06\xff\xff\xff\xff\x00\xff\xff\x00"},
	WriteSame10:    {"WRITE SAME(10)", ClassWriteSame, "\x41\x08\xff\xff\xff\xff\x00\xff\xff\x00"},
	Unmap:          {"UNMAP", ClassUnmap, "\x42\x00\x00\x00\x00\x00\x00\xff\xff\x00"},
	ModeSelect10:   {"MODE SELECT(10)", ClassOther, "\x55\x11\x00\x00\x00\x00\x00\xff\xff\x00"},
	ModeSense10:    {"MODE SENSE(10)", ClassOther, "\x5a\x18\xff\xff\x00\x00\x00\xff\xff\x00"},

	Read16: {"READ(16)", ClassRead,
		"\x88\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"},
	Write16: {"WRITE(16)", ClassWrite,
		"\x8a\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"},
	SyncCache16: {"SYNCHRONIZE CACHE(16)", ClassSync,
		"\x91\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"},
	WriteSame16: {"WRITE SAME(16)", ClassWriteSame,
		"\x93\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"},
	ServiceActionIn16: {"SERVICE ACTION IN(16)", ClassOther,
		"\x9e\x1f\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00"},

	ReportLUNs: {"REPORT LUNS", ClassOther, "\xa0\x00\xff\x00\x00\x00\xff\xff\xff\xff\x00\x00"},
	Read12:     {"READ(12)", ClassRead, "\xa8\x18\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"},
	Write12:    {"WRITE(12)", ClassWrite, "\xaa\x18\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"},
}
