package scsi

import "encoding/binary"

// Lengths and type codes of sense data (SPC-4, Sense data).
const (
	fixedSenseBytes      = 18
	descriptorSenseBytes = 8 // before the first descriptor
	descriptorInfo       = 0x00
	descriptorInfoBytes  = 12
	descriptorKey        = 0x02
	descriptorKeyBytes   = 8

	sksvBit = 0x80
	inCDB   = 0x40 // C/D: the field is in the CDB
)

// Bytes appends the sense data of s to dst: descriptor format (72h, 73h), which
// a target uses when D_SENSE is one or REQUEST SENSE asks for it, or else fixed
// format (70h, 71h). The fixed format has 32 bits for INFORMATION: a larger
// value is left out, with VALID zero (SPC-4, INFORMATION field). A field pointer is sent
// with ILLEGAL REQUEST only; other keys use these bytes for something else.
func (s Sense) Bytes(dst []byte, descriptor bool) []byte {
	mustFit(s.Key <= 0xf)
	if descriptor {
		return s.appendDescriptor(dst)
	}
	return s.appendFixed(dst)
}

func (s Sense) appendFixed(dst []byte) []byte {
	var b [fixedSenseBytes]byte
	b[0] = 0x70 | bit(s.Deferred, 1)
	b[2] = s.Key
	if s.Valid && s.Info <= 0xffff_ffff {
		b[0] |= 0x80
		binary.BigEndian.PutUint32(b[3:7], uint32(s.Info))
	}
	b[7] = fixedSenseBytes - 8
	b[12], b[13] = s.ASC, s.ASCQ
	s.putField(b[15:18])
	return append(dst, b[:]...)
}

func (s Sense) appendDescriptor(dst []byte) []byte {
	var b [descriptorSenseBytes + descriptorInfoBytes + descriptorKeyBytes]byte
	b[0] = 0x72 | bit(s.Deferred, 1)
	b[1], b[2], b[3] = s.Key, s.ASC, s.ASCQ
	n := descriptorSenseBytes
	if s.Valid {
		d := b[n : n+descriptorInfoBytes]
		d[0], d[1], d[2] = descriptorInfo, descriptorInfoBytes-2, 0x80
		binary.BigEndian.PutUint64(d[4:12], s.Info)
		n += descriptorInfoBytes
	}
	if s.hasField() {
		d := b[n : n+descriptorKeyBytes]
		d[0], d[1] = descriptorKey, descriptorKeyBytes-2
		s.putField(d[4:7])
		n += descriptorKeyBytes
	}
	b[7] = byte(n - descriptorSenseBytes)
	return append(dst, b[:n]...)
}

func (s Sense) hasField() bool { return s.FieldValid && s.Key == KeyIllegalRequest }

// putField writes the three bytes of the sense key specific field.
func (s Sense) putField(b []byte) {
	if s.hasField() {
		b[0] = sksvBit | bit(!s.InList, inCDB)
		binary.BigEndian.PutUint16(b[1:3], s.Field)
	}
}

func (s *Sense) takeField(b []byte) {
	if s.Key == KeyIllegalRequest && b[0]&sksvBit != 0 {
		s.FieldValid, s.InList, s.Field = true, b[0]&inCDB == 0, binary.BigEndian.Uint16(b[1:3])
	}
}

// ParseSense reads sense data of either format. It is false for another response
// code and for fewer than 8 bytes; sense data cut short by an allocation length
// gives what there is. Descriptors of other types are skipped.
func ParseSense(b []byte) (Sense, bool) {
	if len(b) < descriptorSenseBytes {
		return Sense{}, false
	}
	b = b[:min(len(b), 8+int(b[7]))] // ADDITIONAL SENSE LENGTH is byte 7 in both
	switch code := b[0] & 0x7f; code {
	case 0x70, 0x71:
		return parseFixed(b), true
	case 0x72, 0x73:
		return parseDescriptors(b), true
	}
	return Sense{}, false
}

func parseFixed(b []byte) Sense {
	s := Sense{Key: b[2] & 0xf, Deferred: b[0]&1 != 0}
	if b[0]&0x80 != 0 {
		s.Valid, s.Info = true, uint64(binary.BigEndian.Uint32(b[3:7]))
	}
	if len(b) >= 14 {
		s.ASC, s.ASCQ = b[12], b[13]
	}
	if len(b) >= fixedSenseBytes {
		s.takeField(b[15:18])
	}
	return s
}

func parseDescriptors(b []byte) Sense {
	s := Sense{Key: b[1] & 0xf, ASC: b[2], ASCQ: b[3], Deferred: b[0]&1 != 0}
	for d := b[descriptorSenseBytes:]; len(d) >= 2 && len(d) >= 2+int(d[1]); d = d[2+int(d[1]):] {
		switch {
		case d[0] == descriptorInfo && d[1] == descriptorInfoBytes-2 && d[2]&0x80 != 0:
			s.Valid, s.Info = true, binary.BigEndian.Uint64(d[4:12])
		case d[0] == descriptorKey && d[1] == descriptorKeyBytes-2:
			s.takeField(d[4:7])
		}
	}
	return s
}
