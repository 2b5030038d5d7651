package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// unwanted are packages that the model does not import, with the reason.
var unwanted = map[string]string{
	"context":     "nothing waits",
	"crypto/rand": "draws come from sim.Kernel.Stream",
	"maps":        "maps have no order",
	"math/rand":   "draws come from sim.Kernel.Stream",
	"net":         "no network",
	"os":          "no files",
	"sync":        "one thread",
	"sync/atomic": "one thread",
	"unsafe":      "no pointer tricks",
}

// clocks are the functions of package time that know of the wall clock.
var clocks = []string{
	"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
}

// TestModelIsDeterministic checks the rules that make the same input give the
// same bytes. It knows types, but not those of the standard library, which it
// does not read: a map that only a function of the standard library returns would
// pass, and those functions are in package maps. That rates are integers is not
// checked: floats are allowed while a component is built.
func TestModelIsDeterministic(t *testing.T) { holds(t, deterministic) }

func deterministic(t *tree) []string {
	a := audit{tree: t, sources: t.sources(), done: map[string]*types.Package{}}
	for _, dir := range model {
		a.load(dir)
	}
	return a.problems
}

// audit type-checks packages, each once, and collects what breaks the rules.
type audit struct {
	tree     *tree
	sources  map[string][]*file
	done     map[string]*types.Package
	problems []string
}

// Import gives the type checker our packages as they are and all others empty.
func (a *audit) Import(imported string) (*types.Package, error) {
	if dir, ours := strings.CutPrefix(imported, module+"/"); ours {
		return a.load(dir), nil
	}
	p := types.NewPackage(imported, packageName(imported))
	p.MarkComplete()
	return p, nil
}

// packageName guesses: the last element of the path that is not a major version.
func packageName(imported string) string {
	name := path.Base(imported)
	if _, err := strconv.Atoi(strings.TrimPrefix(name, "v")); err == nil {
		name = path.Base(path.Dir(imported))
	}
	return name
}

func (a *audit) load(dir string) *types.Package {
	if p := a.done[dir]; p != nil {
		return p
	}
	a.done[dir] = types.NewPackage(module+"/"+dir, path.Base(dir)) // stops an import cycle
	var files []*ast.File
	for _, f := range a.sources[dir] {
		files = append(files, f.syntax)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	// What the checker says of names from empty packages is of no interest; the
	// go command compiles the tree before it runs this test.
	conf := types.Config{Importer: a, Error: func(error) {}}
	a.done[dir], _ = conf.Check(module+"/"+dir, a.tree.fset, files, info)
	if slices.Contains(model, dir) {
		for _, f := range files {
			a.file(f, info)
		}
	}
	return a.done[dir]
}

func (a *audit) file(f *ast.File, info *types.Info) {
	for _, i := range f.Imports {
		imported, _ := strconv.Unquote(i.Path.Value)
		if why := unwanted[imported]; why != "" {
			a.report(i, "import of %s: %s", imported, why)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			a.report(n, "goroutine")
		case *ast.SelectStmt:
			a.report(n, "select")
		case *ast.ChanType:
			a.report(n, "channel")
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				a.report(n, "init function")
			}
		case *ast.RangeStmt:
			if t := info.TypeOf(n.X); t != nil && isMap(t) {
				a.report(n, "range over a map")
			}
			a.assigned(info, n.Key, n.Value)
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				a.assigned(info, n.Lhs...)
			}
		case *ast.IncDecStmt:
			a.assigned(info, n.X)
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && slices.Contains(clocks, n.Sel.Name) {
				if p, ok := info.Uses[of].(*types.PkgName); ok && p.Imported().Path() == "time" {
					a.report(n, "time.%s: the clock is sim.Kernel.Now", n.Sel.Name)
				}
			}
		}
		return true
	})
}

// isMap tells whether values of t may be maps; a type parameter is one if any
// type of its set is.
func isMap(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Map:
		return true
	case *types.Union:
		for i := range u.Len() {
			if isMap(u.Term(i).Type()) {
				return true
			}
		}
	case *types.Interface:
		for i := range u.NumEmbeddeds() {
			if isMap(u.EmbeddedType(i)) {
				return true
			}
		}
	}
	return false
}

// assigned reports package variables, and parts of them, among the left sides
// of an assignment.
func (a *audit) assigned(info *types.Info, left ...ast.Expr) {
	for _, x := range left {
		if v, ok := info.Uses[root(info, x)].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			a.report(x, "package variable %s is assigned", v.Name())
		}
	}
}

