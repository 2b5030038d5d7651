// Package metrics shows results to Prometheus: as a text file after a run, to a
// scrape while something runs, and as a Grafana dashboard. All three come from one
// list of metrics. Names and units follow the conventions of Prometheus, base units
// and _total included.
//
// Simulated time is not the time of the clock on the wall. What is measured on the
// clock of the model says so in its name: _simulated_seconds, _per_simulated_second.
package metrics

import (
	"strconv"
	"time"

	"tbraid/internal/block"
	"tbraid/lab"
)

// Prefix begins the name of every metric.
const Prefix = "tbraid_"

// Type is the type of a metric in the sense of Prometheus.
type Type uint8

// The types.
const (
	Gauge Type = iota
	Counter
	Summary
	Histogram
)

// String is the word of the text exposition format.
func (t Type) String() string { return [...]string{"gauge", "counter", "summary", "histogram"}[t] }

// Metric is one of the list.
type Metric struct {
	Name   string
	Type   Type
	Help   string
	Labels []string // besides Labels, which all have
	Group  string   // of the dashboard
	read   func(r *lab.Run, emit func(s sample))
}

// Labels are those that every metric has: they name a run.
func Labels() []string {
	return []string{"scenario", "case", "event", "host", "policy", "control"}
}

// labels are the values of Labels.
func labels(scenario string, r *lab.Run) []string {
	return []string{scenario, r.Case, r.Event, r.Host, r.Policy, r.Control}
}

// sample is a value of a metric with the values of its own labels.
type sample struct {
	labels []string
	value  float64 // of a gauge or counter
	// Of a summary or histogram:
	count     uint64
	sum       float64
	quantiles map[float64]float64
	buckets   map[float64]uint64 // how many are at most so large
}

// seconds is a time in the base unit.
func seconds(ns int64) float64 { return time.Duration(ns).Seconds() }

// share is a ratio in the base unit.
func share[T uint32 | uint64](ppm T) float64 { return float64(ppm) / 1e6 }

// one is a metric with one value a run.
func one(name string, t Type, group, help string, of func(r *lab.Run) float64) Metric {
	return Metric{Name: Prefix + name, Type: t, Group: group, Help: help,
		read: func(r *lab.Run, emit func(sample)) { emit(sample{value: of(r)}) }}
}

// counted is a counter with one value a run.
func counted(name, group, help string, of func(r *lab.Run) uint64) Metric {
	return one(name, Counter, group, help, func(r *lab.Run) float64 { return float64(of(r)) })
}

// byTool is a metric with one value for each command line that moved data.
func byTool(name string, t Type, group, help string, of func(t *lab.Tool) (s sample, any bool)) Metric {
	return Metric{Name: Prefix + name, Type: t, Group: group, Help: help, Labels: []string{"tool", "step"},
		read: func(r *lab.Run, emit func(sample)) {
			for i := range r.Tools {
				t := &r.Tools[i]
				if s, any := of(t); any {
					s.labels = []string{t.Name, strconv.Itoa(t.Step)}
					emit(s)
				}
			}
		}}
}

// latency is a summary of command times.
func latency(l *lab.Latency) (s sample, any bool) {
	return sample{count: l.Count, sum: seconds(l.Sum), quantiles: map[float64]float64{
		0.5: seconds(l.P50), 0.9: seconds(l.P90), 0.99: seconds(l.P99), 0.999: seconds(l.P999), 1: seconds(l.Max)}}, l.Count > 0
}

// sizeBounds is how many sizes of WRITEs have a bucket of their own: from a block to
// 16 MiB, doubled each time.
const sizeBounds = 16

// sizes is a histogram of the sizes of WRITEs.
func sizes(u *lab.Usage) (s sample, any bool) {
	s = sample{sum: float64(u.MemberBytesWritten), buckets: map[float64]uint64{}}
	for _, b := range u.DestageSizes {
		s.count += b.Count
	}
	for i := range sizeBounds {
		var below uint64
		for _, b := range u.DestageSizes {
			if b.From <= block.Size<<i {
				below += b.Count
			}
		}
		s.buckets[float64(uint64(block.Size)<<(i+1)-1)] = below
	}
	return s, s.count > 0
}
