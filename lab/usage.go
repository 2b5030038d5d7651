package lab

import (
	"time"

	"tbraid/controller"
	"tbraid/internal/block"
	"tbraid/sim"
)

// Usage is what the parts of the box had to do from the first step until the event,
// or until the end of a run without one.
type Usage struct {
	FromNS int64 `json:"from_ns"`
	ToNS   int64 `json:"to_ns"`

	// Busy shares of ActiveNS, the time in which command lines ran.
	ActiveNS      int64    `json:"active_ns"`
	LinkOutPPM    uint32   `json:"link_out_ppm"` // towards the box
	LinkInPPM     uint32   `json:"link_in_ppm"`
	ControllerPPM uint32   `json:"controller_ppm"`
	MembersPPM    []uint32 `json:"members_ppm"` // seeking, waiting for the platter, transferring; of an SSD a mean of its channels

	HostBytesWritten   uint64 `json:"host_written_bytes"`   // by WRITEs that ended with GOOD
	MemberBytesWritten uint64 `json:"member_written_bytes"` // parity and logs included
	// WriteAmplificationPPM is the second to the first: what is still in the cache has
	// not been written to a member yet.
	WriteAmplificationPPM uint64       `json:"write_amplification_ppm"`
	CacheHitBlocks        uint64       `json:"cache_hit_blocks"` // of READs
	CacheMissBlocks       uint64       `json:"cache_miss_blocks"`
	DestageSizes          []Bucket     `json:"destage_sizes,omitempty"` // WRITEs to members
	Dirty                 []DirtyPoint `json:"dirty"`
}

// Bucket counts WRITEs of so many bytes and more, up to those of the next power of
// two.
type Bucket struct {
	From  uint64 `json:"from_bytes"`
	Count uint64 `json:"count"`
}

// DirtyPoint is the most that was dirty in the controller cache from one instant
// until the next point, or ToNS. There are at most 256.
type DirtyPoint struct {
	TNS   int64  `json:"t_ns"`
	Bytes uint64 `json:"bytes"`
}

// usage adds up what a Usage says. The zero value counts nothing: a sweep needs none.
type usage struct {
	counting bool
	from     sim.Time
	before   work
	idle     busy // when the command line under way began
	active   time.Duration
	busy     busy
}

// work is what can be counted.
type work struct {
	counts    controller.Counts
	hit, miss uint64
	written   uint64
}

// busy is for how long the parts have worked.
type busy struct {
	at                  sim.Time
	out, in, controller time.Duration
	members             []time.Duration
}

func (w *world) work() work {
	n := work{counts: w.box.Array().Counts(), written: w.sys.Counters().BytesWritten}
	n.hit, n.miss = w.box.ReadHits()
	return n
}

// look notes for how long the parts have worked.
func (b *busy) look(w *world) {
	b.at = w.k.Now()
	b.out, b.in = w.link.Busy(b.at)
	b.controller = w.box.Busy(b.at)
	b.members = b.members[:0]
	for m := range w.hardware.Members {
		b.members = append(b.members, w.box.Array().Busy(m, b.at))
	}
}

func (u *usage) begin(w *world) {
	u.counting, u.from, u.before = true, w.k.Now(), w.work()
	u.busy.members = make([]time.Duration, w.hardware.Members)
	w.box.FollowDirty(u.from)
}

func (u *usage) toolBegins(w *world) {
	if u.counting {
		u.idle.look(w)
	}
}

func (u *usage) toolEnds(w *world) {
	if !u.counting {
		return
	}
	var now busy
	now.look(w)
	u.active += now.at.Sub(u.idle.at)
	u.busy.out += now.out - u.idle.out
	u.busy.in += now.in - u.idle.in
	u.busy.controller += now.controller - u.idle.controller
	for m := range now.members {
		u.busy.members[m] += now.members[m] - u.idle.members[m]
	}
}

// end closes the count, once.
func (u *usage) end(w *world) {
	if !u.counting {
		return
	}
	u.counting = false
	now, then := w.work(), &u.before
	share := func(d time.Duration) uint32 { return uint32(ppm(uint64(d), uint64(u.active))) }
	out := &w.run.Usage
	*out = Usage{FromNS: int64(u.from), ToNS: int64(w.k.Now()), ActiveNS: int64(u.active),
		LinkOutPPM: share(u.busy.out), LinkInPPM: share(u.busy.in), ControllerPPM: share(u.busy.controller),
		HostBytesWritten:   now.written - then.written,
		MemberBytesWritten: (now.counts.WrittenBlocks - then.counts.WrittenBlocks) * block.Size,
		CacheHitBlocks:     now.hit - then.hit, CacheMissBlocks: now.miss - then.miss}
	out.WriteAmplificationPPM = ppm(out.MemberBytesWritten, out.HostBytesWritten)
	for _, d := range u.busy.members {
		out.MembersPPM = append(out.MembersPPM, share(d))
	}
	for i, n := range now.counts.WriteSizes {
		if n -= then.counts.WriteSizes[i]; n > 0 {
			out.DestageSizes = append(out.DestageSizes, Bucket{From: block.Size << i, Count: n})
		}
	}
	for _, l := range w.box.Dirty(w.k.Now()) {
		out.Dirty = append(out.Dirty, DirtyPoint{TNS: int64(l.From), Bytes: l.Bytes})
	}
}
