package report

import (
	"strings"

	"tbraid/lab"
	"tbraid/sim/ledger"
)

// wording is what a report says in one of two ways: for people who know SCSI, or
// with Options.Plain for people who have never seen it.
type wording struct {
	legend  [len(glyphs)]string
	verbs   map[grade]string
	where   map[grade]string
	classes map[string]string // with layer and cause

	allSafe, noneSafe, someSafe, broken string // of summaryText

	reset, shorn, model string // notes
	replayed            string
}

func (o Options) verdictWords() *wording {
	if o.Plain {
		return &plain
	}
	return &technical
}

var technical = wording{
	legend: legend,
	verbs: map[grade]string{
		failed:   "the tool fails on %s under %s",
		silent:   "%s: WRITEs failed and the tool was not told under %s",
		broken:   "%s: promised data lost under %s",
		damaged:  "%s: older, promised data destroyed under %s",
		lost:     "%s: acknowledged data lost under %s",
		unjudged: "%s: nothing was judged under %s",
	},
	where: map[grade]string{failed: "where the tool failed", silent: "where the WRITEs failed",
		broken: "where a promise was broken", damaged: "where damaged", lost: "where lost", kept: "where kept"},
	classes: map[string]string{
		"violation":      "A promise broken by the %s: %s",
		"permitted-loss": "No promise broken; the %s could have prevented it: %s",
		"collateral":     "Collateral of the %s: %s",
	},
	allSafe:  "None of the %d policies loses anything that was acknowledged.",
	noneSafe: "Each of the %d policies loses acknowledged data in some case",
	someSafe: "Of %d policies, %s %s nothing that was acknowledged, in any case",
	broken:   "; promises are broken under %s",
	reset:    "At a reset data go only if the firmware drops a volatile cache when the bus is reset or a driver attaches, which these policies assume (host_reset: drop) and no source settles.",
	shorn:    "The event left WRITEs half done (shorn) in %s, at most %d in a run. SCSI promises no command as a whole across a power loss.",
	model:    "The report says what this model does under these assumptions. It does not say what happened on anyone's desk.",
	replayed: "metadata written in place after the last flush was lost, and the journal put it back",
}

var plain = wording{
	legend: [...]string{
		"everything that was reported as written is still there",
		"it was reported as written, and it is gone; nobody had said that it was safe yet",
		"older data, which had been safe, were destroyed by a later write",
		"somebody had said that it was safe, and it is gone",
		"writing failed and the program was not told: it believes that all is well",
		"the program itself reported an error: you would have noticed",
		"nobody looked",
	},
	verbs: map[grade]string{
		failed:   "the program fails on %s under %s",
		silent:   "%s: writing failed and nobody was told under %s",
		broken:   "%s: data that were said to be safe are gone under %s",
		damaged:  "%s: older data, safe until then, are destroyed under %s",
		lost:     "%s: data that were reported as written are gone under %s",
		unjudged: "%s: nobody looked under %s",
	},
	where: map[grade]string{failed: "where the program failed", silent: "where writing failed",
		broken: "where they had been called safe", damaged: "where they were destroyed", lost: "where they are gone", kept: "where all was kept"},
	classes: map[string]string{
		"violation":      "Somebody had said that the data were safe. They were not, because of the %s: %s",
		"permitted-loss": "Nobody had said that the data were safe. The %s could have seen to it: %s",
		"collateral":     "Older data were destroyed on the way, because of the %s: %s",
	},
	allSafe:  "None of the %d settings of the box loses anything that was reported as written.",
	noneSafe: "Each of the %d settings of the box loses data in some case that had been reported as written",
	someSafe: "Of %d settings of the box, %s %s nothing that was reported as written, in any case",
	broken:   "; under %s data are gone that had been called safe",
	reset:    "A box that keeps its power loses data at a restart only if its own software empties its memory when the computer comes back. These settings assume that it does; nobody has published whether real ones do.",
	shorn:    "In %s single writes were cut in two, at most %d in a run. No disk promises that a write is done as a whole when the power goes.",
	model:    "This is what a model of the box does. It is not what happened on anyone's desk.",
	replayed: "bookkeeping of the file system was lost, and its own journal put it back",
}

// causeText says why data were lost, and what took them.
func (o Options) causeText(c *lab.Cause) string {
	if !o.Plain {
		if c.Taken != "" {
			return c.Text + "; then " + c.Taken
		}
		return c.Text
	}
	s := plainCauses[c.Name]
	for _, taken := range ledger.Causes() {
		if taken.Text() == c.Taken {
			s += "; then " + plainCauses[taken.String()]
		}
	}
	return s
}

// layer is a part of the house by the name that people know it by.
func (o Options) layer(name string) string {
	if words, ok := plainLayers[name]; ok && o.Plain {
		return words
	}
	return name
}

var plainLayers = map[string]string{
	"firmware":         "software in the box",
	"driver":           "driver, the software between macOS and the box",
	"member disks":     "disks in the box",
	"cache protection": "battery of the box",
	"array":            "group of disks as a whole",
}

