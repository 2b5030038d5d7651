package cache

import (
	"maps"
	"slices"

	"tbraid/internal/block"
	"tbraid/sim"
)

// model is the cache as one would explain it: every block by itself, every
// question answered by looking at all of them.
type model struct {
	capacity, stripeBlocks int
	blocks                 map[block.LBA]*content
	ages                   map[uint64]*pageAge // by page: when what waits, and what is carried, became dirty
	lru                    []uint64            // clean pages, most recent first
	seq, forgotten         uint64
}

type content struct {
	version                         block.Version
	valid, waiting, flying, carried bool
}

type pageAge struct {
	seq, carriedSeq, written uint64
	since, carriedSince      sim.Time
}

func newModel(capacity, stripeBlocks int) *model {
	return &model{
		capacity: capacity, stripeBlocks: stripeBlocks,
		blocks: map[block.LBA]*content{}, ages: map[uint64]*pageAge{},
	}
}

func pageOf(a block.LBA) uint64 { return uint64(a) / PageBlocks }

func (m *model) stripeOf(a block.LBA) uint64 { return uint64(a) / uint64(m.stripeBlocks) }

// some tells whether a block of the page, or of the volume, passes the test.
func (m *model) some(page uint64, test func(*content) bool) bool {
	for b := range block.LBA(PageBlocks) {
		if c := m.blocks[block.LBA(page*PageBlocks)+b]; c != nil && test(c) {
			return true
		}
	}
	return false
}

func dirtyOrCarried(c *content) bool { return c.waiting || c.carried }

// addresses lists the blocks that pass the test, in order.
func (m *model) addresses(test func(*content) bool) []block.LBA {
	var list []block.LBA
	for a, c := range m.blocks {
		if test(c) {
			list = append(list, a)
		}
	}
	slices.Sort(list)
	return list
}

// pages lists the pages with a block that passes the test.
func (m *model) pages(test func(*content) bool) []uint64 {
	var list []uint64
	for _, a := range m.addresses(test) {
		list = append(list, pageOf(a))
	}
	return slices.Compact(list)
}

func (m *model) room(e block.Extent) bool {
	need := m.pages(dirtyOrCarried)
	for a := e.Start; a < e.End(); a++ {
		if !slices.Contains(need, pageOf(a)) {
			need = append(need, pageOf(a))
		}
	}
	return len(need) <= m.capacity
}

// enter makes the page resident, at the cost of the least recently used one.
func (m *model) enter(page uint64) {
	if m.ages[page] != nil {
		return
	}
	if len(m.ages) == m.capacity {
		m.vanish(m.lru[len(m.lru)-1])
	}
	m.ages[page] = &pageAge{}
}

func (m *model) vanish(page uint64) {
	m.forgotten = max(m.forgotten, m.ages[page].written)
	m.unlist(page)
	delete(m.ages, page)
	for b := range block.LBA(PageBlocks) {
		delete(m.blocks, block.LBA(page*PageBlocks)+b)
	}
}

func (m *model) unlist(page uint64) {
	m.lru = slices.DeleteFunc(m.lru, func(p uint64) bool { return p == page })
}

// settle moves a page to the head of the LRU list if it is clean, and out of
// the cache if nothing is left of it.
func (m *model) settle(page uint64) {
	switch {
	case m.ages[page] == nil || m.some(page, dirtyOrCarried):
		m.unlist(page)
	case !m.some(page, func(c *content) bool { return c.valid }):
		m.vanish(page)
	default:
		m.unlist(page)
		m.lru = slices.Insert(m.lru, 0, page)
	}
}

func (m *model) touch(e block.Extent) {
	for a := e.Start; a < e.End(); a++ {
		m.settle(pageOf(a))
	}
}

func (m *model) at(a block.LBA) *content {
	if m.blocks[a] == nil {
		m.blocks[a] = &content{}
	}
	return m.blocks[a]
}

func (m *model) write(now sim.Time, e block.Extent, v block.Version) (superseded uint64) {
	if last := e.End() - 1; pageOf(last) != pageOf(e.Start) {
		m.settle(pageOf(last))
	}
	for a := e.Start; a < e.End(); a++ {
		page := pageOf(a)
		m.enter(page)
		m.unlist(page)
		if a == e.Start || a%PageBlocks == 0 {
			m.seq++
		}
		p := m.ages[page]
		p.written = m.seq
		if !m.some(page, func(c *content) bool { return c.waiting }) {
			p.seq, p.since = m.seq, now
		}
		c := m.at(a)
		if c.waiting {
			superseded++
		}
		c.version, c.valid, c.waiting, c.flying = v, true, true, false
	}
	return superseded
}

func (m *model) fill(e block.Extent, runs []block.Run, mark uint64) (taken uint64) {
	if m.forgotten > mark || !m.room(e) {
		return 0
	}
	m.touch(e)
	for _, r := range runs {
		for a := r.Extent.Start; a < r.Extent.End(); a++ {
			if m.ages[pageOf(a)] == nil {
				m.enter(pageOf(a))
				m.lru = slices.Insert(m.lru, 0, pageOf(a))
			}
			if c := m.at(a); !c.valid && !c.carried {
				c.version, c.valid = r.Version, true
				taken++
			}
		}
	}
	return taken
}

