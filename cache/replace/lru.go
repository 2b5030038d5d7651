package replace

// lru evicts what has not been used for longest.
type lru struct {
	links links
	all   list
}

func (p *lru) Miss(uint64) {}

func (p *lru) Insert(slot uint32, _ uint64) {
	p.links.reach(slot)
	p.links.push(&p.all, slot)
}

func (p *lru) Touch(slot uint32) { p.links.renew(&p.all, slot) }

func (p *lru) Remove(slot uint32) { p.links.remove(&p.all, slot) }

func (p *lru) Evict() uint32 {
	slot := p.all.tail
	if slot != 0 {
		p.links.remove(&p.all, slot)
	}
	return slot
}

func (p *lru) Slots(dst []uint32) []uint32 { return p.links.appendTo(dst, &p.all) }
