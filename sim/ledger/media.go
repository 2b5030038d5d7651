package ledger

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Hold records at time now that the controller's cache took version v of e. If
// nothing protects the cache it is all one whether it or a member's cache has
// it, but for what took the data in the end.
func (l *Ledger) Hold(now sim.Time, e block.Extent, v block.Version) {
	if l.life != nil {
		l.note(e, Fact{Kind: CacheHeld, Version: v})
	}
	if l.sweep == nil || !l.sweep.caches {
		return
	}
	l.enter(now, e)
	for _, r := range l.resolved(e, v) {
		parts := l.standings(r.Extent)
		for i := range parts {
			if s := parts[i].Value; s.known() || l.sweep.weighs() || l.strayed(r.Version) {
				s.held, s.dirty, s.saved = r.Version, true, l.sweep.keeps.Kept && l.sweep.keeps.Bytes == 0
				l.put(&parts[i], &s)
			}
		}
	}
	l.sweep.refill(e)
	l.leave()
}

// Clean records at time now that the members took what the cache held of runs,
// where nothing newer has come since.
func (l *Ledger) Clean(now sim.Time, runs []block.Run) {
	if l.life != nil {
		l.noteRuns(runs, Fact{Kind: CacheCleaned})
	}
	if l.sweep == nil || !l.sweep.caches {
		return
	}
	for _, run := range runs {
		l.enter(now, run.Extent)
		for _, r := range l.resolved(run.Extent, run.Version) {
			parts := l.standings(r.Extent)
			for i := range parts {
				if s := parts[i].Value; s.dirty && s.held == r.Version {
					if s.dirty, s.saved = false, false; !s.known() {
						s = standing{medium: s.medium}
					}
					l.put(&parts[i], &s)
				}
			}
		}
		l.sweep.refill(run.Extent)
	}
	l.leave()
}

// Store records at time now that the media hold version v in e, of which nothing
// is in a cache.
func (l *Ledger) Store(now sim.Time, e block.Extent, v block.Version) {
	l.note(e, Fact{Kind: Prefilled, Version: v})
	if l.sweep == nil {
		return
	}
	l.enter(now, e)
	for _, r := range l.resolved(e, v) {
		parts := l.standings(r.Extent)
		for i := range parts {
			s := parts[i].Value
			if s.known() {
				s.held, s.medium, s.dirty, s.saved = r.Version, r.Version, false, false
			} else {
				s = standing{}
			}
			l.put(&parts[i], &s)
		}
	}
	l.sweep.refill(e)
	l.leave()
}

// Shows records at time now that the media would show version v in e, as what
// they hold makes of it: torn, or rebuilt without a missing member.
func (l *Ledger) Shows(now sim.Time, e block.Extent, v block.Version) {
	if l.sweep == nil {
		return
	}
	l.enter(now, e)
	for _, r := range l.resolved(e, v) {
		parts := l.standings(r.Extent)
		for i := range parts {
			if s := parts[i].Value; s.known() {
				s.medium = l.place(r.Version, parts[i].Extent)
				l.put(&parts[i], &s)
			}
		}
	}
	l.leave()
}

// Holes records at time now in how many blocks of a member parity and data
// disagree on the media: what a missing member would cost at most.
func (l *Ledger) Holes(now sim.Time, rows uint64) {
	if s := l.sweep; s != nil {
		s.tick(now)
		s.shift(&s.hole, int64(rows)-s.hole.value, 0, now, 0)
	}
}

// Protect records at time now that from now on the cache is kept otherwise.
func (l *Ledger) Protect(now sim.Time, p Keeping) {
	s := l.sweep
	if s == nil || s.keeps == p {
		return
	}
	l.enter(now, block.Extent{})
	s.count(-1)
	s.keeps = p
	s.vault = vault{}
	for b := range l.stands.unsettled() {
		if v := b.Value; v.dirty {
			v.saved = p.Kept && p.Bytes == 0
			l.stand(b.Extent, b.ref, &v)
		}
	}
	s.count(+1)
	if p.Kept && p.Bytes > 0 {
		s.fillVault()
	}
	l.leave()
}

// vault is the part of the dirty blocks that the energy of a capacitor covers:
// those below border, in order of address.
type vault struct {
	dirty  block.Map[bool]
	border block.LBA
	blocks uint64 // below border
}

// noBorder is beyond every volume.
const noBorder block.LBA = 1 << 62

// everywhere is all volumes.
var everywhere = block.Between(0, noBorder)

// weighs tells whether it may matter how much is dirty: then what a WRITE only
// carried along counts, even where no program has ever written.
func (s *Sweep) weighs() bool { return s.keeps.Exists && !s.keeps.Ends }

func (s *Sweep) limited() bool { return s.keeps.Kept && s.keeps.Bytes > 0 }

// refill is told that the dirty blocks of e have changed.
func (s *Sweep) refill(e block.Extent) {
	if !s.limited() {
		return
	}
	v := &s.vault
	for _, p := range s.l.standings(e) {
		was := block.Extent{}
		for _, d := range v.dirty.Append(nil, p.Extent.Intersect(block.Between(0, v.border))) {
			if d.Value {
				was.Blocks += d.Extent.Blocks
			}
		}
		v.blocks -= was.Blocks
		v.dirty.Set(p.Extent, p.Value.dirty)
		if below := p.Extent.Intersect(block.Between(0, v.border)); p.Value.dirty {
			v.blocks += below.Blocks
		}
	}
	s.save(e.Intersect(block.Between(0, v.border)), true)
	s.balance()
}

// fillVault finds the border anew.
func (s *Sweep) fillVault() {
	v := &s.vault
	for p := range s.l.stands.unsettled() {
		v.dirty.Set(p.Extent, p.Value.dirty)
	}
	s.balance()
}

// balance moves the border to where the energy ends.
func (s *Sweep) balance() {
	v, limit := &s.vault, s.keeps.Bytes/block.Size
	for v.blocks > limit {
		d, _ := v.dirty.Prev(v.border)
		over := min(v.blocks-limit, d.Extent.Blocks)
		e := block.Between(d.Extent.End()-block.LBA(over), d.Extent.End())
		s.save(e, false)
		v.border = e.Start
		v.blocks -= over
	}
	for v.blocks < limit {
		d, ok := v.dirty.Next(v.border)
		if !ok {
			v.border = noBorder
			return
		}
		e := block.Extent{Start: d.Extent.Start, Blocks: min(limit-v.blocks, d.Extent.Blocks)}
		s.save(e, true)
		v.border = e.End()
		v.blocks += e.Blocks
	}
}

// save marks the dirty blocks of e as covered, or not.
func (s *Sweep) save(e block.Extent, covered bool) {
	if e.Empty() {
		return
	}
	s.holdStill(e) // the border can be far from what the fact is about
	parts := s.l.standings(e)
	for i := range parts {
		if b := parts[i].Value; b.dirty && b.saved != covered {
			b.saved = covered
			s.l.put(&parts[i], &b)
		}
	}
}

// Listening tells whether a Sweep takes what comes to the media.
func (l *Ledger) Listening() bool { return l.sweep != nil }
