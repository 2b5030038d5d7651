package configs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"tbraid/controller/raid"
	"tbraid/sim/power"

	"gopkg.in/yaml.v3"
)

// Resolved is the scenario with every preset written out and every assignment
// carried out, as YAML that Parse reads back to the same scenario. It depends on
// no preset, so a result that holds it can be replayed by a later version.
func (s *Scenario) Resolved() []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(s.node())
	if err != nil {
		panic(err) // the tree is ours
	}
	return b.Bytes()
}

// ResolvedJSON is Resolved as JSON, keys in the same order.
func (s *Scenario) ResolvedJSON() json.RawMessage { return appendJSON(nil, s.node()) }

// ParseJSON reads what ResolvedJSON has written, to the same scenario; file names
// it. JSON has quotes around 80% and 5s, which a scenario has not.
func ParseJSON(file string, data []byte) (*Scenario, error) {
	var flat bytes.Buffer
	if err := json.Compact(&flat, data); err != nil {
		return nil, &Error{File: file, Message: "this is no JSON: " + err.Error()}
	}
	var top yaml.Node
	if err := yaml.Unmarshal(flat.Bytes(), &top); err != nil {
		return nil, &Error{File: file, Message: err.Error()}
	}
	unquote(&top)
	text, err := yaml.Marshal(&top)
	if err != nil {
		return nil, &Error{File: file, Message: err.Error()}
	}
	return Parse(file, text, nil)
}

// unquote writes a tree as people do; texts that look like numbers keep their quotes.
func unquote(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		unquote(c)
	}
}

// Digest is the SHA-256 of Resolved, in hex: equal digests give equal results.
func (s *Scenario) Digest() string {
	sum := sha256.Sum256(s.Resolved())
	return hex.EncodeToString(sum[:])
}

func (s *Scenario) node() *yaml.Node {
	n := encode(reflect.ValueOf(s).Elem(), "")
	for i, c := range s.Controls {
		list := child(n, "controls")
		list.Content[i] = c.node(s)
	}
	return n
}

// node leaves the box out where it is that of the scenario.
func (c *Control) node(s *Scenario) *yaml.Node {
	n := mapping()
	put(n, "name", scalar(c.Name))
	if c.Title != "" {
		put(n, "title", scalar(c.Title))
	}
	put(n, "case", scalar(c.Case))
	if len(c.Events) > 0 {
		put(n, "events", encode(reflect.ValueOf(c.Events), ""))
	}
	put(n, "host", encode(reflect.ValueOf(c.Host), ""))
	put(n, "policy", encode(reflect.ValueOf(c.Policy), ""))
	if c.Box != s.Box {
		put(n, "box", encode(reflect.ValueOf(c.Box), ""))
	}
	return n
}

// node writes the step under the one key that says what it is.
func (s Step) node() *yaml.Node {
	n := mapping()
	switch s.Kind {
	case Prefill:
		p := mapping()
		put(p, "extent", scalar(fmt.Sprintf("%d+%s", s.Extent.Start, formatBytes(s.Extent.Bytes()))))
		for _, c := range contents {
			if c.is == s.Content {
				put(p, "with", scalar(c.word))
			}
		}
		put(n, stepPrefill, p)
	case Run:
		put(n, stepRun, scalar(s.Tool.Line))
	case Wait:
		put(n, stepWait, scalar(formatDuration(s.Wait)))
	case Happen:
		word := s.Event.String()
		if s.Each {
			word = each
		}
		put(n, stepEvent, scalar(word))
	}
	return n
}

// encode writes a value in the notation that value reads. Empty texts and lists are
// left out, and zeros of fields with the tag omit:"zero"; other zeros are written.
func encode(v reflect.Value, unit string) *yaml.Node {
	switch x := v.Interface().(type) {
	case Step:
		return x.node()
	case Assert:
		return scalar(x.Text)
	case power.Sequence:
		return scalar(x.String())
	case power.Cut:
		return scalar(x.String())
	case time.Duration:
		return scalar(formatDuration(x))
	case raid.Level:
		return literal(levelWord(x), "!!int")
	case interface {
		fmt.Stringer
		Options() []string
	}:
		return scalar(x.String())
	}
	switch v.Kind() {
	case reflect.Struct:
		return encodeStruct(v)
	case reflect.Slice:
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i := range v.Len() {
			list.Content = append(list.Content, encode(v.Index(i), ""))
		}
		return list
	case reflect.Bool:
		return literal(strconv.FormatBool(v.Bool()), "!!bool")
	case reflect.String:
		return scalar(v.String())
	}
	var n uint64
	if v.CanInt() {
		n = uint64(v.Int())
	} else {
		n = v.Uint()
	}
	if unit == unitBytes || unit == unitRate || unit == unitPercent {
		return scalar(formatQuantity(n, unit))
	}
	return literal(strconv.FormatUint(n, 10), "!!int")
}

func encodeStruct(v reflect.Value) *yaml.Node {
	n := mapping()
	_, preset := kindOf(v.Type())
	if _, isCase := v.Interface().(Case); preset || isCase {
		put(n, "name", scalar(v.FieldByName("Name").String()))
	}
	for _, f := range fieldsOf(v.Type()) {
		x := v.FieldByIndex(f.index)
		if (x.Kind() == reflect.Slice || x.Kind() == reflect.String) && x.Len() == 0 || !f.applies(v) ||
			f.omitted && x.IsZero() {
			continue
		}
		put(n, f.key, encode(x, f.unit))
	}
	return n
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func scalar(text string) *yaml.Node { return literal(text, "!!str") }

func literal(text, tag string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

func put(n *yaml.Node, key string, value *yaml.Node) {
	n.Content = append(n.Content, scalar(key), value)
}

// child is the value of a key that is there.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	panic("configs: no key " + key)
}

func appendJSON(dst []byte, n *yaml.Node) []byte {
	switch {
	case n.Kind == yaml.MappingNode:
		dst = append(dst, '{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSON(dst, n.Content[i]), ':')
			dst = appendJSON(dst, n.Content[i+1])
		}
		return append(dst, '}')
	case n.Kind == yaml.SequenceNode:
		dst = append(dst, '[')
		for i, c := range n.Content {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, c)
		}
		return append(dst, ']')
	case n.Tag == "!!int" || n.Tag == "!!bool":
		return append(dst, n.Value...)
	}
	text, err := json.Marshal(n.Value)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return append(dst, text...)
}
