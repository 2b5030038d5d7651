package workload

import (
	"strings"
	"testing"
)

func TestDD_Calls(t *testing.T) {
	image := map[string]Reply{"a.img": {Size: 2500}}
	for _, c := range []struct {
		name, line, calls, out string
		status                 int
		files                  map[string]Reply
	}{
		{
			name: "write", line: "dd if=/dev/random of=/dev/rdisk5 bs=1m count=64",
			calls: "open /dev/rdisk5 r+w+creat+trunc\nwrite /dev/rdisk5 @0 67108864 by 1048576\nclose /dev/rdisk5",
			out:   "64+0 records in\n64+0 records out\n67108864 bytes transferred in 0.002000 secs (33554432000 bytes/sec)",
		},
		{
			name: "default block, conv=fsync, oflag, seek", line: "dd if=/dev/zero of=/dev/disk5 count=8 seek=3 conv=fsync,notrunc oflag=sync,direct status=noxfer",
			calls: "open /dev/disk5 r+w+creat+sync+nocache\nwrite /dev/disk5 @1536 4096 by 512\nfsync /dev/disk5\nclose /dev/disk5",
			out:   "8+0 records in\n8+0 records out",
		},
		{
			name: "obs larger than the input", line: "dd if=/dev/zero of=/dev/disk5 ibs=1k obs=4k count=5 status=noxfer",
			calls: "open /dev/disk5 r+w+creat+trunc\nwrite /dev/disk5 @0 5120 by 4096\nclose /dev/disk5",
			out:   "5+0 records in\n1+1 records out",
		},
		{
			name: "read back", line: "dd if=/dev/rdisk5 of=/dev/null bs=1m count=64 skip=2 status=none",
			calls: "open /dev/rdisk5 r\nread /dev/rdisk5 @2097152 67108864 by 1048576\nclose /dev/rdisk5",
		},
		{
			name: "partial last block of a file", line: "dd if=a.img of=/dev/rdisk5 bs=1k", files: image,
			calls: "open a.img r\nopen /dev/rdisk5 r+w+creat+trunc\n" +
				"read a.img @0 1024 by 1024\nwrite /dev/rdisk5 @0 1024 by 1024\n" +
				"read a.img @1024 1024 by 1024\nwrite /dev/rdisk5 @1024 1024 by 1024\n" +
				"read a.img @2048 1024 by 1024\nwrite /dev/rdisk5 @2048 452 by 1024\n" +
				"read a.img @2500 1024 by 1024\nclose /dev/rdisk5\nclose a.img",
			out: "2+1 records in\n2+1 records out\n2500 bytes transferred in 0.009000 secs (277778 bytes/sec)",
		},
		{
			name: "conv=sync pads it", line: "dd if=a.img of=/dev/null ibs=1k obs=512 conv=sync status=noxfer", files: image,
			calls: "open a.img r\nread a.img @0 4611686018427387904 by 1024\nclose a.img",
			out:   "2+1 records in\n6+0 records out",
		},
		{
			name: "conv=osync pads the output", line: "dd if=a.img of=/dev/rdisk5 ibs=2k obs=4k conv=osync status=noxfer", files: image,
			calls: "open a.img r\nopen /dev/rdisk5 r+w+creat+trunc\nread a.img @0 2048 by 2048\nread a.img @2048 2048 by 2048\n" +
				"read a.img @2500 2048 by 2048\nwrite /dev/rdisk5 @0 4096 by 4096\nclose /dev/rdisk5\nclose a.img",
			out: "1+1 records in\n1+0 records out",
		},
		{
			name: "seek into a file cuts it there", line: "dd if=/dev/zero of=/Volumes/RAID/f bs=1k count=1 oseek=2 status=none",
			calls: "open /Volumes/RAID/f r+w+creat\nftruncate /Volumes/RAID/f 2048\nwrite /Volumes/RAID/f @2048 1024 by 1024\nclose /Volumes/RAID/f",
		},
		{
			name: "nothing", line: "dd if=/dev/zero of=/dev/disk5 count=0 status=noxfer",
			calls: "open /dev/disk5 r+w+creat+trunc\nclose /dev/disk5", out: "0+0 records in\n0+0 records out",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{sizes: c.files}
			if got := f.run(t, c.line); got != c.status {
				t.Errorf("exit %d, want %d", got, c.status)
			}
			same(t, "calls", f.story(), c.calls)
			same(t, "output", strings.Join(f.out, "\n"), c.out)
		})
	}
}

