package ledger

import (
	"math/bits"
	"slices"

	"tbraid/internal/block"
	"tbraid/sim"
)

// holdStill brings the passes that touch e into the standings of their blocks,
// so that a fact can change these; no e means all passes.
func (s *Sweep) holdStill(e block.Extent) {
	if s.active == 0 {
		return
	}
	if e.Empty() {
		e = everywhere
	}
	start, end := e.Start, e.End()
	for i := range s.under {
		if u := &s.under[i]; start < u.above && u.below < end {
			if f := &s.flights[i]; f.overlaps(e) {
				s.pause(f)
			}
		}
	}
}

// pause enters what has come into the standings and takes the unit under the
// head back.
func (s *Sweep) pause(f *flight) {
	s.landFlight(f)
	for i := f.low; i < len(f.segs); i++ {
		g := &f.segs[i]
		if g.entered {
			s.swap(g, tearing, waiting, s.now)
		}
	}
	come := f.passed(s.now)
	for i := range f.Pieces {
		p := &f.Pieces[i]
		from, to := f.done*f.UnitBlocks, come*f.UnitBlocks
		part := block.Between(p.Extent.Start+block.LBA(clamp(from, p.Offset, p.Extent.Blocks)),
			p.Extent.Start+block.LBA(clamp(to, p.Offset, p.Extent.Blocks)))
		if !p.Carried && !part.Empty() {
			s.l.come(f, p.Offset+uint64(part.Start-p.Extent.Start), part, p.Version)
		}
	}
	s.l.enterComing()
	f.done, f.segs, f.low, f.paused = come, f.segs[:0], 0, true
	s.under[f.number] = reach{}
	s.unstop(f)
	for c, n := range f.coming {
		s.coming[c] -= n
	}
	f.coming = [classes]int64{}
	s.paused = append(s.paused, f.number)
}

// clamp is how many blocks of a piece that begins at offset lie before at.
func clamp(at, offset, blocks uint64) uint64 {
	if at <= offset {
		return 0
	}
	return min(at-offset, blocks)
}

// come enters version v as the content of the media in e, which begins at an
// offset of the pass. The counts know of it already, but not of the age of what
// has come. Blocks that then stand alike and are neighbours are entered together,
// by enterComing.
func (l *Ledger) come(f *flight, offset uint64, e block.Extent, v block.Version) {
	if len(l.fills) == 0 {
		l.enterComing()
		if h, one := l.stands.find(e); one {
			was := l.stands.of(h.ref)
			is := *was
			if l.came(f, offset, e, v, was, &is) {
				l.standAt(h, e, &is)
			}
			return
		}
	}
	for _, r := range l.resolved(e, v) {
		for _, p := range l.standings(r.Extent) {
			s := p.Value
			if !l.came(f, offset+uint64(p.Extent.Start-e.Start), p.Extent, r.Version, &p.Value, &s) {
				continue
			}
			l.remember(&s)
			c := &l.coming
			if c.value != s || c.extent.End() != p.Extent.Start {
				l.enterComing()
				c.value, c.extent.Start = s, p.Extent.Start
			}
			c.extent.Blocks += p.Extent.Blocks
			c.parts = append(c.parts, p)
		}
	}
}

// came says that the media hold version v of blocks that stood as was, and still
// stand so in is. It is false if that matters to no one.
func (l *Ledger) came(f *flight, offset uint64, e block.Extent, v block.Version, was, is *standing) bool {
	if is.medium = l.place(v, e); !is.known() && is.medium != stray && was.medium != stray {
		return false
	}
	if is.medium >= is.acked && was.medium < is.acked {
		l.sweep.saved(was, f.arrival((offset+e.Blocks-1)/f.UnitBlocks))
	}
	return true
}

// saved notes the age of blocks that were lost up to a time.
func (s *Sweep) saved(b *standing, until sim.Time) {
	s.aged(lasting, b, until)
	if s.kinds > 1 && !b.saved {
		s.aged(bridged, b, until)
	}
}

// coming is neighbours that stand alike once a pass has come, and how they stood.
type coming struct {
	extent block.Extent
	value  standing
	parts  []stretch
}

func (l *Ledger) enterComing() {
	if c := &l.coming; !c.extent.Empty() {
		l.stands.setAll(c.extent, c.parts, &c.value, &l.writes)
		c.extent, c.parts = block.Extent{}, c.parts[:0]
	}
}

