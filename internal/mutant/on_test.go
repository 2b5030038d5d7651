//go:build mutants

package mutant

import "testing"

func TestMutant_OneAtATime(t *testing.T) {
	defer func() { Active = None }()
	for _, active := range append(All(), None) {
		Active = active
		for _, m := range All() {
			if Is(m) != (m == active) {
				t.Errorf("%v is active; Is(%v) = %v", active, m, Is(m))
			}
		}
	}
}
