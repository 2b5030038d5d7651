package ledger

import (
	"math/rand/v2"
	"slices"

	"tbraid/internal/block"
	"tbraid/sim"
)

// small is a box of a few blocks: a cache over two members of which each may have
// a volatile cache, striped in chunks of so many blocks. It lives by chance, tells
// a ledger what it does, and keeps for itself, block by block, what there is.
type small struct {
	r       *rand.Rand
	ledgers []*Ledger // all are told the same
	now     sim.Time
	keeps   Keeping
	cache   [smallBlocks]copied
	drives  [smallBlocks]block.Version // what a member would read: its cache over its medium
	medium  [smallBlocks]block.Version // with the passes that have ended
	writes  []smallWrite               // by version
	acks    []block.Version
	flushes []smallFlush // by id
	offs    []smallOff
	passes  []smallPass
	ended   int // flushes that have ended
	caching bool
}

const (
	smallBlocks = 48
	smallChunk  = 4
)

// copied is a block of the cache.
type copied struct {
	version block.Version
	dirty   bool
}

type smallWrite struct {
	extent, payload block.Extent
	to              block.Extent // where it goes: elsewhere if it strays
	fill            [smallBlocks]block.Version
	at              sim.Time // when it ended
	held            bool
	over            bool
	promise         Promise
	shirked         Cause
	acked           int // acknowledgements up to and with it
}

type smallFlush struct {
	extent block.Extent
	acked  int // acknowledgements when it was asked for
	stop   Cause
	good   bool
	done   int // the how manieth to end; 0 is not yet
}

type smallOff struct {
	b          uint64
	kept, lost block.Version
	flushes    int
}

type smallPass struct {
	Pass
	member  int
	from    uint64   // first unit's address on the member
	numbers []int    // by ledger
	shows   []uint64 // LBA of each block, in order of address; beyond the volume is none
	brings  []block.Version
	carried []bool
}

// newSmall has a box on which everything is durable.
func newSmall(seed uint64, levels ...Level) *small {
	r := rand.New(rand.NewPCG(seed, 7))
	m := &small{r: r, writes: make([]smallWrite, 1), flushes: make([]smallFlush, 1), caching: r.IntN(3) == 0}
	for _, v := range levels {
		m.ledgers = append(m.ledgers, New(v))
	}
	if r.IntN(2) == 0 {
		e := ext(r.Uint64N(8), 1+r.Uint64N(smallBlocks-8))
		m.issue(e, e)
		m.acknowledge(1, Stable)
		for b := e.Start; b < e.End(); b++ {
			m.drives[b], m.medium[b] = 1, 1
		}
	}
	return m
}

// each tells every ledger.
func (m *small) each(tell func(i int, l *Ledger)) {
	for i, l := range m.ledgers {
		tell(i, l)
	}
}

func (m *small) issue(e, payload block.Extent) block.Version {
	w := smallWrite{extent: e, payload: payload, to: e}
	var fill []block.Run
	for b := e.Start; b < e.End(); b++ {
		if !payload.Contains(b) {
			w.fill[b] = m.reads(uint64(b))
			fill = append(fill, block.Run{Extent: ext(uint64(b), 1), Version: w.fill[b]})
		}
	}
	m.writes = append(m.writes, w)
	m.each(func(_ int, l *Ledger) {
		v := l.Issue(m.now, e, payload, false)
		if len(fill) > 0 {
			l.Fill(v, fill)
		}
	})
	return block.Version(len(m.writes) - 1)
}

// reads is what a READ would find without an outage.
func (m *small) reads(b uint64) block.Version {
	if m.cache[b].dirty {
		return m.cache[b].version
	}
	return m.drives[b]
}

func (m *small) acknowledge(v block.Version, p Promise) {
	w := &m.writes[v]
	m.acks = append(m.acks, v)
	w.over, w.promise, w.at, w.acked = true, p, m.now, len(m.acks)
	m.each(func(_ int, l *Ledger) { l.Acknowledge(m.now, v, p) })
}

// hold lets the cache take WRITE v.
func (m *small) hold(v block.Version) {
	w := &m.writes[v]
	w.held = true
	for b := w.to.Start; b < w.to.End(); b++ {
		is := v
		if w.to == w.extent && !w.payload.Contains(b) {
			is = w.fill[b]
		}
		m.cache[b] = copied{is, true}
	}
	m.each(func(_ int, l *Ledger) { l.Hold(m.now, w.to, v) })
}

// step lets one thing happen.
func (m *small) step() {
	switch n := m.r.IntN(20); {
	case n < 4:
		m.write()
	case n < 8:
		m.end()
	case n < 12:
		m.destage()
	case n < 14:
		m.ask()
	case n < 17:
		m.endFlush()
	case n < 18:
		m.protect()
	}
}

func (m *small) open() (all []block.Version) {
	for v := range m.writes {
		if v > 0 && !m.writes[v].over {
			all = append(all, block.Version(v))
		}
	}
	return all
}

