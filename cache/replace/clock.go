package replace

// clock keeps the entries in a ring. The hand passes over those used since it
// last came by, and clears their mark; a new entry comes in right behind it,
// not marked.
type clock struct {
	ring  links
	used  marks
	sizes sizes
	hand  uint32 // the next to be looked at; 0 if the ring is empty
}

func (p *clock) Miss(uint64) {}

func (p *clock) Insert(slot uint32, key uint64) { p.Admit(slot, key, 1) }

func (p *clock) Admit(slot uint32, _ uint64, n int) int {
	p.reach(slot)
	p.sizes.set(slot, n)
	p.used[slot] = 0
	if p.hand == 0 {
		p.ring[slot] = link{slot, slot}
		p.hand = slot
		return n
	}
	p.insertBefore(p.hand, slot)
	return n
}

func (p *clock) Split(slot, rest uint32, n int) {
	p.reach(rest)
	p.sizes.split(slot, rest, n)
	p.used[rest] = p.used[slot]
	p.insertBefore(p.ring[slot].next, rest)
}

func (p *clock) reach(slot uint32) {
	p.ring.reach(slot)
	p.used.reach(slot)
}

// insertBefore puts slot into the ring where the hand meets it right before next.
func (p *clock) insertBefore(next, slot uint32) {
	last := p.ring[next].prev
	p.ring[slot] = link{last, next}
	p.ring[last].next = slot
	p.ring[next].prev = slot
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
func (p *clock) Evict(n int) (slot uint32, taken int) {
	if p.hand == 0 {
		return 0, 0
	}
	for p.used[p.hand] != 0 {
		p.used[p.hand] = 0
		p.hand = p.ring[p.hand].next
	}
	slot = p.hand
	taken, last := p.sizes.take(slot, n)
	if last {
		p.Remove(slot)
	}
	return slot, taken
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
