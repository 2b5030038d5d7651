package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPackageComments(t *testing.T) { holds(t, packageComments) }

// packageComments wants the comment of the form that go doc expects.
func packageComments(t *tree) []string {
	var problems []string
	sources := t.sources()
	for _, dir := range slices.Sorted(maps.Keys(sources)) {
		form := "Package " + sources[dir][0].syntax.Name.Name + " "
		if strings.HasPrefix(dir, "cmd/") {
			form = "Command " + path.Base(dir) + " "
		}
		if !slices.ContainsFunc(sources[dir], func(f *file) bool {
			return strings.HasPrefix(f.syntax.Doc.Text(), form)
		}) {
			problems = append(problems, fmt.Sprintf("%s: no package comment that begins with %q", dir, form))
		}
	}
	return problems
}

func TestPackageComments_Mutants(t *testing.T) {
	catches(t, packageComments, []mutant{
		{"none", map[string]string{"sim/a.go": "package sim\n"}, `sim: no package comment that begins with "Package sim "`},
		{"of a test only", map[string]string{
			"sim/a.go": "package sim\n", "sim/a_test.go": "// Package sim is.\npackage sim\n",
		}, "sim: no package comment"},
		{"of another package", map[string]string{"sim/a.go": "// Package cache is.\npackage sim\n"}, "sim: no package comment"},
		{"detached", map[string]string{"sim/a.go": "// Package sim is.\n\npackage sim\n"}, "sim: no package comment"},
		{"command", map[string]string{"cmd/tbraid/main.go": "// Command tbraid is.\npackage main\n"}, ""},
	})
}

func TestDeadFiles(t *testing.T) { holds(t, deadFiles) }

// deadFiles finds what nobody can want: empty directories, packages without
// code or tests, and files without a declaration.
func deadFiles(t *tree) []string {
	var problems []string
	for _, dir := range t.empty {
		problems = append(problems, dir+": empty directory")
	}
	alive := map[string]bool{}
	for i := range t.files {
		f := &t.files[i]
		if f.syntax == nil {
			continue
		}
		declares := slices.ContainsFunc(f.syntax.Decls, func(d ast.Decl) bool {
			g, ok := d.(*ast.GenDecl)
			return !ok || g.Tok != token.IMPORT
		})
		alive[f.dir()] = alive[f.dir()] || declares
		if !declares && path.Base(f.name) != "doc.go" {
			problems = append(problems, f.name+": declares nothing")
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(alive)) {
		if !alive[dir] {
			problems = append(problems, dir+": package without code or tests")
		}
	}
	return problems
}

func TestDeadFiles_Mutants(t *testing.T) {
	catches(t, deadFiles, []mutant{
		{"empty directory", map[string]string{"docs/decisions/": ""}, "docs/decisions: empty directory"},
		{"comment only", map[string]string{"sim/a.go": "package sim\n\n// func gone() {}\n"}, "sim/a.go: declares nothing"},
		{"imports only", map[string]string{"sim/a.go": "package sim\n\nimport _ \"fmt\"\n"}, "sim/a.go: declares nothing"},
		{"comments only in a test", map[string]string{"sim/a_test.go": "package sim\n"}, "sim/a_test.go: declares nothing"},
		{"doc.go alone", map[string]string{"sim/doc.go": "// Package sim is.\npackage sim\n"}, "sim: package without code or tests"},
		{"doc.go and tests", map[string]string{
			"sim/doc.go": "// Package sim is.\npackage sim\n", "sim/a_test.go": "package sim\n\nvar a int\n",
		}, ""},
	})
}

func TestLeftovers(t *testing.T) { holds(t, leftovers) }

// The words are put together here, so that this file does not find itself.
var (
	notes    = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"}, "|") + `)\b`)
	machines = regexp.MustCompile(`(^|[^\w.~-])/(` + "work|home|root" + `)/`)
	registry = regexp.MustCompile(strings.Join([]string{
		`proxy\.` + `golang\.org`, `sum\.` + `golang\.org`, `goproxy\.` + `(io|cn)`, `registry\.` + `(npmjs\.org|yarnpkg\.com)`,
		`pypi\.` + `org`, `files\.` + `pythonhosted\.org`, `(static\.|index\.)?crates\.` + `io`, `registry-1\.` + `docker\.io`,
		`rubygems\.` + `org`, `repo1?\.` + `maven\.(apache\.)?org`, `artifact` + `ory\.`,
	}, "|"))
)

// leftovers finds notes to oneself in Go files, and in every text file paths of
// a developer's machine and hosts of package registries: a clone must neither
// look for the one nor depend on the other. go.sum belongs to the go command.
func leftovers(t *tree) []string {
	var problems []string
	for i := range t.files {
		f := &t.files[i]
		if f.name == "go.sum" || f.binary() {
			continue
		}
		for n, line := range bytes.Split(f.text, []byte("\n")) {
			report := func(what string, found []byte) {
				if found != nil {
					problems = append(problems, fmt.Sprintf("%s:%d: %s: %s", f.name, n+1, what, bytes.TrimSpace(found)))
				}
			}
			if path.Ext(f.name) == ".go" {
				report("note to oneself", notes.Find(line))
			}
			report("path of somebody's machine", machines.Find(line))
			report("host of a package registry", registry.Find(line))
		}
	}
	return problems
}

func TestLeftovers_Mutants(t *testing.T) {
	one := func(name, text string) map[string]string { return map[string]string{name: text} }
	comment := func(word string) map[string]string { return one("sim/a.go", "package sim\n\n// "+word+": later\n") }
	const slash = "/"
	catches(t, leftovers, []mutant{
		{"to do", comment("TO" + "DO"), "sim/a.go:3: note to oneself: TO" + "DO"},
		{"fix me", comment("FIX" + "ME"), "note to oneself"},
		{"three x", comment("XX" + "X"), "note to oneself"},
		{"hack", comment("HA" + "CK"), "note to oneself"},
		{"part of a word", comment("HA" + "CKNEY"), ""},
		{"path in a script", one(".ci/run", "cd "+slash+"work/main\n"), ".ci/run:1: path of somebody's machine"},
		{"path in YAML", one("a.yaml", "x: 1\nfile: "+slash+"home/me/x\n"), "a.yaml:2: path of somebody's machine"},
		{"path at the start", one("a.txt", slash+"root/go\n"), "a.txt:1: path of somebody's machine"},
		{"path in a URL", one("a.txt", "file:/"+slash+slash+"home/me/x\n"), "a.txt:1: path of somebody's machine"},
		{"path within a path", one("a.txt", "host"+slash+"work/load\n"), ""},
		{"registry", one("README.md", "GOPROXY=https://proxy."+"golang.org\n"), "README.md:1: host of a package registry"},
		{"registry of another language", one("a.txt", "pypi."+"org\n"), "host of a package registry"},
		{"go.sum", one("go.sum", "sum."+"golang.org\n"), ""},
		{"binary", one("a.bin", "\x00 "+slash+"work/main\n"), ""},
	})
}
