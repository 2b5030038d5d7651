package workload

import (
	"fmt"
	"path"
	"strings"
)

// copyBlockBytes is what a file is copied by if its file system has no wish:
// HFS+ and APFS report at least 1 MiB (xnu, cluster_max_io_size).
const copyBlockBytes = 1 << 20

// cp is a cp(1) command. It copies as fcopyfile(3) does: F_PREALLOCATE, a loop
// of reads and writes, ftruncate. There is neither an fsync(2) nor an fcntl that
// flushes (copyfile-224, copyfile.c; file_cmds, cp/utils.c).
type cp struct {
	recursive bool
	verbose   bool
	noClobber bool
	sources   []string
	target    string
}

// cpFlags are the flags taken; those without effect on what reaches a device
// are read and forgotten.
const cpFlags = "aHLPRXfnprv"

func parseCP(tool word, args []word) (Tool, error) {
	c := &cp{}
	var operands []word
	flags := true
	for _, a := range args {
		if !flags || len(a.text) < 2 || a.text[0] != '-' {
			operands = append(operands, a)
			flags = false // as getopt(3): flags come first
			continue
		}
		if a.text == "--" {
			flags = false
			continue
		}
		for _, f := range a.text[1:] {
			if err := c.flag(a, f); err != nil {
				return Tool{}, err
			}
		}
	}
	if len(operands) < 2 {
		return Tool{}, tool.fault("cp", "write cp [-R] source ... target", "cp needs a source and a target")
	}
	for _, o := range operands {
		if o.text == "" {
			return Tool{}, o.fault("cp", "write a path", "an empty path")
		}
		if _, device := ParseNode(o.text); device && strings.HasPrefix(o.text, "/dev/") {
			return Tool{}, o.fault("cp", "use dd for a device, and for cp a path on the volume such as /Volumes/RAID/", "%s is a device", o.text)
		}
		c.sources = append(c.sources, o.text)
	}
	last := len(c.sources) - 1
	for i, source := range c.sources[:last] {
		if endless(source) {
			return Tool{}, operands[i].fault("cp", "use dd with count= for it", "%s never ends", source)
		}
	}
	c.sources, c.target = c.sources[:last], c.sources[last]
	return Tool{Name: "cp", Kind: CP, Run: c.run, Inputs: c.sources, Output: c.target}, nil
}

func (c *cp) flag(a word, f rune) error {
	switch f {
	case 'R', 'r', 'a':
		c.recursive = true
	case 'v':
		c.verbose = true
	case 'n':
		c.noClobber = true
	case 'f':
		c.noClobber = false
	case 'p', 'X', 'H', 'L', 'P': // modes, extended attributes, links: no file data
	case 'c', 'i', 'l', 's':
		return a.fault("cp", "leave it out", "cp knows -%c, but it is not modelled", f)
	default:
		return a.fault("cp", "cp takes -"+strings.Join(strings.Split(cpFlags, ""), " -"), "unknown flag -%c", f)
	}
	return nil
}

// copier is a cp at work.
type copier struct {
	*cp
	sh     Shell
	status int
}

func (c *cp) run(sh Shell) int {
	w := &copier{cp: c, sh: sh}
	target := sh.Call(Call{Op: Stat, Path: c.target})
	into := target.Err == OK && target.Dir
	if len(c.sources) > 1 && !into {
		sh.Print(fmt.Sprintf("cp: %s is not a directory", c.target))
		return 1
	}
	for _, s := range c.sources {
		to := c.target
		// A slash after a source means what is in it (cp(1), -R).
		if into && !(c.recursive && strings.HasSuffix(s, "/")) {
			to = path.Join(c.target, path.Base(s))
		}
		w.source(s, to)
	}
	return w.status
}

func (w *copier) source(from, to string) {
	st := w.sh.Call(Call{Op: Stat, Path: from})
	switch {
	case st.Err != OK:
		w.complain(from, st.Err)
	case !st.Dir:
		w.file(from, to, st.Size, st.BlockBytes)
	case !w.recursive:
		w.sh.Print(fmt.Sprintf("cp: %s is a directory (not copied).", from))
		w.status = 1
	default:
		w.tree(from, to, st)
	}
}

func (w *copier) tree(from, to string, st Reply) {
	if !w.directory(from, to) {
		return
	}
	for _, e := range st.Entries {
		source, target := path.Join(from, e.Path), path.Join(to, e.Path)
		if e.Dir {
			w.directory(source, target)
			continue
		}
		w.file(source, target, e.Size, st.BlockBytes)
	}
}

func (w *copier) directory(from, to string) bool {
	if st := w.sh.Call(Call{Op: Stat, Path: to}); st.Err == OK && st.Dir {
		return true
	}
	if r := w.sh.Call(Call{Op: Mkdir, Path: to}); r.Err != OK {
		return w.complain(to, r.Err)
	}
	w.tell(from, to)
	return true
}

func (w *copier) file(from, to string, size, blockBytes uint64) {
	if w.noClobber && w.sh.Call(Call{Op: Stat, Path: to}).Err == OK {
		return
	}
	in := w.sh.Call(Call{Op: Open, Path: from, Flags: ForRead})
	if in.Err != OK {
		w.complain(from, in.Err)
		return
	}
	out := w.sh.Call(Call{Op: Open, Path: to, Flags: ForWrite | Create | Truncate})
	if out.Err != OK {
		w.complain(to, out.Err)
		w.sh.Call(Call{Op: Close, File: in.File})
		return
	}
	if blockBytes == 0 {
		blockBytes = copyBlockBytes
	}
	err := w.data(in.File, out.File, size, blockBytes)
	if err != OK {
		w.complain(to+": fcopyfile failed", err)
	}
	if r := w.sh.Call(Call{Op: Close, File: out.File}); r.Err != OK && err == OK {
		w.complain(to, r.Err)
	}
	w.sh.Call(Call{Op: Close, File: in.File})
	if err == OK {
		w.tell(from, to)
	}
}

// data copies the bytes of one file and returns the first error.
func (w *copier) data(in, out int, size, blockBytes uint64) Errno {
	if size > 0 {
		// Only a hint: copyfile goes on without it.
		w.sh.Call(Call{Op: Preallocate, File: out, Bytes: size})
	}
	at := uint64(0)
	for at < size {
		r := w.sh.Call(Call{Op: Read, File: in, Offset: at, Bytes: min(blockBytes, size-at), Request: blockBytes})
		if r.Err != OK {
			return r.Err
		}
		if r.Bytes == 0 {
			break // the file became shorter
		}
		put := w.sh.Call(Call{Op: Write, File: out, Offset: at, Bytes: r.Bytes, Request: blockBytes, Content: Copy, Detail: "cp"})
		if put.Err != OK {
			return put.Err
		}
		at += r.Bytes
	}
	return w.sh.Call(Call{Op: SetLength, File: out, Bytes: at}).Err
}

func (w *copier) tell(from, to string) {
	if w.verbose {
		w.sh.Print(fmt.Sprintf("%s -> %s", from, to))
	}
}

// complain prints an error as warn(3) does, and is always false.
func (w *copier) complain(what string, err Errno) bool {
	w.sh.Print(fmt.Sprintf("cp: %s: %s", what, err))
	w.status = 1
	return false
}
