package host

import (
	"strings"

	"tbraid/host/workload"
	"tbraid/internal/block"
)

// stat is stat(2), and for a directory the list of all that is below it.
func (s *System) stat(path string) workload.Reply {
	if n, ok := workload.ParseNode(path); ok && strings.HasPrefix(path, "/dev/") && n.Disk == device {
		e, ok := s.extent(n.Identifier())
		if !ok {
			return workload.Reply{Err: workload.ENOENT}
		}
		return workload.Reply{Size: e.Bytes(), BlockBytes: block.Size}
	}
	if v, below := s.mounted(path); v != nil {
		return v.stat(below)
	}
	for _, v := range s.volumes { // /Volumes
		if clean(path) == parent(v.mount) {
			return workload.Reply{Dir: true}
		}
	}
	f := s.hostFile(path)
	if f == nil {
		return workload.Reply{Err: workload.ENOENT}
	}
	r := workload.Reply{Size: f.size, Dir: f.dir, BlockBytes: clusterBytes}
	for _, o := range s.files {
		if below, ok := strings.CutPrefix(o.path, f.path+"/"); ok && f.dir {
			r.Entries = append(r.Entries, workload.Entry{Path: below, Size: o.size, Dir: o.dir})
		}
	}
	return r
}

func (v *volume) stat(below string) workload.Reply {
	r := workload.Reply{Dir: true, BlockBytes: clusterBytes} // hfs: cluster_max_io_size, at least 1 MiB
	prefix := ""
	if below != "" {
		f := v.lookup(below)
		if f == nil {
			return workload.Reply{Err: workload.ENOENT}
		}
		r.Size, r.Dir, prefix = f.bytes, f.dir, f.path+"/"
	}
	for _, f := range v.files {
		if f == nil || f.path == "" || !r.Dir {
			continue
		}
		if name, ok := strings.CutPrefix(f.path, prefix); ok {
			r.Entries = append(r.Entries, workload.Entry{Path: name, Size: f.bytes, Dir: f.dir})
		}
	}
	return r
}

func (s *System) mkdir(path string) workload.Reply {
	path = clean(path)
	if s.stat(path).Err == workload.OK {
		return workload.Reply{Err: workload.EEXIST}
	}
	if v, below := s.mounted(path); v != nil {
		_, err := v.create(below, true)
		return workload.Reply{Err: err}
	}
	s.files = append(s.files, &hostFile{path: path, dir: true})
	return workload.Reply{}
}

// hostFile finds a file or directory of the internal disk. A directory need not
// be declared if something is in it.
func (s *System) hostFile(path string) *hostFile {
	path = clean(path)
	switch path {
	case "/dev/zero", "/dev/random", "/dev/urandom":
		return &hostFile{path: path, size: endless}
	case "/dev/null":
		return &hostFile{path: path}
	case "/", ".":
		return &hostFile{path: path, dir: true}
	}
	dir := false
	for _, f := range s.files {
		if f.path == path {
			return f
		}
		dir = dir || strings.HasPrefix(f.path, path+"/")
	}
	if dir {
		return &hostFile{path: path, dir: true}
	}
	return nil
}
