package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/lab/diagnose"
	"tbraid/sim/ledger"
)

// described are the types of the JSON that has a schema.
var described = map[string]struct {
	title string
	of    any
}{
	"result":    {"what tbraid run writes as JSON: " + lab.Schema, lab.Result{}},
	"diagnosis": {"what tbraid diagnose writes as JSON: " + diagnose.Schema, diagnose.Result{}},
	"curves":    {"what tbraid curve writes as JSON: " + lab.CurvesSchema, lab.Curves{}},
	"ledger":    {"a line of what tbraid run writes as NDJSON: " + lab.LedgerSchema, LedgerLine{}},
}

// reflected is the schema of a Go type, with the comments of its source. Fields
// are only ever added, so others than these are allowed.
func reflected(t *testing.T, name string) []byte {
	t.Helper()
	r := &jsonschema.Reflector{AllowAdditionalProperties: true, Anonymous: true, Mapper: func(of reflect.Type) *jsonschema.Schema {
		if of.Kind() >= reflect.Uint && of.Kind() <= reflect.Uint64 {
			return &jsonschema.Schema{Type: "integer", Minimum: "0"}
		}
		return nil
	}}
	for _, dir := range []string{"lab", "configs"} {
		if err := r.AddGoComments("tbraid", "../../"+dir, jsonschema.WithFullComment()); err != nil {
			t.Fatal(err)
		}
	}
	comments := map[string]string{}
	for key, comment := range r.CommentMap { // by the folder, as seen from here
		comments[strings.Replace(key, "../", "tbraid/", 1)] = strings.Join(strings.Fields(comment), " ")
	}
	r.CommentMap = comments
	s := r.Reflect(described[name].of)
	s.Title = described[name].title
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// The published schemas are those of the types: -update writes them anew.
func TestSchemas_AreThoseOfTheTypes(t *testing.T) {
	for name := range described {
		golden(t, "../schema/"+name+".json", reflected(t, name))
	}
	if len(Schemas()) != len(described) {
		t.Errorf("%v: %d types", Schemas(), len(described))
	}
}

// compiled is a published schema, as a validator that knows nothing of the types
// sees it; strict refuses fields that it does not name.
func compiled(t *testing.T, name string, strict bool) *validator.Schema {
	t.Helper()
	text, ok := Schema(name)
	if !ok {
		t.Fatalf("no schema %s", name)
	}
	doc, err := validator.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		closeObjects(doc)
	}
	c := validator.NewCompiler()
	if err := c.AddResource(name+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// closeObjects lets every object have the properties that are named, and no other.
func closeObjects(doc any) {
	switch v := doc.(type) {
	case map[string]any:
		if _, ok := v["properties"]; ok {
			v["additionalProperties"] = false
		}
		for _, part := range v {
			closeObjects(part)
		}
	case []any:
		for _, part := range v {
			closeObjects(part)
		}
	}
}

func instance(t *testing.T, text []byte) any {
	t.Helper()
	v, err := validator.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Results of all kinds pass their schema, which then allows no field that it does
// not name.
func TestSchemas_RealResults(t *testing.T) {
	strict := compiled(t, "result", true)
	validates := func(name string, r *lab.Result) {
		var b bytes.Buffer
		if err := JSON(&b, r); err != nil {
			t.Fatal(err)
		}
		if err := strict.Validate(instance(t, b.Bytes())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	validates("forum", forum()) // rivals, controls, tool errors
	for _, c := range []struct {
		name string
		sets []string
		o    lab.Options
	}{
		{"small", nil, lab.Options{Fates: true, Sweep: true}},
		{"small", []string{"cut=worst", "policies=[wb-ack-only]"}, lab.Options{}},
		{"small", []string{"cut=3ms", "policies=[wb-ack-only]"}, lab.Options{Ledger: ledger.Off}},
		{"write-hole", []string{"policies=[wb-age-4s]"}, lab.Options{Fates: true}}, // no events of its own
		{"battery", nil, lab.Options{}},
	} {
		r, err := lab.Simulate(loaded(t, c.name, c.sets...), c.o)
		if err != nil {
			t.Fatal(err)
		}
		validates(fmt.Sprint(c.name, c.sets), r)
	}
	swept, err := lab.Sweeps(loaded(t, "small"), lab.SweepOptions{Tail: lab.DefaultTail})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := CurvesJSON(&b, swept); err != nil {
		t.Fatal(err)
	}
	if err := compiled(t, "curves", true).Validate(instance(t, b.Bytes())); err != nil {
		t.Error(err)
	}
}

func loaded(t *testing.T, name string, sets ...string) *configs.Scenario {
	t.Helper()
	s, err := configs.Load(name, nil, sets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A schema that lets everything pass would be none.
func TestSchemas_Refuse(t *testing.T) {
	open := compiled(t, "result", false)
	var b bytes.Buffer
	if err := JSON(&b, forum()); err != nil {
		t.Fatal(err)
	}
	at := func(v any, path ...any) any {
		for _, p := range path {
			switch k := p.(type) {
			case string:
				v = v.(map[string]any)[k]
			case int:
				v = v.([]any)[k]
			}
		}
		return v
	}
	for name, spoil := range map[string]func(doc any){
		"a size in words":    func(doc any) { at(doc, "runs", 0).(map[string]any)["acked_bytes"] = "64 MiB" },
		"a negative size":    func(doc any) { at(doc, "runs", 0, "loss").(map[string]any)["violation_bytes"] = json.Number("-1") },
		"a broken number":    func(doc any) { at(doc, "runs", 0).(map[string]any)["event_ns"] = json.Number("1.5") },
		"no runs":            func(doc any) { delete(doc.(map[string]any), "runs") },
		"a run without loss": func(doc any) { delete(at(doc, "runs", 3).(map[string]any), "loss") },
		"a nameless cause":   func(doc any) { delete(at(doc, "runs", 4, "causes", 0).(map[string]any), "name") },
	} {
		doc := instance(t, b.Bytes())
		if err := open.Validate(doc); err != nil {
			t.Fatal(err)
		}
		if spoil(doc); open.Validate(doc) == nil {
			t.Errorf("%s passes", name)
		}
	}
	later := instance(t, b.Bytes())
	later.(map[string]any)["added_later"] = true
	if err := open.Validate(later); err != nil {
		t.Errorf("a field that is added later: %v", err)
	}
}
