package host

import (
	"strings"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim/ledger"
)

// device is the BSD name of the box's volume: the disk of every command line.
const device = "disk5"

// disk is what the block driver knows of the volume of the box.
type disk struct {
	present   bool
	blocks    uint64
	name      string // vendor and product
	cache     cacheState
	fua       bool // MODE SENSE reports DPO and FUA
	unmap     bool
	protected bool // write protect
	scheme    string
	slices    []workload.Slice
}

// cacheState is what the block driver believes of the write cache.
type cacheState uint8

const (
	cacheUnknown cacheState = iota
	cacheOff
	cacheOn
)

func (c cacheState) String() string { return [...]string{"unknown", "disabled", "enabled"}[c] }

// flushTimeout is how long the block driver waits for SYNCHRONIZE CACHE
// (IOSCSIBlockCommandsDevice, 2005: 30 s).
const flushTimeout = 30 * time.Second

// flush is IOBlockStorageDriver::synchronize: SYNCHRONIZE CACHE(10), LBA 0,
// count 0, IMMED 0, if the driver has seen a write cache. If it has not, the call
// succeeds and nothing is sent. It reports whether the caller was told that it
// had worked.
func (s *System) flush(p *Process, by ledger.Asker, within time.Duration) bool {
	id := s.l.Ask(s.k.Now(), by, block.Extent{})
	if s.p.CacheGate && s.disk.cache != cacheOn {
		s.l.Stop(s.k.Now(), id, ledger.CacheUnseen)
		s.l.End(s.k.Now(), id, true)
		return true
	}
	c := s.command(scsi.SyncAll(), p, 0)
	c.task.Flush = id
	p.run(c, within)
	good := c.good()
	s.release(c)
	return good
}

// limit and rawLimit are those of the profile.
func (s *System) limit() uint64    { return s.p.transferBlocks() }
func (s *System) rawLimit() uint64 { return s.p.rawBlocks() }

// unmapRange is DKIOCUNMAP.
func (s *System) unmapRange(p *Process, e block.Extent) workload.Errno {
	if !s.disk.unmap {
		return workload.ENOTTY
	}
	for !e.Empty() {
		piece := block.Extent{Start: e.Start, Blocks: min(e.Blocks, 1<<31)}
		list := scsi.AppendUnmapList(nil, []block.Extent{piece})
		c := s.command(scsi.Command{Op: scsi.Unmap, Class: scsi.ClassUnmap, Alloc: uint32(len(list))}, p, 0)
		c.task.DataOut = list
		c.task.Version = s.l.Issue(s.k.Now(), piece, piece, true)
		p.run(c, 0)
		good := c.good()
		s.release(c)
		if !good {
			return workload.EIO
		}
		e = block.Between(piece.End(), e.End())
	}
	return workload.OK
}

// eject is DKIOCEJECT: a flush of which the status is discarded, then the unit is
// stopped and its nodes go away.
func (s *System) eject(p *Process, id string) workload.Errno {
	if !s.disk.present || id != device {
		return workload.ENOENT
	}
	if err := s.unmountAll(p); err != workload.OK {
		return err
	}
	s.flush(p, ledger.ByEject, flushTimeout)
	p.ask(scsi.Command{Op: scsi.StartStopUnit, Immed: true}, nil)
	s.withdraw()
	return workload.OK
}

// describe is what diskutil info shows.
func (s *System) describe(id string) (*workload.Disk, workload.Errno) {
	id = strings.TrimPrefix(id, "/dev/")
	if !s.disk.present || id != "" && id != device {
		return nil, workload.ENOENT
	}
	d := &workload.Disk{
		Identifier:  device,
		Node:        "/dev/" + device,
		Media:       s.disk.name + " Media",
		Protocol:    s.p.Identity.Protocol,
		Domain:      s.p.Identity.Domain,
		Target:      s.p.Identity.Target,
		SizeBytes:   s.disk.blocks * block.Size,
		BlockBytes:  block.Size,
		WriteCache:  s.disk.cache.String(),
		DriverLabel: "kernel extension",
	}
	if s.p.Driver.Kind == DEXT {
		d.DriverLabel = "DriverKit"
	}
	d.Slices = append(d.Slices, s.disk.slices...)
	for i := range d.Slices {
		for _, v := range s.volumes {
			if v.slice.Identifier == d.Slices[i].Identifier {
				d.Slices[i].Mount, d.Slices[i].Name = v.mount, v.name
			}
		}
	}
	return d, workload.OK
}

// extent finds the blocks of a node: the disk or one of its slices.
func (s *System) extent(id string) (block.Extent, bool) {
	if !s.disk.present {
		return block.Extent{}, false
	}
	if id == device {
		return block.Extent{Blocks: s.disk.blocks}, true
	}
	for i := range s.disk.slices {
		if s.disk.slices[i].Identifier == id {
			return s.disk.slices[i].Extent, true
		}
	}
	return block.Extent{}, false
}

// look reads e, of at most limit blocks, in a script of the kernel, and returns
// what it holds, resolved; ok is whether the READ ended with GOOD.
func (p *Process) look(e block.Extent) (runs []block.Run, ok bool) {
	c := p.s.read(e, p, 0)
	p.run(c, 0)
	if ok = c.good(); ok {
		runs = p.s.l.Resolve(nil, c.task.Found)
	}
	p.s.release(c)
	return runs, ok
}

// learn reads e and returns the meaning of the block at its start.
func (p *Process) learn(e block.Extent) any {
	runs, ok := p.look(e)
	if !ok || len(runs) == 0 {
		return nil
	}
	return p.s.mem.at(runs[0].Version, e.Start)
}

// put writes metadata to e in a script of the kernel, in pieces as large as the
// block driver sends, one after the other. what is what it means to whoever reads
// it back; nil is nothing. With fua each WRITE has FUA set.
func (p *Process) put(e block.Extent, what any, fua bool) bool {
	s := p.s
	for !e.Empty() {
		piece := block.Extent{Start: e.Start, Blocks: min(e.Blocks, s.limit())}
		c := s.write(piece, piece, false, p, 0)
		c.plan.FUA = fua
		s.mem.learn(c.task.Version, piece, what)
		p.run(c, 0)
		good := c.good()
		status := c.task.Failure
		s.release(c)
		if !good {
			if status != sam.NoDevice {
				s.complain(device + ": I/O error.")
			}
			return false
		}
		e = block.Between(piece.End(), e.End())
	}
	return true
}
