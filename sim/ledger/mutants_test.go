//go:build mutants

package ledger

import (
	"testing"

	"tbraid/internal/block"
	"tbraid/internal/mutant"
)

// A box that is cut after an honest flush has kept its word, also if it then loses
// what was acknowledged while the flush was under way. A ledger that credits the
// flush with that accuses it.
func TestMutant_FlushCoversInFlight(t *testing.T) {
	judged := func() Loss {
		l, v := world()
		f := l.Ask(20, ByProgram, block.Extent{})
		late := write(l, 21, ext(8, 8), Volatile)
		l.Reach(f, AtMembers)
		l.End(30, f, true)
		l.Drop([]block.Run{{Extent: ext(8, 8), Version: late}}, PowerLost)
		return only(t, l.Judge(100, v.content))
	}
	if got := judged(); got.Class != AtRisk || got.Cause != NeverAsked {
		t.Fatalf("an honest ledger: %+v", got)
	}
	mutant.Active = mutant.FlushCoversInFlight
	defer func() { mutant.Active = mutant.None }()
	if got := judged(); got.Class != BrokenWord || got.Cause != PowerLost {
		t.Fatalf("nobody notices: %+v", got)
	}
}
