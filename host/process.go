package host

import (
	"iter"
	"time"

	"tbraid/host/workload"
	"tbraid/scsi"
	"tbraid/sim"
)

// Process is a program that runs, or a script of the kernel such as the probe: a
// coroutine that the events of the model resume. It switches once for a system
// call, or for a run of like ones, never for an I/O.
type Process struct {
	s      *System
	slot   uint32
	name   string
	next   func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	done   func(exit int)
	due    bool // a wake event is under way
	over   bool
	killed bool
	kernel bool // a script of the kernel: a restart does not kill it
	exit   int

	open    []openFile
	pending *command
	raw     rawRun
	load    loadRun
	output  lines
	stats   Stats
	before  Counters
}

// Stats is what a program did.
type Stats struct {
	Start, End   sim.Time
	BytesRead    uint64 // read(2) of device nodes and mounted volumes
	BytesWritten uint64 // write(2) of them
	Commands     uint64 // SCSI commands of the System between Start and End
}

var _ workload.Shell = (*Process)(nil)

// maxProcesses bounds the programs and kernel scripts that run at once.
const maxProcesses = 64

// killed unwinds the coroutine of a process that was stopped.
type killed struct{}

// Start runs a program from now on. done is called when it has ended by itself,
// with its exit status; nil is no one. It panics on a System that is dead.
func (s *System) Start(name string, program workload.Program, done func(exit int)) *Process {
	if s.dead {
		panic("host: a program cannot start on a machine without power")
	}
	p := &Process{s: s, name: name, done: done, before: s.counters}
	p.slot = s.place(p)
	p.stats.Start = s.k.Now()
	p.next, p.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer p.unwind()
		p.yield = yield
		p.exit = program(p)
		p.closeAll(p)
	})
	p.wake()
	return p
}

// script runs a piece of the kernel as a process.
func (s *System) script(name string, body func(p *Process), done func()) {
	p := s.Start(name, func(sh workload.Shell) int {
		body(sh.(*Process))
		return 0
	}, func(int) {
		if done != nil {
			done()
		}
	})
	p.kernel = true
}

func (s *System) place(p *Process) uint32 {
	for i, o := range s.procs {
		if o == nil {
			s.procs[i] = p
			return uint32(i)
		}
	}
	if len(s.procs) == maxProcesses {
		panic("host: too many processes")
	}
	s.procs = append(s.procs, p)
	return uint32(len(s.procs) - 1)
}

// Name is what the program was started as.
func (p *Process) Name() string { return p.name }

// Output lists what it printed.
func (p *Process) Output() []Line { return p.output.all }

// Exit is the exit status; ok is false while it runs and if it was killed.
func (p *Process) Exit() (status int, ok bool) { return p.exit, p.over && !p.killed }

// Stats is what it did so far.
func (p *Process) Stats() Stats { return p.stats }

// Print writes a line to the output.
func (p *Process) Print(line string) { p.output.add(p.s.k.Now(), line) }

// Now is the time since power-on.
func (p *Process) Now() time.Duration { return time.Duration(p.s.k.Now()) }

// Sleep lets d pass.
func (p *Process) Sleep(d time.Duration) {
	until := p.s.k.Now().Add(d)
	p.s.k.At(until, p.s, wake, p.slot)
	for p.s.k.Now() < until {
		p.park()
	}
}

// park hands the machine back to the model until someone wakes the process.
// Wakes can be spurious: whoever parks looks again.
func (p *Process) park() {
	if p.over || !p.yield(struct{}{}) {
		panic(killed{})
	}
}

// wake lets the process go on, at this instant but in an event of its own, so
// that a program never runs in the middle of the component that woke it.
func (p *Process) wake() {
	if !p.due && !p.over {
		p.due = true
		p.s.k.At(p.s.k.Now(), p.s, wake, p.slot)
	}
}

func (p *Process) resume() {
	p.due = false
	if _, more := p.next(); more {
		return
	}
	p.over = true
	p.s.procs[p.slot] = nil
	p.stats.End = p.s.k.Now()
	p.stats.Commands = p.s.counters.Commands - p.before.Commands
	if p.done != nil {
		p.done(p.exit)
	}
}

// kill ends the process where it stands. What it had sent goes on without it.
func (p *Process) kill() {
	p.over = true
	p.s.procs[p.slot] = nil
	p.killed = true
	p.stats.End = p.s.k.Now()
	p.stop()
	p.raw.active, p.load.active = false, false
	for _, n := range p.s.nodes {
		n.abandon(p)
	}
	for _, v := range p.s.volumes {
		for _, f := range v.files {
			f.abandon(p)
		}
	}
	switch c := p.pending; {
	case c == nil:
	case c.done():
		p.s.release(c)
	default:
		c.owner = orphans{p.s}
	}
}

func (p *Process) unwind() {
	if r := recover(); r != nil && r != any(killed{}) {
		panic(r)
	}
}

// run sends a command and waits for its end. The caller releases it.
func (p *Process) run(c *command, within time.Duration) {
	p.pending = c
	p.s.send(c, within)
	for !c.done() {
		p.park()
	}
	p.pending = nil
}

// ended makes a Process the owner of the commands of its scripts.
func (p *Process) ended(sim.Time, *command) { p.wake() }

// ask runs a command without medium access and returns its parameter data; ok is
// whether it ended with GOOD.
func (p *Process) ask(plan scsi.Command, out []byte) (in []byte, ok bool) {
	c := p.s.command(plan, p, 0)
	c.task.DataOut = out
	p.run(c, probeTimeout)
	in, ok = append(in, c.task.DataIn...), c.good()
	p.s.release(c)
	return in, ok
}

// probeTimeout bounds a command of the probe (IOSCSIBlockCommandsDevice, 2005:
// 10 s for TEST UNIT READY; the others are assumed to be alike).
const probeTimeout = 10 * time.Second
