package ledger

import (
	"fmt"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Sweep follows, for every instant of a run without an outage, what a loss of
// power at that instant would cost. It listens to the facts of a Ledger as they
// are born and keeps counts, so its memory follows the blocks on which something
// is under way.
//
// A fact at time t has happened if the power goes at t. Between two facts only
// passes over the media go on, and of these it is known how.
type Sweep struct {
	l                      *Ledger
	now                    sim.Time // of the last instant looked at
	keeps                  Keeping
	kinds                  int  // 2 if it matters how long the outage is
	caches                 bool // what the controller's cache has is followed
	tallies                [2]tally
	possibly, surely, hole meter
	flights                []flight
	active                 int
	coming                 [classes]int64 // blocks that passes under way may take from a class, at most; NoLoss: from all that was acknowledged
	under                  []reach        // by flight: where it writes; none if it is paused, or over
	paused                 []int          // flights
	berths                 []int          // places of flights that are over
	stops                  int            // flights that have to be looked at
	stop                   sim.Time       // when one of the flights has to be looked at
	landed                 sim.Time       // what has come to the media is booked up to here
	booking                bool           // it is being booked, of one flight or all
	buckets                buckets
	border                 sim.Time // of the bucket of now, to the next
	touched                []*meter
	marked                 sim.Time
	folded                 int            // flushes before this one are over
	ranges                 []block.Extent // of flushes that did not mean the whole volume
	vault                  vault
	instants               uint64
	probes                 []sim.Time       // ahead, in order
	asked                  func(t sim.Time) // is called at each of them
	seen                   func(t sim.Time) // is called at each instant that is looked at; may be nil
}

// Keeping is what would keep the controller's cache if the power went now.
type Keeping struct {
	Exists bool   // at some time of the run
	Kept   bool   // now, over an outage that is short enough
	Ends   bool   // a long outage is too long
	Bytes  uint64 // of the dirty blocks in order of address; 0 is all
	Lost   Cause  // why the dirty blocks are gone where nothing keeps them
}

// Which outage a tally is for.
const (
	lasting = iota // nothing keeps the cache, or the outage outlasts it
	bridged        // the outage is within what the protection keeps
)

// tally counts blocks by fate for one kind of outage.
type tally struct {
	acknowledged meter
	class        [classes]meter
	torn         meter
	cause        [classes][causes]*meter
	lanes        []lane
	oldest       time.Duration
}

// Listen begins a Sweep at time now, with the blocks as content finds them on the
// media and nothing in a volatile cache. What is learned before is judged as if
// it had been durable for long.
func (l *Ledger) Listen(now sim.Time, content Content, p Keeping) *Sweep {
	s := &Sweep{l: l, now: now, keeps: p, kinds: 1, marked: -1, folded: len(l.flushes)}
	s.buckets = buckets{from: now, shift: firstShift}
	s.border = s.buckets.next(now)
	s.eachMeter(func(m *meter) { *m = newMeter(now) })
	if p.Exists {
		s.kinds = 2
	}
	s.caches = s.kinds == 2 || l.level == Full
	for i := range s.tallies {
		s.tallies[i].lanes = []lane{{groups: []group{{why: causes}}}}
	}
	var raw []block.Run
	for p := range l.stands.unsettled() {
		raw = content(raw[:0], p.Extent)
		for _, r := range l.Resolve(nil, raw) {
			v := p.Value
			v.held, v.medium, v.dirty, v.saved = r.Version, r.Version, false, false
			l.stands.set(r.Extent, p.ref, &v, &l.writes)
		}
	}
	l.sweep = s
	s.count(+1)
	return s
}

// From begins the figures at time now: of what was learned before, they show how
// things then stand.
func (l *Ledger) From(now sim.Time) {
	s := l.sweep
	l.enter(now, block.Extent{})
	s.buckets = buckets{from: now, shift: firstShift}
	s.border = s.buckets.next(now)
	s.instants = 0
	s.eachMeter(func(m *meter) {
		value := m.value
		*m = newMeter(now)
		m.value = value
	})
	s.touched = s.touched[:0]
	s.eachMeter(func(m *meter) { s.touch(m) })
	for o := range s.tallies {
		s.tallies[o].oldest = 0
	}
	l.leave()
}

func newMeter(now sim.Time) meter { return meter{since: now, first: -1, last: -1} }

// enter begins a fact at time now about the blocks of e; an empty e is about all.
func (l *Ledger) enter(now sim.Time, e block.Extent) {
	if s := l.sweep; s != nil {
		if s.tick(now); s.active > 0 {
			s.holdStill(e)
		}
	}
}

// leave ends a fact.
func (l *Ledger) leave() {
	if s := l.sweep; s != nil && len(s.paused) > 0 {
		s.resume()
	}
}

// tick brings the counts to time now, without what happens at now by a fact.
func (s *Sweep) tick(now sim.Time) {
	if now != s.now {
		s.turn(now)
	}
}

func (s *Sweep) turn(now sim.Time) {
	if now < s.now {
		panic(fmt.Sprintf("ledger: a fact of the past: %d after %d", now, s.now))
	}
	s.measure(s.now)
	s.instants++
	if now >= s.border {
		for s.buckets.index(now) >= maxBuckets {
			s.buckets.shift++
			s.eachMeter((*meter).halve)
		}
		s.border = s.buckets.next(s.now)
	}
	for t := s.nextStop(); t < now; t = s.nextStop() {
		s.look(t)
		s.measure(t)
	}
	if s.goOn(now); s.active > 0 && s.stop == now {
		s.land()
	}
}

// goOn moves the time on.
func (s *Sweep) goOn(t sim.Time) {
	if s.now = t; t >= s.border {
		s.border = s.buckets.next(t)
	}
}

// look brings the time to t, and with it what comes to the media up to then.
func (s *Sweep) look(t sim.Time) {
	s.goOn(t)
	s.land()
}

// nextStop is the next time at which a count may rise by what comes to a medium,
// a bucket ends while something comes, or someone wants to know.
func (s *Sweep) nextStop() sim.Time {
	t := sim.Never
	if len(s.probes) > 0 {
		t = s.probes[0]
	}
	if s.active == 0 {
		return t
	}
	t = min(t, s.border)
	if s.stop > s.now {
		t = min(t, s.stop)
	}
	return t
}

// measure takes note of every count that has changed, at the end of instant t.
func (s *Sweep) measure(t sim.Time) {
	if len(s.touched)+len(s.probes) == 0 && s.seen == nil && t != s.marked {
		return
	}
	asked := len(s.probes) > 0 && t == s.probes[0]
	i := s.buckets.index(t)
	if s.landed < t && (asked || t == s.marked || s.rises(i)) {
		s.land() // what has come meanwhile may make it less
	}
	excused := 0
	for _, m := range s.touched {
		if s.landed < t && s.lowered(m) && m.over(i) > 0 {
			s.touched[excused] = m
			excused++
			continue
		}
		m.touched = false
		m.measure(t, i, &s.buckets)
	}
	s.touched = s.touched[:excused]
	if asked {
		s.probes = s.probes[1:]
		s.asked(t)
	}
	if s.seen != nil {
		s.seen(t)
	}
	if t == s.marked {
		s.eachMeter(func(m *meter) { m.mark = m.value })
	}
}

// rises tells whether a count that passes may have lowered is beyond what was met so
// far, in all or in a bucket, which is that of now. It is not if what has surely come
// and is not booked makes up for that.
func (s *Sweep) rises(bucket int) bool {
	come := int64(-1)
	for _, m := range s.touched {
		over := m.over(bucket)
		if over <= 0 || !s.lowered(m) {
			continue
		}
		if bucket != m.bucket || !s.spares(m) {
			return true
		}
		if come < 0 {
			come = s.spared()
		}
		if over > come {
			return true
		}
	}
	return false
}

// lowered tells whether what comes to a medium lowers a count.
func (s *Sweep) lowered(m *meter) bool { return m != &s.possibly && m != &s.surely && m != &s.hole }

// shift changes a count as of before now. Passes under way may lower it by
// coming: if it rises from so little, there may have been nothing, so what has
// come to the media meanwhile is booked first.
func (s *Sweep) shift(m *meter, n int64, late uint64, last sim.Time, coming int64) {
	if n > 0 && coming > 0 && m.value <= coming && s.landed < s.now && !s.booking {
		s.land()
	}
	s.touch(m).shift(s.now, n, late, last)
}

func (s *Sweep) touch(m *meter) *meter {
	if !m.touched {
		m.touched = true
		s.touched = append(s.touched, m)
	}
	return m
}

// Mark asks for the figures at time now: when the scenario's event comes.
func (l *Ledger) Mark(now sim.Time) {
	l.sweep.tick(now)
	l.sweep.marked = now
}

func (s *Sweep) eachMeter(do func(*meter)) {
	for _, m := range []*meter{&s.possibly, &s.surely, &s.hole} {
		do(m)
	}
	for i := range s.tallies {
		t := &s.tallies[i]
		do(&t.acknowledged)
		do(&t.torn)
		for c := range t.class {
			do(&t.class[c])
			for _, m := range t.cause[c] {
				if m != nil {
					do(m)
				}
			}
		}
	}
}

// found is what a block would hold after an outage of that kind, and what would
// have taken a newer copy.
func (s *Sweep) found(b *standing, medium block.Version, outage int) (block.Version, Cause) {
	switch {
	case outage == bridged && b.saved && s.l.strayed(b.held):
		return stray, NoCause
	case outage == bridged && b.saved:
		return b.held, NoCause
	case b.dirty:
		return medium, s.keeps.Lost
	}
	return medium, MembersUnflushed
}

// fate is how blocks would fare in an outage of that kind now. A write to the
// medium that tears a block is under way, so the verdict is that of a busy block.
func (s *Sweep) fate(b *standing, outage int) fate { return s.fateOn(b, b.medium, outage) }

// fateOn is fate, if that version were on the medium.
func (s *Sweep) fateOn(b *standing, medium block.Version, outage int) fate {
	v, taken := s.found(b, medium, outage)
	switch { // most blocks fare in one of three ways most of the time
	case v >= stray:
	case v >= b.acked && v >= b.issued:
		return 0
	case v >= b.acked:
		return inFlight
	case v >= b.claim && s.l.undones == 0: // what is lost is newer than any promise
		return lateFate(b.asked)
	}
	if !b.known() {
		return 0
	}
	return s.l.fate(b, v, true, taken)
}

// moved changes the counts for blocks that stood as was and now stand as is.
func (s *Sweep) moved(e block.Extent, was, is *standing) {
	for o := range s.kinds {
		before, after := s.fate(was, o), s.fate(is, o)
		if before == after {
			if s.waits(was, o, before) && was.acked != is.acked {
				s.aged(o, was, s.now)
			}
			continue
		}
		s.add(o, e, before, -int64(e.Blocks), 0, s.now)
		s.add(o, e, after, int64(e.Blocks), 0, s.now)
		if s.waits(was, o, before) {
			s.aged(o, was, s.now)
		}
	}
	n := int64(e.Blocks)
	if a, b := was.possible(), is.possible(); a != b {
		s.shift(&s.possibly, signed(n, b), 0, s.now, 0)
	}
	if a, b := s.sure(was), s.sure(is); a != b {
		s.shift(&s.surely, signed(n, b), 0, s.now, 0)
	}
}

// issued counts blocks of which a newer version is issued: those that stood to
// lose nothing are in flight now.
func (s *Sweep) issued(e block.Extent, was, is *standing) {
	if v := was.medium; s.kinds == 1 && v < stray {
		if v >= was.acked && v >= was.issued {
			s.add(lasting, e, inFlight, int64(e.Blocks), 0, s.now)
		}
		return
	}
	for o := range s.kinds {
		if v, _ := s.found(was, was.medium, o); v >= stray {
			s.moved(e, was, is)
			return
		}
	}
	for o := range s.kinds {
		if v, _ := s.found(was, was.medium, o); v >= was.acked && v >= was.issued {
			s.add(o, e, inFlight, int64(e.Blocks), 0, s.now)
		}
	}
}

func signed(n int64, up bool) int64 {
	if up {
		return n
	}
	return -n
}

// possible tells whether the newest acknowledged version is lost if no cache has
// written anything but what a flush that was carried out made it write.
func (b *standing) possible() bool { return (b.acked != 0 || b.settled != unwritten) && !b.firm }

// sure tells whether it is lost even if every cache has written all that it held:
// the box never had it there. Of what strays a cache had better write nothing.
func (s *Sweep) sure(b *standing) bool {
	return b.acked > b.held && len(s.l.strays) > 0 && s.l.strayed(b.acked) && !s.l.strayed(b.held)
}

// waits tells whether blocks of that fate wait to become durable: what another
// WRITE destroys has been, and may be forgotten.
func (s *Sweep) waits(b *standing, outage int, f fate) bool {
	found, _ := s.found(b, b.medium, outage)
	return f.class() >= AtRisk && found != stray
}

// aged notes how long a block was acknowledged and not durable.
func (s *Sweep) aged(outage int, b *standing, until sim.Time) {
	if b.acked != 0 {
		t := &s.tallies[outage]
		t.oldest = max(t.oldest, until.Sub(b.at))
	}
}

// add counts n blocks of e, or takes them away if n is below 0. They came or went
// before now: late is the sum over them of how long, last the last of them.
func (s *Sweep) add(outage int, e block.Extent, f fate, n int64, late uint64, last sim.Time) {
	if f == 0 {
		return
	}
	t := &s.tallies[outage]
	coming := s.coming[f.class()]
	if f.class() >= AtRisk {
		s.shift(&t.acknowledged, n, late, last, s.coming[NoLoss])
	}
	s.shift(&t.class[f.class()], n, late, last, coming)
	if f.cause() == TornWrite {
		s.shift(&t.torn, n, late, last, coming)
	}
	if f.late() {
		s.addLate(t, e, f.since(), n, late, last)
	} else if f.cause() != NoCause {
		s.shift(s.causeMeter(t, f.class(), f.cause()), n, late, last, coming)
	}
}

func (s *Sweep) causeMeter(t *tally, c Class, why Cause) *meter {
	if t.cause[c][why] == nil {
		m := newMeter(s.buckets.from)
		t.cause[c][why] = &m
	}
	return t.cause[c][why]
}

// count adds every block to the counts, or takes it away.
func (s *Sweep) count(sign int64) {
	for p := range s.l.stands.unsettled() {
		n := sign * int64(p.Extent.Blocks)
		for o := range s.kinds {
			s.add(o, p.Extent, s.fate(&p.Value, o), n, 0, s.now)
		}
		if p.Value.possible() {
			s.shift(&s.possibly, n, 0, s.now, 0)
		}
		if s.sure(&p.Value) {
			s.shift(&s.surely, n, 0, s.now, 0)
		}
	}
}
