package host

import (
	"strings"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// openFile is a file descriptor.
type openFile struct {
	kind  kind
	path  string
	flags workload.Flags
	node  *node
	file  *vfile
	host  *hostFile
}

type kind uint8

const (
	closed   kind = iota
	offBox        // a file of the host, or a device such as /dev/zero
	buffered      // /dev/diskN
	raw           // /dev/rdiskN
	onVolume
)

// hostFile is a file on the internal disk.
type hostFile struct {
	path string
	size uint64
	dir  bool
}

// endless is the size of the devices that read for ever.
const endless = 1 << 62

// Call makes one system call, or a run of like ones.
func (p *Process) Call(c workload.Call) workload.Reply {
	s := p.s
	switch c.Op {
	case workload.Open:
		return p.openCall(&c)
	case workload.Stat:
		return s.stat(c.Path)
	case workload.Mkdir:
		return s.mkdir(c.Path)
	case workload.Mount:
		return workload.Reply{Err: s.mountVolume(p, c.Path, c.Target, c.Detail)}
	case workload.Unmount:
		return workload.Reply{Err: s.unmountNamed(p, c.Path)}
	case workload.Eject:
		return workload.Reply{Err: s.eject(p, strings.TrimPrefix(c.Path, "/dev/"))}
	case workload.Reprobe:
		if !s.disk.present {
			return workload.Reply{Err: workload.ENXIO}
		}
		s.readMap(p)
		return workload.Reply{}
	case workload.Describe:
		d, err := s.describe(c.Path)
		return workload.Reply{Disk: d, Err: err}
	case workload.SyncAll:
		for _, v := range append([]*volume(nil), s.volumes...) {
			v.sync(p)
		}
		return workload.Reply{}
	}
	if c.File < 0 || c.File >= len(p.open) || p.open[c.File].kind == closed {
		return workload.Reply{Err: workload.EINVAL}
	}
	return p.fileCall(&p.open[c.File], &c)
}

// fileCall makes a call on an open file.
func (p *Process) fileCall(f *openFile, c *workload.Call) workload.Reply {
	switch c.Op {
	case workload.Close:
		p.closeFile(f, p)
		return workload.Reply{}
	case workload.Read:
		return p.readCall(f, c)
	case workload.Write:
		return p.writeCall(f, c)
	case workload.Drive:
		return p.drive(f, c)
	case workload.Preallocate:
		if f.kind == onVolume && !f.file.v.allocate(f.file, c.Bytes) {
			return workload.Reply{Err: workload.ENOSPC}
		}
		return workload.Reply{}
	case workload.SetLength:
		return p.setLength(f, c.Bytes)
	}
	switch f.kind {
	case buffered, raw:
		return workload.Reply{Err: p.nodeControl(f, c)}
	case onVolume:
		return workload.Reply{Err: p.fileControl(f, c)}
	}
	if c.Op == workload.SyncCache || c.Op == workload.UnmapRange {
		return workload.Reply{Err: workload.ENOTTY}
	}
	return workload.Reply{}
}

// nodeControl is fsync, fcntl and ioctl on a device node.
func (p *Process) nodeControl(f *openFile, c *workload.Call) workload.Errno {
	s := p.s
	if f.node.gone {
		return workload.ENXIO
	}
	switch c.Op {
	case workload.Fsync:
		// spec_fsync writes the host's buffers and returns 0. The program may think
		// that it has a promise; nobody has given one.
		if f.kind == buffered {
			f.node.letGo(p)
			f.node.drain(p)
		}
		id := s.l.Ask(s.k.Now(), ledger.ByFsync, f.node.extent)
		s.l.Stop(s.k.Now(), id, ledger.NodeFsync)
		s.l.End(s.k.Now(), id, false)
		return workload.OK
	case workload.SyncCache:
		if f.kind == buffered {
			f.node.letGo(p)
			f.node.drain(p)
		}
		if !s.flush(p, ledger.ByProgram, flushTimeout) {
			return workload.EIO
		}
		return workload.OK
	case workload.UnmapRange:
		end := min(c.Offset+c.Bytes, f.node.bytes)
		if c.Offset%block.Size != 0 || end < c.Offset {
			return workload.EINVAL
		}
		return s.unmapRange(p, f.node.blocks(c.Offset, end))
	}
	return workload.ENOTTY // F_FULLFSYNC, F_BARRIERFSYNC: dkioctl does not know them
}

// fileControl is fsync and fcntl on a file of a mounted volume. fsync(2) writes
// the data out and no more (fsync(2), macOS). F_FULLFSYNC flushes the box, and so
// does F_BARRIERFSYNC where the device has no barriers.
func (p *Process) fileControl(f *openFile, c *workload.Call) workload.Errno {
	v := f.file.v
	switch c.Op {
	case workload.Fsync:
		f.file.push(p)
		return workload.OK
	case workload.FullFsync, workload.BarrierFsync:
		f.file.push(p)
		if v.dirty || v.busy {
			v.commit(p)
		}
		p.s.flush(p, ledger.ByProgram, flushTimeout) // hfs_fsync ignores the result of hfs_flush
		return workload.OK
	}
	return workload.ENOTTY
}

func (p *Process) openCall(c *workload.Call) workload.Reply {
	f, err := p.s.openPath(c.Path, c.Flags)
	if err != workload.OK {
		return workload.Reply{Err: err}
	}
	for i := range p.open {
		if p.open[i].kind == closed {
			p.open[i] = f
			return workload.Reply{File: i}
		}
	}
	p.open = append(p.open, f)
	return workload.Reply{File: len(p.open) - 1}
}

func (s *System) openPath(path string, flags workload.Flags) (openFile, workload.Errno) {
	f := openFile{path: path, flags: flags}
	if n, ok := workload.ParseNode(path); ok && strings.HasPrefix(path, "/dev/") && n.Disk == device {
		return s.openNode(f, n)
	}
	if v, below := s.mounted(path); v != nil {
		return v.open(f, below)
	}
	f.kind = offBox
	if f.host = s.hostFile(path); f.host != nil {
		if f.host.dir && flags&workload.ForWrite != 0 {
			return f, workload.EISDIR
		}
		if flags&workload.Truncate != 0 && f.host.size < endless {
			f.host.size = 0
		}
		return f, workload.OK
	}
	if flags&workload.Create == 0 || strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/Volumes/") {
		return f, workload.ENOENT // no such file, no such device, nothing mounted there
	}
	f.host = &hostFile{path: clean(path)}
	s.files = append(s.files, f.host)
	return f, workload.OK
}

