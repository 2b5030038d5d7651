package replace

// ghosts remembers keys of entries that were evicted, in up to two queues, the
// newest first. The policy bounds them.
type ghosts struct {
	table  table
	links  links
	side   marks // which queue
	queues [2]list
	free   uint32 // slots given back, by next
}

// newGhosts is for at most limit keys.
func newGhosts(limit int) ghosts { return ghosts{table: newTable(limit), links: make(links, 1)} }

// has tells whether key is remembered.
func (g *ghosts) has(key uint64) bool { return g.table.get(key) != 0 }

func (g *ghosts) push(side uint8, key uint64) {
	slot := g.free
	if slot != 0 {
		g.free = g.links[slot].next
	} else {
		slot = uint32(len(g.links))
		g.links.reach(slot)
		g.side.reach(slot)
	}
	g.table.put(key, slot)
	g.side[slot] = side
	g.links.push(&g.queues[side], slot, 1)
}

func (g *ghosts) remove(slot uint32) {
	g.table.remove(slot)
	g.links.remove(&g.queues[g.side[slot]], slot, 1)
	g.links[slot].next = g.free
	g.free = slot
}

// drop forgets the oldest of a queue.
func (g *ghosts) drop(side uint8) { g.remove(g.queues[side].tail) }
