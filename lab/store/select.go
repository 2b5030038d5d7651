package store

import "slices"

// selection keeps the first rows of an order, out of many.
type selection[R any] struct {
	order func(a, b R) int
	most  int // how many to keep; 0 is all
	rows  []R // if there is a bound, a heap with the last one at the top
}

// add takes a row if it is one of the first so far.
func (s *selection[R]) add(r R) {
	switch n := len(s.rows); {
	case s.most == 0:
		s.rows = append(s.rows, r)
	case n < s.most:
		s.rows = append(s.rows, r)
		s.up(n)
	case s.order(r, s.rows[0]) < 0:
		s.rows[0] = r
		s.down()
	}
}

func (s *selection[R]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if s.order(s.rows[i], s.rows[parent]) <= 0 {
			return
		}
		s.rows[i], s.rows[parent] = s.rows[parent], s.rows[i]
		i = parent
	}
}

func (s *selection[R]) down() {
	for i := 0; ; {
		last := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(s.rows) && s.order(s.rows[child], s.rows[last]) > 0 {
				last = child
			}
		}
		if last == i {
			return
		}
		s.rows[i], s.rows[last] = s.rows[last], s.rows[i]
		i = last
	}
}

// sorted are the rows that were kept, in order.
func (s *selection[R]) sorted() []R {
	slices.SortFunc(s.rows, s.order)
	return s.rows
}
