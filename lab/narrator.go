package lab

import (
	"fmt"
	"slices"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// narrator puts facts into words.
type narrator struct {
	with, without *tale
	serials       map[block.Version]uint32 // of the commands in the log of the target
}

func newNarrator(with, without *tale) *narrator {
	n := &narrator{with: with, without: without, serials: map[block.Version]uint32{}}
	for _, t := range []*tale{without, with} {
		for _, f := range t.facts {
			if f.Kind == ledger.WriteAtDriver || f.Kind == ledger.WriteAtTarget {
				n.serials[f.Version] = f.Serial
			}
		}
	}
	return n
}

// maxUnhappened bounds the facts behind the cut that a story tells of.
const maxUnhappened = 12

// life is everything that happened to a block, the cut in its place, and what
// would have come next without it.
func (n *narrator) life(a block.LBA) []LifeFact {
	var all []LifeFact
	v := voice{n: n, t: n.with}
	add := func(facts []ledger.Fact, happened bool) {
		for _, f := range facts {
			text := v.says(f)
			if text == "" {
				continue
			}
			l := LifeFact{AtNS: int64(f.At - v.t.start), What: f.Kind.String(), Text: text, Happened: happened}
			switch {
			case f.Kind == ledger.PassBegun:
				l.UntilNS = int64(f.Until - v.t.start)
			case f.Kind == ledger.FlushEnded && !f.Good:
				l.What = "flush-failed"
			}
			all = append(all, l)
		}
	}
	add(n.with.past(), true)
	all = append(all, LifeFact{AtNS: int64(n.with.cut - n.with.start), What: eventFact, Text: n.with.first + v.state(a, n.with.cut), Happened: true})
	held := v.held
	behind := len(all)
	all = append(all, n.with.later...)
	add(n.with.after(), true)
	slices.SortStableFunc(all[behind:], func(a, b LifeFact) int { return int(a.AtNS - b.AtNS) })
	first := len(all)
	v = voice{n: n, t: n.without, known: v.known, held: held}
	add(n.unhappened(a), false)
	return all[:min(len(all), first+maxUnhappened)]
}

// unhappened are the facts of a block that only the run without the cut knows: as
// far as the block is clean, if it comes to that.
func (n *narrator) unhappened(a block.LBA) []ledger.Fact {
	cut := n.with.cut - n.with.start
	var all []ledger.Fact
	durable := false
	for _, f := range inOrder(slices.Clone(n.without.facts)) {
		if f.At-n.without.start <= cut || !f.Extent.Contains(a) {
			continue
		}
		all = append(all, f)
		switch {
		case f.Kind == ledger.PassEnded && f.Copy == ledger.OfData && !f.Carried:
			durable = true
		case f.Kind == ledger.CacheCleaned && durable:
			return all
		}
	}
	return all
}

// voice tells the facts of one run, block by block in order.
type voice struct {
	n     *narrator
	t     *tale
	known bool          // a WRITE of the case has been issued: flushes matter
	held  block.Version // dirty in the controller cache
}

// says is a fact in words; empty if it is nothing to tell.
func (v *voice) says(f ledger.Fact) string {
	switch f.Kind {
	case ledger.FlushAsked, ledger.FlushReached, ledger.FlushStopped, ledger.FlushEnded:
		return v.flush(f)
	case ledger.DestageBegun, ledger.MemberHeld, ledger.PassBegun, ledger.PassEnded:
		return v.member(f)
	case ledger.CacheHeld:
		text := "the controller cache holds " + v.n.content(v.t, f) + ", dirty"
		if v.held != 0 && v.held != f.Version {
			text += "; " + v.n.name(v.t, v.held) + " is superseded before it was destaged"
		}
		v.held = f.Version
		return text
	case ledger.CacheCleaned:
		if f.Version == v.held {
			v.held = 0
		}
		return "clean: the members have what the controller cache held"
	case ledger.CacheRestored:
		v.held = f.Version
		return "the power is back, and the controller cache still holds " + v.n.content(v.t, f) + ": it is written to the members"
	case ledger.CacheDropped:
		return "lost: " + f.Why.Text()
	case ledger.ReadBack:
		return v.readBack(f)
	}
	return v.write(f)
}

// write tells of a WRITE on its way.
func (v *voice) write(f ledger.Fact) string {
	w := v.t.w.l.Written(f.Version)
	name := v.n.name(v.t, f.Version)
	switch {
	case f.Kind == ledger.Prefilled:
		return "the scenario fills the block with known content, durable"
	case v.t.prefilled(f.Version):
		return ""
	}
	switch f.Kind {
	case ledger.WriteIssued:
		v.known = true
		text := v.n.writer(v.t, w.Step) + " issues " + name + " " + scsi.Write(w.Extent).String()
		if !w.Payload.Covers(f.Extent) {
			text += ", which carries the block along as it was read"
		}
		return text
	case ledger.WriteAtDriver:
		return "the driver takes " + name
	case ledger.WriteAtTarget:
		return name + " arrives at the controller"
	case ledger.WriteShirked:
		return "less than the status will say: " + f.Why.Text()
	case ledger.WriteFailed:
		return name + " ends with an error: nothing is acknowledged"
	case ledger.WriteAcknowledged:
		if f.Promise >= ledger.Stable {
			return "GOOD for " + name + ": a promise, for FUA was set or the write cache is reported off"
		}
		return "GOOD for " + name + ": acknowledged, and nothing promised for a loss of power"
	}
	return ""
}

// flush tells of a flush that covers the block.
func (v *voice) flush(f ledger.Fact) string {
	if !v.known {
		return "" // of before anything was written that it could save
	}
	l := v.t.w.l.Flushes()[f.Flush-1]
	name := fmt.Sprintf("flush %d", f.Flush)
	switch f.Kind {
	case ledger.FlushAsked:
		return name + " is asked for by " + l.By.Text()
	case ledger.FlushStopped:
		return fmt.Sprintf("%s comes no further: %s (%s)", name, f.Why.Text(), f.Why.Layer())
	case ledger.FlushEnded:
		if f.Good {
			return name + " ends with GOOD: what was acknowledged before it is promised"
		}
		return name + " ends, and promises nothing"
	}
	return name + [...]string{ledger.AtDriver: " comes to the driver as SYNCHRONIZE CACHE", ledger.AtTarget: " comes to the firmware",
		ledger.Destaged: ": what the controller cache held is on the members", ledger.AtMembers: ": the members have flushed"}[f.Stage]
}

// member tells of what goes on below the controller's cache.
func (v *voice) member(f ledger.Fact) string {
	switch f.Kind {
	case ledger.DestageBegun:
		return fmt.Sprintf("destage begins, because of %s: the stripe is gathered, %s", triggerText(f.Trigger, v.t.w.policy), f.Method)
	case ledger.MemberHeld:
		return fmt.Sprintf("the write cache of member %d takes %s: volatile", f.Member, v.n.content(v.t, f))
	}
	what := [...]string{ledger.OfData: v.n.content(v.t, f), ledger.OfMirror: "the mirror copy", ledger.OfP: "the parity (P) of its row", ledger.OfQ: "the parity (Q) of its row"}[f.Copy]
	if f.Carried {
		what = "the unit in which the block stands, for a write beside it,"
	}
	if f.Kind == ledger.PassEnded {
		return fmt.Sprintf("the pass ends: %s is on the medium of member %d", what, f.Member)
	}
	return fmt.Sprintf("the head of member %d is over the block and writes %s until %s", f.Member, what, f.Until-v.t.start)
}

// triggerText is why a destage began.
func triggerText(t ledger.Trigger, p firmware.Profile) string {
	switch t {
	case ledger.ByAge:
		return fmt.Sprintf("its age (%s)", p.Destage.Age)
	case ledger.ByIdle:
		return fmt.Sprintf("idle time (%s)", p.Destage.Idle)
	case ledger.ByTimer:
		return fmt.Sprintf("the interval timer (%s)", p.Destage.Interval)
	case ledger.ByWrite:
		return "a WRITE that waits until it is on the members"
	case ledger.ByRead:
		return "a READ of it"
	case ledger.ByMark:
		return fmt.Sprintf("the high mark (%d %%)", p.Destage.HighPercent)
	case ledger.ByPressure:
		return "a read that needs room"
	}
	return "a flush"
}

// readBack tells what a program saw.
func (v *voice) readBack(f ledger.Fact) string {
	what := v.n.content(v.t, f)
	switch {
	case f.Version == block.Torn:
		what = "a torn block"
	case f.Version == block.Garbage:
		what = "garbage"
	case f.Version == block.Unread:
		what = "a MEDIUM ERROR"
	case v.t.w.l.Zeros(f.Version):
		what = "zeros"
	}
	return v.n.writer(v.t, f.Step) + " has read it and saw " + what
}

// writer is who issued a WRITE in a step.
func (n *narrator) writer(t *tale, step int) string {
	if step < 0 || step >= len(t.w.steps) {
		return "the setting of the scene"
	}
	kind, text := t.w.describe(t.w.steps[step])
	if kind == "run" {
		return text
	}
	return "the operating system, by itself,"
}

// prefilled tells whether version v is that of a prefill.
func (t *tale) prefilled(v block.Version) bool {
	step := t.w.l.Written(v).Step
	return step >= 0 && step < len(t.w.steps) && t.w.steps[step].Kind == configs.Prefill
}

// name is what a version is called: its number in the log of the target.
func (n *narrator) name(t *tale, v block.Version) string {
	switch serial, ok := n.serials[v]; {
	case ok:
		return fmt.Sprintf("#%d", serial)
	case v == 0:
		return "what was there before (never written: zeros)"
	case v.Written() && t.prefilled(v):
		return "what the scenario filled the block with"
	}
	return "what was there before"
}

// content is what a fact says that blocks hold.
func (n *narrator) content(t *tale, f ledger.Fact) string { return n.name(t, f.Version) }

// state says how long a block had been acknowledged at the cut, and where its
// newest copy was.
func (v *voice) state(a block.LBA, cut sim.Time) string {
	c := copiesAt(v.n.with.past(), a, cut)
	switch {
	case c.torn:
		return fmt.Sprintf(": the head of member %d is over the block", c.member)
	case c.dirty:
		return fmt.Sprintf(": the newest copy is in the controller cache, since %s", cut.Sub(c.since))
	case c.cached:
		return fmt.Sprintf(": the newest copy is in the write cache of member %d, since %s", c.member, cut.Sub(c.since))
	case c.medium != 0:
		return fmt.Sprintf(": the newest copy in the box is on the medium of member %d, since %s", c.member, cut.Sub(c.since))
	}
	return ""
}

// copies is where the newest copy of a block is.
type copies struct {
	medium, held  block.Version
	dirty, cached bool // held is in the controller's cache alone, or in that of a member
	torn          bool // the head is over it
	member        int
	since         sim.Time
	why           ledger.Trigger
}

// copiesAt follows the facts of a block up to a time.
func copiesAt(facts []ledger.Fact, a block.LBA, at sim.Time) copies {
	var c copies
	var why ledger.Trigger
	for _, f := range facts {
		if !f.Extent.Contains(a) || f.At > at {
			continue
		}
		switch f.Kind {
		case ledger.Prefilled:
			c = copies{medium: f.Version, since: f.At}
		case ledger.CacheHeld:
			c.held, c.dirty, c.cached, c.since = f.Version, true, false, f.At
		case ledger.DestageBegun:
			why = f.Trigger
		case ledger.CacheCleaned:
			if c.held == f.Version {
				c.dirty = false
			}
		case ledger.MemberHeld:
			if f.Version >= c.held {
				c.held, c.cached, c.member, c.since = f.Version, true, f.Member, f.At
			}
		case ledger.PassBegun:
			c.pass(&f, at, why)
		case ledger.PassEnded:
			if f.Copy == ledger.OfData {
				c.torn = false
			}
		}
	}
	return c
}

// pass lets a pass come to the block as far as it has by a time.
func (c *copies) pass(f *ledger.Fact, at sim.Time, why ledger.Trigger) {
	if f.Copy != ledger.OfData {
		return
	}
	if at < f.Until {
		c.torn = f.Tears && f.At < at
		if c.torn {
			c.member = f.Member
		}
		return
	}
	if f.Carried {
		return
	}
	c.medium, c.member, c.why, c.since = f.Version, f.Member, why, f.Until
	if f.Version >= c.held {
		c.cached = false
	}
}
