package store

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"tbraid/configs"
	"tbraid/internal/block"
)

// Query is a question about a table: conditions that must all hold, an order, and
// how many rows to show.
type Query struct {
	Table *Table
	Text  string // the conditions as typed, white space as spaces
	Limit int    // rows to show; 0 is all
	terms []term
	sort  []sortKey
	shown []int // columns; nil is those of the table
}

// term is one condition.
type term struct {
	column int  // of the table
	not    bool // what follows must not be
	words  pattern
	// low and high bound a number; both may be.
	low, high int64
	places    []int // where each of words stands in the text
}

// sortKey is a column by which rows are ordered.
type sortKey struct {
	column int
	down   bool // greatest first
}

// Parse reads the conditions of a question. They stand side by side and all must
// hold:
//
//	class=violation cause=driver-swallowed lba>=2TiB age<250ms
//	policy=wb-*,write-through file="/Volumes/RAID/A B.mov" lba=0..4095
//
// A condition is the name of a column, one of = != < <= > >=, and a value. A word
// may have * in it and alternatives behind commas, and only = and != go with it. A
// number may be a range, both ends of it included. Sizes, times and rates have a
// unit; an address is a block, or a size with its unit, from the start of the
// volume. The error is a *configs.Error with the place at fault.
func Parse(t *Table, text string) (*Query, error) {
	text = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, text)
	p := parser{q: &Query{Table: t, Text: text}, text: text}
	for {
		p.spaces()
		if p.at == len(text) {
			return p.q, nil
		}
		if err := p.term(); err != nil {
			return nil, err
		}
	}
}

// Is is the condition that a column of words has one of these. A word cannot have
// quotes of both kinds.
func Is(column string, words ...string) string {
	var quoted []string
	for _, w := range words {
		quote := `"`
		if strings.Contains(w, quote) {
			quote = "'"
		}
		quoted = append(quoted, quote+w+quote)
	}
	return column + "=" + strings.Join(quoted, ",")
}

// Conditions is what errors call the text of a question.
const Conditions = "condition"

// parser reads the text of a Query.
type parser struct {
	q    *Query
	text string
	at   int
}

// fault is an error at a place in a text.
func fault(in, text string, at int, hint, format string, args ...any) error {
	return &configs.Error{File: in, Line: 1, Column: utf8.RuneCountInString(text[:at]) + 1, Source: text,
		Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (p *parser) fault(at int, hint, format string, args ...any) error {
	return fault(Conditions, p.text, at, hint, format, args...)
}

func (p *parser) spaces() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// term reads one condition.
func (p *parser) term() error {
	start := p.at
	name := p.name()
	column := p.q.Table.column(name)
	switch {
	case name == "":
		return p.fault(start, "write the name of a column, as in "+p.example(), "a condition begins with a name")
	case column < 0:
		return p.fault(start, configs.Suggest(name, p.q.Table.Names()), "%s have no column %q", p.q.Table.Many, name)
	}
	p.spaces()
	at := p.at
	op := p.operator()
	c := &p.q.Table.Columns[column]
	switch {
	case op == "":
		return p.fault(at, "compare it with one of = != < <= > >=, as in "+p.example(), "%s is not compared with anything", name)
	case c.Kind == Word && op != "=" && op != "!=":
		return p.fault(at, "words take = and !=", "%s is a word, and %s compares numbers", name, op)
	case c.Kind == Address && op == "!=":
		return p.fault(at, "write two questions, one with < and one with >", "%s takes = < <= > >=: what a question has is one interval of blocks", name)
	}
	p.spaces()
	t := term{column: column, not: op == "!="}
	if err := p.operand(c, op, &t); err != nil {
		return err
	}
	if p.at < len(p.text) && p.text[p.at] != ' ' {
		return p.fault(p.at, "put a space between two conditions, and a value with blanks or commas in quotes", "a condition has ended here")
	}
	p.q.terms = append(p.q.terms, t)
	return nil
}

// example is a condition on the first column of numbers.
func (p *parser) example() string {
	for _, c := range p.q.Table.Columns {
		if c.Kind == Size {
			return c.Name + ">=1MiB"
		}
	}
	return p.q.Table.Columns[0].Name + "=…"
}

// name reads letters and hyphens.
func (p *parser) name() string {
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" =!<>\"',", rune(p.text[p.at])) {
		p.at++
	}
	return p.text[start:p.at]
}

func (p *parser) operator() string {
	for _, op := range []string{"!=", "<=", ">=", "=", "<", ">"} {
		if strings.HasPrefix(p.text[p.at:], op) {
			p.at += len(op)
			return op
		}
	}
	return ""
}

// operand reads what a column is compared with.
func (p *parser) operand(c *Column, op string, t *term) error {
	for {
		at := p.at
		text, err := p.value()
		switch {
		case err != nil:
			return err
		case c.Kind != Word:
			return p.number(c, op, text, at, t)
		}
		t.words, t.places = append(t.words, newAlternative(text)), append(t.places, at)
		if p.at == len(p.text) || p.text[p.at] != ',' {
			return nil
		}
		p.at++
	}
}

// value reads a value, which may be in quotes. An empty one has to be.
func (p *parser) value() (string, error) {
	start := p.at
	if p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\'') {
		quote := p.text[p.at : p.at+1]
		inside, _, closed := strings.Cut(p.text[p.at+1:], quote)
		if !closed {
			return "", p.fault(start, "close it with another "+quote, "the quote is not closed")
		}
		p.at += len(inside) + 2
		return inside, nil
	}
	for p.at < len(p.text) && !strings.ContainsRune(" ,\"'", rune(p.text[p.at])) {
		p.at++
	}
	switch text := p.text[start:p.at]; {
	case text == "":
		return "", p.fault(start, `write "" for an empty word`, "a value is missing")
	case strings.HasPrefix(text, "="):
		return "", p.fault(start, "one = is enough", "%q is no value", text)
	default:
		return text, nil
	}
}

