package workload

import (
	"fmt"
	"strings"
	"testing"

	"tbraid/internal/block"

	"pgregory.net/rapid"
)

// deviceBlocks is a volume of 66.0 TB.
const deviceBlocks = 128_906_250_000

func testDisk() *Disk {
	return &Disk{
		Identifier: "disk5", Node: "/dev/disk5", Media: "RAID Volume Media", Protocol: "SCSI", Domain: 1, Target: 2,
		SizeBytes: deviceBlocks * block.Size, BlockBytes: block.Size, WriteCache: "enabled", DriverLabel: "DriverKit",
	}
}

// The ranges and their number follow from wipefs.cpp of libutil-73.
func TestWipeExtents(t *testing.T) {
	want := []block.Extent{
		block.Between(0, 4096),
		block.Between(64_453_124_936, 64_453_125_064),
		block.Between(128_906_245_904, 128_906_250_000),
	}
	got := wipeExtents(deviceBlocks)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	writes, high, bytes := 0, 0, uint64(0)
	for _, e := range got {
		bytes += e.Bytes()
		for a := e.Start; a < e.End(); a += wipeBufferBytes / block.Size {
			writes++
			if a >= 1<<32 {
				high++
			}
		}
	}
	if writes != 33 || high != 17 || bytes != 4_259_840 {
		t.Errorf("%d writes, %d from block 2^32 on, %d bytes", writes, high, bytes)
	}
}

// The oracle marks block after block.
func TestWipeExtentsOfSmallDevices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(1, 20000).Draw(t, "blocks")
		covered := make([]int, n)
		for _, e := range wipeExtents(n) {
			for a := e.Start; a < e.End(); a++ {
				covered[a]++
			}
		}
		for a, c := range covered {
			i, half := uint64(a), n/2
			inMiddle := i+64 >= half && i < half+64 || half < 64 && i < 128
			want := 0
			if i < 4096 || i+4096 >= n || inMiddle {
				want = 1
			}
			if c != want {
				t.Fatalf("block %d of %d is wiped %d times, want %d", a, n, c, want)
			}
		}
	})
}

func TestPartitionDisk_Story(t *testing.T) {
	f := &fake{disk: testDisk()}
	if f.run(t, "diskutil partitionDisk disk5 1 GPT JHFS+ RAID 100%") != 0 {
		t.Fatalf("exit 1: %q", f.out)
	}
	same(t, "output", strings.Join(f.out, "\n"), `
Started partitioning on disk5
Unmounting disk
Creating the partition map
Waiting for partitions to activate
Formatting disk5s2 as Mac OS Extended (Journaled) with name RAID
Initialized /dev/rdisk5s2 as a 60 TB case-insensitive HFS Plus volume with a 524288k journal
Mounting disk
Finished partitioning on disk5
/dev/disk5 (external, physical):
   #:                       TYPE NAME                    SIZE       IDENTIFIER
   0:                                                   *66.0 TB    disk5`)
	story := f.story()
	// The wipe of the whole disk and the map, to the block.
	before, _, _ := strings.Cut(story, "open /dev/rdisk5s1")
	same(t, "calls", before, `
describe disk5
unmount disk5
open /dev/rdisk5 r+w
unmap /dev/rdisk5 66000000000000
write /dev/rdisk5 @0 2097152 by 131072
write /dev/rdisk5 @32999999967232 65536 by 131072
write /dev/rdisk5 @65999997902848 2097152 by 131072
synccache /dev/rdisk5
close /dev/rdisk5
open /dev/rdisk5 r+w
write /dev/rdisk5 @0 512 by 512
write /dev/rdisk5 @512 512 by 512
write /dev/rdisk5 @1024 16384 by 16384
write /dev/rdisk5 @65999999983104 16384 by 16384
write /dev/rdisk5 @65999999999488 512 by 512
close /dev/rdisk5
reprobe disk5`)
	if !strings.HasSuffix(story, "close /dev/rdisk5s2\nreprobe disk5\nmount disk5s2\ndescribe disk5\n") {
		t.Errorf("ends with\n%s", story[len(story)-200:])
	}
	f.checkMeanings(t)
}

