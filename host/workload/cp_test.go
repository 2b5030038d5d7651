package workload

import (
	"strings"
	"testing"
)

func TestCP(t *testing.T) {
	const mib = 1 << 20
	files := map[string]Reply{
		"/Volumes/RAID": {Dir: true},
		"film.mov":      {Size: 2*mib + 5},
		"film/film.mov": {Size: 2*mib + 5},
		"notes":         {Size: 10},
		"film/notes":    {Size: 10},
		"film": {Dir: true, BlockBytes: mib, Entries: []Entry{
			{Path: "film.mov", Size: 2*mib + 5}, {Path: "cuts", Dir: true}, {Path: "cuts/empty"},
		}},
	}
	const movie = `
preallocate /Volumes/RAID/film.mov 2097157
read film.mov @0 1048576 by 1048576
write /Volumes/RAID/film.mov @0 1048576 by 1048576
read film.mov @1048576 1048576 by 1048576
write /Volumes/RAID/film.mov @1048576 1048576 by 1048576
read film.mov @2097152 5 by 1048576
write /Volumes/RAID/film.mov @2097152 5 by 1048576
ftruncate /Volumes/RAID/film.mov 2097157
close /Volumes/RAID/film.mov
close film.mov
`
	for _, c := range []struct {
		name, line, calls, out string
		status                 int
	}{
		{
			name: "a file", line: "cp -v film.mov /Volumes/RAID/",
			calls: "stat /Volumes/RAID/\nstat film.mov\nopen film.mov r\nopen /Volumes/RAID/film.mov w+creat+trunc" + movie,
			out:   "film.mov -> /Volumes/RAID/film.mov",
		},
		{
			name: "a tree", line: "cp -Rv film /Volumes/RAID",
			calls: "stat /Volumes/RAID\nstat film\nstat /Volumes/RAID/film\nmkdir /Volumes/RAID/film\n" +
				"open film/film.mov r\nopen /Volumes/RAID/film/film.mov w+creat+trunc" +
				strings.NewReplacer("/Volumes/RAID/", "/Volumes/RAID/film/", " film.mov", " film/film.mov").Replace(movie) +
				"stat /Volumes/RAID/film/cuts\nmkdir /Volumes/RAID/film/cuts\n" +
				"open film/cuts/empty r\nopen /Volumes/RAID/film/cuts/empty w+creat+trunc\n" +
				"ftruncate /Volumes/RAID/film/cuts/empty 0\nclose /Volumes/RAID/film/cuts/empty\nclose film/cuts/empty",
			out: "film -> /Volumes/RAID/film\nfilm/film.mov -> /Volumes/RAID/film/film.mov\n" +
				"film/cuts -> /Volumes/RAID/film/cuts\nfilm/cuts/empty -> /Volumes/RAID/film/cuts/empty",
		},
		{
			name: "errors do not stop it", line: "cp film gone notes /Volumes/RAID", status: 1,
			calls: "stat /Volumes/RAID\nstat film\nstat gone\nstat notes\nopen notes r\nopen /Volumes/RAID/notes w+creat+trunc\n" +
				"preallocate /Volumes/RAID/notes 10\nread notes @0 10 by 1048576\nwrite /Volumes/RAID/notes @0 10 by 1048576\n" +
				"ftruncate /Volumes/RAID/notes 10\nclose /Volumes/RAID/notes\nclose notes",
			out: "cp: film is a directory (not copied).\ncp: gone: No such file or directory",
		},
		{
			name: "no clobber", line: "cp -n notes film.mov", calls: "stat film.mov\nstat notes\nstat film.mov",
		},
		{
			name: "two sources need a directory", line: "cp notes film.mov gone", status: 1,
			calls: "stat gone", out: "cp: gone is not a directory",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{sizes: files}
			f.sizes["/Volumes/RAID/"] = Reply{Dir: true}
			if got := f.run(t, c.line); got != c.status {
				t.Errorf("exit %d, want %d", got, c.status)
			}
			same(t, "calls", f.story(), c.calls)
			same(t, "output", strings.Join(f.out, "\n"), c.out)
		})
	}
}

func TestCP_TrailingSlashCopiesTheContents(t *testing.T) {
	f := &fake{sizes: map[string]Reply{
		"film/": {Dir: true, Entries: []Entry{{Path: "a", Size: 1}}}, "film/a": {Size: 1}, "/Volumes/RAID": {Dir: true},
	}}
	f.run(t, "cp -R film/ /Volumes/RAID")
	if strings.Join(f.opened, " ") != "film/a /Volumes/RAID/a" {
		t.Errorf("opened %q", f.opened)
	}
}

// Neither cp nor copyfile has an fsync or a flushing fcntl (file_cmds-457,
// cp/utils.c; copyfile-224, copyfile.c).
func TestCP_NeverSyncs(t *testing.T) {
	f := &fake{sizes: map[string]Reply{"a": {Size: 5 << 20}}}
	f.run(t, "cp -p a /Volumes/RAID/a")
	for _, op := range []Op{Fsync, FullFsync, BarrierFsync, SyncCache, SyncAll} {
		if f.count(op) > 0 {
			t.Errorf("op %d", op)
		}
	}
}

func TestCP_WriteErrorIsOfFcopyfile(t *testing.T) {
	f := &fake{sizes: map[string]Reply{"a": {Size: 5}}}
	f.failNth(Write, "/Volumes/RAID/a", 0, EIO)
	if f.run(t, "cp a /Volumes/RAID/a") != 1 {
		t.Error("exit 0")
	}
	same(t, "output", strings.Join(f.out, "\n"), "cp: /Volumes/RAID/a: fcopyfile failed: Input/output error")
	if f.count(Close) != 2 {
		t.Errorf("%d closes", f.count(Close))
	}
}
