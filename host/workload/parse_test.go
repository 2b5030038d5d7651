package workload

import (
	"errors"
	"strings"
	"testing"
)

func TestDDNumbers(t *testing.T) {
	for _, c := range []struct {
		text string
		want uint64
		ok   bool
	}{
		{"1", 1, true}, {"512", 512, true}, {"1b", 512, true}, {"1B", 512, true}, {"4k", 4096, true}, {"4K", 4096, true},
		{"1m", 1 << 20, true}, {"1M", 1 << 20, true}, {"2g", 2 << 30, true}, {"1t", 1 << 40, true}, {"1P", 1 << 50, true},
		{"3w", 12, true}, {"2x80k", 2 * 80 << 10, true}, {"2*3X4", 24, true}, {"0x10", 16, true}, {"0x10k", 16 << 10, true},
		{"010", 8, true}, {"0", 0, true}, {"1kx2", 2048, true},
		{"", 0, false}, {"k", 0, false}, {"1kk", 0, false}, {"1MiB", 0, false}, {"-1", 0, false}, {"1.5m", 0, false}, {"2x", 0, false},
		{"9223372036854775807", 1<<63 - 1, true}, {"9223372036854775808", 0, false}, {"8192p", 0, false}, {"09", 0, false}, {"x2", 0, false},
	} {
		got, ok := ddNumber(c.text)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q = %d, %v; want %d, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestDiskutilSizes(t *testing.T) {
	for _, c := range []struct {
		text string
		want size
		ok   bool
	}{
		{"100%", size{percent: 100}, true}, {"R", size{remainder: true}, true}, {"0b", size{remainder: true}, true}, {"0g", size{remainder: true}, true},
		{"10g", size{bytes: 10_000_000_000}, true}, {"10GB", size{bytes: 10_000_000_000}, true}, {"200Mi", size{bytes: 200 << 20}, true},
		{"1.5t", size{bytes: 1_500_000_000_000}, true}, {"8s", size{bytes: 4096}, true}, {"512", size{bytes: 512}, true},
		{"", size{}, false}, {"101%", size{}, false}, {"0%", size{}, false}, {"ten", size{}, false}, {"1x", size{}, false}, {"1.5.2g", size{}, false}, {".g", size{}, false},
	} {
		got, ok := parseSize(c.text)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q = %+v, %v; want %+v, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestParseNode(t *testing.T) {
	for _, c := range []struct {
		path string
		want Node
		ok   bool
	}{
		{"disk5", Node{Disk: "disk5"}, true}, {"/dev/disk5", Node{Disk: "disk5"}, true}, {"/dev/rdisk5s2", Node{"disk5", 2, true}, true},
		{"disk", Node{}, false}, {"disk5s", Node{}, false}, {"disk5s0", Node{}, false}, {"disk05", Node{}, false}, {"/tmp/disk5", Node{}, false}, {"disk5s2s1", Node{}, false},
	} {
		got, ok := ParseNode(c.path)
		if ok != c.ok || got != c.want {
			t.Errorf("%q = %+v, %v", c.path, got, ok)
		}
		if ok && strings.HasPrefix(c.path, "/dev/") && got.Path() != c.path {
			t.Errorf("%q prints as %q", c.path, got.Path())
		}
	}
}

func TestParse_Errors(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", "column 1: there is no command"},
		{"ddd if=x of=y", `column 1: unknown tool "ddd"; did you mean dd? known are dd, cp, diskutil and sync`},
		{"mkfs /dev/disk5", "known are dd, cp, diskutil and sync"},
		{"dd if=/dev/zero of=/dev/disk5 | tee x", "column 31: a shell would act on '|'; give one command a line"},
		{"dd if=x of=$HOME/y", "column 12: a shell would act on '$'; nothing is expanded here"},
		{`dd if=x of="y`, "column 12: an open quote"},
		{`dd of=y\`, "column 8: an open quote or backslash"},
		{"dd if=/dev/zero off=/dev/disk5", `dd: column 17: unknown operand "off"; did you mean of?`},
		{"dd if=/dev/zero of=/dev/disk5 count", `dd: column 31: "count" is no operand; did you mean count?`},
		{"dd if=a of=b bs=1MiB", `dd: column 14: bs is not a number: "1MiB"`},
		{"dd if=a of=b bs=0", "dd: column 14: bs must not be 0"},
		{"dd if=a of=b bs=1m bs=2m", "dd: column 20: bs was already given"},
		{"dd if=a of=b iseek=1 skip=2", "dd: column 22: skip was already given"},
		{"dd if=a of=b conv=fdatasync", "dd: column 14: conv=fdatasync is not in the dd of macOS; did you mean conv=fsync?"},
		{"dd if=a of=b conv=fsinc", `unknown conversion "fsinc"; did you mean fsync?`},
		{"dd if=a of=b conv=swab", "conv=swab looks at bytes"},
		{"dd if=a of=b oflag=append", `unknown oflag "append"; dd knows direct fsync sync`},
		{"dd if=a of=b iflag=fullblock,sinc", `unknown iflag "sinc"; did you mean sync?`},
		{"dd if=a of=b status=progres", "did you mean progress?"},
		{"dd if=a of=", "dd: column 9: no value for of"},
		{"dd of=/dev/disk5", "dd: column 1: there is no if="},
		{"dd if=/dev/disk5 count=1", "dd: column 1: there is no of="},
		{"dd if=/dev/random of=/dev/rdisk5 bs=1m", "dd: column 4: /dev/random has no early end: this would write the whole of /dev/rdisk5, 66 TB on the disk modelled by default; add count="},
		{"dd if=/dev/disk5 of=/dev/null", "this would read the whole of /dev/disk5"},
		{"dd if=/dev/zero of=/dev/null", "/dev/zero never ends; add count="},
		{"dd if=a of=b bs=1t count=1t", "count times the block size is beyond 2^63 bytes"},
		{"cp a", "cp: column 1: cp needs a source and a target"},
		{"cp -Z a b", "cp: column 4: unknown flag -Z"},
		{"cp a /dev/disk5", "cp: column 6: /dev/disk5 is a device"},
		{"diskutil", "diskutil: column 1: there is no verb"},
		{"diskutil partitiondsk disk5", "did you mean partitionDisk?"},
		{"diskutil info", "diskutil: column 10: info of what?"},
		{"diskutil list -plist", "-plist is not modelled"},
		{"diskutil partitionDisk disk5s1 JHFS+ RAID R", "disk5s1 is a slice; name the whole disk: disk5"},
		{"diskutil partitionDisk disk5 GPT JHFS RAID R", `column 34: unknown format "JHFS"; did you mean JHFS+?`},
		{"diskutil partitionDisk disk5 2 JHFS+ RAID R", "2 partitions announced and 1 given"},
		{"diskutil partitionDisk disk5 JHFS+ RAID", "2 words where threes are due"},
		{"diskutil partitionDisk disk5 JHFS+ RAID much", `"much" is not a size`},
		{"diskutil eraseDisk ExFAT RAID disk5", `unknown format "ExFAT"; modelled are JHFS+ HFS+ APFS free`},
		{"diskutil unmount disk5", "use unmountDisk disk5"},
		{"diskutil eraseDisk JHFS+ RAID GTP disk5", `unknown partition scheme "GTP"; use GPT, MBR or APM`},
		{"diskutil list disk", `"disk" is not a disk`},
		{"diskutil list disk4 disk5", `unknown filter "disk4"`},
		{"diskutil unmountDisk disk5 disk6", `one operand too many: "disk6"`},
		{"sync now", "sync takes no operand"},
	} {
		_, err := Parse(c.line)
		var p *ParseError
		if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n gives %v\n want  %s", c.line, err, c.want)
		}
	}
}

func TestParse_WhatReportsNeed(t *testing.T) {
	for _, c := range []struct {
		line     string
		disk     string
		bytes    uint64
		readBack bool
	}{
		{"sudo dd if=/dev/random of=/dev/rdisk5 bs=1m count=64", "disk5", 64 << 20, false},
		{"dd if=/dev/rdisk5 of=/tmp/back bs=1m count=64", "disk5", 64 << 20, true},
		{"dd if=/dev/disk5 of=/dev/disk6 count=2", "disk6", 1024, false},
		{"cp -R '/Users/me/My Files' /Volumes/RAID", "", 0, false},
		{"/usr/sbin/diskutil partitionDisk /dev/disk5 1 GPT JHFS+ RAID 100%", "disk5", 0, false},
		{"diskutil unmount force /Volumes/RAID", "", 0, false},
	} {
		tool := mustParse(t, c.line)
		if tool.Line != c.line || tool.Disk != c.disk || tool.Bytes != c.bytes || tool.ReadBack != c.readBack {
			t.Errorf("%s: %+v", c.line, tool)
		}
	}
	if got := mustParse(t, `cp 'a b' "c\"d" e\ f /Volumes/RAID`).Inputs; strings.Join(got, "|") != `a b|c"d|e f` {
		t.Errorf("quotes: %q", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{
		"dd if=/dev/random of=/dev/disk5 bs=1m count=64 conv=fsync oflag=sync,direct seek=2x8",
		"cp -Rpv 'a b' /Volumes/RAID/", "diskutil partitionDisk disk5 2 GPT JHFS+ A 1.5t APFS B R",
		"diskutil eraseDisk free x GPT disk5", "sync", "sudo", "dd bs=", "cp - -- x", "diskutil partitionDisk disk5 %",
		"\xff", "dd if=a of=b bs=0x", "diskutil unmount force force",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		tool, err := Parse(line)
		var p *ParseError
		switch {
		case err != nil && !errors.As(err, &p):
			t.Fatalf("%q: %T", line, err)
		case err != nil && (p.Column < 1 || p.Problem == "" || p.Remedy == ""):
			t.Fatalf("%q: %+v", line, p)
		case err == nil && (tool.Run == nil || tool.Line != line):
			t.Fatalf("%q: %+v", line, tool)
		}
	})
}
