package lab_test

import (
	"slices"
	"testing"
	"time"

	"tbraid/lab"
)

const timed = `
box: small-4x4gb-raid5
hosts: [kext]
policies: [write-through, wb-flush-all, wb-ack-only]
events: [box-power]
cases:
  - name: raw
    steps:
      - prefill: {extent: 0+32MiB, with: pattern}
      - run: dd if=/dev/random of=/dev/rdisk5 bs=64k count=64
      - run: dd if=/dev/rdisk5 of=/tmp/readback bs=64k count=64
      - wait: 250ms
      - event: each
      - run: dd if=/dev/rdisk5 of=/tmp/readback bs=64k count=64
  - name: volume
    volumes: [{mount: /Volumes/RAID, fs: hfs+, label: RAID, start: 409640}]
    steps:
      - run: cp -R /Users/user/Footage /Volumes/RAID/
      - run: sync
      - event: each
files:
  - {path: /Users/user/Footage/clip-*.mov, size: 2MiB, count: 2}
`

// The percentiles are those of the commands that a log of the driver's seam shows.
func TestTools_AgainstTheLog(t *testing.T) {
	r := simulate(t, timed, lab.Options{Seams: lab.Seams{Driver: true}})
	for i := range r.Runs {
		run := &r.Runs[i]
		if len(run.Tools) == 0 {
			t.Fatalf("%s, %s: no tool", run.Case, run.Policy)
		}
		for _, tool := range run.Tools {
			var took []int64
			for _, l := range run.CommandLog {
				moves := l.Bytes > 0
				if moves && l.Fate == "GOOD" && int64(l.End) > tool.StartNS && int64(l.End) <= tool.EndNS {
					took = append(took, int64(l.End.Sub(l.At)))
				}
			}
			slices.Sort(took)
			l := tool.Latency
			if l.Count != uint64(len(took)) {
				t.Fatalf("%s, %s, %s: %d commands, the log has %d", run.Case, run.Policy, tool.Line, l.Count, len(took))
			}
			if l.Count == 0 {
				continue
			}
			if l.Max < took[len(took)-1] {
				t.Errorf("%s, %s, %s: max %d, the log has %d", run.Case, run.Policy, tool.Line, l.Max, took[len(took)-1])
			}
			for _, p := range []struct {
				got int64
				per int
			}{{l.P50, 500}, {l.P90, 900}, {l.P99, 990}, {l.P999, 999}} {
				// The block stack holds a command for longer than the driver does: never
				// shorter, but for the step of the histogram.
				want := took[max((len(took)*p.per+500)/1000, 1)-1]
				if float64(p.got) < float64(want)*0.999 {
					t.Errorf("%s, %s, %s: %d at %d of 1000, the driver had it for %d", run.Case, run.Policy, tool.Line, p.got, p.per, want)
				}
			}
		}
	}
}

// What the figures of a run must have in common.
func TestTools_AndUsage_Laws(t *testing.T) {
	r := simulate(t, timed, lab.Options{Sweep: true})
	for i := range r.Runs {
		run := &r.Runs[i]
		u, first := &run.Usage, run.Tools[0]
		if run.Rate != first.Rate || first.Rate == 0 {
			t.Errorf("%s, %s: %d B/s, and the first tool %d", run.Case, run.Policy, run.Rate, first.Rate)
		}
		for _, tool := range run.Tools {
			for _, l := range []lab.Latency{tool.Latency, tool.Flush} {
				if l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max || l.Max > tool.EndNS-tool.StartNS+int64(time.Second) {
					t.Errorf("%s, %s, %s: %+v", run.Case, run.Policy, tool.Line, l)
				}
			}
			if tool.Name == "dd" && tool.Commands != tool.Latency.Count+tool.Flush.Count {
				t.Errorf("%s, %s, %s: %d commands, %d timed", run.Case, run.Policy, tool.Line, tool.Commands, tool.Latency.Count)
			}
		}
		for _, share := range append(slices.Clone(u.MembersPPM), u.LinkInPPM, u.LinkOutPPM, u.ControllerPPM) {
			if share > 1e6 {
				t.Errorf("%s, %s: a part was busy for %d ppm", run.Case, run.Policy, share)
			}
		}
		if u.ToNS != run.EventNS || u.ActiveNS > u.ToNS-u.FromNS || len(u.MembersPPM) != 4 {
			t.Errorf("%s, %s: %+v", run.Case, run.Policy, u)
		}
		var sizes uint64
		for _, b := range u.DestageSizes {
			sizes += b.From * b.Count
		}
		if sizes > u.MemberBytesWritten || 2*sizes < u.MemberBytesWritten {
			t.Errorf("%s, %s: sizes add up to %d at least, and %d bytes were written", run.Case, run.Policy, sizes, u.MemberBytesWritten)
		}
		if n := len(u.Dirty); n == 0 || n > 256 || u.Dirty[0].TNS != u.FromNS {
			t.Errorf("%s, %s: %d points", run.Case, run.Policy, n)
		}
		e := run.Exposure
		if e == nil || e.Worst < run.Loss.Acknowledged() || (e.Worst == 0) != (e.ExposedNS == 0) || e.ExposedNS > e.SweptNS {
			t.Errorf("%s, %s: lost %+v, exposure %+v", run.Case, run.Policy, run.Loss, e)
		}
	}
}

// What the cases are known to do.
func TestUsage_KnownRuns(t *testing.T) {
	r := simulate(t, timed, lab.Options{})
	const moved = 4 << 20
	through, back := find(t, r, "raw", "kext", "write-through"), find(t, r, "raw", "kext", "wb-ack-only")
	for _, run := range []lab.Run{through, back} {
		u := run.Usage
		if u.HostBytesWritten != moved || u.CacheHitBlocks != moved/512 || u.CacheMissBlocks != 0 {
			t.Errorf("%s: %d bytes written, %d blocks hit and %d missed by the read-back", run.Policy, u.HostBytesWritten, u.CacheHitBlocks, u.CacheMissBlocks)
		}
	}
	if a := through.Usage.WriteAmplificationPPM; a < 1_333_000 { // three data members and one of parity
		t.Errorf("write-through: amplification of %d ppm", a)
	}
	if last := through.Usage.Dirty[len(through.Usage.Dirty)-1]; last.Bytes != 0 {
		t.Errorf("write-through: %d bytes dirty at the end", last.Bytes)
	}
	if u := back.Usage; u.MemberBytesWritten != 0 || u.Dirty[len(u.Dirty)-1].Bytes != moved {
		t.Errorf("wb-ack-only: %d bytes on the members, %+v", u.MemberBytesWritten, u.Dirty)
	}
	if len(through.Tools) != 3 || through.Tools[2].Step != 5 {
		t.Errorf("tools: %+v", through.Tools)
	}
	honest, acks := find(t, r, "volume", "kext", "wb-flush-all"), find(t, r, "volume", "kext", "wb-ack-only")
	a, b := honest.Tools[1].Flush, acks.Tools[1].Flush
	if a.Count == 0 || a.Count != b.Count || b.Max >= a.P50 {
		t.Errorf("flushes of sync: %+v when they are carried out, %+v when they are only answered", a, b)
	}
}
