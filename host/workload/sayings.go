package workload

// entry is what is said of one word in one situation. In the text, {page},
// {async}, {raw} and {cluster} stand for the limits of the host.
type entry struct {
	key     string // tool, operand, and value or situation
	effect  effect
	says    string
	sources []string
}

// effect is what a word does to the commands that reach the box.
type effect uint8

const (
	nothing effect = iota // none
	shapes                // which READs and WRITEs, their sizes or order; no flush
	flushes               // SYNCHRONIZE CACHE is sent
)

// saying finds the entry of a key.
func saying(key string) (entry, bool) {
	for _, all := range [...][]entry{ddSayings, ddFlagSayings, cpSayings, diskutilSayings, otherSayings} {
		for _, x := range all {
			if x.key == key {
				return x, true
			}
		}
	}
	return entry{}, false
}

// The sources, with the grade of what is taken from them: [C] read in code, [V] in
// a manual, [I] inferred, because the code is closed.
const (
	fromDD        = "[C] file_cmds-457.100.3, dd/dd.c and dd/args.c"
	fromManual    = "[V] dd(1)"
	fromSpec      = "[C] xnu-11417.101.15, bsd/miscfs/specfs/spec_vnops.c: spec_write, spec_fsync, spec_close"
	fromBuffers   = "[C] xnu-11417.101.15, bsd/vfs/vfs_bio.c: an asynchronous write returns 0"
	fromStorage   = "[C] IOStorageFamily-337.100.1, IOMediaBSDClient.cpp and IOBlockStorageDriver.cpp"
	fromCluster   = "[C] xnu-11417.101.15, bsd/vfs/vfs_cluster.c: cluster_write_copy"
	fromHFS       = "[C] hfs-715.100.10, hfs_fsync and the journal"
	fromFsync     = "[V] fsync(2) of macOS"
	fromCopyfile  = "[C] copyfile-224, copyfile.c; file_cmds-457.100.3, cp/utils.c"
	fromCPManual  = "[V] cp(1)"
	fromWipefs    = "[C] libutil-73, wipefs.cpp"
	fromDiskutil  = "[I] diskutil is closed; the order follows its messages"
	fromDiskMan   = "[V] diskutil(8)"
	fromUEFI      = "[V] UEFI 2.10, section 5.3"
	fromNewfs     = "[C] hfs-715.100.10, newfs_hfs/makehfs.c"
	fromAPFS      = "[I] APFS is closed; a flush for each checkpoint is assumed"
	fromNode      = "[I] xnu and IOStorageFamily, as their public code reads"
	fromSync      = "[C] xnu-11417.101.15, bsd/vfs/vfs_syscalls.c: sync_internal"
	fromHFSVolume = "[C] hfs-715.100.10, hfs_unmount"
)

// otherSayings are those of sync and sudo.
var otherSayings = []entry{
	{"sudo", nothing, "Runs the command as root, which opening a device node for writing needs. It sends nothing itself.", []string{"[V] sudo(8)"}},
	{"sync", flushes, "sync(2) goes to every mounted volume. HFS+ writes out its data and, if metadata are dirty, commits its journal, and that sends " +
		"SYNCHRONIZE CACHE; with nothing dirty nothing is sent. What was written to a device node is no concern of it.", []string{fromSync, fromHFS}},
}
