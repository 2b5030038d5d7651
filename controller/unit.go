package controller

import (
	"time"

	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
)

// unit is the logical unit's state that hosts see beside its content.
type unit struct {
	ready    bool         // booted
	stopped  bool         // START STOP UNIT
	pending  []scsi.Sense // unit attentions, in the order in which they are told
	deferred []scsi.Sense // errors of WRITEs that were acknowledged before they failed
	serial   string
	rpm      uint16
}

const (
	maxWriteSame     = 65536 // blocks, in VPD page B0h
	physicalExponent = 3     // 8 logical blocks of 512 bytes are a physical one of 4096
)

// willing tells whether a command is carried out whatever it is: there is nothing to be
// told first, and nothing is in the way.
func (c *Controller) willing() bool {
	return c.ready && !c.stopped && len(c.pending) == 0 && len(c.deferred) == 0
}

// gate runs the checks that come before a command is carried out, in the order
// of SPC-4: operation code, unit attention, fields of the CDB, readiness.
func (c *Controller) gate(t *sam.Task, bad scsi.Sense) scsi.Sense {
	op := t.Decoded.Op
	always := op == scsi.Inquiry || op == scsi.ReportLUNs || op == scsi.RequestSense
	switch {
	case bad.Is(scsi.SenseInvalidOpcode):
		return bad
	case !always && len(c.pending) > 0:
		return shift(&c.pending)
	case !always && len(c.deferred) > 0:
		return shift(&c.deferred)
	case !bad.None():
		return bad
	case !c.ready && !always:
		return scsi.SenseNotReadyBecoming
	case c.stopped && !always && t.Decoded.Class != scsi.ClassOther:
		return scsi.SenseNotReadyStart
	}
	return scsi.Sense{}
}

// powerOn is what a host is told first after power on: that, and that the cache
// is protected no more if the firmware says so.
func (c *Controller) powerOn() {
	c.pending = append(c.pending[:0], scsi.SensePowerOn)
	p := &c.fw.Protection
	if p.Reports && p.Kind != firmware.Unprotected && !c.fw.Protected() {
		c.pending = append(c.pending, scsi.SenseNVCacheVolatile)
	}
}

// shift takes the first sense out of a list.
func shift(list *[]scsi.Sense) scsi.Sense {
	s := (*list)[0]
	*list = append((*list)[:0], (*list)[1:]...)
	return s
}

// control carries out commands that touch no block.
func (c *Controller) control(now sim.Time, cmd *command) {
	t := cmd.task
	d := &t.Decoded
	data := t.DataIn[:0]
	var sense scsi.Sense
	switch d.Op {
	case scsi.TestUnitReady:
	case scsi.RequestSense:
		data = c.nextSense().Bytes(data, d.Desc)
	case scsi.Inquiry:
		data, sense = c.inquiry(data, d)
	case scsi.ModeSense6, scsi.ModeSense10:
		data, sense = c.modeSense(data, d)
	case scsi.ModeSelect6, scsi.ModeSelect10:
		m := c.modes()
		_, sense = m.Select(d, t.DataOut) // no bit is changeable, so nothing changes
	case scsi.ReadCapacity10:
		data = c.capacity().Append10(data)
	case scsi.ServiceActionIn16:
		data = c.capacity().Append16(data)
	case scsi.ReportLUNs:
		data = scsi.AppendLUNs(data, []uint8{0})
	case scsi.StartStopUnit:
		c.startStop(now, cmd)
		return
	default: // UNMAP among them: the volume is fully provisioned (LBPME=0, no VPD page B2h)
		sense = scsi.SenseInvalidOpcode
	}
	if !sense.None() {
		c.finish(now, cmd, scsi.CheckCondition, sense)
		return
	}
	t.DataIn = data
	if d.Op != scsi.ReadCapacity10 && d.Op != scsi.TestUnitReady && d.Class == scsi.ClassOther && d.Alloc > 0 {
		t.DataIn = scsi.Truncate(data, d.Alloc)
	}
	c.good(now, cmd)
}

