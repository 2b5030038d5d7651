package lab_test

import (
	"testing"

	"tbraid/lab"
)

// These scenarios were found by playing random ones against laws. Each keeps the
// fault that it found from coming back.

func one(t *testing.T, text string) lab.Run {
	t.Helper()
	r := simulate(t, text, lab.Options{})
	if len(r.Runs) != 1 {
		t.Fatalf("%d runs", len(r.Runs))
	}
	return r.Runs[0]
}

// A reset takes away a command that still waits for the controller's processor.
func TestReset_TakesCommandsOnTheProcessor(t *testing.T) {
	one(t, `
box: small-4x4gb-raid5
hosts: [{base: kext, name: h, shutdown: {flush_cap: 10us}, driver: {overhead: 0s}}]
policies: [wb-flush-all]
steps: [{event: restart}]
`)
}

// The interval timer beats while every destage slot is busy; it must not spin.
func TestInterval_BeatsWhileAllSlotsAreBusy(t *testing.T) {
	run := one(t, `
box: {base: small-4x4gb-raid5, raid: {chunk: 4KiB}}
hosts: [kext]
policies: [{base: wb-read-destage, name: p, destage: {interval: 300ms, depth: 1}}]
steps:
  - run: dd if=/dev/random of=/dev/disk5 bs=16k count=64
  - run: dd if=/dev/disk5 of=/dev/null bs=16k count=64
`)
	if run.Simulated > 5000 {
		t.Fatalf("%d events for 128 requests", run.Simulated)
	}
}

// A flush after an event promises nothing about what that event took.
func TestFlushAfterTheEvent_PromisesNothingBack(t *testing.T) {
	run := one(t, `
box: small-4x4gb-raid5
hosts: [kext]
policies: [wb-flush-all]
steps:
  - run: dd if=/dev/zero of=/dev/rdisk5 bs=64k count=16
  - event: firmware-crash
  - event: restart
`)
	if run.Loss.Violation != 0 || run.Loss.Permitted != 1<<20 || len(run.Causes) != 1 || run.Causes[0].Name != "never-asked" {
		t.Fatalf("%+v, %+v", run.Loss, run.Causes)
	}
}

// The host that runs is the one that boots again, not the one of the beginning.
func TestRestart_BootsTheHostThatRuns(t *testing.T) {
	run := one(t, `
box: small-4x4gb-raid5
hosts: [dext]
policies: [wb-flush-all]
steps:
  - event: restart:kext
  - event: host-power
  - run: dd if=/dev/random of=/dev/disk5 bs=16k count=4 seek=100
  - event: restart
`)
	if run.Loss.Acknowledged() != 0 {
		t.Fatalf("the KEXT flushes at the restart: %+v, %+v", run.Loss, run.Causes)
	}
}

// SYNCHRONIZE CACHE to an array that is gone fails at once.
func TestLostArray_FailsTheFlushAtOnce(t *testing.T) {
	run := one(t, `
box: small-4x4gb-raid5
hosts: [kext]
policies: [wb-flush-all]
steps:
  - prefill: {extent: 0+1MiB, with: pattern}
  - run: dd if=/dev/random of=/dev/disk5 bs=16k count=4
  - event: disk-fail:0
  - event: disk-fail:1
  - run: diskutil eject disk5
`)
	last := run.Steps[len(run.Steps)-1]
	if took := last.EndNS - last.StartNS; took > 1e9 {
		t.Fatalf("eject takes %d ns", took)
	}
}

// A program that copies while the file system's commit is overdue.
func TestSyncer_OverdueCommitIsNotInThePast(t *testing.T) {
	one(t, `
seed: 3
box: {base: small-4x4gb-raid5, raid: {level: 1, chunk: 4KiB}, cache: {capacity: 8MiB}}
hosts: [kext]
policies: [{base: wb-flush-all, name: p, destage: {depth: 2}, protection: {kind: battery, hold_up: 72h}}]
files: [{path: "/f/a*.bin", size: 3MiB, count: 7}]
volumes: [{mount: /Volumes/R, fs: hfs+, label: R, start: 40960, size: 256MiB}]
steps: [{run: cp -R /f /Volumes/R/}]
`)
}
