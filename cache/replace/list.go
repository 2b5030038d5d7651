package replace

// list is a chain of slots; slot 0 is nobody. What comes in goes to the head.
type list struct {
	head, tail uint32
	count      int
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

func (n links) push(l *list, i uint32) {
	n[i] = link{next: l.head}
	if l.head != 0 {
		n[l.head].prev = i
	} else {
		l.tail = i
	}
	l.head = i
	l.count++
}

func (n links) remove(l *list, i uint32) {
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
	l.count--
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

// marks holds a byte for each slot.
type marks []uint8

func (m *marks) reach(i uint32) {
	for int(i) >= len(*m) {
		*m = append(*m, 0)
	}
}
