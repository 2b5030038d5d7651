package replace

// s3fifo lets entries come in through a small FIFO queue. What was used there
// more than once goes on to the main queue, the rest leaves and becomes a ghost;
// what is wanted again while it is a ghost goes straight to the main queue, a
// FIFO in which what was used goes round again (Yang et al., SOSP'23,
// algorithm 1).
type s3fifo struct {
	links      links
	keys       []uint64
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
	p.links.reach(slot)
	p.state.reach(slot)
	p.keys = keep(p.keys, slot, key)
	if p.recalled {
		p.state[slot] = inMain
		p.links.push(&p.big, slot)
	} else {
		p.state[slot] = 0
		p.links.push(&p.small, slot)
	}
	p.recalled = false
}

func (p *s3fifo) Touch(slot uint32) {
	if p.state[slot]&maxUses != maxUses {
		p.state[slot]++
	}
}

func (p *s3fifo) Remove(slot uint32) {
	if p.state[slot]&inMain != 0 {
		p.links.remove(&p.big, slot)
	} else {
		p.links.remove(&p.small, slot)
	}
}

// Evict looks at an entry of the small queue once, and at one of the main queue
// once for each use at most.
func (p *s3fifo) Evict() uint32 {
	if p.small.count >= p.limitSmall || p.big.count == 0 {
		if slot := p.evictSmall(); slot != 0 {
			return slot
		}
	}
	for p.big.tail != 0 {
		slot := p.big.tail
		p.links.remove(&p.big, slot)
		if p.state[slot] == inMain {
			return slot
		}
		p.state[slot]--
		p.links.push(&p.big, slot)
	}
	return p.evictSmall()
}

// evictSmall is 0 if everything in the small queue went on to the main one.
func (p *s3fifo) evictSmall() uint32 {
	for p.small.tail != 0 {
		slot := p.small.tail
		p.links.remove(&p.small, slot)
		if p.state[slot] <= 1 {
			p.ghosts.push(0, p.keys[slot])
			if p.ghosts.queues[0].count > p.limitGhost {
				p.ghosts.drop(0)
			}
			return slot
		}
		p.state[slot] = inMain
		p.links.push(&p.big, slot)
	}
	return 0
}

func (p *s3fifo) Slots(dst []uint32) []uint32 {
	return p.links.appendTo(p.links.appendTo(dst, &p.small), &p.big)
}
