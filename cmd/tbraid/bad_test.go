package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every wrong input gives one error that shows the place, exit code 3, and
// nothing on standard output.
func TestBadScenarios(t *testing.T) {
	folder := t.TempDir()
	tests := []struct {
		name, text string
		want       string // behind the name of the file
	}{
		{"unknown key", "base: small\npolcies: [write-through]\n", `:2:1: unknown key "polcies"`},
		{"wrong unit", "base: small\nbox:\n  cache: {capacity: 64M}\n", `:3:21: capacity: "64M": "M" is no unit`},
		{"no unit", "base: small\nbox:\n  cache: {capacity: 1024}\n", `:3:21: capacity: "1024" has no unit`},
		{"negative size", "base: small\nbox:\n  cache: {capacity: -64MiB}\n", ":3:21: capacity: -64MiB is negative"},
		{"out of range", "base: small\nbox:\n  cache: {capacity: 2TiB}\n", ":3:21: capacity is out of range"},
		{"missing box", "hosts: [kext]\npolicies: [write-through]\nsteps:\n  - wait: 1s\n", `:1:1: key "box" is missing`},
		{"13th disk", "base: forum\nbox:\n  base: tb3-12x6tb-raid5\n  members: 13\n", ":4:12: 13 members in a box of 12 bays"},
		{"unknown policy", "base: small\npolicies: [wb-flush-al]\n", `:2:12: there is no policy preset "wb-flush-al"`},
		{"unknown host", "base: small\nhosts: [dextt]\n", `:2:9: there is no host preset "dextt"`},
		{"unknown base", "base: smal\n", `:1:7: there is no scenario preset "smal"`},
		{"unknown event", "base: small\nevents: [box-pwer]\n", `:2:10: unknown event "box-pwer"`},
		{"time between events", "base: small\nevents: [box-power+soon+cable]\n", `:2:20: "soon" is no time from 0s`},
		{"cut", "base: small\ncut: [1s]\n", ":2:6: cut takes an instant, not a list"},
		{"cut without event", "base: small\ncut: 1s\nevents: []\nsteps:\n  - wait: 1s\n", ":2:6: the cut says when the event comes, and no case has an event"},
		{"event on no member", "base: small\nevents: [\"disk-fail:4\"]\n", ":2:10: event disk-fail:4: the array has 4 members"},
		{"dd flag", "base: small\nsteps:\n  - run: dd if=/dev/zero of=/dev/disk5 count=1 oflag=dsync\n", `:3:48: dd: unknown oflag "dsync"`},
		{"dd operand", "base: small\nsteps:\n  - run: dd if=/dev/zero off=/dev/disk5\n", `:3:26: dd: unknown operand "off"`},
		{"dd without count", "base: small\nsteps:\n  - run: dd if=/dev/zero of=/dev/disk5 bs=1m\n", ":3:13: dd: /dev/zero has no early end"},
		{"tool", "base: small\nsteps:\n  - run: rsync a b\n", `:3:10: unknown tool "rsync"`},
		{"other disk", "base: small\nsteps:\n  - run: dd if=/dev/zero of=/dev/disk2 count=1\n", ":3:5: dd works on disk2"},
		{"undeclared file", "base: small\nsteps:\n  - run: cp /a /Volumes/RAID/\n", ":3:5: cp reads /a, and there is no such file"},
		{"prefill beyond the end", "base: small\nsteps:\n  - prefill: {extent: 0+13GiB, with: zeros}\n", ":3:5: the prefill ends beyond the volume"},
		{"duplicate key", "base: small\nseed: 1\nseed: 2\n", `:3:1: key "seed" is given twice`},
		{"second document", "base: small\n---\nbase: small\n", ":2:1: a second document begins here"},
		{"tab", "base: small\nbox:\n\tbays: 4\n", ":3:1: a tab cannot indent YAML"},
		{"unclosed", "base: small\nevents: [box-power\n", ":2:10: did not find expected"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00\x00\x00", ":1:8: not a text file: byte 0x00"},
		{"empty", "", ": there is nothing in it"},
	}
	for _, tt := range tests {
		file := filepath.Join(folder, "bad.yaml")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"run", "validate"} {
			code, stdout, stderr := tbraid(command, file)
			if code != exitInput {
				t.Errorf("%s: %s exits with %d: %s", tt.name, command, code, stderr)
				continue
			}
			checkComplaint(t, tt.name, stdout, stderr, file+tt.want)
		}
	}
}

