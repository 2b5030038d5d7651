package ledger

import (
	"math/bits"
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// meter follows one number of blocks over time: a step function of which it
// keeps the exact figures, and for drawing the least and the most of each of a
// bounded number of buckets.
type meter struct {
	value    int64
	since    sim.Time // the integral reaches to here
	integral product
	worst    int64
	worstAt  sim.Time
	mark     int64
	touched  bool

	open    bool // above zero
	openAt  sim.Time
	dropAt  sim.Time // of the last instant with a decrease, that of net apart
	netAt   sim.Time // of the last change that came when it was booked
	net     int64    // sum of the changes at netAt
	exposed time.Duration
	first   sim.Time // -1: never above zero
	last    sim.Time

	bucket  int // that within is about
	within  span
	carried int64  // value when it was last measured
	points  []span // of the buckets before
}

// span is the least and the most within one bucket.
type span struct{ least, most int64 }

// Figures is what a meter has found, in bytes.
type Figures struct {
	AtMark      uint64
	Worst       uint64
	WorstAt     sim.Time // the first instant of the worst
	Mean        uint64   // weighted by time, rounded to the nearest
	Exposed     time.Duration
	First, Last sim.Time // first instant above 0, and the one at which it is 0 for good; -1 is never
	Points      []Point
}

// Point is one bucket of time, in bytes: the most within it, and the least of
// those at its ends and at the instants that the sweep looked at.
type Point struct {
	From, To    sim.Time
	Least, Most uint64
}

// shift changes the value by n blocks that have come or gone already: late is
// the sum over them of how long ago, and last is when the last did.
func (m *meter) shift(now sim.Time, n int64, late uint64, last sim.Time) {
	m.bring(now)
	if n > 0 && m.value == 0 {
		m.close()
	}
	m.value += n
	if n < 0 {
		m.integral.sub(late)
	} else {
		m.integral.plus(late)
	}
	switch {
	case last < now:
		if n < 0 {
			m.dropAt = max(m.dropAt, last)
		}
	case m.netAt == now:
		m.net += n
	default:
		m.dropAt, m.netAt, m.net = m.drop(), now, n
	}
}

// drop is the last instant by whose end there was less than before: what has come and
// gone at one instant was never there.
func (m *meter) drop() sim.Time {
	if m.net < 0 {
		return max(m.dropAt, m.netAt)
	}
	return m.dropAt
}

func (m *meter) bring(now sim.Time) {
	if now > m.since {
		m.integral.add(m.value, int64(now-m.since))
		m.since = now
	}
}

// measure takes note of the value at time t, when everything at t has happened;
// t is in bucket i.
func (m *meter) measure(t sim.Time, i int, b *buckets) {
	if m.value > m.worst {
		m.worst, m.worstAt = m.value, t
	}
	switch {
	case m.value > 0 && !m.open:
		m.open, m.openAt = true, t
		if m.first < 0 {
			m.first = t
		}
	case m.value == 0:
		m.close()
	}
	switch {
	case t == b.from:
		m.within = span{m.value, m.value} // nothing came before
	case i != m.bucket:
		m.turn(t, i, b)
	}
	m.within.least, m.within.most = min(m.within.least, m.value), max(m.within.most, m.value)
	m.carried = m.value
}

// turn goes on to bucket i. What was measured last held until there; if the
// bucket begins at t, it begins with the value of now.
func (m *meter) turn(t sim.Time, i int, b *buckets) {
	for m.points = append(m.points, m.within); len(m.points) < i; {
		m.points = append(m.points, span{m.carried, m.carried})
	}
	m.bucket, m.within = i, span{m.carried, m.carried}
	if t == b.start(i) {
		m.within = span{m.value, m.value}
	}
}

// close ends a time above zero.
func (m *meter) close() {
	if m.open {
		m.open = false
		drop := m.drop()
		m.exposed += drop.Sub(m.openAt)
		m.last = drop
	}
}

// over is by how much the value is beyond what was met so far, in all or in bucket i,
// which is that of now.
func (m *meter) over(i int) int64 {
	met := min(m.worst, m.within.most)
	if i != m.bucket {
		met = min(met, m.carried)
	}
	return m.value - met
}

// halve joins buckets in pairs.
func (m *meter) halve() {
	if m.bucket%2 == 1 { // the one before belongs to it now
		n := len(m.points) - 1
		m.within.least, m.within.most = min(m.within.least, m.points[n].least), max(m.within.most, m.points[n].most)
		m.points = m.points[:n]
	}
	for k := 0; k+1 < len(m.points); k += 2 {
		p, q := m.points[k], m.points[k+1]
		m.points[k/2] = span{min(p.least, q.least), max(p.most, q.most)}
	}
	m.points = m.points[:len(m.points)/2]
	m.bucket /= 2
}

// figures closes the meter at time end.
func (m *meter) figures(end sim.Time, b *buckets) Figures {
	m.bring(end)
	m.measure(end, b.index(end), b)
	f := Figures{AtMark: bytes(m.mark), Worst: bytes(m.worst), WorstAt: m.worstAt, Exposed: m.exposed,
		First: m.first, Last: m.last}
	if m.open {
		f.Exposed += end.Sub(m.openAt)
		f.Last = end
	}
	if m.first < 0 {
		f.Last = -1
	}
	if span := uint64(end - b.from); span > 0 {
		f.Mean = m.integral.over(span, block.Size)
	}
	for i, p := range append(m.points, m.within) {
		f.Points = append(f.Points, Point{From: b.start(i), To: min(b.start(i+1), end), Least: bytes(p.least), Most: bytes(p.most)})
	}
	return f
}

func bytes(blocks int64) uint64 { return uint64(blocks) * block.Size }

// buckets divide the time since from into parts of 2^shift nanoseconds.
type buckets struct {
	from  sim.Time
	shift uint
}

// maxBuckets bounds what a meter keeps for drawing, and firstShift is what the
// buckets begin with: together 67 ms.
const (
	maxBuckets = 1024
	firstShift = 16
)

func (b *buckets) index(t sim.Time) int { return int((t - b.from) >> b.shift) }

func (b *buckets) start(i int) sim.Time { return b.from + sim.Time(i)<<b.shift }

// next is the first border beyond t.
func (b *buckets) next(t sim.Time) sim.Time { return b.start(b.index(t) + 1) }

// product is a sum of products in 128 bits, never below zero when it is read.
type product struct{ hi, lo uint64 }

// add adds n times dt; n may be negative.
func (p *product) add(n, dt int64) {
	if n < 0 {
		hi, lo := bits.Mul64(uint64(-n), uint64(dt))
		var borrow uint64
		p.lo, borrow = bits.Sub64(p.lo, lo, 0)
		p.hi, _ = bits.Sub64(p.hi, hi, borrow)
		return
	}
	hi, lo := bits.Mul64(uint64(n), uint64(dt))
	var carry uint64
	p.lo, carry = bits.Add64(p.lo, lo, 0)
	p.hi, _ = bits.Add64(p.hi, hi, carry)
}

func (p *product) plus(n uint64) {
	var carry uint64
	p.lo, carry = bits.Add64(p.lo, n, 0)
	p.hi += carry
}

func (p *product) sub(n uint64) {
	var borrow uint64
	p.lo, borrow = bits.Sub64(p.lo, n, 0)
	p.hi -= borrow
}

// over is the sum divided by d and multiplied by scale, rounded to the nearest.
func (p *product) over(d, scale uint64) uint64 {
	hi, lo := bits.Mul64(p.lo, scale)
	hi += p.hi * scale
	var carry uint64
	lo, carry = bits.Add64(lo, d/2, 0)
	hi += carry
	q, _ := bits.Div64(hi%d, lo, d)
	return q
}
