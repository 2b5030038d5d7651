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

	asked uint32 // flushes asked for before it was acknowledged
	live  uint64 // references to it: blocks of which it is the newest issued, acknowledged or promised version
	used  bool
}

// acknowledged tells whether GOOD came back.
func (w *Write) acknowledged() bool { return w.Promise != Unacknowledged }

// covers tells whether the write, of version v, wrote e.
func (w *Write) covers(v block.Version, e block.Extent) bool {
	return v == 0 || !w.used || w.Extent.Covers(e)
}

// recordsPerPage is a power of two: small, because a page stays as long as one
// of its records does.
const recordsPerPage = 64

// records holds the writes by version. A record that no block refers to is
// given up with the others of its page, so that memory follows the writes that
// still matter, not all that were.
type records struct {
	pages  []*recordPage // by version / recordsPerPage
	spare  []*recordPage
	count  int  // versions handed out
	forget bool // give records up
	none   Write
}

type recordPage struct {
	writes [recordsPerPage]Write
	used   int
}

// add hands out the next version.
func (r *records) add(w Write) block.Version {
	r.count++
	i := r.count / recordsPerPage
	if i == len(r.pages) {
		var p *recordPage
		if n := len(r.spare); n > 0 {
			p, r.spare = r.spare[n-1], r.spare[:n-1]
		} else {
			p = new(recordPage)
		}
		r.pages = append(r.pages, p)
	}
	p := r.pages[i]
	w.used = true
	p.writes[r.count%recordsPerPage] = w
	p.used++
	return block.Version(r.count)
}

// at is the record of v; that of a version that was given up is empty.
func (r *records) at(v block.Version) *Write {
	if i := int(v) / recordsPerPage; i < len(r.pages) && r.pages[i] != nil {
		return &r.pages[i].writes[int(v)%recordsPerPage]
	}
	return &r.none
}

// hold and release count the blocks that refer to v.
func (r *records) hold(v block.Version, blocks uint64) {
	if v != 0 {
		r.at(v).live += blocks
	}
}

func (r *records) release(v block.Version, blocks uint64) {
	if v == 0 {
		return
	}
	w := r.at(v)
	w.live -= blocks
	if w.live == 0 && r.forget {
		r.drop(v, w)
	}
}

// drop gives the record of v up.
func (r *records) drop(v block.Version, w *Write) {
	*w = Write{}
	i := int(v) / recordsPerPage
	p := r.pages[i]
	if p.used--; p.used == 0 && i != r.count/recordsPerPage {
		r.pages[i] = nil
		r.spare = append(r.spare, p)
	}
}
