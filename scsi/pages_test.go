package scsi

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// check draws a value, appends it behind a prefix, and wants the same value back
// from the bytes appended, and none from fewer.
func check[T comparable](t *testing.T, draw func(*rapid.T) T, add func(T, []byte) []byte, parse func([]byte) (T, bool)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		want := draw(t)
		b := add(want, []byte{0xee})
		if b[0] != 0xee {
			t.Fatal("dst is not kept")
		}
		if got, ok := parse(b[1:]); !ok || got != want {
			t.Fatalf("%+v comes back as %+v, %v", want, got, ok)
		}
		cut := rapid.IntRange(0, min(len(b)-2, inquiryBytes-1)).Draw(t, "cut")
		if got, ok := parse(b[1 : 1+cut]); ok {
			t.Fatalf("%+v cut to %d bytes is %+v", want, cut, got)
		}
	})
}

// word is printable ASCII without a space at the end.
func word(t *rapid.T, name string, atMost int) string {
	return rapid.StringMatching(`[!-~]{0,`+string(rune('0'+atMost))+`}`).Draw(t, name)
}

func TestPages_RoundTrip(t *testing.T) {
	flag := rapid.Bool()
	u16, u32 := rapid.Uint16(), rapid.Uint32()
	t.Run("inquiry", func(t *testing.T) {
		check(t, func(t *rapid.T) InquiryData {
			return InquiryData{Peripheral: rapid.Byte().Draw(t, "peripheral"), RMB: flag.Draw(t, "rmb"),
				Version: rapid.Byte().Draw(t, "version"), CmdQue: flag.Draw(t, "cmdque"), Vendor: word(t, "vendor", 8),
				Product: word(t, "product", 8) + word(t, "more", 8), Revision: word(t, "revision", 4),
				Standards: [8]uint16{u16.Draw(t, "first"), 7: u16.Draw(t, "last")}}
		}, InquiryData.Append, ParseInquiry)
	})
	t.Run("serial", func(t *testing.T) {
		check(t, func(t *rapid.T) string { return word(t, "serial", 9) },
			func(s string, dst []byte) []byte { return AppendSerial(dst, s) }, ParseSerial)
	})
	t.Run("device id", func(t *testing.T) {
		check(t, func(t *rapid.T) DeviceID {
			return DeviceID{NAA: NAA6(u32.Draw(t, "company")>>8, uint64(u32.Draw(t, "vendor")), rapid.Uint64().Draw(t, "ext")),
				Vendor: word(t, "t10", 8), ID: word(t, "id", 9)}
		}, DeviceID.Append, ParseDeviceID)
	})
	t.Run("extended inquiry", func(t *testing.T) {
		check(t, func(t *rapid.T) ExtendedInquiry {
			return ExtendedInquiry{flag.Draw(t, "s"), flag.Draw(t, "o"), flag.Draw(t, "h"), flag.Draw(t, "v"), flag.Draw(t, "nv")}
		}, ExtendedInquiry.Append, ParseExtendedInquiry)
	})
	t.Run("block limits", func(t *testing.T) {
		check(t, func(t *rapid.T) BlockLimits {
			return BlockLimits{flag.Draw(t, "wsnz"), u16.Draw(t, "g"), u32.Draw(t, "max"), u32.Draw(t, "opt"),
				u32.Draw(t, "unmap"), u32.Draw(t, "descr"), u32.Draw(t, "ug"), flag.Draw(t, "valid"),
				u32.Draw(t, "offset") >> 1, rapid.Uint64().Draw(t, "ws")}
		}, BlockLimits.Append, ParseBlockLimits)
	})
	t.Run("block characteristics", func(t *testing.T) {
		check(t, func(t *rapid.T) BlockCharacteristics {
			return BlockCharacteristics{u16.Draw(t, "rpm"), rapid.Uint8Max(15).Draw(t, "form"), flag.Draw(t, "fuab")}
		}, BlockCharacteristics.Append, ParseBlockCharacteristics)
	})
	t.Run("provisioning", func(t *testing.T) {
		check(t, func(t *rapid.T) Provisioning {
			return Provisioning{flag.Draw(t, "u"), flag.Draw(t, "16"), flag.Draw(t, "10"), flag.Draw(t, "z"), flag.Draw(t, "thin")}
		}, Provisioning.Append, ParseProvisioning)
	})
	t.Run("capacity", func(t *testing.T) {
		check(t, func(t *rapid.T) Capacity {
			return Capacity{rapid.Uint64Min(1).Draw(t, "blocks"), u32.Draw(t, "bytes"), rapid.Uint8Max(15).Draw(t, "exp"),
				u16.Draw(t, "aligned") >> 2, flag.Draw(t, "thin"), flag.Draw(t, "zeros")}
		}, Capacity.Append16, ParseCapacity16)
	})
	t.Run("caching", func(t *testing.T) {
		check(t, drawCaching, CachingPage.Append, ParseCachingPage)
	})
	t.Run("control", func(t *testing.T) {
		check(t, func(t *rapid.T) ControlPage {
			return ControlPage{flag.Draw(t, "d"), rapid.Uint8Max(15).Draw(t, "qam"), flag.Draw(t, "swp"), flag.Draw(t, "tas")}
		}, ControlPage.Append, ParseControlPage)
	})
	t.Run("exceptions", func(t *testing.T) {
		check(t, func(t *rapid.T) ExceptionsPage {
			return ExceptionsPage{flag.Draw(t, "e"), flag.Draw(t, "d"), rapid.Uint8Max(15).Draw(t, "mrie")}
		}, ExceptionsPage.Append, ParseExceptionsPage)
	})
	t.Run("format", func(t *testing.T) {
		check(t, func(t *rapid.T) FormatPage { return FormatPage{u16.Draw(t, "spt"), u16.Draw(t, "bytes")} },
			FormatPage.Append, ParseFormatPage)
	})
	t.Run("rigid disk", func(t *testing.T) {
		check(t, func(t *rapid.T) RigidDiskPage {
			return RigidDiskPage{u32.Draw(t, "cylinders") >> 8, rapid.Byte().Draw(t, "heads"), u16.Draw(t, "rpm")}
		}, RigidDiskPage.Append, ParseRigidDiskPage)
	})
}

