package ledger

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Write is one WRITE as the operating system issued it.
type Write struct {
	Extent  block.Extent
	Payload block.Extent // the part that a program supplied; the rest is fill, read back from the device
	Issued  sim.Time
	Ended   sim.Time
	Step    int     // step of the scenario
	Promise Promise // with the status; Unacknowledged if none came or it was an error
	Failed  bool
	Shirked Cause // the acknowledgement rests on less than it says; NoCause if it is honest

	used  bool
	share ref // of all its blocks, when it was issued; they may stand otherwise now
}

// acknowledged tells whether GOOD came back.
func (w *Write) acknowledged() bool { return w.Promise != Unacknowledged }

func (w *Write) ended() bool { return w.acknowledged() || w.Failed }

// covers tells whether the write, of version v, wrote e.
func (w *Write) covers(v block.Version, e block.Extent) bool {
	return v == 0 || !w.used || w.Extent.Covers(e)
}

// records holds the writes by version, in pages. What still matters is counted by
// page: the WRITEs under way, and the shares of stands of which one of its versions is
// the newest issued, acknowledged or promised. A page that nothing refers to is given
// up, so that memory follows the writes that still matter, not all that were.
type records struct {
	pages  []*recordPage // by version / recordsPerPage
	live   []uint64      // references, by the same
	spare  []*recordPage
	count  int  // versions handed out
	forget bool // give pages up
	none   Write
}

// recordsPerPage is a power of two: small, because a page stays as long as one
// of its records matters.
const recordsPerPage = 64

type recordPage [recordsPerPage]Write

// add hands out the next version, of a WRITE that is under way from now on. The
// rest of its record is the caller's to fill in.
func (r *records) add() (block.Version, *Write) {
	r.count++
	i := r.count / recordsPerPage
	if i == len(r.pages) {
		r.pages, r.live = append(r.pages, r.page()), append(r.live, 0)
	}
	w := &r.pages[i][r.count%recordsPerPage]
	w.used = true
	r.live[i]++
	return block.Version(r.count), w
}

func (r *records) page() *recordPage {
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

// hold counts a reference to v, and release takes one back.
func (r *records) hold(v block.Version) {
	if v != 0 {
		r.live[v/recordsPerPage]++
	}
}

func (r *records) release(v block.Version) {
	if v == 0 {
		return
	}
	i := int(v) / recordsPerPage
	if r.live[i]--; r.live[i] == 0 && r.forget && i != r.count/recordsPerPage {
		r.giveUp(i)
	}
}

// move is told that a reference to one version is one to another now.
func (r *records) move(was, is block.Version) {
	r.hold(is)
	r.release(was)
}

func (r *records) giveUp(page int) {
	*r.pages[page] = recordPage{}
	r.spare = append(r.spare, r.pages[page])
	r.pages[page] = nil
}
