package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/lab"
)

// seen is what there is to see of one run.
type seen struct {
	back     lab.Reading // by tools before the last event, all of them
	reads    []lab.Reading
	err      string // number or exit status of the first tool that failed before the last event; empty if none
	ioErrors bool
	driver   uint64 // SYNCHRONIZE CACHE commands until the last event has passed
	firmware uint64
	trail    lab.Trail
}

var errorNumber = regexp.MustCompile(`^Error: (-\d+)`)

// seenIn reads a run.
func seenIn(r *lab.Run, trail lab.Trail) *seen {
	s := &seen{trail: trail, ioErrors: slices.ContainsFunc(r.KernelLog, func(l string) bool { return strings.Contains(l, "I/O error") })}
	last := len(r.Steps)
	for i, st := range r.Steps {
		if st.Kind == "event" {
			last = i
		}
	}
	for i, st := range r.Steps {
		if i <= last {
			s.driver += st.Syncs.Driver
			s.firmware += st.Syncs.Firmware
		}
		switch {
		case st.Kind != "run":
		case i < last:
			if st.Reading != nil {
				s.back = add(s.back, *st.Reading)
			}
			if st.Exit != 0 && s.err == "" {
				s.err = complaint(&st)
			}
		case st.Reading != nil:
			s.reads = append(s.reads, *st.Reading)
		case st.Exit != 0:
			s.reads = append(s.reads, lab.Reading{Word: "missing"})
		}
	}
	return s
}

func add(a, b lab.Reading) lab.Reading {
	if a.Word == "" {
		return b
	}
	return *a.Plus(&b)
}

func complaint(st *lab.Step) string {
	for _, line := range st.Output {
		if m := errorNumber.FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	return fmt.Sprintf("exit %d", st.Exit)
}

// overZeros is the same on a disk that held zeros before.
func (s *seen) overZeros() *seen {
	z := *s
	if z.back.Word != "" {
		z.back = z.back.OverZeros()
	}
	z.reads = slices.Clone(s.reads)
	for i := range z.reads {
		if z.reads[i].Word != "missing" {
			z.reads[i] = z.reads[i].OverZeros()
		}
	}
	return &z
}

// all is what tools read after the last event, in one.
func (s *seen) all() lab.Reading {
	var sum lab.Reading
	for _, r := range s.reads {
		sum = add(sum, r)
	}
	return sum
}

// fits tells whether what was seen is seen here.
func (s *seen) fits(w *configs.Sighting) bool { return s.against(w) == "" }

// against says what is seen here in place of what was seen, with the block that shows
// it; empty if it is the same.
func (s *seen) against(w *configs.Sighting) string {
	if w.ReadBack != "" {
		if why := differs("is read back", w.ReadBack, s.back); why != "" {
			return why
		}
	}
	switch {
	case len(w.Read) == 1:
		if why := differs("reads", w.Read[0], s.all()); why != "" {
			return why
		}
	case len(w.Read) > len(s.reads):
		return fmt.Sprintf("%d tools read, not %d", len(s.reads), len(w.Read))
	default:
		for i, word := range w.Read {
			if why := differs("reads", word, s.reads[i]); why != "" {
				return why
			}
		}
	}
	for _, e := range w.Error {
		switch {
		case e == "none" && s.err != "":
			return "the tool fails: " + s.err
		case e != "none" && s.err == "":
			return "no tool fails"
		case e != "none" && s.err != e:
			return "the tool fails otherwise: " + s.err
		}
	}
	for _, c := range []struct {
		want configs.Amount
		any  bool
		what string
	}{{w.IOErrors, s.ioErrors, "I/O errors in the kernel log"}, {w.Driver, s.driver > 0, "SYNCHRONIZE CACHE at the driver"},
		{w.Firmware, s.firmware > 0, "SYNCHRONIZE CACHE at the firmware"}} {
		switch {
		case c.want == configs.None && c.any:
			return "there is " + c.what
		case c.want == configs.Some && !c.any:
			return "there is no " + c.what
		}
	}
	return ""
}

// differs says how a reading differs from a word.
func differs(verb, want string, got lab.Reading) string {
	switch {
	case got.Word == want, want == "lost" && got.Word != "correct" && got.Word != "":
		return ""
	case got.Word == "":
		return "nothing " + verb
	}
	for _, word := range []string{"correct", "old", "zeros", "wrong"} {
		if at, ok := got.First(word); ok && word != want && !(want == "lost" && word != "correct") {
			return fmt.Sprintf("block %d %s %s", at, verb, describe(word))
		}
	}
	return fmt.Sprintf("it %s %s", verb, got.Word)
}

func describe(word string) string {
	switch word {
	case "correct":
		return "as written"
	case "old":
		return "as it was before"
	}
	return "as " + word
}

// word is what somebody who looks at some things sees, short.
func (s *seen) word(looks []configs.Look) string {
	if len(looks) == 0 {
		looks = []configs.Look{configs.LookError, configs.LookRead}
	}
	var all []string
	for _, l := range looks {
		switch l {
		case configs.LookRead:
			var words []string
			for _, r := range s.reads {
				words = append(words, r.Word)
			}
			all = append(all, strings.Join(words, ", "))
		case configs.LookReadBack:
			if s.back.Word != "correct" {
				all = append(all, "read back "+s.back.Word)
			}
		case configs.LookError:
			if s.err != "" {
				return "error " + s.err
			}
		case configs.LookIOErrors:
			if s.ioErrors {
				all = append(all, "I/O errors")
			}
		case configs.LookSyncs:
			all = append(all, "driver "+amount(s.driver), "firmware "+amount(s.firmware))
		}
	}
	return strings.Join(all, "; ")
}

func amount(n uint64) string {
	if n == 0 {
		return "none"
	}
	return "some"
}

// code is the reading as one letter, for tables: N new, O old, Z zeros, P part of
// each, G garbage, X an error, - nothing.
func code(r lab.Reading) string {
	switch r.Word {
	case "correct":
		return "N"
	case "old":
		return "O"
	case "zeros":
		return "Z"
	case "mixed":
		if r.Wrong > 0 {
			return "G"
		}
		return "P"
	case "wrong":
		return "G"
	case "missing":
		return "X"
	}
	return "-"
}