func drawCaching(t *rapid.T) CachingPage {
	flag := rapid.Bool()
	return CachingPage{flag.Draw(t, "wce"), flag.Draw(t, "rcd"), flag.Draw(t, "disc"), flag.Draw(t, "dra"), flag.Draw(t, "nvdis")}
}

// Bytes assembled from the tables of SPC-4 and SBC-3, so that a field at a wrong
// offset does not pass because both directions agree on it.
func TestPages_KnownBytes(t *testing.T) {
	zeros := func(n int) string { return string(bytes.Repeat([]byte("00"), n)) }
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"inquiry", InquiryData{Version: VersionSPC3, CmdQue: true, Vendor: "AREAWIDE", Product: "Box",
			Revision: "1.0"}.Append(nil),
			"00 00 05 02 1f 00 00 02 4152454157494445 426f7820202020202020202020202020 312e3020"},
		{"page 00", AppendVPDPages(nil, []uint8{0x00, 0x80, 0x83, 0xb0}), "00 00 00 04 00 80 83 b0"},
		{"page 80", AppendSerial(nil, "A1"), "00 80 00 02 41 31"},
		{"page 83", DeviceID{NAA: NAA6(0x001b4d, 0x123456789, 0xfedcba9876543210), Vendor: "X", ID: "v1"}.Append(nil),
			"00 83 00 22 01 03 00 10 6001b4d123456789 fedcba9876543210 02 01 00 0a 5820202020202020 7631"},
		{"page 86", ExtendedInquiry{Simple: true, HeadOfQueue: true, NonVolatileCache: true}.Append(nil),
			"00 86 00 3c 00 05 02" + zeros(57)},
		{"page B0", BlockLimits{WriteSameNonZero: true, GranularityBlocks: 0x102,
			MaxTransferBlocks: 0x1020304, OptimalTransferBlocks: 0x5060708,
			MaxUnmapBlocks: 0x11121314, MaxUnmapDescriptors: 0x15161718, UnmapBlocks: 0x21222324, UnmapAligned: true,
			UnmapOffsetBlocks: 0x25262728, MaxWriteSameBlocks: 0x3132333435363738}.Append(nil),
			"00 b0 00 3c 01 00 0102 01020304 05060708 00000000 11121314 15161718 21222324 a5262728 3132333435363738" + zeros(20)},
		{"page B1", BlockCharacteristics{RotationPerMinute: 7200, FormFactor: FormFactor35, FUAB: true}.Append(nil),
			"00 b1 00 3c 1c20 00 02 02" + zeros(55)},
		{"page B2", Provisioning{Unmap: true, ReadsZeros: true, Thin: true}.Append(nil), "00 b2 00 04 00 84 02 00"},
		{"capacity 10 of 66 TB", Capacity{Blocks: 128906250000, BlockBytes: 512}.Append10(nil), "ffffffff 00000200"},
		{"capacity 10 at its limit", Capacity{Blocks: 0xffff_ffff, BlockBytes: 512}.Append10(nil), "fffffffe 00000200"},
		{"capacity 16 of 66 TB", Capacity{Blocks: 128906250000, BlockBytes: 512, PhysicalExponent: 3,
			LowestAligned: 1, Thin: true}.Append16(nil),
			"0000001e0369470f 00000200 00 03 8001" + zeros(16)},
		{"one LUN", AppendLUNs(nil, []uint8{0}), "00000008 00000000 0000000000000000"},
		{"LUN 5", AppendLUNs(nil, []uint8{5}), "00000008 00000000 0005000000000000"},
		{"caching page", CachingPage{WCE: true, NVDis: true, DRA: true}.Append(nil), "08 12 04" + zeros(9) + "21" + zeros(7)},
		{"control page", ControlPage{DSense: true, QAM: 1, SWP: true, TAS: true}.Append(nil), "0a 0a 04 10 08 40" + zeros(6)},
		{"exceptions page", ExceptionsPage{EWASC: true, DExcpt: true, MRIE: 4}.Append(nil), "1c 0a 18 04" + zeros(8)},
		{"format page", FormatPage{SectorsPerTrack: 63, SectorBytes: 512}.Append(nil), "03 16" + zeros(8) + "003f 0200" + zeros(10)},
		{"rigid disk page", RigidDiskPage{Cylinders: 0x10203, Heads: 255, RotationPerMinute: 7200}.Append(nil),
			"04 16 010203 ff" + zeros(14) + "1c20" + zeros(2)},
	} {
		if want := unhex(t, c.want); !bytes.Equal(c.got, want) {
			t.Errorf("%s:\n  % x, want\n  % x", c.name, c.got, want)
		}
	}
}

