package host

import (
	"path"

	"tbraid/internal/block"
)

// Part is blocks of the box of which a file has need.
type Part struct {
	What   string // data, or the structure of the file system
	Extent block.Extent
}

// dataPart is what the content of a file is called.
const dataPart = "data"

// Where finds a file of a mounted volume by its path or, if only one file has it,
// by its last element: its path, and where it stands. Parts are nil if there is no
// such file, or several; then all has the paths of the files that there are.
func (s *System) Where(name string) (full string, parts []Part, all []string) {
	var found *vfile
	matches := 0
	for _, v := range s.volumes {
		for _, f := range v.files {
			if f == nil || f.dir {
				continue
			}
			p := v.mount + "/" + f.path
			all = append(all, p)
			if p == clean(name) {
				return p, f.parts(), nil
			}
			if path.Base(p) == name {
				full, found = p, f
				matches++
			}
		}
	}
	if matches == 1 {
		return full, found.parts(), nil
	}
	return "", nil, all
}

// Mounted is a volume as the host has it mounted, and what stands where on it.
type Mounted struct {
	Path   string
	Extent block.Extent // its slice
	Files  []Stored     // in the order of creation
}

// Stored is the content of a file.
type Stored struct {
	Path    string
	Extents []block.Extent // up to its length
}

// Mounts lists the volumes that are mounted.
func (s *System) Mounts() []Mounted {
	var all []Mounted
	for _, v := range s.volumes {
		m := Mounted{Path: v.mount, Extent: v.slice.Extent}
		for _, f := range v.files {
			if f != nil && !f.dir {
				m.Files = append(m.Files, Stored{v.mount + "/" + f.path, f.content()})
			}
		}
		all = append(all, m)
	}
	return all
}

// content is the extents of the file up to its length.
func (f *vfile) content() []block.Extent {
	var all []block.Extent
	left := (f.bytes + block.Size - 1) / block.Size
	for _, e := range f.extents {
		if e.Blocks = min(e.Blocks, left); e.Blocks > 0 {
			all = append(all, e)
		}
		left -= e.Blocks
	}
	return all
}

// parts are the content of the file, then what the format keeps of it.
func (f *vfile) parts() []Part {
	var all []Part
	for _, e := range f.content() {
		all = append(all, Part{dataPart, e})
	}
	return append(all, f.v.format.keeps(f.index)...)
}

// keeps implements format: the node of the catalog, and the transactions in the
// journal that have a copy of it.
func (h *hfs) keeps(i int) []Part {
	node := i / nodeRecords
	all := []Part{{"catalog node", h.node(node)}}
	for _, t := range h.live {
		for _, n := range t.tx.nodes {
			if n.index != node {
				continue
			}
			for _, e := range t.extents {
				all = append(all, Part{"journal transaction with the catalog node", e})
			}
		}
	}
	return all
}

// keeps implements format: the tree of the last checkpoint is found through its
// superblock.
func (a *apfs) keeps(int) []Part {
	return []Part{{"superblock of the last checkpoint", a.slot(a.xid)}}
}
