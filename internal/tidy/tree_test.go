package tidy

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "tbraid"

// tree is a module as the checks see it: the files below one root, the Go files
// parsed. Names are slash-separated and relative to the root.
type tree struct {
	fset  *token.FileSet
	files []file
	empty []string // directories that hold nothing
}

// file is one file; syntax is nil if it is not Go.
type file struct {
	name   string
	text   []byte
	syntax *ast.File
}

func (f *file) dir() string { return path.Dir(f.name) }

func (f *file) test() bool { return strings.HasSuffix(f.name, "_test.go") }

// binary tells whether the file is not text, in the way git does: by a NUL.
func (f *file) binary() bool { return bytes.IndexByte(f.text[:min(len(f.text), 8000)], 0) >= 0 }

// load reads a module. It leaves out .git and what .gitignore keeps out of it;
// Go files in testdata are text, as they are to the go command.
func load(root fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git" && !d.IsDir():
			return nil // of a worktree
		case d.Name() == ".git":
			return fs.SkipDir
		case name == ".git": // of a worktree
			return nil
		case d.IsDir():
			entries, err := fs.ReadDir(root, name)
			if len(entries) == 0 {
				t.empty = append(t.empty, name)
			}
			return err
		case ignored(name) || !d.Type().IsRegular():
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f := file{name: name, text: text}
		if path.Ext(name) == ".go" && !strings.Contains("/"+name, "/testdata/") {
			f.syntax, err = parser.ParseFile(t.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		}
		t.files = append(t.files, f)
		return err
	})
	return t, err
}

// ignored repeats .gitignore: what a build or a profile leaves behind.
func ignored(name string) bool {
	return name == "tbraid" || strings.Contains(name, "testdata/rapid/") || slices.Contains([]string{".test", ".out", ".prof"}, path.Ext(name))
}

// sources are the files of the packages proper, by directory: Go, and not tests.
func (t *tree) sources() map[string][]*file {
	byDir := map[string][]*file{}
	for i := range t.files {
		if f := &t.files[i]; f.syntax != nil && !f.test() {
			byDir[f.dir()] = append(byDir[f.dir()], f)
		}
	}
	return byDir
}

// at is where a node stands, as file:line.
func (t *tree) at(n ast.Node) string {
	p := t.fset.Position(n.Pos())
	p.Column = 0
	return p.String()
}

// check is a rule: it returns one line for everything that breaks it.
type check func(*tree) []string

// holds applies a rule to this module.
func holds(t *testing.T, c check) {
	t.Helper()
	root := os.DirFS("../..")
	if _, err := fs.Stat(root, "go.mod"); err != nil {
		t.Fatal(err)
	}
	module, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range c(module) {
		t.Error(problem)
	}
}

// mutant is a tree with one fault, written as "name: text" pairs, and a part of
// what the check must say about it; empty if it must say nothing.
type mutant struct {
	name  string
	files map[string]string
	want  string
}

// catches applies a rule to trees that break it.
func catches(t *testing.T, c check, mutants []mutant) {
	t.Helper()
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range m.files {
				if name, ok := strings.CutSuffix(name, "/"); ok {
					root[name] = &fstest.MapFile{Mode: fs.ModeDir}
					continue
				}
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			tree, err := load(root)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(c(tree), "\n")
			if m.want == "" && got != "" || !strings.Contains(got, m.want) {
				t.Errorf("says %q, want %q", got, m.want)
			}
		})
	}
}
