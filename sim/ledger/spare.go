package ledger

// What passes under way have saved since they were booked. To book it takes a look at
// each pass and the exact time of each unit. A count that rises by what is
// acknowledged, while about as much comes to the media, need not be booked each
// time: it is enough to know that what has come makes up for the rise.

// spares tells whether spared lowers a count: of what is acknowledged, what of that is
// at risk, or what of that has the reason of the newest group.
func (s *Sweep) spares(m *meter) bool {
	t := &s.tallies[lasting]
	return s.kinds == 1 && len(s.ranges) == 0 &&
		(m == &t.acknowledged || m == &t.class[AtRisk] || m == t.lanes[0].newest().meter)
}

// newest is the group of what is acknowledged now.
func (l *lane) newest() *group { return &l.groups[len(l.groups)-1] }

// spared is how many blocks of the newest group, at least, have come and are not booked.
func (s *Sweep) spared() (blocks int64) {
	since := s.tallies[lasting].lanes[0].newest().since
	for i := range s.flights {
		f := &s.flights[i]
		if !f.busy || f.paused {
			continue
		}
		head := f.passed(s.now)
		for j := f.low; j < len(f.segs); j++ {
			g := &f.segs[j]
			if head < g.first {
				break
			}
			if c := &g.fares[lasting]; c[waiting].late() && c[waiting].since() >= since && c[there] == 0 {
				from, to := f.straight(g, head)
				blocks += int64((to - from) * g.blocks)
			}
		}
	}
	return blocks
}
