package ledger

import (
	"math/bits"

	"tbraid/internal/block"
	"tbraid/sim"
)

// Pass is one write to the medium of a member, as far as it touches what a read
// of the volume would find. At Begin nothing has come to the medium and at End
// everything; between the two the units come one after the other in equal steps,
// and the one under the head is torn if the power goes.
type Pass struct {
	Begin, End sim.Time
	Units      uint64
	UnitBlocks uint64 // a power of two
	Tears      bool   // a unit can be left half written
	Pieces     []Piece
}

// Piece is a part of a pass that is one extent of the volume.
type Piece struct {
	Extent  block.Extent
	Offset  uint64        // blocks from the first unit of the pass
	Version block.Version // that the blocks then hold
	Carried bool          // the blocks keep what they hold: they share a unit with others
	Copy    Copy          // a Sweep is told of OfData alone
}

// arrival is when unit i has come to the medium.
func (p *Pass) arrival(i uint64) sim.Time {
	return p.Begin + sim.Time(ceil((i+1)*uint64(p.End-p.Begin), p.Units))
}

// passed is how many units have come at time t.
func (p *Pass) passed(t sim.Time) uint64 {
	switch {
	case t >= p.End:
		return p.Units
	case t <= p.Begin:
		return 0
	}
	return uint64(t-p.Begin) * p.Units / uint64(p.End-p.Begin)
}

// within tells whether at time t the head is over a unit.
func (p *Pass) within(t sim.Time) bool { return p.Tears && p.Begin < t && t < p.End }

// lateness is the sum over units [i, j) of how long before now each has come.
func (p *Pass) lateness(now sim.Time, i, j uint64) uint64 {
	if j == i {
		return 0
	}
	n, w := j-i, uint64(p.End-p.Begin)
	return n*uint64(now-p.Begin) - floorSum(n, p.Units, w, w*(i+1)+p.Units-1)
}

func ceil(a, b uint64) uint64 { return (a + b - 1) / b }

// floorSum is the sum over i from 0 to n-1 of (a*i + b) / m, each rounded down:
// the number of lattice points under a line, by Euclid's algorithm.
func floorSum(n, m, a, b uint64) (sum uint64) {
	for {
		if a >= m {
			sum += n * (n - 1) / 2 * (a / m)
			a %= m
		}
		if b >= m {
			sum += n * (b / m)
			b %= m
		}
		top := a*n + b
		if top < m {
			return sum
		}
		n, b = top/m, top%m
		m, a = a, m
	}
}

// flight is a pass under way, as the sweep has booked it. Once it is paused for the
// last time, it is as good as new for another one.
type flight struct {
	Pass
	number int
	busy   bool
	paused bool
	since  sim.Time // it is booked: what was torn before is in the figures
	done   uint64   // units that are in the standings of their blocks
	segs   []segment
	low    int      // segments before this one have come
	stop   sim.Time // when the sweep has to look at it again
	steps  bool     // one of segs has steps

	below, above block.LBA // all pieces lie between
	coming       [classes]int64
}

// reach is where a flight that is booked writes: what it lies between. It stands
// beside the flight, so that most facts need not look at that.
type reach struct{ below, above block.LBA }

// segment is a run of units of which all blocks stand alike. Its units wait,
// are torn when the head comes to them, and are there when they have come.
type segment struct {
	first, last uint64 // units, last exclusive
	blocks      uint64 // of each unit
	start       block.LBA
	fares       [2]change // by kind of outage
	entered     bool      // one of its units is booked as torn
	come        uint64    // units booked as come
	steps       bool      // what comes is lost as well: look at each unit
	ends        bool      // what was torn is lost in another way once it has come: look when the last unit has
}

// change is how a block fares while its unit waits, is under the head, and is
// there.
type change [3]fate

const (
	waiting = iota
	tearing
	there
)

// Starts records at time now that a member begins a pass, and returns its number.
func (l *Ledger) Starts(now sim.Time, p *Pass) int {
	if l.sweep == nil {
		return 0
	}
	s := l.sweep
	s.tick(now)
	if len(p.Pieces) == 0 {
		return noFlight // parity, or a log
	}
	if bits.OnesCount64(p.UnitBlocks) != 1 {
		panic("ledger: a pass in units that are no power of two")
	}
	i := s.berth()
	f := &s.flights[i]
	f.Begin, f.End, f.Units, f.UnitBlocks, f.Tears = p.Begin, p.End, p.Units, p.UnitBlocks, p.Tears
	f.Pieces = append(f.Pieces[:0], p.Pieces...)
	f.busy, f.paused, f.done = true, true, 0
	f.below, f.above = noBorder, 0
	for i := range f.Pieces {
		e := &f.Pieces[i].Extent
		f.below, f.above = min(f.below, e.Start), max(f.above, e.End())
	}
	s.active++
	s.paused = append(s.paused, i)
	s.resume()
	return i
}

// noFlight is the number of a pass that no read of the volume would notice.
const noFlight = -1

// berth is the place of a new flight.
func (s *Sweep) berth() int {
	if n := len(s.berths); n > 0 {
		i := s.berths[n-1]
		s.berths = s.berths[:n-1]
		return i
	}
	i := len(s.flights)
	s.flights, s.under = append(s.flights, flight{number: i, stop: sim.Never}), append(s.under, reach{})
	return i
}

// Ends records at time now that everything of a pass has come.
func (l *Ledger) Ends(now sim.Time, number int) {
	if l.sweep == nil {
		return
	}
	s := l.sweep
	s.tick(now)
	if number == noFlight {
		return
	}
	f := &s.flights[number]
	if now < f.End {
		panic("ledger: a pass ended before its time")
	}
	s.pause(f)
	f.busy, f.paused = false, false
	s.paused = s.paused[:len(s.paused)-1]
	s.berths = append(s.berths, number)
	s.active--
}

// overlaps tells whether the flight touches e.
func (f *flight) overlaps(e block.Extent) bool {
	for i := range f.Pieces {
		if f.Pieces[i].Extent.Overlaps(e) {
			return true
		}
	}
	return false
}