func TestDD_Errors(t *testing.T) {
	for _, c := range []struct {
		name, line, out string
		status          int
		fail            func(f *fake, c Call) (Reply, bool)
	}{
		{
			name: "write error", line: "dd if=/dev/zero of=/dev/rdisk5 bs=1m count=4 status=noxfer", status: 1,
			fail: func(_ *fake, c Call) (Reply, bool) { return Reply{Bytes: 2 << 20, Err: EIO}, c.Op == Write },
			out:  "dd: /dev/rdisk5: Input/output error\n3+0 records in\n2+0 records out",
		},
		{
			name: "not a multiple of the sector", line: "dd if=/dev/zero of=/dev/rdisk5 bs=100 count=1 status=noxfer", status: 1,
			fail: func(_ *fake, c Call) (Reply, bool) { return Reply{Err: EINVAL}, c.Op == Write },
			out:  "dd: /dev/rdisk5: Invalid argument\n1+0 records in\n0+0 records out",
		},
		{
			name: "end of the device", line: "dd if=/dev/zero of=/dev/rdisk5 bs=1m count=4 status=none", status: 1,
			fail: func(_ *fake, c Call) (Reply, bool) { return Reply{Bytes: 1 << 20}, c.Op == Write },
			out:  "dd: /dev/rdisk5: end of device",
		},
		{
			name: "cannot open: no summary", line: "dd if=/dev/zero of=/dev/rdisk5 count=1", status: 1,
			fail: func(_ *fake, c Call) (Reply, bool) { return Reply{Err: EBUSY}, c.Op == Open },
			out:  "dd: /dev/rdisk5: Resource busy",
		},
		{
			name: "fsync fails", line: "dd if=/dev/zero of=/dev/rdisk5 count=1 conv=fsync status=none", status: 1,
			fail: func(_ *fake, c Call) (Reply, bool) { return Reply{Err: EIO}, c.Op == Fsync },
			out:  "dd: fsyncing /dev/rdisk5: Input/output error",
		},
		{
			name: "noerror,sync steps over a bad block", line: "dd if=/dev/rdisk5 of=/dev/null bs=512 count=4 conv=noerror,sync status=noxfer",
			fail: func(_ *fake, c Call) (Reply, bool) { return Reply{Bytes: 512, Err: EIO}, c.Op == Read && c.Offset == 0 },
			out:  "dd: /dev/rdisk5: Input/output error\n1+0 records in\n1+0 records out\n4+0 records in\n4+0 records out",
		},
		{
			name: "noerror stops at a disk that is gone", line: "dd if=/dev/rdisk5 of=/dev/null count=1 conv=noerror status=none", status: 1,
			fail: func(_ *fake, c Call) (Reply, bool) { return Reply{Err: ENXIO}, c.Op == Read },
			out:  strings.Repeat("dd: /dev/rdisk5: Device not configured\n", maxReadErrors),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{}
			f.fail = func(call Call) (Reply, bool) { return c.fail(f, call) }
			if got := f.run(t, c.line); got != c.status {
				t.Errorf("exit %d, want %d", got, c.status)
			}
			same(t, "output", strings.Join(f.out, "\n"), c.out)
			if len(f.opened) != f.count(Close) {
				t.Errorf("%d files opened, %d closed: the last close of a node has work to do", len(f.opened), f.count(Close))
			}
		})
	}
}

// dd has neither an ioctl nor an fcntl that flushes a device; conv=fsync is a
// plain fsync(2) (file_cmds-457.100.3, dd/dd.c, dd_close).
func TestDD_NeverSyncs(t *testing.T) {
	for _, flags := range []string{"", " conv=fsync", " oflag=sync", " oflag=direct", " oflag=fsync conv=fsync,notrunc"} {
		for _, node := range []string{"/dev/disk5", "/dev/rdisk5"} {
			f := &fake{}
			f.run(t, "dd if=/dev/random of="+node+" bs=1m count=4"+flags)
			for _, op := range []Op{FullFsync, BarrierFsync, SyncCache, SyncAll, UnmapRange, Eject} {
				if f.count(op) > 0 {
					t.Errorf("%s%s: op %d", node, flags, op)
				}
			}
			if want := strings.Count(flags, "conv=fsync"); f.count(Fsync) != want {
				t.Errorf("%s%s: %d fsyncs", node, flags, f.count(Fsync))
			}
		}
	}
}

func TestPerSecond(t *testing.T) {
	for _, c := range []struct{ bytes, nanos, want uint64 }{
		{67108864, 123456000, 543585277}, {1, 3_000_000_000, 0}, {2, 3_000_000_000, 1}, {1 << 62, 1000, 1<<64 - 1},
	} {
		if got := perSecond(c.bytes, c.nanos); got != c.want {
			t.Errorf("%d in %d ns: %d, want %d", c.bytes, c.nanos, got, c.want)
		}
	}
}