// root is the identifier of the variable that an assignment to x changes, or
// nil: s for s.f, s[i].f and *s, and v for pkg.v.
func root(info *types.Info, x ast.Expr) *ast.Ident {
	switch x := x.(type) {
	case *ast.Ident:
		return x
	case *ast.ParenExpr:
		return root(info, x.X)
	case *ast.IndexExpr:
		return root(info, x.X)
	case *ast.StarExpr:
		return root(info, x.X)
	case *ast.SelectorExpr:
		if of, ok := x.X.(*ast.Ident); ok {
			if _, ok := info.Uses[of].(*types.PkgName); ok {
				return x.Sel
			}
		}
		return root(info, x.X)
	}
	return nil
}

func (a *audit) report(n ast.Node, format string, args ...any) {
	a.problems = append(a.problems, a.tree.at(n)+": "+fmt.Sprintf(format, args...))
}

func TestModelIsDeterministic_Mutants(t *testing.T) {
	one := func(text string) map[string]string { return map[string]string{"cache/a.go": "package cache\n" + text} }
	two := func(power, cache string) map[string]string {
		return map[string]string{"sim/power/a.go": "package power\n" + power, "cache/a.go": "package cache\n" + cache}
	}
	catches(t, deterministic, []mutant{
		{"goroutine", one("func f() { go f() }"), "cache/a.go:2: goroutine"},
		{"channel", one("type t struct{ c chan int }"), "channel"},
		{"receiving channel", one("func f(c <-chan int) {}"), "channel"},
		{"select", one("func f() { select {} }"), "select"},
		{"init", one("func init() {}"), "init function"},
		{"method init", one("type t int\nfunc (t) init() {}"), ""},
		{"mutex", one("import _ \"sync\""), "import of sync: one thread"},
		{"atomic", one("import _ \"sync/atomic\""), "one thread"},
		{"files", one("import _ \"os\""), "import of os"},
		{"network", one("import _ \"net\""), "import of net"},
		{"maps", one("import _ \"maps\""), "import of maps"},
		{"global draws", one("import _ \"math/rand\""), "sim.Kernel.Stream"},
		{"now", one("import \"time\"\nvar t = time.Now()"), "cache/a.go:3: time.Now"},
		{"sleep", one("import \"time\"\nfunc f() { time.Sleep(1) }"), "time.Sleep"},
		{"now by another name", one("import clock \"time\"\nvar t = clock.Now"), "time.Now"},
		{"now of a kernel", one("type k struct{}\nfunc (k) Now() {}\nfunc f(time k) { time.Now() }"), ""},
		{"duration", one("import \"time\"\nconst d = time.Second"), ""},
		{"range over a map", one("func f(m map[int]int) { for range m {} }"), "cache/a.go:2: range over a map"},
		{"range over a named map", one("type t map[int]int\nfunc f(m t) { for k := range m { _ = k } }"), "range over a map"},
		{"range over a field", one("type t struct{ m map[int]int }\nfunc f(v *t) { for range v.m {} }"), "range over a map"},
		{"range over a map of another package", two("var M map[int]int",
			"import \"tbraid/sim/power\"\nfunc f() { for range power.M {} }"), "cache/a.go:3: range over a map"},
		{"range over a type parameter", one("func f[M ~map[int]int](m M) { for range m {} }"), "range over a map"},
		{"range over a slice", one("func f(s []int) { for range s {} }"), ""},
		{"range beside an unknown type", one("import \"fmt\"\ntype t struct{ s fmt.Stringer; m map[fmt.State]int }\n" +
			"func f(v t) { for range v.m {} }"), "range over a map"},
		{"global assigned", one("var n int\nfunc f() { n = 1 }"), "cache/a.go:3: package variable n is assigned"},
		{"global counted", one("var n int\nfunc f() { n++ }"), "package variable n"},
		{"global added to", one("var n int\nfunc f() { n += 2 }"), "package variable n"},
		{"part of a global", one("var n struct{ a [2]int }\nfunc f() { n.a[1] = 1 }"), "package variable n"},
		{"behind a global", one("var n *int\nfunc f() { *n = 1 }"), "package variable n"},
		{"global as a loop variable", one("var n int\nfunc f() { for n = range 3 {} }"), "package variable n"},
		{"global of another package", two("var N int", "import \"tbraid/sim/power\"\nfunc f() { power.N = 1 }"), "package variable N"},
		{"local of the same name", one("var n int\nfunc f() { n := 0; n = 1; _ = n }"), ""},
		{"above the model", map[string]string{"lab/a.go": "package lab\nimport _ \"sync\"\nfunc f() { go f() }"}, ""},
		{"in a test", map[string]string{"cache/a_test.go": "package cache\nfunc f() { go f() }"}, ""},
	})
}
