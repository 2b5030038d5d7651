package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tbraid/lab/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// What the README shows, and a line of each tool, byte for byte.
func TestExplain_Golden(t *testing.T) {
	tests := []struct {
		file string
		args []string
	}{
		{"dd.txt", []string{"dd if=/dev/random of=/dev/disk5 bs=1m count=64 conv=fsync"}},
		{"dd-verbose.txt", []string{"-v", "--ascii", "--width", "80", "--host", "kext", "--policy", "wb-flush-all,write-through",
			"sudo dd if=/dev/zero of=/dev/rdisk5 bs=3m count=4 conv=noerror,sync oflag=direct"}},
		{"cp.txt", []string{"cp -Rp /Users/user/Footage /Volumes/RAID/"}},
		{"partition.txt", []string{"diskutil partitionDisk disk5 GPT JHFS+ RAID 100%"}},
		{"eject.txt", []string{"--host", "kext,dext-sync-swallow", "diskutil eject disk5"}},
		{"sync.txt", []string{"--host", "kext", "sync"}},
	}
	for _, tt := range tests {
		code, stdout, stderr := tbraid(append([]string{"explain"}, tt.args...)...)
		if code != exitOK {
			t.Errorf("%s: exit %d: %s", tt.file, code, stderr)
			continue
		}
		file := filepath.Join("testdata", "explain", tt.file)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(stdout), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if stdout != string(want) {
			t.Errorf("%s differs; run with -update and look at the change", file)
		}
	}
}

// explained runs explain and reads its JSON.
func explained(t *testing.T, args ...string) report.Explanation {
	t.Helper()
	code, stdout, stderr := tbraid(append([]string{"explain", "-o", "-"}, args...)...)
	if code != exitOK || stderr != "" {
		t.Fatalf("%q: exit %d: %s", args, code, stderr)
	}
	var x report.Explanation
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&x); err != nil {
		t.Fatal(err)
	}
	return x
}

// No dd gets a flush out of the operating system, whatever its operands: what the
// words say, measured.
func TestExplain_DDNeverFlushes(t *testing.T) {
	for _, line := range []string{
		"dd if=/dev/zero of=/dev/disk5 bs=64k count=4 conv=fsync", "dd if=/dev/zero of=/dev/rdisk5 bs=64k count=4 conv=fsync",
		"dd if=/dev/zero of=/dev/disk5 bs=64k count=4 oflag=sync", "dd if=/dev/zero of=/dev/disk5 count=40 conv=sync oflag=direct",
	} {
		x := explained(t, line)
		for _, m := range x.Measured {
			u := m.UntilExit
			if u.Acknowledged == 0 || u.Promised != 0 || u.Syncs.Driver != 0 || m.AfterExit.Syncs.Driver != 0 || len(m.AfterExit.Commands) != 0 {
				t.Errorf("%s, %s: %+v", line, m.Host, m.Traffic)
			}
		}
		for _, w := range x.Words {
			if w.Flushes {
				t.Errorf("%s: %s is said to flush", line, w.Text)
			}
		}
	}
}

// The sizes that the words name are those that arrive, on the buffered and on the
// raw node, under both hosts.
func TestExplain_SizesArriveAsSaid(t *testing.T) {
	for line, want := range map[string][2]uint64{ // largest WRITE under kext and dext
		"dd if=/dev/zero of=/dev/disk5 bs=4m count=1":  {16 << 10, 16 << 10},
		"dd if=/dev/zero of=/dev/rdisk5 bs=4m count=1": {512 << 10, 129 * 16 << 10},
		"dd if=/dev/zero of=/dev/rdisk5 bs=8k count=9": {8 << 10, 8 << 10},
	} {
		for i, m := range explained(t, line).Measured {
			var largest, bytes uint64
			for _, c := range m.UntilExit.Commands {
				if c.Name != "WRITE(10)" {
					t.Errorf("%s: %s", line, c.Name)
				}
				for _, z := range c.Sizes {
					largest, bytes = max(largest, z.Bytes), bytes+z.Bytes*z.Count
				}
				if bytes != c.Bytes || bytes != m.UntilExit.Acknowledged {
					t.Errorf("%s: %d bytes in sizes, %d in commands, %d acknowledged", line, bytes, c.Bytes, m.UntilExit.Acknowledged)
				}
			}
			if largest != want[i] {
				t.Errorf("%s under %s: largest WRITE %d, want %d", line, m.Host, largest, want[i])
			}
		}
	}
}