// checkMeanings checks that what was written says what diskutil was told.
func (f *fake) checkMeanings(t *testing.T) {
	t.Helper()
	var m *Map
	kinds := ""
	for _, c := range f.calls {
		if c.Meaning == nil {
			continue
		}
		kinds += fmt.Sprintf("%s %d@%d\n", f.path(c), c.Meaning.Kind, c.Offset/block.Size)
		if c.Content != Metadata || c.Bytes > c.Request {
			t.Errorf("%s: a meaning belongs to one write of metadata", c.Detail)
		}
		if c.Meaning.Map != nil {
			if m != nil && m != c.Meaning.Map {
				t.Errorf("%s: header and table are of two maps", c.Detail)
			}
			m = c.Meaning.Map
		}
		if v := c.Meaning.Volume; c.Meaning.Kind == VolumeHeader && block.LBA(c.Offset/block.Size) != v.HeaderBlock() {
			t.Errorf("%s is not where a probe looks", c.Detail)
		}
	}
	const sliceBlocks = 128_905_578_176 // from 409,640 to 128 MiB before the backup table, by 8 blocks
	same(t, "meanings", kinds, fmt.Sprintf(`
/dev/rdisk5 1@0
/dev/rdisk5 2@1
/dev/rdisk5 3@2
/dev/rdisk5 3@128906249967
/dev/rdisk5 2@128906249999
/dev/rdisk5s1 6@0
/dev/rdisk5s1 7@6
/dev/rdisk5s2 6@2
/dev/rdisk5s2 7@%d`, sliceBlocks-2))
	want := "[{disk5s1 EFI EFI 40+409600  } {disk5s2 Apple_HFS RAID 409640+128905578176  }]"
	if got := fmt.Sprint(m.Slices); got != want {
		t.Errorf("slices %s, want %s", got, want)
	}
}

// Only a write can fail a wipe: the ioctls' results are thrown away (libutil-73,
// wipefs.cpp, wipefs_wipe).
func TestPartitionDisk_IgnoresFailedFlush(t *testing.T) {
	f := &fake{disk: testDisk()}
	f.fail = func(c Call) (Reply, bool) { return Reply{Err: EIO}, c.Op == SyncCache || c.Op == UnmapRange }
	if f.run(t, "diskutil partitionDisk disk5 GPT JHFS+ RAID R") != 0 {
		t.Errorf("failed: %q", f.out)
	}
	if f.count(SyncCache) != 5 { // disk, and by diskutil and by the formatter each slice
		t.Errorf("%d flushes", f.count(SyncCache))
	}
}

func TestPartitionDisk_FailedWriteIs69825(t *testing.T) {
	for _, c := range []struct {
		path string
		nth  int
		last string
	}{
		{"/dev/rdisk5", 0, "Unmounting disk"},
		{"/dev/rdisk5", 1, "Unmounting disk"},
		{"/dev/rdisk5", 2, "Unmounting disk"},
		{"/dev/rdisk5s1", 0, "Waiting for partitions to activate"},
		{"/dev/rdisk5s2", 2, "Formatting disk5s2 as Mac OS Extended (Journaled) with name RAID"},
	} {
		f := &fake{disk: testDisk()}
		f.failNth(Write, c.path, c.nth, EIO)
		if f.run(t, "diskutil partitionDisk disk5 GPT JHFS+ RAID R") != 1 {
			t.Errorf("%s, write %d: exit 0", c.path, c.nth)
		}
		end := strings.Join(f.out[len(f.out)-2:], "\n")
		same(t, "output", end, c.last+"\nError: -69825: Wiping volume data to prevent future accidental probing failed")
		// The flush is tried even so, then the node is closed; nothing follows.
		calls := strings.Split(strings.TrimSpace(f.story()), "\n")
		tail := calls[len(calls)-3:]
		if !strings.HasPrefix(tail[0], "write "+c.path+" ") || tail[1] != "synccache "+c.path || tail[2] != "close "+c.path {
			t.Errorf("ends with %q", tail)
		}
	}
}

