package configs

import "tbraid/internal/words"

// Mechanism is one way in which data can come to be lost, or an error to appear: a
// named set of settings of the model, with no code of its own.
type Mechanism struct {
	Name   string
	ID     string `conf:"id" min:"1" max:"6" doc:"short, for tables"`
	Title  string `conf:"title" max:"120" doc:"what happens, as a clause"`
	Source string `conf:"source" max:"500" doc:"what speaks for it"`

	Grade   Grade     `conf:"grade" doc:"how well the source supports it"`
	Role    Role      `conf:"role" doc:"what it is in an explanation"`
	Prior   int       `conf:"prior" unit:"percent" min:"1%" max:"99%" doc:"how likely it is before anything is observed"`
	Set     []Setting `conf:"set" min:"1" max:"16" doc:"the settings that make it"`
	Unknown []Unknown `conf:"unknown" max:"4" doc:"what about it is not known; ${NAME} in its settings"`
	ActsOn  []Trace   `conf:"acts_on" max:"8" doc:"it changes nothing that is seen unless each of these occurs; nothing: always"`
	With    []string  `conf:"with" max:"4" doc:"mechanisms beside which it shows, for tables of single mechanisms"`
	Fix     []Fix     `conf:"fix" max:"4" doc:"what to change"`
}

// Fix is a change in the layer that owns a mechanism.
type Fix struct {
	Layer string    `conf:"layer" min:"1" max:"40" doc:"who changes it"`
	Title string    `conf:"title" min:"1" max:"200" doc:"what to change, as an order"`
	Set   []Setting `conf:"set" min:"1" max:"8" doc:"the settings that make it"`
}

// Grade is how well a source supports something.
type Grade uint8

// The grades, best first.
const (
	InCode    Grade = iota // read in source code
	InManual               // in a manual or a paper
	OnPage                 // on a public page
	Inferred               // follows from such, by inference
	Knowledge              // general knowledge
	Guessed                // nothing behind it
)

var grades = []string{"code", "manual", "page", "inference", "knowledge", "guess"}

func (g Grade) String() string                { return grades[g] }
func (Grade) Options() []string               { return grades }
func (g *Grade) UnmarshalText(b []byte) error { return words.Pick(g, grades, b) }

// Role is what a mechanism is in an explanation.
type Role uint8

// The roles.
const (
	Fault     Role = iota // something goes wrong; an explanation has some of these
	Modifier              // what a sound box may do too, and what changes what a fault looks like; at most one
	Reference             // nothing goes wrong; stands alone
)

var roles = []string{"fault", "modifier", "control"}

func (r Role) String() string                { return roles[r] }
func (Role) Options() []string               { return roles }
func (r *Role) UnmarshalText(b []byte) error { return words.Pick(r, roles, b) }

// Trace is something that occurs in a run once its scene is set. Mechanisms name
// those without which they change nothing, so that runs need not be made twice.
type Trace uint8

// The traces.
const (
	TraceEvent    Trace = iota // an event comes
	TraceWrite                 // a host sends a WRITE to its driver
	TraceRead                  // a host sends a READ after a WRITE and before an event
	TraceReboot                // a host other than the one under test sends a READ
	TraceSync                  // a host sends SYNCHRONIZE CACHE to its driver
	TraceHigh                  // a READ or WRITE at block 2^32 or above
	TraceStored                // a WRITE arrives at the box
	TraceSegments              // a READ or WRITE whose buffer is in more than one piece
	Traces                     // how many there are
)

var traces = []string{"event", "write", "read", "other-host", "sync", "high-address", "stored", "segments"}

func (t Trace) String() string                { return traces[t] }
func (Trace) Options() []string               { return traces }
func (t *Trace) UnmarshalText(b []byte) error { return words.Pick(t, traces, b) }
