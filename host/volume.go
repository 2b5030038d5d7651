package host

import (
	"strings"
	"time"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// volume is a mounted file system: files with extents, data that leave the host
// by cluster write-behind, and metadata that a format writes in its own way.
type volume struct {
	s      *System
	id     uint32
	slice  workload.Slice
	mount  string
	name   string
	format format
	files  []*vfile // in the order of creation; a nil is a record that was lost
	next   block.LBA
	end    block.LBA
	opens  int
	cached block.Map[block.Version] // file content in the host's page cache

	dirty   bool // metadata newer than the last commit
	first   sim.Time
	last    sim.Time
	ticking bool
	busy    bool // a commit is under way
	gone    bool // unmounted
}

// format is how a file system keeps its metadata on the slice.
type format interface {
	// load reads what is there and fills the volume's files.
	load(p *Process) workload.Errno
	// commit makes all metadata durable as the file system does, by the flushes
	// that it asks for.
	commit(p *Process)
	// close writes what an unmount writes behind the last commit.
	close(p *Process)
	// changed notes that the record of file i is newer than the last commit.
	changed(i int)
	// keeps is where the format has the record of file i.
	keeps(i int) []Part
	// wait is how long metadata stay dirty: after the last change, and at most
	// after the first one.
	wait() (idle, longest time.Duration)
}

// clusterBytes is the largest piece of file data that goes out at once: xnu's
// cluster layer, MAX_UPL_TRANSFER_BYTES.
const clusterBytes = 1 << 20

// allocation is the allocation unit of both file systems, in blocks: 4 KiB.
const allocation = 8

// mountVolume reads the volume header of a slice and mounts what it finds.
func (s *System) mountVolume(p *Process, id, target, kind string) workload.Errno {
	id = strings.TrimPrefix(id, "/dev/")
	e, ok := s.extent(id)
	if !ok {
		return workload.ENOENT
	}
	for _, v := range s.volumes {
		if v.slice.Identifier == id || v.mount == target {
			return workload.EBUSY
		}
	}
	slice := workload.Slice{Identifier: id, Extent: e}
	for _, o := range s.disk.slices {
		if o.Identifier == id {
			slice = o
		}
	}
	s.mounts++
	v := &volume{s: s, id: uint32(s.mounts), slice: slice, mount: clean(target)}
	err := workload.EINVAL
	if kind != "apfs" {
		err = v.load(p, newHFS(v))
	}
	if kind != "hfs" && err == workload.EINVAL {
		err = v.load(p, newAPFS(v))
	}
	return err
}

// load mounts what the format finds; EINVAL is that it finds nothing of its own.
func (v *volume) load(p *Process, f format) workload.Errno {
	v.format, v.files = f, nil
	err := f.load(p)
	if err == workload.OK {
		v.s.volumes = append(v.s.volumes, v)
	}
	return err
}

// header reads the block in which the volume header of a file system stands.
func (v *volume) header(p *Process, kind string) any {
	w := workload.Volume{FileSystem: kind}
	return p.learn(block.Extent{Start: v.slice.Extent.Start + w.HeaderBlock(), Blocks: 1})
}

// adopt takes a file over from a record that was found on the disk.
func (v *volume) adopt(r record) {
	f := &vfile{v: v, path: r.path, dir: r.dir, bytes: r.bytes, index: len(v.files)}
	f.extents = append(f.extents, r.extents...)
	v.files = append(v.files, f)
	for _, e := range r.extents {
		v.next = max(v.next, e.End())
	}
}

// record is what the metadata say of one file or directory.
type record struct {
	path    string // below the mount point
	dir     bool
	bytes   uint64
	extents []block.Extent
}

func (f *vfile) record() record {
	if f == nil {
		return record{}
	}
	return record{path: f.path, dir: f.dir, bytes: f.bytes, extents: append([]block.Extent(nil), f.extents...)}
}

// lookup finds a file by its path below the mount point.
func (v *volume) lookup(path string) *vfile {
	for _, f := range v.files {
		if f != nil && f.path == path && path != "" {
			return f
		}
	}
	return nil
}

// create makes a file or directory.
func (v *volume) create(path string, dir bool) (*vfile, workload.Errno) {
	if up := parent(path); up != "" {
		if d := v.lookup(up); d == nil {
			return nil, workload.ENOENT
		} else if !d.dir {
			return nil, workload.ENOTDIR
		}
	}
	f := &vfile{v: v, path: path, dir: dir, index: len(v.files)}
	v.files = append(v.files, f)
	v.touch(f)
	return f, workload.OK
}

// allocate gives a file room up to so many bytes, from the end of what is in use.
func (v *volume) allocate(f *vfile, bytes uint64) bool {
	have := uint64(0)
	for _, e := range f.extents {
		have += e.Blocks
	}
	need := (bytes + block.Size - 1) / block.Size
	if need <= have {
		return true
	}
	more := (need - have + allocation - 1) / allocation * allocation
	if uint64(v.end-v.next) < more {
		return false
	}
	e := block.Extent{Start: v.next, Blocks: more}
	v.next = e.End()
	if n := len(f.extents); n > 0 && f.extents[n-1].End() == e.Start {
		f.extents[n-1].Blocks += more
	} else {
		f.extents = append(f.extents, e)
	}
	v.touch(f)
	return true
}

// touch notes that the metadata of f are newer than the last commit, and sets the
// timer of the syncer.
func (v *volume) touch(f *vfile) {
	now := v.s.k.Now()
	v.format.changed(f.index)
	v.last = now
	if !v.dirty {
		v.dirty, v.first = true, now
	}
	if !v.ticking {
		v.ticking = true
		v.s.k.At(max(v.due(), v.s.k.Now()), v.s, tick, v.id) // long overdue if a commit that began after the first change has ended since
	}
}

// due is when dirty metadata are committed.
func (v *volume) due() sim.Time {
	idle, longest := v.format.wait()
	return min(v.last.Add(idle), v.first.Add(longest))
}

// tick is the syncer: it commits dirty metadata when they are due.
func (v *volume) tick(now sim.Time) {
	v.ticking = false
	switch {
	case v.gone || !v.dirty:
	case v.busy: // whoever commits looks again
	case now < v.due():
		v.ticking = true
		v.s.k.At(v.due(), v.s, tick, v.id)
	default:
		v.s.script("syncer", v.commit, nil)
	}
}

// commit makes all metadata durable. One runs at a time.
func (v *volume) commit(p *Process) {
	for v.busy {
		p.Sleep(time.Millisecond)
	}
	if v.gone {
		return
	}
	v.busy, v.dirty = true, false
	defer v.abandonCommit()
	v.format.commit(p)
	v.busy = false
	if v.dirty && !v.ticking {
		v.ticking = true
		v.s.k.At(max(v.due(), v.s.k.Now()), v.s, tick, v.id)
	}
}

// abandonCommit comes behind a commit, and does something only if the program that
// asked for it was killed: whoever commits next does it again.
func (v *volume) abandonCommit() {
	if !v.busy {
		return
	}
	v.busy, v.dirty = false, true
	for i := range v.files {
		v.format.changed(i)
	}
}

// sync writes out the data of every file, then the metadata: sync(2).
func (v *volume) sync(p *Process) {
	for _, f := range v.files {
		if f != nil {
			f.push(p)
		}
	}
	if v.dirty || v.busy {
		v.commit(p)
	}
}

// unmount writes everything out, flushes and forgets. The result of the flush is
// ignored but for a line in the kernel log (hfs_unmount).
func (v *volume) unmount(p *Process) {
	if !v.gone {
		v.sync(p)
		v.format.close(p)
		v.barrier(p, ledger.ByUnmount)
	}
	v.gone = true
	for i, o := range v.s.volumes {
		if o == v {
			v.s.volumes = append(v.s.volumes[:i], v.s.volumes[i+1:]...)
			return
		}
	}
}

// barrier flushes the whole volume of the box: a device that does not advertise
// barriers gets a full flush (IOBlockStorageDevice::doSynchronize). A failure is
// printed and ignored.
func (v *volume) barrier(p *Process, by ledger.Asker) {
	if !v.s.flush(p, by, flushTimeout) {
		v.s.complain("jnl: " + v.slice.Identifier + ": flushing fs disk buffer returned 0x5")
	}
}

// unmountNamed unmounts what a name means: a mount point, a slice or a whole disk.
func (s *System) unmountNamed(p *Process, name string) workload.Errno {
	id := strings.TrimPrefix(name, "/dev/")
	found := id == device
	for i := 0; i < len(s.volumes); {
		v := s.volumes[i]
		if id != device && id != v.slice.Identifier && clean(name) != v.mount {
			i++
			continue
		}
		found = true
		if v.opens > 0 {
			return workload.EBUSY
		}
		v.unmount(p)
	}
	if _, slice := s.extent(id); !found && !slice {
		return workload.ENOENT
	}
	return workload.OK
}

func (s *System) unmountAll(p *Process) workload.Errno { return s.unmountNamed(p, device) }

// mounted finds the volume that a path is on, and the path below its mount point.
func (s *System) mounted(path string) (*volume, string) {
	path = clean(path)
	for _, v := range s.volumes {
		if path == v.mount {
			return v, ""
		}
		if below, ok := strings.CutPrefix(path, v.mount+"/"); ok {
			return v, below
		}
	}
	return nil, ""
}

// clean is path without a slash at the end.
func clean(path string) string {
	if len(path) > 1 {
		return strings.TrimRight(path, "/")
	}
	return path
}

// parent is the directory of path, "" if it has none.
func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)]
}
