// Package lab wires the parts together and runs scenarios: it is the only place
// that knows all of them. What comes out is one Result, from which every table,
// sentence and file is made.
package lab

import (
	"encoding/json"

	"tbraid/configs"
	"tbraid/internal/block"
)

// Schema names the form of a Result as JSON. Fields are only ever added.
const Schema = "tbraid.result/1"

// Result is the answer to a scenario: one Run for each case, event, host and
// policy, in that order. Times are nanoseconds, sizes bytes, rates bytes a second.
type Result struct {
	Schema   string          `json:"schema"`
	Scenario ScenarioInfo    `json:"scenario"`
	Box      BoxInfo         `json:"box"`
	Hosts    []Named         `json:"hosts"`
	Policies []Named         `json:"policies"`
	Firmware []PolicyInfo    `json:"firmware"` // the policies again, with what they are set to
	Cases    []Named         `json:"cases"`
	Events   []Named         `json:"events"`
	Partial  *Partial        `json:"partial,omitempty"` // if it was ended early
	Runs     []Run           `json:"runs"`
	Controls []Run           `json:"controls,omitempty"`
	Rivals   []Rival         `json:"rivals,omitempty"`
	Changes  []Change        `json:"changes,omitempty"`
	Asserts  []Assertion     `json:"asserts,omitempty"` // in the order in which they were given
	Guesses  []configs.Guess `json:"guesses"`
}

// Named is a name with its one-line description.
type Named struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Source string `json:"source,omitempty"`
}

// ScenarioInfo identifies what was run.
type ScenarioInfo struct {
	Name     string          `json:"name"`
	Title    string          `json:"title"`
	File     string          `json:"file,omitempty"`
	Seed     uint64          `json:"seed"`
	SHA256   string          `json:"sha256"` // of the resolved scenario
	Sets     []string        `json:"sets,omitempty"`
	Cut      string          `json:"cut,omitempty"` // when the events came, if that is not where they stand
	CutText  string          `json:"-"`
	Resolved json.RawMessage `json:"resolved"`
}

// BoxInfo is the hardware in short.
type BoxInfo struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Level       string `json:"level"`
	Members     int    `json:"members"`
	VolumeBytes uint64 `json:"volume_bytes"`
	CacheBytes  uint64 `json:"cache_bytes"`
	TearBytes   uint64 `json:"tear_bytes"` // what a member writes at once
}

// Run is one case under one host, policy and event.
type Run struct {
	Case      string `json:"case"`
	Event     string `json:"event,omitempty"`
	Host      string `json:"host"`
	Policy    string `json:"policy"`
	Control   string `json:"control,omitempty"` // name of the control that this is
	Title     string `json:"title,omitempty"`   // of the control
	Effective string `json:"effective_policy"`  // what the firmware does with a WRITE: write-back or write-through
	EventNS   int64  `json:"event_ns"`          // when the last event came
	EndNS     int64  `json:"end_ns"`
	Worst     Worst  `json:"worst_cut,omitzero"` // if the event came at the instant that costs most

	Acked uint64 `json:"acked_bytes"` // acknowledged before the event, by WRITEs of the case
	Loss  Loss   `json:"loss"`
	// Unjudged tells that the ledger was off: no loss was looked for.
	Unjudged bool    `json:"unjudged,omitempty"`
	Causes   []Cause `json:"causes,omitempty"` // by bytes, most first
	// Extents lists what is lost; ExtentCount is how many there are of them, the
	// list has fewer if it was cut off (Options.Extents).
	Extents     []Lost `json:"lost_extents,omitempty"`
	ExtentCount uint64 `json:"lost_extent_count,omitempty"`
	Fates       []Fate `json:"fates,omitempty"` // how all that was written fares, if Options ask for it
	// Replayed is what had been lost at the event and what the file system's
	// journal has put back since; it is not in Loss.
	Replayed uint64 `json:"replayed_bytes"`
	OldestNS int64  `json:"oldest_lost_ns"` // how long before the event the oldest lost byte was acknowledged

	// Shorn counts the WRITEs of which a part was there after the event and a part
	// was not; ShornBytes is how much of them was not.
	Shorn      int    `json:"shorn_commands,omitempty"`
	ShornBytes uint64 `json:"shorn_bytes,omitempty"`

	// Tools is each command line that moved data or flushed, and Usage what the parts
	// of the box had to do before the event.
	Tools []Tool `json:"tools,omitempty"`
	Usage Usage  `json:"usage"`
	// Exposure is what a cut at any instant would have cost, if that was asked for.
	Exposure *Exposure `json:"exposure,omitempty"`

	Rate       uint64    `json:"throughput_Bps"` // of the first tool that moves data
	ToolError  string    `json:"tool_error,omitempty"`
	Swallowed  uint64    `json:"swallowed_error_bytes"` // WRITEs failed, and the tool that caused them ended with status 0
	FailedLBA  *uint64   `json:"failed_lba,omitempty"`  // of the first WRITE that failed
	ReadBack   *Reading  `json:"read_back,omitempty"`   // by tools before the event
	ReadAfter  *Reading  `json:"read_after,omitempty"`  // by tools after it
	Steps      []Step    `json:"steps"`
	Members    Members   `json:"member_commands"`
	Commands   uint64    `json:"host_commands"`
	Simulated  uint64    `json:"simulated_events"`
	KernelLog  []string  `json:"kernel_log,omitempty"`
	CommandLog []LogLine `json:"-"`

	// Protection is what kept the controller cache, in time; only under a policy
	// with a protection that can change.
	Protection []Protection `json:"protection,omitempty"`
}

