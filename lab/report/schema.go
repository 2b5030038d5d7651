package report

import (
	"embed"
	"path"
	"slices"
	"strings"
)

// schemas are JSON Schemas of what is written as JSON. A test makes them from the
// Go types and holds the files to them.
//
//go:embed schema/*.json
var schemas embed.FS

// Schemas lists the names of the JSON Schemas that Schema has.
func Schemas() []string {
	files, _ := schemas.ReadDir("schema") // it is in the binary
	var all []string
	for _, f := range files {
		all = append(all, strings.TrimSuffix(f.Name(), ".json"))
	}
	slices.Sort(all)
	return all
}

// Schema is the JSON Schema (draft 2020-12) of what is written as JSON under that
// name: result, curves, diagnosis, ledger (a line of it).
func Schema(name string) ([]byte, bool) {
	b, err := schemas.ReadFile(path.Join("schema", name+".json"))
	return b, err == nil
}