func TestCapacity10(t *testing.T) {
	small := Capacity{Blocks: 1000, BlockBytes: 512}
	if got, ok := ParseCapacity10(small.Append10(nil)); !ok || got != small || got.Beyond10() {
		t.Errorf("%+v", got)
	}
	large := Capacity{Blocks: 1 << 32, BlockBytes: 512} // last LBA FFFFFFFFh: looks like "too large"
	if got, ok := ParseCapacity10(large.Append10(nil)); !ok || !got.Beyond10() {
		t.Errorf("%+v", got)
	}
	if _, ok := ParseCapacity16(bytes.Repeat([]byte{0xff}, 32)); ok {
		t.Error("2^64 blocks are accepted")
	}
}

func TestVPDPages(t *testing.T) {
	pages := []uint8{0x00, 0x80, 0x83, 0xb0, 0xb1}
	b := AppendVPDPages(nil, pages)
	if got, ok := ParseVPDPages(b); !ok || !slices.Equal(got, pages) {
		t.Errorf("%x, %v", got, ok)
	}
	if n := VPDLength(b[:4], 0x00); n != len(b) {
		t.Errorf("the header says %d bytes of %d", n, len(b))
	}
	if _, ok := ParseSerial(b); ok {
		t.Error("page 00h is taken for 80h")
	}
	inquiry := InquiryData{Vendor: "V"}.Append(nil)
	if InquiryLength(inquiry[:6]) != len(inquiry) {
		t.Error("ADDITIONAL LENGTH is wrong")
	}
	if got := Truncate(inquiry, 6); len(got) != 6 || len(Truncate(inquiry, 252)) != len(inquiry) {
		t.Error("truncation is wrong")
	}
}

func TestLUNs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		luns := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "luns")
		b := AppendLUNs(nil, luns)
		if got, ok := ParseLUNs(nil, b); !ok || !slices.Equal(got, luns) {
			t.Fatalf("%v comes back as %v", luns, got)
		}
		cut := rapid.IntRange(8, len(b)).Draw(t, "cut")
		if got, ok := ParseLUNs(nil, b[:cut]); !ok || !slices.Equal(got, luns[:(cut-8)/8]) {
			t.Fatalf("%v cut at %d is %v", luns, cut, got)
		}
	})
	if _, ok := ParseLUNs(nil, unhex(t, "00000008 00000000 4005000000000000")); ok {
		t.Error("flat space addressing is accepted")
	}
}
