package lab_test

import (
	"path"
	"strings"
	"testing"

	"tbraid/lab"
)

// The list of lost extents holds the same bytes as the sums, class by class, each
// extent has its file and the step that wrote it, and a list that is cut off says
// how many there are.
func TestLostExtents(t *testing.T) {
	scenario := strings.Replace(every, "write-through", "wb-ack-only", 1) // under which files are lost
	whole := simulate(t, scenario, lab.Options{Extents: lab.AllExtents})
	short := simulate(t, scenario, lab.Options{Extents: 2})
	files, negative := map[string]bool{}, false
	for i := range whole.Runs {
		r, cut := &whole.Runs[i], &short.Runs[i]
		if int(r.ExtentCount) != len(r.Extents) || cut.ExtentCount != r.ExtentCount || len(cut.Extents) != min(2, len(r.Extents)) {
			t.Errorf("%s, %s, %s, %s: %d of %d extents, cut off %d of %d", r.Case, r.Event, r.Host, r.Policy,
				len(r.Extents), r.ExtentCount, len(cut.Extents), cut.ExtentCount)
		}
		var sum lab.Loss
		var oldest int64
		for _, l := range r.Extents {
			n := l.Blocks * 512
			switch l.Class {
			case "violation":
				sum.Violation += n
			case "permitted-loss":
				sum.Permitted += n
			case "collateral":
				sum.Collateral += n
			case "in-flight":
				sum.InFlight += n
			}
			if l.Class != "in-flight" {
				oldest = max(oldest, l.AgeNS)
			}
			negative = negative || l.AgeNS < 0
			files[l.File] = true
			if l.File != "" && !(l.Step >= 0 && strings.HasPrefix(r.Steps[l.Step].Text, "cp ") && path.Ext(l.File) == ".mov") {
				t.Errorf("%+v of step %d", l, l.Step)
			}
			if l.Class != "in-flight" && l.Class != "collateral" && r.EventNS-l.AckedNS != l.AgeNS {
				t.Errorf("event at %d, acknowledged at %d, %d before it", r.EventNS, l.AckedNS, l.AgeNS)
			}
		}
		if sum != r.Loss || oldest != r.OldestNS {
			t.Errorf("%s, %s, %s, %s: the extents hold %+v, the sums %+v; oldest %d, %d", r.Case, r.Event, r.Host, r.Policy, sum, r.Loss, oldest, r.OldestNS)
		}
	}
	for _, want := range []string{"", "/Volumes/RAID/Footage/clip-001.mov", "/Volumes/NEW/Footage/clip-002.mov"} {
		if !files[want] {
			t.Errorf("nothing of %q is lost: %v", want, files)
		}
	}
	if !negative {
		t.Error("nothing is lost that a shutdown wrote")
	}
}

// A file that was unmounted before the event is still a file.
func TestLostExtents_OfAnUnmountedVolume(t *testing.T) {
	r := simulate(t, `
box: small-4x4gb-raid5
hosts: [kext]
policies: [wb-ack-only]
events: [box-power]
files: [{path: /a.bin, size: 1MiB}]
volumes: [{mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640}]
steps: [{run: cp /a.bin /Volumes/RAID/}, {run: diskutil unmount /Volumes/RAID}, {event: each}]
`, lab.Options{})
	var bytes uint64
	for _, l := range r.Runs[0].Extents {
		if l.File == "/Volumes/RAID/a.bin" && l.Class == "violation" && l.Taker == "power-lost" {
			bytes += l.Blocks * 512
		}
	}
	if bytes != 1<<20 {
		t.Errorf("%d bytes of the file are lost: %+v", bytes, r.Runs[0].Extents)
	}
}
