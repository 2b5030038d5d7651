package lab_test

import (
	"testing"

	"tbraid/lab"
)

// dding are the two tests of Apple developer forums thread 805570, and a third
// that the thread did not make: the time of the read-back without it.
const dding = `
box: tb3-12x6tb-raid5
hosts: [dext, kext]
policies: [wb-flush-all, wb-read-destage, wb-age-4s]
cases:
  - name: dd
    steps:
      - prefill: {extent: 0+8MiB, with: pattern}
      - run: dd if=/dev/random of=/dev/disk5 bs=1m count=4
      - wait: 250ms
      - event: restart:kext
      - run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=4
  - name: dd + read-back
    steps:
      - prefill: {extent: 0+8MiB, with: pattern}
      - run: dd if=/dev/random of=/dev/disk5 bs=1m count=4
      - wait: 3s
      - run: dd if=/dev/disk5 of=/dev/null bs=1m count=4
      - wait: 250ms
      - event: restart:kext
      - run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=4
  - name: dd + the same time
    steps:
      - prefill: {extent: 0+8MiB, with: pattern}
      - run: dd if=/dev/random of=/dev/disk5 bs=1m count=4
      - wait: 3s
      - wait: 250ms
      - event: restart:kext
      - run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=4
`

// The pair of results that the thread reports comes out under a policy that
// destages what is read, and as well under one that destages what is old. Only
// the third case tells them apart.
func TestPost_Tests1And2(t *testing.T) {
	r := simulate(t, dding, lab.Options{})
	cases := [...]string{"dd", "dd + read-back", "dd + the same time"}
	for _, c := range []struct {
		host, policy string
		reads        [len(cases)]string
	}{
		{"dext", "wb-flush-all", [...]string{"old", "old", "old"}},
		{"dext", "wb-read-destage", [...]string{"old", "correct", "old"}},
		{"dext", "wb-age-4s", [...]string{"old", "correct", "correct"}},
		{"kext", "wb-flush-all", [...]string{"correct", "correct", "correct"}},
		{"kext", "wb-read-destage", [...]string{"correct", "correct", "correct"}},
		{"kext", "wb-age-4s", [...]string{"correct", "correct", "correct"}},
	} {
		for i, name := range cases {
			want := c.reads[i]
			run := find(t, r, name, c.host, c.policy)
			if got := word(run.ReadAfter); got != want {
				t.Errorf("%s, %s, %s: reads %s, want %s", name, c.host, c.policy, got, want)
			}
			if lost := run.Loss.Acknowledged(); lost != run.Loss.Permitted || lost != map[string]uint64{"old": 4 << 20}[want] {
				t.Errorf("%s, %s, %s: reads %s, and the ledger says %+v", name, c.host, c.policy, want, run.Loss)
			}
			if name == "dd + read-back" && word(run.ReadBack) != "correct" {
				t.Errorf("%s, %s, %s: read back %s before the restart", name, c.host, c.policy, word(run.ReadBack))
			}
		}
	}
}

// footage are files on the host, and a mounted volume to copy them to.
const footage = `
files:
  - {path: /Users/user/Footage/clip-*.mov, size: 2MiB, count: 2}
volumes:
  - {mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640}
`

// A file system flushes and dd does not: xnu unmounts data volumes before it
// terminates drivers of DriverKit (reboot_kernel), and an unmount flushes.
func TestCp_KeepsFilesUnderTheSameCombination(t *testing.T) {
	cp := story{box: "tb3-12x6tb-raid5", host: "dext", policy: "wb-read-destage", before: footage, steps: []string{
		"run: cp -R /Users/user/Footage /Volumes/RAID/",
		"wait: 250ms",
		"event: restart:kext",
		"run: cp -R /Volumes/RAID/Footage /tmp/readback"}}
	run := cp.run(t)
	if run.Loss != (lab.Loss{}) || word(run.ReadAfter) != "correct" || run.ReadAfter.Correct != 4<<20 {
		t.Errorf("lost %+v, reads %+v", run.Loss, run.ReadAfter)
	}
	if n := syncs(run.Steps); n.Firmware == 0 || n.Firmware != n.Driver {
		t.Errorf("kept, and the flushes were %+v", n)
	}
	cp.sets = []string{"host.driver.sync=swallow"}
	if run := cp.run(t); run.Loss.Violation == 0 || word(run.ReadAfter) == "correct" {
		t.Errorf("without the flushes: lost %+v, reads %s", run.Loss, word(run.ReadAfter))
	}
}

