package scsi

import "encoding/binary"

const (
	modeHeader6Bytes     = 4
	modeHeader10Bytes    = 8
	modeDescriptorBytes  = 8
	modeWP               = 0x80 // device-specific parameter of a block device
	modeDPOFUA           = 0x10
	modeLongLBA          = 0x01 // LONGLBA: 16-byte block descriptors
	modeAllBlocks        = 0xffff_ffff
	longestModePageBytes = 24
)

// ModeParameters is all that MODE SENSE reports of a target.
type ModeParameters struct {
	WriteProtected bool     // WP; the header also shows it while SWP is one
	DPOFUA         bool     // the target honours DPO and FUA, or says so
	Capacity       Capacity // for the block descriptor
	Current        ModePages
	Default        ModePages
	Changeable     ModePages
	Saves          bool // MODE SELECT can save pages
	Saved          ModePages
}

// AppendReply appends the answer to MODE SENSE command c: header, block descriptor
// unless DBD, and the pages asked for. It is not cut to the allocation length;
// see Truncate. If the Sense is not zero, nothing is appended:
//
//   - 5/39/00 for saved values when the target does not save;
//   - 5/24/00 for a page (byte 2) or subpage (byte 3) that the target does not have.
func (m *ModeParameters) AppendReply(dst []byte, c *Command) ([]byte, Sense) {
	pages := &m.Current
	switch c.PC {
	case ModeChangeable:
		pages = &m.Changeable
	case ModeDefault:
		pages = &m.Default
	case ModeSaved:
		if !m.Saves {
			return dst, SenseSavingNotSupported
		}
		pages = &m.Saved
	}
	if c.Subpage != 0 && c.Subpage != SubpageAll { // no page has subpages
		return dst, SenseInvalidFieldInCDB.AtCDB(3)
	}
	start := len(dst)
	out := m.appendHeader(dst, c)
	before := len(out)
	for _, code := range modePageCodes {
		if c.Page == code || c.Page == PageAll {
			at := len(out)
			out = pages.appendPage(out, code)
			out[at] |= bit(m.Saves, modePS)
		}
	}
	if len(out) == before {
		return dst, SenseInvalidFieldInCDB.AtCDB(2)
	}
	if c.Op == ModeSense6 { // MODE DATA LENGTH does not count itself
		mustFit(len(out)-start-1 <= 0xff)
		out[start] = byte(len(out) - start - 1)
	} else {
		binary.BigEndian.PutUint16(out[start:], uint16(len(out)-start-2))
	}
	return out, Sense{}
}

// appendHeader appends header and block descriptor; MODE DATA LENGTH is left open.
func (m *ModeParameters) appendHeader(dst []byte, c *Command) []byte {
	device := bit(m.WriteProtected || m.Current.Control.SWP, modeWP) | bit(m.DPOFUA, modeDPOFUA)
	descriptors := byte(modeDescriptorBytes)
	if c.DBD {
		descriptors = 0
	}
	if c.Op == ModeSense6 {
		dst = append(dst, 0, 0, device, descriptors)
	} else {
		dst = append(dst, 0, 0, 0, device, 0, 0, 0, descriptors)
	}
	if c.DBD {
		return dst
	}
	mustFit(m.Capacity.BlockBytes < 1<<24)
	dst = binary.BigEndian.AppendUint32(dst, uint32(min(m.Capacity.Blocks, modeAllBlocks)))
	return binary.BigEndian.AppendUint32(dst, m.Capacity.BlockBytes)
}

// Select reads the parameter list of MODE SELECT command c and returns the values
// that are current once it has been carried out. It changes nothing by itself, so
// that a target can flush before it turns WCE off. If the Sense is not zero, the
// values are the current ones:
//
//   - 5/24/00 for SP (byte 1) when the target does not save, and for pages without PF;
//   - 5/1A/00 for a list shorter than c says or cut within a header, descriptor or page;
//   - 5/26/00 with a field pointer for a page that the target does not have, a
//     page of the wrong length, or a bit altered that is not changeable.
//
// The fields of the header that are reserved in MODE SELECT (length, WP, DPOFUA)
// and the PS bit are ignored: initiators send back what MODE SENSE gave them.
func (m *ModeParameters) Select(c *Command, list []byte) (ModePages, Sense) {
	if c.SP && !m.Saves {
		return m.Current, SenseInvalidFieldInCDB.AtCDB(1)
	}
	if c.Alloc == 0 {
		return m.Current, Sense{}
	}
	if uint64(len(list)) < uint64(c.Alloc) {
		return m.Current, SenseListLength
	}
	list = list[:c.Alloc]
	at, s := m.checkHeader(c, list)
	if !s.None() {
		return m.Current, s
	}
	if at < len(list) && !c.PF {
		return m.Current, SenseInvalidFieldInCDB.AtCDB(1)
	}
	next := m.Current
	for at < len(list) {
		n, s := m.checkPage(&next, list, at)
		if !s.None() {
			return m.Current, s
		}
		next.set(list[at : at+n])
		at += n
	}
	return next, Sense{}
}

