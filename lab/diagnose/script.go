package diagnose

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tbraid/configs"
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/power"
)

// Script writes an experiment as a program for /bin/sh on macOS: one call for each
// stretch between two events, with the event as an instruction in between. It fills
// the region first and checks the filling, and says before each step what it destroys.
func Script(w io.Writer, o *configs.Observations, e *configs.Experiment) error {
	given := configs.Given{}
	for _, u := range o.Uses(&e.Script) {
		given[u.Name] = u.Values[0]
	}
	c, err := o.Play(e.Name, &e.Script, e.Volumes, given)
	if err != nil {
		return err
	}
	s := &scripter{o: o, e: e, c: &c}
	s.header()
	s.phases()
	s.footer()
	_, err = io.WriteString(w, s.b.String())
	return err
}

// scripter writes one script.
type scripter struct {
	o *configs.Observations
	e *configs.Experiment
	c *configs.Case
	b strings.Builder

	phase  int
	reads  int
	writes int
}

func (s *scripter) line(format string, args ...any) {
	fmt.Fprintf(&s.b, format+"\n", args...)
}

// sayf prints a line of the script's own output. The text is quoted for the shell.
func (s *scripter) sayf(format string, args ...any) {
	s.line("\tsay %s", quoted(fmt.Sprintf(format, args...)))
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func (s *scripter) header() {
	s.line("#!/bin/sh")
	s.line("# Experiment %s, %s: %s", s.e.ID, s.e.Name, s.e.Title)
	s.line("# About %d minutes. It destroys: %s.", max(s.e.Cost.Minutes, 1), s.destroys())
	if s.e.Cost.Kext {
		s.line("# It begins on a machine that runs the kernel extension.")
	}
	s.line("# Sizes are those of the model, whose cache has %d MiB: where it matters how they compare", s.o.Box.Cache.Capacity>>20)
	s.line("# with the cache of the box, change count.")
	s.line("#")
	s.line("# usage: sudo DISK=disk5 sh %s.sh PHASE, with the phases 1 to %d in turn", s.e.Name, s.count())
	s.line("set -eu")
	s.line("")
	s.line("DISK=${DISK:?name the disk of the box, as in DISK=disk5; see diskutil list}")
	s.line("DIR=${DIR:-$HOME/tbraid-%s}", s.e.Name)
	s.line("mkdir -p \"$DIR\"")
	s.line("")
	s.b.WriteString(helpers)
}

// helpers are the functions of every script.
const helpers = `say() { printf '%s\n' "$*"; }

# destroys TEXT says what the next step destroys and asks.
destroys() {
	printf '\nTHE NEXT STEP DESTROYS %s ON %s.\nType yes to go on: ' "$1" "$DISK"
	read -r answer
	[ "$answer" = yes ] || {
		say 'nothing was done in this step'
		exit 1
	}
}

# pattern BYTES writes a pattern that is neither zeros nor random.
pattern() { yes tbraid-before | head -c "$1"; }

# verdict FILE WRITTEN BYTES FROM compares what was read with what was written, with
# the pattern from a byte on, and with zeros.
verdict() {
	if cmp -s "$1" "$2"; then
		say 'RESULT correct'
	elif pattern "$(($4 + $3))" | tail -c "$3" | cmp -s "$1" -; then
		say 'RESULT old'
	elif head -c "$3" /dev/zero | cmp -s "$1" -; then
		say 'RESULT zeros'
	else
		say 'RESULT mixed, or wrong: compare the files by hand'
	fi
}

# begun PHASE notes that a phase was begun; the one before it must have been.
begun() {
	if [ "$1" -gt 1 ] && [ ! -f "$DIR/phase-$(($1 - 1))" ]; then
		say "phase $(($1 - 1)) comes first"
		exit 1
	fi
	: >"$DIR/phase-$1"
}

`

// destroys says what of the disk is gone after the experiment.
func (s *scripter) destroys() string {
	switch s.e.Cost.Destroys {
	case configs.DestroysDisk:
		return "the partition map and every volume of the disk"
	case configs.DestroysRegion:
		return "what the disk holds in the blocks that it names; if they belong to a volume, that volume"
	}
	return "nothing that is there before"
}

// count is the number of phases: one more than events; the prefill has one of its own.
func (s *scripter) count() int {
	n := 1
	filled := false
	for _, st := range s.c.Steps {
		switch st.Kind {
		case configs.Happen:
			n++
		case configs.Prefill:
			filled = true
		}
	}
	if filled {
		n++
	}
	return n
}

func (s *scripter) begin() {
	s.phase++
	s.line("phase%d() {", s.phase)
	s.line("\tbegun %d", s.phase)
}

func (s *scripter) end(next string) {
	if next != "" {
		s.sayf("%s", next)
		s.line("\tsay \"Then: sudo DISK=$DISK sh %s.sh %d\"", s.e.Name, s.phase+1)
	}
	s.line("}")
	s.line("")
}

func (s *scripter) phases() {
	steps := s.c.Steps
	if fills := prefills(steps); len(fills) > 0 {
		s.begin()
		for _, st := range fills {
			s.prefill(st)
		}
		s.end("Now wait two minutes, eject the disk (diskutil eject), switch Mac and box off and on again, so that the pattern is on the disks.")
	}
	s.begin()
	for _, st := range prefills(steps) {
		s.check(st)
	}
	for _, st := range steps {
		switch st.Kind {
		case configs.Run:
			s.run(st.Tool)
		case configs.Wait:
			s.line("\tsleep %s", seconds(st.Wait))
		case configs.Happen:
			s.end("Now: " + s.event(st))
			s.begin()
		}
	}
	s.end("")
}

func prefills(steps []configs.Step) (all []configs.Step) {
	for _, st := range steps {
		if st.Kind == configs.Prefill {
			all = append(all, st)
		}
	}
	return all
}

// seconds is a duration as sleep takes it.
func seconds(d time.Duration) string { return fmt.Sprintf("%g", d.Seconds()) }

// prefill fills whole MiB.
func (s *scripter) prefill(st configs.Step) {
	seek, mib := mebibytes(st.Extent)
	s.line("\tdestroys 'BLOCKS %d TO %d'", st.Extent.Start, st.Extent.End()-1)
	s.line("\tdiskutil unmountDisk \"$DISK\"")
	s.line("\tpattern %d | dd of=\"/dev/r$DISK\" bs=1m seek=%d", mib<<20, seek)
}

// mebibytes is an extent in whole MiB.
func mebibytes(e block.Extent) (seek, count uint64) {
	const mib = (1 << 20) / block.Size
	seek = uint64(e.Start) / mib
	return seek, (uint64(e.End())+mib-1)/mib - seek
}

// check reads the filling back.
func (s *scripter) check(st configs.Step) {
	seek, mib := mebibytes(st.Extent)
	s.line("\tpattern %d >\"$DIR/pattern\"", mib<<20)
	s.line("\tif ! dd if=\"/dev/r$DISK\" bs=1m skip=%d count=%d 2>/dev/null | cmp -s - \"$DIR/pattern\"; then", seek, mib)
	s.line("\t\tsay 'the pattern is not on the disk: repeat phase 1'")
	s.line("\t\texit 1")
	s.line("\tfi")
}

// run writes a command line with the disk and the files of the script in it.
func (s *scripter) run(t workload.Tool) {
	words := strings.Fields(t.Line)
	switch {
	case t.Kind == workload.DD && t.ReadBack:
		s.read(words)
	case t.Kind == workload.DD:
		s.write(words)
	case t.Kind == workload.Diskutil:
		if strings.Contains(strings.ToLower(t.Line), "partition") || strings.Contains(strings.ToLower(t.Line), "erase") {
			s.line("\tdestroys 'THE PARTITION MAP AND EVERY VOLUME'")
		}
		s.line("\t%s || say \"RESULT error: exit status $?\"", s.onDisk(words))
	default:
		s.copy(words)
	}
}

// onDisk is a command line with $DISK in the place of the model's disk.
func (s *scripter) onDisk(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		if strings.Contains(w, configs.Device) {
			w = `"` + strings.ReplaceAll(w, configs.Device, "$DISK") + `"`
		}
		out[i] = w
	}
	return strings.Join(out, " ")
}

