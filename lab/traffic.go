package lab

import (
	"slices"
	"strings"
	"time"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/scsi"
	"tbraid/sim"
)

// Traffic is what one command line causes under one host and policy, as the seams
// saw it.
type Traffic struct {
	Host       string      `json:"host"`
	Policy     string      `json:"policy"`
	WriteCache string      `json:"write_cache"` // enabled, disabled, unknown: as the block driver believes
	Exit       int         `json:"exit"`
	ToolError  string      `json:"tool_error,omitempty"`
	Calls      []CallCount `json:"system_calls"`
	UntilExit  Sent        `json:"until_exit"`
	AfterExit  Sent        `json:"after_exit"` // what the operating system still sends because of it
	WatchedNS  int64       `json:"watched_after_exit_ns"`
}

// CallCount is how often a program made a system call.
type CallCount struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
	Bytes uint64 `json:"bytes,omitempty"` // that read(2) and write(2) moved
}

// Sent is what was sent in a span of time.
type Sent struct {
	Commands []CommandCount `json:"commands"` // that arrived at the box
	Syncs    Syncs          `json:"synchronize_cache"`
	Askers   []string       `json:"flush_askers,omitempty"`
	// Of the WRITEs since the command line began, seen from the operating system:
	// the driver's word counts, whatever it did.
	Acknowledged uint64 `json:"acknowledged_bytes"` // with GOOD
	Promised     uint64 `json:"promised_bytes"`     // of these: by a flush that ended with GOOD, by FUA, or because the write cache is reported off
	Failed       uint64 `json:"failed_bytes"`
}

// CommandCount is how often a SCSI command arrived.
type CommandCount struct {
	Name  string      `json:"name"`
	Count uint64      `json:"count"`
	Bytes uint64      `json:"bytes"`
	Sizes []SizeCount `json:"sizes,omitempty"` // most frequent first
}

// SizeCount is how many of the commands had this size.
type SizeCount struct {
	Bytes uint64 `json:"bytes"`
	Count uint64 `json:"count"`
}

// Before a command line is measured, what mounting the volumes has left behind is
// given time to settle; after it, the file systems are given time to commit. Both
// are longer than the syncer of HFS+ waits, 5 s (hfs-715.100.10, hfs_vfsops.c).
const (
	settleBefore = 30 * time.Second
	watchAfter   = 10 * time.Second
)

// Measure replays the first command line of the scenario's first case under each of
// its hosts and policies, without any event, and counts what that line alone sends.
// Steps before it, such as a prefill, are carried out; steps after it are not.
func Measure(s *configs.Scenario) ([]Traffic, error) {
	c := s.Cases[0]
	at := slices.IndexFunc(c.Steps, func(st configs.Step) bool { return st.Kind == configs.Run })
	wait := func(d time.Duration) configs.Step { return configs.Step{Kind: configs.Wait, Wait: d} }
	var plans []plan
	var counters []*callCounter
	for _, h := range s.Hosts {
		for _, p := range s.Policies {
			counter := &callCounter{}
			line := c.Steps[at]
			line.Tool.Run = counter.around(line.Tool.Run)
			pl := newPlan(s, &c, nil).on(s.Box, h, p)
			pl.steps = slices.Concat(c.Steps[:at], []configs.Step{wait(settleBefore), line, wait(watchAfter)})
			pl.seams = Seams{Driver: true, Target: true}
			plans, counters = append(plans, pl), append(counters, counter)
		}
	}
	runs, err := perform(plans, 0)
	if err != nil {
		return nil, err
	}
	all := make([]Traffic, len(runs))
	for i := range runs {
		all[i] = trafficOf(&runs[i], at+1, counters[i])
	}
	return all, nil
}

// trafficOf reads the log of a run; the command line is the step of that index.
func trafficOf(r *Run, step int, c *callCounter) Traffic {
	tool, rest := r.Steps[step], r.Steps[step+1]
	t := Traffic{Host: r.Host, Policy: r.Policy, WriteCache: c.writeCache, Exit: tool.Exit, ToolError: r.ToolError,
		Calls: c.made(), WatchedNS: rest.EndNS - rest.StartNS}
	for _, part := range []struct {
		sent *Sent
		step Step
		from int64
	}{{&t.UntilExit, tool, tool.StartNS}, {&t.AfterExit, rest, tool.EndNS + 1}} {
		part.sent.Syncs, part.sent.Askers = part.step.Syncs, part.step.Askers
		part.sent.count(r.CommandLog, sim.Time(part.from), sim.Time(part.step.EndNS))
		part.sent.weigh(r.CommandLog, sim.Time(tool.StartNS), sim.Time(part.step.EndNS), c.writeCache == "disabled")
	}
	return t
}

