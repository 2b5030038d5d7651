package host

import (
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// apfs is APFS as far as its public reference tells: metadata are never written
// in place. A checkpoint writes the changed tree to new blocks, flushes, writes a
// superblock into the next slot of a ring, and flushes again. The file system is
// closed source: order and period are inferred [I].
type apfs struct {
	v      *volume
	volume *workload.Volume // identity of the formatting
	ring   block.Extent
	xid    uint64
	dirty  bool
}

const (
	apfsSlots   = 8  // guess: superblocks in the ring
	treeRecords = 10 // guess: records in a 4 KiB block of the tree

	checkpointPeriod = 5 * time.Second // guess: "every few seconds"
)

// What the versions of APFS structures mean.
type (
	// tree is the whole of the metadata as of one checkpoint.
	tree struct {
		volume  *workload.Volume
		records []record
	}
	// superblock makes a tree valid.
	superblock struct {
		volume *workload.Volume
		xid    uint64
		tree   *tree
		at     block.Extent
	}
)

func newAPFS(v *volume) *apfs {
	start := v.slice.Extent.Start
	a := &apfs{v: v, ring: block.Extent{Start: start + allocation, Blocks: apfsSlots * allocation}}
	v.next, v.end = a.ring.End(), v.slice.Extent.End()
	return a
}

func (a *apfs) wait() (idle, longest time.Duration) { return checkpointPeriod, checkpointPeriod }

func (a *apfs) changed(int) { a.dirty = true }

func (a *apfs) slot(xid uint64) block.Extent {
	return block.Extent{Start: a.ring.Start + block.LBA(xid%apfsSlots*allocation), Blocks: allocation}
}

// commit writes a checkpoint.
func (a *apfs) commit(p *Process) {
	if !a.dirty {
		return
	}
	a.dirty = false
	t := &tree{volume: a.volume}
	for _, f := range a.v.files {
		t.records = append(t.records, f.record())
	}
	blocks := uint64(allocation * (1 + (len(t.records)+treeRecords-1)/treeRecords))
	if uint64(a.v.end-a.v.next) < blocks {
		return // no room for a copy: the last checkpoint stays
	}
	at := block.Extent{Start: a.v.next, Blocks: blocks}
	a.v.next = at.End()
	fua := a.v.s.p.UseFUA && a.v.s.disk.fua
	p.put(at, t, fua)
	if !fua {
		a.v.barrier(p, ledger.ByFileSystem)
	}
	a.xid++
	p.put(a.slot(a.xid), &superblock{a.volume, a.xid, t, at}, fua)
	if !fua {
		a.v.barrier(p, ledger.ByFileSystem)
	}
}

// close has nothing to add to the last checkpoint.
func (a *apfs) close(*Process) {}

// load mounts the newest checkpoint whose tree is whole.
func (a *apfs) load(p *Process) workload.Errno {
	w, _ := a.v.header(p, "apfs").(*workload.Meaning)
	if w == nil || w.Kind != workload.VolumeHeader || w.Volume == nil || w.Volume.FileSystem != "apfs" {
		return workload.EINVAL
	}
	a.volume, a.v.name = w.Volume, w.Volume.Name
	found := a.superblocks(p)
	for len(found) > 0 {
		newest := 0
		for i, b := range found {
			if b.xid > found[newest].xid {
				newest = i
			}
			a.xid = max(a.xid, b.xid)
			a.v.next = max(a.v.next, b.at.End())
		}
		b := found[newest]
		if p.intact([]block.Extent{b.at}, b.tree) {
			for _, r := range b.tree.records {
				a.v.adopt(r)
			}
			break
		}
		found = append(found[:newest], found[newest+1:]...)
	}
	if !a.v.s.disk.present {
		return workload.ENXIO
	}
	return workload.OK
}

// superblocks reads the ring.
func (a *apfs) superblocks(p *Process) []*superblock {
	var all []*superblock
	for i := range uint64(apfsSlots) {
		runs, ok := p.look(a.slot(i))
		if !ok || len(runs) == 0 {
			continue
		}
		b, _ := a.v.s.mem.at(runs[0].Version, a.slot(i).Start).(*superblock)
		if b != nil && b.volume == a.volume && a.v.s.mem.means(runs, a.slot(i), b) {
			all = append(all, b)
		}
	}
	return all
}
