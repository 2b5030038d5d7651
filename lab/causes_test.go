package lab_test

import (
	"testing"

	"tbraid/lab"
	"tbraid/sim/ledger"
)

// journaled has a file to copy and a volume whose journal may be written with FUA.
const journaled = `
files:
  - {path: /Users/user/note.txt, size: 256KiB}
volumes:
  - {mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 40}
`

const (
	prefill = "prefill: {extent: 0+8MiB, with: pattern}"
	mega    = "run: dd if=/dev/random of=/dev/disk5 bs=1m count=1"
	eject   = "run: diskutil eject disk5" // sends SYNCHRONIZE CACHE
	copying = "run: cp /Users/user/note.txt /Volumes/RAID/"
	cut     = "event: box-power"
	// A page is destaged 4 s after it was written; destaging 16 MiB in pages takes a
	// good tenth of a second, and the cut comes in the middle of it.
	pages  = "run: dd if=/dev/random of=/dev/disk5 bs=16k count=1024"
	middle = "wait: 4020ms"
)

// reached has, for every cause, a story that ends in it.
var reached = []struct {
	cause ledger.Cause
	class ledger.Class
	story story
}{
	{ledger.NeverAsked, ledger.AtRisk, story{host: "kext", policy: "wb-flush-all", steps: []string{mega, cut}}},
	{ledger.NodeFsync, ledger.AtRisk, story{host: "kext", policy: "wb-flush-all", steps: []string{mega + " conv=fsync", cut}}},
	{ledger.CacheUnseen, ledger.BrokenWord, story{host: "kext", policy: "wb-flush-all",
		sets: []string{"policy.report_wce=error"}, steps: []string{mega, "event: restart"}}},
	{ledger.DriverGone, ledger.AtRisk, story{host: "dext", policy: "wb-flush-all", steps: []string{mega, "event: restart"}}},
	{ledger.FlushCut, ledger.AtRisk, story{host: "kext", policy: "wb-flush-all",
		sets: []string{"host.shutdown.flush_cap=5ms"}, steps: []string{pages, "event: restart"}}},
	{ledger.DriverSwallowed, ledger.BrokenWord, story{host: "kext-sync-swallow", policy: "wb-flush-all", steps: []string{mega, "event: restart"}}},
	{ledger.DriverFailed, ledger.AtRisk, story{host: "kext", policy: "wb-flush-all",
		sets: []string{"host.driver.sync=fail"}, steps: []string{mega, "event: restart"}}},
	{ledger.Misdirected, ledger.BrokenWord, story{box: "tb3-12x6tb-raid5", host: "kext", policy: "wb-flush-all", // seek=2^21 MiB is block 2^32
		sets:  []string{"host.driver.high_lba=truncate"},
		steps: []string{prefill, "run: dd if=/dev/random of=/dev/rdisk5 bs=1m count=1 seek=2097152", eject, cut}}},
	{ledger.DriverDropsFUA, ledger.BrokenWord, story{host: "kext", policy: "wb-flush-all", before: journaled,
		sets: []string{"host.use_fua=true", "host.driver.drop_fua=true"}, steps: []string{copying, "wait: 1s", cut}}},
	{ledger.DriverZeroes, ledger.BrokenWord, story{host: "kext", policy: "write-through",
		sets: []string{"host.driver.fault.zeroed=true"}, steps: []string{mega, "event: restart"}}},
	{ledger.DriverAnswersEarly, ledger.BrokenWord, story{host: "kext", policy: "wb-flush-all",
		sets: []string{"host.driver.fault.late=10s"}, steps: []string{mega, "event: restart"}}},
	{ledger.FirmwareAcks, ledger.BrokenWord, story{host: "kext", policy: "wb-ack-only", steps: []string{mega, eject, cut}}},
	{ledger.FirmwareFails, ledger.AtRisk, story{host: "kext", policy: "wb-sync-fails", steps: []string{mega, eject, cut}}},
	{ledger.FUAIgnored, ledger.BrokenWord, story{host: "kext", policy: "wb-fua-ignored", before: journaled,
		sets: []string{"host.use_fua=true"}, steps: []string{copying, "wait: 1s", cut}}},
	{ledger.HiddenCache, ledger.BrokenWord, story{host: "kext", policy: "wb-hidden", steps: []string{mega, cut}}},
	{ledger.MembersUnflushed, ledger.BrokenWord, story{host: "kext", policy: "wb-flush-cache", steps: []string{mega, eject, cut}}},
	{ledger.HoldUpExceeded, ledger.BrokenWord, story{host: "kext", policy: "wb-protected", steps: []string{mega, eject, cut + "/73h"}}},
	{ledger.TornWrite, ledger.Damage, story{host: "kext", policy: "wb-age-4s",
		sets: []string{"box.disk.tear=4096B"}, steps: []string{"prefill: {extent: 0+16MiB, with: pattern}", pages, middle, cut}}},
	{ledger.WriteHole, ledger.BrokenWord, story{host: "kext", policy: "wb-age-4s",
		steps: []string{"prefill: {extent: 0+16MiB, with: pattern}", pages, middle, cut, "event: disk-fail:0"}}},
	{ledger.DroppedAtReset, ledger.BrokenWord, story{host: "kext", policy: "wb-protected",
		sets: []string{"policy.host_reset=drop"}, steps: []string{mega, "event: restart"}}},
	{ledger.VaultShort, ledger.BrokenWord, story{host: "kext", policy: "wb-vault",
		sets: []string{"policy.protection.vault=512KiB"}, steps: []string{mega, eject, cut}}},
	{ledger.ArrayLost, ledger.BrokenWord, story{host: "kext", policy: "write-through",
		steps: []string{prefill, "event: disk-fail:0", "event: disk-fail:1"}}},
}

