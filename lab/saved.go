package lab

import (
	"fmt"
	"slices"
	"time"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// Saving is what would have kept the block, each found by simulating it.
type Saving struct {
	Later    *LaterCut   `json:"later_cut,omitempty"` // nil if nothing made the block durable while the run without the cut was watched
	Policies []OtherFate `json:"policies"`
	Flush    *OneFlush   `json:"flush,omitempty"` // nil if the write belongs to no command line
}

// LaterCut is the instant from which a cut would have found the block on the medium.
type LaterCut struct {
	AtNS int64  `json:"at_ns"`
	Why  string `json:"why"` // the destage that brought it there
	Kept bool   `json:"kept"`
}

// OtherFate is what the same cut would have done under another policy.
type OtherFate struct {
	Policy string `json:"policy"`
	Kept   bool   `json:"kept"`
	Word   string `json:"word"` // kept, lost (and how), or not acknowledged by then
}

// OneFlush is the same run with one flush by the program behind the command line
// that wrote the block.
type OneFlush struct {
	Call   string `json:"call"`
	Behind string `json:"behind"`
	Kept   bool   `json:"kept"`
	Word   string `json:"word"`
	TookNS int64  `json:"took_ns"`
	Came   bool   `json:"came"` // false: the cut came before the command line had ended
}

// saving simulates what might have kept the block.
func (q *LifeQuery) saving(p plan, s *Subject, n *narrator, f *ledger.Fate) (*Saving, error) {
	out := &Saving{Policies: []OtherFate{}}
	a := f.Extent.Start
	step := n.with.w.l.Written(f.Loss.Lost).Step
	at := []block.Extent{{Start: a, Blocks: 1}}
	var err error
	if out.Later, err = n.later(p, f, at, step); err != nil {
		return nil, err
	}
	for _, other := range q.Rivals {
		if other.Name == p.policy.Name {
			continue
		}
		t, err := p.on(p.hardware, p.host, other).follow(at)
		if err != nil {
			return nil, err
		}
		o := OtherFate{Policy: other.Name}
		o.Kept, o.Word = t.keeps(step)
		out.Policies = append(out.Policies, o)
	}
	out.Flush, err = p.oneFlush(s, at, step, n.with)
	return out, err
}

// keeps tells whether a block is there as the case wrote it in a step, or newer,
// and how it fares if not. Versions of two runs are not compared: a policy may
// change the order of the WRITEs.
func (t *tale) keeps(step int) (kept bool, word string) {
	if len(t.fates) == 0 {
		return false, notByThen
	}
	f := &t.fates[0]
	of := func(v block.Version) int { return t.w.l.Written(v).Step }
	there := f.Found.Written() && of(f.Found) >= step
	switch lost := f.Loss; {
	case lost != nil && (of(lost.Lost) <= step || !there):
		return false, fmt.Sprintf("lost (%s, %s)", lost.Class, lost.Cause)
	case lost != nil:
		return true, fmt.Sprintf("kept; what was written over it is lost (%s, %s)", lost.Class, lost.Cause)
	case there:
		return true, "kept"
	}
	return false, notByThen
}

const notByThen = "not acknowledged by then"

// later finds when the block was durable in the run without the cut, and lets the
// power go then.
func (n *narrator) later(p plan, f *ledger.Fate, at []block.Extent, step int) (*LaterCut, error) {
	cut := n.with.cut - n.with.start + n.without.start
	var why ledger.Trigger
	for _, fact := range inOrder(slices.Clone(n.without.facts)) {
		switch {
		case !fact.Extent.Contains(f.Extent.Start):
		case fact.Kind == ledger.DestageBegun:
			why = fact.Trigger
		case fact.Kind == ledger.PassBegun && fact.Copy == ledger.OfData && !fact.Carried && fact.Version >= f.Loss.Lost && fact.Until > cut:
			when := fact.Until - n.without.start
			p.cut = power.Cut{Kind: power.FromStart, At: time.Duration(when)}
			t, err := p.follow(at)
			if err != nil {
				return nil, err
			}
			l := &LaterCut{AtNS: int64(when), Why: triggerText(why, p.policy)}
			l.Kept, _ = t.keeps(step)
			return l, nil
		}
	}
	return nil, nil
}

// oneFlush puts a flush behind the command line of a step.
func (p plan) oneFlush(s *Subject, at []block.Extent, step int, with *tale) (*OneFlush, error) {
	if step < 0 || step >= len(p.steps) || p.steps[step].Kind != configs.Run {
		return nil, nil
	}
	flush := flushNode()
	if s.Kind == "file" {
		flush = flushCall("fcntl(F_FULLFSYNC) on "+s.Name, workload.FullFsync, s.Name)
	}
	out := &OneFlush{Behind: p.steps[step].Tool.Line, Call: flush.Line, Word: "the cut came first"}
	p.steps = behind(p.steps, step, flush)
	t, err := p.follow(at)
	if err != nil {
		return nil, err
	}
	note := t.w.run.Steps[step+1]
	if out.Came = !note.Skipped; !out.Came {
		return out, nil
	}
	out.TookNS = note.EndNS - note.StartNS
	out.Kept, out.Word = t.keeps(step)
	if note.Interrupted {
		out.Word += "; it had not ended when the cut came"
	}
	return out, nil
}

// behind puts a command line behind a step.
func behind(steps []configs.Step, step int, t workload.Tool) []configs.Step {
	return slices.Insert(slices.Clone(steps), step+1, configs.Step{Kind: configs.Run, Tool: t})
}

// flushNode is a program that flushes the whole disk.
func flushNode() workload.Tool {
	const node = "/dev/" + configs.Device
	return flushCall("ioctl(DKIOCSYNCHRONIZECACHE) on "+node, workload.SyncCache, node)
}

// flushCall is a program that opens a path, makes one call on it and ends.
func flushCall(line string, op workload.Op, path string) workload.Tool {
	return workload.Tool{Name: "flush", Line: line, Kind: workload.Sync, Run: func(sh workload.Shell) int {
		f := sh.Call(workload.Call{Op: workload.Open, Path: path, Flags: workload.ForRead})
		if f.Err != workload.OK {
			return 1
		}
		r := sh.Call(workload.Call{Op: op, File: f.File})
		sh.Call(workload.Call{Op: workload.Close, File: f.File})
		if r.Err != workload.OK {
			return 1
		}
		return 0
	}}
}

// promise says what had been promised of a block when the cut came.
func (n *narrator) promise(f *ledger.Fate) string {
	l := n.with.w.l
	switch {
	case f.Loss != nil && f.Loss.Class == ledger.InFlight:
		return "none: no status had come back for " + n.name(n.with, f.Issued)
	case f.Claim == 0 && f.Acked == 0:
		return "none: nothing was acknowledged"
	case f.Claim == 0:
		return fmt.Sprintf("none: GOOD for %s came at %s with the write cache reported on, and no flush that covers it ended with GOOD",
			n.name(n.with, f.Acked), l.Written(f.Acked).Ended-n.with.start)
	}
	by := "the status of the WRITE itself"
	switch {
	case n.with.prefilled(f.Claim):
		by = "the scenario, before its first command line"
	case f.Flush != 0:
		flush := l.Flushes()[f.Flush-1]
		if flush.By == ledger.ByAttachment {
			by = "the scene: it was durable before the case began"
		} else {
			by = fmt.Sprintf("flush %d, asked for by %s, which ended with GOOD at %s", f.Flush, flush.By.Text(), flush.Ended-n.with.start)
		}
	}
	if f.Claim < f.Acked {
		return fmt.Sprintf("%s was promised, by %s; %s was acknowledged since, and not promised", n.name(n.with, f.Claim), by, n.name(n.with, f.Acked))
	}
	return fmt.Sprintf("%s was promised, by %s", n.name(n.with, f.Claim), by)
}

// keeper says what kept a block.
func (n *narrator) keeper(a block.LBA) string {
	c := copiesAt(n.with.past(), a, n.with.cut)
	end := copiesAt(inOrder(slices.Clone(n.with.facts)), a, sim.Never)
	restored := slices.ContainsFunc(n.with.after(), func(f ledger.Fact) bool { return f.Kind == ledger.CacheRestored && f.Extent.Contains(a) })
	switch {
	case restored:
		return "the protected cache kept it over the outage"
	case (c.dirty || c.cached) && end.medium >= c.held:
		return fmt.Sprintf("the cache that held it went on, until a destage because of %s had brought it to the medium of member %d at %s",
			triggerText(end.why, n.with.w.policy), end.member, end.since-n.with.start)
	case c.dirty || c.cached:
		return "the cache that held it went on: nothing took its power or dropped it"
	case c.medium != 0:
		return fmt.Sprintf("it was on the medium of member %d since %s, brought there by a destage because of %s",
			c.member, c.since-n.with.start, triggerText(c.why, n.with.w.policy))
	}
	return ""
}
