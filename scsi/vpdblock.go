package scsi

import "encoding/binary"

// The pages of a block device: B0h to B2h. SBC-3 makes B0h and B1h 60 bytes
// after the header; offsets below are those of the page less the header.
const vpdBlockBytes = 60

// BlockLimits is page B0h. Zero in a limit means that none is reported, except
// for UNMAP, where it means that the command is not supported.
type BlockLimits struct {
	WriteSameNonZero      bool   // WSNZ: a WRITE SAME of 0 blocks is refused
	GranularityBlocks     uint16 // of an optimal transfer
	MaxTransferBlocks     uint32
	OptimalTransferBlocks uint32
	MaxUnmapBlocks        uint32
	MaxUnmapDescriptors   uint32
	UnmapBlocks           uint32 // optimal granularity
	UnmapAligned          bool   // UGAVALID: UnmapOffsetBlocks is given
	UnmapOffsetBlocks     uint32 // first block of a granule, 31 bits
	MaxWriteSameBlocks    uint64
}

// Append appends page B0h.
func (l BlockLimits) Append(dst []byte) []byte {
	mustFit(l.UnmapOffsetBlocks < 1<<31)
	var b [vpdBlockBytes]byte
	b[0] = bit(l.WriteSameNonZero, 1)
	binary.BigEndian.PutUint16(b[2:], l.GranularityBlocks)
	binary.BigEndian.PutUint32(b[4:], l.MaxTransferBlocks)
	binary.BigEndian.PutUint32(b[8:], l.OptimalTransferBlocks)
	binary.BigEndian.PutUint32(b[16:], l.MaxUnmapBlocks)
	binary.BigEndian.PutUint32(b[20:], l.MaxUnmapDescriptors)
	binary.BigEndian.PutUint32(b[24:], l.UnmapBlocks)
	binary.BigEndian.PutUint32(b[28:], l.UnmapOffsetBlocks)
	b[28] |= bit(l.UnmapAligned, 0x80)
	binary.BigEndian.PutUint64(b[32:], l.MaxWriteSameBlocks)
	return append(appendVPD(dst, VPDBlockLimits, len(b)), b[:]...)
}

// ParseBlockLimits reads page B0h. SBC-2 ended it after the optimal transfer
// length: the later limits are then zero.
func ParseBlockLimits(b []byte) (BlockLimits, bool) {
	body, ok := vpdBody(b, VPDBlockLimits, 12)
	if !ok {
		return BlockLimits{}, false
	}
	var whole [vpdBlockBytes]byte
	copy(whole[:], body)
	return BlockLimits{
		WriteSameNonZero:      whole[0]&1 != 0,
		GranularityBlocks:     binary.BigEndian.Uint16(whole[2:]),
		MaxTransferBlocks:     binary.BigEndian.Uint32(whole[4:]),
		OptimalTransferBlocks: binary.BigEndian.Uint32(whole[8:]),
		MaxUnmapBlocks:        binary.BigEndian.Uint32(whole[16:]),
		MaxUnmapDescriptors:   binary.BigEndian.Uint32(whole[20:]),
		UnmapBlocks:           binary.BigEndian.Uint32(whole[24:]),
		UnmapAligned:          whole[28]&0x80 != 0,
		UnmapOffsetBlocks:     binary.BigEndian.Uint32(whole[28:]) & (1<<31 - 1),
		MaxWriteSameBlocks:    binary.BigEndian.Uint64(whole[32:]),
	}, true
}

// Values of BlockCharacteristics.
const (
	RotationUnknown = 0
	NonRotating     = 1 // solid state; 0401h-FFFEh is a rate in revolutions a minute

	FormFactor35 = 2 // 3.5 inch
)

// BlockCharacteristics is page B1h.
type BlockCharacteristics struct {
	RotationPerMinute uint16
	FormFactor        uint8 // 0 is not reported
	// FUAB says how FUA and SYNCHRONIZE CACHE are to be read: one, as in SBC-3
	// (non-volatile cache is enough); zero, as in SBC-2 (the medium, unless
	// FUA_NV or SYNC_NV allows more).
	FUAB bool
}

// Append appends page B1h.
func (d BlockCharacteristics) Append(dst []byte) []byte {
	mustFit(d.FormFactor <= 0xf)
	var b [vpdBlockBytes]byte
	binary.BigEndian.PutUint16(b[0:], d.RotationPerMinute)
	b[3] = d.FormFactor
	b[4] = bit(d.FUAB, 0x02)
	return append(appendVPD(dst, VPDBlockCharacteristics, len(b)), b[:]...)
}

// ParseBlockCharacteristics reads page B1h.
func ParseBlockCharacteristics(b []byte) (BlockCharacteristics, bool) {
	b, ok := vpdBody(b, VPDBlockCharacteristics, 5)
	if !ok {
		return BlockCharacteristics{}, false
	}
	return BlockCharacteristics{
		RotationPerMinute: binary.BigEndian.Uint16(b[0:]),
		FormFactor:        b[3] & 0xf,
		FUAB:              b[4]&0x02 != 0,
	}, true
}

// Provisioning is page B2h, mandatory for a volume with Capacity.Thin.
type Provisioning struct {
	Unmap       bool // LBPU: UNMAP
	WriteSame16 bool // LBPWS: WRITE SAME(16) with UNMAP
	WriteSame10 bool // LBPWS10
	ReadsZeros  bool // LBPRZ: an unmapped block reads as zeros
	Thin        bool // provisioning type 2, else 1 (resource provisioned) if any of the above
}

// Append appends page B2h.
func (p Provisioning) Append(dst []byte) []byte {
	kind := bit(p.Unmap || p.WriteSame16 || p.WriteSame10, 1)
	if p.Thin {
		kind = 2
	}
	flags := bit(p.Unmap, 0x80) | bit(p.WriteSame16, 0x40) | bit(p.WriteSame10, 0x20) | bit(p.ReadsZeros, 0x04)
	return append(appendVPD(dst, VPDProvisioning, 4), 0, flags, kind, 0)
}

// ParseProvisioning reads page B2h.
func ParseProvisioning(b []byte) (Provisioning, bool) {
	b, ok := vpdBody(b, VPDProvisioning, 4)
	if !ok {
		return Provisioning{}, false
	}
	return Provisioning{
		Unmap: b[1]&0x80 != 0, WriteSame16: b[1]&0x40 != 0, WriteSame10: b[1]&0x20 != 0,
		ReadsZeros: b[1]&0x04 != 0, Thin: b[2]&0x07 == 2,
	}, true
}
