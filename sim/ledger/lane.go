package ledger

import (
	"slices"

	"tbraid/internal/block"
	"tbraid/sim"
)

// lane counts blocks that were acknowledged, never promised, and would be lost,
// by what had been asked for before their acknowledgement: the flushes since say
// why they were not saved. Blocks belong to one lane if the same flushes mean
// them, so there is one lane as long as every flush means the whole volume.
type lane struct {
	ranges uint64 // bit n: within range n of the Sweep
	groups []group
}

// group is blocks acknowledged after flush since was asked for and before the
// next group's; why is the highest reason of the flushes that are over.
type group struct {
	since  uint32
	why    Cause
	blocks int64
	meter  *meter // of the reason now; nil if that has to be found out
}

// addLate counts blocks in their lanes.
func (s *Sweep) addLate(t *tally, e block.Extent, since uint32, n int64, late uint64, last sim.Time) {
	if len(s.ranges) == 0 {
		s.addLane(t, 0, since, n, late, last)
		return
	}
	for at := e.Start; at < e.End(); {
		part, ranges := s.part(block.Between(at, e.End()))
		share := func(of uint64) uint64 { return of / e.Blocks * part.Blocks }
		blocks := int64(share(uint64(max(n, -n))))
		if n < 0 {
			blocks = -blocks
		}
		s.addLane(t, s.lane(t, ranges), since, blocks, share(late), last)
		at = part.End()
	}
}

// part is the first part of e that lies within the same ranges.
func (s *Sweep) part(e block.Extent) (part block.Extent, ranges uint64) {
	end := e.End()
	for i, r := range s.ranges {
		switch {
		case r.Contains(e.Start):
			ranges |= 1 << i
			end = min(end, r.End())
		case r.Start > e.Start:
			end = min(end, r.Start)
		}
	}
	return block.Between(e.Start, end), ranges
}

func (s *Sweep) lane(t *tally, ranges uint64) int {
	for i := range t.lanes {
		if t.lanes[i].ranges == ranges {
			return i
		}
	}
	t.lanes = append(t.lanes, lane{ranges: ranges, groups: []group{{why: causes}}})
	l := &t.lanes[len(t.lanes)-1]
	for id := 1; id < s.folded; id++ {
		s.foldLane(l, uint32(id))
	}
	return len(t.lanes) - 1
}

func (s *Sweep) addLane(t *tally, i int, since uint32, n int64, late uint64, last sim.Time) {
	l := &t.lanes[i]
	g := l.group(since, s.folded)
	g.blocks += n
	if g.meter == nil {
		g.meter = s.causeMeter(t, AtRisk, s.why(l, g))
	}
	s.shift(g.meter, n, late, last, s.coming[AtRisk])
}

// group is the one that counts what was acknowledged after flush since. Groups
// of flushes that are over have been joined; those of later ones stay apart.
func (l *lane) group(since uint32, folded int) *group {
	if g := l.newest(); g.since == since || g.since < since && int(since) < folded {
		return g
	}
	i, found := slices.BinarySearchFunc(l.groups, since, func(g group, since uint32) int { return int(g.since) - int(since) })
	if !found {
		if int(since) < folded {
			return &l.groups[i-1]
		}
		l.groups = slices.Insert(l.groups, i, group{since: since, why: causes})
	}
	return &l.groups[i]
}

// why is the reason of a group now: that of the flush that was stopped highest
// up, one under way included.
func (s *Sweep) why(l *lane, g *group) Cause {
	why := g.why
	for id := max(s.folded, int(g.since)+1); id < len(s.l.flushes); id++ {
		if f := &s.l.flushes[id]; s.means(f, l) {
			why = min(why, f.reason())
		}
	}
	if why == causes {
		return NeverAsked
	}
	return why
}

// means tells whether the flush means the blocks of a lane. One of a range that
// is new means none before there are lanes for it.
func (s *Sweep) means(f *Flush, l *lane) bool {
	i := slices.Index(s.ranges, f.reach())
	return f.whole() || i >= 0 && l.ranges>>i&1 != 0
}

// caused is told that a flush was asked for, stopped or has ended: the reasons of
// what it did not save may be others now.
func (l *Ledger) caused() {
	s := l.sweep
	if s == nil {
		return
	}
	if f := &l.flushes[len(l.flushes)-1]; !f.whole() && !slices.Contains(s.ranges, f.reach()) {
		s.newRange(f.reach())
	}
	for s.folded < len(l.flushes) && l.flushes[s.folded].Done {
		for o := range s.kinds {
			for i := range s.tallies[o].lanes {
				s.foldLane(&s.tallies[o].lanes[i], uint32(s.folded))
			}
		}
		s.folded++
	}
	for o := range s.kinds {
		s.recause(&s.tallies[o])
	}
}

// newRange gives the blocks of a range lanes of their own.
func (s *Sweep) newRange(e block.Extent) {
	if len(s.ranges) == 64 {
		panic("ledger: flushes of more than 64 different ranges")
	}
	s.count(-1)
	s.ranges = append(s.ranges, e)
	s.count(+1)
}

// foldLane joins the groups of before a flush that is over where it makes their
// reasons the same. Reasons only go up as groups grow older, so it is done at the
// first group that has a higher one.
func (s *Sweep) foldLane(l *lane, id uint32) {
	l.group(id, int(id)) // what comes after stays apart
	if f := &s.l.flushes[id]; s.means(f, l) && f.reason() < causes {
		i := slices.IndexFunc(l.groups, func(g group) bool { return g.since >= id })
		first := i
		for first > 0 && l.groups[first-1].why >= f.reason() {
			first--
		}
		if first < i {
			joined := group{since: l.groups[first].since, why: f.reason()}
			for _, g := range l.groups[first:i] {
				joined.blocks += g.blocks
			}
			l.groups[first] = joined
			l.groups = slices.Delete(l.groups, first+1, i)
		}
	}
}

// recause counts the blocks of all lanes by reason anew.
func (s *Sweep) recause(t *tally) {
	var total [causes]int64
	for i := range t.lanes {
		l := &t.lanes[i]
		for j := range l.groups {
			g := &l.groups[j]
			if g.meter = nil; g.blocks != 0 {
				total[s.why(l, g)] += g.blocks
			}
		}
	}
	for why := range total {
		switch Cause(why) {
		case TornWrite, WriteHole, ArrayLost:
			continue // not a matter of flushes
		}
		m := t.cause[AtRisk][why]
		if m == nil && total[why] == 0 {
			continue
		}
		m = s.causeMeter(t, AtRisk, Cause(why))
		if n := total[why] - m.value; n != 0 {
			s.shift(m, n, 0, s.now, 0)
		}
	}
}
