package trace

import (
	"fmt"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
)

// Pace is when the requests of a replay begin.
type Pace uint8

// The paces.
const (
	// OpenLoop keeps the times of the trace: the first request begins at once, each
	// other one as long after it as in the trace, or later if a bounded number is
	// still under way.
	OpenLoop Pace = iota
	// ClosedLoop begins a request whenever another has ended.
	ClosedLoop
)

// Replay is a trace as a load on a node.
type Replay struct {
	records []Record
	blocks  uint64 // of the node
	passes  int
	pace    Pace
	period  time.Duration // from the start of one pass to the start of the next

	at, pass int
}

var _ workload.Source = (*Replay)(nil)

// NewReplay replays records on a node of so many blocks, so many times over, each
// pass as much later as the trace is long: its last request and, as the mean
// distance of two, one part in their number. Addresses of all devices are taken
// modulo the node; one that would run over its end is moved to end there. It is
// an error if a request is larger than the node, or if there is nothing to replay.
func NewReplay(records []Record, blocks uint64, passes int, pace Pace) (*Replay, error) {
	if len(records) == 0 || passes < 1 {
		return nil, fmt.Errorf("a replay of %d requests, %d times: it takes one of each at least", len(records), passes)
	}
	for i := range records {
		if n := records[i].Extent.Blocks; n > blocks {
			return nil, fmt.Errorf("request %d of the trace has %d blocks, and the node %d: it takes a larger node", i+1, n, blocks)
		}
	}
	length := records[len(records)-1].At - records[0].At
	r := &Replay{records: records, blocks: blocks, passes: passes, pace: pace, period: length + length/time.Duration(len(records))}
	return r, nil
}

// Requests is how many there are in all passes.
func (r *Replay) Requests() uint64 { return uint64(len(r.records)) * uint64(r.passes) }

// Next is the next request.
func (r *Replay) Next() (workload.Request, bool) {
	if r.at == len(r.records) {
		r.at, r.pass = 0, r.pass+1
	}
	if r.pass >= r.passes {
		return workload.Request{}, false
	}
	rec := &r.records[r.at]
	r.at++
	start := uint64(rec.Extent.Start) % r.blocks
	start = min(start, r.blocks-rec.Extent.Blocks)
	out := workload.Request{Extent: block.Extent{Start: block.LBA(start), Blocks: rec.Extent.Blocks}, Write: rec.Write}
	if r.pace == OpenLoop {
		out.After = time.Duration(r.pass)*r.period + rec.At - r.records[0].At
	}
	return out, true
}
