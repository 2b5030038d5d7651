package replace

// lru evicts what has not been used for longest.
type lru struct {
	links links
	sizes sizes
	all   list
}

func (p *lru) Miss(uint64) {}

func (p *lru) Insert(slot uint32, key uint64) { p.Admit(slot, key, 1) }

func (p *lru) Admit(slot uint32, _ uint64, n int) int {
	if int(slot) >= len(p.links) {
		p.links.reach(slot)
		p.sizes.reach(slot)
	}
	p.sizes.marks[slot] = uint8(n)
	p.links.push(&p.all, slot, n)
	return n
}

func (p *lru) Split(slot, rest uint32, n int) {
	p.links.reach(rest)
	p.sizes.split(slot, rest, n)
	p.links.pushAfter(&p.all, slot, rest)
}

func (p *lru) Touch(slot uint32) { p.links.renew(&p.all, slot) }

func (p *lru) Remove(slot uint32) { p.links.remove(&p.all, slot, p.sizes.of(slot)) }

func (p *lru) Evict(n int) (slot uint32, taken int) {
	if slot = p.all.tail; slot == 0 {
		return 0, 0
	}
	taken, last := p.sizes.take(slot, n)
	p.all.count -= taken
	if last {
		p.links.remove(&p.all, slot, 0)
	}
	return slot, taken
}

func (p *lru) Slots(dst []uint32) []uint32 { return p.links.appendTo(dst, &p.all) }
