package ledger

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Fact is one thing that happened to blocks that someone follows.
type Fact struct {
	At      sim.Time
	Kind    FactKind
	Extent  block.Extent  // the part that is followed
	Version block.Version // 0 where no version is meant
	Step    int           // of the scenario that ran then
	Serial  uint32        // WriteAtDriver and WriteAtTarget: number of the command, as in a log
	Flush   uint32        // id of the flush
	Stage   Stage         // FlushReached
	Why     Cause         // WriteShirked, FlushStopped, CacheDropped
	Promise Promise       // WriteAcknowledged
	Good    bool          // FlushEnded
	Member  int           // MemberHeld and passes
	Until   sim.Time      // PassBegun: when the last block of Extent has come; At is when the first begins
	Tears   bool          // PassBegun: the unit under the head is torn if the power goes
	Carried bool          // passes: Extent keeps what it holds, it shares a unit with what is written
	Copy    Copy          // passes: what the member's blocks are to Extent
	Trigger Trigger       // DestageBegun
	Method  Method        // DestageBegun
}

// FactKind is what a Fact says.
type FactKind uint8

// The kinds of facts, in the order of a life without trouble.
const (
	WriteIssued FactKind = iota
	WriteAtDriver
	WriteAtTarget
	CacheHeld // by the controller, dirty
	WriteShirked
	WriteAcknowledged
	WriteFailed
	FlushAsked
	FlushReached
	FlushStopped
	FlushEnded
	DestageBegun // its stripe was gathered
	MemberHeld   // the volatile write cache of a member took it
	PassBegun
	PassEnded
	CacheCleaned
	ReadBack
	CacheRestored // from what a protection has kept
	CacheDropped
	Prefilled
	factKinds
)

var factNames = [factKinds]string{"write-issued", "write-at-driver", "write-at-target", "cache-held", "write-shirked", "write-acknowledged",
	"write-failed", "flush-asked", "flush-reached", "flush-stopped", "flush-ended", "destage-begun", "member-held", "pass-begun",
	"pass-ended", "cache-cleaned", "read-back", "cache-restored", "cache-dropped", "prefilled"}

// String is the kind's stable name.
func (k FactKind) String() string { return factNames[k] }

// Copy is what blocks of a member are to blocks of the volume.
type Copy uint8

// The copies. Only the first is what a read takes while no member is missing.
const (
	OfData Copy = iota
	OfMirror
	OfP
	OfQ
)

var copyNames = [...]string{"data", "mirror", "P", "Q"}

// String is the copy's stable name.
func (c Copy) String() string { return copyNames[c] }

// Trigger is why a destage began.
type Trigger uint8

// The triggers.
const (
	ByFlush Trigger = iota // SYNCHRONIZE CACHE, a halt, or what an outage has left
	ByTimer                // the interval timer
	ByWrite                // a WRITE waits until its blocks are on the members
	ByRead                 // a READ of the blocks, under a policy that destages what is read
	ByMark                 // the high mark, down to the low one
	ByAge
	ByIdle
	ByPressure // a read needs room
)

var triggerNames = [...]string{"flush", "timer", "write-through", "read", "mark", "age", "idle", "pressure"}

// String is the trigger's stable name.
func (t Trigger) String() string { return triggerNames[t] }

// Method is how a stripe is written.
type Method uint8

// The methods.
const (
	NoParity Method = iota
	FullStripe
	ReadModifyWrite
	ReconstructWrite
)

var methodNames = [...]string{"without parity", "full-stripe write", "RMW", "reconstruct-write"}

// String is the method in words.
func (m Method) String() string { return methodNames[m] }

// life is the facts about the blocks that are followed.
type life struct {
	now      func() sim.Time
	followed []block.Extent
	facts    []Fact
}

// Follow records from now on, in order, what happens to the blocks of e. The
// clock is asked at each fact. Where nobody follows, a fact costs the question
// whether anybody does.
func (l *Ledger) Follow(e block.Extent, clock func() sim.Time) {
	if l.life == nil {
		l.life = &life{}
	}
	l.life.now = clock
	l.life.followed = append(l.life.followed, e)
}

// Following tells whether anyone wants facts.
func (l *Ledger) Following() bool { return l.life != nil }

// Facts lists what has been recorded, in that order. The time of a PassBegun may
// be ahead of that of the facts behind it.
func (l *Ledger) Facts() []Fact {
	if l.life == nil {
		return nil
	}
	return l.life.facts
}

// note records f for the parts of e that are followed.
func (l *Ledger) note(e block.Extent, f Fact) {
	if l.life == nil {
		return
	}
	f.At, f.Step = l.life.now(), l.step
	for _, o := range l.life.followed {
		if f.Extent = o.Intersect(e); !f.Extent.Empty() {
			l.life.facts = append(l.life.facts, f)
		}
	}
}

