package lab

import (
	"fmt"
	"sort"

	"tbraid/disks"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
)

// Seams says which command logs are kept.
type Seams struct{ Driver, Target, Disks bool }

// commandLog keeps one line for each command that passed a seam.
type commandLog struct {
	k       *sim.Kernel
	seams   Seams
	entries []entry
}

// entry is one command at one seam.
type entry struct {
	at    sim.Time
	order int
	seam  string
	tag   uint64
	text  string
	end   sim.Time
	fate  string
}

func newCommandLog(k *sim.Kernel, s Seams) commandLog { return commandLog{k: k, seams: s} }

// watch puts taps on the seams that are wanted.
func (w *world) watch() {
	if w.seams.Driver && w.sys != nil {
		w.sys.Driver().TapDriver = &taskTap{log: &w.log, seam: "driver", open: map[*sam.Task]int{}}
	}
	if w.seams.Target && w.link.TapTarget == nil {
		w.link.TapTarget = &taskTap{log: &w.log, seam: "target", open: map[*sam.Task]int{}}
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
	text := scsi.Opcode(task.CDB.Bytes[0]).String() + " [" + task.CDB.String() + "]" // not decodable
	if c, sense := scsi.Decode(&task.CDB); sense.None() {
		text = c.String()
	}
	t.open[task] = t.log.add(now, t.seam, uint64(task.Tag), text)
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
	t.log.settle(t.open[task], now, fate)
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
	text := "FLUSH"
	if io.Op != disks.Flush {
		text = fmt.Sprintf("%s lba %d blocks %d", [...]string{"READ", "WRITE"}[io.Op], io.Extent.Start, io.Extent.Blocks)
		if io.FUA {
			text += " FUA"
		}
	}
	t.open[io] = t.log.add(now, "disk "+fmt.Sprint(member), uint64(io.Ref), text)
}

// Returning implements controller.MemberTap.
func (t *memberTap) Returning(now sim.Time, _ int, io *disks.IO) {
	fate := [...]string{"done", "MEDIUM ERROR", "offline"}[io.Fault]
	t.log.settle(t.open[io], now, fate)
	delete(t.open, io)
}

func (l *commandLog) add(now sim.Time, seam string, tag uint64, text string) int {
	l.entries = append(l.entries, entry{at: now, order: len(l.entries), seam: seam, tag: tag, text: text})
	return len(l.entries) - 1
}

func (l *commandLog) settle(i int, now sim.Time, fate string) {
	l.entries[i].end, l.entries[i].fate = now, fate
}

// close renders the log in the order in which commands passed.
func (l *commandLog) close() []string {
	sort.SliceStable(l.entries, func(a, b int) bool { return l.entries[a].at < l.entries[b].at })
	lines := make([]string, len(l.entries))
	for i, e := range l.entries {
		fate := "no status"
		if e.fate != "" {
			fate = fmt.Sprintf("%s after %.1f us", e.fate, float64(e.end.Sub(e.at))/1e3)
		}
		lines[i] = fmt.Sprintf("%s  %-7s #%-5d %-52s %s", e.at, e.seam, e.tag, e.text, fate)
	}
	return lines
}
