package ledger

import (
	"testing"

	"tbraid/internal/block"
	"tbraid/sim"
)

// A hundred blocks come to a medium one a nanosecond while others are acknowledged:
// as long as these are fewer, the worst is over, and the sweep need not look. Once
// they are more, it has to.
func TestSweep_LooksAtARiseThatPassesDoNotMakeUpFor(t *testing.T) {
	for _, c := range []struct {
		second uint64 // blocks acknowledged at 75 ns, after 30 at 70 ns
		worst  uint64
		at     sim.Time
		looked bool // passes were booked for it
	}{
		{second: 20, worst: 400, at: 10},
		{second: 25, worst: 400, at: 10},
		{second: 26, worst: 401, at: 75, looked: true},
		{second: 60, worst: 435, at: 75, looked: true},
	} {
		l := New(Promises)
		s := l.Listen(0, func(dst []block.Run, e block.Extent) []block.Run { return append(dst, block.Run{Extent: e}) }, Keeping{Lost: PowerLost})
		write := func(now sim.Time, e block.Extent) block.Version {
			v := l.Issue(now, e, e, false)
			l.Acknowledge(now, v, Volatile)
			return v
		}
		write(5, ext(500, 300)) // stays where it is
		first := ext(0, 100)
		v := write(10, first)
		pass := Pass{Begin: 20, End: 120, Units: 100, UnitBlocks: 1, Pieces: []Piece{{Extent: first, Version: v}}}
		number := l.Starts(20, &pass)
		write(70, ext(200, 30))
		write(75, ext(300, c.second))
		l.enter(76, ext(2000, 1))
		l.leave()
		if looked := s.landed >= 70; looked != c.looked {
			t.Errorf("%d blocks: booked up to %d ns", c.second, s.landed)
		}
		l.Ends(120, number)
		f := l.Finish(200).Outages[0].Acknowledged
		if f.Worst != c.worst*block.Size || f.WorstAt != c.at {
			t.Errorf("%d blocks: worst %d at %d ns, want %d at %d", c.second, f.Worst/block.Size, f.WorstAt, c.worst, c.at)
		}
	}
}