// The same for what is typed: the argument is shown, the caret under the fault.
func TestBadArguments(t *testing.T) {
	folder := t.TempDir()
	directory := filepath.Join(folder, "folder.yaml")
	if err := os.Mkdir(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"smal"}, `smal: there is no scenario preset "smal"`},
		{[]string{"none.yaml"}, "none.yaml: no such file or directory"},
		{[]string{"small.yaml"}, "tbraid run small"},
		{[]string{directory}, directory + ": is a directory"},
		{[]string{"small", "--set", "box.cahce.capacity=1GiB"}, "--set: unknown key \"cahce\"\n  box.cahce.capacity=1GiB\n      ^\n"},
		{[]string{"small", "--set", "box.cache.capacity=lots"}, "--set: capacity: \"lots\""},
		{[]string{"small", "--set", "box.cache"}, "--set: there is no = in it"},
		{[]string{"small", "--set", "box.members=13"}, "--set: 13 members in a box of 4 bays"},
		{[]string{"small", "--host", "kext,dexxt"}, "--host: there is no host preset \"dexxt\"\n  kext,dexxt\n       ^\ndid you mean \"dext\"?"},
		{[]string{"small", "--policy", "wb-flush-al"}, `--policy: there is no policy preset "wb-flush-al"`},
		{[]string{"small", "--policy", "wb-ack-only,wb-ack-only"}, "--policy: two policies are called wb-ack-only"},
		{[]string{"small", "--event", "box-power,cabel"}, "--event: unknown event \"cabel\"\n  box-power,cabel\n            ^\n"},
		{[]string{"small", "--event", "box-power,host-power+2s+box-pwer"}, "--event: unknown event \"box-pwer\"\n  box-power,host-power+2s+box-pwer\n                          ^\n"},
		{[]string{"small", "--event", "host-power+box-power"}, "--event: \"box-power\" is no time from 0s to 10000h\n  host-power+box-power\n             ^\nwrite the time between two events"},
		{[]string{"small", "--event", "host-power+2s+restart"}, "--event: restart comes while the host has no power"},
		{[]string{"small", "--event", "host-power/1s+2s+restart"}, "it comes at 2."},
		{[]string{"small", "--event", "box-power+2s+disk-fail:7"}, "--event: event disk-fail:7: the array has 4 members"},
		{[]string{"small", "--cut", "soon"}, "--cut: cut: \"soon\" is no instant\n  soon\n  ^\nwrite 1.5s (after the case began)"},
		{[]string{"small", "--cut", "1.5"}, "--cut: cut: \"1.5\" is no instant"},
		{[]string{"small", "--cut", "-1s"}, "--cut: cut: \"-1s\" is out of range"},
		{[]string{"small", "--event", "restart:kxt"}, `--event: no host "kxt" to boot`},
		{[]string{"small", "--box", "small"}, `--box: there is no box preset "small"`},
		{[]string{"dd if=/dev/zero of=/dev/disk5 bs=1q count=1"}, "command line: dd: bs is not a number: \"1q\"\n  dd if=/dev/zero of=/dev/disk5 bs=1q count=1\n                                ^\n"},
		{[]string{"dd", "if=/dev/zero", "off=/dev/disk5"}, "command line: dd: unknown operand \"off\"\n  dd if=/dev/zero off=/dev/disk5\n                  ^\n"},
		{[]string{"dd if=/dev/zero of=/dev/disk5"}, "command line: dd: /dev/zero has no early end"},
		{[]string{"sync", "sync all"}, "command line: sync: sync takes no operand"},
		{[]string{"rsync a b"}, `command line: unknown tool "rsync"`},
		{[]string{"sync", "rsync a"}, `command line: unknown tool "rsync"`},
		{[]string{"dd if=/dev/zero of=/dev/disk2 count=1"}, "command line: dd works on disk2"},
		{[]string{"cp /a /Volumes/RAID/"}, "declare it with --file"},
		{[]string{"sync", "--file", "/a=64M"}, "--file: size: \"64M\": \"M\" is no unit: write KiB, MiB, GiB, TiB (powers of 1024) or kB, MB, GB, TB (of 1000)\n  /a=64M\n     ^\n"},
		{[]string{"sync", "--file", "/a"}, "--file: size"},
		{[]string{"sync", "--file", "a=1MiB"}, `--file: "a" is no absolute path`},
		{[]string{"sync", "--volume", "/x"}, `--volume: "/x" is no mount point`},
		{[]string{"sync", "--volume", "/Volumes/RAID:ntfs"}, "--volume: fs cannot be \"ntfs\"\n  /Volumes/RAID:ntfs\n                ^\n"},
		{[]string{"sync", "--after", "20000h"}, "--after: wait is out of range"},
	}
	for _, tt := range tests {
		name := strings.Join(tt.args, " ")
		code, stdout, stderr := tbraid(append([]string{"run"}, tt.args...)...)
		if code != exitInput {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
			continue
		}
		checkComplaint(t, name, stdout, stderr, tt.want)
	}
}

// Several files are judged one by one.
func TestValidate_GoesOn(t *testing.T) {
	code, stdout, stderr := tbraid("validate", "none.yaml", "small", "smal")
	if code != exitInput || strings.Count(stdout, ": ok: ") != 1 || strings.Count(stderr, "tbraid: ") != 2 {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}
