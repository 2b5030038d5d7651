package ledger

import (
	"tbraid/internal/block"
	"tbraid/internal/mutant"
	"tbraid/sim"
)

// Asker is who wants a flush.
type Asker uint8

// The askers.
const (
	ByProgram    Asker = iota // ioctl(DKIOCSYNCHRONIZECACHE) or F_FULLFSYNC by a tool
	ByFsync                   // fsync(2) on a device node
	ByFileSystem              // journal, checkpoint or barrier
	ByUnmount                 // the flush of an unmount
	ByEject
	ByShutdown   // the block driver's flush at the shutdown notification
	ByHaltHook   // the driver's own flush when it sees the halt state
	ByAttachment // before the story begins
	askers
)

var askerNames = [askers]string{
	"program", "fsync(2)", "file system", "unmount", "eject", "shutdown", "halt hook", "attachment",
}

// String is the asker's name.
func (a Asker) String() string { return askerNames[a] }

// Stage is how far down a flush came.
type Stage uint8

// The stages, from the top down.
const (
	Asked     Stage = iota // someone wants it
	AtDriver               // the operating system sent SYNCHRONIZE CACHE; the driver saw it
	AtTarget               // the firmware saw it
	Destaged               // the controller cache was written to the members
	AtMembers              // the members were told to flush, and did
)

var stageNames = [...]string{"asked", "driver", "target", "destaged", "members"}

// String is the stage's stable name.
func (s Stage) String() string { return stageNames[s] }

// Flush is one request to make earlier writes stable.
type Flush struct {
	By      Asker
	Step    int
	Extent  block.Extent // Blocks 0: to the end of the volume
	Asked   sim.Time
	Ended   sim.Time
	Reached Stage
	Stop    Cause // why it came no further; NoCause if it did all it should
	Good    bool  // the asker was told that it had worked
	Done    bool  // it ended before the event
}

// whole tells whether the flush means the whole volume.
func (f *Flush) whole() bool { return f.Extent.Blocks == 0 && f.Extent.Start == 0 }

// reach is the extent of a flush with "to the end" spelled out.
func (f *Flush) reach() block.Extent {
	if f.Extent.Blocks == 0 {
		return block.Between(f.Extent.Start, 1<<62)
	}
	return f.Extent
}

// reason is why the flush did not save what it should have.
func (f *Flush) reason() Cause {
	if f.Stop == NoCause {
		return FlushCut
	}
	return f.Stop
}

// Ask records that someone wants what was acknowledged before now in e to be
// stable, and returns the flush's id.
func (l *Ledger) Ask(now sim.Time, by Asker, e block.Extent) uint32 {
	l.enter(now, block.Extent{})
	l.flushes = append(l.flushes, Flush{By: by, Step: l.step, Extent: e, Asked: now})
	l.covers = append(l.covers, l.fresh.take(&l.stands, uint32(len(l.flushes)-2)))
	id := uint32(len(l.flushes) - 1)
	l.noteFlush(id, Fact{Kind: FlushAsked})
	l.caused()
	l.leave()
	return id
}

// Reach records that flush id came down to a stage. An id of 0 is no flush.
func (l *Ledger) Reach(id uint32, s Stage) {
	if f := &l.flushes[id]; id != 0 && s > f.Reached {
		f.Reached = s
		l.noteFlush(id, Fact{Kind: FlushReached, Stage: s})
	}
}

// Stop records at time now why flush id comes no further. The first reason stands.
func (l *Ledger) Stop(now sim.Time, id uint32, why Cause) {
	if f := &l.flushes[id]; id != 0 && f.Stop == NoCause && !f.Done {
		l.enter(now, block.Extent{})
		f.Stop = why
		l.noteFlush(id, Fact{Kind: FlushStopped, Why: why})
		l.caused()
		l.leave()
	}
}

// End records what the asker of flush id was told. GOOD promises everything that
// was acknowledged before the flush was asked for, and not yet promised.
func (l *Ledger) End(now sim.Time, id uint32, good bool) {
	if id == 0 {
		return
	}
	f := &l.flushes[id]
	if f.Done {
		panic("ledger: a flush ended twice")
	}
	l.enter(now, block.Extent{})
	f.Ended, f.Good, f.Done = now, good, true
	l.noteFlush(id, Fact{Kind: FlushEnded, Good: good})
	if good {
		for k := l.owed; k <= id; k++ {
			if l.covers[k] != nil {
				l.claim(f, id, k)
			}
		}
		if f.honest() {
			l.fulfil(f, id)
		}
		if mutant.Is(mutant.FlushCoversInFlight) {
			l.covers = append(l.covers, l.fresh.take(&l.stands, uint32(len(l.flushes)-1)))
			l.claim(f, id, uint32(len(l.covers)-1))
			l.covers = l.covers[:len(l.covers)-1]
		}
		for int(l.owed) < len(l.covers) && l.covers[l.owed] == nil {
			l.owed++
		}
	}
	l.caused()
	l.leave()
}

