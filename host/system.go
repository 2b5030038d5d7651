package host

import (
	"tbraid/internal/block"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// System is one boot of macOS: the programs, the file systems, the block stack,
// which is the initiator, and the driver. A restart or a power cycle of the host
// makes another System; what only the memory of the machine held is gone with
// the old one.
type System struct {
	k      *sim.Kernel
	l      *ledger.Ledger
	p      Profile
	mem    *Memory
	driver Adapter

	serial   uint32 // of the last command
	commands []*command
	idle     []uint32
	counters Counters
	watch    Stopwatch // nil is nobody

	disk     disk
	procs    []*Process
	nodes    []*node
	volumes  []*volume
	mounts   int // volumes ever mounted, so that an event never meets another volume
	files    []*hostFile
	log      lines
	readings []Reading
	runs     int // of all readings
	dead     bool
}

// Config is what a System starts with.
type Config struct {
	Profile Profile
	Memory  *Memory // of the scenario; nil makes one that lives as long as the System
	Files   []File  // files on the internal disk of the host
}

// File is a file or directory on the internal disk. Using it costs no time and
// no I/O of the box.
type File struct {
	Path string
	Size uint64
	Dir  bool
}

// Counters adds up the commands that the block stack sent, retries included,
// and the bytes of the READs and WRITEs that ended with GOOD.
type Counters struct {
	Commands, Reads, Writes, Syncs uint64
	BytesRead, BytesWritten        uint64
	Errors                         uint64 // commands that ended without GOOD after the last retry
}

// Events of a System.
const (
	wake    = iota // ref is a process
	resend         // ref is a command
	refused        // ref is a command: there is no driver to take it
	timeout        // ref is a command
	tick           // ref is a volume: its file system looks at its dirty metadata
	begin          // ref is a process: the next request of its load is due
)

var (
	_ sam.Initiator = (*System)(nil)
	_ sim.Handler   = (*System)(nil)
	_ power.Powered = (*System)(nil)
)

// New returns a System that has booted as far as its driver. Connect and Attach
// come next.
func New(k *sim.Kernel, l *ledger.Ledger, c Config) *System {
	s := &System{k: k, l: l, p: c.Profile, mem: c.Memory}
	if s.mem == nil {
		s.mem = NewMemory()
	}
	s.driver = newAdapter(k, l, c.Profile.Driver, s)
	for _, f := range c.Files {
		s.files = append(s.files, &hostFile{path: clean(f.Path), size: f.Size, dir: f.Dir})
	}
	return s
}

// Connect puts the driver on a link and makes it the link's initiator.
func (s *System) Connect(link *Link) {
	s.driver.link = link
	link.up, link.driver = &s.driver, &s.driver
}

// Driver is the driver, for its tap.
func (s *System) Driver() *Adapter { return &s.driver }

// Profile is the behaviour of this host.
func (s *System) Profile() *Profile { return &s.p }

// Memory is what the blocks of the box mean; hand it to the next System.
func (s *System) Memory() *Memory { return s.mem }

// Counters is what was sent since the start.
func (s *System) Counters() Counters { return s.counters }

// Files lists the files on the internal disk, for the next System: they survive.
func (s *System) Files() []File {
	all := make([]File, 0, len(s.files))
	for _, f := range s.files {
		all = append(all, File{Path: f.path, Size: f.size, Dir: f.dir})
	}
	return all
}

// Log is the kernel log, worded as macOS words it.
func (s *System) Log() []Line { return s.log.all }

// Quiet tells whether nothing is under way that a program or the scenario waits
// for: no process runs. Timers of file systems may still be due.
func (s *System) Quiet() bool {
	for _, p := range s.procs {
		if p != nil {
			return false
		}
	}
	return true
}

// Fire runs what is due.
func (s *System) Fire(e sim.Event) {
	if s.dead {
		return
	}
	switch e.Kind {
	case wake:
		if p := s.procs[e.Ref]; p != nil {
			p.resume()
		}
	case resend:
		s.retry(e.At, s.commands[e.Ref])
	case refused:
		s.Complete(e.At, &s.commands[e.Ref].task)
	case timeout:
		s.expire(e.At, s.commands[e.Ref])
	case begin:
		if p := s.procs[e.Ref]; p != nil {
			p.load.due(e.At)
		}
	case tick:
		for _, v := range s.volumes {
			if v.id == e.Ref {
				v.tick(e.At)
			}
		}
	}
}

// PowerFail takes the memory of the host: programs end, tasks are forgotten,
// what the page cache had not yet sent never comes into being on the box.
func (s *System) PowerFail(now sim.Time) {
	if s.dead {
		return
	}
	s.dead = true
	s.loseHeld()
	s.k.Cancel(s)
	for _, p := range s.procs {
		if p != nil {
			p.kill()
		}
	}
	s.driver.terminate(now)
}

// PowerReturn does nothing: the machine boots, and a boot is another System.
func (s *System) PowerReturn(sim.Time) {}

// Dead tells whether the System has lost its power or has shut down.
func (s *System) Dead() bool { return s.dead }

// Line is one line of output with its time.
type Line struct {
	At   sim.Time
	Text string
}

// lines is a bounded log.
type lines struct {
	all     []Line
	dropped int
}

// maxLines bounds a log: enough for every story, not for one line a page of a
// failed run of a gigabyte.
const maxLines = 4096

func (l *lines) add(at sim.Time, text string) {
	if len(l.all) == maxLines {
		l.dropped++
		return
	}
	l.all = append(l.all, Line{at, text})
}

// complain writes a line to the kernel log.
func (s *System) complain(text string) { s.log.add(s.k.Now(), text) }

// LogDropped is the number of lines that the kernel log had no room for.
func (s *System) LogDropped() int { return s.log.dropped }

// Reading is what one run of reads of one file or device node found, resolved to
// the WRITE that supplied the content: blocks that a WRITE carried along to fill
// its page count as what they were before.
type Reading struct {
	Path string
	Runs []block.Run // in the order of the file, joined where they can be
	// Cut tells that there were more runs than the System keeps.
	Cut bool
}

// maxRuns bounds the runs of all readings: 16 GiB in pages of 16 KiB, each of
// another version.
const maxRuns = 1 << 20

// Readings lists what was read since ForgetReadings.
func (s *System) Readings() []Reading { return s.readings }

// ForgetReadings makes room, between two steps of a scenario.
func (s *System) ForgetReadings() { s.readings, s.runs = nil, 0 }

// report adds runs to the reading of path.
func (s *System) report(path string, runs []block.Run) {
	if n := len(s.readings); n == 0 || s.readings[n-1].Path != path {
		s.readings = append(s.readings, Reading{Path: path})
	}
	r := &s.readings[len(s.readings)-1]
	for _, n := range runs {
		if k := len(r.Runs) - 1; k >= 0 {
			if last := &r.Runs[k]; last.Version == n.Version && last.Extent.End() == n.Extent.Start {
				last.Extent.Blocks += n.Extent.Blocks
				continue
			}
		}
		if s.runs == maxRuns {
			r.Cut = true
			return
		}
		s.runs++
		r.Runs = append(r.Runs, n)
	}
}
