package ledger

import (
	"slices"

	"tbraid/internal/block"
)

// judge is the judge a second time, from the complete record of a small box and
// block by block: what was issued, acknowledged and promised is found anew.
func (m *small) judge(holds [smallBlocks]block.Version, seen *[smallBlocks]block.Version, drops []drop, busy bool) (all [smallBlocks]Loss) {
	claims := m.claims()
	for b := range uint64(smallBlocks) {
		var issued, acked block.Version
		for v := range m.writes {
			if v > 0 && m.writes[v].payload.Contains(block.LBA(b)) {
				issued = block.Version(v)
			}
		}
		for _, v := range m.acks {
			if m.writes[v].payload.Contains(block.LBA(b)) {
				acked = v
			}
		}
		if issued != 0 {
			all[b] = m.fared(b, holds[b], seen[b], drops, busy, issued, acked, claims[b])
		}
	}
	return all
}

// promised is the strongest claim on a block.
type claimed struct {
	version block.Version
	level   Promise
	flush   int
}

// claims is by block the newest version that some promise obliges the box to
// keep. Of several flushes that cover it the one that ended first counts, and a
// flush counts more than the status of the WRITE.
func (m *small) claims() (all [smallBlocks]claimed) {
	var order []int
	for id := range m.flushes {
		if id > 0 && m.flushes[id].good {
			order = append(order, id)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return m.flushes[a].done - m.flushes[b].done })
	for b := range all {
		for _, id := range order {
			f := &m.flushes[id]
			if e := f.extent; e != (block.Extent{}) && (block.LBA(b) < e.Start || e.Blocks > 0 && block.LBA(b) >= e.End()) {
				continue
			}
			for _, v := range m.acks[:f.acked] {
				if !m.writes[v].payload.Contains(block.LBA(b)) {
					continue
				}
				if v = m.left(uint64(b), v, id); v > all[b].version {
					all[b] = claimed{v, Stable, id}
				}
			}
		}
		for _, v := range m.acks {
			if w := &m.writes[v]; w.promise >= Stable && w.payload.Contains(block.LBA(b)) && v > all[b].version {
				all[b] = claimed{version: v, level: Stable}
			}
		}
	}
	return all
}

// left is what there was of version v of b when flush id was asked for: an event
// before may have taken it, and left an older one.
func (m *small) left(b uint64, v block.Version, id int) block.Version {
	for i := len(m.offs) - 1; i >= 0; i-- {
		if o := &m.offs[i]; o.b == b && id >= o.flushes {
			if v > o.kept && v <= o.lost {
				return o.kept
			}
			break
		}
	}
	return v
}

// fared is the fate of one block.
func (m *small) fared(b uint64, found, seen block.Version, drops []drop, busy bool, issued, acked block.Version, claim claimed) Loss {
	loss := Loss{Extent: ext(b, 1), Lost: acked, Found: found, Promise: claim.level}
	if seen != 0 {
		loss.Promise = Observed
	}
	switch {
	case found == block.Torn:
		loss.Outcome = Torn
	case found == block.Unread:
		loss.Outcome = Unreadable
	case found == block.Garbage:
		loss.Outcome = Garbage
	case found != 0 && !m.writes[found].extent.Contains(block.LBA(b)):
		loss.Outcome = Foreign
	case found < seen:
		loss.Outcome, loss.Lost = Resurrected, max(acked, seen)
	case found >= acked:
		if found < issued {
			return Loss{Extent: ext(b, 1), Lost: issued, Found: found, Promise: loss.Promise, Class: InFlight, Outcome: Kept}
		}
		return Loss{}
	case found < claim.version:
		loss.Outcome, loss.Promise = Stale, Stable
	default:
		loss.Outcome, loss.Promise = Kept, Volatile
	}
	if acked != 0 {
		loss.Promise = max(loss.Promise, Volatile)
	}
	switch Judge(loss.Outcome, loss.Promise, busy) {
	case Permitted:
		loss.Class = AtRisk
	case Collateral:
		loss.Class = Damage
	case Violation:
		loss.Class = BrokenWord
	}
	if acked == 0 && loss.Outcome != Resurrected {
		loss.Lost, loss.Class = issued, InFlight
	} else if acked != 0 && m.writes[acked].shirked == Misdirected {
		loss.Class = BrokenWord
	}
	if loss.Outcome == Stale || loss.Outcome == Resurrected || loss.Outcome == Kept && loss.Class != InFlight {
		for _, d := range drops {
			if d.run.Extent.Contains(block.LBA(b)) {
				loss.Taken = d.why
			}
		}
	}
	loss.Cause, loss.Flush = m.cause(b, &loss, acked, claim)
	return loss
}

// cause is the highest place at which the loss could have been prevented.
func (m *small) cause(b uint64, loss *Loss, acked block.Version, claim claimed) (Cause, uint32) {
	switch {
	case loss.Outcome == Foreign || acked > 0 && m.writes[acked].shirked == Misdirected:
		return Misdirected, 0
	case loss.Outcome == Torn:
		return TornWrite, 0
	case loss.Outcome == Garbage:
		return WriteHole, 0
	case loss.Outcome == Unreadable:
		return ArrayLost, 0
	}
	switch loss.Class {
	case BrokenWord:
		if loss.Outcome == Resurrected && loss.Found >= claim.version {
			return loss.Taken, 0
		}
		stop := m.writes[claim.version].shirked
		if claim.flush > 0 {
			stop = m.flushes[claim.flush].stop
		}
		if stop == NoCause {
			stop = loss.Taken
		}
		return stop, uint32(claim.flush)
	case AtRisk:
		best, id := NoCause, uint32(0)
		for i := m.asked(b, loss.Lost) - 1; i > 0; i-- {
			f := &m.flushes[i]
			if e := f.extent; e != (block.Extent{}) && (block.LBA(b) < e.Start || e.Blocks > 0 && block.LBA(b) >= e.End()) {
				continue
			}
			why := f.stop
			if why == NoCause {
				why = FlushCut
			}
			if f.acked >= m.writes[loss.Lost].acked && (best == NoCause || why < best) {
				best, id = why, uint32(i)
			}
		}
		if best == NoCause {
			best = NeverAsked
		}
		return best, id
	}
	return NoCause, 0
}

// asked is how many flushes had been asked for when an event took version v of b.
func (m *small) asked(b uint64, v block.Version) int {
	for _, o := range m.offs {
		if o.b == b && v > o.kept && v <= o.lost {
			return o.flushes
		}
	}
	return len(m.flushes)
}
