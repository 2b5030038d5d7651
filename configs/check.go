package configs

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"tbraid/controller"
	"tbraid/controller/raid"
	"tbraid/host/workload"
	"tbraid/internal/block"
)

// VolumeBlocks is the size of the volume under every policy: that of the box, less
// what a partial parity log takes where some policy keeps one.
func (s *Scenario) VolumeBlocks() uint64 {
	least := s.Box.VolumeBlocks()
	for i := range s.Policies {
		g := s.Box.geometry()
		g.MemberBlocks -= min(controller.LogBlocks(s.Policies[i].Hole), g.MemberBlocks)
		if l, err := raid.New(g); err == nil {
			least = min(least, l.VolumeBlocks())
		}
	}
	return least
}

// extent says how large the volume is.
func (s *Scenario) extent() string {
	return fmt.Sprintf("the volume has %d blocks, %s", s.VolumeBlocks(), formatBytes(s.VolumeBlocks()*block.Size))
}

// gptTail is what the copy of the partition map takes at the end (UEFI 5.3: a
// header and 128 entries of 128 bytes).
const gptTail = 33

// allocationBlock is what both file systems allocate by default (TN1150 for HFS+).
const allocationBlock = 4096

func (s *Scenario) checkVolumes(f *facts, all []Volume, path string) error {
	blocks := s.VolumeBlocks()
	for i := range all {
		v, at := &all[i], fmt.Sprintf("%s[%d]", path, i)
		if rest := blocks - gptTail - uint64(v.Start); v.Size == 0 && uint64(v.Start)+gptTail < blocks {
			v.Size = rest * block.Size / allocationBlock * allocationBlock
		}
		e := v.Extent()
		switch {
		case !mountPoint(v.Mount):
			return f.blame("for instance /Volumes/RAID", fmt.Sprintf("%q is no mount point", v.Mount), at+".mount")
		case v.Size%allocationBlock != 0 || v.Size < leastVolume:
			return f.blame(fmt.Sprintf("a multiple of 4KiB, at least %s", formatBytes(leastVolume)),
				fmt.Sprintf("a volume of %s", formatBytes(v.Size)), at+".size", at+".start")
		case uint64(e.End()) > 1<<32 && s.Box.Controller.ANSI < 5:
			return f.blame("give it a size, or set box.controller.ansi to 5 or more",
				fmt.Sprintf("the file system ends at block %d: hosts do not see beyond 2^32 where ansi is below 5", e.End()), at+".size", at+".start")
		case uint64(e.End())+gptTail > blocks || uint64(e.End()) < e.Blocks:
			return f.blame(s.extent()+fmt.Sprintf("; the last %d hold the copy of the partition map", gptTail),
				fmt.Sprintf("the file system ends at block %d", e.End()), at+".size", at+".start")
		}
		for _, o := range all[:i] {
			switch {
			case e.Overlaps(o.Extent()):
				return f.blame(fmt.Sprintf("%s is at %v", o.Mount, o.Extent()),
					fmt.Sprintf("%s at %v lies over another one", v.Mount, e), at+".start")
			case o.Mount == v.Mount:
				return f.blame("give one another mount point", fmt.Sprintf("two are mounted at %s", v.Mount), at+".mount")
			}
		}
	}
	return nil
}

// leastVolume leaves room for a journal of 8 MiB and some files.
const leastVolume = 16 << 20

func mountPoint(name string) bool {
	return strings.HasPrefix(name, "/Volumes/") && path.Clean(name) == name && strings.Count(name, "/") == 2
}

// checkTool checks that the disk is the one there is and that inputs exist.
func (s *Scenario) checkTool(f *facts, t workload.Tool, made []string, at string) error {
	if t.Disk != "" && t.Disk != Device {
		return f.blame("the box is "+Device+": /dev/"+Device+", /dev/r"+Device+" or, for diskutil, "+Device,
			fmt.Sprintf("%s works on %s, and there is no such disk", t.Name, t.Disk), at)
	}
	for _, in := range t.Inputs {
		if strings.HasPrefix(in, "/dev/") || s.declared(in) || slices.ContainsFunc(made, func(m string) bool { return below(in, m) || below(m, in) }) {
			continue
		}
		return f.blame("declare it: files: [{path: "+in+", size: 64MiB}]", fmt.Sprintf("%s reads %s, and there is no such file", t.Name, in), at)
	}
	return nil
}

// declared tells whether the path is a declared file or a directory above one.
func (s *Scenario) declared(name string) bool {
	for _, file := range s.Files {
		if below(file.Path, name) || slices.Contains(file.Paths(), path.Clean(name)) {
			return true
		}
	}
	return false
}

// below tells whether a path is another one or lies in it.
func below(inner, outer string) bool {
	inner, outer = path.Clean(inner), path.Clean(outer)
	return inner == outer || outer != "." && strings.HasPrefix(inner, strings.TrimSuffix(outer, "/")+"/")
}

// checkFiles checks the paths on the host's own disk.
func (s *Scenario) checkFiles(f *facts) error {
	for i, file := range s.Files {
		at := fmt.Sprintf("files[%d].path", i)
		stars := strings.Count(file.Path, "*")
		switch {
		case !strings.HasPrefix(file.Path, "/"):
			return f.blame("write it from the root: /Users/me/"+file.Path, fmt.Sprintf("%q is no absolute path", file.Path), at)
		case stars > 1 || (file.Count > 1) != (stars == 1):
			return f.blame("a set of files has one * in its path and a count above 1", fmt.Sprintf("%q with count %d", file.Path, file.Count), at)
		}
	}
	return nil
}
