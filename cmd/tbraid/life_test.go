package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tbraid/lab"
)

// lives runs explain for the life of blocks and reads its JSON.
func lives(t *testing.T, args ...string) lab.Lives {
	t.Helper()
	code, stdout, stderr := tbraid(append([]string{"explain", "-o", "-"}, args...)...)
	if code != exitOK || stderr != "" {
		t.Fatalf("%q: exit %d: %s", args, code, stderr)
	}
	var l lab.Lives
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		t.Fatal(err)
	}
	return l
}

// midPass is an instant at which the head is over the block that the arguments
// name, to write what a WRITE brought: found in the run without the cut.
func midPass(t *testing.T, args ...string) string {
	t.Helper()
	s := lives(t, slices.Concat(args, []string{"--cut", "0s"})...).Stories[0]
	for _, f := range s.Facts {
		if f.What == "pass-begun" && strings.Contains(f.Text, "writes #") {
			return (time.Duration(f.AtNS+f.UntilNS) / 2).String()
		}
	}
	t.Fatalf("%q: no pass among %+v", args, s.Facts)
	return ""
}

// A lost, a torn, a saved and a collateral block, a file and a shorn command, byte
// for byte; and that each is what its name says.
func TestExplain_Lives(t *testing.T) {
	of := func(args ...string) []string { return args }
	aged := of(filepath.Join("testdata", "explain", "unfilled.yaml"), "--policy", "wb-age-4s", "--set", "box.disk.tear=4KiB")
	unfilled := slices.Concat(aged, of("--lba", "520"))
	through := of("small", "--policy", "write-through", "--lba", "4096", "--set", "box.disk.tear=4KiB")
	tests := []struct {
		file string
		args []string
		want lab.LifeGroup
	}{
		{"life-lost.txt", []string{"small", "--policy", "wb-age-4s", "--lba", "4096"}, lab.LifeGroup{Class: "permitted-loss", Reads: "old"}},
		{"life-lost-ascii.txt", []string{"--ascii", "--width", "80", "small", "--policy", "wb-ack-only,wb-flush-all", "--lba", "4096"},
			lab.LifeGroup{Class: "permitted-loss", Reads: "old"}},
		{"life-torn.txt", slices.Concat(unfilled, of("--cut", midPass(t, unfilled...))), lab.LifeGroup{Class: "permitted-loss", Reads: "torn"}},
		{"life-saved.txt", []string{"small", "--policy", "wb-age-4s,wb-protected", "--cut", "5s", "--lba", "4096"}, lab.LifeGroup{Class: "none", Reads: "newest"}},
		{"life-collateral.txt", slices.Concat(through, of("--cut", midPass(t, through...))), lab.LifeGroup{Class: "collateral", Reads: "torn"}},
		{"life-shorn.txt", slices.Concat(aged, of("--command", "46", "--cut", midPass(t, unfilled...))), lab.LifeGroup{Class: "permitted-loss", Reads: "torn"}},
		{"life-file.txt", []string{"forum", "--case", "cp", "--host", "kext", "--policy", "wb-ack-only", "--event", "box-power", "--file", "clip-003.mov"},
			lab.LifeGroup{Class: "violation", Reads: "zeros"}},
		{"life-hole.txt", []string{"-v", "write-hole", "--policy", "wb-age-4s", "--lba", "12890"}, lab.LifeGroup{Class: "violation", Reads: "garbage"}},
		{"life-restart.txt", []string{"forum", "--case", "dd", "--host", "kext,dext", "--policy", "wb-flush-all", "--event", "restart:kext", "--lba", "4096"},
			lab.LifeGroup{Class: "none", Reads: "newest"}},
		{"life-destage-on-read.txt", []string{"forum", "--case", "dd + read-back", "--host", "kext", "--policy", "wb-read-destage", "--event", "box-power", "--lba", "4096"},
			lab.LifeGroup{Class: "none", Reads: "newest"}},
	}
	for _, tt := range tests {
		l := lives(t, tt.args...)
		if g := l.Stories[0].Groups[0]; g.Class != tt.want.Class || g.Reads != tt.want.Reads {
			t.Errorf("%s: %+v", tt.file, g)
		}
		if tt.file == "life-shorn.txt" && l.Stories[0].Shorn == nil {
			t.Errorf("%s: the command is not shorn", tt.file)
		}
		code, stdout, stderr := tbraid(append([]string{"explain"}, tt.args...)...)
		if code != exitOK {
			t.Errorf("%s: exit %d: %s", tt.file, code, stderr)
			continue
		}
		file := filepath.Join("testdata", "explain", tt.file)
		if *update {
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

// What is said to have saved the block did so in a run of its own.
func TestExplain_WhatSaves(t *testing.T) {
	l := lives(t, "small", "--policy", "wb-age-4s", "--lba", "4096")
	v := l.Stories[0].Saving
	if v.Later == nil || !v.Later.Kept || v.Flush == nil || !v.Flush.Kept || v.Flush.TookNS <= 0 {
		t.Fatalf("%+v", v)
	}
	kept := map[string]bool{}
	for _, o := range v.Policies {
		kept[o.Policy] = o.Kept
	}
	if len(kept) != 4 || !kept["write-through"] || !kept["wb-protected"] || kept["wb-flush-all"] || kept["wb-ack-only"] {
		t.Errorf("%v", kept)
	}
	at := time.Duration(v.Later.AtNS)
	for _, c := range []struct {
		at   time.Duration
		lost bool
	}{{at - 1, true}, {at, false}} {
		again := lives(t, "small", "--policy", "wb-age-4s", "--lba", "4096", "--cut", c.at.String()).Stories[0]
		if again.Groups[0].Lost != c.lost || (again.Saving == nil) == c.lost {
			t.Errorf("cut at %s: %+v", c.at, again.Groups[0])
		}
	}
	dishonest := lives(t, "small", "--policy", "wb-ack-only", "--lba", "4096").Stories[0].Saving
	if dishonest.Later != nil || dishonest.Flush.Kept || dishonest.Flush.Word != "lost (violation, firmware-acks)" {
		t.Errorf("%+v", dishonest.Flush)
	}
}

// On a coloured terminal what did not happen is struck through, else a word says so.
func TestExplain_NotHappened(t *testing.T) {
	args := []string{"explain", "small", "--policy", "wb-age-4s", "--lba", "4096", "--color"}
	_, plain, _ := tbraid(append(args, "never")...)
	_, coloured, _ := tbraid(append(args, "always")...)
	if !strings.Contains(plain, "not happened: destage") || strings.Contains(plain, "\x1b") {
		t.Errorf("%s", plain)
	}
	if strings.Contains(coloured, "not happened: ") || !strings.Contains(coloured, "\x1b[2;9mdestage") {
		t.Errorf("%q", coloured)
	}
}

func TestExplain_LifeErrors(t *testing.T) {
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--command", "5"}, exitInput, "choose among them, as in --case 'dd'"},
		{[]string{"small", "--lba", "9000000"}, exitInput, "nothing of it is lost in any of the 5 runs"},
		{[]string{"small", "--policy", "wb-age-4s", "--lba", "24000000"}, exitInput, "name one from 0 to 23999999"},
		{[]string{"small", "--policy", "wb-age-4s", "--command", "3"}, exitInput, "among #30 to #285"},
		{[]string{"small", "--policy", "wb-age-4s", "--command", "0"}, exitUsage, "from 1"},
		{[]string{"small", "--policy", "wb-age-4s", "--file", "clip"}, exitInput, "has no volume"},
		{[]string{"forum", "--case", "cp", "--host", "kext", "--policy", "wb-age-4s", "--event", "box-power", "--file", "clip"}, exitInput, "clip-001.mov"},
		{[]string{"small", "--policy", "wb-age-4s", "--case", "x", "--lba", "1"}, exitInput, "there are small"},
		{[]string{"small", "--lba", "1", "--command", "2"}, exitUsage, "one of --lba N"},
		{[]string{"small", "--lba", "1", "--tail", "-1s"}, exitUsage, "0 or more"},
		{[]string{"small", "--lba", "1", "--cut", ""}, exitUsage, "takes an instant"},
		{[]string{"small", "--policy", "wb-age-4s", "--lba", "1", "--cut", "every"}, exitInput, "every"},
		{[]string{"small", "forum", "--lba", "1"}, exitUsage, "one more"},
		{[]string{"small", "--volume", "/Volumes/RAID", "--lba", "1"}, exitUsage, "goes with command lines"},
		{[]string{"sync", "--cut", "1s"}, exitUsage, "add --lba"},
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

// A scenario from standard input is read once, and its other policies are tried.
func TestExplain_LifeFromStandardInput(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "explain", "unfilled.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	code := run([]string{"explain", "-", "--policy", "wb-age-4s", "--lba", "8"}, strings.NewReader(string(data)), &stdout, &stderr)
	if code != exitOK || !strings.Contains(stdout.String(), "the same cut under wb-flush-all: lost") {
		t.Errorf("exit %d: %s%s", code, stdout.String(), stderr.String())
	}
}

// Command lines, a file of the host and a file of the volume in one call.
func TestExplain_LifeOfTypedLines(t *testing.T) {
	l := lives(t, "--host", "kext", "--policy", "wb-flush-all", "--volume", "/Volumes/RAID", "--file", "/tmp/a=1MiB", "--file", "/Volumes/RAID/a", "cp /tmp/a /Volumes/RAID/a")
	s := l.Stories[0]
	if s.Subject.Kind != "file" || len(s.Subject.Parts) < 2 || s.Subject.Parts[0].Blocks != 2048 || s.Groups[0].Lost && s.Saving == nil {
		t.Errorf("%+v", s)
	}
}
