package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"tbraid/lab"
)

// CSV writes one row for each command line of each run, controls included, in the
// form of RFC 4180; a run without one has a row of its own. The columns are the
// fields of the JSON that are one value, by their names there: scenario.seed,
// loss.violation_bytes, tools.latency_ns.p99. Lists stay in the JSON. A value that
// a run does not have is empty.
func CSV(w io.Writer, r *lab.Result) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	scenario := leavesOf(reflect.TypeFor[lab.ScenarioInfo](), "scenario.", nil)
	runs := leavesOf(reflect.TypeFor[lab.Run](), "", nil)
	tools := leavesOf(reflect.TypeFor[lab.Tool](), "tools.", nil)
	if err := out.Write(slices.Concat(leafNames(scenario), leafNames(runs), leafNames(tools))); err != nil {
		return err
	}
	all := slices.Concat(r.Runs, r.Controls)
	for i := range all {
		run := &all[i]
		head := slices.Concat(leafValues(scenario, reflect.ValueOf(r.Scenario)), leafValues(runs, reflect.ValueOf(*run)))
		for j := range max(len(run.Tools), 1) {
			row := append(head[:len(head):len(head)], make([]string, len(tools))...)
			if j < len(run.Tools) {
				copy(row[len(head):], leafValues(tools, reflect.ValueOf(run.Tools[j])))
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// leaf is a field that is one value, some levels down.
type leaf struct {
	name string
	path []int
}

// leavesOf lists those of a struct, in the order of the JSON and by the names there.
func leavesOf(t reflect.Type, prefix string, path []int) []leaf {
	var all []leaf
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := append(path[:len(path):len(path)], i)
		of := f.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "":
			all = append(all, leavesOf(of, prefix, at)...)
		case of.Kind() == reflect.Struct:
			all = append(all, leavesOf(of, prefix+name+".", at)...)
		case of.Kind() != reflect.Slice && of.Kind() != reflect.Map:
			all = append(all, leaf{prefix + name, at})
		}
	}
	return all
}

func leafNames(all []leaf) []string {
	var out []string
	for _, l := range all {
		out = append(out, l.name)
	}
	return out
}

// leafValues are those of the leaves; what is not there is empty.
func leafValues(all []leaf, of reflect.Value) []string {
	out := make([]string, len(all))
	for i, l := range all {
		v := of
		for _, k := range l.path {
			if v.Kind() == reflect.Pointer && !v.IsNil() {
				v = v.Elem()
			}
			if v.Kind() == reflect.Pointer {
				break
			}
			v = v.Field(k)
		}
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				continue
			}
			v = v.Elem()
		}
		out[i] = fmt.Sprint(v.Interface())
	}
	return out
}
