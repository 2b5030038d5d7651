package store

import (
	"iter"
	"math"

	"github.com/hashicorp/go-memdb"
)

// extents are the lost extents that a question may mean: those that meet what it
// says of fixed columns, each cut to the blocks that it means by their address. The
// answer is then about blocks, and what an extent has beside them is not counted.
func (v *View) extents(q *Query) iter.Seq[lost] {
	low, high, _ := q.interval(lbaColumn)
	keep := pageFilter(q)
	return func(yield func(lost) bool) {
		for p := range v.pages(q) {
			if keep(p) && !p.each(low, high, yield) {
				return
			}
		}
	}
}

// each yields the extents of the page, or what of them lies between two addresses,
// both included, until yield has enough.
func (p *page) each(low, high int64, yield func(lost) bool) bool {
	if high = min(high, math.MaxInt64-1); high < 0 {
		return true
	}
	from := uint64(max(low, 0))
	for i := p.from(from); i < len(p.lba) && p.lba[i] <= uint64(high); i++ {
		if part := p.extent(i, from, uint64(high)); !part.Empty() && !yield(lost{p, i, part}) {
			return false
		}
	}
	return true
}

// pages are the pages that a question may mean, by the index that is likely to name
// fewest: a file or an address is in few, a class may be in all of them.
func (v *View) pages(q *Query) iter.Seq[*page] {
	if w, ok := q.exact("file"); ok && w != "" {
		return listed(v.get(pages, byFile, w))
	}
	if low, high, ok := q.interval(lbaColumn); ok {
		return v.meeting(byLBA, low, high)
	}
	for _, index := range []string{byCause, byClass} {
		if w, ok := q.exact(index); ok {
			return listed(v.get(pages, index, w))
		}
	}
	if low, high, ok := q.interval("acked"); ok {
		return v.meeting(byAcked, low, high)
	}
	return listed(v.all(pages))
}

func listed(it memdb.ResultIterator) iter.Seq[*page] {
	return func(yield func(*page) bool) {
		for row := it.Next(); row != nil && yield(row.(*page)); row = it.Next() {
		}
	}
}

// pageFilter leaves pages out of which no extent can be meant: by what all of them
// share, and by the least and the greatest of their times.
func pageFilter(q *Query) func(*page) bool {
	columns := extentColumns()
	shared := matches(columns, q.on(func(column int) bool { return columns[column].fixed }))
	ackedLow, ackedHigh, _ := q.interval("acked")
	ageLow, ageHigh, _ := q.interval("age")
	return func(p *page) bool {
		return p.acked.meets(ackedLow, ackedHigh) && p.age.meets(ageLow, ageHigh) && all(shared, lost{page: p})
	}
}

// short lists the runs that a question means and of which the result does not list
// every lost extent.
func (v *View) short(q *Query) []Short {
	columns := ofRun(func(r *run) *run { return r }) // the first of the table
	meant := matches(columns, q.on(func(column int) bool { return column < len(columns) }))
	var list []Short
	for r := range rowsOf[*run](runs)(v, q) {
		if r.listed < r.ExtentCount && all(meant, r) {
			list = append(list, Short{Case: r.Case, Event: r.Event, Host: r.Host, Policy: r.Policy, Listed: r.listed, Total: r.ExtentCount})
		}
	}
	return list
}
