package controller

import (
	"time"

	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
)

// protection is what keeps the cache, as it changes in time. The state that the
// firmware's decisions look at is fw.Protection.State; here is what moves it.
type protection struct {
	charge  firmware.Charge
	changes []ProtectionChange
}

// ProtectionChange is what keeps the cache from one instant on.
type ProtectionChange struct {
	At         sim.Time
	State      firmware.BatteryState
	Supply     bool          // false: this is what an outage found
	WritesBack bool          // a WRITE is acknowledged from the cache
	HoldUp     time.Duration // see Protection
	KeptBytes  uint64        // see Protection
	DirtyBytes uint64        // in the cache at that instant
}

// Protection tells what an outage that began now would leave of the dirty data.
// With kept false it is nothing, however short the outage. Else it is, if the
// outage lasts no longer than holdUp, the first vaultBytes in the order of their
// addresses: 2^64-1 where there is no limit, as with a battery. Flash keeps for
// ever: its holdUp is the longest there is.
func (c *Controller) Protection(now sim.Time) (kept bool, holdUp time.Duration, vaultBytes uint64) {
	holdUp, vaultBytes = c.charge.Keeps(now, c.spec.CacheBytes)
	return holdUp > 0 && vaultBytes > 0, holdUp, vaultBytes
}

// ProtectionChanges lists what has kept the cache since power-on, in order.
func (c *Controller) ProtectionChanges() []ProtectionChange { return c.changes }

// protectionChanged is called whenever Protection begins to follow another course:
// at power-on, at a change of the state, where a learn cycle turns from discharge
// to recharge, and at both ends of an outage. In between hold-up and bytes move in
// straight lines.
func (c *Controller) protectionChanged(now sim.Time, supply bool) {
	_, hold, bytes := c.Protection(now)
	c.tellKeeping(now)
	c.changes = append(c.changes, ProtectionChange{At: now, State: c.charge.State, Supply: supply,
		WritesBack: c.fw.WritesBack(), HoldUp: hold, KeptBytes: bytes, DirtyBytes: c.cache.Stats().DirtyBlocks * block.Size})
}

// protect begins with the charge at power-on.
func (c *Controller) protect(now sim.Time) {
	c.charge = firmware.NewCharge(c.fw.Protection)
	c.fw.Protection.State = c.charge.State
	c.awaitCharge(now)
	c.protectionChanged(now, true)
}

// awaitCharge asks the kernel for the next change of the charge, if there is one.
func (c *Controller) awaitCharge(now sim.Time) {
	if at := c.charge.Next(); at != sim.Never {
		c.k.At(max(at, now), c, evCharge, 0)
	}
}

// charged makes the change that is due, and what follows from it: hosts are told,
// and a cache that is not relied on any more is destaged. PowerVault firmware does
// the same: it "flushes the cache and sets the write cache attribute to Write
// Through", and back when the battery is (Dell MD3200i Owner's Manual p. 34).
func (c *Controller) charged(now sim.Time) {
	was := c.fw
	c.charge.Step(now)
	c.fw.Protection.State = c.charge.State
	if was.WCE() != c.fw.WCE() {
		c.attend(scsi.SenseModeParametersChanged)
	}
	if c.fw.Protection.Reports && was.Protected() && !c.fw.Protected() {
		c.attend(scsi.SenseNVCacheVolatile)
	}
	c.protectionChanged(now, true)
	c.awaitCharge(now)
	if was.WritesBack() == c.fw.WritesBack() {
		return
	}
	for _, ref := range c.stalled { // not acknowledged yet: the mode of now counts
		c.admit(&c.commands[ref])
	}
	if !c.fw.WritesBack() {
		c.flushAll()
		c.pump(now)
	}
}

// attend adds a unit attention that hosts have not been told of yet.
func (c *Controller) attend(s scsi.Sense) {
	for _, p := range c.pending {
		if p == s {
			return
		}
	}
	c.pending = append(c.pending, s)
}