// number reads a number, or a range of them, and says between what the column must
// lie.
func (p *parser) number(c *Column, op, text string, at int, t *term) error {
	from, to, ranged := strings.Cut(text, "..")
	low, err := p.quantity(c, from, at)
	if err != nil {
		return err
	}
	high := low
	switch {
	case !ranged:
	case op != "=" && op != "!=":
		return p.fault(at, "a range goes with = and !=", "%q is a range", text)
	default:
		if high, err = p.quantity(c, to, at+len(from)+len("..")); err != nil {
			return err
		}
		if high < low {
			return p.fault(at, "write the lower end first", "the range %s ends before it begins", text)
		}
	}
	switch op {
	case "<":
		low, high = math.MinInt64, low-1
	case "<=":
		low = math.MinInt64
	case ">":
		low, high = high+1, math.MaxInt64
	case ">=":
		high = math.MaxInt64
	}
	t.low, t.high = low, high
	return nil
}

// quantity reads one number with the unit of the column.
func (p *parser) quantity(c *Column, text string, at int) (int64, error) {
	n, err := configs.ParseQuantity(text, c.Kind.unit())
	if err == nil {
		return int64(min(n, math.MaxInt64-1)), nil // one more must still be a number
	}
	if c.Kind == Address {
		if bytes, wrong := configs.ParseQuantity(text, "bytes"); wrong == nil {
			if bytes%block.Size != 0 {
				return 0, p.fault(at, fmt.Sprintf("a block has %d bytes", block.Size), "%s is no whole number of blocks", text)
			}
			return int64(bytes / block.Size), nil
		}
		return 0, p.fault(at, c.Name+" takes a block, such as 4294967296, or where it begins, such as 2TiB", "%v", err)
	}
	return 0, p.fault(at, fmt.Sprintf("%s takes %s", c.Name, configs.QuantityForm(c.Kind.unit())), "%v", err)
}

// Sort orders the rows by columns, as in "-age,lba": the greatest age first, and by
// address where it is the same. The error says which argument is at fault.
func (q *Query) Sort(argument, text string) error {
	return q.list(argument, text, func(name string, at int) error {
		name, down := strings.CutPrefix(name, "-")
		if down {
			at++
		}
		column, err := q.named(argument, text, name, at)
		q.sort = append(q.sort, sortKey{column, down})
		return err
	})
}

// Show says which columns to show, as in "lba,bytes,cause".
func (q *Query) Show(argument, text string) error {
	return q.list(argument, text, func(name string, at int) error {
		column, err := q.named(argument, text, name, at)
		q.shown = append(q.shown, column)
		return err
	})
}

// list takes each element of a list with its place.
func (q *Query) list(argument, text string, take func(name string, at int) error) error {
	at := 0
	for name := range strings.SplitSeq(text, ",") {
		if err := take(name, at); err != nil {
			return err
		}
		at += len(name) + 1
	}
	return nil
}

// named is the column of that name.
func (q *Query) named(argument, text, name string, at int) (int, error) {
	column := q.Table.column(name)
	if column < 0 {
		return 0, fault(argument, text, at, configs.Suggest(name, q.Table.Names()), "%s have no column %q", q.Table.Many, name)
	}
	return column, nil
}
