package workload

import (
	"fmt"
	"strings"

	"tbraid/internal/block"
)

// formatNames are the formats that are modelled. free leaves its space empty.
const formatNames = "JHFS+ HFS+ APFS free"

// format is a file system that diskutil can make.
type format struct {
	label     string // as "Formatting disk5s2 as ..." says it
	sliceType string
	volume    Volume // without its name
	newfs     func(sliceBlocks uint64, v *Volume) newfs
	gapBlocks uint64 // left free behind the partition
}

// hfsGapBlocks is the 128 MiB that stay free behind an HFS+ partition, so that
// space can be found there later.
const hfsGapBlocks = 128 << 20 / block.Size // [G] Technical Note TN2166

func formatNamed(name string) (format, bool) {
	hfs := format{"Mac OS Extended", "Apple_HFS", Volume{FileSystem: "hfs"}, newfsHFS, hfsGapBlocks}
	switch strings.ToLower(name) {
	case "jhfs+", "hfs+j", "journaled hfs+", "mac os extended (journaled)":
		hfs.label += " (Journaled)"
		hfs.volume.Journaled = true
		return hfs, true
	case "hfs+", "mac os extended":
		return hfs, true
	case "apfs":
		return format{"APFS", "Apple_APFS", Volume{FileSystem: "apfs"}, newfsAPFS, 0}, true
	case "free", "free space":
		return format{}, true
	}
	return format{}, false
}

// empty tells that the format is free space.
func (f format) empty() bool { return f.newfs == nil }

// The schemes, as diskutil list names them.
const (
	schemeGPT = "GUID_partition_scheme"
	schemeMBR = "FDisk_partition_scheme"
	schemeAPM = "Apple_partition_scheme"
)

// scheme is a kind of partition map.
type scheme struct {
	name       string
	firstBlock block.LBA // of the first data partition
	tailBlocks uint64    // of the map's copy at the end
	mostBlocks uint64    // of a disk that it can describe
}

// GPT: UEFI 2.10, section 5.3; the EFI partition of 200 MiB, which diskutil list
// shows as 209.7 MB, is what diskutil makes on every disk.
const (
	gptTableBlocks = 32 // 128 entries of 128 bytes
	efiFirstBlock  = 40 // [G]
	efiBlocks      = 200 << 20 / block.Size
)

func gpt() scheme {
	return scheme{schemeGPT, efiFirstBlock + efiBlocks, gptTableBlocks + 1, 1 << 63}
}

func schemeNamed(name string) (scheme, bool) {
	switch strings.TrimSuffix(strings.ToLower(name), "format") {
	case "gpt":
		return gpt(), true
	case "mbr": // [G] starts and lengths of 32 bits; the first partition at 1 MiB
		return scheme{schemeMBR, 2048, 0, 1 << 32}, true
	case "apm": // [G] 32 bits too; the map takes blocks 1..63 and is slice 1
		return scheme{schemeAPM, appleMapBlocks, 0, 1 << 32}, true
	}
	return scheme{}, false
}

const appleMapBlocks = 64

// partition is one FORMAT NAME SIZE.
type partition struct {
	format format
	name   string
	size   size
}

// partitioning is a partitionDisk or an eraseDisk.
type partitioning struct {
	disk   string
	scheme scheme
	parts  []partition
}

// alignBlocks is what starts and ends of partitions are multiples of: 4 KiB.
const alignBlocks = 8

// leastPartitionBlocks is below what a formatter's own structures need.
// guess: 64 MiB
const leastPartitionBlocks = 64 << 20 / block.Size

// layout places the partitions on a disk of that many blocks. The last one is
// lengthened to the end, as diskutil(8) says under partitionDisk. It is false if
// they do not fit.
func (p *partitioning) layout(diskBlocks uint64) (*Map, bool) {
	first := uint64(p.scheme.firstBlock)
	if diskBlocks < first+p.scheme.tailBlocks {
		return nil, false
	}
	m := &Map{Scheme: p.scheme.name, Slices: p.scheme.ownSlices(p.disk)}
	end := diskBlocks - p.scheme.tailBlocks
	at := first
	for i, part := range p.parts {
		room := end - min(end, at+part.format.gapBlocks)
		blocks := part.size.blocks(end - first)
		if i == len(p.parts)-1 {
			if part.size.percent == 0 && blocks > room {
				return nil, false
			}
			blocks = room
		}
		after := (at + blocks) / alignBlocks * alignBlocks
		if !part.format.empty() {
			if blocks > room || after < at+leastPartitionBlocks {
				return nil, false
			}
			m.Slices = append(m.Slices, Slice{
				Identifier: fmt.Sprintf("%ss%d", p.disk, len(m.Slices)+1),
				Type:       part.format.sliceType,
				Name:       part.name,
				Extent:     block.Between(block.LBA(at), block.LBA(after)),
			})
		}
		at = roundUp(max(after, at)+part.format.gapBlocks, alignBlocks)
	}
	return m, true
}

// ownSlices are the slices that come with the scheme itself.
func (s scheme) ownSlices(disk string) []Slice {
	switch s.name {
	case schemeGPT:
		return []Slice{{Identifier: disk + "s1", Type: "EFI", Name: "EFI", Extent: block.Extent{Start: efiFirstBlock, Blocks: efiBlocks}}}
	case schemeAPM:
		return []Slice{{Identifier: disk + "s1", Type: "Apple_partition_map", Extent: block.Extent{Start: 1, Blocks: appleMapBlocks - 1}}}
	}
	return nil
}

// blocks is what the size asks for, of that many usable ones; the remainder
// asks for nothing by itself.
func (s size) blocks(usable uint64) uint64 {
	if s.percent > 0 {
		return usable * s.percent / 100
	}
	return s.bytes / block.Size
}
