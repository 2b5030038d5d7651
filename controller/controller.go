package controller

import (
	"fmt"
	"slices"
	"time"

	"tbraid/cache"
	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// Controller is a sam.Target. A command waits for the processor (a Station),
// begins when no earlier command on the same blocks is under way, and ends when
// the firmware's policy says that it may.
type Controller struct {
	k      *sim.Kernel
	ledger *ledger.Ledger
	spec   Spec
	fw     firmware.Profile
	up     sam.Initiator

	cpu    sim.Station
	cache  *cache.Cache
	array  *Array
	blocks uint64 // of the volume
	destager
	unit
	protection

	commands []command
	free     []uint32
	queue    []uint32 // ready to begin, behind an overlapping command
	active   claims   // READs and WRITEs that have begun and do not end at once
	crowd    crowd    // of active
	stalled  []uint32 // active WRITEs that wait for room in the cache
	barriers claims   // active commands that wait for dirty pages to settle

	failedAt sim.Time  // when the power went
	lastHost sim.Time  // when the host last sent a READ or WRITE
	stream   block.LBA // where the last READ ended
	missing  []block.Extent
	level    *level // of the dirty cache; nil while nobody follows it

	hitBlocks, missedBlocks uint64 // of READs

	lastService struct {
		bytes uint64
		took  time.Duration
	}
	starts uint32 // of the firmware so far: one that a crash cut short makes nothing ready
}

// refBits is how much of an event's ref names the command; queues are shorter. The
// rest names one of its lives.
const refBits = 16

// command is one task under way.
type command struct {
	ref     uint32 // its place, as an event and the array name it
	task    *sam.Task
	life    uint16 // of the place: an event of an earlier one is void
	state   state
	arrives sim.Time      // from the link
	begins  sim.Time      // when the processor is done with it
	free    sim.Time      // when the processor was free before it
	service time.Duration // of the processor
	course
	extent block.Extent // READ, WRITE, WRITE SAME
	claim  int          // its number among the active ones, from 1
	at     block.LBA    // WRITE: how far it is in the cache; READ: how far it is answered
	mark   uint64       // what has to settle before it ends
	pieces int          // READ: member reads under way
	found  []block.Run
}

// course is what has been found out about a command so far.
type course struct {
	through bool // WRITE: ends when on the members
	forced  bool // WRITE: and on their media, past their caches
	bypass  bool // WRITE: is not kept in the cache
	flush   bool // it waits for a flush of its range, not for its own blocks
	failed  bool // READ: one of its member reads failed
	unsure  bool // READ: a write from before a reset may land beside it
}

type state uint8

const (
	idle     state = iota
	onCPU          // waits for the processor
	held           // waits behind an overlapping command
	filling        // WRITE: pages go into the cache
	settling       // waits for dirty pages
	fetching       // READ: waits for members
	flushing       // SYNCHRONIZE CACHE: waits for the members' flush
)

// Kinds of the controller's events.
const (
	evBegin   uint8 = iota // ref: command, and its life above it
	evTick                 // destage policy asked to be asked again
	evReady                // the controller has booted; ref: which start
	evCharge               // the protection of the cache changes
	evKeeping              // a sweep is told that a capacitor covers a block more
)

// New builds a controller over the members of an array. The volume is what the
// layout of geometry g holds, less LogBlocks of each member.
func New(k *sim.Kernel, l *ledger.Ledger, spec Spec, fw firmware.Profile, g raid.Geometry,
	member disks.Spec) (*Controller, error) {
	array, err := newArray(k, l, g, member, &fw)
	if err != nil {
		return nil, err
	}
	pages, err := cache.New(cache.Config{
		CapacityPages: int(spec.CacheBytes / (cache.PageBlocks * block.Size)),
		StripeBlocks:  array.layout.StripeBlocks(),
		Replace:       fw.Replace,
	})
	if err != nil {
		return nil, err
	}
	c := &Controller{k: k, ledger: l, spec: spec, fw: fw, cache: pages, array: array,
		blocks: array.layout.VolumeBlocks(),
		stream: block.LBA(array.layout.VolumeBlocks()), commands: make([]command, spec.Queue), free: make([]uint32, 0, spec.Queue)}
	for i := range spec.Queue {
		c.commands[i].ref = uint32(i)
		c.free = append(c.free, uint32(spec.Queue-1-i))
	}
	array.owner = c
	capacity := pages.Stats().CapacityPages
	c.destager = destager{batches: make([]batch, fw.Destage.Depth),
		stripes: slices.Repeat([]uint64{noStripe}, fw.Destage.Depth), tick: sim.Never, beat: sim.Never,
		high: fw.HighMark(capacity), low: fw.LowMark(capacity)}
	c.unit = unit{ready: true, serial: "0000000001", rpm: rotation(member)}
	c.protect(k.Now())
	c.powerOn()
	if fw.Destage.Interval > 0 {
		c.beat = sim.Time(fw.Destage.Interval)
	}
	return c, nil
}

// rotation is what VPD page B1h says of the members: 1 is solid state.
func rotation(s disks.Spec) uint16 {
	if s.Kind == disks.SSD {
		return scsi.NonRotating
	}
	return uint16(s.RPM)
}

// Connect says who is told of completions: the link.
func (c *Controller) Connect(up sam.Initiator) { c.up = up }

// Array is the array behind the controller.
func (c *Controller) Array() *Array { return c.array }

// CacheStats is the present state of the cache.
func (c *Controller) CacheStats() cache.Stats { return c.cache.Stats() }

// Busy is how long the processor has worked so far.
func (c *Controller) Busy(now sim.Time) time.Duration {
	busy := c.cpu.Busy()
	for i := range c.commands { // less what is reserved beyond now
		if cmd := &c.commands[i]; cmd.state == onCPU {
			busy -= min(max(cmd.begins.Sub(now), 0), cmd.service)
		}
	}
	return busy
}

// ReadHits counts the blocks of READs so far that the cache held, and that had to
// be fetched.
func (c *Controller) ReadHits() (hit, missed uint64) { return c.hitBlocks, c.missedBlocks }

// Receive takes a task: it is decoded, waits for the processor, and begins.
func (c *Controller) Receive(now sim.Time, t *sam.Task) {
	if len(c.free) == 0 {
		t.Status, t.Sense = scsi.TaskSetFull, scsi.Sense{}
		c.up.Complete(now, t)
		return
	}
	c.ledger.Sent(t.Version, t.Serial, ledger.AtTarget)
	c.enqueue(now, t)
}

// Foresee takes a task that is on its way, if there is a place for it and nobody
// wants to know when it arrives.
func (c *Controller) Foresee(at sim.Time, t *sam.Task) bool {
	if len(c.free) == 0 || c.ledger.Following() {
		return false
	}
	c.enqueue(at, t)
	return true
}

// Unforesee takes the last task that was foreseen back.
func (c *Controller) Unforesee(t *sam.Task) {
	for i := range c.commands {
		if cmd := &c.commands[i]; cmd.task == t && cmd.state == onCPU {
			c.cpu.Cancel(cmd.free, cmd.service)
			c.k.Withdraw(c, evBegin, cmd.turn())
			c.vacate(cmd)
			return
		}
	}
}

// enqueue decodes a task that arrives at time at and lets it wait for the
// processor.
func (c *Controller) enqueue(at sim.Time, t *sam.Task) {
	ref := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	cmd := &c.commands[ref]
	cmd.task, cmd.state, cmd.arrives, cmd.claim, cmd.course = t, onCPU, at, 0, course{}
	scsi.DecodeTo(&t.Decoded, &t.Sense, &t.CDB) // the sense stands until gate looks at it
	cmd.service = c.spec.Command
	if d := &t.Decoded; d.Class == scsi.ClassRead || d.Class == scsi.ClassWrite {
		cmd.service = c.serviceOf(d.Extent.Bytes())
	}
	c.await(cmd)
}

// serviceOf is how long the processor is busy with a READ or WRITE of so many bytes:
// mostly as many as those of the last.
func (c *Controller) serviceOf(bytes uint64) time.Duration {
	if l := &c.lastService; l.bytes != bytes || l.took == 0 {
		pieces := (bytes + c.spec.TransferBytes - 1) / c.spec.TransferBytes
		l.bytes, l.took = bytes, c.spec.Command*time.Duration(max(pieces, 1))+perByte(bytes, c.spec.Memory)
	}
	return c.lastService.took
}

// await gives a command that has arrived, or will, its turn at the processor.
func (c *Controller) await(cmd *command) {
	cmd.free = c.cpu.Free()
	cmd.begins = c.cpu.Reserve(cmd.arrives, cmd.service)
	c.k.At(cmd.begins, c, evBegin, cmd.turn())
}

// turn is the ref of the event at which a command begins.
func (cmd *command) turn() uint32 { return cmd.ref | uint32(cmd.life)<<refBits }

// vacate gives the place of a command back.
func (c *Controller) vacate(cmd *command) {
	cmd.task, cmd.state = nil, idle
	cmd.life++
	c.free = append(c.free, cmd.ref)
}

// Fire implements sim.Handler.
func (c *Controller) Fire(e sim.Event) {
	switch e.Kind {
	case evBegin:
		cmd := &c.commands[e.Ref&(1<<refBits-1)]
		if cmd.life == uint16(e.Ref>>refBits) { // else the command was taken away
			c.dispatch(e.At, cmd)
		}
	case evTick:
		c.tick = sim.Never
		c.pump(e.At)
	case evReady:
		if e.Ref == c.starts {
			c.booted(e.At)
		}
	case evCharge:
		c.charged(e.At)
	case evKeeping:
		c.tellKeeping(e.At)
	}
}

// dispatch runs the checks of SPC in their order and hands the command on.
func (c *Controller) dispatch(now sim.Time, cmd *command) {
	t := cmd.task
	if t.Sense.Key != scsi.KeyNoSense || !c.willing() {
		bad := t.Sense
		t.Sense = scsi.Sense{}
		if s := c.gate(t, bad); !s.None() {
			c.finish(now, cmd, scsi.CheckCondition, s)
			return
		}
	}
	switch t.Decoded.Class {
	case scsi.ClassRead, scsi.ClassWrite, scsi.ClassWriteSame:
		c.transfer(now, cmd)
	case scsi.ClassSync:
		c.synchronize(now, cmd)
	default:
		c.control(now, cmd)
	}
}

// transfer checks the range and begins a READ or WRITE, or holds it behind a
// command that it overlaps.
func (c *Controller) transfer(now sim.Time, cmd *command) {
	e := cmd.task.Decoded.Extent
	same := cmd.task.Decoded.Class == scsi.ClassWriteSame
	if same && e.Blocks == 0 {
		e = block.Between(e.Start, block.LBA(c.blocks)) // to the end: SBC-3, WSNZ=0
	}
	if uint64(e.Start) > c.blocks || e.Blocks > c.blocks-uint64(e.Start) {
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseLBAOutOfRange)
		return
	}
	if same && e.Blocks > maxWriteSame {
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseInvalidFieldInCDB)
		return
	}
	cmd.extent, cmd.at = e, e.Start
	c.lastHost = now
	if len(c.queue) > 0 || c.conflicts(cmd) {
		cmd.state = held
		c.queue = append(c.queue, cmd.ref)
		c.rouse(now)
		return
	}
	c.begin(now, cmd)
}

