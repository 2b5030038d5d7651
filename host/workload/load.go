package workload

import (
	"math/rand/v2"
	"time"

	"tbraid/internal/block"
)

// Request is one read or write of a load.
type Request struct {
	// After is how long after the start of the load it begins, at the earliest. It
	// begins later if as many as may be are still under way.
	After  time.Duration
	Extent block.Extent // of the device node
	Write  bool
}

// Source hands out the requests of a load in the order in which they begin. It
// is asked for the next one when there is room for it, and not again once there
// was none: a source holds no queue.
type Source interface {
	Next() (r Request, ok bool)
}

// Load is a program that drives a raw device node as a load generator does: as
// many threads as Depth, each with one pread(2) or pwrite(2) under way. No command
// line stands for it; it is what measurements are made with.
type Load struct {
	Path   string // of a raw node, as in /dev/rdisk5
	Depth  int    // requests under way at once, at most MaxDepth
	Source Source
}

// MaxDepth bounds the requests that one load has under way.
const MaxDepth = 256

// Run is the program. It ends with 0 if every request did, with 1 after the first
// that failed.
func (l Load) Run(sh Shell) int {
	file := sh.Call(Call{Op: Open, Path: l.Path, Flags: ForRead | ForWrite})
	if file.Err != OK {
		sh.Print("load: " + l.Path + ": " + file.Err.String())
		return 1
	}
	r := sh.Call(Call{Op: Drive, File: file.File, Depth: l.Depth, Source: l.Source})
	sh.Call(Call{Op: Close, File: file.File})
	if r.Err != OK {
		sh.Print("load: " + l.Path + ": " + r.Err.String())
		return 1
	}
	return 0
}

// Mix is a Source of requests of one size, each as soon as there is room for it.
type Mix struct {
	Random *rand.Rand // draws what Reads, HotReads and addresses leave open

	Requests uint64 // in all; Next ends after them
	Blocks   uint64 // of each
	Region   block.Extent
	InOrder  bool // one after the other, and from the start again; otherwise drawn

	ReadPercent int          // of the requests
	HotPercent  int          // of the READs: within Hot, where Region is for the rest
	Hot         block.Extent // a part that is read again and again

	made   uint64
	places uint64 // in Region
	place  uint64 // of the next request in order
}

var _ Source = (*Mix)(nil)

// Next makes the next request.
func (m *Mix) Next() (Request, bool) {
	if m.made == m.Requests {
		return Request{}, false
	}
	if m.made++; m.places == 0 {
		m.places = m.Region.Blocks / m.Blocks
	}
	r := Request{Write: m.ReadPercent == 0 || m.Random.IntN(100) >= m.ReadPercent}
	in, places, place := m.Region.Start, m.places, m.place
	if m.place++; m.place == m.places {
		m.place = 0
	}
	if !r.Write && m.HotPercent > 0 && m.Random.IntN(100) < m.HotPercent {
		in, places = m.Hot.Start, m.Hot.Blocks/m.Blocks
		place = (m.made - 1) % places
	}
	if !m.InOrder {
		place = m.Random.Uint64N(places)
	}
	r.Extent = block.Extent{Start: in + block.LBA(place*m.Blocks), Blocks: m.Blocks}
	return r, true
}
