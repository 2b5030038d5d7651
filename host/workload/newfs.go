package workload

import (
	"fmt"

	"tbraid/internal/block"
)

// put is one write, or a run of like writes, of a formatter.
type put struct {
	offset  uint64 // bytes from the start of the slice
	bytes   uint64
	request uint64 // bytes of each write
	content Content
	detail  string
	meaning *Meaning
}

// newfs is what a formatter writes: some of it before it wipes the slice by
// itself, the rest after.
type newfs struct {
	tool          string
	before, after []put
}

// newfsRequestBytes is the size of newfs_hfs's writes, as in the message
// "newfs_hfs: WriteBuffer: pwrite(3, ..., 1048576, 2101248)" that users quote.
const newfsRequestBytes = 1 << 20

// HFS+ as newfs_hfs lays it out (hfs-715, newfs_hfs/makehfs.c, newfs_hfs.c).
const (
	hfsHeaderSector    = 2 // the volume header; its copy is 2 sectors before the end
	hfsTailSectors     = 2
	hfsBlockBytes      = 4096 // doubled until the blocks can be counted in 32 bits
	hfsBTreeNodeBytes  = 8192 // catalog and attributes; the extents tree has 4096
	hfsExtentNodeBytes = 4096
	hfsJournalStep     = 8 << 20   // bytes of journal for each 100 GiB begun
	hfsJournalMost     = 512 << 20 // bytes
)

// hfsLayout is where the parts of a new HFS+ volume lie, in bytes.
type hfsLayout struct {
	blockBytes               uint64
	bitmap, bitmapBytes      uint64
	journal, journalBytes    uint64 // the journal info block, then the journal
	extents, extentsBytes    uint64
	attributes, catalog      uint64
	attributeBytes, catBytes uint64
}

// layoutHFS follows InitVH: header, bitmap, journal, extents tree, attributes
// tree with room for ten more of its size, catalog.
func layoutHFS(sliceBlocks uint64, journaled bool) hfsLayout {
	bytes := sliceBlocks * block.Size
	l := hfsLayout{blockBytes: hfsBlockBytes}
	for bytes/l.blockBytes >= 1<<32 {
		l.blockBytes *= 2
	}
	blocks := bytes / l.blockBytes
	next := l.blockBytes // boot blocks and header share the first block
	take := func(n uint64) (start, length uint64) {
		start, length = next, roundUp(n, l.blockBytes)
		next += length
		return start, length
	}
	l.bitmap, l.bitmapBytes = take((blocks + 7) / 8)
	if journaled {
		l.journal, _ = take(l.blockBytes)
		_, l.journalBytes = take(journalBytes(bytes))
	}
	attributes, catalog, extents := clumpBytes(sliceBlocks)
	l.extents, l.extentsBytes = take(extents)
	l.attributes, l.attributeBytes = take(attributes)
	next += 10 * l.attributeBytes
	l.catalog, l.catBytes = take(catalog)
	return l
}

// journalBytes is 8 MiB for each 100 GiB begun, at most 512 MiB: "a 931 GB
// case-insensitive HFS Plus volume with a 81920k journal".
func journalBytes(volumeBytes uint64) uint64 {
	return min((volumeBytes>>30/100+1)*hfsJournalStep, hfsJournalMost)
}

// clumpBytes is how much newfs_hfs gives to the attributes, catalog and extents
// trees (newfs_hfs.c, clumptbl and CalcHFSPlusBTreeClumpSize).
func clumpBytes(sliceBlocks uint64) (attributes, catalog, extents uint64) {
	if sliceBlocks < 0x200000 { // below 1 GiB: 0.8 %
		n := max(sliceBlocks<<2/hfsBTreeNodeBytes, 8) * hfsBTreeNodeBytes
		return n, n, n
	}
	table := [...][3]uint64{ // MiB, from 1 GiB on, each row twice the volume
		{4, 4, 4}, {6, 6, 4}, {8, 8, 4}, {11, 11, 5}, {64, 32, 5}, {84, 49, 6}, {111, 74, 7}, {147, 111, 8},
		{194, 169, 9}, {256, 256, 11}, {294, 294, 14}, {338, 338, 16}, {388, 388, 20}, {446, 446, 25}, {512, 512, 32},
	}
	i := 0
	for s := sliceBlocks >> 22; s > 0 && i < len(table)-1; s >>= 1 {
		i++
	}
	return table[i][0] << 20, table[i][1] << 20, table[i][2] << 20
}

