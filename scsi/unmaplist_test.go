package scsi

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
)

// The list that sg_unmap sends for its example file (sg3_utils).
const sgUnmapExample = "0056 0050 00000000 0000000012345677 00000001 00000000 0000000012345678 00000002 00000000" +
	"0000000012340000 00000d05 00000000 0000005a5a5a5a5a 00000000 00000000 0000000000a5a5a5 00000007 00000000"

func TestUnmapList(t *testing.T) {
	five := []block.Extent{{Start: 0x12345677, Blocks: 1}, {Start: 0x12345678, Blocks: 2}, {Start: 0x12340000, Blocks: 3333},
		{Start: 0x5a5a5a5a5a, Blocks: 0}, {Start: 0xa5a5a5, Blocks: 7}}
	if got := AppendUnmapList(nil, five); !slices.Equal(got, unhex(t, sgUnmapExample)) {
		t.Errorf("% x", got)
	}
	for _, c := range []struct {
		name  string
		list  string
		alloc uint32
		want  []block.Extent
		s     Sense
	}{
		{"sg_unmap", sgUnmapExample, 88, five, Sense{}},
		{"cut in a descriptor", sgUnmapExample, 8 + 40, five[:2], Sense{}},
		{"no list", "", 0, nil, Sense{}},
		{"header alone", "0006 0000 00000000", 8, nil, Sense{}},
		{"half a header", "0006 0000", 4, nil, SenseListLength},
		{"less data than announced", sgUnmapExample, 89, nil, SenseListLength},
		{"descriptor length not a multiple of 16", "0026 001f 00000000" + sgUnmapExample[18:], 40, five[:1], Sense{}},
		{"data length governs", "0016 0020 00000000" + sgUnmapExample[18:], 40, five[:1], Sense{}},
		{"beyond 2^64", "0016 0010 00000000 fffffffffffffffe 00000002 00000000", 24, nil, SenseLBAOutOfRange},
	} {
		got, s := ParseUnmapList(nil, &Command{Op: Unmap, Alloc: c.alloc}, unhex(t, c.list))
		if !slices.Equal(got, c.want) || s != c.s {
			t.Errorf("%s: %v, %v", c.name, got, s)
		}
	}
}

func TestUnmapList_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		extents := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) block.Extent {
			return block.Extent{Start: block.LBA(rapid.Uint64Max(1<<62).Draw(t, "start")), Blocks: uint64(rapid.Uint32().Draw(t, "blocks"))}
		}), 0, 20).Draw(t, "extents")
		b := AppendUnmapList(nil, extents)
		keep := []block.Extent{{Start: 1, Blocks: 2}}
		got, s := ParseUnmapList(keep, &Command{Op: Unmap, Alloc: uint32(len(b))}, b)
		if !s.None() || got[0] != keep[0] || !slices.Equal(got[1:], extents) {
			t.Fatalf("%v comes back as %v, %v", extents, got, s)
		}
	})
}

func FuzzUnmapList(f *testing.F) {
	f.Add(unhex(f, sgUnmapExample))
	f.Fuzz(func(t *testing.T, list []byte) {
		list = list[:min(len(list), 0xffff)]
		got, s := ParseUnmapList(nil, &Command{Op: Unmap, Alloc: uint32(len(list))}, list)
		if !s.None() {
			if got != nil {
				t.Fatal("refused, but appended")
			}
			return
		}
		b := AppendUnmapList(nil, got)
		if again, _ := ParseUnmapList(nil, &Command{Op: Unmap, Alloc: uint32(len(b))}, b); !slices.Equal(again, got) {
			t.Fatalf("%v comes back as %v", got, again)
		}
	})
}
