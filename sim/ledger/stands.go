package ledger

import (
	"iter"
	"slices"

	"tbraid/internal/block"
)

// stands keeps how every block stands. A block of which all was forgotten has no more
// than a mark. The others share a standing, most often with all blocks of their
// WRITE: so a fact about these changes one standing where it is, and the map from
// address to standing changes twice in the life of a WRITE, when it is issued and
// when it is forgotten.
type stands struct {
	runs   block.Map[ref]
	pages  []*[sharesPerPage]share
	made   int   // shares, on all pages
	spare  []ref // of shares that no block has
	looked []block.Value[ref]
}

// share is a standing, and how many blocks have it.
type share struct {
	standing
	blocks uint64
}

// ref tells how the blocks of a run stand: below firstShare by a mark, from there on
// by the number of a share. 0 is the mark of blocks that were never written.
type ref uint32

const (
	firstShare ref = 8

	sharesPerPage = 256
)

// firmBit in a mark says that the block is firm; the rest is its settlement.
const firmBit ref = 4

// mark is what is kept of a standing of which nothing has to be kept but its
// settlement and whether it is firm.
func (s *standing) mark() (r ref, ok bool) {
	if s.issued|s.acked|s.claim|s.held|s.medium|s.first != 0 || s.flush|s.asked != 0 || s.at != 0 || s.dirty || s.saved {
		return 0, false
	}
	if r = ref(s.settled); s.firm {
		r |= firmBit
	}
	return r, r != firmBit
}

// marked are the standings of the marks.
var marked = func() (all [firstShare]standing) {
	for r := range all {
		all[r] = standing{settled: settlement(ref(r) &^ firmBit), firm: ref(r)&firmBit != 0}
	}
	return all
}()

// stretch is a run of blocks that stand alike.
type stretch struct {
	Extent block.Extent
	Value  standing
	ref    ref
}

// home is where it is kept how the blocks of an extent stand, which stand alike. It is
// good until blocks anywhere get another home.
type home struct {
	spot block.Spot[ref]
	ref  ref
}

// find is the home of the blocks of e, if they stand alike.
func (t *stands) find(e block.Extent) (h home, one bool) {
	h.spot, h.ref, one = t.runs.Find(e)
	return h, one
}

// at is how the block at a stands.
func (t *stands) at(a block.LBA) standing { return *t.of(t.runs.At(a)) }

// of is the standing that a ref tells of, until there are other shares.
func (t *stands) of(r ref) *standing {
	if r < firstShare {
		return &marked[r]
	}
	return &t.share(r).standing
}

func (t *stands) share(r ref) *share {
	i := r - firstShare
	return &t.pages[i/sharesPerPage][i%sharesPerPage]
}

// append appends how the blocks of e stand, in order and without gaps.
func (t *stands) append(dst []stretch, e block.Extent) []stretch {
	t.looked = t.runs.Append(t.looked[:0], e)
	return t.told(dst)
}

// known appends how all blocks stand that a program has written, in order.
func (t *stands) known(dst []stretch) []stretch {
	t.looked = t.runs.All(t.looked[:0])
	return t.told(dst)
}

func (t *stands) told(dst []stretch) []stretch {
	dst = slices.Grow(dst, len(t.looked))
	for _, p := range t.looked {
		dst = append(dst, stretch{p.Extent, *t.of(p.Value), p.Value})
	}
	return dst
}

// unsettled is how all blocks stand of which not everything was forgotten, in order.
// The loop may change how those blocks stand that it has been given.
func (t *stands) unsettled() iter.Seq[stretch] {
	return func(yield func(stretch) bool) {
		for p, ok := t.runs.Next(0); ok; p, ok = t.runs.Next(p.Extent.End()) {
			if p.Value >= firstShare && !yield(stretch{p.Extent, *t.of(p.Value), p.Value}) {
				return
			}
		}
	}
}

// set enters that the blocks of e, which stood as was tells, stand as s from now on.
func (t *stands) set(e block.Extent, was ref, s *standing, w *records) {
	if r := t.enter(was, e.Blocks, s, w); r != was {
		t.runs.Set(e, r)
		t.leave(was, e.Blocks, w)
	}
}

// setAt is set for blocks whose home is known; it returns what tells how they stand.
func (t *stands) setAt(h home, e block.Extent, s *standing, w *records) ref {
	r := t.enter(h.ref, e.Blocks, s, w)
	if r != h.ref {
		t.runs.Put(h.spot, e, r)
		t.leave(h.ref, e.Blocks, w)
	}
	return r
}

// setAll is set for the blocks of e, of which parts are what stood alike so far.
func (t *stands) setAll(e block.Extent, parts []stretch, s *standing, w *records) {
	r, marked := s.mark()
	if !marked {
		r = t.take(s, e.Blocks, w)
	}
	t.runs.Set(e, r)
	for i := range parts {
		t.leave(parts[i].ref, parts[i].Extent.Blocks, w)
	}
}

// enter tells of blocks that stood as was tells how they stand now. If they are all
// that have their share, and need one, they keep it.
func (t *stands) enter(was ref, blocks uint64, s *standing, w *records) ref {
	if r, marked := s.mark(); marked {
		return r
	}
	if was >= firstShare {
		if h := t.share(was); h.blocks == blocks {
			if h.issued != s.issued {
				w.move(h.issued, s.issued)
			}
			if h.acked != s.acked {
				w.move(h.acked, s.acked)
			}
			if h.claim != s.claim {
				w.move(h.claim, s.claim)
			}
			h.standing = *s
			return was
		}
	}
	return t.take(s, blocks, w)
}

// take is a share for so many blocks.
func (t *stands) take(s *standing, blocks uint64, w *records) ref {
	w.hold(s.issued)
	w.hold(s.acked)
	w.hold(s.claim)
	var r ref
	if n := len(t.spare); n > 0 {
		r, t.spare = t.spare[n-1], t.spare[:n-1]
	} else {
		if t.made%sharesPerPage == 0 {
			t.pages = append(t.pages, new([sharesPerPage]share))
		}
		r = firstShare + ref(t.made)
		t.made++
	}
	h := t.share(r)
	h.standing, h.blocks = *s, blocks
	return r
}

// leave tells that so many blocks have the share of r no more.
func (t *stands) leave(r ref, blocks uint64, w *records) {
	if r < firstShare {
		return
	}
	h := t.share(r)
	if h.blocks -= blocks; h.blocks == 0 {
		w.release(h.issued)
		w.release(h.acked)
		w.release(h.claim)
		t.spare = append(t.spare, r)
	}
}
