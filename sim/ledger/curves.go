package ledger

import (
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Curves is what a Sweep has found, by kind of outage.
type Curves struct {
	From, To         sim.Time
	Instants         uint64 // that it has looked at
	Possibly, Surely Figures
	Hole             Figures
	Outages          []Fates
}

// Fates is what is lost in an outage of one kind.
type Fates struct {
	Bridged      bool // the outage is within what the protection keeps
	Acknowledged Figures
	Class        [classes]Figures
	Torn         Figures
	Causes       []CauseFigures // in order of class, most severe first, then of cause
	Oldest       time.Duration  // how long a byte was acknowledged and not durable, at most
}

// CauseFigures is what is lost in one class for one reason.
type CauseFigures struct {
	Class   Class
	Cause   Cause
	Figures Figures
}

// Finish ends the sweep at time end.
func (l *Ledger) Finish(end sim.Time) Curves {
	s := l.sweep
	l.enter(end, block.Extent{})
	l.leave()
	s.measure(end)
	c := Curves{From: s.buckets.from, To: end, Instants: s.instants,
		Possibly: s.possibly.figures(end, &s.buckets), Surely: s.surely.figures(end, &s.buckets),
		Hole: s.hole.figures(end, &s.buckets)}
	for o := range s.kinds {
		c.Outages = append(c.Outages, s.fates(o, end))
	}
	l.sweep = nil
	return c
}

func (s *Sweep) fates(outage int, end sim.Time) Fates {
	t := &s.tallies[outage]
	for p := range s.l.stands.unsettled() {
		if f := s.fate(&p.Value, outage); s.waits(&p.Value, outage, f) {
			s.aged(outage, &p.Value, end)
		}
	}
	f := Fates{Bridged: outage == bridged, Acknowledged: t.acknowledged.figures(end, &s.buckets),
		Torn: t.torn.figures(end, &s.buckets), Oldest: t.oldest}
	for c := classes; c > NoLoss; {
		c--
		f.Class[c] = t.class[c].figures(end, &s.buckets)
		for why, m := range t.cause[c] {
			if m != nil && m.first >= 0 {
				f.Causes = append(f.Causes, CauseFigures{Class: c, Cause: Cause(why), Figures: m.figures(end, &s.buckets)})
			}
		}
	}
	return f
}
