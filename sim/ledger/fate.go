package ledger

import "tbraid/internal/block"

// stray stands for a version of some other block.
const stray = block.Unread - 1

// fate is how a block fares if the power goes: its class, and the reason, in one word,
// so that two of them are compared at once. 0 is no loss. Blocks that are lost and were
// never promised share their reason with all that were acknowledged between the same
// two flushes: such a fate is late, and has in place of a cause since when.
type fate uint64 // bits 0-7 class, 8-15 cause, 16 late, 32-63 since

const (
	inFlight      = fate(InFlight)
	lateBit  fate = 1 << 16
)

func fateOf(class Class, why Cause) fate { return fate(class) | fate(why)<<8 }

// lateFate is that of what was acknowledged when that many flushes had been asked for.
func lateFate(since uint32) fate { return fate(AtRisk) | lateBit | fate(since)<<32 }

func (f fate) class() Class  { return Class(f) }
func (f fate) cause() Cause  { return Cause(f >> 8) }
func (f fate) late() bool    { return f&lateBit != 0 }
func (f fate) since() uint32 { return uint32(f >> 32) }

// verdict judges a block that would hold found, and of which seen is the newest
// version observed: its outcome, the promise that decides, and the class.
func (l *Ledger) verdict(s *standing, found, seen block.Version, busy bool) (Outcome, Promise, Class) {
	outcome, promise := Newest, Unacknowledged
	if s.claim != 0 || s.settled == promised {
		promise = Stable
	}
	if seen != 0 {
		promise = Observed
	}
	acknowledged := s.acked != 0 || s.settled != unwritten
	switch {
	case found == block.Torn:
		outcome = Torn
	case found == block.Unread:
		outcome = Unreadable
	case found == block.Garbage:
		outcome = Garbage
	case found == stray:
		outcome = Foreign
	case found < seen:
		outcome = Resurrected
	case found >= s.acked:
		if found < s.issued {
			return Kept, promise, InFlight
		}
		return Newest, promise, NoLoss
	case found < s.claim:
		outcome, promise = Stale, Stable
	default:
		outcome, promise = Kept, Volatile // what is lost is newer than any promise
	}
	if acknowledged {
		promise = max(promise, Volatile)
	}
	class := NoLoss
	switch Judge(outcome, promise, busy) {
	case Permitted:
		class = AtRisk
	case Collateral:
		class = Damage
	case Violation:
		class = BrokenWord
	case Impossible:
		panic("ledger: " + outcome.String() + " under promise " + promise.String())
	}
	switch {
	case !acknowledged && outcome != Resurrected:
		class = InFlight
	case s.acked != 0 && l.undone(s.acked) != NoCause && l.undone(s.acked) != DriverAnswersEarly:
		class = BrokenWord // GOOD for blocks that were never written
	}
	return outcome, promise, class
}

// fate is verdict with its cause, for blocks of which the newest volatile copy is
// taken by taken.
func (l *Ledger) fate(s *standing, found block.Version, busy bool, taken Cause) fate {
	outcome, _, class := l.verdict(s, found, 0, busy)
	if class == NoLoss {
		return 0
	}
	why := l.plain(s, outcome, class)
	switch {
	case why != NoCause:
	case class == BrokenWord:
		why = l.broken(s, taken)
	case class == AtRisk:
		return lateFate(s.asked)
	}
	return fateOf(class, why)
}

// undone is why the data of v, which was acknowledged, never came to the blocks that
// it was for; NoCause if they did, or if nothing is known against it.
func (l *Ledger) undone(v block.Version) Cause {
	if l.undones > 0 { // most runs have none, and need not look at the record
		if why := l.writes.at(v).Shirked; why.undoes() {
			return why
		}
	}
	return NoCause
}

// plain is the cause that an outcome has whatever was promised.
func (l *Ledger) plain(s *standing, outcome Outcome, class Class) Cause {
	if outcome == Foreign {
		return Misdirected
	}
	if why := l.undone(s.acked); class > InFlight && why != NoCause {
		return why
	}
	switch outcome {
	case Torn:
		return TornWrite
	case Garbage:
		return WriteHole
	case Unreadable:
		return ArrayLost
	}
	return NoCause
}

// broken says who broke a promise that was given.
func (l *Ledger) broken(s *standing, taken Cause) Cause {
	lie := l.writes.at(s.claim).Shirked
	stop := lie
	if s.flush != 0 {
		stop = l.flushes[s.flush].Stop
	}
	if lie == HiddenCache && stop == CacheUnseen {
		return lie // who was told that there is no cache sends no flush
	}
	if stop == NoCause {
		return taken // everyone did what was promised; something took the data later
	}
	return stop
}

// undoes tells whether data of a WRITE that was shirked for that reason never come
// to their blocks.
func (c Cause) undoes() bool {
	return c == Misdirected || c == DriverZeroes || c == DriverAnswersEarly
}