func (m *small) write() {
	start := m.r.Uint64N(smallBlocks)
	e := ext(start, 1+m.r.Uint64N(min(12, smallBlocks-start)))
	for _, v := range m.open() {
		if m.writes[v].extent.Overlaps(e) {
			return // one after the other
		}
	}
	payload := e
	if m.r.IntN(3) == 0 && e.Blocks > 2 {
		payload = ext(start+m.r.Uint64N(2), e.Blocks-2)
	}
	v := m.issue(e, payload)
	if m.r.IntN(12) == 0 && payload == e && start >= 13 {
		m.writes[v].to = ext(start-13, e.Blocks)
		m.shirk(v, Misdirected)
	}
}

func (m *small) shirk(v block.Version, why Cause) {
	if m.writes[v].shirked == NoCause {
		m.writes[v].shirked = why
	}
	m.each(func(_ int, l *Ledger) { l.Shirk(v, why) })
}

// end goes on with a WRITE: the cache takes it, it is acknowledged, or it fails.
func (m *small) end() {
	all := m.open()
	if len(all) == 0 {
		return
	}
	v := all[m.r.IntN(len(all))]
	w := &m.writes[v]
	switch {
	case m.r.IntN(12) == 0:
		w.over, w.at = true, m.now
		m.each(func(_ int, l *Ledger) { l.Fail(m.now, v) })
	case !w.held:
		m.hold(v)
	default:
		p := Volatile
		if m.r.IntN(4) == 0 {
			p = Stable
			for b := w.to.Start; b < w.to.End(); b++ {
				if m.cache[b].dirty || m.drives[b] != m.medium[b] {
					m.shirk(v, FUAIgnored)
					break
				}
			}
		}
		m.acknowledge(v, p)
	}
}

func (m *small) ask() {
	e := block.Extent{}
	if m.r.IntN(3) == 0 {
		ranges := []block.Extent{ext(0, 16), ext(8, 20), ext(30, 0)}
		e = ranges[m.r.IntN(len(ranges))]
	}
	m.flushes = append(m.flushes, smallFlush{extent: e, acked: len(m.acks)})
	m.each(func(_ int, l *Ledger) { l.Ask(m.now, ByProgram, e) })
}

// endFlush stops a flush under way, or ends it. An honest one has found nothing
// volatile.
func (m *small) endFlush() {
	var open []uint32
	for id := range m.flushes {
		if id > 0 && m.flushes[id].done == 0 {
			open = append(open, uint32(id))
		}
	}
	if len(open) == 0 {
		return
	}
	id := open[m.r.IntN(len(open))]
	f := &m.flushes[id]
	lies := []Cause{FirmwareAcks, DriverSwallowed, CacheUnseen, NodeFsync, DriverGone}
	if why := lies[m.r.IntN(len(lies))]; f.stop == NoCause && (m.r.IntN(3) > 0 || m.volatile()) {
		f.stop = why
		m.each(func(_ int, l *Ledger) { l.Stop(m.now, id, why) })
		return
	}
	f.good = m.r.IntN(4) > 0
	m.ended++
	f.done = m.ended
	m.each(func(_ int, l *Ledger) {
		if f.stop == NoCause {
			l.Reach(id, AtMembers)
		}
		l.End(m.now, id, f.good)
	})
}

// volatile tells whether anything is in a volatile cache.
func (m *small) volatile() bool {
	for b := range m.cache {
		if m.cache[b].dirty || m.drives[b] != m.medium[b] {
			return true
		}
	}
	return false
}

func (m *small) protect() {
	if !m.keeps.Exists {
		return
	}
	m.keeps.Kept = m.r.IntN(3) > 0
	if m.keeps.Bytes = 0; m.keeps.Kept && m.r.IntN(3) > 0 {
		m.keeps.Bytes = block.Size * (1 + m.r.Uint64N(24))
	}
	m.each(func(_ int, l *Ledger) { l.Protect(m.now, m.keeps) })
}

// lbaAt is the block at an address of a member.
func lbaAt(member int, address uint64) uint64 {
	return (address/smallChunk*2+uint64(member))*smallChunk + address%smallChunk
}