// noteWrite records f, about the WRITE of version v.
func (l *Ledger) noteWrite(v block.Version, f Fact) {
	if l.life != nil {
		f.Version = v
		l.note(l.writes.at(v).Extent, f)
	}
}

// noteFlush records f, about flush id.
func (l *Ledger) noteFlush(id uint32, f Fact) {
	if l.life != nil && id != 0 {
		f.Flush = id
		l.note(l.flushes[id].reach(), f)
	}
}

// noteRuns records f for each run.
func (l *Ledger) noteRuns(runs []block.Run, f Fact) {
	if l.life == nil {
		return
	}
	for _, r := range runs {
		f.Version = r.Version
		l.note(r.Extent, f)
	}
}

// Sent records that the WRITE of v, command number serial of its host, has come
// to a stage: AtDriver or AtTarget. A version of 0 is no WRITE.
func (l *Ledger) Sent(v block.Version, serial uint32, s Stage) {
	if l.life == nil || v == 0 {
		return
	}
	f := Fact{Kind: WriteAtDriver, Serial: serial}
	if s == AtTarget {
		f.Kind = WriteAtTarget
	}
	l.noteWrite(v, f)
}

// Gathered records that the controller begins to write a stripe with runs in it.
func (l *Ledger) Gathered(runs []block.Run, t Trigger, m Method) {
	if l.life != nil {
		l.noteRuns(runs, Fact{Kind: DestageBegun, Trigger: t, Method: m})
	}
}

// Taken records that the volatile write cache of a member took v of e.
func (l *Ledger) Taken(e block.Extent, v block.Version, member int) {
	l.note(e, Fact{Kind: MemberHeld, Version: v, Member: member})
}

// Passes records that a pass over the medium of a member begins, or ends.
func (l *Ledger) Passes(member int, p *Pass, ended bool) {
	for i := range p.Pieces {
		c := &p.Pieces[i]
		for _, o := range l.life.followed {
			in := o.Intersect(c.Extent)
			if in.Empty() {
				continue
			}
			f := Fact{At: l.life.now(), Kind: PassEnded, Step: l.step, Extent: in, Version: c.Version, Member: member, Carried: c.Carried, Copy: c.Copy}
			if !ended {
				first := (c.Offset + uint64(in.Start-c.Extent.Start)) / p.UnitBlocks
				last := (c.Offset + uint64(in.End()-1-c.Extent.Start)) / p.UnitBlocks
				f.Kind, f.At, f.Until, f.Tears = PassBegun, p.Begin, p.arrival(last), p.Tears
				if first > 0 {
					f.At = p.arrival(first - 1)
				}
			}
			l.life.facts = append(l.life.facts, f)
		}
	}
}

// Restored records that an outage has left runs in the controller's cache.
func (l *Ledger) Restored(runs ...block.Run) { l.noteRuns(runs, Fact{Kind: CacheRestored}) }

// Saw records what a program of the host has read.
func (l *Ledger) Saw(runs []block.Run) { l.noteRuns(runs, Fact{Kind: ReadBack}) }

// Fate is what became of blocks that share it, in the eyes of the judge.
type Fate struct {
	Extent        block.Extent
	Found         block.Version // what they hold
	Issued, Acked block.Version // newest of each kind; 0 is none
	Claim         block.Version // newest that was promised; 0 is none
	Flush         uint32        // that promised it; 0 is the status of the WRITE itself
	Loss          *Loss         // nil if nothing is lost
}

// Fates is what became of the blocks that are followed, in order of address for
// each Follow. j is what was judged from the same content.
func (l *Ledger) Fates(j Judgement, content Content) []Fate {
	var all []Fate
	if l.life == nil {
		return nil
	}
	for _, e := range l.life.followed {
		for _, p := range l.standings(e) {
			for _, r := range l.Resolve(nil, content(nil, p.Extent)) {
				s := &p.Value
				all = l.fates(all, j.Losses, Fate{Extent: r.Extent, Found: r.Version, Issued: s.issued, Acked: s.acked, Claim: s.claim, Flush: s.flush})
			}
		}
	}
	return all
}

// fates appends f, in parts that share a loss.
func (l *Ledger) fates(dst []Fate, losses []Loss, f Fate) []Fate {
	at := f.Extent.Start
	add := func(e block.Extent, loss *Loss) {
		if !e.Empty() {
			f.Extent, f.Loss = e, loss
			dst = append(dst, f)
		}
	}
	end := f.Extent.End()
	for i := range losses { // in order of address; those of earlier events behind
		in := losses[i].Extent.Intersect(block.Between(at, end))
		if in.Empty() {
			continue
		}
		add(block.Between(at, in.Start), nil)
		add(in, &losses[i])
		at = in.End()
	}
	add(block.Between(at, end), nil)
	return dst
}
