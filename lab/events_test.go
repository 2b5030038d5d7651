package lab_test

import "testing"

const (
	raw4  = "run: dd if=/dev/random of=/dev/rdisk5 bs=1m count=4"
	back4 = "run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=4"
)

// What an earlier event took stays on the account after it has been written again.
func TestTwoEvents_LossesAreCarried(t *testing.T) {
	run := story{host: "kext", policy: "wb-flush-all", steps: []string{prefill, raw4, cut, raw4, eject, "event: all-power", back4}}.run(t)
	if run.Loss.Permitted != 4<<20 || run.Loss.Violation != 0 || word(run.ReadAfter) != "correct" {
		t.Fatalf("%+v, read back %s", run.Loss, word(run.ReadAfter))
	}
	if run.Event != "box-power + all-power" {
		t.Fatalf("event %q", run.Event)
	}
}

// With too many members missing the volume is offline, whatever the cache holds.
func TestOfflineArray_AnswersNothing(t *testing.T) {
	run := story{host: "kext", policy: "wb-flush-all",
		steps: []string{prefill, back4, "event: disk-fail:0", "event: disk-fail:1", back4}}.run(t)
	if word(run.ReadAfter) != "missing" || run.Loss.Violation != 8<<20 {
		t.Fatalf("read back %s, %+v", word(run.ReadAfter), run.Loss)
	}
}

// A member that was away while nothing was written comes back into the array.
func TestDiskPower_RejoinsIfItMissedNothing(t *testing.T) {
	run := story{host: "kext", policy: "write-through",
		steps: []string{prefill, "event: disk-power:0/1s", "event: disk-fail:1", back4}}.run(t)
	if run.Loss.Acknowledged() != 0 || word(run.ReadAfter) != "correct" {
		t.Fatalf("it missed nothing: %+v", run.Loss)
	}
	// A page that is aged while the member is away is written without it.
	run = story{host: "kext", policy: "wb-age-4s",
		steps: []string{prefill, raw4, "event: disk-power:0/1m", "event: disk-fail:1", back4}}.run(t)
	if run.Loss.Violation == 0 {
		t.Fatal("two members are missing, and nothing is lost")
	}
}

// A firmware that says WCE=0 and writes back has broken its own word, also where
// the operating system then sends no flush.
func TestHiddenCache_IsTheFirmwaresLie(t *testing.T) {
	run := story{host: "kext", policy: "wb-hidden", steps: []string{mega, "event: restart"}}.run(t)
	if len(run.Causes) != 1 || run.Causes[0].Name != "hidden-cache" || run.Causes[0].Layer != "firmware" {
		t.Fatalf("%+v", run.Causes)
	}
}

// dd to the buffered node ends with status 0 although every WRITE failed; what it
// wrote is not there.
func TestSwallowedErrors_ReadBackOld(t *testing.T) {
	run := story{box: "tb3-12x6tb-raid5", host: "dext", policy: "wb-flush-all", steps: []string{
		"prefill: {extent: 6144000000+8MiB, with: pattern}",
		"run: dd if=/dev/random of=/dev/disk5 bs=1m count=4 seek=3000000", "event: restart:kext",
		"run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=4 skip=3000000"}}.run(t)
	if run.ToolError != "" || run.Swallowed != 4<<20 || run.FailedLBA == nil || *run.FailedLBA != 6144000000 ||
		word(run.ReadAfter) != "old" {
		t.Fatalf("swallowed %d, error %q, read back %s", run.Swallowed, run.ToolError, word(run.ReadAfter))
	}
}

// A driver that attaches again resets the controller; after a crash of the
// firmware it is still there, and resets nothing.
func TestReattach_ResetsAndCrashDoesNot(t *testing.T) {
	keeps := []string{"policy.crash=keep"}
	if run := (story{host: "kext", policy: "wb-flush-all", steps: []string{mega, "event: cable"}}).run(t); run.Loss.Permitted != 1<<20 {
		t.Errorf("cable: %+v", run.Loss)
	}
	if run := (story{host: "kext", policy: "wb-flush-all", sets: keeps, steps: []string{mega, "event: firmware-crash"}}).run(t); run.Loss.Permitted != 0 {
		t.Errorf("crash with the cache kept: %+v", run.Loss)
	}
}
