package lab

import (
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// judge settles what the events so far have cost and returns what the last one did.
func (w *world) judge() ledger.Judgement {
	fresh := w.l.Judge(w.eventAt, w.box.Content)
	j := fresh
	j.Losses = slices.Clone(fresh.Losses)
	j.Carry(w.earlier)
	w.losses = j.Losses
	r := &w.run
	r.EventNS = int64(w.eventAt)
	r.Loss, r.Causes, r.Extents, r.ExtentCount, r.OldestNS = Loss{}, nil, nil, 0, 0
	r.Shorn, r.ShornBytes = j.Shorn, j.ShornBlocks*block.Size
	for _, l := range j.Losses {
		r.Loss.add(l)
		w.cause(l)
		if l.Class != ledger.InFlight {
			r.OldestNS = max(r.OldestNS, int64(l.Age))
		}
		w.list(l)
	}
	slices.SortStableFunc(r.Causes, func(a, b Cause) int {
		switch {
		case a.Bytes > b.Bytes:
			return -1
		case a.Bytes < b.Bytes:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	r.Swallowed = w.swallowed()
	w.tale.judged()
	return fresh
}

// concede writes off what an event has taken whose course goes on, with another
// event or with a tool that lives: a flush that is asked for from now on promises
// nothing about it. What cannot be read now is left out, for a member may be back
// later, or a stripe written to its end.
func (w *world) concede() {
	j := w.l.Judge(w.eventAt, w.box.Content)
	j.Losses = slices.DeleteFunc(j.Losses, func(l ledger.Loss) bool {
		return l.Outcome != ledger.Kept && l.Outcome != ledger.Stale
	})
	w.l.WriteOff(j)
}

// swallowed adds up the WRITEs before the event that failed without the tool
// being told: asynchronous writes of a buffered device node, above all.
func (w *world) swallowed() uint64 {
	var n uint64
	for _, f := range w.l.Failures() {
		if !w.silent(f) || f.Ended > w.eventAt {
			continue
		}
		if n += f.Payload.Bytes(); w.run.FailedLBA == nil {
			lba := uint64(f.Extent.Start)
			w.run.FailedLBA = &lba
		}
	}
	return n
}

// silent tells whether a WRITE failed in a step that ended with status 0.
func (w *world) silent(f ledger.Failure) bool {
	return f.Step >= 0 && f.Step < len(w.run.Steps) &&
		w.steps[f.Step].Kind == configs.Run && w.run.Steps[f.Step].Exit == 0
}

func (s *Loss) add(l ledger.Loss) {
	n := l.Extent.Bytes()
	switch l.Class {
	case ledger.BrokenWord:
		s.Violation += n
	case ledger.AtRisk:
		s.Permitted += n
	case ledger.Damage:
		s.Collateral += n
	case ledger.InFlight:
		s.InFlight += n
	}
}

// cause adds a loss to the run's causes.
func (w *world) cause(l ledger.Loss) {
	if l.Cause == ledger.NoCause {
		return
	}
	c := Cause{Name: l.Cause.String(), Class: l.Class.String(), Layer: l.Cause.Layer().String(), Text: l.Cause.Text()}
	if l.Flush != 0 {
		c.Asker = w.l.Flushes()[l.Flush-1].By.String()
	}
	if l.Taken != ledger.NoCause && l.Taken != l.Cause {
		c.Taken = l.Taken.Text()
	}
	for i := range w.run.Causes {
		o := &w.run.Causes[i]
		if o.Name == c.Name && o.Class == c.Class && o.Asker == c.Asker && o.Taken == c.Taken {
			o.Bytes += l.Extent.Bytes()
			return
		}
	}
	c.Bytes = l.Extent.Bytes()
	w.run.Causes = append(w.run.Causes, c)
}

// list enters a loss in the list of the run, an extent a file, as far as there is
// room.
func (w *world) list(l ledger.Loss) {
	r := &w.run
	room := w.extents
	if room == 0 {
		room = DefaultExtents
	}
	w.owned = w.owners.of.Append(w.owned[:0], l.Extent)
	for _, part := range w.owned {
		r.ExtentCount++
		if room < 0 || len(r.Extents) < room {
			l.Extent = part.Extent
			r.Extents = append(r.Extents, w.lost(l, part.Value))
		}
	}
}

// lost is a loss of blocks that belong to one file.
func (w *world) lost(l ledger.Loss, file int) Lost {
	out := Lost{LBA: uint64(l.Extent.Start), Blocks: l.Extent.Blocks, Class: l.Class.String(),
		Outcome: l.Outcome.String(), Cause: l.Cause.String(), Promise: l.Promise.String(), Reads: w.reads(l.Found),
		AckedNS: int64(w.l.Written(l.Lost).Ended), AgeNS: int64(l.Age), Step: l.Step, File: w.owners.name(file)}
	if l.Taken != ledger.NoCause && l.Taken != l.Cause {
		out.Taker = l.Taken.String()
	}
	return out
}

// reads says what a block of a loss shows.
func (w *world) reads(found block.Version) string {
	switch {
	case found == block.Torn:
		return "torn"
	case found == block.Garbage:
		return "garbage"
	case found == block.Unread:
		return "unreadable"
	case w.l.Zeros(found):
		return "zeros"
	}
	return "old"
}

// acked adds up what the tools have been told is written so far.
func (w *world) acked() uint64 {
	var n uint64
	for i, s := range w.steps {
		if s.Kind == configs.Run {
			n += w.l.AckedBytes(i)
		}
	}
	return n
}

// finish closes the books of a run.
func (w *world) finish() Run {
	r := &w.run
	w.usage.end(w)
	if !w.happened {
		w.eventAt, w.run.Acked = w.k.Now(), w.acked()
		w.judge() // nothing happened: what is lost now is a fault that needs no event
	}
	r.EndNS, r.Unjudged = int64(w.k.Now()), w.detail == ledger.Off
	r.Effective, r.Protection = mode(w.policy.WritesBack()), w.protections()
	n := w.box.Array().Counts()
	r.Members = Members{Reads: n.Reads, Writes: n.Writes, Flushes: n.Flushes,
		BytesRead: n.ReadBlocks * block.Size, BytesWritten: n.WrittenBlocks * block.Size, BytesStored: n.StoredBlocks * block.Size,
		StripeWrites: n.Batches, FullStripes: n.Full, DestagedBytes: n.BatchBlocks * block.Size,
		LogWrites: n.LogWrites, LogBytes: n.LogBlocks * block.Size,
		ResyncBytesRead: n.ResyncReads * block.Size, ResyncBytesWritten: n.ResyncWrites * block.Size}
	r.Commands = w.link.Carried().Commands
	r.Simulated = w.k.Happened()
	r.Fates = w.marked.fates(w.losses)
	w.keepKernelLog()
	r.CommandLog = w.log.sorted()
	return *r
}

// keepKernelLog takes over what the host's kernel log holds.
func (w *world) keepKernelLog() {
	for _, line := range w.sys.Log() {
		w.run.KernelLog = append(w.run.KernelLog, line.At.String()+"  "+line.Text)
	}
}
