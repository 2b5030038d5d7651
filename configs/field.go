package configs

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"tbraid/controller/raid"
)

// field is one key of a mapping: a struct field with its tags.
type field struct {
	key, unit string
	min, max  string // in the notation of unit; empty for no bound of its own
	doc       string
	omitted   bool // if it is zero: what hardly any file gives is not written out
	index     []int
	of        reflect.Type
}

// fieldsOf lists the keys that a struct takes, in the order of declaration.
func fieldsOf(t reflect.Type) []field {
	var all []field
	for _, f := range reflect.VisibleFields(t) {
		key, ok := f.Tag.Lookup("conf")
		if !ok {
			continue
		}
		tag := f.Tag.Get
		all = append(all, field{key, tag("unit"), tag("min"), tag("max"), tag("doc"), tag("omit") == "zero", f.Index, f.Type})
	}
	return all
}

func keysOf(fields []field) []string {
	var all []string
	for _, f := range fields {
		all = append(all, f.key)
	}
	return all
}

// bounds are the legal values of a quantity, or the legal lengths of a text or a
// list.
func (f field) bounds() (least, most uint64) {
	most = math.MaxUint64
	switch f.of.Kind() {
	case reflect.Int, reflect.Int64:
		most = math.MaxInt64
	case reflect.Uint32:
		most = math.MaxUint32
	case reflect.Uint16:
		most = math.MaxUint16
	case reflect.Uint8:
		most = math.MaxUint8
	}
	if f.min != "" {
		least = f.bound(f.min)
	}
	if f.max != "" {
		most = f.bound(f.max)
	}
	return least, most
}

// bound reads a tag. A bare number is in the base unit. A tag that cannot be
// read is a bug in the declaration of the struct.
func (f field) bound(text string) uint64 {
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return n
	}
	n, err := quantity(text, f.unit)
	if err != nil {
		panic(fmt.Sprintf("configs: tag of key %s: %v", f.key, err))
	}
	return n
}

// legal says the range in words; empty if there is no bound.
func (f field) legal() string {
	least, most := f.bounds()
	low, high := formatQuantity(least, f.unit), formatQuantity(most, f.unit)
	switch {
	case f.min != "" && f.max != "":
		return fmt.Sprintf("%s to %s", low, high)
	case f.max != "":
		return fmt.Sprintf("at most %s", high)
	case f.min != "":
		return fmt.Sprintf("at least %s", low)
	}
	return ""
}

// options are the words that a value of the type can be, nil if it is no choice
// of words. An Options method comes with the type's UnmarshalText.
func options(t reflect.Type) []string {
	if t == reflect.TypeFor[raid.Level]() {
		return levelWords()
	}
	if o, ok := reflect.Zero(t).Interface().(interface{ Options() []string }); ok {
		return o.Options()
	}
	return nil
}

// levels are the RAID levels, by the digits behind "RAID-".
var levels = []raid.Level{raid.RAID0, raid.RAID1, raid.RAID5, raid.RAID6, raid.RAID10}

func levelWord(l raid.Level) string { return strings.TrimPrefix(l.String(), "RAID-") }

func levelWords() []string {
	var words []string
	for _, l := range levels {
		words = append(words, levelWord(l))
	}
	return words
}

// Key documents one key of a preset or a scenario.
type Key struct {
	Path    string   // dotted, as --set takes it below the preset
	Type    string   // size, rate, duration, percent, count, yes/no, text, choice, list, or the name of a preset kind
	Options []string // of a choice
	Range   string   // of a quantity, in words
	Doc     string
}

// Describe lists every key of a preset of the kind, in the order of declaration.
func Describe(kind Kind) []Key {
	return describe(nil, kind.of(), "")
}

func describe(dst []Key, t reflect.Type, prefix string) []Key {
	for _, f := range fieldsOf(t) {
		k := Key{Path: prefix + f.key, Type: f.typeName(), Options: options(f.of), Doc: f.doc}
		if f.unit != "" {
			k.Range = f.legal()
		}
		dst = append(dst, k)
		of := f.of
		if of.Kind() == reflect.Slice {
			of = of.Elem()
			k.Path += "[]"
		}
		if _, preset := kindOf(of); !preset && of.Kind() == reflect.Struct {
			dst = describe(dst, of, k.Path+".")
		}
	}
	return dst
}

func (f field) typeName() string {
	if kind, ok := kindOf(f.of); ok {
		return kind.one()
	}
	switch {
	case options(f.of) != nil:
		return "choice"
	case f.unit == unitBytes:
		return "size"
	case f.unit != "":
		return f.unit
	}
	switch f.of.Kind() {
	case reflect.Bool:
		return "yes/no"
	case reflect.Slice:
		return "list"
	case reflect.Struct:
		return "mapping"
	case reflect.String:
		return "text"
	}
	return "count"
}

var durationType = reflect.TypeFor[time.Duration]()
