package raid

import (
	"strings"
	"testing"

	"tbraid/internal/block"
)

func TestNew_ErrorsSayWhatWouldWork(t *testing.T) {
	for _, c := range []struct {
		g    Geometry
		want string
	}{
		{Geometry{RAID5, 2, 8, 80}, "RAID-5 of 2 members: takes 3 to 16"},
		{Geometry{RAID6, 3, 8, 80}, "RAID-6 of 3 members: takes 4 to 16"},
		{Geometry{RAID0, 17, 8, 80}, "RAID-0 of 17 members: takes 2 to 16"},
		{Geometry{RAID1, 0, 8, 80}, "RAID-1 of 0 members: takes 2 to 16"},
		{Geometry{RAID10, 5, 8, 80}, "RAID-10 of 5 members: takes an even number, 4 to 16"},
		{Geometry{RAID5, 3, 0, 80}, "chunk of 0 blocks: takes 1 or more"},
		{Geometry{RAID5, 3, 8, 7}, "takes a chunk of at most 7"},
		{Geometry{RAID0, 16, 8, 1 << 60}, "takes fewer than 2^60"},
		{Geometry{9, 3, 8, 80}, "no level 9"},
	} {
		if _, err := New(c.g); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.g, err, c.want)
		}
	}
}

// The rows of the figures that md's left-symmetric layout is drawn with.
func TestLayout_IsLeftSymmetric(t *testing.T) {
	for _, c := range []struct {
		level Level
		want  []string
	}{
		{RAID5, []string{"0 1 2 3 P", "5 6 7 P 4", "10 11 P 8 9", "15 P 12 13 14", "P 16 17 18 19", "20 21 22 23 P"}},
		{RAID6, []string{"Q 0 1 2 P", "3 4 5 P Q", "7 8 P Q 6", "11 P Q 9 10", "P Q 12 13 14", "Q 15 16 17 P"}},
	} {
		l, err := New(Geometry{c.level, 5, 1, 6})
		if err != nil {
			t.Fatal(err)
		}
		for row, want := range c.want {
			for m, cell := range strings.Fields(want) {
				a, role := l.VolumeAt(uint8(m), block.LBA(row))
				switch {
				case cell == "P" && role == P, cell == "Q" && role == Q:
				case role == Data && decimal(cell) == a:
				default:
					t.Errorf("%v row %d member %d: %d (role %d), want %s", c.level, row, m, a, role, cell)
				}
			}
		}
	}
}

func decimal(s string) (a block.LBA) {
	for _, c := range s {
		a = a*10 + block.LBA(c-'0')
	}
	return a
}

func TestLocate_IsABijection(t *testing.T) {
	for _, g := range geometries() {
		b := newBox(t, g)
		if want := uint64(len(b.volume)); b.VolumeBlocks() != want {
			t.Fatalf("%s: %d blocks, want %d", b.name(), b.VolumeBlocks(), want)
		}
		homes := 0
		for m := range g.Members {
			for at := range block.LBA(g.MemberBlocks) {
				row, offset := uint64(at)/g.ChunkBlocks, uint64(at)%g.ChunkBlocks
				want := b.figure(int(row))[m]
				a, role := b.VolumeAt(uint8(m), at)
				if role != want.role || b.StripeOf(a) != row || !b.StripeExtent(row).Contains(a) {
					t.Fatalf("%s: member %d block %d is role %d of %d", b.name(), m, at, role, a)
				}
				if want.data >= 0 && a != block.LBA(uint64(want.data)*g.ChunkBlocks+offset) {
					t.Fatalf("%s: member %d block %d holds %d", b.name(), m, at, a)
				}
				if role == Data {
					homes++
					if hm, ha := b.Locate(a); int(hm) != m || ha != at {
						t.Fatalf("%s: Locate(%d) is %d/%d, VolumeAt says %d/%d", b.name(), a, hm, ha, m, at)
					}
				}
			}
		}
		if homes != len(b.volume) {
			t.Fatalf("%s: %d blocks have a home, want %d", b.name(), homes, len(b.volume))
		}
	}
}
