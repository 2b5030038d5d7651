package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tbraid/configs"
)

// steps shows a case as prefills and command lines.
func steps(s *configs.Scenario) []string {
	var all []string
	for _, step := range s.Cases[0].Steps {
		switch step.Kind {
		case configs.Prefill:
			all = append(all, fmt.Sprintf("%d+%d", step.Extent.Start, step.Extent.Blocks))
		case configs.Run:
			all = append(all, step.Tool.Line)
		case configs.Wait:
			all = append(all, step.Wait.String())
		case configs.Happen:
			all = append(all, "event")
		}
	}
	return all
}

// What follows from a command line: the region is filled first, and read back.
func TestTyped_Steps(t *testing.T) {
	const whole = "dd if=/dev/disk5 of=/tmp/readback bs=1m count=64"
	tests := []struct {
		name   string
		lines  []string
		flags  runFlags
		before []string
		after  []string
	}{
		{"raw node", []string{"dd if=/dev/random of=/dev/rdisk5 bs=1m count=64"}, runFlags{}, []string{"0+131072"}, []string{whole}},
		{"sudo and quotes", []string{`sudo dd if=/dev/random 'of=/dev/disk5' bs="1m" count=64`}, runFlags{}, []string{"0+131072"}, []string{whole}},
		{"seek in blocks of output", []string{"dd if=/dev/zero of=/dev/disk5 ibs=4k obs=1m count=1024 oseek=2"}, runFlags{},
			[]string{"4096+8192"}, []string{"dd if=/dev/disk5 of=/tmp/readback bs=1m count=4 skip=2"}},
		{"blocks of dd", []string{"dd if=/dev/zero of=/dev/disk5 count=3"}, runFlags{},
			[]string{"0+3"}, []string{"dd if=/dev/disk5 of=/tmp/readback bs=512 count=3"}},
		{"parts of blocks", []string{"dd if=/dev/zero of=/dev/disk5 bs=1000 count=3 seek=1"}, runFlags{},
			[]string{"1+7"}, []string{"dd if=/dev/disk5 of=/tmp/readback bs=1000 count=3 skip=1"}},
		{"a whole file", []string{"dd if=/a of=/dev/disk5 bs=1m"}, runFlags{files: []string{"/a=5000KiB"}},
			[]string{"0+10000"}, []string{"dd if=/dev/disk5 of=/tmp/readback bs=1m count=5"}},
		{"the rest of a file", []string{"dd if=/a of=/dev/disk5 bs=1m count=64 skip=3"}, runFlags{files: []string{"/a=4MiB"}},
			[]string{"0+2048"}, []string{"dd if=/dev/disk5 of=/tmp/readback bs=1m count=1"}},
		{"a slice lies somewhere", []string{"dd if=/dev/zero of=/dev/rdisk5s2 bs=1m count=1"}, runFlags{},
			nil, []string{"dd if=/dev/disk5s2 of=/tmp/readback bs=1m count=1"}},
		{"a volume is there already", []string{"dd if=/dev/zero of=/dev/rdisk5 bs=1m count=1"}, runFlags{volume: "/Volumes/RAID:apfs"},
			nil, []string{"dd if=/dev/disk5 of=/tmp/readback bs=1m count=1"}},
		{"twice the same", []string{"dd if=/dev/zero of=/dev/disk5 bs=1m count=64", "dd if=/dev/random of=/dev/disk5 bs=1m count=64"}, runFlags{},
			[]string{"0+131072"}, []string{whole}},
		{"two regions", []string{"dd if=/dev/zero of=/dev/disk5 bs=1m count=64", "sync", "dd if=/dev/zero of=/dev/disk5 count=1 seek=9"}, runFlags{},
			[]string{"0+131072", "9+1"}, []string{whole, "dd if=/dev/disk5 of=/tmp/readback bs=512 count=1 skip=9"}},
		{"beyond the end", []string{"dd if=/dev/zero of=/dev/disk5 bs=1t count=1 seek=100"}, runFlags{}, nil, nil},
		{"nothing", []string{"dd if=/dev/zero of=/dev/disk5 count=0"}, runFlags{}, nil, nil},
		{"a read", []string{"dd if=/dev/disk5 of=/dev/null bs=1m count=1"}, runFlags{}, nil, nil},
		{"no dd", []string{"diskutil eject disk5"}, runFlags{}, nil, nil},
	}
	for _, tt := range tests {
		tt.flags.after = 1
		s, err := tt.flags.typed(tt.lines, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := slices.Concat(tt.before, tt.lines, []string{"1ns", "event"}, tt.after)
		if got := steps(s); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

// Hosts, policies and box are those of the scenario forum; the event is one.
func TestTyped_Defaults(t *testing.T) {
	s, err := (&runFlags{}).typed([]string{"sync"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	forum, err := configs.Load(defaultScenario, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Hosts) != len(forum.Hosts) || len(s.Policies) != len(forum.Policies) || s.Box != forum.Box {
		t.Errorf("%d hosts, %d policies, box %s", len(s.Hosts), len(s.Policies), s.Box.Name)
	}
	if len(s.Events) != 1 || s.Events[0].String() != "box-power" || len(s.Controls) != 0 || len(s.Cases) != 1 {
		t.Errorf("events %v, %d controls, %d cases", s.Events, len(s.Controls), len(s.Cases))
	}
}

func TestCommandLines(t *testing.T) {
	tests := []struct{ args, want []string }{
		{[]string{"forum"}, nil},
		{[]string{"my file.yaml"}, nil},
		{[]string{"./dd.yaml"}, nil},
		{[]string{"sync"}, []string{"sync"}},
		{[]string{"sync", "dd if=a of=b"}, []string{"sync", "dd if=a of=b"}},
		{[]string{"/bin/dd", "if=a", "of=a b"}, []string{"/bin/dd if=a 'of=a b'"}},
		{[]string{"sudo dd if=a of=b"}, []string{"sudo dd if=a of=b"}},
		{[]string{"sudo", "dd", "if=a", "of=b"}, []string{"sudo dd if=a of=b"}},
		{[]string{"rsync a b"}, []string{"rsync a b"}},
	}
	for _, tt := range tests {
		if got := commandLines(tt.args); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
	}
}

// The one-off of the README: the DEXT is gone before the shutdown flush, and the
// old content is what is read.
func TestTyped_RestartLosesWhatDDWrote(t *testing.T) {
	code, stdout, stderr := tbraid("run", "--host", "dext", "--policy", "wb-ack-only", "--event", "restart:kext", "--after", "250ms",
		"dd if=/dev/random of=/dev/rdisk5 bs=1m count=64", "-o", "-")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	r := result(t, []byte(stdout))
	const written = 64 << 20
	if len(r.Runs) != 1 || r.Runs[0].Loss.Permitted != written || r.Runs[0].Acked != written {
		t.Fatalf("%d runs, loss %+v of %d", len(r.Runs), r.Runs[0].Loss, r.Runs[0].Acked)
	}
	if a := r.Runs[0].ReadAfter; a == nil || a.Word != "old" || a.Old != written {
		t.Errorf("read after the event: %+v", a)
	}
	if !strings.HasPrefix(r.Scenario.Title, "dd if=/dev/random") || r.Runs[0].Case != "dd" {
		t.Errorf("case %q, title %q", r.Runs[0].Case, r.Scenario.Title)
	}
}

// A file system on the box, a file on the host, and a tool that finds no source:
// that is a result.
func TestTyped_VolumeAndFiles(t *testing.T) {
	for _, kind := range []string{"", ":hfs+", ":apfs"} {
		code, stdout, stderr := tbraid("run", "--host", "kext", "--policy", "wb-protected", "--volume", "/Volumes/RAID"+kind,
			"--file", "/a=4MiB", "cp /a /Volumes/RAID/", "sync", "cp /Volumes/RAID/b /Volumes/RAID/c", "-o", "-")
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		r := result(t, []byte(stdout))
		s := r.Runs[0].Steps
		if s[0].Exit != 0 || s[0].Bytes != 4<<20 || s[2].Exit == 0 || !strings.Contains(r.Runs[0].ToolError, "No such file") {
			t.Errorf("volume%s: %+v; %s", kind, s, r.Runs[0].ToolError)
		}
	}
}
