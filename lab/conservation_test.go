package lab

import (
	"math/rand/v2"
	"testing"
	"time"

	"tbraid/configs"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// At every instant the newest version of each block is in one place: durable,
// volatile, or, if nobody was told GOOD for it, not there yet. What has been
// superseded is nowhere. Nothing that was acknowledged is lost without an event.
func TestConservation(t *testing.T) {
	s, err := configs.Load("small", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var met struct{ durable, volatile, coming uint64 }
	for _, f := range configs.AllPolicies() {
		p := uncut(s, &s.Cases[0]).on(s.Box, s.Hosts[0], f)
		p.detail = ledger.Full // every WRITE is remembered
		_, seen := swept(t, p, 5*time.Second, nil, false)
		random := rand.New(rand.NewPCG(3, 3))
		for range 12 {
			at := seen[random.IntN(len(seen))]
			if at <= 0 {
				continue
			}
			w, _ := stopped(t, p, at)
			now := w.k.Now()
			before := lostBlocks(t, w.l.Judge(now, w.box.Content), true)
			issued := issuedBlocks(w.l)
			w.supply.Fail(now, power.Host, power.Box)
			w.k.RunUntil(now.Add(10000 * time.Hour)) // no battery outlasts it
			w.supply.Return(w.k.Now(), power.Box)
			after := lostBlocks(t, w.l.Judge(now, w.box.Content), false)
			for b := range before {
				if !after[b] {
					t.Fatalf("%s at %d ns: block %d was not there, and the cut brought it", f.Name, at, b)
				}
			}
			for b := range after {
				if !issued[b] {
					t.Fatalf("%s at %d ns: block %d is lost, and nobody had issued it", f.Name, at, b)
				}
			}
			met.coming += uint64(len(before))
			met.volatile += uint64(len(after) - len(before))
			met.durable += uint64(len(issued) - len(after))
		}
	}
	if met.coming == 0 || met.volatile == 0 || met.durable == 0 {
		t.Errorf("met %+v", met)
	}
}

// lostBlocks are the blocks of which the newest version is not there. Of a box
// that lives none of these may be acknowledged.
func lostBlocks(t *testing.T, j ledger.Judgement, lives bool) map[block.LBA]bool {
	t.Helper()
	lost := map[block.LBA]bool{}
	for _, l := range j.Losses {
		if lives && l.Class != ledger.InFlight {
			t.Fatalf("nothing has happened, and %+v", l)
		}
		for b := l.Extent.Start; b < l.Extent.End(); b++ {
			lost[b] = true
		}
	}
	return lost
}

// issuedBlocks are the blocks of all WRITEs.
func issuedBlocks(l *ledger.Ledger) map[block.LBA]bool {
	all := map[block.LBA]bool{}
	for v := block.Version(1); int(v) <= l.Writes(); v++ {
		e := l.Written(v).Payload
		for b := e.Start; b < e.End(); b++ {
			all[b] = true
		}
	}
	return all
}
