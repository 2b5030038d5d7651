package replace

// clock keeps the entries in a ring. The hand passes over those used since it
// last came by, and clears their mark; a new entry comes in right behind it,
// not marked.
type clock struct {
	ring links
	used marks
	hand uint32 // the next to be looked at; 0 if the ring is empty
}

func (p *clock) Miss(uint64) {}

func (p *clock) Insert(slot uint32, _ uint64) {
	p.ring.reach(slot)
	p.used.reach(slot)
	p.used[slot] = 0
	if p.hand == 0 {
		p.ring[slot] = link{slot, slot}
		p.hand = slot
		return
	}
	last := p.ring[p.hand].prev
	p.ring[slot] = link{last, p.hand}
	p.ring[last].next = slot
	p.ring[p.hand].prev = slot
}

func (p *clock) Touch(slot uint32) { p.used[slot] = 1 }

func (p *clock) Remove(slot uint32) {
	at := p.ring[slot]
	if at.next == slot {
		p.hand = 0
		return
	}
	p.ring[at.prev].next = at.next
	p.ring[at.next].prev = at.prev
	if p.hand == slot {
		p.hand = at.next
	}
}

// Evict goes round once and one step at most.
func (p *clock) Evict() uint32 {
	if p.hand == 0 {
		return 0
	}
	for p.used[p.hand] != 0 {
		p.used[p.hand] = 0
		p.hand = p.ring[p.hand].next
	}
	slot := p.hand
	p.Remove(slot)
	return slot
}

func (p *clock) Slots(dst []uint32) []uint32 {
	if p.hand == 0 {
		return dst
	}
	dst = append(dst, p.hand)
	for i := p.ring[p.hand].next; i != p.hand; i = p.ring[i].next {
		dst = append(dst, i)
	}
	return dst
}