// strayed tells whether WRITE v went to another address.
func (l *Ledger) strayed(v block.Version) bool {
	return len(l.strays) > 0 && slices.Contains(l.strays, v)
}

// place is v, or that it belongs elsewhere.
func (l *Ledger) place(v block.Version, e block.Extent) block.Version {
	if l.strayed(v) && !l.writes.at(v).Extent.Covers(e) {
		return stray
	}
	return v
}

// resume books the passes that were held still.
func (s *Sweep) resume() {
	for _, i := range s.paused {
		f := &s.flights[i]
		f.paused, f.since = false, s.now
		s.under[i] = reach{f.below, f.above}
		s.divide(f)
		s.landFlight(f)
	}
	if len(s.paused) > 0 {
		s.paused = s.paused[:0]
		s.nextLook()
	}
}

// nextLook finds out which flight has to be looked at first.
func (s *Sweep) nextLook() {
	s.stop = sim.Never
	if s.stops == 0 {
		return
	}
	for i := range s.flights {
		if f := &s.flights[i]; f.busy && !f.paused && f.stop > s.now {
			s.stop = min(s.stop, f.stop)
		}
	}
}

// stopAt says when a flight has to be looked at again; unstop that it need not be.
func (s *Sweep) stopAt(f *flight, t sim.Time) {
	if s.unstop(f); t != sim.Never {
		f.stop = t
		s.stops++
	}
}

func (s *Sweep) unstop(f *flight) {
	if f.stop != sim.Never {
		f.stop = sim.Never
		s.stops--
	}
}

// divide cuts what is still to come of a pass into segments.
func (s *Sweep) divide(f *flight) {
	f.steps = false
	for i := range f.Pieces {
		p := &f.Pieces[i]
		skip := clamp(f.done*f.UnitBlocks, p.Offset, p.Extent.Blocks)
		e := block.Between(p.Extent.Start+block.LBA(skip), p.Extent.End())
		if p.Carried {
			s.segments(f, p, block.Run{Extent: e})
			continue
		}
		for _, r := range s.l.resolved(e, p.Version) {
			s.segments(f, p, r)
		}
	}
}

// segments adds the segments of blocks that will hold version r.Version.
func (s *Sweep) segments(f *flight, p *Piece, r block.Run) {
	if h, _ := s.l.whole(r.Version, r.Extent); h != nil {
		s.segment(f, p, r, &h.standing)
		return
	}
	for _, b := range s.l.standings(r.Extent) {
		s.segment(f, p, block.Run{Extent: b.Extent, Version: r.Version}, &b.Value)
	}
}

// segment adds the segments of blocks that stand alike.
func (s *Sweep) segment(f *flight, p *Piece, r block.Run, stands *standing) {
	if !stands.known() {
		return
	}
	after := stands.medium
	if !p.Carried {
		after = s.l.place(r.Version, r.Extent)
	}
	var g segment
	for o := range s.kinds {
		c := change{waiting: s.fate(stands, o), there: s.fateOn(stands, after, o)}
		if c[tearing] = c[waiting]; f.Tears {
			c[tearing] = s.fateOn(stands, block.Torn, o)
		}
		g.fares[o] = c
		g.steps = g.steps || c[there] != 0 && c[there] != c[waiting]
		g.ends = g.ends || c[there] != 0 && c[there] != c[tearing]
		s.awaits(f, c, int64(r.Extent.Blocks))
	}
	f.steps = f.steps || g.steps
	for e := r.Extent; !e.Empty(); {
		part, _ := s.part(e) // so that a segment is in one lane
		s.cut(f, g, p.Offset+uint64(part.Start-p.Extent.Start), part)
		e = block.Between(part.End(), e.End())
	}
}

// awaits notes that so many blocks may leave their classes as a pass goes on.
func (s *Sweep) awaits(f *flight, c change, n int64) {
	for _, class := range [2]Class{c[waiting].class(), c[tearing].class()} {
		if class == NoLoss {
			continue
		}
		f.coming[class] += n
		s.coming[class] += n
		if class >= AtRisk {
			f.coming[NoLoss] += n
			s.coming[NoLoss] += n
		}
	}
}

