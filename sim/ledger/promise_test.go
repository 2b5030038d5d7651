package ledger

import (
	"strings"
	"testing"
)

// contract is the verdict table as a storage engineer writes it down; the data
// in promise.go must say the same in every cell. "!" marks the rows in which a
// write to the block or its stripe is under way. p permitted, V violation, C
// collateral, e exposure, - impossible.
const contract = `
               unacknowledged volatile ordered stable observed
newest         p              p        p       p      p
newest!        p              p        p       p      p
kept           p              p        p       p      p
kept!          p              p        p       p      p
stale          -              -        -       V      V
stale!         -              -        -       V      V
torn           V              V        V       V      V
torn!          p              p        p       C      C
unreadable     V              V        V       V      V
unreadable!    p              p        p       C      C
garbage        V              V        V       V      V
garbage!       p              V        V       V      V
foreign        V              V        V       V      V
foreign!       p              V        V       V      V
latent         e              e        e       C      C
latent!        e              e        e       C      C
resurrected    -              -        -       -      V
resurrected!   -              -        -       -      V
`

func TestVerdictTable_CellByCell(t *testing.T) {
	letters := map[string]Verdict{"p": Permitted, "V": Violation, "C": Collateral, "e": Exposure, "-": Impossible}
	lines := strings.Split(strings.TrimSpace(contract), "\n")
	head := strings.Fields(lines[0])
	if len(head) != int(promises) || len(lines)-1 != int(outcomes)*int(traffics) {
		t.Fatalf("the table has %d columns and %d rows", len(head), len(lines)-1)
	}
	for _, line := range lines[1:] {
		f := strings.Fields(line)
		name, inFlight := strings.CutSuffix(f[0], "!")
		o := Outcome(indexOf(outcomeNames[:], name))
		for i, cell := range f[1:] {
			p := Promise(indexOf(promiseNames[:], head[i]))
			if got := Judge(o, p, inFlight); got != letters[cell] {
				t.Errorf("%s under %s, in flight %v: %v, want %v", o, p, inFlight, got, letters[cell])
			}
		}
	}
}

func indexOf(all []string, name string) int {
	for i, n := range all {
		if n == name {
			return i
		}
	}
	panic(name)
}

func TestCauses_AreNamedOnceAndHaveALayer(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Causes() {
		if c.String() == "" || c.Text() == "" || c.Layer() == NoLayer || seen[c.String()] {
			t.Errorf("cause %d: name %q text %q layer %v", c, c, c.Text(), c.Layer())
		}
		seen[c.String()] = true
	}
}
