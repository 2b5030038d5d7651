package scsi

import "encoding/binary"

// Codes of the mode pages that have a codec here.
const (
	PageFormat     = 0x03
	PageRigidDisk  = 0x04
	PageCaching    = 0x08
	PageControl    = 0x0a
	PageExceptions = 0x1c
	PageAll        = 0x3f
)

// SubpageAll asks MODE SENSE for a page with all its subpages.
const SubpageAll = 0xff

// modePageCodes has the pages in the order of MODE SENSE page 3Fh.
var modePageCodes = [...]uint8{PageFormat, PageRigidDisk, PageCaching, PageControl, PageExceptions}

// CachingPage is mode page 08h. With the zero value there is no write cache, reads
// are cached and a non-volatile cache, if there is one, is in use.
type CachingPage struct {
	WCE   bool // write cache enabled: GOOD may come before the data is on the medium
	RCD   bool // read cache disabled
	DISC  bool // prefetch goes on across a seek
	DRA   bool // no read-ahead
	NVDis bool // the non-volatile cache is there but disabled
}

// Append appends the page, 20 bytes.
func (p CachingPage) Append(dst []byte) []byte {
	b := [20]byte{PageCaching, 0x12}
	b[2] = bit(p.DISC, 0x10) | bit(p.WCE, 0x04) | bit(p.RCD, 0x01)
	b[12] = bit(p.DRA, 0x20) | bit(p.NVDis, 0x01)
	return append(dst, b[:]...)
}

// ParseCachingPage reads the page; it is false for another one or one cut short.
// SCSI-2 ends it after 12 bytes: the later fields are then zero.
func ParseCachingPage(b []byte) (CachingPage, bool) {
	b, ok := modePage(b, PageCaching, 12)
	if !ok {
		return CachingPage{}, false
	}
	p := CachingPage{WCE: b[2]&0x04 != 0, RCD: b[2]&0x01 != 0, DISC: b[2]&0x10 != 0}
	if len(b) > 12 {
		p.DRA, p.NVDis = b[12]&0x20 != 0, b[12]&0x01 != 0
	}
	return p, true
}

// ControlPage is mode page 0Ah.
type ControlPage struct {
	DSense bool  // sense data in descriptor format
	QAM    uint8 // queue algorithm modifier, 4 bits: 0 restricted, 1 unrestricted reordering
	SWP    bool  // software write protect
	TAS    bool  // commands cleared by another nexus end with TASK ABORTED
}

// Append appends the page, 12 bytes.
func (p ControlPage) Append(dst []byte) []byte {
	mustFit(p.QAM <= 0xf)
	b := [12]byte{PageControl, 0x0a}
	b[2] = bit(p.DSense, 0x04)
	b[3] = p.QAM << 4
	b[4] = bit(p.SWP, 0x08)
	b[5] = bit(p.TAS, 0x40)
	return append(dst, b[:]...)
}

// ParseControlPage reads the page; it is false for another one or one cut short.
func ParseControlPage(b []byte) (ControlPage, bool) {
	b, ok := modePage(b, PageControl, 12)
	if !ok {
		return ControlPage{}, false
	}
	return ControlPage{DSense: b[2]&0x04 != 0, QAM: b[3] >> 4, SWP: b[4]&0x08 != 0, TAS: b[5]&0x40 != 0}, true
}

// ExceptionsPage is mode page 1Ch, informational exceptions control.
type ExceptionsPage struct {
	EWASC  bool  // warnings are reported, such as 0B/06
	DExcpt bool  // exceptions are not reported
	MRIE   uint8 // how they are reported, 4 bits: 2 unit attention, 4 recovered error
}

// Append appends the page, 12 bytes.
func (p ExceptionsPage) Append(dst []byte) []byte {
	mustFit(p.MRIE <= 0xf)
	b := [12]byte{PageExceptions, 0x0a}
	b[2] = bit(p.EWASC, 0x10) | bit(p.DExcpt, 0x08)
	b[3] = p.MRIE
	return append(dst, b[:]...)
}

