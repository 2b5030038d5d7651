package store

import (
	"iter"
	"math"
	"slices"
	"strings"

	"tbraid/configs"
)

// Answer is what a question found.
type Answer struct {
	Query   *Query
	Columns []Column
	Rows    [][]Value // in order, as many as were to be shown
	Matched int       // how many rows there are
	Runs    int       // how many runs they belong to; 0 if they belong to none
	Short   []Short   // runs of which there may be more
}

// Word is what a row of the answer has in a column of words.
func (a *Answer) Word(row int, column string) string {
	i := slices.IndexFunc(a.Columns, func(c Column) bool { return c.Name == column })
	if i < 0 {
		return ""
	}
	return a.Rows[row][i].Word
}

// Short is a run of which the result lists only a part of the lost extents.
type Short struct {
	Case, Event, Host, Policy string
	Listed, Total             uint64
}

// Find answers a question. A word that cannot be, for the model or in the results,
// is an error: a *configs.Error with the place at fault.
func (v *View) Find(q *Query) (*Answer, error) { return q.Table.find(v, q) }

// plan makes a Table of rows of type R.
type plan[R any] struct {
	name, one, many, about string
	columns                []column[R]
	shown                  []string
	// rows has all rows that meet the conditions. It may have others, but none that
	// does not meet those on fixed columns.
	rows  func(*View, *Query) iter.Seq[R]
	order func(a, b R) int            // where nothing else decides
	of    func(R) *run                // nil if a row belongs to no run
	short func(*View, *Query) []Short // nil if nothing can be missing
}

func (p plan[R]) table() *Table {
	t := &Table{Name: p.name, One: p.one, Many: p.many, About: p.about, shown: p.shown, find: p.find}
	for _, c := range p.columns {
		t.Columns = append(t.Columns, c.Column)
	}
	return t
}

func (p plan[R]) find(v *View, q *Query) (*Answer, error) {
	if err := p.check(v, q); err != nil {
		return nil, err
	}
	top := &selection[R]{order: p.ordered(q), most: q.Limit}
	rest := matches(p.columns, q.on(func(column int) bool { return !p.columns[column].fixed }))
	seen := make([]bool, count(v.txn, runs))
	var last *run
	a := &Answer{Query: q}
	if p.short != nil {
		a.Short = p.short(v, q)
	}
	for r := range p.rows(v, q) {
		if !all(rest, r) {
			continue
		}
		a.Matched++
		top.add(r)
		if p.of == nil || p.of(r) == last { // rows of a run come together
			continue
		}
		last = p.of(r)
		if !seen[last.ID] {
			seen[last.ID] = true
			a.Runs++
		}
	}
	p.fill(v, a, top.sorted())
	return a, nil
}

// check refuses words that cannot be.
func (p plan[R]) check(v *View, q *Query) error {
	for _, t := range q.terms {
		c := &p.columns[t.column]
		if c.Kind != Word || c.known == nil {
			continue
		}
		known := c.known(v)
		for i, w := range t.words {
			if w.word == "" || slices.ContainsFunc(known, w.meets) {
				continue
			}
			var options []string
			for _, k := range known {
				if k != "" {
					options = append(options, k)
				}
			}
			return fault(Conditions, q.Text, t.places[i], configs.Suggest(w.word, options), "there is no %s %q", c.Name, w.word)
		}
	}
	return nil
}

// matches has a test for each of some conditions.
func matches[R any](columns []column[R], terms []term) []func(R) bool {
	var tests []func(R) bool
	for i := range terms {
		t := &terms[i]
		switch c := &columns[t.column]; {
		case c.dictionary != nil:
			tests = append(tests, spelled(c, t))
		case c.Kind == Word:
			tests = append(tests, func(r R) bool { return t.words.meets(c.word(r)) != t.not })
		default:
			tests = append(tests, func(r R) bool {
				n := c.number(r)
				return (n >= t.low && n <= t.high) != t.not
			})
		}
	}
	return tests
}

// spelled looks at each word of a dictionary once: rows of a page come together.
func spelled[R any](c *column[R], t *term) func(R) bool {
	var of *string // the dictionary that meets is about
	var meets []bool
	return func(r R) bool {
		words, which := c.dictionary(r)
		if of != &words[0] {
			of, meets = &words[0], meets[:0]
			for _, w := range words {
				meets = append(meets, t.words.meets(w) != t.not)
			}
		}
		return meets[which]
	}
}

func all[R any](tests []func(R) bool, r R) bool {
	for _, met := range tests {
		if !met(r) {
			return false
		}
	}
	return true
}

// ordered compares rows as the question wants them.
func (p plan[R]) ordered(q *Query) func(a, b R) int {
	return func(a, b R) int {
		for _, k := range q.sort {
			c := &p.columns[k.column]
			n := compare(c.value(a), c.value(b))
			if k.down {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return p.order(a, b)
	}
}

func compare(a, b Value) int {
	switch {
	case a.Number < b.Number:
		return -1
	case a.Number > b.Number:
		return 1
	}
	return strings.Compare(a.Word, b.Word)
}

// fill writes out the rows to be shown. Of the columns that nobody has asked for,
// those that say nothing are left out.
func (p plan[R]) fill(v *View, a *Answer, rows []R) {
	shown := a.Query.shown
	if shown == nil {
		for _, name := range p.shown {
			i := a.Query.Table.column(name)
			c := &p.columns[i]
			empty := c.Kind == Word && !slices.ContainsFunc(rows, func(r R) bool { return c.word(r) != "" })
			if !empty && (name != "result" || v.Loaded() > 1) {
				shown = append(shown, i)
			}
		}
	}
	for _, i := range shown {
		a.Columns = append(a.Columns, p.columns[i].Column)
	}
	for _, r := range rows {
		row := make([]Value, 0, len(shown))
		for _, i := range shown {
			row = append(row, p.columns[i].value(r))
		}
		a.Rows = append(a.Rows, row)
	}
}

// on are the conditions on some of the columns.
func (q *Query) on(columns func(column int) bool) []term {
	var some []term
	for _, t := range q.terms {
		if columns(t.column) {
			some = append(some, t)
		}
	}
	return some
}

// interval is what the conditions on a column of numbers leave of it.
func (q *Query) interval(name string) (low, high int64, bounded bool) {
	low, high = math.MinInt64, math.MaxInt64
	column := q.Table.column(name)
	for _, t := range q.terms {
		if t.column == column && !t.not {
			low, high, bounded = max(low, t.low), min(high, t.high), true
		}
	}
	return low, high, bounded
}

// exact is the word that a column must be, if there is just one.
func (q *Query) exact(name string) (string, bool) {
	column := q.Table.column(name)
	for _, t := range q.terms {
		if t.column == column && !t.not && len(t.words) == 1 && t.words[0].parts == nil {
			return t.words[0].word, true
		}
	}
	return "", false
}