// checkHeader returns where the first page stands in list.
func (m *ModeParameters) checkHeader(c *Command, list []byte) (int, Sense) {
	header, medium := modeHeader6Bytes, 1
	if c.Op == ModeSelect10 {
		header, medium = modeHeader10Bytes, 2
	}
	if len(list) < header {
		return 0, SenseListLength
	}
	if list[medium] != 0 { // MEDIUM TYPE of a block device is 00h
		return 0, SenseInvalidFieldInList.AtList(uint16(medium))
	}
	length := header - 1 // BLOCK DESCRIPTOR LENGTH ends both headers
	descriptors := int(list[length])
	if c.Op == ModeSelect10 {
		if list[4]&modeLongLBA != 0 {
			return 0, SenseInvalidFieldInList.AtList(4)
		}
		descriptors |= int(list[6]) << 8
		length = 6
	}
	switch {
	case descriptors == 0:
		return header, Sense{}
	case descriptors != modeDescriptorBytes:
		return 0, SenseInvalidFieldInList.AtList(uint16(length))
	case len(list) < header+descriptors:
		return 0, SenseListLength
	}
	// The capacity and the block length cannot be changed. 0 blocks means "as now",
	// FFFFFFFFh "as many as there are" (SBC-3, mode parameter block descriptors).
	blocks := binary.BigEndian.Uint32(list[header:])
	if blocks != 0 && blocks != modeAllBlocks && uint64(blocks) != m.Capacity.Blocks {
		return 0, SenseInvalidFieldInList.AtList(uint16(header))
	}
	if binary.BigEndian.Uint32(list[header+4:])&0xff_ffff != m.Capacity.BlockBytes {
		return 0, SenseInvalidFieldInList.AtList(uint16(header + 5))
	}
	return header + descriptors, Sense{}
}

// checkPage returns the length of the page at list[at:] if it may replace the one
// in now.
func (m *ModeParameters) checkPage(now *ModePages, list []byte, at int) (int, Sense) {
	page := list[at:]
	if len(page) < 2 {
		return 0, SenseListLength
	}
	code := page[0] &^ modePS
	var oldBytes, maskBytes [longestModePageBytes]byte
	old := now.appendPage(oldBytes[:0], code)
	if code&modeSPF != 0 || len(old) == 0 {
		return 0, SenseInvalidFieldInList.AtList(uint16(at))
	}
	if int(page[1]) != len(old)-2 {
		return 0, SenseInvalidFieldInList.AtList(uint16(at + 1))
	}
	if len(page) < len(old) {
		return 0, SenseListLength
	}
	mask := m.Changeable.appendPage(maskBytes[:0], code)
	for i := 2; i < len(old); i++ {
		if (page[i]^old[i])&^mask[i] != 0 {
			return 0, SenseInvalidFieldInList.AtList(uint16(at + i))
		}
	}
	return len(old), Sense{}
}

// ModeData is an answer to MODE SENSE as an initiator reads it.
type ModeData struct {
	Bytes          int // length of the whole answer, of which b may hold a part
	WriteProtected bool
	DPOFUA         bool
	Pages          []byte // the pages, as far as they were transferred; part of b
}

// ParseModeData reads the answer to MODE SENSE(6) or (10), whichever op is. It is
// false if not even the header is there. Initiators often ask for that alone
// first, to learn the length.
func ParseModeData(op Opcode, b []byte) (ModeData, bool) {
	if op == ModeSense6 {
		if len(b) < modeHeader6Bytes {
			return ModeData{}, false
		}
		return modeData(b, int(b[0])+1, b[2], modeHeader6Bytes+int(b[3])), true
	}
	if len(b) < modeHeader10Bytes {
		return ModeData{}, false
	}
	n := int(binary.BigEndian.Uint16(b)) + 2
	return modeData(b, n, b[3], modeHeader10Bytes+int(binary.BigEndian.Uint16(b[6:]))), true
}

func modeData(b []byte, total int, device byte, pages int) ModeData {
	b = b[:min(len(b), total)]
	return ModeData{
		Bytes:          total,
		WriteProtected: device&modeWP != 0,
		DPOFUA:         device&modeDPOFUA != 0,
		Pages:          b[min(len(b), pages):],
	}
}

// Page is the page of the given code, header included, or nil if it is not there
// or not whole.
func (d ModeData) Page(code uint8) []byte {
	for b := d.Pages; len(b) >= 2; {
		n := 2 + int(b[1])
		if b[0]&modeSPF != 0 && len(b) >= 4 { // a subpage has a 16-bit length
			n = 4 + int(binary.BigEndian.Uint16(b[2:]))
		}
		if n > len(b) {
			return nil
		}
		if b[0]&^modePS == code {
			return b[:n]
		}
		b = b[n:]
	}
	return nil
}

// AppendModeList appends a parameter list for MODE SELECT(6) or (10), whichever op
// is: an empty header, no block descriptor, and one page.
func AppendModeList(dst []byte, op Opcode, page []byte) []byte {
	if op == ModeSelect6 {
		dst = append(dst, 0, 0, 0, 0)
	} else {
		dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	at := len(dst)
	dst = append(dst, page...)
	if at < len(dst) {
		dst[at] &^= modePS // reserved in MODE SELECT
	}
	return dst
}
