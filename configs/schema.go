package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"tbraid/sim/power"
)

// schemaURI names the form of a scenario file. Keys are only ever added.
const schemaURI = "urn:tbraid:scenario:1"

// object is a JSON Schema.
type object = map[string]any

// described is implemented by the values with a notation of their own: it says what
// their read takes.
type described interface {
	schema(*schemas) object
}

// schemas collects the schemas of presets, each once.
type schemas struct{ defs object }

// Schema is the JSON Schema (draft 2020-12) of a scenario file: what an editor
// completes and underlines. It is made from the same declarations as the reader, so
// that a key which the reader takes is in it. What the reader refuses beyond it is
// what takes more than one value to see, and ranges of quantities with a unit.
func Schema() []byte {
	g := &schemas{defs: object{}}
	top := g.mapping(Scenarios.of(), "base", "name")
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["$id"] = schemaURI
	top["title"] = "Scenario of tbraid"
	top["properties"].(object)["base"] = presetName(Scenarios, "a preset that this scenario starts from; what is given here replaces what that says")
	top["properties"].(object)["name"] = label("of the scenario, for tables; else that of the file")
	top["anyOf"] = []object{{"required": []string{"base"}}, {"required": g.required(Scenarios.of())}}
	top["not"] = object{"required": []string{"steps", "cases"}}
	top["$defs"] = g.defs
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(top); err != nil {
		panic(err) // it holds texts and numbers only
	}
	return b.Bytes()
}

// of is the schema of what a key takes, without words about it.
func (g *schemas) of(t reflect.Type, f field) object {
	own := reflect.New(t).Interface()
	if d, ok := own.(described); ok {
		return d.schema(g)
	}
	if _, reads := own.(self); reads {
		panic(fmt.Sprintf("configs: %v has a notation of its own, and no schema of it", t))
	}
	switch reflect.Zero(t).Interface().(type) {
	case power.Sequence:
		return eventSchema()
	case power.Cut:
		return object{"type": "string", "pattern": "^(" + strings.Join([]string{`\+?` + durationForm, "worst", power.EveryCut}, "|") + ")$"}
	}
	if kind, ok := kindOf(t); ok {
		return g.preset(kind)
	}
	switch {
	case options(t) != nil:
		return choice(t)
	case t.Kind() == reflect.Struct:
		return g.mapping(t)
	case t.Kind() == reflect.Slice:
		return g.list(t, f)
	case t.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	case t.Kind() == reflect.String:
		return text(f)
	}
	return f.number()
}

// mapping is the schema of a struct: its keys, no others but more.
func (g *schemas) mapping(t reflect.Type, more ...string) object {
	keys := object{}
	for _, f := range fieldsOf(t) {
		s := g.of(f.of, f)
		words := f.doc
		if f.unit != "" {
			words += "; " + f.takes()
		}
		if _, shared := s["$ref"]; shared || s["description"] == nil {
			s["description"] = words
		}
		keys[f.key] = s
	}
	for _, key := range more {
		keys[key] = true
	}
	return object{"type": "object", "properties": keys, "additionalProperties": false}
}

// list is the schema of a slice. A mapping in it is complete, for it refines nothing.
func (g *schemas) list(t reflect.Type, f field) object {
	item := g.of(t.Elem(), field{of: t.Elem()})
	if _, preset := kindOf(t.Elem()); preset {
		item["anyOf"] = []object{{"type": "string"}, {"required": []string{"base"}}, {"required": []string{"name"}}}
	} else if item["type"] == "object" {
		if keys := g.required(t.Elem()); item["required"] == nil && len(keys) > 0 {
			item["required"] = keys
		}
	}
	s := object{"type": "array", "items": item}
	least, most := f.bounds()
	if least > 0 {
		s["minItems"] = least
	}
	if f.max != "" {
		s["maxItems"] = most
	}
	return s
}

// required are the keys that a mapping which starts from nothing must have; see
// complete.
func (g *schemas) required(t reflect.Type) []string {
	var all []string
	for _, f := range fieldsOf(t) {
		_, preset := kindOf(f.of)
		least, _ := f.bounds()
		kind, _, only := strings.Cut(f.doc, ": ")
		some := only && t == Disks.of() && (kind == "hdd" || kind == "ssd") // see applies
		switch {
		case preset, least > 0 && !some, f.of.Kind() == reflect.Struct && len(g.required(f.of)) > 0:
			all = append(all, f.key)
		}
	}
	return all
}

// preset is the schema of a key that takes the name of a preset or a mapping.
func (g *schemas) preset(kind Kind) object {
	ref := object{"$ref": "#/$defs/" + kind.one()}
	if g.defs[kind.one()] != nil {
		return ref
	}
	g.defs[kind.one()] = object{} // it is on its way
	m := g.mapping(kind.of())
	m["properties"].(object)["base"] = presetName(kind, "a preset that this one starts from")
	m["properties"].(object)["name"] = object{"type": "string", "pattern": nameForm.String(), "maxLength": nameLength,
		"description": "what reports call it; else the name of its base, and " + custom}
	g.defs[kind.one()] = object{"anyOf": []object{presetName(kind, "the name of a preset"), m}}
	return ref
}

// presetName is the schema of the name of a preset.
func presetName(kind Kind, words string) object {
	return object{"type": "string", "enum": names(kind), "description": words}
}

// label is the schema of the name of a case, a control or a scenario.
func label(words string) object {
	return object{"type": "string", "pattern": `^\S([^\x00-\x1f\x7f]*\S)?$`, "maxLength": nameLength, "description": words}
}