// Loss adds up bytes by class. The classes are never summed: a broken promise
// and a permitted loss are different things.
type Loss struct {
	Violation  uint64 `json:"violation_bytes"`
	Permitted  uint64 `json:"permitted_bytes"`
	Collateral uint64 `json:"collateral_bytes"`
	InFlight   uint64 `json:"in_flight_bytes"`
}

// Acknowledged is what someone was told is written and is gone.
func (l Loss) Acknowledged() uint64 { return l.Violation + l.Permitted + l.Collateral }

// Cause is one reason for loss in a run.
type Cause struct {
	Name  string `json:"name"`
	Class string `json:"class"`
	Layer string `json:"layer"`
	Text  string `json:"text"`
	Taken string `json:"taken_by,omitempty"` // what took the last volatile copy, where that is another cause
	Bytes uint64 `json:"bytes"`
	Asker string `json:"asker,omitempty"` // who asked for the flush that went wrong
}

// Lost is an extent that was lost: its blocks share their fate and their file.
type Lost struct {
	LBA     uint64 `json:"lba"`
	Blocks  uint64 `json:"blocks"`
	Class   string `json:"class"`
	Outcome string `json:"outcome"`
	Cause   string `json:"cause"`
	Promise string `json:"promise"`
	Taker   string `json:"taker,omitempty"` // the cause that took the last volatile copy, where that is another one
	Reads   string `json:"reads_as"`        // zeros, old, torn, garbage, unreadable
	AckedNS int64  `json:"acked_ns"`        // when the newest version was acknowledged; 0 if it never was
	AgeNS   int64  `json:"age_ns"`          // how long before the event that was; negative while the event took its course
	Step    int    `json:"step"`            // the step of Steps that wrote it; -1 is the scene before them
	File    string `json:"file,omitempty"`  // whose content the blocks are, if a mounted volume has one there
}

// Step is one step of a case.
type Step struct {
	Kind    string   `json:"kind"`
	Text    string   `json:"text"`
	StartNS int64    `json:"start_ns"`
	EndNS   int64    `json:"end_ns"`
	Exit    int      `json:"exit"`
	Output  []string `json:"output,omitempty"`
	Bytes   uint64   `json:"bytes"`
	Syncs   Syncs    `json:"synchronize_cache"`
	Askers  []string `json:"-"` // who wanted the flushes, each once
	Reading *Reading `json:"reading,omitempty"`
	// Interrupted tells that the event came in the middle of the step, at EndNS. A
	// command line may end after that: Exit, Output and Bytes are those of its end,
	// and Exit is -1 if it died with its host.
	Interrupted bool `json:"interrupted,omitempty"`
	// Skipped tells that the event came before the step could begin.
	Skipped bool `json:"skipped,omitempty"`
}

// Syncs counts flushes as they went down: wanted by someone on the host, sent to
// the driver, and seen by the firmware.
type Syncs struct {
	Asked    uint64 `json:"asked"`
	Driver   uint64 `json:"driver"`
	Firmware uint64 `json:"firmware"`
}

// Reading sorts blocks that were read by what they turned out to hold.
type Reading struct {
	Word    string `json:"word"` // correct, old, zeros, mixed, wrong, missing
	Correct uint64 `json:"correct_bytes"`
	Old     uint64 `json:"old_bytes"`
	Zeros   uint64 `json:"zeros_bytes"`
	Wrong   uint64 `json:"wrong_bytes"`
	Missing uint64 `json:"missing_bytes"` // could not be read at all

	Filled uint64                  `json:"-"` // of Old: what a prefill supplied
	first  [readingKinds]block.LBA // lowest block of each kind, and 1; 0 is none
}

// Members is what the array asked of its members.
type Members struct {
	Reads         uint64 `json:"reads"`
	Writes        uint64 `json:"writes"`
	Flushes       uint64 `json:"flushes"`
	BytesRead     uint64 `json:"read_bytes"`
	BytesWritten  uint64 `json:"written_bytes"`
	BytesStored   uint64 `json:"stored_bytes"` // that reached a medium before the run ended
	StripeWrites  uint64 `json:"stripe_writes"`
	FullStripes   uint64 `json:"full_stripe_writes"`
	DestagedBytes uint64 `json:"destaged_bytes"`
	// What closing the write hole costs. All of it is in the figures above.
	LogWrites          uint64 `json:"log_writes,omitempty"`
	LogBytes           uint64 `json:"log_bytes,omitempty"`
	ResyncBytesRead    uint64 `json:"resync_read_bytes,omitempty"`
	ResyncBytesWritten uint64 `json:"resync_written_bytes,omitempty"`
}

// Rival is a combination of host and policy that shows what was observed: one
// case lost, another kept.
type Rival struct {
	Host   string `json:"host"`
	Policy string `json:"policy"`
	Title  string `json:"title"`
	// ByTime tells that the second case is kept as well if, in place of the
	// read-back, only the same time passes.
	ByTime bool `json:"kept_by_time_alone"`
}
