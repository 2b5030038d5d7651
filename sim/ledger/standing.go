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

// forget takes the versions out of the standing of a block on which nothing is under
// way any more: the newest version is acknowledged and on the media.
func (s *standing) forget() {
	if s.acked == 0 || s.issued != s.acked || s.medium != s.acked || s.dirty {
		return
	}
	settled := written
	if s.claim != 0 || s.settled == promised {
		settled = promised
	}
	*s = standing{firm: s.firm, settled: settled}
}

// standings is how the blocks of e stand, in order and without gaps.
func (l *Ledger) standings(e block.Extent) []stretch {
	l.parts = l.stands.append(l.parts[:0], e)
	return l.parts
}

// whole is the standing of all blocks of e, if e is the payload of WRITE v and they
// stand alike since it was issued, with nothing newer under way: what is known
// without a look at the address. Else nil.
func (l *Ledger) whole(v block.Version, e block.Extent) (*share, ref) {
	w := l.writes.at(v)
	if w.share < firstShare || w.Payload != e {
		return nil, 0
	}
	if h := l.stands.share(w.share); h.issued == v && h.blocks == e.Blocks {
		return h, w.share
	}
	return nil, 0
}

// put changes how blocks stand, and tells the sweep.
func (l *Ledger) put(p *stretch, is *standing) {
	if *is == p.Value {
		return
	}
	l.moved(p.Extent, &p.Value, is)
	l.stand(p.Extent, p.ref, is)
}

// moved tells the sweep that blocks that stood as was stand as is.
func (l *Ledger) moved(e block.Extent, was, is *standing) {
	if l.sweep != nil {
		l.sweep.moved(e, was, is)
	}
}

// stand enters that the blocks of e, which stood as was tells, stand as is from now
// on.
func (l *Ledger) stand(e block.Extent, was ref, is *standing) {
	l.remember(is)
	l.stands.set(e, was, is, &l.writes)
}

// standAt is stand for blocks whose home is known.
func (l *Ledger) standAt(h home, e block.Extent, is *standing) ref {
	l.remember(is)
	return l.stands.setAt(h, e, is, &l.writes)
}

// remember takes out of a standing what can be forgotten: while a sweep can tell what
// has settled, and no flush is under way of which it matters that it was asked for
// before the newest version was acknowledged.
func (l *Ledger) remember(is *standing) {
	if l.level == Promises && l.sweep != nil && int(is.asked) < l.sweep.folded {
		is.forget()
	}
}
