package replace

// list is a chain of slots; slot 0 is nobody. What comes in goes to the head.
type list struct {
	head, tail uint32
	count      int // of keys
}

// links holds the neighbours of each slot. A slot is in at most one list.
type links []link

type link struct{ prev, next uint32 }

// reach makes slot i one of the slab.
func (n *links) reach(i uint32) {
	for int(i) >= len(*n) {
		*n = append(*n, link{})
	}
}

// push puts i, with so many keys, at the head.
func (n links) push(l *list, i uint32, keys int) {
	n[i] = link{next: l.head}
	if l.head != 0 {
		n[l.head].prev = i
	} else {
		l.tail = i
	}
	l.head = i
	l.count += keys
}

// pushAfter puts rest on the head's side of i, which has its keys already.
func (n links) pushAfter(l *list, i, rest uint32) {
	newer := n[i].prev
	n[rest] = link{newer, i}
	n[i].prev = rest
	if newer != 0 {
		n[newer].next = rest
	} else {
		l.head = rest
	}
}

func (n links) remove(l *list, i uint32, keys int) {
	at := n[i]
	if at.prev != 0 {
		n[at.prev].next = at.next
	} else {
		l.head = at.next
	}
	if at.next != 0 {
		n[at.next].prev = at.prev
	} else {
		l.tail = at.prev
	}
	l.count -= keys
}

// renew moves i to the head.
func (n links) renew(l *list, i uint32) {
	if l.head == i {
		return
	}
	at := n[i]
	n[at.prev].next = at.next // it has one, or it would be the head
	if at.next != 0 {
		n[at.next].prev = at.prev
	} else {
		l.tail = at.prev
	}
	n[l.head].prev = i
	n[i] = link{next: l.head}
	l.head = i
}

// appendTo appends the slots of l from the tail.
func (n links) appendTo(dst []uint32, l *list) []uint32 {
	for i := l.tail; i != 0; i = n[i].prev {
		dst = append(dst, i)
	}
	return dst
}

// sizes holds the number of keys in each slot.
type sizes struct{ marks }

func (s sizes) of(i uint32) int { return int(s.marks[i]) }

// set makes slot i, which may be beyond the slab, one of n keys.
func (s *sizes) set(i uint32, n int) {
	s.reach(i)
	s.marks[i] = uint8(n)
}

// split moves all but n keys of a slot to rest.
func (s *sizes) split(i, rest uint32, n int) {
	s.set(rest, s.of(i)-n)
	s.marks[i] = uint8(n)
}

// take takes up to n keys off slot i, and tells how many, and whether they were
// the last.
func (s *sizes) take(i uint32, n int) (taken int, last bool) {
	taken = min(n, s.of(i))
	s.marks[i] -= uint8(taken)
	return taken, s.marks[i] == 0
}

// marks holds a byte for each slot.
type marks []uint8

func (m *marks) reach(i uint32) {
	for int(i) >= len(*m) {
		*m = append(*m, 0)
	}
}
