package replace

// sieve keeps the entries in the order in which they came. The hand goes from
// the oldest to the newest, clears the marks of those used, evicts the first
// that was not, and stays there; at the newest it begins again.
type sieve struct {
	links links
	used  marks
	all   list
	hand  uint32 // where the next search begins; 0 is the oldest
}

func (p *sieve) Miss(uint64) {}

func (p *sieve) Insert(slot uint32, _ uint64) {
	p.links.reach(slot)
	p.used.reach(slot)
	p.used[slot] = 0
	p.links.push(&p.all, slot)
}

func (p *sieve) Touch(slot uint32) { p.used[slot] = 1 }

func (p *sieve) Remove(slot uint32) {
	if p.hand == slot {
		p.hand = p.links[slot].prev
	}
	p.links.remove(&p.all, slot)
}

// Evict goes round once and one step at most.
func (p *sieve) Evict() uint32 {
	slot := p.hand
	if slot == 0 {
		slot = p.all.tail
	}
	for slot != 0 && p.used[slot] != 0 {
		p.used[slot] = 0
		if slot = p.links[slot].prev; slot == 0 {
			slot = p.all.tail
		}
	}
	if slot != 0 {
		p.hand = slot
		p.Remove(slot)
	}
	return slot
}

func (p *sieve) Slots(dst []uint32) []uint32 { return p.links.appendTo(dst, &p.all) }
