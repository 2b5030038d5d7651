package ledger

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Count is how many blocks an outage would cost in one class for one reason.
type Count struct {
	Class  Class
	Cause  Cause
	Blocks uint64
}

// Probe asks to be called at each of some times, which are in order and to come,
// when everything at that time has happened: for Counts.
func (s *Sweep) Probe(times []sim.Time, call func(t sim.Time)) { s.probes, s.asked = times, call }

// See asks to be called at every instant at which something may have changed.
func (s *Sweep) See(call func(t sim.Time)) { s.seen = call }

// Counts is what an outage at the time of the call of Probe would cost, in order
// of class and cause.
func (s *Sweep) Counts(bridges bool) []Count {
	t := &s.tallies[lasting]
	if bridges {
		t = &s.tallies[bridged]
	}
	var all []Count
	for c := range t.class {
		rest := t.class[c].value
		for why, m := range t.cause[c] {
			if m != nil && m.value != 0 {
				all = append(all, Count{Class(c), Cause(why), uint64(m.value)})
				rest -= m.value
			}
		}
		if rest != 0 {
			all = append(all, Count{Class: Class(c), Blocks: uint64(rest)})
		}
	}
	return all
}

// Losses is what an outage at the time of the call of Probe would cost, block by
// block and in order of address. It goes by how the blocks stand and where the
// heads are, not by the counts, and leaves both as they are.
func (s *Sweep) Losses(bridges bool) []Loss {
	outage := lasting
	if bridges {
		outage = bridged
	}
	blocks := s.looked()
	j := Judgement{At: s.now}
	for _, p := range blocks.All(nil) {
		for at := p.Extent.Start; at < p.Extent.End(); {
			part, _ := s.part(block.Between(at, p.Extent.End()))
			if loss, lost := s.loss(part, &p.Value, outage); lost {
				j.add(loss)
			}
			at = part.End()
		}
	}
	return j.Losses
}

// loss is the fate of blocks as the judge would put it.
func (s *Sweep) loss(e block.Extent, b *standing, outage int) (Loss, bool) {
	found, taken := s.found(b, b.medium, outage)
	f := s.fate(b, outage)
	if f == 0 {
		return Loss{}, false
	}
	outcome, promise, _ := s.l.verdict(b, found, 0, true)
	loss := Loss{Extent: e, Lost: b.acked, Found: found, Promise: promise, Outcome: outcome, Class: f.class(), Cause: f.cause()}
	if f.class() == InFlight {
		loss.Lost = b.issued
	}
	switch {
	case f.late():
		loss.Cause, loss.Flush = s.l.unasked(&loss, f.since())
	case outcome == Stale && f.class() == BrokenWord && s.l.plain(b, outcome, f.class()) == NoCause:
		loss.Flush = b.flush
	}
	if (outcome == Stale || outcome == Kept && f.class() != InFlight) && (b.dirty || b.held != b.medium) {
		loss.Taken = taken
	}
	w := s.l.writes.at(loss.Lost)
	if loss.Step = w.Step; w.acknowledged() {
		loss.Age = s.now.Sub(w.Ended)
	}
	return loss, true
}

// looked is how the blocks stand with all that has come by now, and with the
// units under the heads torn.
func (s *Sweep) looked() *block.Map[standing] {
	var m block.Map[standing]
	for _, p := range s.l.stands.known(nil) {
		m.Set(p.Extent, p.Value)
	}
	for i := range s.flights {
		f := &s.flights[i]
		if !f.busy {
			continue
		}
		head := f.passed(s.now)
		for i := range f.Pieces {
			p := &f.Pieces[i]
			between := func(from, to uint64) block.Extent {
				return block.Between(p.Extent.Start+block.LBA(clamp(from*f.UnitBlocks, p.Offset, p.Extent.Blocks)),
					p.Extent.Start+block.LBA(clamp(to*f.UnitBlocks, p.Offset, p.Extent.Blocks)))
			}
			if !p.Carried {
				s.shows(&m, block.Run{Extent: between(f.done, head), Version: p.Version})
			}
			if f.within(s.now) {
				s.shows(&m, block.Run{Extent: between(head, head+1), Version: block.Torn})
			}
		}
	}
	return &m
}

// shows enters into m that the media show a run.
func (s *Sweep) shows(m *block.Map[standing], run block.Run) {
	if run.Extent.Empty() {
		return
	}
	for _, r := range s.l.Resolve(nil, []block.Run{run}) {
		for _, b := range m.Append(nil, r.Extent) {
			b.Value.medium = s.l.place(r.Version, b.Extent)
			m.Set(b.Extent, b.Value)
		}
	}
}

// Rows is how many blocks of a member have redundancy that disagrees with the
// data, at the time of the call of Probe.
func (s *Sweep) Rows() uint64 { return uint64(s.hole.value) }