// count counts what arrived at the box from one instant to another.
func (s *Sent) count(log []LogLine, from, to sim.Time) {
	for _, l := range log {
		if l.Seam != "target" || l.At < from || l.At > to {
			continue
		}
		i := slices.IndexFunc(s.Commands, func(c CommandCount) bool { return c.Name == l.Name })
		if i < 0 {
			i = len(s.Commands)
			s.Commands = append(s.Commands, CommandCount{Name: l.Name})
		}
		c := &s.Commands[i]
		c.Count++
		c.Bytes += l.Bytes
		if l.Bytes > 0 {
			c.size(l.Bytes)
		}
	}
	slices.SortFunc(s.Commands, func(a, b CommandCount) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range s.Commands {
		slices.SortFunc(c.Sizes, func(a, b SizeCount) int {
			switch {
			case a.Count != b.Count && a.Count > b.Count:
				return -1
			case a.Count != b.Count:
				return 1
			}
			return int(int64(b.Bytes) - int64(a.Bytes))
		})
	}
}

func (c *CommandCount) size(bytes uint64) {
	for i := range c.Sizes {
		if c.Sizes[i].Bytes == bytes {
			c.Sizes[i].Count++
			return
		}
	}
	c.Sizes = append(c.Sizes, SizeCount{bytes, 1})
}

// weigh adds up what the WRITEs from one instant on were told until another. A
// flush covers what was acknowledged before it was sent.
func (s *Sent) weigh(log []LogLine, from, to sim.Time, stable bool) {
	covered := sim.Time(-1)
	for _, l := range log {
		if l.Seam == "driver" && strings.HasPrefix(l.Name, "SYNCHRONIZE CACHE") && l.At >= from && l.End <= to && l.Fate == scsi.Good.String() {
			covered = max(covered, l.At)
		}
	}
	for _, l := range log {
		if l.Seam != "driver" || !strings.HasPrefix(l.Name, "WRITE(") || l.At < from || l.Fate == "" || l.End > to {
			continue
		}
		if l.Fate != scsi.Good.String() {
			s.Failed += l.Bytes
			continue
		}
		s.Acknowledged += l.Bytes
		if stable || l.FUA || l.End <= covered {
			s.Promised += l.Bytes
		}
	}
}

// callCounter stands between a program and its shell and counts its system calls.
type callCounter struct {
	workload.Shell
	calls      [len(callNames)]CallCount
	writeCache string
}

var callNames = [...]string{
	workload.Open: "open(2)", workload.Close: "close(2)", workload.Read: "read(2)", workload.Write: "write(2)", workload.Fsync: "fsync(2)",
	workload.FullFsync: "fcntl(F_FULLFSYNC)", workload.BarrierFsync: "fcntl(F_BARRIERFSYNC)", workload.SyncCache: "ioctl(DKIOCSYNCHRONIZECACHE)",
	workload.UnmapRange: "ioctl(DKIOCUNMAP)", workload.Stat: "stat(2)", workload.Mkdir: "mkdir(2)", workload.Mount: "mount(2)",
	workload.Unmount: "unmount(2)", workload.Eject: "ioctl(DKIOCEJECT)", workload.Reprobe: "probe of the map", workload.Describe: "look into the registry",
	workload.SyncAll: "sync(2)", workload.Preallocate: "fcntl(F_PREALLOCATE)", workload.SetLength: "ftruncate(2)",
	workload.Drive: "pread(2) and pwrite(2)",
}

// around is the program with the counter between it and its shell.
func (c *callCounter) around(run workload.Program) workload.Program {
	return func(sh workload.Shell) int {
		c.Shell = sh
		if r := sh.Call(workload.Call{Op: workload.Describe}); r.Disk != nil {
			c.writeCache = r.Disk.WriteCache
		}
		return run(c)
	}
}

// Call counts a call, or the calls of a run of like ones.
func (c *callCounter) Call(call workload.Call) workload.Reply {
	r := c.Shell.Call(call)
	n := &c.calls[call.Op]
	if call.Op == workload.Read || call.Op == workload.Write {
		each := max(call.Request, 1)
		n.Count += max((r.Bytes+each-1)/each, 1)
		n.Bytes += r.Bytes
	} else {
		n.Count++
	}
	return r
}

// made lists the calls that were made.
func (c *callCounter) made() []CallCount {
	var all []CallCount
	for op, n := range c.calls {
		if n.Count > 0 {
			n.Name = callNames[op]
			all = append(all, n)
		}
	}
	return all
}
