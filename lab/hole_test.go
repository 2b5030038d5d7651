package lab_test

import (
	"testing"

	"tbraid/configs"
	"tbraid/lab"
)

// Promised data are garbage where the hole is open, and nowhere else. What a log
// costs is on the bill of its policy alone.
func TestWriteHole_Closed(t *testing.T) {
	s, err := configs.Load("write-hole", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Simulate(s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		policy              string
		broken, log, resync bool
	}{
		{"wb-age-4s", true, false, false}, {"wb-age-4s-bitmap", false, false, true},
		{"wb-age-4s-ppl", false, true, true}, {"wb-protected", false, false, false},
	} {
		run := find(t, r, "write-hole", "kext", c.policy)
		m := run.Members
		if run.Loss.Violation > 0 != c.broken {
			t.Errorf("%s: %d bytes of broken promises", c.policy, run.Loss.Violation)
		}
		if m.LogWrites > 0 != c.log || m.LogBytes < 4096*m.LogWrites {
			t.Errorf("%s: %d log writes of %d bytes", c.policy, m.LogWrites, m.LogBytes)
		}
		if m.ResyncBytesWritten > 0 != c.resync || m.ResyncBytesRead > 0 != c.resync {
			t.Errorf("%s: repair read %d and wrote %d bytes", c.policy, m.ResyncBytesRead, m.ResyncBytesWritten)
		}
	}
}

// The volume is smaller by what the log takes, and a file system to its end fits.
func TestPPL_VolumeToTheEnd(t *testing.T) {
	r := simulate(t, `
box: small-4x4gb-raid5
hosts: [kext]
policies: [wb-age-4s, wb-age-4s-ppl]
files: [{path: /Users/user/clip.mov, size: 2MiB}]
volumes: [{mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640}]
steps:
  - run: cp /Users/user/clip.mov /Volumes/RAID/
  - run: diskutil unmount /Volumes/RAID
  - event: box-power
  - run: cp /Volumes/RAID/clip.mov /tmp/readback
`, lab.Options{})
	for _, run := range r.Runs {
		if run.Loss.Acknowledged() > 0 || run.ToolError != "" || word(run.ReadAfter) != "correct" {
			t.Errorf("%s: %+v %s %s", run.Policy, run.Loss, run.ToolError, word(run.ReadAfter))
		}
	}
}
