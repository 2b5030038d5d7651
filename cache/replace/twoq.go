package replace

// twoQ lets an entry come in through a short FIFO queue, and only what is wanted
// again after it has left that queue goes to the main one, an LRU list. A hit in
// the short queue does nothing: it is taken for the same burst of use.
type twoQ struct {
	links    links
	keys     []uint64
	main     marks // 1: in the main queue
	in, am   list
	out      ghosts // of what left the short queue
	limitIn  int
	limitOut int
	recalled bool // the key of the last Miss is one of them
}

// Johnson & Shasha (VLDB'94, §3) found a quarter of the pages for A1in, and keys
// of half the pages in A1out, to do well.
const (
	twoQIn  = 4
	twoQOut = 2
)

func newTwoQ(capacity int) *twoQ {
	q := &twoQ{limitIn: capacity / twoQIn, limitOut: capacity / twoQOut}
	q.out = newGhosts(q.limitOut + 1)
	return q
}

func (p *twoQ) Miss(key uint64) {
	slot := p.out.table.get(key)
	if p.recalled = slot != 0; p.recalled {
		p.out.remove(slot)
	}
}

func (p *twoQ) Insert(slot uint32, key uint64) {
	p.links.reach(slot)
	p.main.reach(slot)
	p.keys = keep(p.keys, slot, key)
	if p.recalled {
		p.main[slot] = 1
		p.links.push(&p.am, slot)
	} else {
		p.main[slot] = 0
		p.links.push(&p.in, slot)
	}
	p.recalled = false
}

func (p *twoQ) Touch(slot uint32) {
	if p.main[slot] != 0 {
		p.links.renew(&p.am, slot)
	}
}

func (p *twoQ) Remove(slot uint32) {
	if p.main[slot] != 0 {
		p.links.remove(&p.am, slot)
	} else {
		p.links.remove(&p.in, slot)
	}
}

func (p *twoQ) Evict() uint32 {
	slot := p.am.tail
	if p.in.count > p.limitIn || slot == 0 {
		if slot = p.in.tail; slot == 0 {
			return 0
		}
		p.out.push(0, p.keys[slot])
		if p.out.queues[0].count > p.limitOut {
			p.out.drop(0)
		}
	}
	p.Remove(slot)
	return slot
}

func (p *twoQ) Slots(dst []uint32) []uint32 {
	return p.links.appendTo(p.links.appendTo(dst, &p.in), &p.am)
}

// keep notes the key of a slot.
func keep(keys []uint64, slot uint32, key uint64) []uint64 {
	for int(slot) >= len(keys) {
		keys = append(keys, 0)
	}
	keys[slot] = key
	return keys
}
