package configs

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"

	"tbraid/controller/raid"
	"tbraid/sim/power"

	"gopkg.in/yaml.v3"
)

// reader fills values of the model from the tree of one source.
type reader struct {
	src   *source
	facts *facts
	depth int // how many presets lie between the scenario and this one
}

// facts is what all readers of one scenario learn.
type facts struct {
	places  map[string]place // where the value at a path came from
	guesses []Guess          // in force, in the order in which they were read
	root    place            // where to point if there is nothing better
}

// place is where a value stands.
type place struct {
	src          *source
	line, column int
}

// Guess is a value in a preset that no source backs.
type Guess struct {
	Path  string `json:"path"` // dotted, as --set takes it; the first one if several presets share the value
	Value string `json:"value"`
	Note  string `json:"note"`  // why this value
	Where string `json:"where"` // file and line
}

// guessMark is how the line comment of a guess begins.
const guessMark = "# guess:"

// self is implemented by values that have a notation of their own.
type self interface {
	read(r *reader, n *yaml.Node, path string) error
}

// pair is a key of a mapping with its value.
type pair struct{ key, value *yaml.Node }

func (r *reader) fail(n *yaml.Node, hint, format string, args ...any) error {
	return r.src.fail(n.Line, n.Column, hint, format, args...)
}

// last is the key at the end of a path: what a message calls the value.
func last(path string) string {
	if path == "" {
		return "the file"
	}
	return path[strings.LastIndexByte(path, '.')+1:]
}

// value fills v from n. It remembers the place, and whether the value is a guess.
func (r *reader) value(n *yaml.Node, v reflect.Value, path string, f field) error {
	r.note(n, path)
	if s, ok := v.Addr().Interface().(self); ok {
		return s.read(r, n, path)
	}
	var err error
	switch x := v.Addr().Interface().(type) {
	case *power.Sequence:
		*x, err = r.event(n)
		return err
	case *power.Cut:
		*x, err = r.cut(n)
		return err
	}
	if kind, ok := kindOf(v.Type()); ok {
		return r.preset(n, kind, v, path)
	}
	switch v.Kind() {
	case reflect.Struct:
		return r.mapping(n, v, path)
	case reflect.Slice:
		return r.list(n, v, path, f)
	}
	return r.scalar(n, v, path, f)
}

// note remembers where the value at path stands. A value that is given again is
// no longer the guess that it was.
func (r *reader) note(n *yaml.Node, path string) {
	r.facts.places[path] = place{r.src, n.Line, n.Column}
	if n.Kind != yaml.ScalarNode {
		return
	}
	r.facts.forget(path)
	if why, ok := strings.CutPrefix(n.LineComment, guessMark); ok {
		where := fmt.Sprintf("%s:%d", r.src.name, n.Line)
		r.facts.guesses = append(r.facts.guesses, Guess{path, n.Value, strings.TrimSpace(why), where})
	}
}

// forget drops the guesses at and below a path.
func (f *facts) forget(path string) {
	kept := f.guesses[:0]
	for _, g := range f.guesses {
		if g.Path != path && !strings.HasPrefix(g.Path, path+".") {
			kept = append(kept, g)
		}
	}
	f.guesses = kept
}

// pairs are the entries of a mapping, in order.
func (r *reader) pairs(n *yaml.Node, path string) ([]pair, error) {
	if n.Kind != yaml.MappingNode {
		return nil, r.fail(n, "write its keys below it, one a line, indented", "%s takes a mapping, not %s", last(path), shape(n))
	}
	var all []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		for _, p := range all {
			if p.key.Value == key.Value {
				return nil, r.fail(key, fmt.Sprintf("it stands in line %d too; keep one", p.key.Line), "key %q is given twice", key.Value)
			}
		}
		all = append(all, pair{key, n.Content[i+1]})
	}
	return all, nil
}

// take removes the entry of a key.
func take(pairs []pair, key string) (*yaml.Node, []pair) {
	for i, p := range pairs {
		if p.key.Value == key {
			return p.value, append(pairs[:i:i], pairs[i+1:]...)
		}
	}
	return nil, pairs
}

