package replace

// sieve keeps the entries in the order in which they came. The hand goes from
// the oldest to the newest, clears the marks of those used, evicts the first
// that was not, and stays there; at the newest it begins again.
type sieve struct {
	links links
	used  marks
	sizes sizes
	all   list
	hand  uint32 // where the next search begins; 0 is the oldest
}

func (p *sieve) Miss(uint64) {}

func (p *sieve) Insert(slot uint32, key uint64) { p.Admit(slot, key, 1) }

func (p *sieve) Admit(slot uint32, _ uint64, n int) int {
	p.links.reach(slot)
	p.used.reach(slot)
	p.sizes.set(slot, n)
	p.used[slot] = 0
	p.links.push(&p.all, slot, n)
	return n
}

func (p *sieve) Split(slot, rest uint32, n int) {
	p.links.reach(rest)
	p.used.reach(rest)
	p.sizes.split(slot, rest, n)
	p.used[rest] = p.used[slot]
	p.links.pushAfter(&p.all, slot, rest)
}

func (p *sieve) Touch(slot uint32) { p.used[slot] = 1 }

func (p *sieve) Remove(slot uint32) {
	if p.hand == slot {
		p.hand = p.links[slot].prev
	}
	p.links.remove(&p.all, slot, p.sizes.of(slot))
}

// Evict goes round once and one step at most.
func (p *sieve) Evict(n int) (slot uint32, taken int) {
	if slot = p.hand; slot == 0 {
		slot = p.all.tail
	}
	for slot != 0 && p.used[slot] != 0 {
		p.used[slot] = 0
		if slot = p.links[slot].prev; slot == 0 {
			slot = p.all.tail
		}
	}
	if slot == 0 {
		return 0, 0
	}
	p.hand = slot
	taken, last := p.sizes.take(slot, n)
	p.all.count -= taken
	if last {
		p.Remove(slot)
	}
	return slot, taken
}

func (p *sieve) Slots(dst []uint32) []uint32 { return p.links.appendTo(dst, &p.all) }
