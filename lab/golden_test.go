package lab_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// flushing are the things that people do, on a box of its own each.
const flushing = `
files:
  - {path: /Users/user/Footage/clip-*.mov, size: 2MiB, count: 2}
cases:
  - name: dd
    steps: [{run: dd if=/dev/random of=/dev/disk5 bs=1m count=1}]
  - name: dd conv=fsync
    steps: [{run: dd if=/dev/random of=/dev/disk5 bs=1m count=1 conv=fsync}]
  - name: cp + unmount, HFS+
    volumes: [{mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640}]
    steps: [{run: cp -R /Users/user/Footage /Volumes/RAID/}, {run: diskutil unmount /Volumes/RAID}]
  - name: cp + unmount, APFS
    volumes: [{mount: /Volumes/RAID, fs: apfs, label: RAID, start: 409640}]
    steps: [{run: cp -R /Users/user/Footage /Volumes/RAID/}, {run: diskutil unmount /Volumes/RAID}]
  - name: dd + restart
    steps: [{run: dd if=/dev/random of=/dev/disk5 bs=1m count=1}, {event: restart}]
`

// How many flushes somebody wanted, how many SYNCHRONIZE CACHE the driver saw, and
// how many the firmware saw: what the people behind the thread could not count.
func TestSyncs_AskedDriverFirmware(t *testing.T) {
	var hosts []string
	for _, p := range configs.Presets(configs.Hosts) {
		hosts = append(hosts, p.Name)
	}
	r := simulate(t, "box: small-4x4gb-raid5\nhosts: ["+strings.Join(hosts, ", ")+"]\npolicies: [wb-flush-all]\n"+flushing,
		lab.Options{Seams: lab.Seams{Driver: true, Target: true}})
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %-20s %5s %6s %8s\n", "host", "what", "asked", "driver", "firmware")
	for _, host := range hosts {
		for _, c := range r.Cases {
			run := find(t, r, c.Name, host, "wb-flush-all")
			n := syncs(run.Steps)
			fmt.Fprintf(&b, "%-20s %-20s %5d %6d %8d\n", host, c.Name, n.Asked, n.Driver, n.Firmware)
			seen := n.Driver
			if host == "dext-halt-hook" && c.Name == "dd + restart" {
				seen-- // the driver's own: it does not come to it from the operating system
			}
			if got := logged(run, "driver"); got != seen {
				t.Errorf("%s, %s: the log of the driver has %d, the steps %d", host, c.Name, got, seen)
			}
			if got := logged(run, "target"); got != n.Firmware {
				t.Errorf("%s, %s: the log of the firmware has %d, the steps %d", host, c.Name, got, n.Firmware)
			}
		}
	}
	golden(t, "syncs.golden", b.String())
}

// A change of this file is a change of what the model says about the thread.
func TestForum(t *testing.T) {
	r, err := forum()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintln(&b, "case | event | host | policy | violation, permitted, collateral, in flight | read before, after | error")
	for _, run := range slices.Concat(r.Runs, r.Controls) {
		name := run.Case
		if run.Control != "" {
			name += " (" + run.Control + ")"
		}
		fmt.Fprintf(&b, "%s | %s | %s | %s | %d, %d, %d, %d | %s, %s | %s\n", name, run.Event, run.Host, run.Policy,
			run.Loss.Violation, run.Loss.Permitted, run.Loss.Collateral, run.Loss.InFlight,
			word(run.ReadBack), word(run.ReadAfter), run.ToolError)
	}
	golden(t, "forum.golden", b.String())
}

// A byte that is lost and has no reason would be a hole in the judgement.
func TestForum_EveryLostByteHasACause(t *testing.T) {
	r, err := forum()
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range slices.Concat(r.Runs, r.Controls) {
		var explained, listed uint64
		for _, c := range run.Causes {
			explained += c.Bytes
		}
		for _, e := range run.Extents {
			listed += e.Blocks * 512
		}
		lost := run.Loss.Acknowledged()
		if explained != lost || listed > lost+run.Loss.InFlight || (listed == 0) != (lost+run.Loss.InFlight == 0) {
			t.Errorf("%s, %s, %s, %s: lost %+v, of which %d bytes have a cause and %d are listed",
				run.Case, run.Event, run.Host, run.Policy, run.Loss, explained, listed)
		}
		if lost > run.Acked && run.Case == "dd" {
			t.Errorf("%s, %s, %s: %d bytes lost of %d", run.Case, run.Host, run.Policy, lost, run.Acked)
		}
	}
}

// every is a small scenario in which everything takes part: tools, both file
// systems, faults, cuts in the middle of a destage, and several runs at a time.
const every = `
box: small-4x4gb-raid5
hosts: [dext, kext]
policies: [write-through, wb-flush-cache, wb-age-4s, wb-read-evict]
events: [restart:kext, box-power, "disk-fail:1"]
files:
  - {path: /Users/user/Footage/clip-*.mov, size: 2MiB, count: 2}
cases:
  - name: dd
    steps:
      - prefill: {extent: 0+32MiB, with: pattern}
      - run: dd if=/dev/random of=/dev/disk5 bs=16k count=512
      - wait: 4010ms
      - event: each
      - run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=8
  - name: cp
    volumes:
      - {mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640, size: 1GiB}
      - {mount: /Volumes/NEW, fs: apfs, label: NEW, start: 2506792, size: 1GiB}
    steps:
      - run: cp -R /Users/user/Footage /Volumes/RAID/
      - run: cp -R /Users/user/Footage /Volumes/NEW/
      - wait: 250ms
      - event: each
      - run: cp -R /Volumes/RAID/Footage /tmp/readback
controls:
  - {name: kept, case: dd, host: dext, policy: wb-age-4s, set: [policy.host_reset=keep]}
`

func TestDeterminism(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []byte
	for _, c := range []struct{ procs, workers int }{{2, 2}, {2, 2}, {2, 1}, {1, 2}} {
		runtime.GOMAXPROCS(c.procs)
		r := simulate(t, every, lab.Options{Workers: c.workers, Seams: lab.Seams{Driver: true, Target: true, Disks: true}})
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range r.Runs { // the logs are not in the JSON
			got = fmt.Append(got, run.CommandLog)
		}
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Errorf("GOMAXPROCS %d, %d workers: another result", c.procs, c.workers)
		}
	}
}

// A log is for looking: it changes no number.
func TestSeams_ChangeNothing(t *testing.T) {
	var all [2][]byte
	for i, seams := range []lab.Seams{{}, {Driver: true, Target: true, Disks: true}} {
		var err error
		if all[i], err = json.Marshal(simulate(t, every, lab.Options{Seams: seams})); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(all[0], all[1]) {
		t.Error("a run with command logs has another result")
	}
}

// The model runs in a browser too: nothing up to lab needs an operating system.
func TestWasmBuilds(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go tool to build with:", err)
	}
	build := exec.Command(tool, "build", "-o", os.DevNull, "./...")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