// cut adds g for the blocks of e, which begin at offset, as up to three
// segments: of units that are not whole at either end, and of whole ones.
func (s *Sweep) cut(f *flight, g segment, offset uint64, e block.Extent) {
	shift := bits.TrailingZeros64(f.UnitBlocks)
	for at := e.Start; at < e.End(); {
		o := offset + uint64(at-e.Start)
		left := uint64(e.End() - at)
		g.first, g.start = o>>shift, at
		switch within := o & (f.UnitBlocks - 1); {
		case within > 0 || left < f.UnitBlocks:
			g.blocks = min(f.UnitBlocks-within, left)
			g.last = g.first + 1
		default:
			g.blocks = f.UnitBlocks
			g.last = g.first + left>>shift
		}
		s.appendSegment(f, g)
		at += block.LBA(g.blocks * (g.last - g.first))
	}
}

// appendSegment adds g, as part of the last segment if it goes on with the same.
func (s *Sweep) appendSegment(f *flight, g segment) {
	if n := len(f.segs); n > 0 && len(s.ranges) == 0 {
		p := &f.segs[n-1]
		if p.last == g.first && p.blocks == f.UnitBlocks && g.blocks == f.UnitBlocks && p.fares == g.fares {
			p.last = g.last
			return
		}
	}
	f.segs = append(f.segs, g)
}

// land books what has come by now.
func (s *Sweep) land() {
	s.landed = s.now
	if s.active == 0 {
		return
	}
	for i := range s.flights {
		if f := &s.flights[i]; f.busy && !f.paused {
			s.landFlight(f)
		}
	}
	s.nextLook()
}

func (s *Sweep) landFlight(f *flight) {
	s.booking = true
	head, within := f.passed(s.now), f.within(s.now)
	stop := sim.Never
	for i := f.low; i < len(f.segs); i++ {
		g := &f.segs[i]
		if head < g.first || head == g.first && f.Tears && !within {
			if f.Tears || f.steps {
				stop = min(stop, f.comesTo(g.first))
			}
			break
		}
		s.book(f, g, head, within)
		switch {
		case head >= g.last:
			if i == f.low {
				f.low++
			}
		case g.steps:
			stop = min(stop, f.arrival(head))
		case g.ends:
			stop = min(stop, f.arrival(g.last-1))
		}
	}
	s.stopAt(f, stop)
	s.booking = false
}

// comesTo is when the head comes to unit i.
func (f *flight) comesTo(i uint64) sim.Time {
	if i == 0 {
		return min(f.Begin+1, f.End)
	}
	return f.arrival(i - 1)
}

// book counts the units of a segment that the head has come to and passed. Where
// units tear, one of them is torn from the first that the head comes to up to the
// last that it has passed.
func (s *Sweep) book(f *flight, g *segment, head uint64, within bool) {
	n := g.last - g.first
	come := min(head-g.first, n)
	from, to := f.straight(g, head)
	if f.Tears && !g.entered && g.come == 0 && (come > 0 || within) {
		g.entered = true
		s.swap(g, waiting, tearing, max(f.comesTo(g.first), f.since))
	}
	if to > from {
		i, j := g.first+from, g.first+to
		s.slide(g, j-i, f.lateness(s.now, i, j)*g.blocks, f.arrival(j-1))
	}
	if come == n && g.entered {
		g.entered = false
		s.swap(g, tearing, there, f.arrival(g.last-1))
	}
	g.come = come
}

// straight is which units of a segment, counted from its first, have come and are not
// booked: those that go straight from waiting to there, beside the one that tears.
func (f *flight) straight(g *segment, head uint64) (from, to uint64) {
	n := g.last - g.first
	from, to = g.come, min(head-g.first, n)
	if f.Tears {
		from, to = min(from, n-1), min(to, n-1)
	}
	return from, to
}

// swap moves one unit of a segment from one state to another as of time at.
func (s *Sweep) swap(g *segment, from, to int, at sim.Time) {
	e := block.Extent{Start: g.start, Blocks: g.blocks}
	n, late := int64(g.blocks), g.blocks*uint64(s.now-at)
	for o := range s.kinds {
		if c := &g.fares[o]; c[from] != c[to] {
			s.add(o, e, c[from], -n, late, at)
			s.add(o, e, c[to], n, late, at)
		}
	}
}

// slide moves units that wait to where they are there, one after the other.
func (s *Sweep) slide(g *segment, units, late uint64, last sim.Time) {
	e := block.Extent{Start: g.start, Blocks: g.blocks}
	n := int64(units * g.blocks)
	for o := range s.kinds {
		if c := &g.fares[o]; c[waiting] != c[there] {
			s.add(o, e, c[waiting], -n, late, last)
			s.add(o, e, c[there], n, late, last)
		}
	}
}
