package ledger

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// standing is how a block stands. Two blocks of equal standing share their fate.
type standing struct {
	issued, acked, claim block.Version // newest of each kind; 0 is none, or settled and forgotten
	flush                uint32        // that the claim rests on; 0 is the status of the WRITE itself
	held, medium         block.Version // newest that the box took, and that is on the media; for a Sweep
	asked                uint32        // flushes asked for before acked was acknowledged
	at                   sim.Time      // when that was
	dirty                bool          // held is in the controller's cache alone
	saved                bool          // dirty, and what protects the cache would keep it
	firm                 bool          // acked is on the media whatever the caches did
	settled              settlement    // what is known of the versions that were forgotten
	first                block.Version // issued since they were; 0 is none
}

// known tells whether a program has ever written the block.
func (s *standing) known() bool { return s.issued != 0 || s.settled != unwritten }

// settlement remembers of versions that settled what a later judgement needs:
// how strong a promise stands on the block.
type settlement uint8

const (
	unwritten settlement = iota
	written              // acknowledged
	promised             // and promised
)

// mark is what is kept of a block of which every version was forgotten: its
// settlement, and whether it is firm. The zero mark is a block never written.
type mark uint8

const firmBit mark = 1 << 7

func (m mark) standing() standing {
	return standing{settled: settlement(m &^ firmBit), firm: m&firmBit != 0}
}

// settles is the mark of a standing of which nothing else has to be kept.
func (s *standing) settles() (m mark, ok bool) {
	rest := *s
	rest.settled, rest.firm = unwritten, false
	if rest != (standing{}) || s.settled == unwritten {
		return 0, false
	}
	if m = mark(s.settled); s.firm {
		m |= firmBit
	}
	return m, true
}

// forgotten is the standing without the versions of a block on which nothing is
// under way any more: the newest version is acknowledged and on the media.
func (s *standing) forgotten() standing {
	if s.acked == 0 || s.issued != s.acked || s.medium != s.acked || s.dirty {
		return *s
	}
	f := standing{firm: s.firm, settled: written}
	if s.claim != 0 || s.settled == promised {
		f.settled = promised
	}
	return f
}

// standing is how the blocks of e stand, if they all stand alike, and the spot of
// that in blocks. An e without blocks stands in no way.
func (l *Ledger) standing(e block.Extent) (spot block.Spot[standing], s standing, one bool) {
	if e.Empty() {
		return spot, s, false
	}
	if spot, s, one = l.blocks.Find(e); one && s == (standing{}) && l.settled.Len() > 0 {
		var m mark
		_, m, one = l.settled.Find(e)
		s = m.standing()
	}
	return spot, s, one
}

// standings is how the blocks of e stand, in order and without gaps.
func (l *Ledger) standings(e block.Extent) []block.Value[standing] {
	if l.settled.Len() == 0 {
		l.parts = l.blocks.Append(l.parts[:0], e)
		return l.parts
	}
	l.parts = l.parts[:0]
	l.unsettled = l.blocks.Append(l.unsettled[:0], e)
	for _, p := range l.unsettled {
		if p.Value != (standing{}) {
			l.parts = append(l.parts, p)
			continue
		}
		l.marks = l.settled.Append(l.marks[:0], p.Extent)
		for _, m := range l.marks {
			l.parts = append(l.parts, block.Value[standing]{Extent: m.Extent, Value: m.Value.standing()})
		}
	}
	return l.parts
}

// all is how all blocks stand that a program has written, in order. It is for the
// end of a run.
func (l *Ledger) all() []block.Value[standing] {
	if l.settled.Len() == 0 {
		return l.blocks.All(nil)
	}
	var all []block.Value[standing]
	for _, p := range l.standings(block.Extent{Blocks: 1<<64 - 1}) {
		if p.Value != (standing{}) {
			all = append(all, p)
		}
	}
	return all
}

// put changes how blocks stand, and tells the sweep.
func (l *Ledger) put(p block.Value[standing], s standing) {
	if s == p.Value {
		return
	}
	l.moved(p.Extent, &p.Value, &s)
	l.stand(p.Extent, &p.Value, &s)
}

// moved tells the sweep that blocks that stood as was stand as is.
func (l *Ledger) moved(e block.Extent, was, is *standing) {
	if l.sweep != nil {
		l.sweep.moved(e, was, is)
	}
}

// stand enters that blocks that stood as was stand as is. While a sweep can tell
// what has settled, that is forgotten.
func (l *Ledger) stand(e block.Extent, was, is *standing) {
	s := l.remembered(is)
	l.referred(e.Blocks, was, &s)
	l.file(e, &s)
}

// enterAt is stand for blocks whose spot is known.
func (l *Ledger) enterAt(spot block.Spot[standing], e block.Extent, was, is *standing) {
	s := l.remembered(is)
	l.referred(e.Blocks, was, &s)
	if m, settled := s.settles(); settled {
		l.blocks.Put(spot, e, standing{})
		l.settled.Set(e, m)
		return
	}
	l.blocks.Put(spot, e, s)
}

// file puts how blocks stand where it belongs.
func (l *Ledger) file(e block.Extent, s *standing) {
	if m, settled := s.settles(); settled {
		l.blocks.Set(e, standing{})
		l.settled.Set(e, m)
		return
	}
	l.blocks.Set(e, *s)
}

func (l *Ledger) remembered(s *standing) standing {
	if l.level == Promises && l.sweep != nil {
		return s.forgotten()
	}
	return *s
}

// referred tells the records that so many blocks that stood as was stand as is.
func (l *Ledger) referred(blocks uint64, was, is *standing) {
	l.refer(was.issued, is.issued, blocks)
	l.refer(was.acked, is.acked, blocks)
	l.refer(was.claim, is.claim, blocks)
}

func (l *Ledger) refer(was, is block.Version, blocks uint64) {
	if was != is {
		l.writes.hold(is, blocks)
		l.writes.release(was, blocks)
	}
}