// write is a dd to the disk: from a file of random data, so that it can be compared
// later.
func (s *scripter) write(words []string) {
	s.writes++
	source := fmt.Sprintf("\"$DIR/written-%d\"", s.writes)
	var make []string
	for _, w := range words {
		if !strings.HasPrefix(w, "of=") && !strings.HasPrefix(w, "seek=") && !strings.HasPrefix(w, "conv=") {
			make = append(make, w)
		}
	}
	s.line("\t%s of=%s", strings.Join(make, " "), source)
	s.line("\tdestroys 'THE BLOCKS THAT THIS COMMAND WRITES: %s'", strings.Join(words[1:], " "))
	for i, w := range words {
		if strings.HasPrefix(w, "if=") {
			words[i] = "if=" + source
		}
	}
	s.line("\t%s || say \"RESULT error: exit status $?\"", s.onDisk(words))
}

// read is a dd from the disk, and the verdict on what it read.
func (s *scripter) read(words []string) {
	s.reads++
	file := fmt.Sprintf("\"$DIR/read-%d\"", s.reads)
	from := uint64(0)
	part := []string{"dd", "if=\"$DIR/written-1\"", "of=\"$DIR/wanted\""}
	for i, w := range words {
		switch {
		case strings.HasPrefix(w, "of="):
			words[i] = "of=" + file
		case strings.HasPrefix(w, "bs="), strings.HasPrefix(w, "count="):
			part = append(part, w)
		case strings.HasPrefix(w, "skip=") && !s.far():
			part = append(part, w)
			from = skipped(words)
		}
	}
	s.line("\t%s", s.onDisk(words))
	if s.writes == 0 {
		s.sayf("what was read is kept beside the script's data")
		return
	}
	s.line("\t%s 2>/dev/null", strings.Join(part, " "))
	s.line("\tverdict %s \"$DIR/wanted\" \"$(wc -c <%s | tr -d ' ')\" %d", file, file, from)
}

