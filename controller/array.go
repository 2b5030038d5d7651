package controller

import (
	"fmt"

	"tbraid/cache"
	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/internal/block"
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
	StoredBlocks              uint64 // that reached a medium: fewer than written where a cache absorbs overwrites
	Batches                   uint64 // stripe writes
	Full                      uint64 // of these, full-stripe writes
	BatchBlocks               uint64 // volume blocks that they carried
}

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
	phase  uint8
	left   int
	again  bool // a member failed during the reads: plan again
	runs   []block.Run
	active bool
	orphan bool // nobody waits for it any more
}

type jobKind uint8

const (
	readJob jobKind = iota
	writeJob
	flushJob
)

// stepBits is how much of an IO's Ref names the step; the rest names the job.
const stepBits = 12

func newArray(k *sim.Kernel, l *ledger.Ledger, g raid.Geometry, spec disks.Spec, memberCaches bool) (*Array, error) {
	layout, err := raid.New(g)
	if err != nil {
		return nil, err
	}
	a := &Array{k: k, ledger: l, layout: layout, caches: memberCaches && spec.Cache > 0 && !spec.Protected}
	for m := range g.Members {
		d, err := disks.New(k, spec, m, memberCaches, a)
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

// Watch sets who sees member commands; nil is nobody.
func (a *Array) Watch(t MemberTap) { a.tap = t }

// Lost tells whether more members are missing than the level can do without.
func (a *Array) Lost() bool { return !a.layout.Survives(a.absent) }

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
	j := a.take(flushJob, ref)
	if cap(j.ios) < len(a.drives) {
		j.ios = make([]disks.IO, len(a.drives))
	}
	j.ios = j.ios[:len(a.drives)]
	j.left = 1 // so that it does not end before all are out
	for m := range a.drives {
		if a.absent.Has(m) {
			continue
		}
		j.ios[m] = disks.IO{Op: disks.Flush, Ref: j.slot<<stepBits | uint32(m)}
		j.left++
		a.submit(now, m, &j.ios[m])
	}
	a.arrived(now, j)
}

// plan begins a job, or begins it again without a member that failed.
func (a *Array) plan(now sim.Time, j *job) {
	if j.absent |= a.absent; j.kind == writeJob {
		a.missed |= j.absent
	}
	j.phase, j.again = 0, false
	var err error
	if j.kind == readJob {
		j.steps, err = a.layout.PlanRead(j.steps[:0], j.e, j.absent)
	} else {
		j.steps, err = a.layout.PlanWrite(j.steps[:0], j.stripe, j.batch.Extents, j.absent)
	}
	if err != nil {
		a.end(now, j, false)
		return
	}
	if len(j.steps) >= 1<<stepBits {
		panic(fmt.Sprintf("controller: a plan of %d steps", len(j.steps)))
	}
	if cap(j.ios) < len(j.steps) {
		j.ios = make([]disks.IO, len(j.steps))
	}
	j.ios = j.ios[:len(j.steps)]
	a.advance(now, j)
}

// advance submits the steps of the job's phase.
func (a *Array) advance(now sim.Time, j *job) {
	if j.kind == writeJob && a.isWritePhase(j) {
		a.layout.Fill(j.steps, j.stripe, j.batch.Runs, j.absent)
	}
	j.left = 1
	for i := range j.steps {
		s := &j.steps[i]
		if s.Phase != j.phase {
			continue
		}
		if s.Op == raid.Write && a.absent.Has(int(s.Member)) {
			a.missed |= 1 << s.Member
			continue // parity already stands for what a member that failed meanwhile would hold
		}
		io := &j.ios[i]
		*io = disks.IO{Op: disks.Read, Extent: s.Extent, Cells: s.Cells, Ref: j.slot<<stepBits | uint32(i)}
		if s.Op == raid.Write {
			io.Op, io.FUA = disks.Write, j.forced
		} else {
			io.Cells = s.Cells[:0]
		}
		j.left++
		a.submit(now, int(s.Member), io)
	}
	a.arrived(now, j)
}

// isWritePhase tells whether the steps of the present phase write.
func (a *Array) isWritePhase(j *job) bool {
	return len(j.steps) > 0 && j.steps[len(j.steps)-1].Phase == j.phase
}

func (a *Array) submit(now sim.Time, member int, io *disks.IO) {
	switch io.Op {
	case disks.Read:
		a.counts.Reads++
		a.counts.ReadBlocks += io.Extent.Blocks
	case disks.Write:
		a.counts.Writes++
		a.counts.WrittenBlocks += io.Extent.Blocks
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
	a.arrived(now, j)
}

// arrived counts an ended step and goes on when it was the last of its phase.
func (a *Array) arrived(now sim.Time, j *job) {
	if j.left--; j.left > 0 {
		return
	}
	switch {
	case j.kind == flushJob:
		a.end(now, j, true)
	case j.again:
		a.plan(now, j)
	case j.kind == readJob:
		a.end(now, j, true)
	case a.isWritePhase(j):
		a.end(now, j, !a.Lost())
	default:
		j.phase++
		a.advance(now, j)
	}
}

// end gives the job back and tells the owner.
func (a *Array) end(now sim.Time, j *job, ok bool) {
	kind, ref, e := j.kind, j.ref, j.e
	if kind == readJob && ok {
		j.runs = a.layout.Assemble(j.runs[:0], e, j.steps, j.absent)
	}
	orphan := j.orphan
	j.active, j.orphan = false, false
	a.busy--
	switch {
	case orphan:
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
	a.busy++
	return j
}