// wipingFailed is what diskutil says when a WRITE of the wipe fails.
const wipingFailed = "Error: -69825: Wiping volume data to prevent future accidental probing failed"

func partitionDisk(host string, sets ...string) story {
	return story{box: "tb3-12x6tb-raid5", host: host, policy: "wb-flush-all", sets: sets, steps: []string{
		"run: diskutil partitionDisk disk5 GPT JHFS+ RAID 100%",
		"event: restart:kext"}}
}

// fails wants the wipe to fail at a WRITE that begins less than a buffer of 64 KiB
// before block lba, or there.
func fails(t *testing.T, s story, lba uint64) {
	t.Helper()
	run := s.run(t)
	if run.ToolError != wipingFailed || run.Steps[0].Exit != 1 {
		t.Errorf("exit %d, %q", run.Steps[0].Exit, run.ToolError)
	}
	if run.FailedLBA == nil {
		t.Error("no WRITE failed")
	} else if *run.FailedLBA > lba || *run.FailedLBA+128 <= lba {
		t.Errorf("the first WRITE that failed is at %d, want it around %d", *run.FailedLBA, lba)
	}
}

func succeeds(t *testing.T, s story) lab.Run {
	t.Helper()
	run := s.run(t)
	if run.ToolError != "" || run.Steps[0].Exit != 0 || run.FailedLBA != nil {
		t.Errorf("exit %d, %q, failed at %v", run.Steps[0].Exit, run.ToolError, run.FailedLBA)
	}
	return run
}

// The wipe writes at the start, in the middle and at the end (libutil, wipefs):
// of 66 TB the middle is beyond block 2^32 and needs WRITE(16).
func TestPartitionDisk_HighLBAGateGives69825(t *testing.T) {
	s := partitionDisk("dext")
	volume := simulate(t, s.yaml(), lab.Options{}).Box.VolumeBytes
	fails(t, s, volume/512/2)
}

// The first WRITE of the wipe has 128 KiB, which are eight pages: eight segments.
func TestPartitionDisk_SegmentGateGives69825(t *testing.T) {
	fails(t, partitionDisk("dext-segment-gate"), 0)
}

func TestPartitionDisk_SucceedsUnderKEXT(t *testing.T) {
	run := succeeds(t, partitionDisk("kext"))
	if n := run.Steps[0].Syncs; n.Asked == 0 || n.Firmware != n.Asked || run.Loss != (lab.Loss{}) {
		t.Errorf("flushes %+v, lost %+v", n, run.Loss)
	}
}

// The thread's own theory, against the code of macOS: wipefs throws the result of
// its flush away, so a driver that swallows or fails it gives no -69825.
func TestPartitionDisk_WithoutSyncStillSucceeds(t *testing.T) {
	for _, habit := range []string{"swallow", "fail"} {
		run := succeeds(t, partitionDisk("dext", "host.driver.high_lba=pass", "host.driver.sync="+habit))
		if n := run.Steps[0].Syncs; n.Driver == 0 || n.Firmware != 0 {
			t.Errorf("sync=%s: flushes %+v", habit, n)
		}
		if run.Loss.Acknowledged() == 0 {
			t.Errorf("sync=%s: nothing is lost although nothing was flushed", habit)
		}
	}
}