func TestPartitionDisk_OtherErrors(t *testing.T) {
	for _, c := range []struct {
		name, line, end string
		fail            func(f *fake, c Call) (Reply, bool)
	}{
		{"busy", "diskutil partitionDisk disk5 JHFS+ A R", "Unmounting disk\nError: -69888: Couldn't unmount disk",
			func(_ *fake, c Call) (Reply, bool) { return Reply{Err: EBUSY}, c.Op == Unmount }},
		{"map", "diskutil partitionDisk disk5 JHFS+ A R", "Creating the partition map\nError: -69874: Couldn't modify partition map",
			func(_ *fake, c Call) (Reply, bool) { return Reply{Err: EIO}, c.Detail == "GPT backup header" }},
		{"no slice", "diskutil partitionDisk disk5 JHFS+ A R", "Waiting for partitions to activate\nError: -69877: Couldn't open device",
			func(_ *fake, c Call) (Reply, bool) {
				return Reply{Err: ENOENT}, c.Op == Open && c.Path != "/dev/rdisk5"
			}},
		{"formatter", "diskutil eraseDisk HFS+ A disk5",
			"newfs_hfs: write (sector 4098): Input/output error\nMounting disk\nCould not mount disk5s2 after erase\nError: -69832: File system formatter failed",
			func(f *fake, c Call) (Reply, bool) {
				return Reply{Bytes: 2 << 20, Err: EIO}, strings.Contains(c.Detail, "volume header") && c.Bytes == 512
			}},
		{"too large", "diskutil eraseDisk JHFS+ A MBR disk5", "Started erase on disk5\nError: -69659: The disk is too large to be supported by the given partition scheme", nil},
		{"too small", "diskutil partitionDisk disk5 JHFS+ A 67t", "Started partitioning on disk5\nError: the partitions do not fit on disk5", nil},
		{"unknown", "diskutil eraseDisk JHFS+ A disk9", "Started erase on disk9\nUnable to find disk for disk9",
			func(_ *fake, c Call) (Reply, bool) { return Reply{Err: ENOENT}, c.Op == Describe }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{disk: testDisk()}
			if c.fail != nil {
				f.fail = func(call Call) (Reply, bool) { return c.fail(f, call) }
			}
			if f.run(t, c.line) != 1 {
				t.Error("exit 0")
			}
			same(t, "output", strings.Join(f.out[len(f.out)-strings.Count(c.end, "\n")-1:], "\n"), c.end)
		})
	}
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		line   string
		blocks uint64
		want   string
	}{
		// [G] a 500 GB disk as gpt(8) shows it: HFS+ ends at 976510984, APFS at 976773128.
		{"partitionDisk disk5 JHFS+ A R", 976_773_168, "40+409600 409640+976101344"},
		{"partitionDisk disk5 APFS A R", 976_773_168, "40+409600 409640+976363488"},
		{"partitionDisk disk5 2 APFS A 50% APFS B R", 976_773_168, "40+409600 409640+488181744 488591384+488181744"},
		{"partitionDisk disk5 2 JHFS+ A 10g free x 0", 976_773_168, "40+409600 409640+19531248"},
		{"partitionDisk disk5 MBR HFS+ A R", 976_773_168, "2048+976508976"},
		{"partitionDisk disk5 APM HFS+ A R", 976_773_168, "1+63 64+976510960"},
		{"partitionDisk disk5 APFS A 600g APFS B R", 976_773_168, ""},
		{"partitionDisk disk5 APFS A R", 1000, ""},
	} {
		f := &fake{disk: &Disk{SizeBytes: c.blocks * block.Size}}
		f.run(t, "diskutil "+c.line)
		var got []string
		for _, call := range f.calls {
			if call.Meaning != nil && call.Meaning.Map != nil {
				got = got[:0]
				for _, s := range call.Meaning.Map.Slices {
					got = append(got, s.Extent.String())
				}
			}
		}
		same(t, c.line, strings.Join(got, " "), c.want)
	}
}

