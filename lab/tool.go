package lab

import (
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tbraid/scsi"
	"tbraid/sim"
)

// Tool is what a command line did, as its host saw it: until it ended, or until the
// first event if that came before.
type Tool struct {
	Step         int    `json:"step"`
	Name         string `json:"name"` // dd, cp, diskutil, sync
	Line         string `json:"line"`
	StartNS      int64  `json:"start_ns"`
	EndNS        int64  `json:"end_ns"`
	BytesRead    uint64 `json:"read_bytes"`    // of the box's nodes and volumes
	BytesWritten uint64 `json:"written_bytes"` // the same
	Commands     uint64 `json:"commands"`      // SCSI commands that the host sent in that time, retries included
	Rate         uint64 `json:"throughput_Bps"`
	IOPS         uint64 `json:"iops"` // READs and WRITEs a second
	// Of READs and WRITEs, and of SYNCHRONIZE CACHE, from when the block stack first
	// sent them until their status was back: of those that ended in that time, with
	// GOOD, the file system's own among them.
	Latency Latency `json:"latency_ns"`
	Flush   Latency `json:"flush_latency_ns"`
	// Interrupted tells that the event came before the command line had ended. The
	// bytes are those of the commands that had.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Latency is how long commands took, in nanoseconds: the percentiles to three
// significant digits, the maximum and the sum exactly.
type Latency struct {
	Count uint64 `json:"count"`
	P50   int64  `json:"p50"`
	P90   int64  `json:"p90"`
	P99   int64  `json:"p99"`
	P999  int64  `json:"p999"`
	Max   int64  `json:"max"`
	Sum   int64  `json:"sum"`
}

// clock times the commands of the command line under way.
type clock struct {
	data, flush times
	commands    uint64 // of the host before
}

// times is a histogram that is made when something first has to go into it.
type times struct {
	counts *hdrhistogram.Histogram
	max    int64
	sum    int64
}

// longest bounds what a histogram tells apart: READ and WRITE have no time-out, and
// whatever takes longer counts as this long in its percentiles.
const longest = int64(time.Hour)

// Took implements host.Stopwatch.
func (c *clock) Took(class scsi.Class, d time.Duration) {
	switch class {
	case scsi.ClassRead, scsi.ClassWrite:
		c.data.add(int64(d))
	case scsi.ClassSync:
		c.flush.add(int64(d))
	}
}

func (t *times) add(ns int64) {
	if t.counts == nil {
		t.counts = hdrhistogram.New(1, longest, 3)
	}
	t.max, t.sum = max(t.max, ns), t.sum+ns
	if t.counts.RecordValue(min(ns, longest)) != nil {
		panic("lab: a command took less than no time")
	}
}

// take is what was added since it was last called.
func (t *times) take() Latency {
	if t.counts == nil || t.counts.TotalCount() == 0 {
		return Latency{}
	}
	p := t.counts.ValueAtPercentilesSlice([]float64{50, 90, 99, 99.9})
	for i := range p {
		p[i] = min(p[i], t.max) // the histogram gives the upper end of a step
	}
	l := Latency{Count: uint64(t.counts.TotalCount()), P50: p[0], P90: p[1], P99: p[2], P999: p[3], Max: t.max, Sum: t.sum}
	t.counts.Reset()
	t.max, t.sum = 0, 0
	return l
}

// startClock begins to time the commands of the host.
func (w *world) startClock() {
	w.clock.commands = w.sys.Counters().Commands
	w.sys.Time(&w.clock)
	w.usage.toolBegins(w)
}

// stopClock notes what a command line has done, and returns its speed.
func (w *world) stopClock(r *running, read, written uint64) (bytesPerSecond uint64) {
	r.sys.Time(nil)
	w.usage.toolEnds(w)
	t := Tool{Step: r.step, Name: r.tool.Name, Line: r.tool.Line, BytesRead: read, BytesWritten: written,
		StartNS: int64(r.process.Stats().Start), EndNS: int64(w.k.Now()), Commands: r.sys.Counters().Commands - w.clock.commands,
		Latency: w.clock.data.take(), Flush: w.clock.flush.take(), Interrupted: !r.done}
	took := sim.Time(t.EndNS).Sub(sim.Time(t.StartNS))
	t.Rate, t.IOPS = perSecond(max(read, written), took), perSecond(t.Latency.Count, took)
	if t.Latency.Count+t.Flush.Count > 0 {
		w.run.Tools = append(w.run.Tools, t)
	}
	return t.Rate
}

// perSecond is n in a time, a second, rounded down; 0 if there was no time.
func perSecond(n uint64, in time.Duration) uint64 {
	return ratio(n, uint64(max(in, 0)), uint64(time.Second))
}

// ppm is part of whole in parts per million, rounded down.
func ppm(part, whole uint64) uint64 { return ratio(part, whole, 1e6) }

// ratio is a*scale/b, rounded down; 0 if b is 0.
func ratio(a, b, scale uint64) uint64 {
	if b == 0 {
		return 0
	}
	high, low := bits.Mul64(a, scale)
	q, _ := bits.Div64(high%b, low, b)
	return q
}