func (cmd *command) writes() bool { return cmd.task.Decoded.Class != scsi.ClassRead }

// rouse begins held commands that no longer overlap an active one. A command
// never overtakes one that it overlaps and that came before it.
func (c *Controller) rouse(now sim.Time) {
	for i := 0; i < len(c.queue); {
		cmd := &c.commands[c.queue[i]]
		free := !c.conflicts(cmd)
		for _, earlier := range c.queue[:i] {
			o := &c.commands[earlier]
			if o.extent.Overlaps(cmd.extent) && (o.writes() || cmd.writes()) {
				free = false
			}
		}
		if !free {
			i++
			continue
		}
		c.queue = append(c.queue[:i], c.queue[i+1:]...)
		c.begin(now, cmd)
		i = 0 // it may have ended at once and made room for another
	}
}

func (c *Controller) begin(now sim.Time, cmd *command) {
	if cmd.writes() {
		c.beginWrite(now, cmd) // most end at once, and have been in nobody's way
		return
	}
	c.activate(cmd)
	c.beginRead(now, cmd)
}

// finish ends a command that did not go well, or may not have, and answers the host.
func (c *Controller) finish(now sim.Time, cmd *command, status scsi.Status, sense scsi.Sense) {
	if cmd.state == idle {
		cmd.twice()
	}
	cmd.task.Sense = sense
	c.end(now, cmd, status)
}

func (cmd *command) twice() { panic(fmt.Sprintf("controller: command %d ended twice", cmd.ref)) }

// good ends a command with GOOD.
func (c *Controller) good(now sim.Time, cmd *command) { c.end(now, cmd, scsi.Good) }

// end ends a command of which the sense is there, and answers the host.
func (c *Controller) end(now sim.Time, cmd *command, status scsi.Status) {
	if cmd.state == idle {
		cmd.twice()
	}
	t := cmd.task
	if cmd.claim != 0 {
		c.deactivate(cmd)
	}
	c.vacate(cmd)
	t.Status = status
	c.up.Complete(now, t)
	if len(c.queue) > 0 {
		c.rouse(now)
	}
}

// Blocks is the capacity of the volume.
func (c *Controller) Blocks() uint64 { return c.blocks }

// Quiet tells whether nothing is under way: no command, no destage, no member
// command. Dirty pages that no policy wants to destage do not count.
func (c *Controller) Quiet() bool {
	return len(c.free) == len(c.commands) && c.inFlight == 0 && c.array.Idle()
}
