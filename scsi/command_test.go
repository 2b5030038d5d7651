package scsi

import (
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// CDBs put together by hand from the tables of SPC-4 and SBC-3, with what they
// mean; each encodes to the same bytes again.
func TestDecode_CDBsOfTheStandard(t *testing.T) {
	for _, c := range []struct{ cdb, want string }{
		{"00 00 00 00 00 00", "TEST UNIT READY"},
		{"03 00 00 00 fc 00", "REQUEST SENSE alloc 252"},
		{"03 01 00 00 12 00", "REQUEST SENSE DESC alloc 18"},
		{"08 1f ff ff 01 00", "READ(6) lba 2097151 blocks 1"},
		{"0a 00 00 10 00 00", "WRITE(6) lba 16 blocks 256"},
		{"12 00 00 00 06 00", "INQUIRY alloc 6"},
		{"12 01 83 00 fc 00", "INQUIRY EVPD page 83h alloc 252"},
		{"15 10 00 00 18 00", "MODE SELECT(6) PF list 24"},
		{"1a 08 08 00 14 00", "MODE SENSE(6) page 08h current DBD alloc 20"},
		{"1a 00 48 00 04 00", "MODE SENSE(6) page 08h changeable alloc 4"},
		{"1b 01 00 00 00 00", "START STOP UNIT stop IMMED"},
		{"1b 00 00 00 01 00", "START STOP UNIT start"},
		{"1b 00 00 00 02 00", "START STOP UNIT eject"},
		{"1b 00 00 00 34 00", "START STOP UNIT power condition 3h NO_FLUSH"},
		{"25 00 00 00 00 00 00 00 00 00", "READ CAPACITY(10)"},
		{"28 00 ff ff ff ff 00 00 01 00", "READ(10) lba 4294967295 blocks 1"},
		{"2a 08 00 00 10 00 00 00 08 00", "WRITE(10) lba 4096 blocks 8 FUA"},
		{"2a 10 00 00 00 00 00 00 00 00", "WRITE(10) lba 0 blocks 0 DPO"},
		{"35 00 00 00 00 00 00 00 00 00", "SYNCHRONIZE CACHE(10) whole volume"},
		{"35 02 00 00 00 00 00 00 00 00", "SYNCHRONIZE CACHE(10) whole volume IMMED"},
		{"35 00 00 00 00 09 00 00 00 00", "SYNCHRONIZE CACHE(10) lba 9 to end"},
		{"41 08 00 00 00 00 00 10 00 00", "WRITE SAME(10) lba 0 blocks 4096 UNMAP"},
		{"42 00 00 00 00 00 00 00 58 00", "UNMAP list 88"},
		{"55 11 00 00 00 00 00 00 1c 00", "MODE SELECT(10) PF SP list 28"},
		{"5a 00 3f ff 00 00 00 01 00 00", "MODE SENSE(10) page 3Fh/FFh current alloc 256"},
		{"88 00 00 00 00 02 00 00 00 00 00 00 00 01 00 00", "READ(16) lba 8589934592 blocks 1"},
		{"8a 08 00 00 00 0f 01 bf 08 88 00 00 00 80 00 00", "WRITE(16) lba 64453806216 blocks 128 FUA"},
		{"91 02 00 00 00 00 00 00 10 00 00 00 00 08 00 00", "SYNCHRONIZE CACHE(16) lba 4096 blocks 8 IMMED"},
		{"93 09 00 00 00 00 00 00 10 00 00 00 00 00 00 00", "WRITE SAME(16) lba 4096 to end UNMAP NDOB"},
		{"9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00", "READ CAPACITY(16)"},
		{"a0 00 02 00 00 00 00 00 10 00 00 00", "REPORT LUNS select 02h alloc 4096"},
		{"a8 00 00 00 00 01 00 01 00 00 00 00", "READ(12) lba 1 blocks 65536"},
		{"aa 18 00 00 00 01 00 00 00 02 00 00", "WRITE(12) lba 1 blocks 2 DPO FUA"},
	} {
		cdb := CDBFrom(unhex(t, c.cdb))
		got, s := Decode(&cdb)
		if !s.None() || got.String() != c.want {
			t.Errorf("%s: %q, %v; want %q", c.cdb, got, s, c.want)
			continue
		}
		if back := got.Encode(); back != cdb || !strings.EqualFold(back.String(), c.cdb) {
			t.Errorf("%s encodes as %s", c.cdb, back)
		}
	}
}

func TestDecode_Refuses(t *testing.T) {
	field := SenseInvalidFieldInCDB.AtCDB
	for _, c := range []struct {
		name, cdb string
		want      Sense
	}{
		{"unknown operation code", "a3 0c 00 00 00 00 00 00 10 00 00 00", SenseInvalidOpcode},
		{"reserved group", "7f 00 00 00 00 00", SenseInvalidOpcode},
		{"too short for its group", "28 00 00 00 00 00", SenseInvalidFieldInCDB},
		{"RDPROTECT", "28 20 00 00 00 00 00 00 01 00", field(1)},
		{"RARC", "28 04 00 00 00 00 00 00 01 00", field(1)},
		{"WRPROTECT", "8a e0 00 00 00 00 00 00 00 00 00 00 00 01 00 00", field(1)},
		{"FUA_NV", "2a 02 00 00 00 00 00 00 01 00", field(1)},
		{"group number", "2a 00 00 00 00 00 01 00 01 00", field(6)},
		{"NACA", "28 00 00 00 00 00 00 00 01 04", field(9)},
		{"the first of two", "28 20 00 00 00 00 00 00 01 04", field(1)},
		{"page without EVPD", "12 00 80 00 ff 00", field(2)},
		{"CMDDT", "12 02 00 00 ff 00", field(1)},
		{"PMI", "25 00 00 00 00 00 00 00 01 00", field(8)},
		{"READ CAPACITY(10) with an LBA", "25 00 00 00 00 01 00 00 00 00", field(5)},
		{"GET LBA STATUS", "9e 12 00 00 00 00 00 00 00 00 00 00 00 20 00 00", field(1)},
		{"REPORT LUNS of a conglomerate", "a0 00 11 00 00 00 00 00 10 00 00 00", field(2)},
		{"REPORT LUNS alloc 15", "a0 00 00 00 00 00 00 00 00 0f 00 00", field(6)},
		{"power condition modifier", "1b 00 00 01 30 00", field(3)},
		{"reserved power condition", "1b 00 00 00 40 00", field(4)},
		{"ANCHOR", "41 18 00 00 00 00 00 00 01 00", field(1)},
		{"ANCHOR of UNMAP", "42 01 00 00 00 00 00 00 18 00", field(1)},
		{"NDOB has no 10-byte form", "41 01 00 00 00 00 00 00 01 00", field(1)},
		{"extent beyond 2^64", "88 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00", SenseLBAOutOfRange},
	} {
		raw := unhex(t, c.cdb)
		cdb := CDB{Len: uint8(len(raw))}
		copy(cdb.Bytes[:], raw)
		got, s := Decode(&cdb)
		if s != c.want || got != (Command{Op: Opcode(raw[0])}) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, s, c.want)
		}
	}
}

