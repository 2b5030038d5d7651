package cache

// list is a chain of slots of a slab; slot 0 is nobody. Its links lie outside,
// in a slice that all lists of the same kind share.
type list struct{ head, tail uint32 }

// links holds the neighbours of each slot. A slot is in at most one list of a
// kind at a time.
type links []link

type link struct{ prev, next uint32 }

func (n links) pushBack(l *list, i uint32) {
	if n[i] = (link{prev: l.tail}); l.tail != 0 {
		n[l.tail].next = i
	} else {
		l.head = i
	}
	l.tail = i
}

// insertAfter puts i behind at, or in front of all if at is 0.
func (n links) insertAfter(l *list, at, i uint32) {
	next := l.head
	if at != 0 {
		next = n[at].next
		n[at].next = i
	} else {
		l.head = i
	}
	n[i].prev, n[i].next = at, next
	if next != 0 {
		n[next].prev = i
	} else {
		l.tail = i
	}
}

func (n links) remove(l *list, i uint32) {
	prev, next := n[i].prev, n[i].next
	if prev != 0 {
		n[prev].next = next
	} else {
		l.head = next
	}
	if next != 0 {
		n[next].prev = prev
	} else {
		l.tail = prev
	}
}
