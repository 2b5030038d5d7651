package sim

import (
	"math/bits"
	"slices"
)

// radix is a 64-ary monotone radix queue.
type radix struct {
	n     int
	base  Time
	full  uint16 // levels that hold something
	masks [11]uint64
	slots [11][64]chain
	nodes []node
	free  int32
}

type chain struct{ head, tail int32 } // 1+node
type node struct {
	e    entry
	next int32
}

func (r *radix) len() int { return r.n }

func (r *radix) place(i int32, at Time) {
	level, slot := 0, int(at&63)
	if d := uint64(at ^ r.base); d > 63 {
		level = (63 - bits.LeadingZeros64(d)) / 6
		slot = int(at>>(6*level)) & 63
	}
	c := &r.slots[level][slot]
	r.nodes[i-1].next = 0
	if c.head == 0 {
		c.head = i
		r.masks[level] |= 1 << slot
		r.full |= 1 << level
	} else {
		r.nodes[c.tail-1].next = i
	}
	c.tail = i
}

func (r *radix) push(e entry) {
	i := r.free
	if i == 0 {
		r.nodes = append(r.nodes, node{})
		i = int32(len(r.nodes))
	} else {
		r.free = r.nodes[i-1].next
	}
	r.nodes[i-1].e = e
	r.place(i, e.At)
	r.n++
}

func (r *radix) next() Time {
	if r.n == 0 {
		return Never
	}
	level := bits.TrailingZeros16(r.full)
	slot := bits.TrailingZeros64(r.masks[level])
	if level == 0 {
		return r.base&^63 | Time(slot)
	}
	at := Never
	for i := r.slots[level][slot].head; i != 0; i = r.nodes[i-1].next {
		at = min(at, r.nodes[i-1].e.At)
	}
	return at
}

func (r *radix) pop() entry {
	level := bits.TrailingZeros16(r.full)
	slot := bits.TrailingZeros64(r.masks[level])
	if level > 0 {
		at := r.next()
		c := r.slots[level][slot]
		r.clear(level, slot)
		r.base = at
		for i := c.head; i != 0; {
			n := r.nodes[i-1].next
			r.place(i, r.nodes[i-1].e.At)
			i = n
		}
		level, slot = 0, int(at&63)
	}
	c := &r.slots[0][slot]
	i := c.head
	n := &r.nodes[i-1]
	e := n.e
	if c.head = n.next; c.head == 0 {
		r.clear(0, slot)
	}
	n.next, r.free = r.free, i
	r.base = e.At
	r.n--
	return e
}

func (r *radix) clear(level, slot int) {
	r.slots[level][slot] = chain{}
	if r.masks[level] &^= 1 << slot; r.masks[level] == 0 {
		r.full &^= 1 << level
	}
}

func (r *radix) cancel(to Handler) {
	var kept []entry
	for l := range r.slots {
		for s := range r.slots[l] {
			for i := r.slots[l][s].head; i != 0; i = r.nodes[i-1].next {
				if e := r.nodes[i-1].e; e.to != to {
					kept = append(kept, e)
				}
			}
		}
	}
	slices.SortFunc(kept, order)
	*r = radix{base: r.base}
	for _, e := range kept {
		r.push(e)
	}
}