// NACA sits in the last byte, whatever the length.
func TestDecode_EveryCommandChecksLengthAndControl(t *testing.T) {
	known := 0
	for op := range 256 {
		cdb := CDB{Len: Opcode(op).Len()}
		cdb.Bytes[0] = byte(op)
		if !Opcode(op).Supported() {
			continue
		}
		known++
		if f := formats[op]; f.usage[0] != byte(op) || len(f.usage) != int(cdb.Len) {
			t.Errorf("%s: usage data of %d bytes begins with %02Xh", f.name, len(f.usage), f.usage[0])
		}
		cdb.Bytes[cdb.Len-1] = 0x04
		if _, s := Decode(&cdb); s != SenseInvalidFieldInCDB.AtCDB(uint16(cdb.Len-1)) {
			t.Errorf("%v with NACA: %v", Opcode(op), s)
		}
		cdb.Len++
		if _, s := Decode(&cdb); s != SenseInvalidFieldInCDB {
			t.Errorf("%v one byte longer: %v", Opcode(op), s)
		}
	}
	if known != 24 {
		t.Errorf("%d operation codes", known)
	}
}

func TestDecode_IgnoresSyncNVAndLLBAA(t *testing.T) {
	for _, s := range []string{"35 04 00 00 00 00 00 00 00 00", "5a 10 08 00 00 00 00 00 ff 00",
		"91 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00"} {
		cdb := CDBFrom(unhex(t, s))
		got, sense := Decode(&cdb)
		cdb.Bytes[1] = 0
		if !sense.None() || got.Encode() != cdb {
			t.Errorf("%s: %v, %v", s, got, sense)
		}
	}
}

