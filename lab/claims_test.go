package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"tbraid/lab"
)

// fsync(2) on a device node writes the host's buffers out and no more (xnu
// spec_fsync), so dd conv=fsync sends what plain dd sends.
func TestDDConvFsync_SendsNoSynchronizeCache(t *testing.T) {
	for _, node := range []string{"disk5", "rdisk5"} {
		var plain lab.Run
		for i, flag := range []string{"", " conv=fsync"} {
			dd := story{host: "kext", policy: "wb-flush-all", steps: []string{
				"run: dd if=/dev/random of=/dev/" + node + " bs=1m count=4" + flag,
				"event: box-power"}}
			run := simulate(t, dd.yaml(), lab.Options{Seams: lab.Seams{Driver: true, Target: true}}).Runs[0]
			if n := syncs(run.Steps); n.Asked != uint64(i) || n.Driver != 0 || n.Firmware != 0 {
				t.Errorf("%s%s: flushes %+v", node, flag, n)
			}
			if n := logged(run, "driver") + logged(run, "target"); n != 0 {
				t.Errorf("%s%s: %d SYNCHRONIZE CACHE in the log", node, flag, n)
			}
			if run.Loss.Permitted != 4<<20 {
				t.Errorf("%s%s: lost %+v", node, flag, run.Loss)
			}
			if i == 0 {
				plain = run
			} else if run.Commands != plain.Commands || len(run.CommandLog) != len(plain.CommandLog) {
				t.Errorf("%s%s: %d commands, %d without it", node, flag, run.Commands, plain.Commands)
			}
		}
	}
}

// twoVolumes has a volume that stays mounted and a slice to write to with dd.
const twoVolumes = `
volumes:
  - {mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640, size: 1GiB}
  - {mount: /Volumes/SCRATCH, fs: hfs+, label: SCRATCH, start: 2506792, size: 1GiB}
`

// SYNCHRONIZE CACHE with block 0 and count 0 means the whole unit: whoever
// flushes, flushes for all.
func TestUnmount_RescuesRawDDOnTheSameLUN(t *testing.T) {
	const (
		free  = "run: diskutil unmount disk5s2"
		write = "run: dd if=/dev/random of=/dev/rdisk5s2 bs=1m count=4"
		other = "run: diskutil unmount /Volumes/RAID"
		read  = "run: dd if=/dev/rdisk5s2 of=/tmp/readback bs=1m count=4"
	)
	for _, c := range []struct {
		name, host string
		steps      []string
		kept       bool
	}{
		{"power cut", "kext", []string{free, write, "event: box-power", read}, false},
		{"unmount, power cut", "kext", []string{free, write, other, "event: box-power", read}, true},
		{"unmount before, power cut", "kext", []string{free, other, write, "event: box-power", read}, false},
		{"unmount by the restart", "dext", []string{free, write, "event: restart", read}, true},
		{"restart, nothing mounted", "dext", []string{free, other, write, "event: restart", read}, false},
	} {
		run := story{host: c.host, policy: "wb-flush-all", before: twoVolumes, steps: c.steps}.run(t)
		if kept := run.Loss == (lab.Loss{}) && word(run.ReadAfter) == "correct"; kept != c.kept {
			t.Errorf("%s: lost %+v, reads %s", c.name, run.Loss, word(run.ReadAfter))
		}
		if !c.kept && run.Loss.Permitted < 4<<20-4096 { // the volume may have been mounted again, and marked so
			t.Errorf("%s: lost %+v", c.name, run.Loss)
		}
	}
	busy := story{host: "kext", policy: "wb-flush-all", before: twoVolumes,
		steps: []string{"run: dd if=/dev/random of=/dev/rdisk5 bs=1m count=4"}}.run(t)
	if busy.ToolError != "dd: /dev/rdisk5: Resource busy" {
		t.Errorf("dd to a disk with mounted volumes: %q", busy.ToolError)
	}
}

// The block driver waits at most 5 s for the flush at shutdown ("shutdown thread
// timed out"). Whether that is enough is a matter of dirty bytes against the rate
// of the members: two disks take some 500 MB/s, twelve five times as much.
func TestShutdownFlush_1GiBDrainsInside5sAnd4GiBDoesNot(t *testing.T) {
	for _, c := range []struct {
		box    string
		megs   int
		inside bool
	}{
		{"tb3-2xhdd-raid0", 1024, true},
		{"tb3-2xhdd-raid0", 4096, false},
		{"tb3-12x6tb-raid5", 4096, true},
	} {
		run := story{box: c.box, host: "kext", policy: "wb-flush-all", sets: []string{"box.cache.capacity=8GiB"}, steps: []string{
			"prefill: {extent: 0+4GiB, with: pattern}",
			fmt.Sprintf("run: dd if=/dev/random of=/dev/rdisk5 bs=8m count=%d", c.megs/8),
			"event: restart:kext"}}.run(t)
		bytes := uint64(c.megs) << 20
		timedOut := strings.Contains(strings.Join(run.KernelLog, "\n"), "shutdown thread timed out")
		if run.Acked != bytes || timedOut == c.inside {
			t.Errorf("%s, %d MiB: %d bytes acknowledged, timed out: %v", c.box, c.megs, run.Acked, timedOut)
		}
		if c.inside {
			if run.Loss != (lab.Loss{}) {
				t.Errorf("%s, %d MiB: lost %+v", c.box, c.megs, run.Loss)
			}
			continue
		}
		if run.Loss.Permitted < bytes/4 || run.Loss.Permitted > bytes*3/4 || run.Loss.Acknowledged() != run.Loss.Permitted ||
			len(run.Causes) != 1 || run.Causes[0].Name != "flush-cut" || run.Causes[0].Asker != "shutdown" {
			t.Errorf("%s, %d MiB: lost %+v by %+v", c.box, c.megs, run.Loss, run.Causes)
		}
	}
}

// A battery of 72 h, a capacitor with flash, and a protection that is not there.
func TestProtection_OutagesAndStates(t *testing.T) {
	const state = "policy.protection.state="
	for _, c := range []struct {
		policy, outage, set string
		effective           string
		kept                bool
	}{
		{"wb-protected", "71h", "", "write-back", true},
		{"wb-protected", "72h", "", "write-back", true},
		{"wb-protected", "73h", "", "write-back", false},
		{"wb-vault", "73h", "", "write-back", true},
		{"wb-vault", "9000h", "", "write-back", true},
		{"wb-forced", "1m", "", "write-back", false},
		{"wb-protected", "73h", state + "learning", "write-through", true},
		{"wb-vault", "73h", state + "learning", "write-through", true},
		{"wb-protected", "73h", state + "charging", "write-through", true},
		{"wb-protected", "73h", state + "failed", "write-through", true},
		{"wb-forced", "35h", state + "low", "write-back", true},
		{"wb-forced", "37h", state + "low", "write-back", false},
	} {
		var sets []string
		if c.set != "" {
			sets = append(sets, c.set)
		}
		run := story{host: "kext", policy: c.policy, sets: sets, steps: []string{
			"prefill: {extent: 0+1MiB, with: pattern}",
			"run: dd if=/dev/random of=/dev/disk5 bs=1m count=1",
			"event: box-power/" + c.outage,
			"run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=1"}}.run(t)
		want := map[bool]string{true: "correct", false: "old"}[c.kept]
		if run.Effective != c.effective || word(run.ReadAfter) != want || (run.Loss == lab.Loss{}) != c.kept {
			t.Errorf("%s %s, %s: %s, reads %s, lost %+v", c.policy, c.set, c.outage, run.Effective, word(run.ReadAfter), run.Loss)
		}
	}
}
