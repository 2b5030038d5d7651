// Package power says who loses supply, in which order, for how long, and names
// the events that take it away. A restart is not a power loss: it has a name of
// its own.
package power

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tbraid/sim"
)

// Domain is a set of parts that share one supply.
type Domain uint8

// The domains of a box on a desk. Each disk can lose power by itself (a
// loose connector), so disk n is Disk0+n.
const (
	Host Domain = iota
	Box
	Disk0
)

// Disk is the domain of one member.
func Disk(member int) Domain { return Disk0 + Domain(member) }

// Powered is a part that stands in a domain. PowerFail takes everything
// volatile from it; PowerReturn brings it up again. Both are called once per
// outage, by the Supply, in the order of attachment.
type Powered interface {
	PowerFail(now sim.Time)
	PowerReturn(now sim.Time)
}

// Supply feeds the parts. A part that stands in several domains is up while all
// of them have power. Within one outage the parts fail in the order in which
// they were attached and return in the reverse order, so that a disk is up
// before the controller that uses it if the controller was attached first.
type Supply struct {
	parts []part
}

type part struct {
	domain Domain
	it     Powered
	down   bool
}

// Attach puts a part into a domain.
func (s *Supply) Attach(d Domain, p Powered) { s.parts = append(s.parts, part{domain: d, it: p}) }

// Fail cuts the supply of the given domains.
func (s *Supply) Fail(now sim.Time, domains ...Domain) {
	for i := range s.parts {
		if p := &s.parts[i]; !p.down && in(p.domain, domains) {
			if !s.starved(p.it) {
				p.it.PowerFail(now)
			}
			p.down = true
		}
	}
}

// Return restores the supply of the given domains.
func (s *Supply) Return(now sim.Time, domains ...Domain) {
	for i := len(s.parts) - 1; i >= 0; i-- {
		if p := &s.parts[i]; p.down && in(p.domain, domains) {
			p.down = false
			if !s.starved(p.it) {
				p.it.PowerReturn(now)
			}
		}
	}
}

// starved tells whether a domain that the part stands in has no power.
func (s *Supply) starved(it Powered) bool {
	for i := range s.parts {
		if s.parts[i].it == it && s.parts[i].down {
			return true
		}
	}
	return false
}

func in(d Domain, all []Domain) bool {
	for _, o := range all {
		if d == o {
			return true
		}
	}
	return false
}

// Kind is what happens in an Event.
type Kind uint8

// The events, by the names that users write.
const (
	BoxPower        Kind = iota // the box is unplugged; the host stays up
	HostPower                   // the host loses power; the box keeps its own
	AllPower                    // both at once
	Cable                       // the Thunderbolt cable is pulled; the box keeps power and goes on
	Restart                     // the host restarts in order; the box keeps power
	ControllerReset             // the controller is reset; its memory keeps power
	FirmwareCrash               // the controller firmware panics and starts again
	DiskPower                   // one member loses power and comes back
	DiskFail                    // one member fails for good
	kinds
)

var kindNames = [kinds]string{
	"box-power", "host-power", "all-power", "cable", "restart", "controller-reset",
	"firmware-crash", "disk-power", "disk-fail",
}

var kindTexts = [kinds]string{
	"the box loses power; the host stays up",
	"the host loses power; the box keeps its own and goes on",
	"host and box lose power at the same instant",
	"the cable is pulled; the box keeps power and goes on by its own rules",
	"the host restarts in order; the box keeps power",
	"the controller is reset; its memory keeps power",
	"the controller firmware crashes and starts again",
	"one member loses power and comes back; it rejoins if it missed no write",
	"one member fails for good",
}

// kindForms is how users write an event of the kind.
var kindForms = [kinds]string{
	"box-power[/OUTAGE]", "host-power[/OUTAGE]", "all-power[/OUTAGE]", "cable[/OUTAGE]", "restart[:HOST]",
	"controller-reset", "firmware-crash", "disk-power:N[/OUTAGE]", "disk-fail:N",
}

// String is the name that Parse reads.
func (k Kind) String() string { return kindNames[k] }

// Text says in one line what happens.
func (k Kind) Text() string { return kindTexts[k] }

// Form is how users write such an event: what is in brackets may be left out.
func (k Kind) Form() string { return kindForms[k] }

// Kinds lists all kinds in order.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Event is one thing that happens to the supply, the link or the controller.
type Event struct {
	Kind   Kind
	Member int           // DiskPower and DiskFail: which member, from 0
	Boot   string        // Restart: the host profile that boots; empty means the same
	Outage time.Duration // how long what was lost stays away
}

// OfDisk tells whether the event is about one member alone.
func (e Event) OfDisk() bool { return e.Kind == DiskPower || e.Kind == DiskFail }

// OfBox tells whether the event takes the power of the box at its instant.
func (e Event) OfBox() bool { return e.Kind == BoxPower || e.Kind == AllPower }

// DefaultOutage is how long power or cable stay away when an event does not say:
// long enough for every capacitor, far within every battery's hold-up.
const DefaultOutage = time.Minute

// String prints the event as Parse reads it.
func (e Event) String() string {
	name := e.Kind.String()
	switch {
	case e.Kind == Restart && e.Boot != "":
		name += ":" + e.Boot
	case e.Kind == DiskPower || e.Kind == DiskFail:
		name += ":" + strconv.Itoa(e.Member)
	}
	if e.Outage != DefaultOutage && e.Outage != 0 && e.Kind != Restart {
		name += "/" + short(e.Outage)
	}
	return name
}

// short prints a duration without zero minutes and seconds: 73h, not 73h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Parse reads an event as users write it: NAME, NAME:ARGUMENT, and an optional
// outage behind a slash, for instance "box-power/73h" or "restart:kext".
func Parse(s string) (Event, error) {
	e := Event{Outage: DefaultOutage}
	head, outage, timed := strings.Cut(s, "/")
	name, arg, has := strings.Cut(head, ":")
	kind := kinds
	for k, n := range kindNames {
		if n == name {
			kind = Kind(k)
		}
	}
	if kind == kinds {
		return e, fmt.Errorf("unknown event %q: %s", name, strings.Join(kindNames[:], ", "))
	}
	e.Kind = kind
	switch kind {
	case Restart:
		e.Boot = arg
		if has && arg == "" {
			return e, fmt.Errorf("event %q: name the host profile that boots, as in restart:kext", s)
		}
	case DiskPower, DiskFail:
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 {
			return e, fmt.Errorf("event %q: name the member by its number from 0, as in %s:3", s, name)
		}
		e.Member = n
	default:
		if has {
			return e, fmt.Errorf("event %q: %s takes no argument", s, name)
		}
	}
	if timed {
		d, err := time.ParseDuration(outage)
		if err != nil || d <= 0 {
			return e, fmt.Errorf("event %q: the outage is a duration above 0, as in %s/73h", s, name)
		}
		if kind == Restart || kind == DiskFail || kind == ControllerReset || kind == FirmwareCrash {
			return e, fmt.Errorf("event %q: %s has no outage", s, name)
		}
		e.Outage = d
	}
	return e, nil
}
