package ledger

import (
	"slices"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Class sorts losses by the contract. The classes are never added up: a broken
// promise and a permitted loss are not the same thing.
type Class uint8

// The classes.
const (
	NoLoss     Class = iota
	InFlight         // never acknowledged
	AtRisk           // acknowledged, never promised stable: permitted, and lost all the same
	Damage           // collateral: an older promised version was destroyed by a later write
	BrokenWord       // a durability promise was broken
	classes
)

var classNames = [classes]string{"none", "in-flight", "permitted-loss", "collateral", "violation"}

// String is the class's stable name.
func (c Class) String() string { return classNames[c] }

// Loss is an extent whose blocks share one fate.
type Loss struct {
	Extent  block.Extent
	Lost    block.Version // the newest acknowledged version, which is gone; for InFlight the newest issued
	Found   block.Version // what the blocks hold instead
	Step    int           // of the write of Lost
	Promise Promise       // the strongest promise that Found falls short of, or that stood on the blocks
	Outcome Outcome
	Class   Class
	Cause   Cause         // the highest place at which the loss could have been prevented
	Taken   Cause         // what took the last volatile copy in the end
	Flush   uint32        // the flush that had covered Lost or was stopped on its way; 0 is none
	Age     time.Duration // how long ago Lost was acknowledged
}

// Judgement is the fate of every block that was ever written, at one instant.
type Judgement struct {
	At     sim.Time
	Losses []Loss // in order of address; those of earlier events behind
}

// Blocks adds up the lost blocks of one class, of writes of one step; a step
// below 0 means all steps.
func (j *Judgement) Blocks(step int, class Class) uint64 {
	var n uint64
	for _, l := range j.Losses {
		if (step < 0 || l.Step == step) && l.Class == class {
			n += l.Extent.Blocks
		}
	}
	return n
}

// Carry adds the losses of an earlier event that j does not list any more: what
// was lost then has been written over since, and was lost all the same.
func (j *Judgement) Carry(earlier []Loss) {
	var listed block.Map[block.Version]
	for _, l := range j.Losses {
		listed.Set(l.Extent, l.Lost)
	}
	for _, l := range earlier {
		for _, r := range listed.Append(nil, l.Extent) {
			if r.Value != l.Lost {
				part := l
				part.Extent = r.Extent
				j.Losses = append(j.Losses, part)
			}
		}
	}
}

// Content appends what the volume holds in e, in order and without gaps, as a
// read would find it now.
type Content func(dst []block.Run, e block.Extent) []block.Run

// promised is the strongest claim on a block: the newest version that has to
// survive, how strong, and through which flush.
type promised struct {
	version block.Version
	level   Promise
	flush   uint32
}

// Judge compares what was promised with what the volume holds after the event
// that came at time at.
func (l *Ledger) Judge(at sim.Time, content Content) Judgement {
	var issued block.Map[block.Version]
	for v := 1; v < len(l.writes); v++ {
		issued.Set(l.writes[v].Payload, block.Version(v))
	}
	acked := l.Acknowledged()
	claims := l.claims()
	where := l.dropped()
	j := Judgement{At: at}
	var found []block.Run
	var ack []block.Value[block.Version]
	var claim []block.Value[promised]
	for _, it := range issued.All(nil) {
		ack = acked.Append(ack[:0], it.Extent)
		for _, a := range ack {
			claim = claims.Append(claim[:0], a.Extent)
			for _, c := range claim {
				found = content(found[:0], c.Extent)
				for _, f := range found {
					l.settle(&j, where, f, it.Value, a.Value, c.Value)
				}
			}
		}
	}
	return j
}

// Acknowledged maps every block to the newest version that was acknowledged.
func (l *Ledger) Acknowledged() *block.Map[block.Version] { return l.AcknowledgedFirst(len(l.acks)) }

// Acknowledgements is how many there have been.
func (l *Ledger) Acknowledgements() int { return len(l.acks) }

// AcknowledgedFirst is Acknowledged as it stood after n acknowledgements.
func (l *Ledger) AcknowledgedFirst(n int) *block.Map[block.Version] {
	var m block.Map[block.Version]
	for _, v := range l.acks[:n] { // two commands on one block are acknowledged in order of issue
		m.Set(l.writes[v].Payload, v)
	}
	return &m
}

// settle judges blocks that share everything: what they hold, what was issued,
// acknowledged and promised.
func (l *Ledger) settle(j *Judgement, where *block.Map[reason], f block.Run,
	issued, acked block.Version, claim promised) {
	loss := Loss{Extent: f.Extent, Lost: acked, Found: f.Version, Promise: claim.level}
	inFlight := issued > acked || l.interrupted(f.Extent)
	switch {
	case f.Version == block.Torn:
		loss.Outcome = Torn
	case f.Version == block.Unread:
		loss.Outcome = Unreadable
	case f.Version == block.Garbage:
		loss.Outcome = Garbage
	case !l.writes[f.Version].covers(f.Version, f.Extent):
		loss.Outcome = Foreign
	case f.Version >= acked:
		if f.Version < issued {
			loss.Class, loss.Lost, loss.Outcome = InFlight, issued, Kept
			loss.Step = l.writes[issued].Step
			j.add(loss)
		}
		return
	case f.Version < claim.version:
		loss.Outcome = Stale
	default:
		loss.Outcome, loss.Promise = Kept, Volatile // what is lost is newer than any promise
	}
	if acked != 0 {
		loss.Promise = max(loss.Promise, Volatile)
	}
	switch Judge(loss.Outcome, loss.Promise, inFlight) {
	case Permitted:
		loss.Class = AtRisk
	case Collateral:
		loss.Class = Damage
	case Violation:
		loss.Class = BrokenWord
	case Impossible:
		panic("ledger: " + loss.Outcome.String() + " under promise " + loss.Promise.String())
	}
	if acked == 0 {
		loss.Lost, loss.Class = issued, InFlight
	} else if l.writes[acked].Shirked == Misdirected {
		loss.Class = BrokenWord // GOOD for blocks that were never written
	}
	loss.Step = l.writes[loss.Lost].Step
	if w := l.writes[loss.Lost]; w.acked != 0 {
		loss.Age = j.At.Sub(w.Ended)
	}
	if loss.Outcome == Stale || loss.Outcome == Kept {
		loss.Taken = where.At(loss.Extent.Start).why
	}
	loss.Cause, loss.Flush = l.cause(loss, claim)
	j.add(loss)
}

// covers tells whether the write of version v, which w records, wrote e.
func (w Write) covers(v block.Version, e block.Extent) bool {
	return v == 0 || w.Extent.Covers(e)
}

func (l *Ledger) interrupted(e block.Extent) bool {
	for _, r := range l.torn.Append(nil, e) {
		if r.Value {
			return true
		}
	}
	return false
}

// add appends a loss, or extends the last one if it shares everything else.
func (j *Judgement) add(n Loss) {
	if k := len(j.Losses) - 1; k >= 0 {
		p := j.Losses[k]
		if p.Extent.End() == n.Extent.Start {
			joined := n
			joined.Extent = block.Between(p.Extent.Start, n.Extent.End())
			n.Extent = p.Extent
			if n == p {
				j.Losses[k] = joined
				return
			}
			n.Extent = block.Between(p.Extent.End(), joined.Extent.End())
		}
	}
	j.Losses = append(j.Losses, n)
}

// claims maps every block to the newest version that some promise obliges the
// box to keep. A flush covers what was acknowledged before it was asked for.
func (l *Ledger) claims() *block.Map[promised] {
	var m block.Map[promised]
	order := make([]int, 0, len(l.flushes))
	for id := range l.flushes {
		if f := &l.flushes[id]; id != 0 && f.Done && f.Good {
			order = append(order, id)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return l.flushes[a].acked - l.flushes[b].acked })
	var gone block.Map[writeOff]
	var parts []block.Value[writeOff]
	next, offs := 0, 0
	for _, id := range order {
		f := &l.flushes[id]
		for ; offs < len(l.offs) && l.offs[offs].flushes <= id; offs++ {
			gone.Set(l.offs[offs].extent, l.offs[offs])
		}
		whole := f.Extent.Blocks == 0 && f.Extent.Start == 0
		from := next
		if !whole {
			from = 0 // a ranged flush does not use up what it left out
		}
		for _, v := range l.acks[from:f.acked] {
			e := l.writes[v].Payload
			if !whole {
				e = e.Intersect(f.reach())
			}
			parts = gone.Append(parts[:0], e)
			for _, g := range parts {
				if v <= g.Value.kept || v > g.Value.lost {
					m.Set(g.Extent, promised{v, Stable, uint32(id)})
				}
			}
		}
		if whole {
			next = max(next, f.acked)
		}
	}
	for _, v := range l.acks {
		if l.writes[v].Promise >= Stable {
			l.raise(&m, v)
		}
	}
	return &m
}

// raise claims version v by its own status, where no newer version is claimed.
func (l *Ledger) raise(m *block.Map[promised], v block.Version) {
	for _, r := range m.Append(nil, l.writes[v].Payload) {
		if r.Value.version < v {
			m.Set(r.Extent, promised{version: v, level: l.writes[v].Promise})
		}
	}
}

// reach is the extent of a flush with "to the end" spelled out.
func (f *Flush) reach() block.Extent {
	if f.Extent.Blocks == 0 {
		return block.Between(f.Extent.Start, 1<<62)
	}
	return f.Extent
}
