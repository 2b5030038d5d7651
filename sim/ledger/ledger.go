package ledger

import (
	"slices"

	"tbraid/internal/block"
	"tbraid/internal/words"
	"tbraid/sim"
)

// Level is how much a Ledger remembers.
type Level uint8

// The levels.
const (
	Promises Level = iota // what is needed to judge; what has settled is forgotten
	Full                  // every write, for as long as the run
	Off                   // versions are handed out, and nothing is judged
	levels
)

var levelNames = [levels]string{"promises", "full", "off"}

// String is the level's name.
func (v Level) String() string { return levelNames[v] }

// Options lists the names of the levels.
func (Level) Options() []string { return levelNames[:] }

// MarshalText is the level's name.
func (v Level) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the name of a level.
func (v *Level) UnmarshalText(b []byte) error { return words.Pick(v, levelNames[:], b) }

// Ledger collects facts.
//
// For every block that a program has written it keeps how the block stands: the
// newest version issued, acknowledged and promised, and, while a Sweep listens,
// the newest that the box holds and that the media hold. A fact changes some of
// these, and that is all that a fact is. See standing.go and stands.go.
type Ledger struct {
	level   Level
	writes  records
	stands  stands
	flushes []Flush                       // by id; 0 is unused
	fresh   fresh                         // acknowledged since the last flush was asked for
	covers  []*block.Map[block.Version]   // by flush: acknowledged before it and after the one before; nil once claimed
	unmet   block.Map[block.Version]      // promised by flushes that were not carried out; for a Sweep
	fills   map[block.Version][]block.Run // what a WRITE carried along to fill its page
	strays  []block.Version               // that went to another address
	undones int                           // WRITEs whose data never came to their blocks
	failed  []Failure
	zeros   []versions
	acked   []uint64 // bytes acknowledged, by step + 1
	drops   []drop
	offs    []writeOff               // in the order of the events
	gone    block.Map[int]           // 1 + index of the last of offs, by block
	owed    uint32                   // no flush before this one has anything to claim
	seen    block.Map[block.Version] // newest read back after a power cycle
	torn    block.Map[bool]          // stripes of which a write was under way when power went
	step    int
	sweep   *Sweep
	life    *life     // nil unless blocks are followed
	parts   []stretch // scratch of standings
	coming  coming
	runs    []block.Run
}

// Failure is a WRITE that ended with an error.
type Failure struct {
	Version block.Version
	Payload block.Extent
	Extent  block.Extent
	Step    int
	Ended   sim.Time
}

// versions is an interval of versions.
type versions struct{ first, last block.Version }

// drop is volatile content that went away.
type drop struct {
	run block.Run
	why Cause
}

// New returns an empty ledger.
func New(level Level) *Ledger {
	l := &Ledger{level: level, flushes: make([]Flush, 1), covers: make([]*block.Map[block.Version], 1),
		fills: map[block.Version][]block.Run{}}
	l.writes.forget = level != Full
	return l
}

// Begin says that what follows belongs to this step of the scenario.
func (l *Ledger) Begin(step int) { l.step = step }

// Step is the step that runs.
func (l *Ledger) Step() int { return l.step }

// Issue records that the operating system issues a WRITE of e, of which payload
// comes from a program, and hands out its version.
func (l *Ledger) Issue(now sim.Time, e, payload block.Extent, zeros bool) block.Version {
	if l.writes.count >= int(block.MaxVersion) {
		panic("ledger: more writes than versions")
	}
	v, w := l.writes.add()
	w.Extent, w.Payload, w.Step, w.Issued = e, payload, l.step, now
	if zeros {
		l.markZeros(v)
	}
	if l.life != nil {
		l.noteWrite(v, Fact{Kind: WriteIssued})
	}
	if l.level == Off {
		return v
	}
	l.enter(now, payload)
	if h, one := l.stands.find(payload); one && !payload.Empty() {
		was := l.stands.of(h.ref)
		is := *was
		l.issued(payload, was, &is, v)
		w.share = l.standAt(h, payload, &is)
	} else {
		for _, p := range l.standings(payload) {
			is := p.Value
			l.issued(p.Extent, &p.Value, &is, v)
			l.stand(p.Extent, p.ref, &is)
		}
	}
	l.leave()
	return v
}