// openNode opens a device node. What is mounted cannot be opened for writing,
// neither the slice nor the disk around it.
func (s *System) openNode(f openFile, n workload.Node) (openFile, workload.Errno) {
	e, ok := s.extent(n.Identifier())
	if !ok {
		return f, workload.ENOENT
	}
	if f.flags&workload.ForWrite != 0 {
		if s.disk.protected {
			return f, workload.EACCES
		}
		for _, v := range s.volumes {
			if v.slice.Extent.Overlaps(e) {
				return f, workload.EBUSY
			}
		}
	}
	f.kind, f.node = buffered, s.node(n.Path(), e)
	if n.Raw {
		f.kind = raw
	}
	f.node.opens++
	return f, workload.OK
}

func (v *volume) open(f openFile, below string) (openFile, workload.Errno) {
	f.kind, f.file = onVolume, v.lookup(below)
	switch {
	case f.file == nil && (below == "" || f.flags&workload.Create == 0):
		return f, workload.ENOENT
	case f.file == nil:
		var err workload.Errno
		if f.file, err = v.create(below, false); err != workload.OK {
			return f, err
		}
	case f.file.dir:
		return f, workload.EISDIR
	case f.flags&workload.Truncate != 0 && f.file.bytes > 0:
		f.file.dirtyFrom, f.file.dirtyTo, f.file.bytes, f.file.extents = 0, 0, 0, nil
		v.touch(f.file)
	}
	f.file.opens++
	v.opens++
	return f, workload.OK
}

// closeFile closes f; p is who waits for what the close has to write.
func (p *Process) closeFile(f *openFile, waits *Process) {
	switch f.kind {
	case buffered, raw:
		f.node.close(waits)
	case onVolume:
		f.file.opens--
		f.file.v.opens--
	}
	*f = openFile{}
}

// closeAll closes what the process has left open.
func (p *Process) closeAll(waits *Process) {
	for i := range p.open {
		p.closeFile(&p.open[i], waits)
	}
}

func (p *Process) readCall(f *openFile, c *workload.Call) workload.Reply {
	var r workload.Reply
	switch f.kind {
	case offBox:
		return workload.Reply{Bytes: min(c.Bytes, max(f.host.size, c.Offset)-c.Offset)}
	case buffered:
		r = f.node.readRun(p, f.path, c)
	case raw:
		r = p.rawCalls(f, c, false)
	case onVolume:
		r = f.file.readCalls(p, f.path, c)
	}
	p.stats.BytesRead += r.Bytes
	return r
}

// readRun reads the buffered node: what is still dirty is written out first, since
// the model keeps no clean pages to read from.
func (n *node) readRun(p *Process, path string, c *workload.Call) workload.Reply {
	if n.gone {
		return workload.Reply{Err: workload.ENXIO}
	}
	if n.held.Len() > 0 {
		if r, ok := n.recall(path, c); ok {
			return r
		}
		n.letGo(p)
	}
	if n.writes > 0 || n.write.active || len(n.delayed) > 0 {
		n.drain(p)
		n.read.forget()
	}
	return n.read.readCalls(p, path, c)
}

func (p *Process) writeCall(f *openFile, c *workload.Call) workload.Reply {
	if f.flags&workload.ForWrite == 0 {
		return workload.Reply{Err: workload.EACCES}
	}
	var r workload.Reply
	switch f.kind {
	case offBox:
		if f.host.size < endless {
			f.host.size = max(f.host.size, c.Offset+c.Bytes)
		}
		return workload.Reply{Bytes: c.Bytes}
	case buffered:
		r = f.node.writeCalls(p, c, f.flags&workload.OSync != 0)
	case raw:
		r = p.rawCalls(f, c, true)
	case onVolume:
		r = f.file.writeCalls(p, c, f.flags)
	}
	p.stats.BytesWritten += r.Bytes
	return r
}

func (p *Process) setLength(f *openFile, bytes uint64) workload.Reply {
	switch f.kind {
	case offBox:
		if f.host.size < endless {
			f.host.size = bytes
		}
	case onVolume:
		return workload.Reply{Err: f.file.setLength(p, bytes)}
	default:
		return workload.Reply{Err: workload.EINVAL}
	}
	return workload.Reply{}
}
