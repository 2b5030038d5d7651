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
	first                block.Version // issued since what was forgotten; 0 is none
	at                   sim.Time      // when acked was acknowledged
	dirty                bool          // held is in the controller's cache alone
	saved                bool          // dirty, and what protects the cache would keep it
	firm                 bool          // acked is on the media whatever the caches did
	settled              settlement    // what is known of the versions that were forgotten
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

// standing is how the blocks of e stand, if they all stand alike, and where that is
// kept. An e without blocks stands in no way.
func (l *Ledger) standing(e block.Extent) (at home, s standing, one bool) {
	if e.Empty() {
		return at, s, false
	}
	if at, one = l.stands.find(e); one {
		s = l.stands.of(at.ref)
	}
	return at, s, one
}

// standings is how the blocks of e stand, in order and without gaps.
func (l *Ledger) standings(e block.Extent) []stretch {
	l.parts = l.stands.append(l.parts[:0], e)
	return l.parts
}

// put changes how blocks stand, and tells the sweep.
func (l *Ledger) put(p *stretch, s *standing) {
	if *s == p.Value {
		return
	}
	l.moved(p.Extent, &p.Value, s)
	l.stand(p, s)
}

// moved tells the sweep that blocks that stood as was stand as is.
func (l *Ledger) moved(e block.Extent, was, is *standing) {
	if l.sweep != nil {
		l.sweep.moved(e, was, is)
	}
}

// stand enters that blocks stand as is from now on. While a sweep can tell what
// has settled, that is forgotten.
func (l *Ledger) stand(p *stretch, is *standing) {
	s := l.remembered(is)
	l.stands.set(p, &s, &l.writes)
}

// standAt is stand for blocks that stand alike, where that is kept.
func (l *Ledger) standAt(at home, e block.Extent, is *standing) {
	s := l.remembered(is)
	l.stands.setAt(at, e, &s, &l.writes)
}

func (l *Ledger) remembered(s *standing) standing {
	if l.level == Promises && l.sweep != nil {
		return s.forgotten()
	}
	return *s
}
