package configs

import (
	"slices"
	"strings"

	"tbraid/disks"
)

func newFacts(root place) *facts { return &facts{places: map[string]place{}, root: root} }

// blame is an *Error at the value of one of the paths: of the first that the
// user gave, else of the first. A path that was not given falls back on the
// mapping around it.
func (f *facts) blame(hint, message string, paths ...string) error {
	p := f.place(paths[0])
	for _, path := range paths {
		if q := f.place(path); !q.src.embedded {
			p = q
			break
		}
	}
	return p.src.fail(p.line, p.column, hint, "%s", message)
}

func (f *facts) place(path string) place {
	for path != "" {
		if p, ok := f.places[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return f.root
}

// contradiction shows an error of a Validate method: it begins with the key at
// fault, and further lines are further faults.
func (f *facts) contradiction(path string, err error) error {
	message, more, _ := strings.Cut(err.Error(), "\n")
	message = strings.TrimPrefix(message, disks.ErrSpec.Error()+": ")
	key, _, _ := strings.Cut(message, " ")
	return f.blame(strings.ReplaceAll(more, "\n", "; "), message, join(path, strings.TrimSuffix(key, ":")))
}

// replaced drops the guesses below keys whose values have been replaced.
func (f *facts) replaced(keys ...string) {
	f.guesses = slices.DeleteFunc(f.guesses, func(g Guess) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(g.Path, k+"[") })
	})
}

// unique lists the guesses in force, each line of a preset once.
func (f *facts) unique() []Guess {
	var all []Guess
	seen := map[string]bool{}
	for _, g := range f.guesses {
		if !seen[g.Where] {
			seen[g.Where] = true
			all = append(all, g)
		}
	}
	return all
}
