package configs

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// validator is the schema in a library that knows nothing of the reader.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaURI, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaURI)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is a YAML text as a validator takes it; ok is false if it is none.
func instance(text []byte) (v any, ok bool) {
	var y any
	if yaml.Unmarshal(text, &y) != nil {
		return nil, false
	}
	j, err := json.Marshal(y)
	if err != nil {
		return nil, false
	}
	v, err = jsonschema.UnmarshalJSON(bytes.NewReader(j))
	return v, err == nil
}

// A scenario that the reader takes is valid: as it was written, and with every key
// written out.
func TestSchema_TakesEveryScenario(t *testing.T) {
	s := validator(t)
	for _, name := range names(Scenarios) {
		read, err := Load(name, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string][]byte{"as written": []byte(open(Scenarios, name).text), "resolved": read.Resolved()} {
			v, ok := instance(text)
			if !ok {
				t.Fatalf("%s, %s: no YAML", name, what)
			}
			if err := s.Validate(v); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}

// Notations of which the presets have no example.
func TestSchema_TakesWhatTheReaderTakes(t *testing.T) {
	s := validator(t)
	for _, text := range []string{
		"base: small\n",
		"base: small\nname: mine\nseed: 18446744073709551615\n",
		"base: small\nbox: {raid: {level: 6}}\n",
		"base: small\nbox: {raid: {level: \"6\"}}\n",
		"base: small\nbox: {cache: {capacity: 64 MiB}, link: {base: tb3, rate: 2.5 GB/s}}\n",
		"base: small\nbox: {disk: {tear: 4KiB}}\n",
		"base: small\npolicies: [{base: wb-flush-all, destage: {age: 1h2m3.5s, high: 80 %, low: 0, order: cscan}}]\n",
		"base: small\npolicies: [{base: wb-flush-all, name: mine, destage: {interval: 0, idle: \"0\", order: lrw}}]\n",
		"base: small\nevents: [box-power/73h, cable/1m30s, restart:dext, disk-power:3/5s, disk-fail:0, firmware-crash]\n",
		"base: small\nevents: [host-power+2s+box-power/1h+1h0m20s+box-power]\n",
		"base: small\ncut: +250ms\n", "base: small\ncut: worst\n", "base: small\ncut: 1.5s\n",
		"base: small\nasserts: [\"lost(dd,*) == 0\"]\n",
		"base: small\nfiles: [{path: /Users/user/a-*.mov, size: 1MiB, count: 3}]\n",
		"base: small\nsteps: [{wait: 1s}, {prefill: {extent: 8 + 1MiB, with: zeros}}, {run: sync}, {restart: kext}, {event: each}]\n",
		"base: small\nvolumes: [{mount: /Volumes/RAID, fs: apfs, label: RAID, start: 40, size: 1GiB}]\ncases: [{name: 繁體, volumes: [], steps: [{event: each}]}]\n",
		"base: small\nname: mine\ncontrols: [{name: c, case: mine, host: kext, policy: wb-vault, box: small-4x4gb-raid5, events: [box-power], set: [policy.host_reset=keep]}]\n",
	} {
		if _, err := Parse("x.yaml", []byte(text), nil); err != nil {
			t.Errorf("the reader refuses\n%s%v", text, err)
		}
		v, ok := instance([]byte(text))
		if err := s.Validate(v); !ok || err != nil {
			t.Errorf("the schema refuses\n%s%v", text, err)
		}
	}
}

// beyond are the bad files whose fault no schema can tell, with the reason.
var beyond = map[string]string{
	"bad-command.yaml":            "the words of a command line",
	"bad-command-quoted.yaml":     "the words of a command line",
	"chunk.yaml":                  "a multiple",
	"contradiction.yaml":          "two keys",
	"control-unknown-case.yaml":   "a name given elsewhere",
	"disk-contradiction.yaml":     "two keys",
	"each-without-events.yaml":    "steps and events",
	"event-member.yaml":           "a number given elsewhere",
	"events-never-happen.yaml":    "steps and events",
	"file-set-without-star.yaml":  "two keys",
	"key-of-other-disk.yaml":      "two keys",
	"more-members-than-bays.yaml": "two keys",
	"missing-quantity.yaml":       "a preset may stand around it",
	"out-of-range.yaml":           "the range of a size with its unit",
	"ppl-chunk.yaml":              "two keys",
	"ppl-on-raid6.yaml":           "two keys",
	"prefill-beyond-volume.yaml":  "the size of the volume",
	"same-name-twice.yaml":        "two names",
	"too-few-members.yaml":        "two keys",
	"undeclared-file.yaml":        "a name given elsewhere",
	"other-disk.yaml":             "the words of a command line",
	"unknown-boot.yaml":           "a name given elsewhere",
	"volume-too-large.yaml":       "the size of the volume",
	"volumes-overlap.yaml":        "two volumes",
	"control-set.yaml":            "the path of an assignment",
	"second-document.yaml":        "YAML",
	"tag.yaml":                    "YAML",
	"anchor.yaml":                 "YAML",
	"merge-key.yaml":              "YAML",
}

// Every file that the reader refuses is invalid, but for those whose fault is not
// one of form.
func TestSchema_RefusesBadFiles(t *testing.T) {
	s := validator(t)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	taken := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := instance(text); ok && s.Validate(v) == nil {
			taken[filepath.Base(file)] = ""
		}
	}
	for _, name := range slices.Sorted(maps.Keys(taken)) {
		if beyond[name] == "" {
			t.Errorf("the schema takes %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(beyond)) {
		if _, ok := taken[name]; !ok {
			t.Errorf("the schema refuses %s, which is said to be beyond it", name)
		}
	}
}

// Each key of each preset kind is in the schema, with its words.
func TestSchema_HasEveryKey(t *testing.T) {
	var top map[string]any
	if err := json.Unmarshal(Schema(), &top); err != nil {
		t.Fatal(err)
	}
	defs := top["$defs"].(map[string]any)
	for _, kind := range Kinds() {
		m := top
		if kind != Scenarios {
			m = defs[kind.one()].(map[string]any)["anyOf"].([]any)[1].(map[string]any)
		}
		for _, k := range Describe(kind) {
			at := m
			for _, word := range strings.Split(k.Path, ".") {
				name, list := strings.CutSuffix(word, "[]")
				next, ok := at["properties"].(map[string]any)[name].(map[string]any)
				if !ok {
					t.Fatalf("%s: no key %s at %q", kind, k.Path, word)
				}
				if at = next; list && strings.HasSuffix(k.Path, word) {
					break
				}
				if list {
					at = at["items"].(map[string]any)
				}
			}
			if d, _ := at["description"].(string); !strings.Contains(d, k.Doc) {
				t.Errorf("%s: %s says %q, want %q in it", kind, k.Path, d, k.Doc)
			}
		}
	}
	var control map[string]any
	_ = json.Unmarshal(mustJSON(t, (&Control{}).schema(&schemas{defs: object{}})), &control)
	got := slices.Sorted(maps.Keys(control["properties"].(map[string]any)))
	if want := slices.Sorted(slices.Values(controlKeys)); !slices.Equal(got, want) {
		t.Errorf("a control has the keys %v, and the schema %v", want, got)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
