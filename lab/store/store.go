// Package store answers questions about results: which extents were lost above
// 2^32, which runs broke a promise, which tool was slow. A Result is loaded into a
// go-memdb database in one transaction after its run, never during it; a View is a
// snapshot that later loads do not change, and that tells when there was one.
//
// A result may have a million lost extents, and as rows with an entry in each of
// five indexes they take 2.6 GB and over a minute to load. So lost extents are kept in
// pages of up to 4,096 that share their run, fate and cause, column by column and
// in order of address. The database indexes pages: by class, cause and file, and by
// the interval of addresses and of times that they span. Inside a page a search
// finds an address, and what is left to do is a loop over a slice.
package store

import (
	"fmt"

	"github.com/hashicorp/go-memdb"

	"tbraid/lab"
)

// Store holds results. It may be loaded and read from several goroutines.
type Store struct{ db *memdb.MemDB }

// New returns an empty Store.
func New() *Store {
	db, err := memdb.NewMemDB(schema())
	if err != nil {
		panic(err) // the schema is ours
	}
	return &Store{db}
}

// Load adds a result under a name, such as that of its file. It takes the numbers
// over: the result may be changed or dropped afterwards, all but the list of
// steps of its runs.
func (s *Store) Load(name string, r *lab.Result) {
	txn := s.db.Txn(true)
	defer txn.Abort() // nothing, once it is committed
	l := loader{txn: txn, result: &result{ID: count(txn, results), Name: name}}
	l.run, l.page = count(txn, runs), count(txn, pages)
	l.load(r)
	txn.Commit()
}

// result is a row of the table of results.
type result struct {
	ID   uint32
	Name string
}

// count is how many rows a table has. None is ever deleted, and they are numbered
// from 0.
func count(txn *memdb.Txn, table string) uint32 {
	last, err := txn.Last(table, byID)
	if err != nil {
		panic(err) // every table has that index
	}
	if last == nil {
		return 0
	}
	return last.(numbered).number() + 1
}

// numbered is a row of any table.
type numbered interface{ number() uint32 }

func (r *result) number() uint32 { return r.ID }

// loader takes one result into a transaction.
type loader struct {
	txn       *memdb.Txn
	result    *result
	run, page uint32 // the next number of each
	rows      map[string]uint32
}

func (l *loader) load(r *lab.Result) {
	l.insert(results, l.result)
	l.rows = map[string]uint32{tools: count(l.txn, tools), causes: count(l.txn, causes), policies: count(l.txn, policies)}
	for _, list := range [][]lab.Run{r.Runs, r.Controls} {
		for i := range list {
			l.loadRun(&list[i])
		}
	}
	l.loadPolicies(r)
}

func (l *loader) loadRun(r *lab.Run) {
	row := &run{ID: l.run, result: l.result, Run: *r}
	row.Extents, row.listed = nil, uint64(len(r.Extents))
	l.run++
	l.insert(runs, row)
	for i := range r.Tools {
		l.insert(tools, &tool{ID: l.next(tools), run: row, Tool: r.Tools[i]})
	}
	for i := range r.Causes {
		l.insert(causes, &cause{ID: l.next(causes), run: row, Cause: r.Causes[i]})
	}
	for _, p := range paginate(row, r.Extents) {
		p.ID = l.page
		l.page++
		l.insert(pages, p)
	}
}

// loadPolicies sums up how a policy fared over the runs of the scenario; controls
// are variants and stay out.
func (l *loader) loadPolicies(r *lab.Result) {
	for _, named := range r.Policies {
		p := &policy{ID: l.next(policies), result: l.result, Named: named}
		for i := range r.Runs {
			if r.Runs[i].Policy == named.Name {
				p.add(&r.Runs[i])
			}
		}
		l.insert(policies, p)
	}
}

// next is the number of the next row of a table.
func (l *loader) next(table string) uint32 {
	n := l.rows[table]
	l.rows[table]++
	return n
}

func (l *loader) insert(table string, row any) {
	if err := l.txn.Insert(table, row); err != nil {
		panic(fmt.Sprintf("store: table %s: %v", table, err)) // rows and schema are ours
	}
}

// View is the Store at one instant. Loads that come later do not change it.
type View struct{ txn *memdb.Txn }

// View takes a snapshot, which costs nothing.
func (s *Store) View() *View { return &View{s.db.Txn(false)} }

// Changed is closed when another result has been loaded, and a new View would
// show more.
func (v *View) Changed() <-chan struct{} {
	return v.all(results).WatchCh()
}

// Loaded is how many results there are.
func (v *View) Loaded() int { return int(count(v.txn, results)) }

// all are the rows of a table in the order in which they came.
func (v *View) all(table string) memdb.ResultIterator { return v.get(table, byID) }

// get are the rows that an index has under a value.
func (v *View) get(table, index string, value ...any) memdb.ResultIterator {
	it, err := v.txn.Get(table, index, value...)
	if err != nil {
		panic(err) // tables, indexes and types are ours
	}
	return it
}
