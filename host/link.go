package host

import (
	"slices"
	"time"

	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
)

// LinkSpec is a Thunderbolt link as PCI Express traffic sees it.
type LinkSpec struct {
	Name    string
	Title   string        `conf:"title" doc:"one line, for tables"`
	Source  string        `conf:"source" doc:"where the figures are from"`
	Rate    uint64        `conf:"rate" unit:"rate" min:"1MB/s" max:"100GB/s" doc:"payload rate of each direction"`
	Latency time.Duration `conf:"latency" unit:"duration" max:"10ms" doc:"one way, per command"`
	Command time.Duration `conf:"command" unit:"duration" max:"10ms" doc:"time on the link for CDB, doorbell and status of a command"`
}

// Link is the cable with the PCI Express tunnel in it. Each direction carries one
// thing at a time: commands and the data of WRITEs go to the box, the data of
// READs come back. The time of CDB, doorbell and status is charged on the way to
// the box.
//
// A task is copied when it crosses. What the box holds is therefore never what
// the host holds, and when the link goes down the host can have its tasks back
// while the box still works on its own copies.
//
// Where nothing can come between, hops are told of a task ahead of time and need
// no event: the driver passes it on before its processor is done with it, and a
// box that is Foresighted takes it before it arrives. Recall and Down undo that for
// tasks that have not come so far.
type Link struct {
	// TapTarget watches the seam between link and box; nil is nobody.
	TapTarget sam.Tap

	k      *sim.Kernel
	spec   LinkSpec
	target sam.Target
	ahead  sam.Foresighted // the target, if it is; nil is not
	up     sam.Initiator
	driver *Adapter // up, if it is one
	toBox  sim.Station
	toHost sim.Station
	table  []crossing
	free   []uint32
	cut    bool
	coming int    // tasks on their way that the box has not been told of
	passed uint64 // tasks, ever

	lastBytes uint64
	lastTime  time.Duration // that they take

	carried Traffic
}

// Traffic is what a link has carried, in bytes of data.
type Traffic struct {
	Commands uint64
	ToBox    uint64
	ToHost   uint64
}

// crossing is one task under way: the host's and its copy on the box.
type crossing struct {
	host     *sam.Task
	box      *sam.Task
	busy     bool
	foreseen bool     // the box was told before it arrives
	leaves   sim.Time // when the driver passes it on
	arrives  sim.Time // at the box
	free     sim.Time // when the direction was free before it
	order    uint64   // in which it was passed on
}

// Events of a Link.
const (
	arrive  = iota // a command reaches the box
	deliver        // a status reaches the host
)

// maxCrossings bounds the tasks on one link: more than the deepest queue that a
// driver can be given.
const maxCrossings = 1 << 16

var (
	_ sam.Target    = (*Link)(nil)
	_ sam.Initiator = (*Link)(nil)
	_ sim.Handler   = (*Link)(nil)
)

// NewLink returns a link that is up and ends at target. A System that attaches
// to it becomes its initiator.
func NewLink(k *sim.Kernel, spec LinkSpec, target sam.Target) *Link {
	n := &Link{k: k, spec: spec, target: target}
	n.ahead, _ = target.(sam.Foresighted)
	return n
}

// Receive puts a task on its way to the box.
func (n *Link) Receive(now sim.Time, t *sam.Task) {
	if n.cut {
		t.Failure = sam.NoDevice
		n.up.Complete(now, t)
		return
	}
	n.carry(now, t)
}

// carry puts a task on its way at a time that is not before now, nor before that
// of any other task.
func (n *Link) carry(leaves sim.Time, t *sam.Task) {
	slot, x := n.slot()
	bytes := t.Decoded.DataOut()
	n.carried.Commands++
	n.carried.ToBox += bytes
	n.passed++
	x.busy, x.host, x.leaves, x.free, x.order = true, t, leaves, n.toBox.Free(), n.passed
	x.arrives = n.toBox.Reserve(leaves, n.outward(bytes)).Add(n.spec.Latency)
	x.box.Copy(t, slot)
	if x.foreseen = n.coming == 0 && n.ahead != nil && n.TapTarget == nil && n.ahead.Foresee(x.arrives, x.box); x.foreseen {
		n.k.Spare(1)
		return
	}
	x.box.Decoded = t.Decoded
	n.coming++
	n.k.At(x.arrives, n, arrive, slot)
}

// outward is how long a task with so many bytes takes on the way to the box.
func (n *Link) outward(bytes uint64) time.Duration { return n.spec.Command + n.time(bytes) }

// Recall takes back the tasks that the driver was to pass on after now, the last
// one first: they have not left it.
func (n *Link) Recall(now sim.Time) {
	for _, slot := range n.early(func(x *crossing) sim.Time { return x.leaves }, now) {
		x := &n.table[slot]
		n.stop(slot)
		bytes := x.host.Decoded.DataOut()
		n.carried.Commands--
		n.carried.ToBox -= bytes
		n.toBox.Cancel(x.free, n.outward(bytes))
		t, leaves := x.host, x.leaves
		x.busy, x.host = false, nil
		n.free = append(n.free, slot)
		n.driver.unpass(leaves, t)
	}
}

