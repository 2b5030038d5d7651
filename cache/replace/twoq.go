package replace

// twoQ lets an entry come in through a short FIFO queue, and only what is wanted
// again after it has left that queue goes to the main one, an LRU list. A hit in
// the short queue does nothing: it is taken for the same burst of use.
type twoQ struct {
	links    links
	keys     []uint64 // the first of each slot
	sizes    sizes
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
	p.place(slot, key, 1)
	if p.recalled {
		p.main[slot] = 1
		p.links.push(&p.am, slot, 1)
	} else {
		p.main[slot] = 0
		p.links.push(&p.in, slot, 1)
	}
	p.recalled = false
}

// place notes what is in a slot.
func (p *twoQ) place(slot uint32, key uint64, n int) {
	p.links.reach(slot)
	p.main.reach(slot)
	p.sizes.set(slot, n)
	p.keys = keep(p.keys, slot, key)
}

// Admit makes a run of keys that are all new.
func (p *twoQ) Admit(slot uint32, key uint64, n int) (taken int) {
	p.Miss(key)
	p.Insert(slot, key)
	if p.main[slot] != 0 {
		return 1
	}
	for taken = 1; taken < n && !p.out.has(key+uint64(taken)); taken++ {
	}
	p.sizes.set(slot, taken)
	p.in.count += taken - 1
	return taken
}

func (p *twoQ) Split(slot, rest uint32, n int) {
	p.place(rest, p.keys[slot]+uint64(n), 0)
	p.sizes.split(slot, rest, n)
	if p.main[rest] = p.main[slot]; p.main[slot] != 0 {
		p.links.pushAfter(&p.am, slot, rest)
	} else {
		p.links.pushAfter(&p.in, slot, rest)
	}
}

func (p *twoQ) Touch(slot uint32) {
	if p.main[slot] != 0 {
		p.links.renew(&p.am, slot)
	}
}

func (p *twoQ) Remove(slot uint32) {
	if n := p.sizes.of(slot); p.main[slot] != 0 {
		p.links.remove(&p.am, slot, n)
	} else {
		p.links.remove(&p.in, slot, n)
	}
}

// Evict takes one key, because the next may come from the other queue.
func (p *twoQ) Evict(int) (slot uint32, taken int) {
	slot, from := p.am.tail, &p.am
	if p.in.count > p.limitIn || slot == 0 {
		if slot, from = p.in.tail, &p.in; slot == 0 {
			return 0, 0
		}
		p.out.push(0, p.keys[slot])
		if p.out.queues[0].count > p.limitOut {
			p.out.drop(0)
		}
	}
	p.keys[slot]++
	from.count--
	if _, last := p.sizes.take(slot, 1); last {
		p.links.remove(from, slot, 0)
	}
	return slot, 1
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
