package workload

// ddSayings are those of dd and of its operands of place and size.
var ddSayings = []entry{
	{"dd", shapes, "Reads blocks and writes them. It issues neither F_FULLFSYNC nor an ioctl, so no dd by itself sends SYNCHRONIZE CACHE, whatever its operands.",
		[]string{fromDD}},

	{"dd if null", nothing, "Is at its end at once: nothing is read, and nothing written.", []string{fromManual}},
	{"dd if endless", nothing, "Makes its bytes in the host's memory and never ends: nothing is read from the box.", []string{fromManual}},
	{"dd if raw", shapes, "The raw node: each read(2) is one READ, split where it is larger than {raw}, and the next waits for it.", []string{fromSpec, fromStorage}},
	{"dd if buffered", shapes, "The buffered node: READs of one page ({page}), one ahead when they follow each other. A dd that has closed the node left no pages behind, " +
		"so the box answers and not the host's memory.", []string{fromSpec}},
	{"dd if volume", shapes, "A file on a volume: what the host has not in memory is read in clusters of at most {cluster}, one ahead.", []string{fromCluster}},
	{"dd if file", nothing, "A file on the host's own disk: reading it sends nothing to the box.", []string{fromManual}},

	{"dd of null", nothing, "Throws everything away: nothing is written to the box.", []string{fromManual}},
	{"dd of raw", shapes, "The raw node: each write(2) is a WRITE of its own size, split where it is larger than {raw}, and the next waits for it. Errors reach dd. " +
		"GOOD comes from the box's cache all the same: closing the node sends no SYNCHRONIZE CACHE.", []string{fromSpec, fromStorage}},
	{"dd of buffered", shapes, "The buffered node: the host cuts the run into pages of {page}, one WRITE each, at most {async} under way. The last close waits for them and " +
		"sends no SYNCHRONIZE CACHE. An error of such a WRITE goes to the kernel log and not to dd.", []string{fromSpec, fromBuffers}},
	{"dd of volume", shapes, "A file on a volume: full clusters of at most {cluster} leave while dd runs, the rest stays in the host's memory. dd asks for no flush; the " +
		"file system commits the new file's metadata later, and that commit sends SYNCHRONIZE CACHE.", []string{fromCluster, fromHFS}},
	{"dd of file", nothing, "A file on the host's own disk: nothing is written to the box.", []string{fromManual}},

	{"dd obs raw", shapes, "The size of each write(2), and on the raw node of each WRITE; what is larger than {raw} is split into WRITEs of at most that.",
		[]string{fromSpec, fromStorage}},
	{"dd obs raw odd", shapes, "No multiple of 512 bytes: the raw node refuses such a write(2) with EINVAL, and nothing is sent.", []string{fromSpec}},
	{"dd obs buffered", nothing, "The size of each write(2). It is whole pages, so nothing has to be read first; the WRITEs are pages of {page}, whatever it is.",
		[]string{fromSpec}},
	{"dd obs buffered odd", shapes, "The size of each write(2), and no multiple of a page ({page}): a page that is touched in part is read first, one READ, and goes out as one WRITE " +
		"when it is full. The last, partial page goes out at the close.", []string{fromSpec}},
	{"dd obs volume", nothing, "The size of each write(2) into the host's memory: the WRITEs are clusters of at most {cluster}, whatever it is.", []string{fromCluster}},
	{"dd obs null", nothing, "The size of each write(2): nothing of it is sent.", []string{fromDD}},
	{"dd obs file", nothing, "The size of each write(2) to the host's own disk: nothing of it is sent to the box.", []string{fromDD}},
	{"dd obs ignored", nothing, "Has no effect beside bs=, which sets both block sizes.", []string{fromDD}},

	{"dd ibs raw", shapes, "The size of each read(2), and on the raw node of each READ; what is larger than {raw} is split.", []string{fromSpec, fromStorage}},
	{"dd ibs buffered", nothing, "The size of each read(2): the READs are pages of {page}, whatever it is.", []string{fromSpec}},
	{"dd ibs volume", nothing, "The size of each read(2): the READs are clusters of at most {cluster}, whatever it is.", []string{fromCluster}},
	{"dd ibs null", nothing, "The size of each read(2), of which there is none.", []string{fromDD}},
	{"dd ibs endless", nothing, "The size of each read(2) from a device that makes its bytes in memory; with count= it says how much is copied.", []string{fromDD}},
	{"dd ibs file", nothing, "The size of each read(2) from the host's own disk; with count= it says how much is copied.", []string{fromDD}},
	{"dd ibs ignored", nothing, "Has no effect beside bs=, which sets both block sizes.", []string{fromDD}},

	{"dd count", shapes, "How many input blocks are copied: how much is sent, and not how.", []string{fromDD}},

	{"dd skip raw", shapes, "Starts to read that many input blocks into the disk.", []string{fromDD}},
	{"dd skip buffered", shapes, "Starts to read that many input blocks into the disk; a start inside a page reads the whole page.", []string{fromDD, fromSpec}},
	{"dd skip volume", shapes, "Starts to read that many input blocks into the file.", []string{fromDD}},
	{"dd skip file", nothing, "Starts to read that many input blocks into a file of the host: the same bytes are sent from another place.", []string{fromDD}},
	{"dd skip endless", nothing, "Passes over blocks of a device that makes its bytes in memory: no effect.", []string{fromDD}},
	{"dd skip null", nothing, "Passes over blocks of a device that has none: no effect.", []string{fromDD}},

	{"dd seek raw", shapes, "Starts to write that many output blocks into the disk: another LBA. From 2^32 on, READ and WRITE have 16-byte CDBs.",
		[]string{fromDD, fromStorage}},
	{"dd seek buffered", shapes, "Starts to write that many output blocks into the disk: another LBA. From 2^32 on, READ and WRITE have 16-byte CDBs; a start inside a page reads it first.",
		[]string{fromDD, fromSpec}},
	{"dd seek volume", shapes, "Starts to write that many output blocks into the file, and truncates it there unless conv=notrunc.", []string{fromDD}},
	{"dd seek file", nothing, "Starts to write that many output blocks into a file of the host.", []string{fromDD}},
	{"dd seek null", nothing, "Passes over blocks of a device that has none: no effect.", []string{fromDD}},
}

