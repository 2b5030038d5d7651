package ledger

import "tbraid/internal/block"

// reason says what became of the newest volatile copy of a block that went away.
type reason struct {
	version block.Version
	why     Cause
}

// dropped maps blocks to the newest volatile version that was dropped.
func (l *Ledger) dropped() *block.Map[reason] {
	var m block.Map[reason]
	for _, d := range l.drops {
		for _, r := range m.Append(nil, d.run.Extent) {
			if r.Value.version <= d.run.Version {
				m.Set(r.Extent, reason{d.run.Version, d.why})
			}
		}
	}
	return &m
}

// cause finds the highest place at which the loss could have been prevented.
func (l *Ledger) cause(loss Loss, claim promised) (Cause, uint32) {
	if l.writes[loss.Lost].Shirked == Misdirected || loss.Outcome == Foreign {
		return Misdirected, 0
	}
	switch loss.Outcome {
	case Torn:
		return TornWrite, 0
	case Garbage:
		return WriteHole, 0
	case Unreadable:
		return ArrayLost, 0
	}
	if loss.Class == InFlight {
		return NoCause, 0
	}
	if loss.Class == BrokenWord {
		return l.broken(claim, loss.Taken), claim.flush
	}
	// Permitted: no flush that covers the lost version ended well. Those that
	// were asked for and stopped say why; if there is none, no one asked.
	acked := l.writes[loss.Lost].acked
	best, id := causes, uint32(0)
	for i := l.asked(loss) - 1; i > 0 && l.flushes[i].acked >= acked; i-- {
		f := &l.flushes[i]
		if !f.reach().Overlaps(loss.Extent) {
			continue
		}
		why := f.Stop
		if why == NoCause {
			why = FlushCut
		}
		if why < best {
			best, id = why, uint32(i)
		}
	}
	if best == causes {
		return NeverAsked, 0
	}
	return best, id
}

// asked is the number of flushes that could still have saved what was lost: those
// of before an earlier event took it.
func (l *Ledger) asked(loss Loss) int {
	for _, o := range l.offs {
		if o.extent.Contains(loss.Extent.Start) && loss.Lost > o.kept && loss.Lost <= o.lost {
			return o.flushes
		}
	}
	return len(l.flushes)
}

// broken says who broke a promise that was given.
func (l *Ledger) broken(claim promised, taken Cause) Cause {
	stop := l.writes[claim.version].Shirked
	if claim.flush != 0 {
		stop = l.flushes[claim.flush].Stop
	}
	if lie := l.writes[claim.version].Shirked; lie == HiddenCache && stop == CacheUnseen {
		return lie // who was told that there is no cache sends no flush
	}
	if stop == NoCause {
		return taken // everyone did what was promised; something took the data later
	}
	return stop
}
