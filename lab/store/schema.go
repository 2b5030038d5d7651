package store

import (
	"encoding/binary"
	"fmt"

	"github.com/hashicorp/go-memdb"
)

// The tables.
const (
	results  = "results"
	runs     = "runs"
	tools    = "tools"
	causes   = "causes"
	policies = "policies"
	pages    = "pages" // of lost extents
)

// The indexes. Those by a word have its name.
const (
	byID    = "id"
	byClass = "class"
	byCause = "cause"
	byFile  = "file"
	byLBA   = "lba"
	byAcked = "acked"
)

// schema says what is indexed by what.
func schema() *memdb.DBSchema {
	s := &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{}}
	for _, t := range []string{results, runs, tools, causes, policies, pages} {
		s.Tables[t] = &memdb.TableSchema{Name: t, Indexes: map[string]*memdb.IndexSchema{
			byID: {Name: byID, Unique: true, Indexer: numberIndex{}}}}
	}
	add := func(table, name string, by memdb.Indexer) {
		s.Tables[table].Indexes[name] = &memdb.IndexSchema{Name: name, AllowMissing: true, Indexer: by}
	}
	add(pages, byClass, wordIndex{func(row any) []string { return []string{row.(*page).class} }})
	add(pages, byCause, wordIndex{func(row any) []string { return []string{row.(*page).cause} }})
	add(pages, byFile, wordIndex{func(row any) []string { return row.(*page).files }})
	add(pages, byLBA, spanIndex{spans[byLBA]})
	add(pages, byAcked, spanIndex{spans[byAcked]})
	return s
}

// numberIndex is by the number of a row: rows come in that order.
type numberIndex struct{}

// FromObject implements memdb.SingleIndexer.
func (numberIndex) FromObject(row any) (bool, []byte, error) {
	return true, binary.BigEndian.AppendUint32(nil, row.(numbered).number()), nil
}

// FromArgs implements memdb.Indexer; without a value all rows are meant.
func (numberIndex) FromArgs(args ...any) ([]byte, error) {
	if len(args) == 0 {
		return nil, nil
	}
	n, ok := args[0].(uint32)
	if !ok || len(args) > 1 {
		return nil, fmt.Errorf("store: %v is no number of a row", args)
	}
	return binary.BigEndian.AppendUint32(nil, n), nil
}

// wordIndex is by words, of which a row may have several.
type wordIndex struct{ of func(row any) []string }

// FromObject implements memdb.MultiIndexer.
func (x wordIndex) FromObject(row any) (bool, [][]byte, error) {
	var keys [][]byte
	for _, w := range x.of(row) {
		keys = append(keys, wordKey(w))
	}
	return len(keys) > 0, keys, nil
}

// FromArgs implements memdb.Indexer.
func (wordIndex) FromArgs(args ...any) ([]byte, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("store: %v is not one word", args)
	}
	w, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("store: %v is no word", args[0])
	}
	return wordKey(w), nil
}

// wordKey ends in a byte that no word has, so that none is the beginning of another.
func wordKey(w string) []byte { return append([]byte(w), 0) }
