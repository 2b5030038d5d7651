package tidy

import (
	"fmt"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"testing"
)

func TestLies(t *testing.T) { holds(t, lies) }

const (
	lieDir    = "internal/mutant"
	lieSwitch = "internal/mutant/on.go"
)

var tagged = regexp.MustCompile(`(?m)^//go:build\b.*\bmutants\b`)

// lies wants every lie of package mutant to stand in one place, as the only
// argument of mutant.Is, and nothing else to know of it: then a build without
// the tag has none, and a test that catches one knows which.
func lies(t *tree) []string {
	var problems []string
	told := map[string]int{}
	sources := t.sources()
	for _, dir := range slices.Sorted(maps.Keys(sources)) {
		for _, f := range sources[dir] {
			if dir == lieDir {
				declared(told, f)
				continue
			}
			if tagged.Match(f.text) {
				problems = append(problems, f.name+": the tag mutants is for tests and "+lieSwitch)
			}
			problems = append(problems, uses(t, told, f)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if n := told[name]; n != 1 {
			problems = append(problems, fmt.Sprintf("%s: mutant.%s stands in %d places, not in one", lieDir, name, n))
		}
	}
	return problems
}

// declared enters the exported constants of a file, but None and Active.
func declared(told map[string]int, f *file) {
	for _, d := range f.syntax.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for _, n := range v.Names {
				if n.IsExported() && n.Name != "None" && n.Name != "Active" {
					told[n.Name] += 0
				}
			}
		}
	}
}

// uses counts the questions of a file, and reports what is not one.
func uses(t *tree, told map[string]int, f *file) []string {
	var problems []string
	asked := map[ast.Node]bool{}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if ofMutant(n.Fun) == "Is" && len(n.Args) == 1 && ofMutant(n.Args[0]) != "" {
				told[ofMutant(n.Args[0])]++
				asked[n.Fun], asked[n.Args[0]] = true, true
			}
		case *ast.SelectorExpr:
			if name := ofMutant(n); name != "" && !asked[n] {
				problems = append(problems, fmt.Sprintf("%s: mutant.%s outside mutant.Is(mutant.Name)", t.at(n), name))
			}
		}
		return true
	})
	return problems
}

// ofMutant is the name that an expression takes from package mutant, or empty.
func ofMutant(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok && x.Name == "mutant" {
			return s.Sel.Name
		}
	}
	return ""
}

func TestLies_Mutants(t *testing.T) {
	with := func(body string) map[string]string {
		return map[string]string{
			"internal/mutant/a.go": "package mutant\ntype M int\nconst (\n\tNone M = iota\n\tEarly\n)\nconst Active = None\n",
			"cache/a.go":           "package cache\nimport \"tbraid/internal/mutant\"\n" + body,
		}
	}
	const once = "func f() bool { return mutant.Is(mutant.Early) }\n"
	catches(t, lies, []mutant{
		{"once", with(once), ""},
		{"never", with("func f() {}"), "mutant.Early stands in 0 places"},
		{"twice", with(once + "func g() bool { return mutant.Is(mutant.Early) }"), "mutant.Early stands in 2 places"},
		{"of no name", with(once + "func g() bool { return mutant.Is(3) }"), "cache/a.go:4: mutant.Is outside"},
		{"compared", with(once + "func g() bool { return mutant.Active != 0 }"), "cache/a.go:4: mutant.Active outside"},
		{"tag", map[string]string{"cache/a.go": "//go:build mutants\n\npackage cache\n"}, "cache/a.go: the tag mutants is for tests"},
		{"tag denied", map[string]string{"cache/a.go": "//go:build !mutants\n\npackage cache\n"}, "cache/a.go: the tag mutants"},
		{"tag of a test", map[string]string{"cache/a_test.go": "//go:build mutants\n\npackage cache\n"}, ""},
	})
}
