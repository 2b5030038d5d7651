package check

import (
	"fmt"
	"strings"

	"tbraid/lab"
	"tbraid/sim/ledger"
)

// metric is a number of a result that has a name.
type metric struct {
	name string
	unit string // bytes, rate, duration or count, as in package configs
	doc  string
	// One of these is set: a metric is of a run, of the step of a tool, of what the tool
	// sent, or of all instants. What a tool sent may be nothing: ok is false then.
	ofRun      func(*lab.Run) int64
	ofStep     func(*lab.Step) int64
	ofTool     func(*lab.Tool) (n int64, ok bool)
	ofExposure func(*lab.Exposure) int64
	// why selects the causes of a loss that the number adds up.
	why func(class string) bool
}

// of selects the causes of one class of loss.
func of(c ledger.Class) func(string) bool {
	return func(class string) bool { return class == c.String() }
}

// metrics are all there are, in the order in which people read about them.
var metrics = []metric{
	{name: "lost", unit: "bytes", doc: "acknowledged and gone after the event, whatever was promised",
		ofRun: func(r *lab.Run) int64 { return int64(r.Loss.Acknowledged()) },
		why:   func(class string) bool { return class != ledger.InFlight.String() }},
	{name: "violation", unit: "bytes", doc: "promised stable, and gone",
		ofRun: func(r *lab.Run) int64 { return int64(r.Loss.Violation) }, why: of(ledger.BrokenWord)},
	{name: "permitted", unit: "bytes", doc: "acknowledged, never promised stable, and gone",
		ofRun: func(r *lab.Run) int64 { return int64(r.Loss.Permitted) }, why: of(ledger.AtRisk)},
	{name: "collateral", unit: "bytes", doc: "promised content that a later write destroyed",
		ofRun: func(r *lab.Run) int64 { return int64(r.Loss.Collateral) }, why: of(ledger.Damage)},
	{name: "in-flight", unit: "bytes", doc: "never acknowledged, and gone",
		ofRun: func(r *lab.Run) int64 { return int64(r.Loss.InFlight) }, why: of(ledger.InFlight)},
	{name: "replayed", unit: "bytes", doc: "lost at the event, and put back by the journal of the file system",
		ofRun: func(r *lab.Run) int64 { return int64(r.Replayed) }},
	{name: "shorn", unit: "count", doc: "WRITEs of which the event left a part",
		ofRun: func(r *lab.Run) int64 { return int64(r.Shorn) }},
	{name: "oldest", unit: "duration", doc: "how long before the event the oldest lost byte was acknowledged",
		ofRun: func(r *lab.Run) int64 { return r.OldestNS }},
	{name: "swallowed", unit: "bytes", doc: "of WRITEs that failed while the tool ended with status 0",
		ofRun: func(r *lab.Run) int64 { return int64(r.Swallowed) }},
	{name: "exit", unit: "count", doc: "exit status of the tool; -1 if it died with its host",
		ofStep: func(s *lab.Step) int64 { return int64(s.Exit) }},
	{name: "rate", unit: "rate", doc: "bytes that the tool moved, a second",
		ofTool: func(t *lab.Tool) (int64, bool) { return int64(t.Rate), t.Latency.Count > 0 }},
	{name: "iops", unit: "count", doc: "READs and WRITEs of the tool, a second",
		ofTool: func(t *lab.Tool) (int64, bool) { return int64(t.IOPS), t.Latency.Count > 0 }},
	{name: "commands", unit: "count", doc: "SCSI commands that the host sent while the tool ran",
		ofTool: func(t *lab.Tool) (int64, bool) { return int64(t.Commands), true }},
	latency("p50", "half", func(l *lab.Latency) int64 { return l.P50 }),
	latency("p90", "90 %", func(l *lab.Latency) int64 { return l.P90 }),
	latency("p99", "99 %", func(l *lab.Latency) int64 { return l.P99 }),
	latency("p99.9", "99.9 %", func(l *lab.Latency) int64 { return l.P999 }),
	latency("max", "all", func(l *lab.Latency) int64 { return l.Max }),
	{name: "flush-max", unit: "duration", doc: "the longest SYNCHRONIZE CACHE while the tool ran",
		ofTool: func(t *lab.Tool) (int64, bool) { return t.Flush.Max, t.Flush.Count > 0 }},
	{name: "worst", unit: "bytes", doc: "acknowledged bytes that a power cut takes at the instant that costs most",
		ofExposure: func(e *lab.Exposure) int64 { return int64(e.Worst) }},
	{name: "mean", unit: "bytes", doc: "acknowledged bytes that a power cut takes, averaged over all instants",
		ofExposure: func(e *lab.Exposure) int64 { return int64(e.Mean) }},
	{name: "exposed", unit: "duration", doc: "for how long a power cut would take anything acknowledged",
		ofExposure: func(e *lab.Exposure) int64 { return e.ExposedNS }},
}

// Metric documents a metric.
type Metric struct{ Name, Unit, Doc string }

// Metrics lists all metrics.
func Metrics() []Metric {
	var all []Metric
	for _, m := range metrics {
		all = append(all, Metric{m.name, m.unit, m.doc})
	}
	return all
}

func metricNames() []string {
	var all []string
	for _, m := range metrics {
		all = append(all, m.name)
	}
	return all
}

func findMetric(name string) *metric {
	for i := range metrics {
		if metrics[i].name == name {
			return &metrics[i]
		}
	}
	return nil
}

// latency is a metric of how long READs and WRITEs of a tool take at most.
func latency(name, share string, of func(*lab.Latency) int64) metric {
	return metric{name: name, unit: "duration", doc: share + " of the tool's READs and WRITEs took no longer",
		ofTool: func(t *lab.Tool) (int64, bool) { return of(&t.Latency), t.Latency.Count > 0 }}
}

// ofLine tells whether there is a value for each command line.
func (m *metric) ofLine() bool { return m.ofStep != nil || m.ofTool != nil }

// resultUnit is the unit as a Result calls it.
func (m *metric) resultUnit() string {
	switch m.unit {
	case "duration":
		return "ns"
	case "rate":
		return "Bps"
	}
	return m.unit
}

// operator compares a value with a limit.
type operator string

// operators are all there are; of two that begin alike the longer comes first.
var operators = []operator{"==", "!=", "<=", ">=", "<", ">"}

func operatorList() string {
	var all []string
	for _, o := range operators {
		all = append(all, string(o))
	}
	return strings.Join(all, " ")
}

// holds tells whether value OP limit is true.
func (o operator) holds(value, limit int64) bool {
	switch o {
	case "==":
		return value == limit
	case "!=":
		return value != limit
	case "<=":
		return value <= limit
	case ">=":
		return value >= limit
	case "<":
		return value < limit
	case ">":
		return value > limit
	}
	panic(fmt.Sprintf("check: no operator %q", string(o)))
}

// badness orders values by how far they are on the wrong side of the limit. It is
// greatest for the value that decides.
func (o operator) badness(value, limit int64) int64 {
	switch o {
	case "<", "<=":
		return value
	case ">", ">=":
		return -value
	}
	distance := max(value-limit, limit-value)
	if o == "!=" {
		return -distance
	}
	return distance
}
