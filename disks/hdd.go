package disks

import (
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// mechanism is what turns an access to the medium into time.
type mechanism interface {
	// buffered tells whether a read of e that arrives now needs no access.
	buffered(now sim.Time, e block.Extent) bool
	// access begins now and returns when the first block of e comes under the
	// head and when the last has passed.
	access(now sim.Time, op Op, e block.Extent) (begin, end sim.Time)
	// position is where the last access ended.
	position() block.LBA
	// reset is a loss of power.
	reset()
}

// hdd is one arm over a rotating disk. The angle of the disk is the time modulo
// one revolution, so it needs no event and no state. Beyond each read the disk
// reads on into one buffer until the next access to the medium; a read that the
// buffer holds, or that it is about to hold, costs neither seek nor rotation.
type hdd struct {
	*mechanics
	phase time.Duration // angle at time 0
	arm   track
	next  block.LBA
	ahead lookAhead
}

// mechanics are those of a type of hard disk.
type mechanics struct {
	geometry
	readSeek  seekTable
	writeSeek seekTable
	sector    block.LBA // blocks of a physical sector
	lookAhead block.LBA
}

// lookAhead is the buffer: it holds the blocks from base on. While the head
// goes on, the block at from passes at time since, and so on up to limit. After
// that, and once the arm was needed elsewhere, the buffer ends at limit.
type lookAhead struct {
	base, from, limit block.LBA
	stream            time.Duration // of from
	since             sim.Time
	live              bool // the arm is still there
}

// may tells whether the buffer can come to hold the blocks up to a.
func (l *lookAhead) may(a block.LBA) bool { return l.base <= a && a <= l.limit }

func newMechanics(s Spec) *mechanics {
	g := newGeometry(s)
	return &mechanics{
		geometry:  g,
		readSeek:  newSeekTable(g.cylinders, s.SeekRead, s.TrackSwitch, 0),
		writeSeek: newSeekTable(g.cylinders, s.SeekRead, s.TrackSwitch, s.SeekWrite-s.SeekRead),
		sector:    block.LBA(s.Tear / block.Size),
		lookAhead: block.LBA(s.LookAhead / block.Size),
	}
}

func newHDD(m *mechanics, phase uint64) *hdd {
	return &hdd{mechanics: m, phase: time.Duration(m.revolution.Remainder(phase))}
}

func (h *hdd) position() block.LBA { return h.next }

func (h *hdd) reset() { h.ahead, h.arm, h.next = lookAhead{}, track{}, 0 }

func (h *hdd) buffered(now sim.Time, e block.Extent) bool {
	if !h.ahead.may(e.Start) || !h.ahead.may(e.End()) || e.End() > h.edge(now) {
		return false
	}
	h.readOn(now, e.End())
	return true
}

func (h *hdd) access(now sim.Time, op Op, e block.Extent) (begin, end sim.Time) {
	a := &h.ahead
	if a.live {
		if op == Read && a.may(e.Start) && e.Start <= h.edge(now) {
			return h.goOn(now, e)
		}
		h.leave(now)
	}
	from, to, first, last := h.wayOf(e)
	begin = h.turn(now.Add(h.seek(op, from)), first)
	if op == Write && !aligned(e, h.sector) {
		begin = begin.Add(h.revolution.length()) // read the sectors, write them when they come round
	}
	end = begin.Add(last - first)
	h.arm, h.next = to, e.End()
	if op == Read {
		a.base, a.from, a.limit = e.Start, e.Start, h.within(e.End()+h.lookAhead)
		a.stream, a.since, a.live = first, begin, true
	}
	return begin, end
}

// goOn reads what the look-ahead has come to, or comes to next.
func (h *hdd) goOn(now sim.Time, e block.Extent) (begin, end sim.Time) {
	h.readOn(now, e.End())
	_, to, _, last := h.wayOf(e)
	h.arm, h.next = to, e.End()
	arrives := h.ahead.since.Add(last - h.ahead.stream)
	return now, max(now, arrives)
}

// seek is the time until the arm has settled over a track.
func (h *hdd) seek(op Op, to track) time.Duration {
	from := h.arm
	distance := max(from.cylinder, to.cylinder) - min(from.cylinder, to.cylinder)
	switch {
	case distance == 0 && from.surface == to.surface:
		return 0
	case distance == 0:
		return h.headSwitch
	case op == Write:
		return h.writeSeek.at(distance)
	}
	return h.readSeek.at(distance)
}

// turn is the first time from t on at which the block of a stream time is under
// the head.
func (h *hdd) turn(t sim.Time, stream time.Duration) sim.Time {
	angle := time.Duration(t) + h.phase
	if angle <= stream {
		_, wait := h.revolution.split(stream - angle)
		return t.Add(wait)
	}
	_, over := h.revolution.split(angle - stream - 1)
	return t.Add(h.revolution.length() - 1 - over)
}

// edge is where the buffer ends now.
func (h *hdd) edge(now sim.Time) block.LBA {
	a := &h.ahead
	if !a.live {
		return a.limit
	}
	if now <= a.since {
		return a.from
	}
	return min(a.limit, h.blockAt(a.stream+now.Sub(a.since)))
}

// readOn keeps the look-ahead in front of a reader that has come to end. A head
// that had stopped waits until its place comes round again.
func (h *hdd) readOn(now sim.Time, end block.LBA) {
	a := &h.ahead
	if !a.live {
		return
	}
	limit := h.within(end + h.lookAhead)
	if limit <= a.limit {
		return
	}
	if h.edge(now) == a.limit {
		stream := h.locate(a.limit).begin
		a.from, a.stream, a.since = a.limit, stream, h.turn(now, stream)
	}
	a.limit = limit
	if keep := end - min(end, h.lookAhead); keep > a.base {
		a.base = keep
	}
}

// leave ends the look-ahead: the arm is needed.
func (h *hdd) leave(now sim.Time) {
	h.ahead.limit = h.edge(now)
	h.ahead.live = false
	_, h.arm, _, _ = h.place(h.within(h.ahead.limit+1) - 1)
}

func (h *hdd) within(a block.LBA) block.LBA { return min(a, block.LBA(h.blocks)) }

// aligned tells whether e begins and ends with a physical sector, of a power of
// two blocks.
func aligned(e block.Extent, sector block.LBA) bool {
	return (e.Start|e.End())&(sector-1) == 0
}
