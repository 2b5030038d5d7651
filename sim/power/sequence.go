package power

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sequence is one event, or several of which each comes a given time after the
// one before it came, whatever is going on then.
//
// Each event takes what it takes at its own instant and returns it after its own
// outage, counted from there. If two outages of one supply or of the cable
// overlap, the later end counts. What the host still had to do after the earlier
// event, it begins when everything that it needs is back.
type Sequence []Timed

// Timed is an event in a Sequence.
type Timed struct {
	Event
	After time.Duration // since the event before it came; 0 for the first
}

// Only is the sequence of one event.
func Only(e Event) Sequence { return Sequence{{Event: e}} }

// mostEvents and longestGap bound a sequence; both are beyond every story.
const (
	mostEvents = 16
	longestGap = 10000 * time.Hour
)

// String prints the sequence as ParseSequence reads it.
func (q Sequence) String() string {
	var b strings.Builder
	for i, e := range q {
		if i > 0 {
			b.WriteString("+" + short(e.After) + "+")
		}
		b.WriteString(e.Event.String())
	}
	return b.String()
}

// Text says in one line what happens.
func (q Sequence) Text() string {
	var b strings.Builder
	for i, e := range q {
		if i > 0 {
			b.WriteString(". After " + short(e.After) + ": ")
		}
		b.WriteString(e.Kind.Text())
	}
	return b.String()
}

// Equal tells whether two sequences are the same.
func (q Sequence) Equal(o Sequence) bool { return slices.Equal(q, o) }

// PartError is a fault in the text of a sequence.
type PartError struct {
	Offset  int    // of the part at fault, in bytes
	Part    string // the part: an event or a duration
	Unknown string // the name, if the fault is that no event is called so
	Problem string
	Hint    string // what would work
}

// Error says what is wrong and what would work.
func (e *PartError) Error() string { return e.Problem + ": " + e.Hint }

// ParseSequence reads an event, or several with the time between them, for
// instance "host-power+2s+box-power/73h". Every error is a *PartError.
func ParseSequence(s string) (Sequence, error) {
	const example = "write the time between two events: host-power+2s+box-power"
	var q Sequence
	var after time.Duration
	offset := 0
	for i, part := range strings.Split(s, "+") {
		fault := &PartError{Offset: offset, Part: part}
		offset += len(part) + 1
		if i%2 == 1 {
			d, err := time.ParseDuration(part)
			if err != nil || d < 0 || d > longestGap {
				fault.Problem, fault.Hint = fmt.Sprintf("%q is no time from 0s to %s", part, short(longestGap)), example
				return nil, fault
			}
			after = d
			continue
		}
		e, err := Parse(part)
		switch {
		case part == "" && i > 0:
			fault.Problem, fault.Hint = "an event is missing behind the last +", example
			return nil, fault
		case err != nil:
			fault.Problem, fault.Hint, _ = strings.Cut(err.Error(), ": ")
			if name := nameOf(part); !slices.Contains(kindNames[:], name) {
				fault.Unknown = name
			} else {
				fault.Problem += " cannot be read"
			}
			return nil, fault
		}
		q = append(q, Timed{e, after})
		if err := q.possible(); err != nil {
			fault.Problem, fault.Hint = err.Problem, err.Hint
			return nil, fault
		}
	}
	if len(q)*2 != strings.Count(s, "+")+2 {
		return nil, &PartError{Offset: len(s), Problem: "no event comes after the last time", Hint: example}
	}
	return q, nil
}

// nameOf is the name in the text of an event.
func nameOf(event string) string {
	head, _, _ := strings.Cut(event, "/")
	name, _, _ := strings.Cut(head, ":")
	return name
}

// possible checks that the last event can come when it does, given those before.
// Whether a host is up by then, or boots, depends on the host: the run finds out.
func (q Sequence) possible() *PartError {
	last := q[len(q)-1]
	no := func(hint, format string, args ...any) *PartError {
		return &PartError{Problem: fmt.Sprintf(format, args...), Hint: hint}
	}
	if len(q) > mostEvents {
		return no("leave some out", "more than %d events", mostEvents)
	}
	var host, box, now time.Duration // without power until
	for i, e := range q {
		if now += e.After; i == len(q)-1 {
			break
		}
		switch {
		case e.Kind == DiskFail && (last.Kind == DiskFail || last.Kind == DiskPower) && last.Member == e.Member:
			return no("name another member, or the events the other way round",
				"%s comes when member %d has failed for good", last.Event, e.Member)
		case e.Kind == HostPower:
			host = max(host, now+e.Outage)
		case e.Kind == BoxPower:
			box = max(box, now+e.Outage)
		case e.Kind == AllPower:
			host, box = max(host, now+e.Outage), max(box, now+e.Outage)
		}
	}
	switch last.Kind {
	case Restart:
		if now < host {
			return no(later(host-now), "%s comes while the host has no power", last.Event)
		}
	case ControllerReset, FirmwareCrash:
		if now < box {
			return no(later(box-now), "%s comes while the box has no power", last.Event)
		}
	}
	return nil
}

func later(d time.Duration) string {
	return fmt.Sprintf("let it come at least %s later, or make the outage shorter", short(d))
}
