// Package disks models the members of the array: a hard disk with seek curve,
// rotation and zones, or an SSD, each with a write cache of its own, a queue,
// and a medium that keeps what was written when power goes.
//
// The way of one command: it waits in arrival order until the drive has a free
// tag (Spec.QueueDepth), then until every earlier command on the same blocks is
// done. A read that the write cache or the look-ahead buffer holds, and a write
// into the write cache, take one transfer over the interface; everything else
// takes one access to the medium, in the order that Spec.Order says. Content in
// the write cache is written to the medium in the background.
package disks

import (
	"tbraid/internal/block"
	"tbraid/sim"
)

// Op is what an IO asks of a disk.
type Op uint8

// The operations.
const (
	Read  Op = iota
	Write    // done when in the write cache, or on the medium if the cache is off
	Flush    // done when everything acknowledged before is on the medium
)

// Fault is why an IO failed.
type Fault uint8

// The faults.
const (
	None        Fault = iota
	MediumError       // a block could not be read
	Offline           // the disk has failed, or lost power before the IO was done
)

// IO is one command to a member. The owner fills it and owns it again after
// Done, or after the drive's Abort.
type IO struct {
	Op     Op
	FUA    bool         // Write: done only when on the medium
	Extent block.Extent // of the member; for Flush unused
	// Cells is the content: for Write the owner's, covering Extent in order
	// without gaps; for Read the disk appends to it before Done, and leaves it
	// as it was if the read fails.
	Cells []block.Cell
	Ref   uint32 // the owner's
	Fault Fault  // set before Done

	queued sim.Time
}

// Owner is told when an IO ends. It is also told when blocks reach the medium,
// which with a write cache is later. Both may submit.
type Owner interface {
	Done(now sim.Time, d *Drive, io *IO)
	// Began is called when a write to the medium of d begins, and Stored when all
	// of it has come to the medium: in the order in which the writes of one block
	// were acknowledged, and for a write that goes to the medium before its Done.
	// Content that a later write replaced in the cache is skipped. If the power
	// goes in between, Stored is not called. A protected cache counts as the
	// medium, so there both come with the acknowledgement. The pass is the
	// drive's, and good until the call returns.
	Began(now sim.Time, d *Drive, p *Pass)
	Stored(now sim.Time, d *Drive, p *Pass)
}

// Pass is one write to the medium. Its units of Spec.Tear pass under the head
// in equal steps from Begin to End, also those of which it writes a part.
type Pass struct {
	Lane       int          // of the accesses that can be under way at once
	Extent     block.Extent // that it writes
	Units      block.Extent // the same in whole units
	Cells      []block.Cell // the content of Extent
	Begin, End sim.Time
	Tears      bool // the unit under the head is torn if the power goes
}
