package scsi

import (
	"fmt"

	"tbraid/internal/block"
)

// Sense is a sense key with its additional code. The zero value is NO SENSE.
type Sense struct {
	Key        uint8
	ASC, ASCQ  uint8
	Deferred   bool   // response code 71h or 73h: about an earlier command
	Info       uint64 // INFORMATION: the first LBA concerned, if Valid
	Valid      bool
	FieldValid bool   // SKSV, ILLEGAL REQUEST only: Field points at the offending byte
	InList     bool   // the field is in the parameter list, not in the CDB
	Field      uint16 // byte offset
}

// The sense keys (SPC-4).
const (
	KeyNoSense        uint8 = 0x0
	KeyRecoveredError uint8 = 0x1
	KeyNotReady       uint8 = 0x2
	KeyMediumError    uint8 = 0x3
	KeyHardwareError  uint8 = 0x4
	KeyIllegalRequest uint8 = 0x5
	KeyUnitAttention  uint8 = 0x6
	KeyDataProtect    uint8 = 0x7
	KeyAbortedCommand uint8 = 0xb
	KeyMiscompare     uint8 = 0xe
)

// None tells whether s reports nothing.
func (s Sense) None() bool { return s == Sense{} }

// Is tells whether s and o have the same key and additional codes, whatever the
// field pointer and the information.
func (s Sense) Is(o Sense) bool {
	return s.Key == o.Key && s.ASC == o.ASC && s.ASCQ == o.ASCQ
}

// AtCDB is s with a field pointer to a byte of the CDB.
func (s Sense) AtCDB(field uint16) Sense {
	s.FieldValid, s.InList, s.Field = true, false, field
	return s
}

// AtList is s with a field pointer to a byte of the parameter list.
func (s Sense) AtList(field uint16) Sense {
	s.FieldValid, s.InList, s.Field = true, true, field
	return s
}

// AtLBA is s with the first block concerned in its INFORMATION field.
func (s Sense) AtLBA(a block.LBA) Sense {
	s.Valid, s.Info = true, uint64(a)
	return s
}

// AsDeferred is s as a deferred error: about a command that ended with GOOD.
func (s Sense) AsDeferred() Sense {
	s.Deferred = true
	return s
}

// String prints the sense as 5/21/00 LOGICAL BLOCK ADDRESS OUT OF RANGE, with
// the block or field concerned where there is one. A code without a name in the
// list has the name of its sense key.
func (s Sense) String() string {
	name := "NO ADDITIONAL SENSE INFORMATION"
	if s.Key|s.ASC|s.ASCQ != 0 {
		name = senseName(s)
	}
	b := fmt.Appendf(nil, "%X/%02X/%02X %s", s.Key, s.ASC, s.ASCQ, name)
	switch {
	case s.Valid && s.Key == KeyMiscompare:
		b = fmt.Appendf(b, ", byte offset %d", s.Info)
	case s.Valid:
		b = fmt.Appendf(b, ", lba %d", s.Info)
	}
	switch {
	case s.FieldValid && s.InList:
		b = fmt.Appendf(b, ", list byte %d", s.Field)
	case s.FieldValid:
		b = fmt.Appendf(b, ", CDB byte %d", s.Field)
	}
	if s.Deferred {
		b = append(b, ", deferred"...)
	}
	return string(b)
}
