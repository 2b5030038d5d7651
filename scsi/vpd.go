package scsi

import "encoding/binary"

// Codes of the VPD pages that have a codec here.
const (
	VPDSupportedPages       = 0x00
	VPDSerial               = 0x80
	VPDDeviceID             = 0x83
	VPDExtendedInquiry      = 0x86
	VPDBlockLimits          = 0xb0
	VPDBlockCharacteristics = 0xb1
	VPDProvisioning         = 0xb2
)

const vpdHeaderBytes = 4

// appendVPD appends the header of a VPD page of a connected disk with n bytes to
// follow.
func appendVPD(dst []byte, page uint8, n int) []byte {
	mustFit(n <= 0xffff)
	return append(dst, 0, page, byte(n>>8), byte(n))
}

// VPDLength is the length of a whole VPD page, from its 4-byte header, which
// macOS and Linux ask for first. It is 0 if b is shorter or of another page.
func VPDLength(b []byte, page uint8) int {
	if len(b) < vpdHeaderBytes || b[1] != page {
		return 0
	}
	return vpdHeaderBytes + int(binary.BigEndian.Uint16(b[2:4]))
}

// vpdBody is what follows the header; it is false if the page is another one, is
// not all there, or has less than atLeast bytes.
func vpdBody(b []byte, page uint8, atLeast int) ([]byte, bool) {
	n := VPDLength(b, page)
	if n < vpdHeaderBytes+atLeast || n > len(b) {
		return nil, false
	}
	return b[vpdHeaderBytes:n], true
}

// AppendVPDPages appends the page 00h that lists the given pages. They must be in
// ascending order and begin with 00h.
func AppendVPDPages(dst []byte, pages []uint8) []byte {
	mustFit(len(pages) > 0 && pages[0] == VPDSupportedPages)
	for i := 1; i < len(pages); i++ {
		mustFit(pages[i-1] < pages[i])
	}
	return append(appendVPD(dst, VPDSupportedPages, len(pages)), pages...)
}

// ParseVPDPages reads page 00h; the list is part of b.
func ParseVPDPages(b []byte) ([]uint8, bool) { return vpdBody(b, VPDSupportedPages, 1) }

// AppendSerial appends page 80h, the unit serial number.
func AppendSerial(dst []byte, serial string) []byte {
	return appendText(appendVPD(dst, VPDSerial, len(serial)), serial)
}

// ParseSerial reads page 80h; spaces on the right are dropped.
func ParseSerial(b []byte) (string, bool) {
	body, ok := vpdBody(b, VPDSerial, 0)
	return takeText(body), ok
}

func appendText(dst []byte, s string) []byte {
	n := len(dst)
	dst = append(dst, s...)
	putText(dst[n:], s)
	return dst
}

// DeviceID is page 83h: who the logical unit is, as two designators.
type DeviceID struct {
	NAA    [16]byte // NAA 6h (IEEE Registered Extended), see NAA6; all zero: none
	Vendor string   // T10 vendor identification, up to 8 characters; "" with ID "": none
	ID     string   // vendor specific identifier, up to 200 characters
}

const (
	designatorT10 = 1
	designatorNAA = 3
	codeBinary    = 1
	codeASCII     = 2

	maxIDBytes = 200 // the length of a designator is one byte; T10 asks to keep it below 247
)

// NAA6 is a designator of type NAA with NAA 6h: 24 bits of IEEE company id, 36
// bits chosen by the company, and 64 bits of extension. It panics on more bits.
func NAA6(company uint32, vendor uint64, extension uint64) (id [16]byte) {
	mustFit(company < 1<<24 && vendor < 1<<36)
	binary.BigEndian.PutUint64(id[0:8], 6<<60|uint64(company)<<36|vendor)
	binary.BigEndian.PutUint64(id[8:16], extension)
	return id
}

// Append appends page 83h.
func (d DeviceID) Append(dst []byte) []byte {
	mustFit(len(d.ID) <= maxIDBytes)
	var list []byte
	if d.NAA != [16]byte{} {
		list = append(list, codeBinary, designatorNAA, 0, 16) // association 0: logical unit
		list = append(list, d.NAA[:]...)
	}
	if d.Vendor != "" || d.ID != "" {
		list = append(list, codeASCII, designatorT10, 0, byte(8+len(d.ID)))
		var vendor [8]byte
		putText(vendor[:], d.Vendor)
		list = appendText(append(list, vendor[:]...), d.ID)
	}
	return append(appendVPD(dst, VPDDeviceID, len(list)), list...)
}

// ParseDeviceID reads page 83h. Designators of other kinds, and those of the
// target or the port, are skipped.
func ParseDeviceID(b []byte) (DeviceID, bool) {
	var d DeviceID
	body, ok := vpdBody(b, VPDDeviceID, 0)
	for len(body) >= 4 && len(body) >= 4+int(body[3]) {
		value := body[4 : 4+int(body[3])]
		switch body[1] & 0x3f { // association and type
		case designatorNAA:
			if len(value) == len(d.NAA) {
				d.NAA = [16]byte(value)
			}
		case designatorT10:
			if len(value) >= 8 {
				d.Vendor, d.ID = takeText(value[:8]), takeText(value[8:])
			}
		}
		body = body[4+len(value):]
	}
	return d, ok
}

// ExtendedInquiry is page 86h: the task attributes, and which kinds of cache the
// logical unit has.
type ExtendedInquiry struct {
	Simple, Ordered, HeadOfQueue bool
	VolatileCache                bool // V_SUP
	NonVolatileCache             bool // NV_SUP
}

// Append appends page 86h.
func (d ExtendedInquiry) Append(dst []byte) []byte {
	var b [60]byte // offsets are those of the page less the header
	b[1] = bit(d.HeadOfQueue, 4) | bit(d.Ordered, 2) | bit(d.Simple, 1)
	b[2] = bit(d.NonVolatileCache, 2) | bit(d.VolatileCache, 1)
	return append(appendVPD(dst, VPDExtendedInquiry, len(b)), b[:]...)
}

// ParseExtendedInquiry reads page 86h.
func ParseExtendedInquiry(b []byte) (ExtendedInquiry, bool) {
	b, ok := vpdBody(b, VPDExtendedInquiry, 3)
	if !ok {
		return ExtendedInquiry{}, false
	}
	return ExtendedInquiry{
		Simple: b[1]&1 != 0, Ordered: b[1]&2 != 0, HeadOfQueue: b[1]&4 != 0,
		VolatileCache: b[2]&1 != 0, NonVolatileCache: b[2]&2 != 0,
	}, true
}
