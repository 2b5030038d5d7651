package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tbraid/lab"
)

// million is a result of several runs with so many lost extents in all: 4 KiB
// writes at random over 8 TiB, of files, with fates and causes as they come mixed.
func million(extents int) *lab.Result {
	r := rand.New(rand.NewPCG(1, 2))
	out := &lab.Result{Schema: lab.Schema}
	policies := []string{"wb-ack-only", "wb-age-4s", "wb-flush-all", "wb-flush-cache"}
	for i, p := range policies {
		run := lab.Run{Case: "oltp", Event: "box-power", Host: "kext", Policy: p, EventNS: 60e9,
			Steps: []lab.Step{{Kind: "run", Text: "dd if=/dev/random of=/dev/disk5 bs=4k count=250000"}}}
		at := uint64(0)
		for range extents / len(policies) {
			at += 8 + 8*r.Uint64N(16<<30/8/uint64(extents/len(policies))*2)
			acked := r.Int64N(60e9)
			l := lab.Lost{LBA: at, Blocks: 8, Class: "permitted-loss", Outcome: "kept", Cause: "never-asked", Taker: "power-lost",
				Promise: "volatile", Reads: "old", AckedNS: acked, AgeNS: 60e9 - acked, File: fmt.Sprintf("/Volumes/RAID/f%03d", at>>28)}
			switch r.IntN(5) {
			case 0:
				l.Class, l.Outcome, l.Promise, l.Cause = "violation", "stale", "stable", "driver-swallowed"
			case 1:
				l.Class, l.Outcome, l.Promise, l.Cause = "violation", "stale", "stable", "firmware-acks"
			case 2:
				l.Reads = "zeros"
			}
			run.Extents = append(run.Extents, l)
			run.Loss.Permitted += 4096
		}
		run.ExtentCount = uint64(len(run.Extents))
		out.Runs = append(out.Runs, run)
		out.Policies = append(out.Policies, lab.Named{Name: policies[i]})
	}
	return out
}

func load(t testing.TB, r *lab.Result) *View {
	t.Helper()
	s := New()
	s.Load("r.json", r)
	return s.View()
}

// ask asks a question about a table, in an order, and for the columns that it shows,
// those without words included.
func ask(t testing.TB, v *View, table, text, sort string, limit int) *Answer {
	t.Helper()
	for _, of := range Tables() {
		if of.Name != table {
			continue
		}
		q, err := Parse(of, text)
		if err == nil && sort != "" {
			err = q.Sort("--sort", sort)
		}
		if err == nil {
			shown := slices.DeleteFunc(slices.Clone(of.shown), func(name string) bool { return name == "result" && v.Loaded() == 1 })
			err = q.Show("--columns", strings.Join(shown, ","))
		}
		if err != nil {
			t.Fatal(err)
		}
		q.Limit = limit
		a, err := v.Find(q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	t.Fatalf("no table %s", table)
	return nil
}