// A flush counts for as much as the operating system was told, and each seam for
// itself: swallowed, failed, gated away, and answered by a box without write cache.
func TestExplain_WhoFlushed(t *testing.T) {
	const cp = "cp /Users/user/Footage/clip-001.mov /Volumes/RAID/"
	tests := []struct {
		host, policy, verdict    string
		driver, firmware         uint64
		promised, atExitPromised bool
	}{
		{"kext", "wb-flush-all", "asked for by the file system, covers", 2, 2, true, false},
		{"kext-sync-swallow", "wb-flush-all", "none has reached the firmware", 2, 0, true, false},
		{"dext-sync-fail", "wb-flush-all", "no SYNCHRONIZE CACHE behind it ended with GOOD", 2, 0, false, false},
		{"kext", "wb-hidden", "GOOD itself promises it", 0, 0, true, true},
		{"kext", "write-through", "GOOD itself promises it", 0, 0, true, true},
	}
	for _, tt := range tests {
		m := explained(t, "--host", tt.host, "--policy", tt.policy, cp).Measured[0]
		u, a := m.UntilExit, m.AfterExit
		if !strings.Contains(m.Verdict, tt.verdict) {
			t.Errorf("%s, %s: %s", tt.host, tt.policy, m.Verdict)
		}
		if a.Syncs.Driver != tt.driver || a.Syncs.Firmware != tt.firmware || a.Promised > 0 != tt.promised || u.Promised > 0 != tt.atExitPromised {
			t.Errorf("%s, %s: until the exit %+v, after it %+v", tt.host, tt.policy, u, a)
		}
	}
}

func TestExplain_Files(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	code, stdout, stderr := tbraid("explain", "--host", "kext", "sync", "-o", path)
	if code != exitOK || !strings.Contains(stdout, "VERDICT") {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), `"schema": "`+report.ExplainSchema+`"`) {
		t.Errorf("%v: %s", err, data)
	}
}

func TestExplain_Errors(t *testing.T) {
	tests := []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, "in quotes"},
		{[]string{"forum"}, exitUsage, "in quotes"},
		{[]string{"sync", "sync"}, exitUsage, "one more"},
		{[]string{"sync", "-o", "x.csv"}, exitUsage, "there is .json"},
		{[]string{"sync", "--width", "9"}, exitUsage, "at least 40"},
		{[]string{"cp", "-R", "/a", "/b"}, exitUsage, "in quotes"},
		{[]string{"rsync a b"}, exitInput, "unknown tool"},
		{[]string{"dd if=/dev/zero of=/dev/disk5 bs=1m count=1 oflag=dsync"}, exitInput, "unknown oflag"},
		{[]string{"dd if=/none of=/dev/disk5 bs=1m count=1"}, exitInput, "--file"},
		{[]string{"cp /dev/zero /Volumes/RAID/a"}, exitInput, "never ends"},
		{[]string{"sync", "--host", "kxt"}, exitInput, `did you mean "kext"?`},
	}
	for _, tt := range tests {
		code, stdout, stderr := tbraid(append([]string{"explain"}, tt.args...)...)
		name := "explain " + strings.Join(tt.args, " ")
		if code != tt.code {
			t.Errorf("tbraid %s: exit %d, want %d: %s", name, code, tt.code, stderr)
		}
		checkComplaint(t, name, stdout, stderr, tt.want)
	}
}