// nextSense is what REQUEST SENSE reports, and clears.
func (c *Controller) nextSense() scsi.Sense {
	switch {
	case len(c.pending) > 0:
		return shift(&c.pending)
	case len(c.deferred) > 0:
		return shift(&c.deferred)
	case !c.ready:
		return scsi.SenseNotReadyBecoming
	}
	return scsi.Sense{}
}

func (c *Controller) inquiry(dst []byte, d *scsi.Command) ([]byte, scsi.Sense) {
	if !d.EVPD {
		return scsi.InquiryData{Version: uint8(c.spec.ANSI), CmdQue: true,
			Vendor: c.spec.Vendor, Product: c.spec.Product, Revision: c.spec.Revision}.Append(dst), scsi.Sense{}
	}
	switch d.Page {
	case scsi.VPDSupportedPages:
		return scsi.AppendVPDPages(dst, []uint8{scsi.VPDSupportedPages, scsi.VPDSerial, scsi.VPDDeviceID,
			scsi.VPDBlockLimits, scsi.VPDBlockCharacteristics}), scsi.Sense{}
	case scsi.VPDSerial:
		return scsi.AppendSerial(dst, c.serial), scsi.Sense{}
	case scsi.VPDDeviceID:
		return scsi.DeviceID{Vendor: c.spec.Vendor, ID: c.spec.Product + c.serial}.Append(dst), scsi.Sense{}
	case scsi.VPDBlockLimits:
		chunk := c.array.layout.ChunkBlocks()
		return scsi.BlockLimits{GranularityBlocks: uint16(min(chunk, 1<<16-1)),
			MaxTransferBlocks: maxWriteSame, OptimalTransferBlocks: uint32(min(c.array.layout.StripeBlocks(), 1<<32-1)),
			MaxWriteSameBlocks: maxWriteSame}.Append(dst), scsi.Sense{}
	case scsi.VPDBlockCharacteristics:
		return scsi.BlockCharacteristics{RotationPerMinute: c.rpm, FUAB: true}.Append(dst), scsi.Sense{}
	}
	return dst, scsi.SenseInvalidFieldInCDB.AtCDB(2)
}

// modeSense answers with the mode pages. Some firmware fails on the caching page
// (firmware.ReportError), and the host then takes the write cache for off.
func (c *Controller) modeSense(dst []byte, d *scsi.Command) ([]byte, scsi.Sense) {
	if c.fw.Report == firmware.ReportError && (d.Page == scsi.PageCaching || d.Page == scsi.PageAll) {
		return dst, scsi.SenseInvalidFieldInCDB.AtCDB(2)
	}
	m := c.modes()
	return m.AppendReply(dst, d)
}

// modes are the mode parameters as they stand. None is changeable: the write
// cache is the box's own business, set through its management.
func (c *Controller) modes() scsi.ModeParameters {
	pages := scsi.ModePages{
		RigidDisk: scsi.RigidDiskPage{RotationPerMinute: c.rpm},
		Caching:   scsi.CachingPage{WCE: c.fw.WCE()},
		Control:   scsi.ControlPage{QAM: 1},
	}
	return scsi.ModeParameters{DPOFUA: c.spec.DPOFUA, Capacity: c.capacity(), Current: pages, Default: pages}
}

func (c *Controller) capacity() scsi.Capacity {
	return scsi.Capacity{Blocks: c.Blocks(), BlockBytes: block.Size, PhysicalExponent: physicalExponent}
}

// startStop stops the unit, after what SYNCHRONIZE CACHE of the whole volume
// would do, or starts it.
func (c *Controller) startStop(now sim.Time, cmd *command) {
	d := &cmd.task.Decoded
	if d.Power == 0 {
		c.stopped = !d.Start
	}
	if !c.stopped || d.NoFlush {
		c.good(now, cmd)
		return
	}
	c.carryOutSync(now, cmd)
}

// perByte is how long n bytes take at a rate in bytes a second.
func perByte(n, bytesPerSecond uint64) time.Duration {
	return time.Duration(n * uint64(time.Second) / bytesPerSecond)
}
