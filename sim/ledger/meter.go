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

	open    bool // above zero
	openAt  sim.Time
	dropAt  sim.Time // of the last decrease
	exposed time.Duration
	first   sim.Time // -1: never above zero
	last    sim.Time
	touched bool
	carried int64 // value at the end of the last point
	points  []span
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

// Point is one bucket of time with the least and the most within it, in bytes.
type Point struct {
	From, To    sim.Time
	Least, Most uint64
}

// shift changes the value by n blocks that have come or gone already: late is
// the sum over them of how long ago, and last is when the last did.
func (m *meter) shift(now sim.Time, n int64, late uint64, last sim.Time) {
	m.bring(now)
	m.value += n
	if n < 0 {
		m.integral.sub(late)
		m.dropAt = max(m.dropAt, last)
	} else {
		m.integral.plus(late)
	}
}

func (m *meter) bring(now sim.Time) {
	if now > m.since {
		m.integral.add(m.value, int64(now-m.since))
		m.since = now
	}
}

// measure takes note of the value at time t, when everything at t has happened.
func (m *meter) measure(t sim.Time, b *buckets) {
	if m.value > m.worst {
		m.worst, m.worstAt = m.value, t
	}
	switch {
	case m.value > 0 && !m.open:
		m.open, m.openAt = true, t
		if m.first < 0 {
			m.first = t
		}
	case m.value == 0 && m.open:
		m.open = false
		m.exposed += m.dropAt.Sub(m.openAt)
		m.last = m.dropAt
	}
	m.draw(t, b)
}

// draw enters the value at time t into its bucket.
func (m *meter) draw(t sim.Time, b *buckets) {
	if t == b.from {
		m.carried = m.value // nothing came before
	}
	i := b.index(t)
	for len(m.points) <= i {
		m.points = append(m.points, span{m.carried, m.carried})
	}
	p := &m.points[i]
	p.least, p.most = min(p.least, m.value), max(p.most, m.value)
	m.carried = m.value
}

// halve joins buckets in pairs.
func (m *meter) halve() {
	n := len(m.points)
	for i := 0; i < n; i += 2 {
		p := m.points[i]
		if i+1 < n {
			p.least, p.most = min(p.least, m.points[i+1].least), max(p.most, m.points[i+1].most)
		} else {
			p.least, p.most = min(p.least, m.carried), max(p.most, m.carried)
		}
		m.points[i/2] = p
	}
	m.points = m.points[:(n+1)/2]
}

// figures closes the meter at time end.
func (m *meter) figures(end sim.Time, b *buckets) Figures {
	m.bring(end)
	m.measure(end, b)
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
	for i, p := range m.points {
		from := b.from + sim.Time(i)*b.width
		if from > end {
			break
		}
		f.Points = append(f.Points, Point{From: from, To: min(from+b.width, end), Least: bytes(p.least), Most: bytes(p.most)})
	}
	return f
}

func bytes(blocks int64) uint64 { return uint64(blocks) * block.Size }

// buckets divide the time since from.
type buckets struct {
	from  sim.Time
	width sim.Time
}

// maxBuckets bounds what a meter keeps for drawing, and firstWidth is what the
// buckets begin with: together 67 ms.
const (
	maxBuckets = 1024
	firstWidth = 1 << 16
)

func (b *buckets) index(t sim.Time) int { return int((t - b.from) / b.width) }

// next is the first border beyond t.
func (b *buckets) next(t sim.Time) sim.Time { return b.from + (t-b.from)/b.width*b.width + b.width }

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
