package ledger

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Write is one WRITE as the operating system issued it.
type Write struct {
	Extent  block.Extent
	Payload block.Extent // the part that a program supplied; the rest is fill, read back from the device
	Step    int          // step of the scenario
	Issued  sim.Time
	Ended   sim.Time
	Promise Promise // with the status; Unacknowledged if none came or it was an error
	Failed  bool
	Shirked Cause // the acknowledgement rests on less than it says; NoCause if it is honest

	used, marked bool
}

// acknowledged tells whether GOOD came back.
func (w *Write) acknowledged() bool { return w.Promise != Unacknowledged }

func (w *Write) ended() bool { return w.acknowledged() || w.Failed }

// covers tells whether the write, of version v, wrote e.
func (w *Write) covers(v block.Version, e block.Extent) bool {
	return v == 0 || !w.used || w.Extent.Covers(e)
}

// records holds the writes by version. From time to time those that nothing
// refers to any more are given up, a page at a time, so that memory follows the
// writes that still matter, not all that were.
type records struct {
	pages  []*recordPage // by version / recordsPerPage
	spare  []*recordPage
	count  int // versions handed out
	first  int // pages before this one were given up
	live   int // pages
	limit  int // live pages at which it is time to look
	forget bool
	none   Write
}

// recordsPerPage is a power of two: small, because a page stays as long as one
// of its records does.
const recordsPerPage = 64

type recordPage [recordsPerPage]Write

// fewPages are not worth a look: what they hold is less than a page cache.
const fewPages = 64

// add hands out the next version. Its record is the caller's to fill in.
func (r *records) add() (block.Version, *Write) {
	r.count++
	i := r.count / recordsPerPage
	if i == len(r.pages) {
		r.pages = append(r.pages, r.page())
	}
	w := &r.pages[i][r.count%recordsPerPage]
	*w = Write{used: true}
	return block.Version(r.count), w
}

func (r *records) page() *recordPage {
	r.live++
	if n := len(r.spare); n > 0 {
		p := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return p
	}
	return new(recordPage)
}

// at is the record of v; that of a version that was given up is empty.
func (r *records) at(v block.Version) *Write {
	if i := int(v) / recordsPerPage; i < len(r.pages) && r.pages[i] != nil {
		return &r.pages[i][int(v)%recordsPerPage]
	}
	return &r.none
}

// crowded tells whether it is time to mark what still matters, and sweep.
func (r *records) crowded() bool { return r.forget && r.live >= max(r.limit, fewPages) }

// mark says that the record of v matters.
func (r *records) mark(v block.Version) {
	if i := int(v) / recordsPerPage; v != 0 && i < len(r.pages) && r.pages[i] != nil {
		r.pages[i][int(v)%recordsPerPage].marked = true
	}
}

// sweep gives up the pages of which no record is marked or of a WRITE that has
// not ended.
func (r *records) sweep() {
	for i := r.first; i < r.count/recordsPerPage; i++ { // the last page is being filled
		p := r.pages[i]
		if p == nil {
			continue
		}
		kept := false
		for k := range p {
			w := &p[k]
			kept = kept || w.marked || w.used && !w.ended()
			w.marked = false
		}
		if !kept {
			*p = recordPage{}
			r.pages[i] = nil
			r.spare = append(r.spare, p)
			r.live--
		}
	}
	for r.first < len(r.pages) && r.pages[r.first] == nil {
		r.first++
	}
	r.limit = 2 * r.live
}
