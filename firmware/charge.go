package firmware

import (
	"math"
	"math/bits"
	"time"

	"tbraid/sim"
)

// Full is a full charge; a charge is a part of it. So fine a scale keeps the
// rounding of a hold-up below a nanosecond.
const Full uint64 = 1 << 60

// Charge is the energy behind a protected cache, of a battery or of the capacitor
// of a flash module, as it changes during a run. While there is supply it moves in
// straight lines: it rises to full, or falls during a learn cycle. Step is the
// change that is due at Next; in between nothing but the amount moves. A Charge is
// a value and keeps no clock.
type Charge struct {
	State BatteryState

	knobs  Protection
	course course
	amount uint64   // at since
	since  sim.Time // when State or course last changed
	learn  sim.Time // when a learn cycle is due; sim.Never if none is
	fails  sim.Time // when it fails; sim.Never if it does not
}

// course is where the charge goes while there is supply.
type course uint8

const (
	steady course = iota
	rising
	falling // the first part of a learn cycle
)

// NewCharge is the charge at power-on, time 0.
func NewCharge(p Protection) Charge {
	c := Charge{State: p.State, knobs: p, amount: scale(Full, uint64(p.startPercent()), 100), learn: sim.Never, fails: sim.Never}
	if p.Kind == Unprotected || p.State == Failed {
		return c
	}
	if p.FailAfter > 0 {
		c.fails = sim.Time(p.FailAfter)
	}
	if p.Learn.After > 0 {
		c.learn = sim.Time(p.Learn.After)
	}
	switch {
	case p.Recharge == 0: // the state that was given stays
	case p.State == Learning:
		c.learn, c.course = 0, falling
	default:
		c.recharge()
	}
	return c
}

// startPercent is the charge at power-on, which a state that never changes stands
// for as well.
func (r *Protection) startPercent() int {
	switch {
	case r.State == Failed:
		return 0
	case r.DischargedPercent > 0:
		return 100 - r.DischargedPercent
	case r.State == Charging:
		return 0
	case r.State == Low && r.Kind == Battery:
		return 50 // guess: a battery that reports low holds half as long
	}
	return 100
}

// Next is when state or course change next if the supply stays; sim.Never if they
// do not. A learn cycle that is due waits until the charge is full (Dell
// OpenManage Server Administrator 7.0 User's Manual p. 187).
func (c *Charge) Next() sim.Time {
	next := c.fails
	switch {
	case c.course == rising && c.State == Low:
		next = min(next, c.rises(c.lowCharge()))
	case c.course == rising:
		next = min(next, c.rises(Full))
	case c.course == falling:
		next = min(next, c.since.Add(time.Duration(scaleUp(c.amount, uint64(c.knobs.Learn.Discharge), Full))))
	case c.State == Optimal && c.learn != sim.Never:
		next = min(next, max(c.learn, c.since))
	}
	return next
}

// Step makes the change that is due at now, which is what Next said.
func (c *Charge) Step(now sim.Time) {
	c.amount = c.at(now)
	c.since = now
	switch {
	case now >= c.fails:
		c.fail()
	case c.course == falling:
		c.course = rising
	case c.course == steady:
		c.State, c.course = Learning, falling
	case c.State == Learning: // and full again: the cycle ends
		c.learn = sim.Never
		if c.knobs.Learn.Every > 0 {
			c.learn = now.Add(c.knobs.Learn.Every)
		}
		c.recharge()
	default:
		c.recharge()
	}
}

// Outage is the supply gone from one time to another. A battery that is recharged
// at all has given what kept the cache. A capacitor is empty after any outage: it
// feeds the copy to flash until nothing is left. A learn cycle that was cut short
// begins anew once the charge is full, and a failure that was due meanwhile is
// found when the supply returns.
func (c *Charge) Outage(from, to sim.Time) {
	charge := c.at(from)
	switch {
	case c.knobs.Kind == Unprotected || c.State == Failed:
		return
	case c.knobs.Recharge == 0: // it stays what it is
	case c.knobs.Kind == Battery:
		outage := min(to.Sub(from), c.knobs.HoldUp)
		c.amount = charge - min(charge, scale(Full, uint64(outage), uint64(c.knobs.HoldUp)))
	default:
		c.amount = 0 // guess: the module does not stop at the end of the copy
	}
	c.since = to
	switch {
	case to >= c.fails:
		c.fail() // guess: till then it held what it held
	case c.knobs.Recharge > 0:
		c.recharge() // guess: learn stands, so a cycle cut short begins anew
	}
}

// Keeps tells what an outage that began now would leave of the dirty data of a
// cache of so many bytes: of an outage up to holdUp long, the first so many bytes.
// A battery keeps all or nothing (bytes 2^64-1 or 0), flash keeps for ever what
// the energy sufficed for. Both are linear in time from one Step to the next.
func (c *Charge) Keeps(now sim.Time, cacheBytes uint64) (holdUp time.Duration, bytes uint64) {
	charge := c.at(now)
	switch {
	case charge == 0 || c.knobs.Kind == Unprotected:
		return 0, 0
	case c.knobs.Kind == Battery:
		return time.Duration(scale(uint64(c.knobs.HoldUp), charge, Full)), math.MaxUint64
	case charge == Full && c.knobs.Vault == 0:
		return math.MaxInt64, math.MaxUint64
	case c.knobs.Vault > 0:
		cacheBytes = c.knobs.Vault
	}
	return math.MaxInt64, scale(cacheBytes, charge, Full) // guess: the copy goes as far as the charge
}

// at is the charge at a time not before the last change, with supply.
func (c *Charge) at(now sim.Time) uint64 {
	passed := uint64(now.Sub(c.since))
	switch c.course {
	case rising:
		all := uint64(c.knobs.Recharge)
		return min(Full, c.amount+scale(Full, min(passed, all), all))
	case falling:
		all := uint64(c.knobs.Learn.Discharge)
		return c.amount - min(c.amount, scale(Full, min(passed, all), all))
	}
	return c.amount
}

// rises is when a rising charge has come to some level.
func (c *Charge) rises(to uint64) sim.Time {
	return c.since.Add(time.Duration(scaleUp(to-c.amount, uint64(c.knobs.Recharge), Full)))
}

// recharge is what follows from the charge alone, outside of a learn cycle.
func (c *Charge) recharge() {
	switch {
	case c.amount == Full:
		c.State, c.course = Optimal, steady
	case c.amount < c.lowCharge():
		c.State, c.course = Low, rising
	default:
		c.State, c.course = Charging, rising // guess: not relied on until full; products have levels of their own
	}
}

func (c *Charge) fail() {
	c.State, c.course, c.amount = Failed, steady, 0
	c.learn, c.fails = sim.Never, sim.Never
}

func (c *Charge) lowCharge() uint64 { return scale(Full, uint64(c.knobs.LowPercent), 100) }

// scale is a*b/c rounded down; a or b is at most c.
func scale(a, b, c uint64) uint64 {
	high, low := bits.Mul64(a, b)
	q, _ := bits.Div64(high, low, c)
	return q
}

// scaleUp is a*b/c rounded up; a or b is at most c.
func scaleUp(a, b, c uint64) uint64 {
	high, low := bits.Mul64(a, b)
	q, rest := bits.Div64(high, low, c)
	if rest > 0 {
		q++
	}
	return q
}
