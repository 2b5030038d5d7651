package lab

import (
	"fmt"
	"slices"

	"tbraid/disks"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
)

// Seams says which command logs are kept.
type Seams struct{ Driver, Target, Disks bool }

// LogLine is one command that passed a seam.
type LogLine struct {
	At      sim.Time
	Seam    string // driver, target, disk N
	Tag     uint64 // a command has the same at driver and target
	Name    string // of the command, without its arguments
	Command string // as people read it
	End     sim.Time
	Fate    string       // status and sense; empty if none came back
	Extent  block.Extent // of a READ or WRITE
	Bytes   uint64       // of that extent
	FUA     bool
}

// String is the line as a log shows it.
func (l LogLine) String() string {
	fate := "no status"
	if l.Fate != "" {
		fate = fmt.Sprintf("%s after %.1f us", l.Fate, float64(l.End.Sub(l.At))/1e3)
	}
	return fmt.Sprintf("%s  %-7s #%-5d %-52s %s", l.At, l.Seam, l.Tag, l.Command, fate)
}

// commandLog keeps the lines of one world.
type commandLog struct{ lines []LogLine }

// watch puts taps on the seams that are wanted, once the scene is set.
func (w *world) watch() {
	if !w.logging {
		return
	}
	var driver taps
	if w.seams.Driver {
		driver = append(driver, &taskTap{log: &w.log, seam: "driver", open: map[*sam.Task]int{}})
	}
	if w.mapped && w.marked == nil { // of the host under test; what boots after an event writes too late
		w.marked = &marked{l: w.l, open: func() bool { return !w.happened && w.l.Step() != setup }}
		driver = append(driver, w.marked)
	}
	if len(driver) > 0 {
		w.sys.Driver().TapDriver = driver
	}
	if w.heard != nil {
		w.sys.Driver().TapDriver = w.heard
	}
	if w.seams.Target && w.link.TapTarget == nil {
		w.link.TapTarget = &taskTap{log: &w.log, seam: "target", open: map[*sam.Task]int{}}
	}
	if w.seen != nil {
		w.link.TapTarget = w.seen
	}
	if w.seams.Disks {
		w.box.Array().Watch(&memberTap{log: &w.log, open: map[*disks.IO]int{}})
	}
}

// taskTap logs SCSI tasks.
type taskTap struct {
	log  *commandLog
	seam string
	open map[*sam.Task]int
}

// Passing implements sam.Tap.
func (t *taskTap) Passing(now sim.Time, task *sam.Task) {
	name := scsi.Opcode(task.CDB.Bytes[0]).String()
	text := name + " [" + task.CDB.String() + "]" // not decodable
	var extent block.Extent
	fua := false
	if c, sense := scsi.Decode(&task.CDB); sense.None() {
		text = c.String()
		if c.Class == scsi.ClassRead || c.Class == scsi.ClassWrite {
			extent, fua = c.Extent, c.FUA
		}
		if c.Op == scsi.ServiceActionIn16 {
			name = text // the service action is the command
		}
	}
	t.open[task] = t.log.pass(LogLine{At: now, Seam: t.seam, Tag: uint64(task.Serial), Name: name, Command: text,
		Extent: extent, Bytes: extent.Bytes(), FUA: fua})
}

// Returning implements sam.Tap.
func (t *taskTap) Returning(now sim.Time, task *sam.Task) {
	fate := task.Status.String()
	switch {
	case task.Failure != sam.Delivered:
		fate = failures[task.Failure]
	case task.Status == scsi.CheckCondition:
		fate += " " + task.Sense.String()
	}
	t.log.comeBack(t.open[task], now, fate)
	delete(t.open, task)
}

var failures = map[sam.Failure]string{sam.NoDevice: "no device", sam.Aborted: "aborted",
	sam.DriverFail: "failed by the driver", sam.TimedOut: "timed out"}

// memberTap logs member commands.
type memberTap struct {
	log  *commandLog
	open map[*disks.IO]int
}

// Passing implements controller.MemberTap.
func (t *memberTap) Passing(now sim.Time, member int, io *disks.IO) {
	name := [...]string{disks.Read: "READ", disks.Write: "WRITE", disks.Flush: "FLUSH"}[io.Op]
	text, extent := name, block.Extent{}
	if io.Op != disks.Flush {
		extent = io.Extent
		text = fmt.Sprintf("%s lba %d blocks %d", name, io.Extent.Start, io.Extent.Blocks)
		if io.FUA {
			text += " FUA"
		}
	}
	t.open[io] = t.log.pass(LogLine{At: now, Seam: fmt.Sprint("disk ", member), Tag: uint64(io.Ref), Name: name, Command: text,
		Extent: extent, Bytes: extent.Bytes(), FUA: io.FUA})
}

// Returning implements controller.MemberTap.
func (t *memberTap) Returning(now sim.Time, _ int, io *disks.IO) {
	fate := [...]string{disks.None: "done", disks.MediumError: "MEDIUM ERROR", disks.Offline: "offline"}[io.Fault]
	t.log.comeBack(t.open[io], now, fate)
	delete(t.open, io)
}

func (l *commandLog) pass(line LogLine) int {
	l.lines = append(l.lines, line)
	return len(l.lines) - 1
}

func (l *commandLog) comeBack(i int, now sim.Time, fate string) {
	l.lines[i].End, l.lines[i].Fate = now, fate
}

// sorted is the log in the order in which commands passed.
func (l *commandLog) sorted() []LogLine {
	slices.SortStableFunc(l.lines, func(a, b LogLine) int { return int(a.At - b.At) })
	return l.lines
}