// covered are ends of data that a report names second: what took the data when a
// reason higher up had left them where they could be taken. That the power went is
// never the highest reason: an honest volatile cache has destaged what it promised.
var covered = []struct {
	cause  ledger.Cause
	higher ledger.Cause
	story  story
}{
	{ledger.DroppedAtReset, ledger.NeverAsked, story{host: "kext", policy: "wb-flush-all", steps: []string{mega, "event: controller-reset"}}},
	{ledger.DroppedAtReset, ledger.FirmwareAcks, story{host: "kext", policy: "wb-ack-only", steps: []string{mega, "event: restart"}}},
	{ledger.LostInCrash, ledger.NeverAsked, story{host: "kext", policy: "wb-flush-all", steps: []string{mega, "event: firmware-crash"}}},
	{ledger.DroppedAtLinkLoss, ledger.NeverAsked, story{host: "kext", policy: "wb-flush-all",
		sets: []string{"policy.link_loss=drop"}, steps: []string{mega, "event: cable"}}},
	{ledger.PowerLost, ledger.NeverAsked, story{host: "kext", policy: "wb-flush-all", steps: []string{mega, "event: all-power"}}},
	{ledger.PowerLost, ledger.HiddenCache, story{host: "kext", policy: "wb-hidden", steps: []string{mega, "event: all-power"}}},
}

func TestEveryCauseIsReached(t *testing.T) {
	rows := map[ledger.Cause]int{}
	for _, c := range reached {
		rows[c.cause]++
		run := c.story.run(t)
		got, ok := because(run, c.cause, c.class)
		if !ok {
			t.Errorf("%s: lost %+v by %+v", c.cause, run.Loss, run.Causes)
			continue
		}
		if got.Text != c.cause.Text() || got.Layer != c.cause.Layer().String() || got.Bytes == 0 {
			t.Errorf("%s: %+v", c.cause, got)
		}
	}
	for _, c := range covered {
		rows[c.cause]++
		run := c.story.run(t)
		if len(run.Causes) != 1 || run.Causes[0].Name != c.higher.String() || run.Causes[0].Bytes != 1<<20 ||
			run.Causes[0].Taken != c.cause.Text() {
			t.Errorf("%s: lost %+v by %+v, want all of it by %s", c.cause, run.Loss, run.Causes, c.higher)
		}
	}
	for _, c := range ledger.Causes() {
		if rows[c] == 0 {
			t.Errorf("no story reaches %s", c)
		}
	}
}

// because is the entry of a run for a cause.
func because(run lab.Run, why ledger.Cause, class ledger.Class) (lab.Cause, bool) {
	for _, c := range run.Causes {
		if c.Name == why.String() && c.Class == class.String() {
			return c, true
		}
	}
	return lab.Cause{}, false
}