// claim promises through flush id what was acknowledged before flush k. A whole
// flush uses that up; one with a range leaves the rest.
func (l *Ledger) claim(f *Flush, id, k uint32) {
	owed := l.covers[k]
	for _, o := range owed.All(nil) {
		e := o.Extent.Intersect(f.reach())
		if e.Empty() {
			continue
		}
		if !f.whole() {
			owed.Set(e, 0)
		}
		parts := l.standings(e)
		for i := range parts {
			l.promised(&parts[i], o.Value, id, f.honest())
		}
		if !f.honest() && l.sweep != nil {
			l.unmet.Set(e, o.Value)
		}
	}
	if f.whole() || owed.Len() == 0 {
		l.covers[k] = nil
	}
}

// honest tells whether the flush was carried out.
func (f *Flush) honest() bool { return f.Reached == AtMembers && f.Stop == NoCause }

// promised enters that version v of blocks is promised through flush id.
func (l *Ledger) promised(p *stretch, v block.Version, id uint32, honest bool) {
	if len(l.offs) > 0 {
		l.claimLeft(p, v, id, honest)
		return
	}
	s := p.Value.claimed(v, id, honest)
	l.put(p, &s)
}

// fulfil is told of a flush that was carried out: what others promised without that,
// and was acknowledged before it was asked for, is on the media now.
func (l *Ledger) fulfil(f *Flush, id uint32) {
	for _, u := range l.unmet.All(nil) {
		parts := l.standings(u.Extent.Intersect(f.reach()))
		for i := range parts {
			if p := &parts[i]; p.Value.asked < id {
				l.promised(p, u.Value, id, true)
				l.unmet.Set(p.Extent, 0)
			}
		}
	}
}

// claimed is the standing of a block of which version v is promised by a flush.
func (s standing) claimed(v block.Version, id uint32, honest bool) standing {
	switch {
	case s.acked == 0 || v < s.first: // v was forgotten, and is on the media
		if s.settled != unwritten {
			s.settled, s.firm = promised, s.firm || honest && s.acked == 0
		}
		return s
	case s.claim < v || s.claim == v && s.flush == 0:
		s.claim, s.flush = v, id
	}
	if s.acked == v {
		s.firm = s.firm || honest
	}
	return s
}

// writeOff is what an event took from the blocks of extent: every version above
// kept, up to lost. No flush that is asked for later covers those.
type writeOff struct {
	extent     block.Extent
	kept, lost block.Version
	flushes    int // ids below this were asked for before
}

// WriteOff records the losses of an event that has been judged: a flush covers
// what the box then holds, and GOOD for it promises nothing about these.
func (l *Ledger) WriteOff(j Judgement) {
	for _, s := range j.Losses {
		if s.Class == InFlight {
			continue
		}
		o := writeOff{extent: s.Extent, lost: s.Lost, flushes: len(l.flushes)}
		if s.Found.Written() && s.Outcome != Foreign {
			o.kept = s.Found
		}
		l.offs = append(l.offs, o)
		l.gone.Set(o.extent, len(l.offs))
	}
}

// claimLeft promises version v, or where an event had taken that when the flush
// was asked for, what the event had left.
func (l *Ledger) claimLeft(p *stretch, v block.Version, id uint32, honest bool) {
	for _, g := range l.gone.Append(nil, p.Extent) {
		left := v
		if g.Value > 0 {
			if o := &l.offs[g.Value-1]; int(id) >= o.flushes && v > o.kept && v <= o.lost {
				left = o.kept
			}
		}
		if left != 0 {
			s := p.Value.claimed(left, id, honest)
			l.put(&stretch{g.Extent, p.Value, p.ref}, &s)
		}
	}
}

// Flushes lists all flushes in the order in which they were asked for.
func (l *Ledger) Flushes() []Flush { return l.flushes[1:] }

// askerTexts are the askers as the subject of a sentence.
var askerTexts = [askers]string{"the program, by ioctl or F_FULLFSYNC", "fsync(2) on a device node", "the file system", "the unmount", "the eject",
	"the shutdown of the block driver", "the driver, at the halt", "the scene"}

// Text is the asker with its article.
func (a Asker) Text() string { return askerTexts[a] }