// gather returns what a batch of the stripe carries.
func (m *model) gather(stripe uint64) map[block.LBA]block.Version {
	took := map[block.LBA]block.Version{}
	for _, a := range m.addresses(func(c *content) bool { return c.waiting }) {
		if m.stripeOf(a) == stripe {
			c, p := m.blocks[a], m.ages[pageOf(a)]
			c.waiting, c.flying, c.carried = false, true, true
			p.carriedSeq, p.carriedSince = p.seq, p.since
			took[a] = c.version
		}
	}
	return took
}

// land ends a batch; the oldest page of a stripe settles first after a failure,
// the first page of the volume after a success, as their order in the LRU list
// tells.
func (m *model) land(took map[block.LBA]block.Version, reached bool) {
	var pages []uint64
	for a := range took {
		c, page := m.blocks[a], pageOf(a)
		if !slices.Contains(pages, page) {
			pages = append(pages, page)
		}
		if !c.valid {
			m.forget()
		}
		if !reached && c.flying {
			c.waiting = true
		}
	}
	slices.SortFunc(pages, func(x, y uint64) int {
		if !reached {
			return int(m.ages[x].carriedSeq) - int(m.ages[y].carriedSeq)
		}
		return int(x) - int(y)
	})
	for a := range took {
		m.blocks[a].flying, m.blocks[a].carried = false, false
	}
	for _, page := range pages {
		if p := m.ages[page]; !reached {
			p.seq, p.since = p.carriedSeq, p.carriedSince
		}
		m.settle(page)
	}
}

func (m *model) discard(e block.Extent) {
	for _, page := range slices.Sorted(maps.Keys(m.ages)) {
		touched := false
		for b := range block.LBA(PageBlocks) {
			a := block.LBA(page*PageBlocks) + b
			if c := m.blocks[a]; c != nil && e.Contains(a) {
				touched = touched || c.waiting || c.flying
				c.valid, c.waiting, c.flying = false, false, false
			}
		}
		if !m.some(page, func(c *content) bool { return c.valid || c.carried }) || touched && !m.some(page, dirtyOrCarried) {
			m.settle(page)
		}
	}
	m.forget()
}

func (m *model) dropClean() {
	for a, c := range m.blocks {
		if !c.waiting && !c.flying {
			c.valid = false
		}
		if !c.valid && !c.carried {
			delete(m.blocks, a)
		}
	}
	for page := range m.ages {
		if !m.some(page, dirtyOrCarried) {
			m.vanish(page)
		}
	}
	m.forget()
}

func (m *model) drop() {
	clear(m.blocks)
	clear(m.ages)
	m.lru = nil
	m.forget()
}

func (m *model) forget() {
	m.seq++
	m.forgotten = m.seq
}

func (m *model) settled(mark uint64, e block.Extent) bool {
	for a, c := range m.blocks {
		if a < e.Start || e.Blocks > 0 && a >= e.End() {
			continue
		}
		p := m.ages[pageOf(a)]
		if c.waiting && p.seq <= mark || c.carried && p.carriedSeq <= mark {
			return false
		}
	}
	return true
}

// ready lists the blocks that wait in a stripe of which no batch is in flight.
func (m *model) ready() []block.LBA {
	inFlight := map[uint64]bool{}
	for a, c := range m.blocks {
		if c.carried {
			inFlight[m.stripeOf(a)] = true
		}
	}
	return slices.DeleteFunc(m.addresses(func(c *content) bool { return c.waiting }),
		func(a block.LBA) bool { return inFlight[m.stripeOf(a)] })
}

// candidates maps the stripes that can be gathered to their waiting blocks.
func (m *model) candidates() map[uint64]int {
	stripes := map[uint64]int{}
	for _, a := range m.ready() {
		stripes[m.stripeOf(a)]++
	}
	return stripes
}

// oldest is the candidate whose page has waited for longest, and since when.
func (m *model) oldest() (stripe uint64, since sim.Time, ok bool) {
	least := uint64(0)
	since = sim.Never
	for _, a := range m.ready() {
		if p := m.ages[pageOf(a)]; !ok || p.seq < least {
			stripe, since, least, ok = m.stripeOf(a), p.since, p.seq, true
		}
	}
	return stripe, since, ok
}

func (m *model) runs(e block.Extent, test func(*content) bool) []block.Run {
	var runs []block.Run
	for _, a := range m.addresses(test) {
		if !e.Contains(a) {
			continue
		}
		v := m.blocks[a].version
		if n := len(runs) - 1; n >= 0 && runs[n].Extent.End() == a && runs[n].Version == v {
			runs[n].Extent.Blocks++
			continue
		}
		runs = append(runs, block.Run{Extent: block.Extent{Start: a, Blocks: 1}, Version: v})
	}
	return runs
}