// line is text without a line break.
const line = `^[^\x00-\x1f\x7f]*$`

func text(f field) object {
	s := object{"type": "string", "pattern": line}
	least, most := f.bounds()
	if least > 0 {
		s["minLength"] = least
	}
	if f.max != "" {
		s["maxLength"] = most
	}
	return s
}

// choice is the schema of words. A word of digits may stand there as a number.
func choice(t reflect.Type) object {
	var all []any
	words := options(t)
	if a, ok := reflect.Zero(t).Interface().(interface{ Aliases() []string }); ok {
		words = append(words[:len(words):len(words)], a.Aliases()...)
	}
	for _, w := range words {
		if n, err := strconv.Atoi(w); err == nil {
			all = append(all, n)
		}
		all = append(all, w)
	}
	return object{"enum": all}
}

// The forms of quantities, as parseBytes and its neighbours take them.
const (
	decimalForm  = `[0-9]+(\.[0-9]+)?`
	durationForm = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*`
)

// number is the schema of a quantity. Its range can be told of a bare number only.
func (f field) number() object {
	forms := map[string]string{
		unitBytes:    decimalForm + ` *` + byteForm(),
		unitRate:     decimalForm + ` *` + byteForm() + ` */s`,
		unitDuration: durationForm,
		unitPercent:  `(0|[1-9][0-9]*) *%`,
	}
	least, most := f.bounds()
	form, ok := forms[f.unit]
	if !ok {
		s := object{"type": "integer", "minimum": least}
		if most < math.MaxInt64 {
			s["maximum"] = most
		}
		return s
	}
	unit := object{"type": "string", "pattern": "^" + form + "$"}
	if least > 0 {
		return unit
	}
	return object{"anyOf": []object{{"enum": []any{0, "0"}}, unit}}
}

// byteForm matches the units of sizes.
func byteForm() string {
	var all []string
	for _, u := range byteUnits {
		all = append(all, u.name)
	}
	return "(" + strings.Join(append(all, "KB"), "|") + ")"
}

// eventSchema completes the plain events and matches all others.
func eventSchema() object {
	var plain, forms []string
	for _, k := range power.Kinds() {
		form := k.Form()
		if bare, _, _ := strings.Cut(form, "["); !strings.Contains(bare, ":") {
			plain = append(plain, bare)
		}
		form = strings.NewReplacer("[/OUTAGE]", "(/"+durationForm+")?", "[:HOST]", "(:[^+/]+)?", ":N", ":[0-9]+").Replace(form)
		forms = append(forms, form)
	}
	one := "(" + strings.Join(forms, "|") + ")"
	return object{"anyOf": []object{
		{"enum": plain},
		{"type": "string", "pattern": fmt.Sprintf(`^%s(\+%s\+%s)*$`, one, durationForm, one)},
	}}
}

// schema is that of read.
func (*Assert) schema(*schemas) object {
	return object{"type": "string", "pattern": line, "examples": []string{"lost(dd,*) == 0", "worst(*,wb-age-4s) <= 16MiB"},
		"description": "METRIC(TOOL,POLICY) OP VALUE"}
}

// schema is that of read.
func (c *Case) schema(g *schemas) object {
	s := g.mapping(reflect.TypeFor[Case](), "name")
	s["properties"].(object)["name"] = label("of the case, for tables")
	s["required"] = append([]string{"name"}, g.required(reflect.TypeFor[Case]())...)
	return s
}

// schema is that of read: one key, which says what the step does.
func (*Step) schema(*schemas) object {
	forms := map[string]object{
		stepPrefill: {"type": "object", "additionalProperties": false, "required": []string{"extent", "with"}, "properties": object{
			"extent": object{"type": "string", "pattern": `^ *(0|[1-9][0-9]*) *\+ *` + decimalForm + ` *` + byteForm() + ` *$`,
				"description": "first block, a plus and a size: 0+256MiB"},
			"with": object{"enum": contentWords()},
		}},
		stepRun:     {"type": "string", "pattern": line, "examples": []string{"dd if=/dev/random of=/dev/" + Device + " bs=1m count=64"}},
		stepWait:    {"type": "string", "pattern": "^" + durationForm + "$"},
		stepEvent:   {"anyOf": []object{{"const": each}, eventSchema()}},
		stepRestart: {"type": "string", "pattern": line},
	}
	keys := object{}
	for _, f := range StepForms() {
		forms[f.Word]["description"] = f.Doc
		keys[f.Word] = forms[f.Word]
	}
	return object{"type": "object", "properties": keys, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}
}

// schema is that of read.
func (*Control) schema(g *schemas) object {
	own := func(kind Kind) object {
		return object{"anyOf": []object{g.preset(kind), {"type": "string"}}, "description": "of the scenario, a preset, or a mapping"}
	}
	keys := object{
		"name":   label("of the control, for tables"),
		"title":  object{"type": "string", "pattern": line, "description": "what is changed, in one line"},
		"case":   object{"type": "string", "description": "the name of the case that is varied"},
		"host":   own(Hosts),
		"policy": own(Policies),
		"box":    g.preset(Boxes),
		"events": object{"type": "array", "minItems": 1, "maxItems": 16, "items": eventSchema(), "description": "what 'event: each' stands for; else as in the scenario"},
		"set": object{"type": "array", "items": object{"type": "string", "pattern": `^(box|host|policy)(\.[^.=]+)*=.+$`},
			"description": "what is changed: box.…=VALUE, host.…=VALUE, policy.…=VALUE"},
	}
	return object{"type": "object", "properties": keys, "additionalProperties": false, "required": []string{"name", "case", "host", "policy"}}
}
