package workload

// cpSayings are those of cp.
var cpSayings = []entry{
	{"cp", shapes, "Copies as fcopyfile(3): F_PREALLOCATE, a loop of reads and writes, ftruncate. No fsync(2), no F_FULLFSYNC, no F_NOCACHE: cp itself makes nothing durable.",
		[]string{fromCopyfile}},
	{"cp -R", shapes, "Copies what is below a folder as well: more files, each in the same way. A file is new metadata, and those are what the file system flushes for.",
		[]string{fromCPManual}},
	{"cp -r", shapes, "As -R, in its older spelling.", []string{fromCPManual}},
	{"cp -a", shapes, "As -pPR: folders, modes and links. Not one of the three flushes.", []string{fromCPManual}},
	{"cp -p", nothing, "Keeps modes, times and owners: metadata of a file whose metadata are dirty anyway. The model adds no WRITE for it.", []string{fromCPManual}},
	{"cp -X", nothing, "Leaves extended attributes behind. The model's files have none.", []string{fromCPManual}},
	{"cp -H", nothing, "With -R: follows a symbolic link on the command line. The model's files have none.", []string{fromCPManual}},
	{"cp -L", nothing, "With -R: follows symbolic links. The model's files have none.", []string{fromCPManual}},
	{"cp -P", nothing, "With -R: copies symbolic links as links. The model's files have none.", []string{fromCPManual}},
	{"cp -n", shapes, "Leaves a file alone that is there already: it is not written.", []string{fromCPManual}},
	{"cp -f", nothing, "Replaces a target that cannot be opened, and takes -n back. It forces nothing out to the disk.", []string{fromCPManual}},
	{"cp -v", nothing, "Prints what is copied. Nothing of it is sent.", []string{fromCPManual}},
	{"cp --", nothing, "Ends the flags.", []string{"[V] getopt(3)"}},
	{"cp source file", nothing, "On the host's own disk: reading it sends nothing to the box.", []string{fromCopyfile}},
	{"cp source null", nothing, "An empty file: nothing is read.", []string{fromCopyfile}},
	{"cp source volume", shapes, "On a volume: what the host has not in memory is read in clusters of at most {cluster}, one ahead.", []string{fromCopyfile, fromCluster}},
	{"cp target volume", shapes, "On a volume: full clusters of at most {cluster} leave while cp runs, the rest stays in the host's memory. What makes them durable is the file system: it commits the " +
		"new metadata, within about 5 s for HFS+, and that flush covers all that the box has acknowledged by then.", []string{fromCluster, fromHFS, fromAPFS}},
	{"cp target file", nothing, "On the host's own disk: nothing is written to the box.", []string{fromCopyfile}},
	{"cp target endless", nothing, "A device that takes everything and keeps nothing: nothing is written to the box.", []string{fromCopyfile}},
	{"cp target null", nothing, "Throws everything away: nothing is written to the box.", []string{fromCopyfile}},
}

// diskutilSayings are those of diskutil.
var diskutilSayings = []entry{
	{"diskutil", nothing, "Talks to the storage frameworks; what is sent depends on the verb.", []string{fromDiskMan, fromDiskutil}},
	{"diskutil list", nothing, "Shows what the registry holds since the probe. No command is sent to the box.", []string{fromDiskMan, fromDiskutil}},
	{"diskutil info", nothing, "Shows what the registry holds since the probe. No command is sent to the box.", []string{fromDiskMan, fromDiskutil}},
	{"diskutil partitionDisk", flushes, "Unmounts, wipes both ends and the middle with write(2)s of 128 KiB on the raw node, writes a partition map, then wipes, formats and mounts each partition. Each wipe " +
		"ends in DKIOCSYNCHRONIZECACHE, which is SYNCHRONIZE CACHE, and its result is thrown away; what is written after the last of them no flush of diskutil covers.",
		[]string{fromWipefs, fromStorage, fromDiskutil}},
	{"diskutil eraseDisk", flushes, "As partitionDisk with one partition over the whole disk: wipes that end in SYNCHRONIZE CACHE, a partition map, a file system. Blocks of the old content stay.",
		[]string{fromWipefs, fromStorage, fromDiskutil}},
	{"diskutil mount", shapes, "Reads the structures of the volume, and replays its journal if need be.", []string{fromHFS, fromAPFS}},
	{"diskutil unmount", flushes, "Writes out what the volume has in memory, commits its journal, writes its header and sends SYNCHRONIZE CACHE, which covers the whole box. Its result is ignored.",
		[]string{fromHFSVolume, fromHFS}},
	{"diskutil unmountDisk", flushes, "Unmounts every volume of the disk: each writes out its data and metadata and sends SYNCHRONIZE CACHE. With none mounted, nothing is sent.",
		[]string{fromHFSVolume, fromHFS}},
	{"diskutil eject", flushes, "Unmounts every volume, then sends SYNCHRONIZE CACHE for the whole box, whose result is thrown away, and START STOP UNIT. It is the plain way to a flush of what dd " +
		"wrote to the node.", []string{fromHFSVolume, fromStorage}},
	{"diskutil disk", nothing, "Which disk, slice or mount point is meant. diskutil writes to the raw node, whether it is named disk5 or /dev/disk5.", []string{fromDiskMan, fromDiskutil}},
	{"diskutil filter", nothing, "Narrows the list. Nothing of it is sent.", []string{fromDiskMan}},
	{"diskutil force", nothing, "Unmounts although files are open, MNT_FORCE: what is in memory is written out all the same.", []string{fromDiskMan}},
	{"diskutil count", nothing, "How many partitions follow; it may be left out.", []string{fromDiskMan}},
	{"diskutil scheme " + schemeGPT, shapes, "A GPT: protective MBR, header and table at the start, their copies at the end of the disk, where a large disk needs WRITE(16); and an EFI partition, " +
		"which gets a file system of its own.", []string{fromUEFI, fromDiskMan}},
	{"diskutil scheme " + schemeMBR, shapes, "An MBR: one block at the start, and addresses of 32 bits, so at most 2.2 TB.", []string{fromDiskMan}},
	{"diskutil scheme " + schemeAPM, shapes, "An Apple partition map: the first 64 blocks, and addresses of 32 bits, so at most 2.2 TB.", []string{fromDiskMan}},
	{"diskutil format JHFS+", shapes, "Mac OS Extended with a journal: newfs_hfs writes headers, trees and an empty journal, in writes of 1 MiB, and flushes nothing itself.",
		[]string{fromNewfs}},
	{"diskutil format HFS+", shapes, "Mac OS Extended without a journal: newfs_hfs writes headers and trees, in writes of 1 MiB, and flushes nothing itself.", []string{fromNewfs}},
	{"diskutil format APFS", shapes, "APFS: a container and one volume in it.", []string{"[I] newfs_apfs is closed; what it writes is assumed"}},
	{"diskutil format free", nothing, "Leaves the space free: no file system, nothing is written there.", []string{fromDiskMan}},
	{"diskutil name", nothing, "The name of the volume, in its metadata and its mount point: no command more or less.", []string{fromDiskMan}},
	{"diskutil size", shapes, "How large the partition is: where it ends, and how large the structures of its file system are.", []string{fromDiskMan, fromNewfs}},
}
