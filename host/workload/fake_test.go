package workload

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// fake is a Shell that records what a program asks for. Files end where files
// says; everything else is as long as it is asked to be. A call takes 1 ms.
type fake struct {
	calls  []Call
	out    []string
	now    time.Duration
	disk   *Disk
	sizes  map[string]Reply // what Stat answers, and where reads end
	opened []string
	// fail may replace the reply of a call; false leaves it alone.
	fail func(c Call) (Reply, bool)
}

func (f *fake) Now() time.Duration    { return f.now }
func (f *fake) Sleep(d time.Duration) { f.now += d }
func (f *fake) Print(line string)     { f.out = append(f.out, line) }

func (f *fake) Call(c Call) Reply {
	f.calls = append(f.calls, c)
	f.now += time.Millisecond
	if f.fail != nil {
		if r, ok := f.fail(c); ok {
			return r
		}
	}
	switch c.Op {
	case Open:
		f.opened = append(f.opened, c.Path)
		return Reply{File: len(f.opened) + 2}
	case Stat:
		if r, ok := f.sizes[c.Path]; ok {
			return r
		}
		return Reply{Err: ENOENT}
	case Read:
		if r, ok := f.sizes[f.path(c)]; ok {
			return Reply{Bytes: min(c.Bytes, r.Size-min(r.Size, c.Offset))}
		}
		return Reply{Bytes: c.Bytes}
	case Write:
		return Reply{Bytes: c.Bytes}
	case Describe:
		if f.disk == nil {
			return Reply{Err: ENOENT}
		}
		return Reply{Disk: f.disk}
	}
	return Reply{}
}

// path is the name under which the file of the call was opened.
func (f *fake) path(c Call) string { return f.opened[c.File-3] }

// story prints the calls one a line, in the words of the system.
func (f *fake) story() string {
	var b strings.Builder
	for _, c := range f.calls {
		switch c.Op {
		case Open:
			fmt.Fprintf(&b, "open %s %s\n", c.Path, flagNames(c.Flags))
		case Read, Write:
			verb := map[Op]string{Read: "read", Write: "write"}[c.Op]
			fmt.Fprintf(&b, "%s %s @%d %d by %d\n", verb, f.path(c), c.Offset, c.Bytes, c.Request)
		case Close, Fsync, SyncCache:
			verb := map[Op]string{Close: "close", Fsync: "fsync", SyncCache: "synccache"}[c.Op]
			fmt.Fprintf(&b, "%s %s\n", verb, f.path(c))
		case SetLength, Preallocate, UnmapRange:
			verb := map[Op]string{SetLength: "ftruncate", Preallocate: "preallocate", UnmapRange: "unmap"}[c.Op]
			fmt.Fprintf(&b, "%s %s %d\n", verb, f.path(c), c.Bytes)
		default:
			verb := map[Op]string{Stat: "stat", Mkdir: "mkdir", Mount: "mount", Unmount: "unmount", Eject: "eject",
				Reprobe: "reprobe", Describe: "describe", SyncAll: "sync"}[c.Op]
			fmt.Fprintf(&b, "%s\n", strings.TrimSpace(verb+" "+c.Path))
		}
	}
	return b.String()
}

func flagNames(flags Flags) string {
	names := []string{"r", "w", "creat", "trunc", "sync", "nocache"}
	var on []string
	for i, n := range names {
		if flags&(1<<i) != 0 {
			on = append(on, n)
		}
	}
	return strings.Join(on, "+")
}

// mustParse fails the test on a bad line.
func mustParse(t *testing.T, line string) Tool {
	t.Helper()
	tool, err := Parse(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return tool
}

// run runs the line and returns its exit status.
func (f *fake) run(t *testing.T, line string) int {
	t.Helper()
	return mustParse(t, line).Run(f)
}

func (f *fake) count(op Op) int {
	n := 0
	for _, c := range f.calls {
		if c.Op == op {
			n++
		}
	}
	return n
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	got, want = strings.TrimSpace(got), strings.TrimSpace(want)
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

// failNth fails the nth call (from 0) of an op on the path, and writes nothing.
func (f *fake) failNth(op Op, path string, nth int, err Errno) {
	seen := 0
	f.fail = func(c Call) (Reply, bool) {
		hit := c.Op == op
		if hit && (op == Read || op == Write || op == SyncCache) {
			hit = f.path(c) == path
		} else if hit {
			hit = c.Path == path
		}
		if !hit {
			return Reply{}, false
		}
		seen++
		return Reply{Err: err}, seen == nth+1
	}
}
