package controller

import (
	"math"
	"slices"

	"tbraid/cache"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// destager writes dirty stripes to the array, as many at a time as the policy
// allows, in the order that it names. Stripes that someone waits for go first.
type destager struct {
	batches  []batch  // by slot; Depth of them
	stripes  []uint64 // that they carry; noStripe in a slot that is free
	inFlight int
	strays   int // batches of before the cache was dropped, still on their way
	urgent   []urgent
	mark     uint64 // destage until everything up to here has settled
	flush    bool   // mark is in force
	draining bool   // from the high mark down to the low mark
	pressed  bool   // a READ needs room
	halting  bool   // the flush in force is that of an orderly halt
	cursor   uint64 // elevator: where the arm of the thought stands
	tick     sim.Time
	beat     sim.Time // next beat of the interval timer
	pumping  bool

	rest rest

	high, low int // the marks, in pages
	situation firmware.Situation
}

type batch struct {
	cache.Batch
	stray bool // the cache was dropped since
}

// noStripe is beyond the last stripe of any volume.
const noStripe = math.MaxUint64

// rest is how long a WRITE that makes pages dirty, and nothing else, changes nothing of
// what the policy has said: until a time, and for so many pages.
type rest struct {
	until sim.Time
	pages uint64
}

// urgent is a stripe that a command waits for.
type urgent struct {
	stripe uint64
	forced bool // past the members' caches
	why    ledger.Trigger
}

// hurry puts the stripes of e in front.
func (c *Controller) hurry(e block.Extent, forced bool, why ledger.Trigger) {
	first := c.array.layout.StripeOf(e.Start)
	last := c.array.layout.StripeOf(e.End() - 1)
	for s := first; s <= last; s++ {
		c.urgent = append(c.urgent, urgent{s, forced, why})
	}
}

// hurryDirty puts the dirty stripes of e, which may be large, in front.
func (c *Controller) hurryDirty(e block.Extent) {
	if e.Empty() {
		return
	}
	last := c.array.layout.StripeOf(e.End() - 1)
	for s, ok := c.cache.NextFrom(c.array.layout.StripeOf(e.Start)); ok && s <= last; s, ok = c.cache.NextFrom(s + 1) {
		c.urgent = append(c.urgent, urgent{stripe: s, why: ledger.ByFlush})
	}
}

// lost tells whether the array is, which is seldom asked: mostly no member is missing.
func (c *Controller) lost() bool { return c.array.absent != 0 && c.array.Lost() }

// flushAll destages everything that is dirty now.
func (c *Controller) flushAll() {
	c.mark, c.flush = c.cache.Mark(), true
	c.stir()
}

// stir ends the rest: there is a flush, a batch has landed, or dirty pages have gone.
func (c *Controller) stir() { c.rest = rest{} }

// dirtied is pump for when a WRITE of so many blocks has made pages dirty.
func (c *Controller) dirtied(now sim.Time, blocks uint64) {
	pages := blocks/cache.PageBlocks + 2 // the first and the last in part
	if now >= c.rest.until || pages > c.rest.pages {
		c.pump(now)
		return
	}
	c.rest.pages -= pages
}

// pump starts destages until the policy, the depth or the dirty pages run out.
func (c *Controller) pump(now sim.Time) {
	if c.pumping || !c.ready || c.lost() {
		return
	}
	c.stir()
	c.pumping = true // ending a destage may pump again from within
	for {
		s := c.look() // also when every slot is busy: the beat must not lie in the past when the policy is asked
		allowed, again := c.fw.DestageNow(now, s)
		if c.inFlight < len(c.batches) && c.next(now, allowed) {
			continue
		}
		c.pumping = false
		c.wake(now, again)
		if s.Cache.OldestDirty != sim.Never && len(c.stalled) == 0 {
			c.takeRest(s, allowed, again)
		}
		return
	}
}

// takeRest finds out for how long the policy need not be asked for more dirty pages alone.
// There is a stripe to destage, and no WRITE is stalled.
// It must have nothing more to start because as many batches are under way as it
// allows or as there can be, and that must not depend on how much is dirty: short of
// the high mark it does not, unless the rate is linear. What is due, it is due later
// at the earliest if there are more WRITEs.
func (c *Controller) takeRest(s *firmware.Situation, allowed int, again sim.Time) {
	full := c.inFlight == len(c.batches)
	if !full && (c.inFlight < allowed || c.pressed || c.fw.Destage.Rate == firmware.LinearThreshold) || c.idles(s.LastHost) {
		return
	}
	pages := uint64(math.MaxUint64) // on the way down from the high mark it is no matter where that is
	if !c.draining {
		if s.Cache.DirtyPages >= c.high {
			return
		}
		pages = uint64(c.high - s.Cache.DirtyPages - 1)
	}
	c.rest = rest{until: min(again, c.beat), pages: pages}
}

// idles tells whether the host has sent nothing for so long that the policy destages
// for that reason, until it sends something again.
func (c *Controller) idles(last sim.Time) bool {
	return c.fw.Destage.Idle > 0 && c.k.Now() >= last.Add(c.fw.Destage.Idle)
}

// next starts one destage, of a stripe that someone waits for, or while fewer are
// under way than allowed, and reports whether there was one to start.
func (c *Controller) next(now sim.Time, allowed int) bool {
	for i := 0; i < len(c.urgent); i++ {
		u := c.urgent[i]
		if slices.Contains(c.stripes, u.stripe) {
			continue // its batch has to land first
		}
		c.urgent = append(c.urgent[:i], c.urgent[i+1:]...)
		if c.start(now, u.stripe, u.forced, u.why) {
			return true
		}
		i-- // it was not dirty any more
	}
	if c.pressed {
		allowed = max(allowed, 1)
	}
	if c.inFlight >= allowed {
		return false
	}
	stripe, ok := c.choose(now)
	return ok && c.start(now, stripe, false, c.trigger(now))
}

// look tells what the policy decides by, once it has kept the states that outlast one
// decision: draining between the marks, a flush until what it covers has settled, the
// beat of the timer.
func (c *Controller) look() *firmware.Situation {
	s := &c.situation
	c.cache.Survey(&s.Cache)
	switch {
	case s.Cache.DirtyPages >= c.high || len(c.stalled) > 0:
		c.draining = true
	case s.Cache.DirtyPages <= c.low:
		c.draining = false
	}
	if c.flush && c.cache.Settled(c.mark, block.Extent{}) {
		c.flush, c.halting = false, false
	}
	if c.fw.Destage.Interval > 0 && c.k.Now() >= c.beat {
		for c.beat <= c.k.Now() {
			c.beat = c.beat.Add(c.fw.Destage.Interval)
		}
		c.flushAll()
	}
	s.LastHost, s.Draining, s.Flush, s.NextTick = c.lastHost, c.draining, c.flush, c.beat
	return s
}

// choose names the next stripe in the policy's order. A flush and an age limit
// take the oldest whatever the order.
func (c *Controller) choose(now sim.Time) (uint64, bool) {
	aged := c.fw.Destage.Age > 0 && now >= c.cache.OldestDirty().Add(c.fw.Destage.Age)
	switch {
	case c.flush || aged || c.fw.Destage.Order == firmware.OldestFirst:
		return c.cache.Oldest()
	case c.fw.Destage.Order == firmware.WOW:
		stripe, ok := c.cache.NextCold(c.cursor)
		c.cursor = stripe + 1
		return stripe, ok
	case c.fw.Destage.Order == firmware.Elevator:
		stripe, ok := c.cache.NextFrom(c.cursor)
		if !ok {
			stripe, ok = c.cache.NextFrom(0)
		}
		c.cursor = stripe + 1
		return stripe, ok
	}
	return c.cache.Fullest()
}

// start gathers a stripe and hands it to the array.
func (c *Controller) start(now sim.Time, stripe uint64, forced bool, why ledger.Trigger) bool {
	slot := slices.Index(c.stripes, noStripe)
	b := &c.batches[slot]
	if !c.cache.Gather(stripe, &b.Batch) {
		return false
	}
	c.stripes[slot] = stripe
	c.inFlight++
	c.ledger.Gathered(b.Runs, why, c.array.method(&b.Batch))
	c.array.Write(now, uint32(slot), &b.Batch, forced)
	return true
}

// Wrote is called by the array when a batch is on the members, or could not be
// written.
func (c *Controller) Wrote(now sim.Time, ref uint32, ok bool) {
	b := &c.batches[ref]
	landed := c.array.layout.StripeExtent(b.Stripe)
	if b.stray {
		b.stray = false
		c.strays--
		landed = block.Extent{Blocks: c.Blocks()} // what was dropped with the cache has settled as well
	}
	c.stripes[ref] = noStripe
	c.inFlight--
	c.stir()
	if !ok {
		c.cache.Redirty(&b.Batch)
		c.failWaiting(now)
		return
	}
	c.cache.Clean(&b.Batch)
	c.measure(now)
	c.ledger.Clean(now, b.Runs)
	c.pressed = false
	c.unstall(now)
	c.release(now, landed)
	c.pump(now)
}

// wake asks the kernel to let the policy be asked again when it said so.
func (c *Controller) wake(now, again sim.Time) {
	if again == sim.Never || again >= c.tick {
		return
	}
	c.tick = max(again, now+1)
	c.k.At(c.tick, c, evTick, 0)
}
