package replace

// s3fifo lets entries come in through a small FIFO queue. What was used there
// more than once goes on to the main queue, the rest leaves and becomes a ghost;
// what is wanted again while it is a ghost goes straight to the main queue, a
// FIFO in which what was used goes round again (Yang et al., SOSP'23,
// algorithm 1).
type s3fifo struct {
	links      links
	keys       []uint64 // the first of each slot
	sizes      sizes
	state      marks // uses, and inMain
	small, big list
	ghosts     ghosts
	limitSmall int
	limitGhost int
	recalled   bool // the key of the last Miss is a ghost
}

const (
	maxUses   = 3    // two bits
	inMain    = 0x80 // beside the uses
	smallPart = 10   // a tenth of the cache (SOSP'23, §4.1), and ghosts of the other nine
)

func newS3FIFO(capacity int) *s3fifo {
	p := &s3fifo{limitSmall: capacity / smallPart}
	p.limitGhost = capacity - p.limitSmall
	p.ghosts = newGhosts(p.limitGhost + 1)
	return p
}

func (p *s3fifo) Miss(key uint64) {
	slot := p.ghosts.table.get(key)
	if p.recalled = slot != 0; p.recalled {
		p.ghosts.remove(slot)
	}
}

func (p *s3fifo) Insert(slot uint32, key uint64) {
	p.place(slot, key, 1)
	if p.recalled {
		p.state[slot] = inMain
		p.links.push(&p.big, slot, 1)
	} else {
		p.state[slot] = 0
		p.links.push(&p.small, slot, 1)
	}
	p.recalled = false
}

// place notes what is in a slot.
func (p *s3fifo) place(slot uint32, key uint64, n int) {
	p.links.reach(slot)
	p.state.reach(slot)
	p.sizes.set(slot, n)
	p.keys = keep(p.keys, slot, key)
}

// Admit makes a run of keys that are all new.
func (p *s3fifo) Admit(slot uint32, key uint64, n int) (taken int) {
	p.Miss(key)
	p.Insert(slot, key)
	if p.state[slot] == inMain {
		return 1
	}
	for taken = 1; taken < n && !p.ghosts.has(key+uint64(taken)); taken++ {
	}
	p.sizes.set(slot, taken)
	p.small.count += taken - 1
	return taken
}

func (p *s3fifo) Split(slot, rest uint32, n int) {
	p.place(rest, p.keys[slot]+uint64(n), 0)
	p.sizes.split(slot, rest, n)
	if p.state[rest] = p.state[slot]; p.state[slot]&inMain != 0 {
		p.links.pushAfter(&p.big, slot, rest)
	} else {
		p.links.pushAfter(&p.small, slot, rest)
	}
}

func (p *s3fifo) Touch(slot uint32) {
	if p.state[slot]&maxUses != maxUses {
		p.state[slot]++
	}
}

func (p *s3fifo) Remove(slot uint32) {
	if n := p.sizes.of(slot); p.state[slot]&inMain != 0 {
		p.links.remove(&p.big, slot, n)
	} else {
		p.links.remove(&p.small, slot, n)
	}
}

// Evict looks at an entry of the small queue once, and at one of the main queue
// once for each use at most. It takes one key, because the next may come from the
// other queue.
func (p *s3fifo) Evict(int) (slot uint32, taken int) {
	if p.small.count >= p.limitSmall || p.big.count == 0 {
		if slot = p.evictSmall(); slot != 0 {
			return slot, 1
		}
	}
	for p.big.tail != 0 {
		slot = p.big.tail
		if p.state[slot] == inMain {
			p.take(&p.big, slot)
			return slot, 1
		}
		p.state[slot]--
		p.links.renew(&p.big, slot)
	}
	if slot = p.evictSmall(); slot == 0 {
		return 0, 0
	}
	return slot, 1
}

// evictSmall is 0 if everything in the small queue went on to the main one.
func (p *s3fifo) evictSmall() uint32 {
	for p.small.tail != 0 {
		slot := p.small.tail
		if p.state[slot] <= 1 {
			p.ghosts.push(0, p.keys[slot])
			if p.ghosts.queues[0].count > p.limitGhost {
				p.ghosts.drop(0)
			}
			p.take(&p.small, slot)
			return slot
		}
		n := p.sizes.of(slot)
		p.links.remove(&p.small, slot, n)
		p.state[slot] = inMain
		p.links.push(&p.big, slot, n)
	}
	return 0
}

// take takes the first key off a slot of q.
func (p *s3fifo) take(q *list, slot uint32) {
	p.keys[slot]++
	q.count--
	if _, last := p.sizes.take(slot, 1); last {
		p.links.remove(q, slot, 0)
	}
}

func (p *s3fifo) Slots(dst []uint32) []uint32 {
	return p.links.appendTo(p.links.appendTo(dst, &p.small), &p.big)
}