// roundTrip checks that a CDB that decodes encodes to the same bytes, but for the
// bits that are ignored, and those decode to the same command.
func roundTrip(t interface{ Fatalf(string, ...any) }, cdb CDB) bool {
	c, s := Decode(&cdb)
	if slow, bad := decode(&cdb); slow != c || bad != s {
		t.Fatalf("%v is %v, %v; by the table %v, %v", cdb, c, s, slow, bad)
	}
	if !s.None() {
		if c != (Command{Op: Opcode(cdb.Bytes[0])}) {
			t.Fatalf("%v: refused, but %v", cdb, c)
		}
		return false
	}
	back := c.Encode()
	again, s := Decode(&back)
	if !s.None() || again != c {
		t.Fatalf("%v is %v, encodes as %v, which is %v, %v", cdb, c, back, again, s)
	}
	switch c.Op {
	case SyncCache10, SyncCache16:
		cdb.Bytes[1] &^= 0x04
	case ModeSense10:
		cdb.Bytes[1] &^= 0x10
	}
	for i := int(cdb.Len); i < 16; i++ {
		cdb.Bytes[i] = 0 // padding
	}
	if back != cdb {
		t.Fatalf("%v encodes as %v", cdb, back)
	}
	return true
}

func TestEncodeIsInverseOfDecode(t *testing.T) {
	var supported []Opcode
	for op := range 256 {
		if Opcode(op).Supported() {
			supported = append(supported, Opcode(op))
		}
	}
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom(supported).Draw(t, "opcode")
		cdb := CDB{Len: op.Len()}
		copy(cdb.Bytes[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		cdb.Bytes[0] = byte(op)
		for i, mask := range []byte(formats[op].usage) { // else nearly all are refused
			cdb.Bytes[i] &= mask
		}
		if roundTrip(t, cdb) {
			good++
		}
	})
	if good == 0 {
		t.Error("no CDB was accepted")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, "8a 08 00 00 00 0f 01 bf 08 88 00 00 00 80 00 00"))
	f.Add(unhex(f, "0a 00 00 10 00 00"))
	f.Add(unhex(f, "a0 00 00 00 00 00 00 00 10 00 00 00"))
	f.Add(unhex(f, "9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		cdb := CDBFrom(b)
		roundTrip(t, cdb)
		c, _ := Decode(&cdb)
		if c.String() == "" {
			t.Fatal("a command without words")
		}
	})
}

