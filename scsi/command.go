package scsi

import "tbraid/internal/block"

// Class is what a command does, whatever its length.
type Class uint8

// The classes, one word of the standard each.
const (
	ClassOther Class = iota // no medium access
	ClassRead
	ClassWrite
	ClassSync
	ClassWriteSame
	ClassUnmap
)

// Command is a CDB as a value. Fields that a command does not have are zero.
type Command struct {
	Op      Opcode
	Service uint8        // service action of ServiceActionIn16
	Class   Class        // derived from Op
	Extent  block.Extent // READ, WRITE: the blocks; WRITE SAME, SYNCHRONIZE CACHE: Blocks 0 is "to the end"
	FUA     bool
	DPO     bool
	Immed   bool   // SYNCHRONIZE CACHE, START STOP UNIT
	Unmap   bool   // WRITE SAME
	NDOB    bool   // WRITE SAME(16): no data-out buffer, blocks become zeros
	EVPD    bool   // INQUIRY
	Page    uint8  // INQUIRY, MODE SENSE
	Subpage uint8  // MODE SENSE
	PC      uint8  // MODE SENSE: 0 current, 1 changeable, 2 default, 3 saved
	DBD     bool   // MODE SENSE
	PF      bool   // MODE SELECT
	SP      bool   // MODE SELECT
	Start   bool   // START STOP UNIT
	LoEj    bool   // START STOP UNIT
	NoFlush bool   // START STOP UNIT
	Power   uint8  // START STOP UNIT: power condition
	Desc    bool   // REQUEST SENSE: descriptor format
	Select  uint8  // REPORT LUNS: select report
	Alloc   uint32 // allocation length, or parameter list length
}

// Values of Command.PC.
const (
	ModeCurrent    = 0
	ModeChangeable = 1
	ModeDefault    = 2
	ModeSaved      = 3
)

// Read is the READ that a host block driver sends for e: the 10-byte form where
// Fits10 allows it, else the 16-byte form. It panics beyond 2^32-1 blocks.
func Read(e block.Extent) Command {
	op := Read10
	if !Fits10(e) {
		op = Read16
		mustFit(e.Blocks <= 0xffff_ffff)
	}
	return Command{Op: op, Class: ClassRead, Extent: e}
}

// Write is the WRITE that a host block driver sends for e; see Read.
func Write(e block.Extent) Command {
	op := Write10
	if !Fits10(e) {
		op = Write16
		mustFit(e.Blocks <= 0xffff_ffff)
	}
	return Command{Op: op, Class: ClassWrite, Extent: e}
}

// SyncAll is the flush that macOS and Linux send: SYNCHRONIZE CACHE(10) with LBA
// 0 and count 0, which is the whole volume, whatever its size, and IMMED 0.
// (IOSCSIBlockCommandsDevice::SynchronizeCache; Linux sd_setup_flush_cmnd.)
func SyncAll() Command { return Command{Op: SyncCache10, Class: ClassSync} }

// Fits10 tells whether READ(10) and WRITE(10) can carry e: the first LBA within
// 32 bits and at most 65535 blocks. The end may lie beyond 32 bits: the macOS
// block driver tests the start alone (IOSCSIBlockCommandsDevice).
func Fits10(e block.Extent) bool { return e.Start <= 0xffff_ffff && e.Blocks <= 0xffff }

// DataIn is the most that the target may send back, in bytes: the blocks of a
// READ, or the allocation length.
func (c *Command) DataIn() uint64 {
	switch c.Op {
	case Read6, Read10, Read12, Read16:
		return c.Extent.Bytes()
	case ReadCapacity10:
		return capacity10Bytes
	case RequestSense, Inquiry, ModeSense6, ModeSense10, ServiceActionIn16, ReportLUNs:
		return uint64(c.Alloc)
	}
	return 0
}

// DataOut is what the initiator sends with the command, in bytes: the blocks of
// a WRITE, the one block of a WRITE SAME, or the parameter list.
func (c *Command) DataOut() uint64 {
	switch c.Class {
	case ClassRead:
		return 0
	case ClassWrite:
		return c.Extent.Bytes()
	}
	switch c.Op {
	case WriteSame10, WriteSame16:
		if c.NDOB {
			return 0
		}
		return block.Size
	case ModeSelect6, ModeSelect10, Unmap:
		return uint64(c.Alloc)
	}
	return 0
}

// Whole tells whether a SYNCHRONIZE CACHE is for the whole volume.
func (c *Command) Whole() bool {
	return c.Class == ClassSync && c.Extent == block.Extent{}
}

// Truncate cuts data to the allocation length. Too short an allocation length is
// never an error (SPC-4, ALLOCATION LENGTH field).
func Truncate(data []byte, alloc uint32) []byte {
	return data[:min(uint64(len(data)), uint64(alloc))]
}

// mustFit panics if a value does not fit the field it is to be written to.
func mustFit(fits bool) {
	if !fits {
		panic("scsi: a value does not fit its field")
	}
}