// plainCauses has a sentence for each cause, without a word that only those know who
// know SCSI.
var plainCauses = map[string]string{
	"never-asked":          "nothing told the box to bring the data to the disks after they were handed over",
	"fsync-on-node":        "fsync(2) on a disk that is opened as a file empties the computer's own memory into the box; it does not tell the box to bring the data to the disks",
	"cache-unseen":         "macOS did not know that the box keeps data in memory for a while, so it never told it to bring them to the disks",
	"driver-gone":          "at the restart macOS had already ended the driver when it wanted to tell the box to bring everything to the disks, so the box was never told",
	"flush-cut":            "the box had been told to bring the data to the disks and was not done when it happened",
	"driver-swallowed":     "the driver was told to pass on \"bring everything to the disks\", answered that it was done, and passed nothing on",
	"driver-failed":        "the driver refused to pass on \"bring everything to the disks\", and macOS ignores such a refusal",
	"misdirected":          "the driver cut a large address short, so the data went to another place",
	"driver-drops-fua":     "the driver removed the mark that says \"not done before it is on the disks\"",
	"driver-zeroes":        "the driver gave the box zeros in place of the data",
	"driver-answers-early": "the driver said that the data were with the box, and never sent them",
	"firmware-acks":        "the box was told to bring the data to the disks, answered that it was done, and had done nothing",
	"firmware-fails":       "the box refused to bring the data to the disks, and macOS ignores such a refusal",
	"fua-ignored":          "the box ignored the mark that says \"not done before it is on the disks\"",
	"hidden-cache":         "the box said that it keeps nothing in memory, and did",
	"members-unflushed":    "the data had left the memory of the box, but sat in the memory of one of its disks, which nobody had told to write them",
	"vault-short":          "the stored energy did not last to copy everything from memory to flash",
	"hold-up-exceeded":     "the power stayed away for longer than the battery lasts",
	"dropped-at-reset":     "the box emptied its memory when the computer came back to it",
	"dropped-at-link-loss": "the box emptied its memory when the cable was gone",
	"lost-in-crash":        "the software of the box crashed and began again with an empty memory",
	"power-lost":           "the data were in the memory of the box, which forgets without power",
	"torn":                 "the power went in the middle of writing, and the piece of disk under the head was left half written",
	"write-hole":           "the spare information of a group of disks did not match the data after the cut, and the content of a missing disk was worked out from it",
	"array-lost":           "more disks are missing than the group can do without",
}

// inPlain takes the words of the field out of a sentence that was made for those who
// use them.
var inPlain = strings.NewReplacer(
	"SYNCHRONIZE CACHE", "\"bring everything to the disks\"",
	"ioctl(DKIOCSYNCHRONIZECACHE) on ", "a program that tells the box to bring everything to the disks, through ",
	"SYNC flushes all", "told to, it brings everything to the disks",
	"SYNC empties the controller cache", "told to bring everything to the disks, it does so as far as their own memories",
	"SYNC is acknowledged only", "told to bring everything to the disks, it says yes and does nothing",
	"write-back, volatile", "fast: done when it is in memory",
	"write-back", "fast: done when it is in memory",
	"write-through", "slow: done when it is on the disks",
	"destages its cache", "brings its memory to the disks",
	"destages what it reads", "brings to the disks what it reads",
	"destages", "brings to the disks",
	"destaged", "brought to the disks",
	"firmware", "software in the box",
	"write caches of the members", "memories of the disks",
	"members included", "the memories of the disks included",
	"the controller cache", "its memory",
	"cache", "memory",
	"pages", "data",
	"when it sees the halt state", "when it learns that the computer stops",
	"WRITEs", "writes", "WRITE", "write", "READs", "reads", "READ", "read",
	"where 16-byte CDBs begin", "where addresses need a longer form of the command",
	"a buffered device node writes asynchronously, and the error ends in the kernel log, not at the tool",
	"macOS writes later than the program does, and the error ends in a log that nobody reads, not at the program",
	"at LBA", "at block", "volatile", "that forgets",
)

// say is a sentence as the reader wants it.
func (o Options) say(s string) string {
	if o.Plain {
		return inPlain.Replace(s)
	}
	return s
}

// changeWords are those above the trials.
func (o Options) changeWords() string {
	switch {
	case o.Plain:
		return "What would have helped? Each line was played again with one thing changed. \"at once\" is the same with the event at the instant " +
			"at which the last program was done; MB/s is how fast it was, and p99 what 99 of 100 reads and writes stayed below."
	case o.Verbose:
		return technicalChange
	}
	return technicalChange + " -v says what to type for each."
}

const technicalChange = "one thing changed at a time, and each line played again from the start. at once: the event comes at the instant at which " +
	"the last command line before it has ended. What keeps everything comes first. MB/s and p99 (of READs and WRITEs) are of the command line " +
	"that is changed; beside them the price against the run as it is."