// destage begins a pass over a member, of what the cache or the member's cache
// holds of some addresses.
func (m *small) destage() {
	const addresses = smallBlocks / 2
	member, unit := m.r.IntN(2), []uint64{1, 4}[m.r.IntN(2)]
	from := m.r.Uint64N(addresses)
	to := from + 1 + m.r.Uint64N(addresses-from)
	first, end := from/unit*unit, (to+unit-1)/unit*unit
	for _, p := range m.passes {
		if p.member == member && first < p.from+p.Units*p.UnitBlocks && p.from < end {
			return
		}
	}
	p := smallPass{member: member, from: first, Pass: Pass{Begin: m.now + sim.Time(m.r.Uint64N(6)), Units: (end - first) / unit,
		UnitBlocks: unit, Tears: unit > 1 && m.r.IntN(4) > 0}}
	p.End = p.Begin + sim.Time(m.r.Uint64N(3*p.Units+1))
	any := false
	for a := first; a < end; a++ {
		b := lbaAt(member, a)
		v, carried := m.reads(b), a < from || a >= to
		if !carried && (m.cache[b].dirty || m.drives[b] != m.medium[b]) {
			any = true
		}
		p.shows, p.brings, p.carried = append(p.shows, b), append(p.brings, v), append(p.carried, carried)
		piece := Piece{Extent: ext(b, 1), Offset: a - first, Version: m.tag(b, v), Carried: carried}
		if n := len(p.Pieces); n > 0 {
			last := &p.Pieces[n-1]
			if last.Extent.End() == block.LBA(b) && last.Version == piece.Version && last.Carried == carried {
				last.Extent.Blocks++
				continue
			}
		}
		p.Pieces = append(p.Pieces, piece)
	}
	if !any {
		return
	}
	m.each(func(_ int, l *Ledger) { p.numbers = append(p.numbers, l.Starts(m.now, &p.Pass)) })
	if m.caching { // the members take it at once and write later
		m.clean(&p)
	}
	m.passes = append(m.passes, p)
}

// tag is the version that the medium is told: of what a WRITE carried along, that
// of the WRITE, as a real member knows no better.
func (m *small) tag(b uint64, v block.Version) block.Version {
	for i := len(m.writes) - 1; i > 0; i-- {
		w := &m.writes[i]
		if w.held && w.to == w.extent && w.extent.Contains(block.LBA(b)) {
			if !w.payload.Contains(block.LBA(b)) && w.fill[b] == v {
				return block.Version(i)
			}
			break
		}
	}
	return v
}

// clean lets the members have what a pass brings.
func (m *small) clean(p *smallPass) {
	var runs []block.Run
	for i, b := range p.shows {
		if p.carried[i] {
			continue
		}
		m.drives[b] = p.brings[i]
		if c := &m.cache[b]; c.dirty && c.version == p.brings[i] {
			c.dirty = false
			runs = append(runs, block.Run{Extent: ext(b, 1), Version: m.tag(b, p.brings[i])})
		}
	}
	slices.SortFunc(runs, func(a, b block.Run) int { return int(a.Extent.Start) - int(b.Extent.Start) })
	m.each(func(_ int, l *Ledger) { l.Clean(m.now, runs) })
}

// land ends the passes whose time has come.
func (m *small) land() {
	m.passes = slices.DeleteFunc(m.passes, func(p smallPass) bool {
		if p.End > m.now {
			return false
		}
		for i, b := range p.shows {
			if !p.carried[i] {
				m.medium[b] = p.brings[i]
			}
		}
		m.each(func(i int, l *Ledger) { l.Ends(m.now, p.numbers[i]) })
		if !m.caching {
			m.clean(&p)
		}
		return true
	})
}

// fallen is what the box holds after an outage that began now, and the facts that
// its parts would have told.
func (m *small) fallen(bridges bool) (holds [smallBlocks]block.Version, drops []drop) {
	holds = m.medium
	for i := range m.passes {
		p := &m.passes[i]
		come, torn := p.naively(m.now)
		for i, b := range p.shows {
			switch unit := uint64(i) / p.UnitBlocks; {
			case unit < come && !p.carried[i]:
				holds[b] = p.brings[i]
			case unit == come && torn:
				holds[b] = block.Torn
			}
		}
	}
	room := m.keeps.Bytes / block.Size
	for b := range m.cache {
		saved := bridges && m.keeps.Kept && (m.keeps.Bytes == 0 || room > 0)
		switch c := m.cache[b]; {
		case c.dirty && saved:
			if holds[b] = c.version; room > 0 {
				room--
			}
		case c.dirty:
			drops = append(drops, drop{block.Run{Extent: ext(uint64(b), 1), Version: m.newest(b)}, m.keeps.Lost})
		case m.drives[b] != holds[b]:
			drops = append(drops, drop{block.Run{Extent: ext(uint64(b), 1), Version: m.newest(b)}, MembersUnflushed})
		}
	}
	return holds, drops
}

// newest is the version of which a copy went away: what a fill brought is the
// WRITE's.
func (m *small) newest(b int) block.Version { return m.tag(uint64(b), m.reads(uint64(b))) }

// naively is how many units have come at time t and whether one is under the head.
func (p *Pass) naively(t sim.Time) (come uint64, torn bool) {
	if t >= p.End {
		return p.Units, false
	}
	for come < p.Units && t > p.Begin && sim.Time((come+1)*uint64(p.End-p.Begin)) <= (t-p.Begin)*sim.Time(p.Units) {
		come++
	}
	return come, p.Tears && t > p.Begin
}
