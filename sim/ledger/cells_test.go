package ledger

import (
	"strings"
	"testing"

	"tbraid/internal/block"
)

// unreachable lists the cells of the verdict table that no judgement can come to,
// by row and column as in contract, and why. A row or column "*" is all.
var unreachable = []struct{ outcome, promise, why string }{
	{"*", "ordered", "no part of the model promises order alone"},
	{"latent", "*", "a judgement looks at what a read finds, and that is right"},
	{"stale", "unacknowledged", "nothing is promised that could be older than the promise"},
	{"stale", "volatile", "as above"},
	{"stale", "observed", "older than what was observed is resurrected; else the flush or FUA decides"},
	{"newest", "volatile", "what has lost nothing is put under a promise to keep it, or under none"},
	{"resurrected", "unacknowledged", "only what was observed can be resurrected"},
	{"resurrected", "volatile", "as above"},
	{"resurrected", "stable", "as above"},
}

func excluded(outcome, promise string) bool {
	for _, u := range unreachable {
		if (u.outcome == "*" || u.outcome == outcome) && (u.promise == "*" || u.promise == promise) {
			return true
		}
	}
	return false
}

// Every cell of the verdict table is reached by a judgement of a small box, or is
// listed as unreachable and is not reached.
func TestVerdictTable_EveryCellIsReachedOrCannotBe(t *testing.T) {
	var reached [outcomes][traffics][promises]int
	var byClass [classes]int
	for seed := range 40 * *seeds {
		m := newSmall(seed, Full)
		l := m.ledgers[0]
		var seen [smallBlocks]block.Version
		before := chanced{}
		for range 1 + m.r.IntN(4) {
			for range m.r.IntN(60) {
				m.now++
				m.step()
			}
			m.endFlushes()
			holds, drops := m.chance(&before)
			under := traffic(m.r.IntN(2))
			l.drops = drops
			l.torn.Set(ext(0, smallBlocks), under == busy)
			for b, found := range holds {
				s := l.stands.at(block.LBA(b))
				if !s.known() {
					continue
				}
				if found.Written() && found != 0 && !l.writes.at(found).covers(found, ext(uint64(b), 1)) {
					found = stray
				}
				outcome, promise, class := l.verdict(&s, found, seen[b], under == busy)
				reached[outcome][under][promise]++
				byClass[class]++
			}
			m.writeOff(l.Judge(m.now, contentOf(&holds)))
			m.observe(holds, &seen)
		}
	}
	for c, n := range byClass {
		if n == 0 {
			t.Errorf("class %s is never reached", Class(c))
		}
	}
	for o := range reached {
		for under := range reached[o] {
			for p, n := range reached[o][under] {
				outcome, promise := Outcome(o).String(), Promise(p).String()
				switch cannot := excluded(outcome, promise); {
				case n == 0 && !cannot:
					t.Errorf("%s under %s, traffic %d: reached by nothing, and not listed as unreachable", outcome, promise, under)
				case n > 0 && cannot:
					t.Errorf("%s under %s, traffic %d: reached %d times, and listed as unreachable", outcome, promise, under, n)
				}
			}
		}
	}
	for _, u := range unreachable {
		if strings.TrimSpace(u.why) == "" {
			t.Errorf("%s under %s: no reason", u.outcome, u.promise)
		}
	}
}