// ParseExceptionsPage reads the page; it is false for another one or one cut short.
func ParseExceptionsPage(b []byte) (ExceptionsPage, bool) {
	b, ok := modePage(b, PageExceptions, 12)
	if !ok {
		return ExceptionsPage{}, false
	}
	return ExceptionsPage{EWASC: b[2]&0x10 != 0, DExcpt: b[2]&0x08 != 0, MRIE: b[3] & 0xf}, true
}

// FormatPage is mode page 03h, format device: obsolete, but macOS asks for it to
// make up a geometry.
type FormatPage struct {
	SectorsPerTrack uint16
	SectorBytes     uint16
}

// Append appends the page, 24 bytes.
func (p FormatPage) Append(dst []byte) []byte {
	b := [24]byte{PageFormat, 0x16}
	binary.BigEndian.PutUint16(b[10:], p.SectorsPerTrack)
	binary.BigEndian.PutUint16(b[12:], p.SectorBytes)
	return append(dst, b[:]...)
}

// ParseFormatPage reads the page; it is false for another one or one cut short.
func ParseFormatPage(b []byte) (FormatPage, bool) {
	b, ok := modePage(b, PageFormat, 24)
	if !ok {
		return FormatPage{}, false
	}
	return FormatPage{binary.BigEndian.Uint16(b[10:]), binary.BigEndian.Uint16(b[12:])}, true
}

// RigidDiskPage is mode page 04h, rigid disk geometry: obsolete likewise.
type RigidDiskPage struct {
	Cylinders         uint32 // 24 bits
	Heads             uint8
	RotationPerMinute uint16
}

// Append appends the page, 24 bytes.
func (p RigidDiskPage) Append(dst []byte) []byte {
	mustFit(p.Cylinders < 1<<24)
	b := [24]byte{PageRigidDisk, 0x16}
	binary.BigEndian.PutUint32(b[2:], p.Cylinders<<8|uint32(p.Heads))
	binary.BigEndian.PutUint16(b[20:], p.RotationPerMinute)
	return append(dst, b[:]...)
}

// ParseRigidDiskPage reads the page; it is false for another one or one cut short.
func ParseRigidDiskPage(b []byte) (RigidDiskPage, bool) {
	b, ok := modePage(b, PageRigidDisk, 24)
	if !ok {
		return RigidDiskPage{}, false
	}
	return RigidDiskPage{binary.BigEndian.Uint32(b[2:]) >> 8, b[5], binary.BigEndian.Uint16(b[20:])}, true
}

// modePage is the page at the start of b, header included, if it has the code, is
// not a subpage, is all there and has at least so many bytes.
func modePage(b []byte, code uint8, atLeast int) ([]byte, bool) {
	if len(b) < 2 || b[0]&^modePS != code {
		return nil, false
	}
	n := 2 + int(b[1])
	if n < atLeast || n > len(b) {
		return nil, false
	}
	return b[:n], true
}

// Bits of byte 0 of a mode page.
const (
	modePS  = 0x80 // parameters savable
	modeSPF = 0x40 // subpage format
)

// ModePages has the values of every mode page of a target: the current ones, the
// default ones, or, with ones in the bits that MODE SELECT may alter, the
// changeable mask.
type ModePages struct {
	Format     FormatPage
	RigidDisk  RigidDiskPage
	Caching    CachingPage
	Control    ControlPage
	Exceptions ExceptionsPage
}

// appendPage appends the page of the given code; nothing if there is none.
func (p *ModePages) appendPage(dst []byte, code uint8) []byte {
	switch code {
	case PageFormat:
		return p.Format.Append(dst)
	case PageRigidDisk:
		return p.RigidDisk.Append(dst)
	case PageCaching:
		return p.Caching.Append(dst)
	case PageControl:
		return p.Control.Append(dst)
	case PageExceptions:
		return p.Exceptions.Append(dst)
	}
	return dst
}

// set takes over the values of a page whose code and length are known to be right.
func (p *ModePages) set(page []byte) {
	switch page[0] &^ modePS {
	case PageFormat:
		p.Format, _ = ParseFormatPage(page)
	case PageRigidDisk:
		p.RigidDisk, _ = ParseRigidDiskPage(page)
	case PageCaching:
		p.Caching, _ = ParseCachingPage(page)
	case PageControl:
		p.Control, _ = ParseControlPage(page)
	case PageExceptions:
		p.Exceptions, _ = ParseExceptionsPage(page)
	}
}
