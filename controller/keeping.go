package controller

import (
	"sort"

	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// keeping is what an outage that began now would leave, as the ledger's sweep
// asks.
func (c *Controller) keeping(now sim.Time) ledger.Keeping {
	kept, _, bytes := c.Protection(now)
	p := &c.fw.Protection
	k := ledger.Keeping{Exists: p.Kind != firmware.Unprotected, Ends: p.Kind == firmware.Battery, Lost: c.taker(kept)}
	if p.Kind == firmware.Vault && bytes < c.spec.CacheBytes {
		k.Bytes = bytes / block.Size * block.Size
		kept = kept && k.Bytes > 0
	}
	k.Kept = kept
	return k
}

// taker is what took dirty data that the protection did not keep.
func (c *Controller) taker(kept bool) ledger.Cause {
	switch {
	case !kept:
		return ledger.PowerLost // there was no protection to outlast
	case c.fw.Protection.Kind == firmware.Vault:
		return ledger.VaultShort
	}
	return ledger.HoldUpExceeded
}

// tellKeeping tells a sweep what keeps the cache from now on. The energy of a
// capacitor that charges covers a block more at a time: each is an event, and
// only a sweep wants to know.
func (c *Controller) tellKeeping(now sim.Time) {
	if !c.ledger.Listening() {
		return
	}
	k := c.keeping(now)
	c.ledger.Protect(now, k)
	if next := c.nextBlock(now); c.fw.Protection.Kind == firmware.Vault && next != sim.Never {
		c.k.At(next, c, evKeeping, 0)
	}
}

// nextBlock is when the energy of a charging capacitor covers a block more.
func (c *Controller) nextBlock(now sim.Time) sim.Time {
	covered := func(t sim.Time) uint64 {
		_, bytes := c.charge.Keeps(t, c.spec.CacheBytes)
		return bytes / block.Size
	}
	end := c.charge.Next()
	if end == sim.Never || covered(now) >= covered(end) {
		return sim.Never
	}
	more := sort.Search(int(end-now), func(i int) bool { return covered(now+sim.Time(i)) > covered(now) })
	return now + sim.Time(more)
}
