// Package host is the computer: the operating system's storage stack, the
// driver, the link, and the order in which they come up and go down.
package host

import (
	"time"

	"tbraid/internal/words"
)

// Profile is one host: an operating system with one driver. A difference between
// a kernel extension and a DriverKit extension is a value here.
type Profile struct {
	Name   string
	Title  string `conf:"title" doc:"one line, for tables"`
	Source string `conf:"source" doc:"where the behaviour is documented"`

	Page        uint64 `conf:"page" unit:"bytes" min:"4KiB" max:"64KiB" doc:"page size of the machine; a buffered device node does I/O in pages"`
	AsyncWrites int    `conf:"async_writes" unit:"count" min:"1" max:"255" doc:"asynchronous page writes in flight per device node"`
	CacheGate   bool   `conf:"cache_gate" doc:"send SYNCHRONIZE CACHE only if MODE SENSE page 08h showed WCE=1"`
	UseFUA      bool   `conf:"use_fua" doc:"file system journals use FUA instead of flushes if the device has it"`
	MaxBlocks   uint64 `conf:"max_blocks" unit:"count" min:"8" max:"16777216" doc:"largest transfer of the block driver, in blocks"`
	MaxBytes    uint64 `conf:"max_bytes" unit:"bytes" doc:"largest transfer that the controller's registry properties declare; 0 is none declared"`
	MaxSegments int    `conf:"max_segments" unit:"count" min:"1" max:"65536" doc:"declared segments a transfer"`

	HoldWrites bool `conf:"hold_writes" omit:"zero" doc:"a buffered device node keeps whole pages in memory and writes none by itself, as if another opener held the node"`

	Driver   Driver   `conf:"driver" doc:"the driver"`
	Identity Identity `conf:"identity" doc:"what the registry shows; no I/O depends on it"`
	Shutdown Shutdown `conf:"shutdown" doc:"the restart order"`
}

// Driver is the habits of the driver between the block stack and the link.
type Driver struct {
	Kind          DriverKind    `conf:"kind" doc:"kext or dext"`
	Overhead      time.Duration `conf:"overhead" unit:"duration" max:"10ms" doc:"processor time a command, one command at a time"`
	Sync          SyncHabit     `conf:"sync" doc:"what it does with SYNCHRONIZE CACHE"`
	TestUnitReady SyncHabit     `conf:"test_unit_ready" doc:"what it does with TEST UNIT READY"`
	DropFUA       bool          `conf:"drop_fua" doc:"clears the FUA bit"`
	HighLBA       GateHabit     `conf:"high_lba" doc:"what it does with READ and WRITE at LBA 2^32 and above"`
	GateBytes     uint64        `conf:"gate_bytes" unit:"bytes" doc:"fails READs and WRITEs larger than this; 0 is no gate"`
	GateSegments  int           `conf:"gate_segments" unit:"count" doc:"fails READs and WRITEs whose buffer is in more pieces; 0 is no gate"`
	Queue         int           `conf:"queue" unit:"count" min:"1" max:"65535" doc:"commands that it passes on at once"`
	FlushAtHalt   bool          `conf:"flush_at_halt" doc:"sends SYNCHRONIZE CACHE itself when it sees the halt state"`
	ResetAtAttach bool          `conf:"reset_at_attach" doc:"resets the controller when it attaches"`
	Fault         Fault         `conf:"fault" omit:"zero" doc:"defects in READ and WRITE, for explanations of what was seen"`
}

// Shutdown is xnu's order on restart.
type Shutdown struct {
	DriverGoneFirst bool          `conf:"driver_gone_first" doc:"the driver is terminated before the shutdown flush"`
	Quiesce         time.Duration `conf:"quiesce" unit:"duration" max:"10m" doc:"killing processes, sync and waiting, before volumes are unmounted"`
	TerminateCap    time.Duration `conf:"terminate_cap" unit:"duration" max:"10m" doc:"how long it waits for drivers to terminate"`
	FlushCap        time.Duration `conf:"flush_cap" unit:"duration" max:"10m" doc:"how long the shutdown flush may take"`
	Boot            time.Duration `conf:"boot" unit:"duration" max:"1h" doc:"from the reset to the attachment of the next driver"`
}

// Identity is what diskutil info and the registry show of the device.
type Identity struct {
	Protocol string `conf:"protocol" doc:"Physical Interconnect of the driver's property list"`
	Domain   int    `conf:"domain" unit:"count" max:"255" doc:"SCSI domain id: a running number of SCSI controllers"`
	Target   int    `conf:"target" unit:"count" max:"255" doc:"SCSI target id"`
}

// DriverKind is how the driver runs.
type DriverKind uint8

// The kinds.
const (
	KEXT DriverKind = iota // in the kernel
	DEXT                   // DriverKit: a process of its own
)

// SyncHabit is what a driver does with a command that it might keep to itself.
type SyncHabit uint8

// The habits.
const (
	Forward SyncHabit = iota // passes it on
	Swallow                  // completes it with GOOD and passes nothing on
	Fail                     // fails it
)

// GateHabit is what a driver does with a command that it cannot pass on as it is.
type GateHabit uint8

// The habits.
const (
	GatePass     GateHabit = iota // no gate
	GateFail                      // fails the command
	GateTruncate                  // drops the bits that do not fit
)

var (
	driverKinds = []string{"kext", "dext"}
	syncHabits  = []string{"forward", "swallow", "fail"}
	gateHabits  = []string{"pass", "fail", "truncate"}
)

func (k DriverKind) String() string { return driverKinds[k] }
func (h SyncHabit) String() string  { return syncHabits[h] }
func (h GateHabit) String() string  { return gateHabits[h] }

// Options lists the words that a value of the type can be.
func (DriverKind) Options() []string { return driverKinds }
func (SyncHabit) Options() []string  { return syncHabits }
func (GateHabit) Options() []string  { return gateHabits }

func (k *DriverKind) UnmarshalText(b []byte) error { return words.Pick(k, driverKinds, b) }
func (h *SyncHabit) UnmarshalText(b []byte) error  { return words.Pick(h, syncHabits, b) }
func (h *GateHabit) UnmarshalText(b []byte) error  { return words.Pick(h, gateHabits, b) }
