package controller

import (
	"fmt"
	"math/bits"
	"time"

	"tbraid/cache"
	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/internal/mutant"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// Array carries out the plans of a raid.Layout on the members: phase by phase,
// round members that fail. It knows nothing of caches and hosts.
type Array struct {
	k      *sim.Kernel
	ledger *ledger.Ledger
	layout *raid.Layout
	drives []*disks.Drive
	absent raid.Absent // members that dropped out
	missed raid.Absent // of these, the ones that writes have passed by
	caches bool        // the members' write caches are on and volatile
	owner  *Controller
	tap    MemberTap

	jobs    []*job
	free    []uint32
	busy    int
	waiting []uint32 // degraded reads that wait for a write to their stripe
	counts  Counts
	media   media

	hole     firmware.WriteHole
	marks    bitmap
	logs     []parityLog // one a member, if the profile has them
	logged   uint64      // log entries so far
	held     []uint32    // writes that wait for room in a log; at most the destager's depth
	flushes  uint64      // flushes begun
	flushing bool        // one of them for the sake of a log
	recovery recovery
}

// MemberTap watches the seam between array and members.
type MemberTap interface {
	Passing(now sim.Time, member int, io *disks.IO)
	Returning(now sim.Time, member int, io *disks.IO)
}

// Counts is what the array asked of its members.
type Counts struct {
	Reads, Writes, Flushes    uint64 // member commands
	ReadBlocks, WrittenBlocks uint64
	StoredBlocks              uint64             // that reached a medium: fewer than written where a cache absorbs overwrites
	Batches                   uint64             // stripe writes
	Full                      uint64             // of these, full-stripe writes
	BatchBlocks               uint64             // volume blocks that they carried
	LogWrites, LogBlocks      uint64             // of the writes above, those to a partial parity log
	ResyncReads, ResyncWrites uint64             // blocks, of those above: repair after a loss of power
	WriteSizes                [writeSizes]uint64 // element i: member WRITEs of 2^i blocks and more
}

// writeSizes bounds the sizes that are told apart: the last is 128 MiB, and all
// that is longer.
const writeSizes = 19

// job is one read, stripe write or flush under way.
type job struct {
	kind   jobKind
	ref    uint32 // the owner's
	slot   uint32
	e      block.Extent // read: of the volume
	stripe uint64       // write
	batch  *cache.Batch // write
	forced bool         // write: to the media
	absent raid.Absent  // members that this job does without
	steps  []raid.Step
	ios    []disks.IO // one a step; for a flush one a member
	next   int        // step: those before it are out
	left   int        // steps of the present phase that have not ended
	again  bool       // a member failed during the reads: plan again
	runs   []block.Run
	active bool
	orphan bool // nobody waits for it any more

	stage  stage       // write
	entry  *logEntry   // write: its own in the log; repair: the one that is replayed
	logIO  disks.IO    // write: of the entry
	spans  []raid.Span // repair: what to make agree
	number uint64      // flush: counted from 1
	own    bool        // flush: for the sake of a log
}

type jobKind uint8

const (
	readJob jobKind = iota
	writeJob
	flushJob
	scanJob   // reads the partial parity logs after a loss of power
	repairJob // makes the parity of a stripe agree
)

// stepBits is how much of an IO's Ref names the step; the rest names the job.
const stepBits = 12

func newArray(k *sim.Kernel, l *ledger.Ledger, g raid.Geometry, spec disks.Spec, fw *firmware.Profile) (*Array, error) {
	if err := CheckWriteHole(fw.Hole, g); err != nil {
		return nil, fmt.Errorf("controller: %w", err)
	}
	member := g.MemberBlocks
	g.MemberBlocks -= LogBlocks(fw.Hole)
	layout, err := raid.New(g)
	if err != nil {
		return nil, err
	}
	model, err := disks.NewModel(spec)
	if err != nil {
		return nil, err
	}
	a := &Array{k: k, ledger: l, layout: layout, hole: fw.Hole,
		caches: fw.MemberCaches && spec.Cache > 0 && !spec.Protected}
	for m := range g.Members {
		if fw.Hole == firmware.HolePPL {
			a.logs = append(a.logs, newParityLog(member, g.ChunkBlocks))
		}
		d, err := model.NewDrive(k, m, fw.MemberCaches, a)
		if err != nil {
			return nil, err
		}
		a.drives = append(a.drives, d)
	}
	a.media = newMedia(a.drives)
	return a, nil
}

// Layout is where blocks live.
func (a *Array) Layout() *raid.Layout { return a.layout }

// Counts is what the array has asked of its members so far.
func (a *Array) Counts() Counts { return a.counts }

// Busy is how long a member has sought, waited for the platter and transferred so
// far, as a mean over its channels.
func (a *Array) Busy(member int, now sim.Time) time.Duration { return a.drives[member].Busy(now) }

// Watch sets who sees member commands; nil is nobody.
func (a *Array) Watch(t MemberTap) { a.tap = t }

// Lost tells whether more members are missing than the level can do without.
func (a *Array) Lost() bool { return a.absent != 0 && !a.layout.Survives(a.absent) }

// Idle tells whether no job is under way.
func (a *Array) Idle() bool { return a.busy == 0 }

// Read fetches e and calls the owner's Found.
func (a *Array) Read(now sim.Time, ref uint32, e block.Extent) {
	j := a.take(readJob, ref)
	j.e = e
	if a.absent != 0 && a.writing(e) {
		a.waiting = append(a.waiting, j.slot) // parity and data of the stripe may disagree for now
		return
	}
	a.plan(now, j)
}

// Write puts a batch on the members and calls the owner's Wrote. The batch must
// stay as it is until then.
func (a *Array) Write(now sim.Time, ref uint32, b *cache.Batch, forced bool) {
	j := a.take(writeJob, ref)
	j.batch, j.stripe, j.forced = b, b.Stripe, forced && a.caches
	a.counts.Batches++
	a.counts.BatchBlocks += b.Blocks
	if b.Blocks == a.layout.StripeBlocks() {
		a.counts.Full++
	}
	a.plan(now, j)
}

// Flush empties the write caches of all members and calls the owner's Flushed.
func (a *Array) Flush(now sim.Time, ref uint32) {
	a.flush(now, a.take(flushJob, ref))
}

func (a *Array) flush(now sim.Time, j *job) {
	a.flushes++
	j.number = a.flushes
	if cap(j.ios) < len(a.drives) {
		j.ios = make([]disks.IO, len(a.drives))
	}
	j.ios = j.ios[:len(a.drives)]
	j.left = 1 // so that it does not end before all are out
	for m := range a.drives {
		if a.absent.Has(m) || m == 0 && mutant.Is(mutant.MemberFlushSkipped) {
			continue
		}
		j.ios[m] = disks.IO{Op: disks.Flush, Ref: j.slot<<stepBits | uint32(m)}
		j.left++
		a.submit(now, m, &j.ios[m])
	}
	if j.arrive() {
		a.arrived(now, j)
	}
}

// plan begins a job, or begins it again without a member that failed.
func (a *Array) plan(now sim.Time, j *job) {
	if j.absent |= a.absent; j.kind == writeJob {
		a.missed |= j.absent
	}
	j.next, j.again = 0, false
	var err error
	switch j.kind {
	case readJob:
		j.steps, err = a.layout.PlanRead(j.steps[:0], j.e, j.absent)
	case scanJob:
		j.steps = a.planScan(j.steps[:0], j.absent)
	case repairJob:
		j.steps = a.layout.PlanRepair(j.steps[:0], j.stripe, j.spans, j.absent)
	default:
		j.steps, err = a.layout.PlanWrite(j.steps[:0], j.stripe, j.batch.Extents, j.absent)
	}
	if err != nil || j.kind == repairJob && len(j.steps) == 0 {
		a.end(now, j, false)
		return
	}
	if len(j.steps) >= 1<<stepBits {
		panic(fmt.Sprintf("controller: a plan of %d steps", len(j.steps)))
	}
	if n := cap(j.ios); n < len(j.steps) { // those that there are keep their memory
		j.ios = append(j.ios[:n], make([]disks.IO, len(j.steps)-n)...)
	}
	j.ios = j.ios[:len(j.steps)]
	a.advance(now, j)
}

// advance submits the steps of the job's next phase.
func (a *Array) advance(now sim.Time, j *job) {
	if j.next < len(j.steps) && j.steps[j.next].Op == raid.Write && !a.fill(now, j) {
		return
	}
	j.left = 1
	steps, ref := j.steps, j.slot<<stepBits
	i := j.next
	for first := i; i < len(steps) && steps[i].Phase == steps[first].Phase; i++ {
		s, io := &steps[i], &j.ios[i]
		io.Extent, io.Ref = s.Extent, ref|uint32(i)
		if s.Op == raid.Read {
			io.Op, io.FUA, io.Cells = disks.Read, false, s.Cells[:0]
		} else {
			if a.absent.Has(int(s.Member)) {
				a.missed |= 1 << s.Member
				continue // parity already stands for what a member that failed meanwhile would hold
			}
			io.Op, io.FUA, io.Cells = disks.Write, j.forced, s.Cells
		}
		if j.kind >= scanJob {
			a.counts.countRepair(io)
		}
		j.left++
		a.submit(now, int(s.Member), io)
	}
	j.next = i
	if j.arrive() {
		a.arrived(now, j)
	}
}

// fill makes the content of what a job writes, and reports true if it may be
// written at once: a stripe write may have to be put on record first.
func (a *Array) fill(now sim.Time, j *job) bool {
	switch {
	case j.kind == repairJob:
		var partial []block.Cell
		if j.entry != nil {
			partial = j.entry.partial
		}
		a.layout.FillRepair(j.steps, j.stripe, j.spans, partial, j.absent)
	case j.kind == writeJob && j.stage != noted:
		if j.stage == fresh {
			a.layout.Fill(j.steps, j.stripe, j.batch.Runs, j.absent)
			j.stage = filled
		}
		return a.note(now, j)
	}
	return true
}

func (a *Array) submit(now sim.Time, member int, io *disks.IO) {
	switch io.Op {
	case disks.Read:
		a.counts.Reads++
		a.counts.ReadBlocks += io.Extent.Blocks
	case disks.Write:
		a.counts.Writes++
		a.counts.WrittenBlocks += io.Extent.Blocks
		a.counts.WriteSizes[min(bits.Len64(io.Extent.Blocks), writeSizes)-1]++
	case disks.Flush:
		a.counts.Flushes++
	}
	if a.tap != nil {
		a.tap.Passing(now, member, io)
	}
	a.drives[member].Submit(now, io)
}

// Done implements disks.Owner.
func (a *Array) Done(now sim.Time, d *disks.Drive, io *disks.IO) {
	if a.tap != nil {
		a.tap.Returning(now, d.Member(), io)
	}
	j := a.jobs[io.Ref>>stepBits]
	switch io.Fault {
	case disks.Offline:
		a.DropMember(d.Member())
		if io.Op == disks.Write {
			a.missed |= 1 << d.Member()
		}
		j.again = j.again || io.Op == disks.Read
	case disks.MediumError:
		if j.absent |= 1 << d.Member(); j.kind == writeJob {
			a.DropMember(d.Member()) // it cannot take part in parity: out with it
		}
		j.again = true
	}
	if io.Op == disks.Read {
		j.steps[io.Ref&(1<<stepBits-1)].Cells = io.Cells
	}
	if a.ledger.Following() && a.caches && io.Op == disks.Write && !io.FUA && io.Fault == disks.None {
		a.taken(d, io)
	}
	if j.arrive() {
		a.arrived(now, j)
	}
}

// arrive counts an ended step, and tells whether it was the last of its phase.
func (j *job) arrive() bool {
	j.left--
	return j.left == 0
}

// arrived goes on with a job whose phase has ended.
func (a *Array) arrived(now sim.Time, j *job) {
	switch {
	case j.kind == flushJob:
		a.end(now, j, true)
	case j.stage == logging:
		j.stage = noted
		a.advance(now, j)
	case j.again:
		a.plan(now, j)
	case j.kind == readJob:
		a.end(now, j, true)
	case j.next == len(j.steps):
		a.end(now, j, !a.Lost())
	default:
		a.advance(now, j)
	}
}

// end gives the job back and tells the owner.
func (a *Array) end(now sim.Time, j *job, ok bool) {
	kind, ref, e := j.kind, j.ref, j.e
	if kind == readJob && ok {
		j.runs = a.layout.Assemble(j.runs[:0], e, j.steps, j.absent)
	}
	switch kind {
	case writeJob:
		a.strike(j)
	case flushJob:
		a.flushed(j.number)
		a.flushing = a.flushing && !j.own
	}
	orphan, own := j.orphan, j.own
	j.active, j.orphan = false, false
	a.busy--
	switch {
	case kind >= scanJob:
		a.repaired(now, j, ok)
	case orphan || own:
	case kind == readJob:
		a.owner.Found(now, ref, e, j.runs, ok)
	case kind == writeJob:
		a.owner.Wrote(now, ref, ok)
	case kind == flushJob:
		a.owner.Flushed(now, ref, ok)
	}
	a.free = append(a.free, j.slot)
	if kind == writeJob && len(a.waiting) > 0 {
		a.resume(now)
	}
	if len(a.held) > 0 {
		a.letGo(now)
	}
}

// resume begins the degraded reads whose stripes are no longer written.
func (a *Array) resume(now sim.Time) {
	for i := 0; i < len(a.waiting); {
		j := a.jobs[a.waiting[i]]
		if a.writing(j.e) {
			i++
			continue
		}
		a.waiting = append(a.waiting[:i], a.waiting[i+1:]...)
		a.plan(now, j)
	}
}

// writing tells whether a stripe of e is being written.
func (a *Array) writing(e block.Extent) bool {
	for _, j := range a.jobs {
		if j.active && j.kind == writeJob && a.layout.StripeExtent(j.stripe).Overlaps(e) {
			return true
		}
	}
	return false
}

func (a *Array) take(kind jobKind, ref uint32) *job {
	if len(a.free) == 0 {
		a.jobs = append(a.jobs, &job{slot: uint32(len(a.jobs))})
		a.free = append(a.free, uint32(len(a.jobs)-1))
	}
	slot := a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	j := a.jobs[slot]
	j.kind, j.ref, j.absent, j.active, j.orphan = kind, ref, 0, true, false
	j.stage, j.entry, j.own = fresh, nil, false
	a.busy++
	return j
}