// issued says that version v is issued for blocks that stood as was, and still stand
// so in is.
func (l *Ledger) issued(e block.Extent, was, is *standing, v block.Version) {
	if is.issued == 0 && is.settled != unwritten {
		is.first = v
	}
	is.issued = v
	if l.sweep != nil {
		l.sweep.issued(e, was, is)
	}
}

// Fill records what WRITE v carries along where it is not payload: content that
// was read back from the device, no newer than it was.
func (l *Ledger) Fill(v block.Version, content []block.Run) { l.fills[v] = slices.Clone(content) }

// Acknowledge records that GOOD came back for v and what that promises.
func (l *Ledger) Acknowledge(now sim.Time, v block.Version, p Promise) {
	w := l.end(now, v)
	w.Promise = p
	if l.life != nil {
		l.noteWrite(v, Fact{Kind: WriteAcknowledged, Promise: p})
	}
	for len(l.acked) <= w.Step+1 {
		l.acked = append(l.acked, 0)
	}
	l.acked[w.Step+1] += w.Payload.Bytes()
	if l.level == Off {
		l.writes.release(v)
		return
	}
	l.enter(now, w.Payload)
	l.fresh.add(w.Payload, v, l.stands.runs.Len())
	if h, r := l.whole(v, w.Payload); h != nil {
		is := h.standing
		l.acknowledged(&is, v, w)
		l.moved(w.Payload, &h.standing, &is)
		l.stand(w.Payload, r, &is)
	} else {
		parts := l.standings(w.Payload)
		for i := range parts {
			is := parts[i].Value
			l.acknowledged(&is, v, w)
			l.put(&parts[i], &is)
		}
	}
	l.leave()
	l.writes.release(v)
}

// acknowledged says of blocks how they stand now that GOOD has come back for WRITE w
// of version v.
func (l *Ledger) acknowledged(s *standing, v block.Version, w *Write) {
	stable, honest := w.Promise >= Stable, w.Shirked == NoCause
	s.acked, s.firm = v, stable && honest && !s.dirty
	s.asked, s.at = uint32(len(l.flushes)-1), w.Ended
	if stable && s.claim < v {
		s.claim, s.flush = v, 0
	}
}

// Fail records that v ended with an error. It may or may not reach the members.
func (l *Ledger) Fail(now sim.Time, v block.Version) {
	w := l.end(now, v)
	w.Failed = true
	l.noteWrite(v, Fact{Kind: WriteFailed})
	l.failed = append(l.failed, Failure{Version: v, Payload: w.Payload, Extent: w.Extent, Step: w.Step, Ended: now})
	l.writes.release(v)
}

func (l *Ledger) end(now sim.Time, v block.Version) *Write {
	w := l.writes.at(v)
	if !w.used || w.ended() {
		panic("ledger: a write ended twice")
	}
	w.Ended = now
	return w
}

// Shirk records that a layer will let v be acknowledged on less than the status
// says: FUA from volatile cache, for instance. The first reason stands.
func (l *Ledger) Shirk(v block.Version, why Cause) {
	w := l.writes.at(v)
	if w.Shirked != NoCause {
		return
	}
	w.Shirked = why
	l.noteWrite(v, Fact{Kind: WriteShirked, Why: why})
	if why.undoes() {
		l.undones++
	}
	if why == Misdirected {
		l.strays = append(l.strays, v)
		l.writes.hold(v) // for good: its content can turn up anywhere
		if l.sweep != nil {
			l.sweep.caches = true // from now on it matters what a cache has
		}
	}
}

// Drop records that volatile content went away, and why.
func (l *Ledger) Drop(runs []block.Run, why Cause) {
	l.noteRuns(runs, Fact{Kind: CacheDropped, Why: why})
	for _, r := range runs {
		l.drops = append(l.drops, drop{r, why})
	}
}

