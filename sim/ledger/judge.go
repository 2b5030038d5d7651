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
	// Shorn counts the WRITEs of which a part came to the volume and a part did not,
	// where no later WRITE was issued; ShornBlocks are those that did not.
	Shorn       int
	ShornBlocks uint64
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
	if len(earlier) == 0 {
		return
	}
	var listed block.Map[block.Version]
	for _, l := range j.Losses {
		listed.Set(l.Extent, l.Lost)
	}
	var parts []block.Value[block.Version]
	for _, l := range earlier {
		parts = listed.Append(parts[:0], l.Extent)
		for _, r := range parts {
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

// Judge compares what was promised with what the volume holds after the event
// that came at time at. It looks at the volume, not at what the facts say that it
// should hold.
func (l *Ledger) Judge(at sim.Time, content Content) Judgement {
	where := l.dropped()
	borders := l.borders(where)
	j := Judgement{At: at}
	all := l.stands.known(nil)
	parts := make([]part, 0, len(all)) // few of them are in several pieces
	var raw, found []block.Run
	for len(all) > 0 {
		group, e := neighbours(all)
		all = all[len(group):]
		raw = content(raw[:0], e)
		found = l.Resolve(found[:0], raw)
		rest := found
		for i := range group {
			p := &group[i]
			for at := p.Extent.Start; at < p.Extent.End(); {
				f := rest[0]
				if end := p.Extent.End(); f.Extent.End() > end { // the rest of it stands otherwise
					rest[0].Extent = block.Between(end, f.Extent.End())
					f.Extent = block.Between(f.Extent.Start, end)
				} else {
					rest = rest[1:]
				}
				at = f.Extent.End()
				if p.Value.known() {
					parts = addPart(parts, p.Value.issued, f)
					l.settleBetween(&j, where, borders, f, &p.Value)
				}
			}
		}
	}
	j.shorn(parts)
	return j
}

// neighbours are the first of all that lie one behind the other, and what they
// cover: to look at them together is cheaper than one by one.
func neighbours(all []stretch) ([]stretch, block.Extent) {
	n, e := 1, all[0].Extent
	for n < len(all) && all[n].Extent.Start == e.End() {
		e.Blocks += all[n].Extent.Blocks
		n++
	}
	return all[:n], e
}

// settleBetween settles the parts of a run between the borders of reasons.
func (l *Ledger) settleBetween(j *Judgement, where *block.Map[reason], borders []block.LBA, f block.Run, s *standing) {
	for e := f.Extent; !e.Empty(); {
		f.Extent = e
		if i, _ := slices.BinarySearch(borders, e.Start+1); i < len(borders) && borders[i] < e.End() {
			f.Extent = block.Between(e.Start, borders[i])
		}
		l.settle(j, where, f, s)
		e = block.Between(f.Extent.End(), e.End())
	}
}

// part is how many blocks of a WRITE, the newest that was issued for them, came to
// the volume and how many did not.
type part struct {
	version   block.Version
	new, gone uint64
}

func addPart(parts []part, v block.Version, f block.Run) []part {
	if v == 0 {
		return parts
	}
	if n := len(parts); n == 0 || parts[n-1].version != v {
		parts = append(parts, part{version: v})
	}
	if p := &parts[len(parts)-1]; f.Version == v {
		p.new += f.Extent.Blocks
	} else {
		p.gone += f.Extent.Blocks
	}
	return parts
}

// shorn counts the commands of which there are parts of both kinds.
func (j *Judgement) shorn(parts []part) {
	slices.SortFunc(parts, func(a, b part) int { return int(a.version) - int(b.version) })
	for i := 0; i < len(parts); {
		sum := parts[i]
		for i++; i < len(parts) && parts[i].version == sum.version; i++ {
			sum.new += parts[i].new
			sum.gone += parts[i].gone
		}
		if sum.new > 0 && sum.gone > 0 {
			j.Shorn++
			j.ShornBlocks += sum.gone
		}
	}
}

// borders lists, in order, where one reason may end and another begin: between
// them all blocks share what took them, what was interrupted, what was
// observed, and the flushes and events that meant them.
func (l *Ledger) borders(where *block.Map[reason]) []block.LBA {
	var all []block.LBA
	add := func(e block.Extent) { all = append(all, e.Start, e.End()) }
	for _, r := range where.All(nil) {
		add(r.Extent)
	}
	for _, r := range l.torn.All(nil) {
		add(r.Extent)
	}
	for i := range l.flushes {
		if f := &l.flushes[i]; i > 0 && !f.whole() {
			add(f.reach())
		}
	}
	for _, o := range l.offs {
		add(o.extent)
	}
	for _, r := range l.seen.All(nil) {
		add(r.Extent)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// settle judges blocks that stand alike and hold the same.
func (l *Ledger) settle(j *Judgement, where *block.Map[reason], f block.Run, s *standing) {
	found := f.Version
	if found.Written() && !l.writes.at(found).covers(found, f.Extent) {
		found = stray
	}
	seen := l.seen.At(f.Extent.Start)
	outcome, promise, class := l.verdict(s, found, seen, l.interrupted(f.Extent))
	if class == NoLoss {
		return
	}
	loss := Loss{Extent: f.Extent, Lost: s.acked, Found: f.Version, Promise: promise, Outcome: outcome, Class: class}
	switch {
	case class == InFlight:
		loss.Lost = s.issued
	case outcome == Resurrected:
		loss.Lost = max(s.acked, seen)
	}
	w := l.writes.at(loss.Lost)
	loss.Step = w.Step
	if outcome == Stale || outcome == Resurrected || outcome == Kept && class != InFlight {
		loss.Taken = where.At(loss.Extent.Start).why
	}
	if w.acknowledged() {
		loss.Age = j.At.Sub(w.Ended)
	}
	loss.Cause, loss.Flush = l.cause(&loss, s)
	j.add(loss)
}

func (l *Ledger) interrupted(e block.Extent) bool {
	next, any := l.torn.Next(e.Start)
	return any && next.Extent.Start < e.End()
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

// reason says what became of the newest volatile copy of a block that went away.
type reason struct {
	version block.Version
	why     Cause
}

// dropped maps blocks to the newest volatile version that was dropped. Of two
// copies the one in the controller counts: a member's copy is of no use to a
// stripe that the controller still had to finish.
func (l *Ledger) dropped() *block.Map[reason] {
	var m block.Map[reason]
	var parts []block.Value[reason]
	for _, d := range l.drops {
		parts = m.Append(parts[:0], d.run.Extent)
		for _, r := range parts {
			if r.Value.version < d.run.Version || r.Value.version == d.run.Version && d.why != MembersUnflushed {
				m.Set(r.Extent, reason{d.run.Version, d.why})
			}
		}
	}
	return &m
}

// cause finds the highest place at which the loss could have been prevented, and
// the flush that it has to do with.
func (l *Ledger) cause(loss *Loss, s *standing) (Cause, uint32) {
	if c := l.plain(s, loss.Outcome, loss.Class); c != NoCause {
		return c, 0
	}
	switch loss.Class {
	case BrokenWord:
		if loss.Outcome == Resurrected && loss.Found >= s.claim {
			return loss.Taken, 0 // the box itself had shown it
		}
		return l.broken(s, loss.Taken), s.flush
	case AtRisk:
		return l.unasked(loss, s.asked)
	}
	return NoCause, 0
}

// unasked is why no flush saved what was acknowledged when that many had been
// asked for: the reason of the one that was stopped highest up. If there is
// none, no one asked.
func (l *Ledger) unasked(loss *Loss, since uint32) (Cause, uint32) {
	best, id := causes, uint32(0)
	for i := l.asked(loss) - 1; i > int(since); i-- {
		f := &l.flushes[i]
		if why := f.reason(); f.reach().Overlaps(loss.Extent) && why < best {
			best, id = why, uint32(i)
		}
	}
	if best == causes {
		return NeverAsked, 0
	}
	return best, id
}

// asked is the number of flushes that could still have saved what was lost: those
// of before an earlier event took it.
func (l *Ledger) asked(loss *Loss) int {
	i := slices.IndexFunc(l.offs, func(o writeOff) bool {
		return o.extent.Contains(loss.Extent.Start) && loss.Lost > o.kept && loss.Lost <= o.lost
	})
	if i < 0 {
		return len(l.flushes)
	}
	return l.offs[i].flushes
}
