package scsi

import (
	"encoding/binary"
	"strings"
)

// Values of InquiryData.Version. From SPC-3 on, macOS sends READ CAPACITY(16)
// after a READ CAPACITY(10) of FFFFFFFFh; below it a volume ends at 2 TiB.
const (
	VersionSPC2 = 4
	VersionSPC3 = 5
	VersionSPC4 = 6
)

// NoLogicalUnit is the InquiryData.Peripheral of a LUN behind which there is
// nothing: qualifier 011b, device type 1Fh.
const NoLogicalUnit = 0x7f

const (
	inquiryBytes     = 36 // as far as PRODUCT REVISION LEVEL: the least that SPC asks for
	inquiryFullBytes = 74 // as far as the version descriptors
)

// InquiryData is standard INQUIRY data of a block device.
type InquiryData struct {
	Peripheral uint8 // qualifier and device type: 00h is a connected disk
	RMB        bool  // removable medium
	Version    uint8
	CmdQue     bool
	Vendor     string    // T10 vendor identification, up to 8 characters
	Product    string    // up to 16
	Revision   string    // up to 4
	Standards  [8]uint16 // version descriptors; all zero: not sent
}

// Append appends the data to dst. Text is cut to its field and padded with
// spaces; characters other than printable ASCII become '?'.
func (d InquiryData) Append(dst []byte) []byte {
	var b [inquiryFullBytes]byte
	n := inquiryBytes
	b[0] = d.Peripheral
	b[1] = bit(d.RMB, 0x80)
	b[2] = d.Version
	b[3] = 2 // RESPONSE DATA FORMAT; NORMACA and HISUP 0
	b[7] = bit(d.CmdQue, 0x02)
	putText(b[8:16], d.Vendor)
	putText(b[16:32], d.Product)
	putText(b[32:36], d.Revision)
	if d.Standards != [8]uint16{} {
		n = inquiryFullBytes
		for i, v := range d.Standards {
			binary.BigEndian.PutUint16(b[58+2*i:], v)
		}
	}
	b[4] = byte(n - 5) // ADDITIONAL LENGTH
	return append(dst, b[:n]...)
}

// InquiryLength is the length of the whole INQUIRY data, from its first bytes:
// macOS asks for 6 bytes first. It is 0 if b is too short to tell.
func InquiryLength(b []byte) int {
	if len(b) < 5 {
		return 0
	}
	return 5 + int(b[4])
}

// ParseInquiry reads standard INQUIRY data; it is false below 36 bytes.
func ParseInquiry(b []byte) (InquiryData, bool) {
	if len(b) < inquiryBytes {
		return InquiryData{}, false
	}
	d := InquiryData{
		Peripheral: b[0],
		RMB:        b[1]&0x80 != 0,
		Version:    b[2],
		CmdQue:     b[7]&0x02 != 0,
		Vendor:     takeText(b[8:16]),
		Product:    takeText(b[16:32]),
		Revision:   takeText(b[32:36]),
	}
	if len(b) >= inquiryFullBytes && InquiryLength(b) >= inquiryFullBytes {
		for i := range d.Standards {
			d.Standards[i] = binary.BigEndian.Uint16(b[58+2*i:])
		}
	}
	return d, true
}

// putText fills b with s, left-aligned ASCII padded with spaces (SPC-4, ASCII data field).
func putText(b []byte, s string) {
	for i := range b {
		switch {
		case i >= len(s):
			b[i] = ' '
		case s[i] < ' ' || s[i] > '~':
			b[i] = '?'
		default:
			b[i] = s[i]
		}
	}
}

func takeText(b []byte) string { return strings.TrimRight(string(b), " \x00") }