// Interrupt records that a write to the members, of data or parity of e, was
// under way when power went.
func (l *Ledger) Interrupt(e block.Extent) { l.torn.Set(e, true) }

// Observe records that a program has read version v in e after a power cycle that
// v came before: from now on the box has shown that it kept it, acknowledged or not.
func (l *Ledger) Observe(e block.Extent, v block.Version) {
	for _, r := range l.seen.Append(nil, e) {
		if r.Value < v && v.Written() {
			l.seen.Set(r.Extent, v)
		}
	}
}

// Settle promises everything acknowledged so far: it was made durable before the
// story begins.
func (l *Ledger) Settle(now sim.Time) {
	id := l.Ask(now, ByAttachment, block.Extent{})
	l.Reach(id, AtMembers)
	l.End(now, id, true)
}

// Written is the WRITE that gave its blocks version v; empty if it was forgotten.
func (l *Ledger) Written(v block.Version) Write { return *l.writes.at(v) }

// Writes is the number of WRITEs issued; their versions are 1 to Writes.
func (l *Ledger) Writes() int { return l.writes.count }

// Failures lists the WRITEs that ended with an error, in that order.
func (l *Ledger) Failures() []Failure { return l.failed }

// AckedBytes is what programs were told is written, in the WRITEs of one step.
func (l *Ledger) AckedBytes(step int) uint64 {
	if step+1 >= len(l.acked) {
		return 0
	}
	return l.acked[step+1]
}

// Zeros tells whether the content of v is zeros.
func (l *Ledger) Zeros(v block.Version) bool {
	if v == 0 {
		return true
	}
	i, _ := slices.BinarySearchFunc(l.zeros, v, func(z versions, v block.Version) int { return int(z.last) - int(v) })
	return i < len(l.zeros) && v >= l.zeros[i].first
}

func (l *Ledger) markZeros(v block.Version) {
	if n := len(l.zeros); n > 0 && l.zeros[n-1].last+1 == v {
		l.zeros[n-1].last = v
		return
	}
	l.zeros = append(l.zeros, versions{v, v})
}

// Acknowledged maps every block to the newest version that was acknowledged for
// it and has not been forgotten.
func (l *Ledger) Acknowledged() *block.Map[block.Version] {
	var m block.Map[block.Version]
	for p := range l.stands.unsettled() {
		m.Set(p.Extent, p.Value.acked)
	}
	return &m
}

// Resolve appends found with every block that a WRITE only carried along shown as
// the version that supplied it.
func (l *Ledger) Resolve(dst []block.Run, found []block.Run) []block.Run {
	for _, r := range found {
		if fill, ok := l.fills[r.Version]; ok {
			dst = l.split(dst, r, fill)
		} else {
			dst = append(dst, r)
		}
	}
	return dst
}

// resolved is what version v supplies to the blocks of e.
func (l *Ledger) resolved(e block.Extent, v block.Version) []block.Run {
	l.runs = append(l.runs[:0], block.Run{Extent: e, Version: v})
	if len(l.fills) > 0 {
		l.runs = l.Resolve(l.runs[:0], []block.Run{{Extent: e, Version: v}})
	}
	return l.runs
}

// split resolves a run of a WRITE that carried fill. What filled it was resolved
// when it was read. Where the WRITE strayed by a fault there is nothing to resolve.
func (l *Ledger) split(dst []block.Run, r block.Run, fill []block.Run) []block.Run {
	at := r.Extent.Start
	for _, f := range fill {
		in := f.Extent.Intersect(block.Between(at, r.Extent.End()))
		if in.Empty() {
			continue
		}
		if own := block.Between(at, in.Start); !own.Empty() {
			dst = append(dst, block.Run{Extent: own, Version: r.Version})
		}
		dst = append(dst, block.Run{Extent: in, Version: f.Version})
		at = in.End()
	}
	if own := block.Between(at, r.Extent.End()); !own.Empty() {
		dst = append(dst, block.Run{Extent: own, Version: r.Version})
	}
	return dst
}
