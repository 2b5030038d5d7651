package store

import "fmt"

// Kind is what a column holds, and with that what a question may compare it with.
type Kind uint8

// The kinds.
const (
	Word    Kind = iota // a name
	Count               // a whole number
	Address             // a logical block address
	Size                // bytes
	Span                // nanoseconds; before 0 in some columns
	Rate                // bytes a second
)

// unit is what package configs calls the unit of a kind of number.
func (k Kind) unit() string {
	return [...]string{Word: "", Count: "count", Address: "count", Size: "bytes", Span: "duration", Rate: "rate"}[k]
}

// Column is one of a Table.
type Column struct {
	Name  string // in questions and tables
	Key   string // in JSON: that of a Result, where it has the number
	Kind  Kind
	About string
}

// Value is what a row has in a column.
type Value struct {
	Word   string // of a Word
	Number int64  // of any other
}

// Table is something that questions can be asked about.
type Table struct {
	Name      string
	One, Many string // what a row is
	About     string // what that is
	Columns   []Column
	shown     []string // columns, if nothing else is asked for
	find      func(v *View, q *Query) (*Answer, error)
}

// Tables lists all tables. The first is what a question is about if it does not say.
func Tables() []*Table { return tables }

// column is the place of a column in the table, below 0 if there is none.
func (t *Table) column(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Count is a number of rows in words.
func (t *Table) Count(n int) string {
	if n == 1 {
		return "1 " + t.One
	}
	return fmt.Sprintf("%d %s", n, t.Many)
}

// Names are those of the columns.
func (t *Table) Names() []string {
	var all []string
	for _, c := range t.Columns {
		all = append(all, c.Name)
	}
	return all
}

// column is a Column with the way to its value in a row of type R.
type column[R any] struct {
	Column
	word   func(R) string
	number func(R) int64
	// known has the words that there can be; nil is any.
	known func(v *View) []string
	// dictionary has the words of a page and which of them the row has, for a column
	// in which they differ.
	dictionary func(R) (words []string, which uint32)
	fixed      bool // all extents of a page share the value
}

func (c *column[R]) value(r R) Value {
	if c.Kind == Word {
		return Value{Word: c.word(r)}
	}
	return Value{Number: c.number(r)}
}

func word[R any](name, key, about string, known func(*View) []string, of func(R) string) column[R] {
	return column[R]{Column: Column{name, key, Word, about}, word: of, known: known}
}

func number[R any](name, key string, kind Kind, about string, of func(R) int64) column[R] {
	return column[R]{Column: Column{name, key, kind, about}, number: of}
}

// unsigned makes a number of a Result one of a column.
func unsigned[R any](name, key string, kind Kind, about string, of func(R) uint64) column[R] {
	return number(name, key, kind, about, func(r R) int64 { return int64(of(r)) })
}

// fixed are the same columns, marked as fixed.
func fixed[R any](columns ...column[R]) []column[R] {
	for i := range columns {
		columns[i].fixed = true
	}
	return columns
}
