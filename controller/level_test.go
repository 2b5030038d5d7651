package controller

import (
	"testing"

	"pgregory.net/rapid"

	"tbraid/sim"
)

// Every peak stands in the bucket in which it was, every point holds until the next,
// and nothing is shown that never was.
func TestLevel_AgainstList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := sim.Time(rapid.Int64Range(0, 1<<40).Draw(t, "from"))
		l := level{from: from, shift: levelShift}
		type step struct {
			at     sim.Time
			blocks uint64
		}
		all := []step{{from, 0}}
		now := from
		for range rapid.IntRange(0, 200).Draw(t, "changes") {
			now += sim.Time(rapid.Int64Range(0, 1<<rapid.IntRange(0, 34).Draw(t, "scale")).Draw(t, "later"))
			s := step{now, rapid.Uint64Range(0, 9).Draw(t, "blocks")}
			l.note(s.at, s.blocks)
			all = append(all, s)
		}
		end := now + sim.Time(rapid.Int64Range(0, 1<<34).Draw(t, "rest"))
		l.reach(end)
		if l.at >= levelBuckets || int64(end-from)>>l.shift != int64(l.at) {
			t.Fatalf("bucket %d of 2^%d ns at %v", l.at, l.shift, end-from)
		}
		for i, got := range l.most[:l.at+1] {
			begin, border := from+sim.Time(i)<<l.shift, from+sim.Time(i+1)<<l.shift
			want := uint64(0)
			for k, s := range all {
				until := sim.Never
				if k+1 < len(all) {
					until = all[k+1].at
				}
				if s.at < border && (until > begin || s.at >= begin) {
					want = max(want, s.blocks)
				}
			}
			if got != want {
				t.Fatalf("bucket %d, from %v to %v: %d, want %d; %v", i, begin, border, got, want, all)
			}
		}
	})
}
