// Package workload has the programs that people run, dd, cp and diskutil, as
// scripts of system calls, and reads the command lines that people type.
package workload

import (
	"time"

	"tbraid/internal/block"
)

// Program is a tool at work. It runs as a coroutine of the host: every method
// of the Shell returns when the model has done what was asked. The result is the
// exit status.
type Program func(Shell) int

// Shell is what the operating system offers to a program.
type Shell interface {
	// Call makes one system call, or a run of like ones.
	Call(Call) Reply
	Sleep(time.Duration)
	// Now is the time since power-on. dd prints the difference of two of them.
	Now() time.Duration
	// Print writes a line to the tool's output, worded as the real tool does.
	Print(line string)
}

// Op is a system call, or for Read and Write a run of like ones.
type Op uint8

// The calls. Which of them reach a device node, and what they send, is the
// host's business.
const (
	Open         Op = iota // Path, Flags -> File
	Close                  // File
	Read                   // File, Offset, Bytes, Request: read(2) calls of Request bytes each
	Write                  // the same for write(2); Content says what is written
	Fsync                  // File: fsync(2)
	FullFsync              // File: fcntl(F_FULLFSYNC)
	BarrierFsync           // File: fcntl(F_BARRIERFSYNC)
	SyncCache              // File: ioctl(DKIOCSYNCHRONIZECACHE) on a device node
	UnmapRange             // File, Offset, Bytes: ioctl(DKIOCUNMAP) on a device node
	Stat                   // Path -> Size, Dir, BlockBytes, Entries (of a directory: what is below it)
	Mkdir                  // Path, on a mounted volume
	Mount                  // Path is the slice (disk5s2), Target the mount point
	Unmount                // Path is a mount point, a slice or a disk: flushes and unmounts
	Eject                  // Path is a disk: flush, then stop unit
	Reprobe                // Path is a disk: read the partition map again after a writer has closed
	Describe               // Path is a disk, or empty for the only one -> Disk: what diskutil info shows
	SyncAll                // sync(2): every mounted volume
	Preallocate            // File, Bytes: fcntl(F_PREALLOCATE); no device I/O by itself
	SetLength              // File, Bytes: ftruncate(2)
	Drive                  // File, Depth, Source: pread(2) and pwrite(2) of so many threads on a raw device node
)

// Flags of Open.
type Flags uint8

// The flags, by the names of open(2) and fcntl(2).
const (
	ForRead Flags = 1 << iota
	ForWrite
	Create
	Truncate
	OSync   // O_SYNC
	NoCache // F_NOCACHE
	Force   // of Unmount, not of Open: MNT_FORCE
)

// Content is what a Write writes. Blocks of different content are told apart
// when they are read back.
type Content uint8

// Kinds of content.
const (
	Random   Content = iota // /dev/random: nothing else looks like it
	Zeros                   // /dev/zero, and what wipes write
	Pattern                 // a known pattern
	Metadata                // partition maps, file system structures
	Copy                    // what a file of the host holds
)

// Call is one call. Fields that an Op does not name are zero.
type Call struct {
	Op      Op
	Path    string
	Target  string
	File    int
	Flags   Flags
	Offset  uint64 // bytes
	Bytes   uint64 // total of the run
	Request uint64 // bytes of each call; the last may be shorter
	Content Content
	Depth   int      // Drive: requests under way at once
	Source  Source   // Drive: which requests
	Detail  string   // Mount: the file system; Write: what it is, for reports
	Meaning *Meaning // Write of Metadata: what a reader of these blocks will learn, nil for nothing
}

// Reply is what a call returned.
type Reply struct {
	File       int
	Bytes      uint64 // done before the error, if any
	Err        Errno
	Size       uint64  // Stat
	Dir        bool    // Stat
	BlockBytes uint64  // Stat: st_blksize; 0 means that the file system has no wish
	Entries    []Entry // Stat of a directory; a directory comes before what is in it
	Disk       *Disk   // Describe
}

// Entry is one file below a directory.
type Entry struct {
	Path string // relative to the directory
	Size uint64
	Dir  bool
}

// Disk is what diskutil info shows of a device.
type Disk struct {
	Identifier  string // disk5
	Node        string // /dev/disk5
	Media       string // device and media name
	Protocol    string // "SCSI", "Fibre Channel Interface"
	Domain      int    // SCSI domain id
	Target      int    // SCSI target id
	SizeBytes   uint64
	Scheme      string // of the partition map as last read, see Map; empty if there is none
	BlockBytes  uint64
	WriteCache  string // "enabled", "disabled", "unknown": as the block driver believes
	Slices      []Slice
	Internal    bool
	DriverLabel string // "kernel extension" or "DriverKit"
}

// Slice is a partition, with its mount point if it is mounted.
type Slice struct {
	Identifier string // disk5s1
	Type       string // EFI, Apple_HFS, Apple_APFS
	Name       string
	Extent     block.Extent
	FileSystem string // of the volume in it as last probed, see Volume; empty if there is none
	Mount      string
}

// Errno is a system call's error.
type Errno uint8

// The errors that the host returns. OK is none.
const (
	OK Errno = iota
	EIO
	ENOENT
	EINVAL
	EBUSY
	ENOSPC
	ENXIO
	ENOTTY
	EACCES
	EROFS
	ENOTDIR
	EISDIR
	EEXIST
)

// Meaning is what metadata says to whoever reads it back. The host keeps it by
// the version that the WRITE gave to its blocks, so a structure whose version is
// no longer on the device is lost, whatever the program believed.
type Meaning struct {
	Kind   Structure
	Map    *Map    // of the partition map structures
	Volume *Volume // of the volume headers
}

// Structure is a kind of metadata that a probe looks for.
type Structure uint8

// The structures. Those of a partition map stand at addresses of the whole disk,
// those of a volume at addresses of its slice, see Volume.HeaderBlock.
const (
	ProtectiveMBR   Structure = iota + 1 // block 0 of a GPT disk; says nothing by itself
	GPTHeader                            // block 1, and the last block of the disk
	GPTTable                             // blocks 2..33, and the 32 before the last block
	MBRTable                             // block 0 of an MBR disk: the whole map
	AppleMap                             // blocks 0..63 of an APM disk: the whole map
	VolumeHeader                         // what makes a slice a volume
	AlternateHeader                      // its copy near the end, for repair only
)

// Map is one partition map. A GPT header and a table belong together only if
// they hold the same *Map: that is what the CRC of the table in the header
// checks (UEFI 2.10, 5.3.2). Either pair of header and table is enough to read it.
type Map struct {
	Scheme string // GUID_partition_scheme, FDisk_partition_scheme, Apple_partition_scheme
	Slices []Slice
}

// Volume is what a volume header says.
type Volume struct {
	FileSystem string // hfs, apfs, msdos: what Mount takes as Detail
	Name       string
	Journaled  bool // HFS+ with a journal
}

// HeaderBlock is where in its slice the header of the volume stands.
func (v *Volume) HeaderBlock() block.LBA {
	if v.FileSystem == "hfs" {
		return 2 // TN1150: 1024 bytes from the start of the volume
	}
	return 0 // APFS: container superblock; FAT: boot sector
}
