package sim

// heap is a 4-ary heap of events, the next one first.
type heap []entry

func (h *heap) push(e *entry) {
	q := append(*h, *e)
	*h = q
	i := len(q) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !e.before(&q[p]) {
			break
		}
		q[i] = q[p]
		i = p
	}
	q[i] = *e
}

// pop takes the next event. Its place is not cleared: handlers live as long as
// the kernel.
func (h *heap) pop(e *entry) {
	q := *h
	*e = q[0]
	last := q[len(q)-1]
	*h = q[:len(q)-1]
	if len(*h) > 0 {
		h.down(0, last)
	}
}

// down lets e sink from place i.
func (h *heap) down(i int, e entry) {
	q := *h
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(q)); c++ {
			if q[c].before(&q[least]) {
				least = c
			}
		}
		if !q[least].before(&e) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = e
}

// cancel is that of queue.
func (h *heap) cancel(to Handler, one *Event) {
	kept := (*h)[:0]
	for _, e := range *h {
		if !e.isOf(to, one) {
			kept = append(kept, e)
		}
	}
	*h = kept
	for i := (len(kept) - 2) / 4; i >= 0 && len(kept) > 1; i-- {
		h.down(i, kept[i])
	}
}
