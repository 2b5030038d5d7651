package raid

import "tbraid/internal/block"

// Agrees tells whether the blocks that the members hold at one address of a
// stripe, by member, agree: P and Q are those of the data, copies are equal. A
// level without redundancy always agrees.
func (l *Layout) Agrees(stripe uint64, held []block.Tag) bool {
	var p, q block.Tag
	for slot := range l.data {
		first := l.member(stripe, slot)
		for n := range l.copies {
			if held[first+n] != held[first] {
				return false
			}
		}
		p ^= held[first]
		q ^= multiply(power(slot), held[first])
	}
	return (l.parities < 1 || held[l.member(stripe, l.data)] == p) &&
		(l.parities < 2 || held[l.member(stripe, l.data+1)] == q)
}

// Syndrome is by how much the redundancy of one row differs from what its data
// ask for: of P at 0, of Q at 1; of mirrors, by member, how far it is from the
// first copy. It is zero if and only if Agrees.
type Syndrome [maxMembers]block.Tag

// Disturb adds to a syndrome what a change of one member's block does to it;
// change is the XOR of the old and the new tag. Syndromes are linear, so the
// others of the row need not be known.
func (l *Layout) Disturb(s *Syndrome, stripe uint64, member int, change block.Tag) {
	if l.parities == 0 {
		if member%l.copies > 0 {
			s[member] ^= change
			return
		}
		for n := 1; n < l.copies; n++ {
			s[member+n] ^= change
		}
		return
	}
	slot := (member - l.member(stripe, 0) + l.members) % l.members
	switch l.role(slot, 0) {
	case P:
		s[0] ^= change
	case Q:
		s[1] ^= change
	default:
		s[0] ^= change
		if l.parities == 2 {
			s[1] ^= multiply(power(slot), change)
		}
	}
}