// newfsHFS zeroes everything up to the end of the attributes tree and the
// catalog, wipes, then writes the structures, the two headers last (makehfs.c,
// make_hfsplus).
func newfsHFS(sliceBlocks uint64, v *Volume) newfs {
	l := layoutHFS(sliceBlocks, v.Journaled)
	last := sliceBlocks*block.Size/l.blockBytes - 1
	metadata := func(offset, bytes uint64, detail string) put {
		return put{offset: offset, bytes: bytes, request: newfsRequestBytes, content: Metadata, detail: detail}
	}
	zeros := func(offset, bytes uint64, detail string) put {
		return put{offset: offset, bytes: bytes, request: newfsRequestBytes, content: Zeros, detail: detail}
	}
	n := newfs{tool: "newfs_hfs", before: []put{
		zeros(0, l.attributes+l.attributeBytes, "HFS+ metadata zone, zeroed"),
		zeros(l.catalog, l.catBytes, "HFS+ catalog, zeroed"),
	}}
	used := roundUp((l.catalog+l.catBytes)/l.blockBytes/8, block.Size)
	n.after = []put{
		metadata(l.bitmap, max(used, 2*hfsBTreeNodeBytes, l.blockBytes), "HFS+ allocation bitmap"),
		metadata(l.bitmap+last/8/block.Size*block.Size, block.Size, "HFS+ allocation bitmap, last block"),
		metadata(l.extents, hfsExtentNodeBytes, "HFS+ extents tree"),
		metadata(l.attributes, hfsBTreeNodeBytes, "HFS+ attributes tree"),
		metadata(l.catalog, 2*hfsBTreeNodeBytes, "HFS+ catalog tree"),
	}
	if v.Journaled {
		n.after = append(n.after,
			metadata(l.journal+l.blockBytes, block.Size, "HFS+ journal header"),
			metadata(l.journal, l.blockBytes, "HFS+ journal info block"))
	}
	header := metadata(hfsHeaderSector*block.Size, block.Size, "HFS+ volume header")
	header.meaning = &Meaning{Kind: VolumeHeader, Volume: v}
	alternate := metadata((sliceBlocks-hfsTailSectors)*block.Size, block.Size, "HFS+ alternate volume header")
	alternate.meaning = &Meaning{Kind: AlternateHeader, Volume: v}
	n.after = append(n.after, header, alternate)
	return n
}

// hfsReport is what newfs_hfs prints when it is done.
func hfsReport(node Node, sliceBlocks uint64, v *Volume) string {
	gib := (sliceBlocks*block.Size + 1<<29) >> 30
	size := fmt.Sprintf("%d GB", gib)
	if gib >= 1024 {
		size = fmt.Sprintf("%d TB", (gib+512)/1024)
	}
	s := fmt.Sprintf("Initialized %s as a %s case-insensitive HFS Plus volume", node.Path(), size)
	if v.Journaled {
		s += fmt.Sprintf(" with a %dk journal", journalBytes(sliceBlocks*block.Size)>>10)
	}
	return s
}

// APFS by Apple's File System Reference (2020): blocks of 4096 bytes, block 0 a
// copy of the container superblock, after it the checkpoint descriptors.
// newfs_apfs is closed: how much it writes, and in which order, is not known.
const (
	apfsBlockBytes      = 4096
	apfsCheckpointBytes = 1 << 20  // guess: descriptors and data of the first checkpoint
	apfsTreesBytes      = 64 << 10 // guess: object map, volume superblock, root trees
)

func newfsAPFS(_ uint64, v *Volume) newfs {
	return newfs{tool: "newfs_apfs", after: []put{
		{offset: apfsBlockBytes + apfsCheckpointBytes, bytes: apfsTreesBytes, request: apfsTreesBytes, content: Metadata,
			detail: "APFS trees"},
		{offset: apfsBlockBytes, bytes: apfsCheckpointBytes, request: newfsRequestBytes, content: Metadata, detail: "APFS checkpoint"},
		{offset: 0, bytes: apfsBlockBytes, request: apfsBlockBytes, content: Metadata, detail: "APFS container superblock",
			meaning: &Meaning{Kind: VolumeHeader, Volume: v}},
	}}
}

// FAT32 as newfs_msdos makes it in an EFI partition of 409,600 sectors: "bps=512
// spc=1 res=32 nft=2 bspf=3151 infs=1 bkbs=6".
const (
	fatReservedSectors = 32
	fatSectors         = 3151
	fatBackupSector    = 6
)

func newfsFAT(_ uint64, v *Volume) newfs {
	header := &Meaning{Kind: VolumeHeader, Volume: v}
	const tables = 2 * fatSectors * block.Size
	return newfs{tool: "newfs_msdos", after: []put{
		{offset: 0, bytes: 2 * block.Size, request: 2 * block.Size, content: Metadata, detail: "FAT32 boot sector",
			meaning: header},
		{offset: fatBackupSector * block.Size, bytes: 2 * block.Size, request: 2 * block.Size, content: Metadata,
			detail:  "FAT32 backup boot sector",
			meaning: &Meaning{Kind: AlternateHeader, Volume: v}},
		// guess: 128 KiB a write; older ones went sector by sector
		{offset: fatReservedSectors * block.Size, bytes: tables, request: wipeBufferBytes, content: Metadata, detail: "FAT32 tables"},
		{offset: fatReservedSectors*block.Size + tables, bytes: block.Size, request: block.Size, content: Metadata,
			detail: "FAT32 root directory"},
	}}
}

// format runs the formatter on an open raw node. It is false after the first
// write that failed, of which the formatter prints the sector.
func (n newfs) format(sh Shell, file int, sliceBlocks uint64) bool {
	if !n.write(sh, file, n.before) {
		return false
	}
	wipe(sh, file, sliceBlocks) // newfs ignores the result (makehfs.c, "(void) dowipefs")
	return n.write(sh, file, n.after)
}

func (n newfs) write(sh Shell, file int, puts []put) bool {
	for _, p := range puts {
		r := sh.Call(Call{
			Op: Write, File: file, Offset: p.offset, Bytes: p.bytes, Request: p.request,
			Content: p.content, Detail: p.detail, Meaning: p.meaning,
		})
		if err := failed(r, p.bytes); err != OK {
			sh.Print(fmt.Sprintf("%s: write (sector %d): %s", n.tool, (p.offset+r.Bytes)/block.Size, err))
			return false
		}
	}
	return true
}

func roundUp(n, unit uint64) uint64 { return (n + unit - 1) / unit * unit }
