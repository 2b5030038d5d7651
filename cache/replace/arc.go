package replace

// arc keeps what was used once (T1) apart from what was used again (T2), with
// ghosts of either (B1, B2), and moves the target size of T1 by where the ghosts
// are hit. It follows the pseudo-code of Megiddo & Modha (FAST'03, figure 4).
type arc struct {
	links    links
	keys     []uint64 // the first of each slot
	sizes    sizes
	again    marks // 1: in T2
	t1, t2   list
	ghosts   ghosts // B1, B2
	capacity int
	target   uint64 // p of the paper, in 2^-32 of an entry
	came     incoming
}

// incoming is what the last Miss found.
type incoming uint8

const (
	isNew   incoming = iota
	fillsT1          // new, and T1 is the whole cache: what gives way leaves no ghost
	fromB1
	fromB2
)

const (
	b1, b2    = 0, 1
	arcDigits = 32 // of the target, below the point: the step that it takes is a ratio
)

func newARC(capacity int) *arc {
	return &arc{capacity: capacity, ghosts: newGhosts(2*capacity + 1)}
}

// Miss is cases II, III and IV, up to REPLACE.
func (p *arc) Miss(key uint64) {
	n1, n2 := p.ghosts.queues[b1].count, p.ghosts.queues[b2].count
	if slot := p.ghosts.table.get(key); slot != 0 {
		if p.ghosts.side[slot] == b1 {
			p.came = fromB1
			p.target = min(p.target+step(n2, n1), uint64(p.capacity)<<arcDigits)
		} else {
			p.came = fromB2
			p.target -= min(p.target, step(n1, n2))
		}
		p.ghosts.remove(slot)
		return
	}
	p.came = isNew
	switch {
	case p.t1.count+n1 >= p.capacity && n1 > 0:
		p.ghosts.drop(b1)
	case p.t1.count+n1 >= p.capacity:
		p.came = fillsT1
	case p.t1.count+n1+p.t2.count+n2 >= 2*p.capacity:
		p.ghosts.drop(b2)
	}
}

// step is how far the target moves: the ratio of the other queue of ghosts to
// the one that was hit, and at least one entry.
func step(other, hit int) uint64 { return max(1<<arcDigits, uint64(other)<<arcDigits/uint64(hit)) }

func (p *arc) Insert(slot uint32, key uint64) {
	p.place(slot, key, 1)
	if p.came == fromB1 || p.came == fromB2 {
		p.again[slot] = 1
		p.links.push(&p.t2, slot, 1)
	} else {
		p.again[slot] = 0
		p.links.push(&p.t1, slot, 1)
	}
	p.came = isNew
}

// place notes what is in a slot.
func (p *arc) place(slot uint32, key uint64, n int) {
	p.links.reach(slot)
	p.again.reach(slot)
	p.sizes.set(slot, n)
	p.keys = keep(p.keys, slot, key)
}

// Admit makes a run of keys that are all new.
func (p *arc) Admit(slot uint32, key uint64, n int) (taken int) {
	p.Miss(key)
	p.Insert(slot, key)
	if p.again[slot] != 0 {
		return 1
	}
	for taken = 1; taken < n && !p.ghosts.has(key+uint64(taken)); taken++ {
		p.Miss(key + uint64(taken))
		p.t1.count++
	}
	p.came = isNew
	p.sizes.set(slot, taken)
	return taken
}

func (p *arc) Split(slot, rest uint32, n int) {
	p.place(rest, p.keys[slot]+uint64(n), 0)
	p.sizes.split(slot, rest, n)
	if p.again[rest] = p.again[slot]; p.again[slot] != 0 {
		p.links.pushAfter(&p.t2, slot, rest)
	} else {
		p.links.pushAfter(&p.t1, slot, rest)
	}
}

func (p *arc) Touch(slot uint32) {
	if p.again[slot] != 0 {
		p.links.renew(&p.t2, slot)
		return
	}
	n := p.sizes.of(slot)
	p.links.remove(&p.t1, slot, n)
	p.again[slot] = 1
	p.links.push(&p.t2, slot, n)
}

func (p *arc) Remove(slot uint32) {
	if n := p.sizes.of(slot); p.again[slot] != 0 {
		p.links.remove(&p.t2, slot, n)
	} else {
		p.links.remove(&p.t1, slot, n)
	}
}

// Evict is REPLACE. It takes one key, because the next may come from the other
// queue.
func (p *arc) Evict(int) (slot uint32, taken int) {
	size := uint64(p.t1.count) << arcDigits
	slot, from, side := p.t2.tail, &p.t2, uint8(b2)
	if p.t1.count > 0 && (size > p.target || size == p.target && p.came == fromB2) || slot == 0 {
		if slot, from, side = p.t1.tail, &p.t1, b1; slot == 0 {
			return 0, 0
		}
	}
	if p.came != fillsT1 {
		p.ghosts.push(side, p.keys[slot])
	}
	p.keys[slot]++
	from.count--
	if _, last := p.sizes.take(slot, 1); last {
		p.links.remove(from, slot, 0)
	}
	return slot, 1
}

func (p *arc) Slots(dst []uint32) []uint32 {
	return p.links.appendTo(p.links.appendTo(dst, &p.t1), &p.t2)
}
