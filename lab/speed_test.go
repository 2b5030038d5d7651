package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"tbraid/host/trace"
	"tbraid/lab"
	"tbraid/sim/ledger"
)

// quickly is the scale at which tests play the cases.
const quickly = 0.01

// records is the trace of case F.
func records(t testing.TB) []trace.Record {
	t.Helper()
	all, err := trace.MQSim("mqsim-wsrch-small.trace", trace.WebSearch)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What a case asks of the model is the same on every machine, at every level, and
// with and without the sweep: but for level full, of which the sweep follows every
// unit of a medium by an event, and case G, which does other things if it sweeps.
//
// No case allocates for a request. What is left at this scale are the leaves of the
// maps, which grow with the addresses that are written for the first time, the
// records of the ledger, which come in chunks, and what is used for the first time.
func TestMeasureSpeed(t *testing.T) {
	b := measured(t, lab.BenchOptions{})
	text := figures(b)
	golden(t, "bench.txt", text)
	for _, c := range b.Cases {
		if c.Case != "G" && c.AllocsPerIO() > 0.1 { // each run of G builds a world
			t.Errorf("case %s: %.3f allocations a request", c.Case, c.AllocsPerIO())
		}
	}
	for _, o := range []lab.BenchOptions{{Ledger: ledger.Off}, {Ledger: ledger.Full}, {Sweep: true}} {
		o.Cases = []string{"A", "B"}
		if got := figures(measured(t, o)); !strings.HasPrefix(text, got) {
			t.Errorf("ledger %s, sweep %v: other figures\n%s", o.Ledger, o.Sweep, got)
		}
	}
}

// measured are the figures of a small run.
func measured(t *testing.T, o lab.BenchOptions) *lab.Bench {
	t.Helper()
	o.Scale, o.Trace = quickly, records(t)
	b, err := lab.MeasureSpeed(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Cases {
		if c.CPU <= 0 || c.PeakHeap == 0 {
			t.Errorf("case %s was not measured: %+v", c.Case, c)
		}
	}
	return b
}

// figures are those that the model alone decides.
func figures(b *lab.Bench) string {
	var rows strings.Builder
	for _, c := range b.Cases {
		fmt.Fprintf(&rows, "%-12s %6d requests %6d commands %6.2f events each %14d ns\n", c.Case, c.Requests, c.Commands, c.EventsPerIO(), c.Simulated)
	}
	return rows.String()
}

// The cases as go test -bench sees them; docs/bench has the accepted figures.
func BenchmarkCase(b *testing.B) {
	for _, name := range lab.BenchNames() {
		for _, sweep := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/sweep=%v", name, sweep), func(b *testing.B) {
				o := lab.BenchOptions{Cases: []string{name}, Scale: 0.2, Sweep: sweep, Trace: records(b)}
				for range b.N {
					m, err := lab.MeasureSpeed(o)
					if err != nil {
						b.Fatal(err)
					}
					c := &m.Cases[0]
					b.ReportMetric(float64(c.CPU)/float64(c.Requests), "cpu-ns/io")
					b.ReportMetric(c.EventsPerIO(), "events/io")
					b.ReportMetric(c.AllocsPerIO(), "allocs/io")
					b.ReportMetric(float64(c.PeakHeap), "heap-B")
				}
			})
		}
	}
}