// Sizes of journals as newfs_hfs printed them on disks of these sizes.
func TestNewfsHFS_StaysInTheSlice(t *testing.T) {
	for _, c := range []struct{ bytes, journalKiB uint64 }{
		{31_300_000_000, 8192}, {1_000_000_000_000, 81920}, {3_000_000_000_000, 229376}, {66_000_000_000_000, 524288},
	} {
		if got := journalBytes(c.bytes) >> 10; got != c.journalKiB {
			t.Errorf("%d bytes: journal of %dk, want %dk", c.bytes, got, c.journalKiB)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		blocks := rapid.Uint64Range(leastPartitionBlocks, deviceBlocks).Draw(t, "blocks")
		n := newfsHFS(blocks, &Volume{FileSystem: "hfs", Journaled: rapid.Bool().Draw(t, "journaled")})
		for _, p := range append(n.before, n.after...) {
			if p.offset%block.Size != 0 || p.bytes%block.Size != 0 || p.bytes == 0 || p.offset+p.bytes > blocks*block.Size {
				t.Fatalf("%s: @%d, %d bytes in %d blocks", p.detail, p.offset, p.bytes, blocks)
			}
		}
		last := n.after[len(n.after)-1]
		if last.offset != (blocks-2)*block.Size {
			t.Fatalf("the last write is %s at %d", last.detail, last.offset)
		}
	})
}

func TestDiskutil_Verbs(t *testing.T) {
	d := testDisk()
	d.Scheme = schemeGPT
	d.Slices = []Slice{
		{Identifier: "disk5s1", Type: "EFI", Name: "EFI", Extent: block.Extent{Start: 40, Blocks: 409600}, FileSystem: "msdos"},
		{Identifier: "disk5s2", Type: "Apple_HFS", Name: "RAID", Extent: block.Extent{Start: 409640, Blocks: 128_905_578_184}, FileSystem: "hfs", Mount: "/Volumes/RAID"},
	}
	for _, c := range []struct{ line, out, calls string }{
		{"diskutil list", `
/dev/disk5 (external, physical):
   #:                       TYPE NAME                    SIZE       IDENTIFIER
   0:      GUID_partition_scheme                        *66.0 TB    disk5
   1:                        EFI EFI                     209.7 MB   disk5s1
   2:                  Apple_HFS RAID                    66.0 TB    disk5s2`, "describe"},
		{"diskutil mount disk5s1", "Volume EFI on disk5s1 mounted", "describe disk5\nmount disk5s1"},
		{"diskutil unmount /Volumes/RAID", "Volume RAID on disk5s2 unmounted", "describe\nunmount disk5s2"},
		{"diskutil unmount force disk5s2", "Volume RAID on disk5s2 unmounted", "describe disk5\nunmount disk5s2"},
		{"diskutil unmount disk5s1", "disk5s1 was already unmounted", "describe disk5"},
		{"diskutil unmountDisk disk5", "Unmount of all volumes on disk5 was successful", "describe disk5\nunmount disk5"},
		{"diskutil eject disk5", "Disk disk5 ejected", "describe disk5\nunmount disk5\neject disk5"},
		{"diskutil info disk5", `
   Device Identifier:         disk5
   Device Node:               /dev/disk5
   Whole:                     Yes
   Part of Whole:             disk5
   Device / Media Name:       RAID Volume Media
   Content (IOContent):       GUID_partition_scheme
   OS Can Be Installed:       No
   Media Type:                Generic
   Protocol:                  SCSI
   SCSI Domain ID:            1
   SCSI Target ID:            2
   SMART Status:              Not Supported
   Disk Size:                 66.0 TB (66000000000000 Bytes) (exactly 128906250000 512-Byte-Units)
   Device Block Size:         512 Bytes
   Media Read-Only:           No
   Device Location:           External
   Removable Media:           Fixed

   Write Cache:               enabled
   Driver:                    DriverKit`, "describe disk5"},
		{"sync", "", "sync"},
	} {
		f := &fake{disk: d}
		if f.run(t, c.line) != 0 {
			t.Errorf("%s: exit 1", c.line)
		}
		same(t, c.line, strings.Join(f.out, "\n"), c.out)
		same(t, c.line, f.story(), c.calls)
	}
}

func TestHumanBytes(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		want string
	}{{999, "999 B"}, {1000, "1.0 KB"}, {4096, "4.1 KB"}, {209_715_200, "209.7 MB"}, {999_949, "999.9 KB"}, {999_950, "1.0 MB"}, {66_012_926_386_176, "66.0 TB"}} {
		if got := humanBytes(c.n); got != c.want {
			t.Errorf("%d = %s, want %s", c.n, got, c.want)
		}
	}
}