// stop tells the box of a task that has not arrived, and does not.
func (n *Link) stop(slot uint32) {
	if x := &n.table[slot]; x.foreseen {
		n.ahead.Unforesee(x.box)
		n.k.Spare(-1)
	} else {
		n.k.Withdraw(n, arrive, slot)
		n.coming--
	}
}

// early lists the tasks under way to the box of which a time is after now, the
// last one first.
func (n *Link) early(when func(*crossing) sim.Time, now sim.Time) (slots []uint32) {
	for i := range n.table {
		if x := &n.table[i]; x.busy && when(x) > now {
			slots = append(slots, uint32(i))
		}
	}
	slices.SortFunc(slots, func(a, b uint32) int { return int(int64(n.table[b].order) - int64(n.table[a].order)) })
	return slots
}

// Complete takes a task back from the box. A copy that the link no longer knows
// is one whose task ended when the link went down: it is ignored.
func (n *Link) Complete(now sim.Time, t *sam.Task) {
	if int(t.Tag) >= len(n.table) {
		return
	}
	if x := &n.table[t.Tag]; !x.busy || x.box != t {
		return
	}
	if n.TapTarget != nil {
		n.TapTarget.Returning(now, t)
	}
	bytes := uint64(len(t.DataIn))
	if t.Decoded.Class == scsi.ClassRead && t.Status == scsi.Good {
		bytes = t.Decoded.Extent.Bytes()
	}
	n.carried.ToHost += bytes
	sent := n.toHost.Reserve(now, n.time(bytes))
	n.k.At(sent.Add(n.spec.Latency), n, deliver, t.Tag)
}

// Fire lets a task arrive at its end.
func (n *Link) Fire(e sim.Event) {
	x := &n.table[e.Ref]
	if e.Kind == arrive {
		n.coming--
		if n.TapTarget != nil {
			n.TapTarget.Passing(e.At, x.box)
		}
		n.target.Receive(e.At, x.box)
		return
	}
	t, b := x.host, x.box
	if t.Status, t.Failure = b.Status, b.Failure; t.Status != scsi.Good {
		t.Decoded, t.Sense = b.Decoded, b.Sense // the box may have made nothing of the CDB
	}
	if b.DataIn != nil {
		t.DataIn = b.DataIn
	}
	if len(b.Found) > 0 {
		t.Found, b.Found = b.Found, t.Found // both keep their memory
	}
	x.busy, x.host = false, nil
	n.free = append(n.free, e.Ref)
	n.up.Complete(e.At, t)
}

// Down cuts the link: cable pulled, or one of its ends without power. Every task
// under way ends at once with NoDevice, those that the box holds included; the
// box is not told.
func (n *Link) Down(now sim.Time) {
	if n.cut {
		return
	}
	if n.driver != nil {
		n.Recall(now)
	}
	n.cut = true
	for _, slot := range n.early(func(x *crossing) sim.Time { return x.arrives }, now) {
		n.stop(slot)
	}
	n.k.Cancel(n)
	n.coming = 0
	n.toBox.Reset(now)
	n.toHost.Reset(now)
	for i := range n.table { // no task can enter while the link is cut
		x := &n.table[i]
		if !x.busy {
			continue
		}
		t := x.host
		*x = crossing{}
		n.free = append(n.free, uint32(i))
		t.Failure = sam.NoDevice
		if n.up != nil {
			n.up.Complete(now, t)
		}
	}
}

// Up brings the link back. The host has to attach again.
func (n *Link) Up(sim.Time) { n.cut = false }

// IsUp tells whether tasks can cross.
func (n *Link) IsUp() bool { return !n.cut }

// Carried is what has crossed since the start.
func (n *Link) Carried() Traffic { return n.carried }

// Busy is how long each direction has carried something so far.
func (n *Link) Busy(now sim.Time) (toBox, toHost time.Duration) {
	toBox = n.toBox.Busy()
	for i := range n.table { // less what is reserved beyond now
		if x := &n.table[i]; x.busy {
			left := x.arrives.Sub(now) - n.spec.Latency
			toBox -= min(max(left, 0), n.outward(x.host.Decoded.DataOut()))
		}
	}
	return toBox, n.toHost.Worked(now)
}

// time is how long so many bytes take on one direction: mostly as many as last time,
// or none.
func (n *Link) time(bytes uint64) time.Duration {
	if bytes == 0 {
		return 0
	}
	if bytes != n.lastBytes {
		n.lastBytes = bytes
		n.lastTime = time.Duration(bytes * uint64(time.Second) / n.spec.Rate) // no overflow below 18 GB
	}
	return n.lastTime
}

// slot takes a free entry of the table and makes sure that it has a task.
func (n *Link) slot() (uint32, *crossing) {
	if len(n.free) == 0 {
		if len(n.table) == maxCrossings {
			panic("host: more tasks on the link than any driver may send")
		}
		n.table = append(n.table, crossing{})
		n.free = append(n.free, uint32(len(n.table)-1))
	}
	slot := n.free[len(n.free)-1]
	n.free = n.free[:len(n.free)-1]
	x := &n.table[slot]
	if x.box == nil {
		x.box = new(sam.Task)
	}
	return slot, x
}