// skipped is how many bytes of its input a dd passes over.
func skipped(words []string) uint64 {
	value := func(key string) (n uint64) {
		for _, w := range words {
			text, ok := strings.CutPrefix(w, key)
			if !ok {
				continue
			}
			digits := strings.TrimRight(text, "km")
			n, _ = strconv.ParseUint(digits, 10, 64)
			n <<= map[string]uint{"k": 10, "m": 20}[text[len(digits):]]
		}
		return n
	}
	return value("skip=") * value("bs=")
}

// far tells whether the experiment writes elsewhere than at the start of the disk:
// then what is skipped on the disk is not skipped in the data.
func (s *scripter) far() bool {
	for _, st := range prefills(s.c.Steps) {
		if st.Extent.Start > 0 {
			return true
		}
	}
	return false
}

// copy is a cp: to the volume from a file that is made first, or back from it.
func (s *scripter) copy(words []string) {
	if len(words) != 3 {
		s.line("\t%s", strings.Join(words, " "))
		return
	}
	from, to := words[1], words[2]
	if strings.HasPrefix(to, "/Volumes/") {
		s.writes++
		s.line("\tdd if=/dev/random of=\"$DIR/written-%d\" bs=1m count=2", s.writes)
		s.line("\tdestroys 'THE FILE %s'", to)
		s.line("\tcp \"$DIR/written-%d\" %s || say \"RESULT error: exit status $?\"", s.writes, to)
		return
	}
	s.reads++
	s.line("\tif cp %s \"$DIR/read-%d\"; then", from, s.reads)
	s.line("\t\tverdict \"$DIR/read-%d\" \"$DIR/written-1\" \"$(wc -c <\"$DIR/read-%d\" | tr -d ' ')\" 0", s.reads, s.reads)
	s.line("\telse")
	s.line("\t\tsay 'RESULT missing'")
	s.line("\tfi")
}

// orders are what somebody has to do for an event.
var orders = map[power.Kind]string{
	power.Restart:         "restart this Mac at once (sudo shutdown -r now); leave the box switched on",
	power.BoxPower:        "pull the power of the box at once, and put it back a minute later",
	power.HostPower:       "take the power of this Mac away at once, and start it again",
	power.AllPower:        "take the power of Mac and box away at once, and start both again",
	power.Cable:           "pull the cable between Mac and box at once, and put it back a minute later",
	power.ControllerReset: "reset the controller",
	power.FirmwareCrash:   "let the firmware start again",
}

// event says what somebody has to do.
func (s *scripter) event(st configs.Step) string {
	var all []string
	for _, e := range st.Event {
		text := orders[e.Kind]
		if text == "" {
			text = e.Kind.Text()
		}
		if e.After > 0 {
			text = fmt.Sprintf("%s later %s", e.After, text)
		}
		if e.Boot != "" {
			text += "; it starts with the driver " + e.Boot
		}
		all = append(all, text)
	}
	return strings.Join(all, ", then ") + "."
}

func (s *scripter) footer() {
	s.line("case ${1:-} in")
	for i := 1; i <= s.phase; i++ {
		s.line("%d) phase%d ;;", i, i)
	}
	s.line("*)")
	s.line("\tsay 'name a phase: 1 to %d'", s.phase)
	s.line("\texit 2")
	s.line("\t;;")
	s.line("esac")
}