// fill sets the fields of a struct from the entries of a mapping. Other keys of
// the struct keep the values that they have.
func (r *reader) fill(pairs []pair, v reflect.Value, path string, more ...string) error {
	fields := fieldsOf(v.Type())
	for _, p := range pairs {
		f, ok := find(fields, p.key.Value)
		if !ok {
			return r.fail(p.key, misplaced(p.key.Value, fields, more), "unknown key %q", p.key.Value)
		}
		if err := r.value(p.value, v.FieldByIndex(f.index), join(path, f.key), f); err != nil {
			return err
		}
	}
	return nil
}

// mapping fills a struct from all of its keys.
func (r *reader) mapping(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.MappingNode {
		known := strings.Join(keysOf(fieldsOf(v.Type())), ", ")
		return r.fail(n, "write its keys below it, one a line, indented: "+known, "%s takes a mapping, not %s", last(path), shape(n))
	}
	pairs, err := r.pairs(n, path)
	if err != nil {
		return err
	}
	return r.fill(pairs, v, path)
}

func find(fields []field, key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// misplaced is the hint for an unknown key: the key that was meant, or the
// mapping that it belongs into, or all that would do.
func misplaced(key string, fields []field, more []string) string {
	known := append(keysOf(fields), more...)
	if nearest(key, known) == "" {
		for _, f := range fields {
			if f.of.Kind() != reflect.Struct {
				continue
			}
			if _, ok := find(fieldsOf(f.of), key); ok {
				return fmt.Sprintf("%s is a key of %q: write it below that", key, f.key)
			}
		}
	}
	return suggest(key, known)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// list fills a slice. Bounds of the field count elements.
func (r *reader) list(n *yaml.Node, v reflect.Value, path string, f field) error {
	if n.Kind != yaml.SequenceNode {
		return r.fail(n, "write a list: [one, other], or one a line behind dashes", "%s takes a list, not %s", last(path), shape(n))
	}
	least, most := f.bounds()
	if count := uint64(len(n.Content)); count < least || count > most {
		return r.fail(n, last(path)+" takes "+f.legal()+" of them", "%d in %s", count, last(path))
	}
	r.facts.forget(path)
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if name := called(c); name != "" {
			if _, ok := kindOf(v.Type().Elem()); ok {
				at = join(path, name)
			}
		}
		x := v.Index(i)
		if err := r.value(c, x, at, field{key: last(at), of: x.Type()}); err != nil {
			return err
		}
		if x.Kind() == reflect.Struct {
			if err := r.complete(c, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// scalar fills a single value.
func (r *reader) scalar(n *yaml.Node, v reflect.Value, path string, f field) error {
	key := last(path)
	if n.Kind != yaml.ScalarNode {
		return r.fail(n, key+" takes "+f.takes(), "%s takes one value, not %s", key, shape(n))
	}
	if n.Tag == "!!null" && n.Style == 0 {
		return r.fail(n, key+" takes "+f.takes(), "%s has no value", key)
	}
	switch {
	case options(v.Type()) != nil:
		return r.word(n, v, key)
	case v.Kind() == reflect.Bool:
		if n.Tag != "!!bool" {
			return r.fail(n, "write true or false", "%s is yes or no, not %q", key, n.Value)
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
		return nil
	case v.Kind() == reflect.String:
		text, err := r.text(n, key)
		if err != nil {
			return err
		}
		least, most := f.bounds()
		if count := uint64(len([]rune(text))); count < least || count > most {
			return r.fail(n, key+" takes "+f.legal()+" characters", "%s has %d characters", key, count)
		}
		v.SetString(text)
		return nil
	}
	return r.number(n, v, key, f)
}

// text is the value of a scalar that must be text.
func (r *reader) text(n *yaml.Node, key string) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", r.fail(n, "", "%s takes text, not %s", key, shape(n))
	}
	if n.Tag != "!!str" {
		return "", r.fail(n, fmt.Sprintf("if it is meant, put it in quotes: %q", n.Value), "%s takes text, not %s", key, shape(n))
	}
	if strings.IndexFunc(n.Value, func(c rune) bool { return c < ' ' || c == 0x7f }) >= 0 {
		return "", r.fail(n, "write it on one line", "%s holds a line break or another control character", key)
	}
	return n.Value, nil
}

// word picks one of the options of a type, by its own word or another that the
// type knows for it.
func (r *reader) word(n *yaml.Node, v reflect.Value, key string) error {
	words, value := options(v.Type()), n.Value
	if a, ok := v.Interface().(interface{ Alias(string) string }); ok {
		value = cmp.Or(a.Alias(value), value)
	}
	for i, w := range words {
		if w != value {
			continue
		}
		if l, ok := v.Addr().Interface().(*raid.Level); ok {
			*l = levels[i]
			return nil
		}
		u := v.Addr().Interface().(interface{ UnmarshalText([]byte) error })
		return u.UnmarshalText([]byte(w))
	}
	return r.fail(n, suggest(n.Value, words), "%s cannot be %q", key, n.Value)
}

// number reads a quantity and holds it to its range.
func (r *reader) number(n *yaml.Node, v reflect.Value, key string, f field) error {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && f.unit != unitBytes && f.unit != unitRate && f.unit != unitDuration {
		return r.fail(n, "leave the quotes away", "%s takes a number, not text", key)
	}
	got, err := quantity(n.Value, f.unit)
	if err != nil {
		return r.fail(n, key+" takes "+f.takes(), "%s: %v", key, err)
	}
	if least, most := f.bounds(); got < least || got > most {
		return r.fail(n, key+" takes "+f.legal(), "%s is out of range: %s", key, n.Value)
	}
	if v.CanInt() {
		v.SetInt(int64(got))
	} else {
		v.SetUint(got)
	}
	return nil
}

// takes says what a value of the field looks like.
func (f field) takes() string {
	switch {
	case options(f.of) != nil:
		return "one of " + strings.Join(options(f.of), ", ")
	case f.of.Kind() == reflect.Bool:
		return "true or false"
	case f.of.Kind() == reflect.String:
		return "text"
	}
	say := takes(f.unit)
	if legal := f.legal(); legal != "" {
		say += "; " + legal
	}
	return say
}

// shape says what stands there instead of what is wanted.
func shape(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	case n.Tag == "!!int", n.Tag == "!!float":
		return "the number " + n.Value
	case n.Tag == "!!bool":
		return "the truth value " + n.Value
	case n.Tag == "!!timestamp":
		return "the date " + n.Value
	}
	return fmt.Sprintf("the text %q", n.Value)
}

// complete tells whether every quantity that cannot be zero was given.
func (r *reader) complete(n *yaml.Node, v reflect.Value) error { return r.completeBelow(n, v, "") }

// completeBelow names keys by their path below the mapping that n is. A preset
// inside has been checked by itself; here it only must be there.
func (r *reader) completeBelow(n *yaml.Node, v reflect.Value, path string) error {
	for _, f := range fieldsOf(v.Type()) {
		at, x := join(path, f.key), v.FieldByIndex(f.index)
		if kind, ok := kindOf(f.of); ok {
			if x.FieldByName("Name").String() == "" {
				return r.fail(n, f.doc+"; "+suggestPreset(kind), "key %q is missing", at)
			}
			continue
		}
		least, _ := f.bounds()
		absent := false
		switch x.Kind() {
		case reflect.Struct:
			if err := r.completeBelow(n, x, at); err != nil {
				return err
			}
		case reflect.Slice, reflect.String:
			absent = uint64(x.Len()) < least
		default:
			absent = least > 0 && x.IsZero()
		}
		if absent && f.applies(v) {
			hint := f.key + ": " + f.doc
			if f.unit != "" {
				hint += "; " + f.takes()
			}
			return r.fail(n, hint, "key %q is missing", at)
		}
	}
	return nil
}

// duration reads a duration outside of a struct.
func (r *reader) duration(n *yaml.Node, key, least, most string) (time.Duration, error) {
	var d time.Duration
	f := field{key: key, unit: unitDuration, min: least, max: most, of: durationType}
	err := r.scalar(n, reflect.ValueOf(&d).Elem(), key, f)
	return d, err
}