// ddFlagSayings are those of the values of conv=, iflag=, oflag= and status=.
var ddFlagSayings = []entry{
	{"dd conv fsync buffered", nothing, "fsync(2) before the close: on a device node it writes the host's buffers to the box and sends no SYNCHRONIZE CACHE. The close would have written " +
		"them as well. It makes nothing durable in the box.", []string{fromDD, fromSpec}},
	{"dd conv fsync raw", nothing, "fsync(2) before the close: the raw node has no buffers, so it returns 0 at once. It sends no SYNCHRONIZE CACHE and makes nothing durable.",
		[]string{fromDD, fromSpec}},
	{"dd conv fsync volume", shapes, "fsync(2) before the close: on macOS it writes the file out to the box and sends no SYNCHRONIZE CACHE; only F_FULLFSYNC does, and dd has none.",
		[]string{fromDD, fromFsync, fromHFS}},
	{"dd conv fsync file", nothing, "fsync(2) on a file of the host's own disk: nothing is sent to the box.", []string{fromDD, fromFsync}},
	{"dd conv fsync null", nothing, "fsync(2) on /dev/null: nothing is sent to the box.", []string{fromDD}},
	{"dd conv noerror", shapes, "Goes on behind an input block that cannot be read. Without read errors it changes nothing.", []string{fromDD, fromManual}},
	{"dd conv notrunc", nothing, "Does not truncate the output file. A device node has no length to truncate.", []string{fromDD, fromManual}},
	{"dd conv osync", shapes, "Pads the last output block with zeros to the full obs=: the last write(2) is longer. It has nothing to do with SYNCHRONIZE CACHE.",
		[]string{fromDD, fromManual}},
	{"dd conv sync", shapes, "Pads each short input block with zeros to the full ibs=. It has nothing to do with SYNCHRONIZE CACHE, fsync(2) or sync(2).",
		[]string{fromDD, fromManual}},

	{"dd iflag direct", nothing, "F_NOCACHE on the input: the model reads through it as without.", []string{fromDD}},
	{"dd iflag sync", nothing, "O_SYNC on the input: it says something about writes, and none go there.", []string{fromDD}},
	{"dd iflag fullblock", nothing, "Fills each input block before it is used. Files and disks give short blocks only at their end, so it changes nothing.",
		[]string{fromDD, fromManual}},

	{"dd oflag direct buffered", nothing, "F_NOCACHE: a buffered device node ignores it. It is not O_DIRECT of Linux; the raw node, /dev/rdisk, is what goes past the buffers.",
		[]string{fromDD, fromNode}},
	{"dd oflag direct raw", nothing, "F_NOCACHE: the raw node has no cache in the host to go past. The cache in the box is not concerned.", []string{fromDD, fromNode}},
	{"dd oflag direct volume", shapes, "F_NOCACHE: each write(2) is sent before it returns. The cache in the box is not concerned, and no SYNCHRONIZE CACHE is sent for it.",
		[]string{fromDD, fromCluster}},
	{"dd oflag direct file", nothing, "F_NOCACHE on a file of the host's own disk: nothing is sent to the box.", []string{fromDD}},
	{"dd oflag direct null", nothing, "F_NOCACHE on /dev/null: nothing is sent to the box.", []string{fromDD}},

	{"dd oflag sync buffered", shapes, "O_SYNC: one page at a time, and the next waits for its GOOD; errors reach dd. Still no FUA and no SYNCHRONIZE CACHE: GOOD comes from the " +
		"box's cache.", []string{fromDD, fromSpec}},
	{"dd oflag sync raw", nothing, "O_SYNC: the raw node writes one request at a time anyway. No FUA and no SYNCHRONIZE CACHE.", []string{fromDD, fromSpec}},
	{"dd oflag sync volume", shapes, "O_SYNC: each write(2) is sent before it returns. No FUA, and no SYNCHRONIZE CACHE for the data.", []string{fromDD, fromHFS}},
	{"dd oflag sync file", nothing, "O_SYNC on a file of the host's own disk: nothing is sent to the box.", []string{fromDD}},
	{"dd oflag sync null", nothing, "O_SYNC on /dev/null: nothing is sent to the box.", []string{fromDD}},

	{"dd status none", nothing, "Prints no summary. Nothing of it is sent.", []string{fromManual}},
	{"dd status noxfer", nothing, "Prints no line of speed. Nothing of it is sent.", []string{fromManual}},
	{"dd status progress", nothing, "Prints a line a second. Nothing of it is sent.", []string{fromManual}},
}