func TestEncodePanicsRatherThanLose(t *testing.T) {
	for _, c := range []Command{
		{Op: Write6, Extent: block.Extent{Blocks: 1}, FUA: true},
		{Op: Write6, Extent: block.Extent{Start: 1 << 21, Blocks: 1}},
		{Op: Read6, Extent: block.Extent{}},
		{Op: Write10, Extent: block.Extent{Start: 1 << 32, Blocks: 1}},
		{Op: Write10, Extent: block.Extent{Blocks: 1 << 16}},
		{Op: Read12, Extent: block.Extent{Blocks: 1 << 32}},
		{Op: Write16, Extent: block.Extent{Blocks: 1 << 32}},
		{Op: WriteSame10, NDOB: true},
		{Op: ModeSense6, Alloc: 256},
		{Op: 0xa3},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is encoded", c)
				}
			}()
			c.Encode()
		}()
	}
}

// The block driver of macOS looks at the first LBA alone.
func TestFits10_BoundaryIsTheStart(t *testing.T) {
	for _, c := range []struct {
		e    block.Extent
		want Opcode
	}{
		{block.Extent{Start: 0xffff_ffff, Blocks: 8}, Write10},
		{block.Extent{Start: 0x1_0000_0000, Blocks: 8}, Write16},
		{block.Extent{Start: 0, Blocks: 65535}, Write10},
		{block.Extent{Start: 0, Blocks: 65536}, Write16},
	} {
		for _, got := range []Command{Write(c.e), Read(c.e)} {
			cdb := got.Encode()
			back, s := Decode(&cdb)
			if back != got || !s.None() {
				t.Errorf("%v comes back as %v, %v", got, back, s)
			}
			if got.Op != c.want && got.Op != c.want-2 { // READ is two below WRITE
				t.Errorf("%v: %v, want length of %v", c.e, got.Op, c.want)
			}
		}
	}
	all := SyncAll()
	if cdb := all.Encode(); cdb.String() != "35 00 00 00 00 00 00 00 00 00" || !all.Whole() {
		t.Errorf("flush is %v", cdb)
	}
}

func TestDataLengths(t *testing.T) {
	e := block.Extent{Start: 7, Blocks: 3}
	for _, c := range []struct {
		c       Command
		in, out uint64
	}{
		{Read(e), 1536, 0},
		{Write(e), 0, 1536},
		{SyncAll(), 0, 0},
		{Command{Op: WriteSame16, Extent: e}, 0, 512},
		{Command{Op: WriteSame16, Extent: e, NDOB: true}, 0, 0},
		{Command{Op: Unmap, Alloc: 24}, 0, 24},
		{Command{Op: ReadCapacity10}, 8, 0},
		{Command{Op: Inquiry, Alloc: 36}, 36, 0},
		{Command{Op: TestUnitReady}, 0, 0},
	} {
		if in, out := c.c.DataIn(), c.c.DataOut(); in != c.in || out != c.out {
			t.Errorf("%v: %d in, %d out; want %d, %d", c.c, in, out, c.in, c.out)
		}
	}
}

func TestCDBFrom(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want CDB
	}{
		{"padded to 16", []byte{0x1a, 0, 8, 0, 20, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, CDB{[16]byte{0x1a, 0, 8, 0, 20}, 6}},
		{"too short", []byte{0x28, 1, 2}, CDB{[16]byte{0x28}, 0}},
		{"vendor specific", []byte{0xc0, 1, 2, 3, 4, 5}, CDB{[16]byte{0xc0}, 0}},
		{"nothing", nil, CDB{}},
	} {
		if got := CDBFrom(c.in); got != c.want {
			t.Errorf("%s: %v, length %d", c.name, got.Bytes, got.Len)
		}
	}
}

func TestDecodeAndEncodeDoNotAllocate(t *testing.T) {
	cdb := Write(block.Extent{Start: 1 << 33, Blocks: 128}).Encode()
	bad := cdb
	bad.Bytes[1] = 0x20
	if n := testing.AllocsPerRun(100, func() {
		c, _ := Decode(&cdb)
		cdb = c.Encode()
		Decode(&bad)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	cdb := Write(block.Extent{Start: 1 << 33, Blocks: 128}).Encode()
	b.ReportAllocs()
	for b.Loop() {
		c, _ := Decode(&cdb)
		cdb = c.Encode()
	}
}
