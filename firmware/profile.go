// Package firmware decides: whether a WRITE is acknowledged from the cache, what
// SYNCHRONIZE CACHE and FUA do, when dirty pages are destaged, and what a reset
// does to the cache. Numbers go in, a decision comes out; the controller acts.
//
// A Profile is a set of independent knobs. What a product does, an honest one or
// a lying one, is a value here and never a special case in the controller.
package firmware

import (
	"fmt"
	"time"

	"tbraid/cache/replace"
	"tbraid/internal/words"
)

// Profile is one firmware behaviour.
type Profile struct {
	Name   string
	Title  string `conf:"title" doc:"one line, for tables"`
	Source string `conf:"source" doc:"where the behaviour is documented"`

	Write        WriteMode  `conf:"write" doc:"what acknowledges a WRITE"`
	Report       ReportMode `conf:"report_wce" doc:"what MODE SENSE page 08h says of the write cache"`
	Sync         SyncMode   `conf:"sync" doc:"what SYNCHRONIZE CACHE does"`
	FUA          FUAMode    `conf:"fua" doc:"what a WRITE with FUA does"`
	MemberCaches bool       `conf:"member_caches" doc:"write caches of the member disks on"`
	BypassBytes  uint64     `conf:"bypass" unit:"bytes" max:"1GiB" doc:"WRITEs of at least this size go past the cache; 0 is never"`
	ReadAhead    uint64     `conf:"read_ahead" unit:"bytes" max:"64MiB" doc:"read this much further on a sequential read miss"`

	Replace replace.Kind `conf:"replace" doc:"which clean page gives way when room is needed"`

	Hole WriteHole `conf:"write_hole" doc:"what is kept of a stripe write under way, so that parity can be put right after a power loss: nothing, a mark in non-volatile memory, or a partial parity log on the members (RAID-5)"`

	Destage Destage `conf:"destage" doc:"when dirty pages are written to the members"`

	HostReset CacheFate `conf:"host_reset" doc:"the cache when the host resets the controller or its driver attaches again"`
	LinkLoss  CacheFate `conf:"link_loss" doc:"the cache when the link goes down"`
	Halt      CacheFate `conf:"halt" doc:"the cache when the host announces an orderly halt"`
	Crash     CacheFate `conf:"crash" doc:"the cache when the firmware itself crashes and starts again"`

	Protection Protection `conf:"protection" doc:"what keeps the cache without supply"`
}

// Destage says when dirty pages go to the members. Triggers that are 0 are off;
// a full cache always destages, or writes would stall for ever.
type Destage struct {
	HighPercent int           `conf:"high" unit:"percent" min:"1" max:"100" doc:"start when this much of the cache is dirty"`
	LowPercent  int           `conf:"low" unit:"percent" min:"0" max:"99" doc:"and go on down to this much"`
	Interval    time.Duration `conf:"interval" unit:"duration" max:"24h" doc:"flush everything each time this has passed"`
	Age         time.Duration `conf:"age" unit:"duration" max:"24h" doc:"destage a page this long after it became dirty"`
	Idle        time.Duration `conf:"idle" unit:"duration" max:"24h" doc:"destage when the host has been silent this long"`
	OnRead      bool          `conf:"on_read" doc:"a READ that touches dirty pages destages them"`
	OnPressure  bool          `conf:"on_pressure" doc:"a READ that finds no clean page destages to make room"`
	Order       Order         `conf:"order" doc:"which stripe goes first; lrw and cscan are other words for oldest and elevator"`
	Rate        Rate          `conf:"rate" doc:"how many of the stripes under way the marks ask for: all of depth from the high mark down to the low one, or linear between them"`
	Depth       int           `conf:"depth" unit:"count" min:"1" max:"256" doc:"stripes under way at once"`
}

// Protection is what keeps the controller cache when the supply is gone. Without
// recharge its charge is not followed: state and hold-up stay as they are given,
// whatever outages there are.
type Protection struct {
	Kind    ProtectionKind `conf:"kind" doc:"none, battery or flash"`
	HoldUp  time.Duration  `conf:"hold_up" unit:"duration" max:"10000h" doc:"how long a battery keeps the cache"`
	State   BatteryState   `conf:"state" doc:"state of the battery or capacitor at power-on"`
	Vault   uint64         `conf:"vault" unit:"bytes" doc:"how much of the dirty data the capacitor's energy can write to flash; 0 is all"`
	Forced  bool           `conf:"forced" doc:"write back even while the protection is not optimal"`
	Reports bool           `conf:"reports" doc:"unit attention 0B/06 when the cache becomes volatile"`

	Recharge          time.Duration `conf:"recharge" unit:"duration" max:"10000h" doc:"from empty to full; 0: the charge never changes"`
	DischargedPercent int           `conf:"discharged" unit:"percent" max:"100" doc:"how much of its charge is missing at power-on"`
	LowPercent        int           `conf:"low" unit:"percent" max:"100" doc:"a charge below this is low; from it on up to full it is charging"`
	FailAfter         time.Duration `conf:"fail_after" unit:"duration" max:"100000h" doc:"the battery fails this long after power-on; 0 is never"`
	Learn             Learn         `conf:"learn" doc:"the learn cycle: discharged, recharged, and not relied on meanwhile"`
}

// Learn is the learn cycle of a battery: it is discharged and recharged, so that
// its capacity is known. Until it is full again the cache is not relied on.
type Learn struct {
	After     time.Duration `conf:"after" unit:"duration" max:"100000h" doc:"the first cycle begins this long after power-on; 0 is never"`
	Every     time.Duration `conf:"every" unit:"duration" max:"100000h" doc:"and the next this long after one has ended; 0 is never"`
	Discharge time.Duration `conf:"discharge" unit:"duration" max:"10000h" doc:"from full to empty"`
}

// Changes tells whether the protection can change during a run.
func (r *Protection) Changes() bool { return r.Recharge > 0 || r.FailAfter > 0 }

// WriteMode says what acknowledges a WRITE.
type WriteMode uint8

// The write modes.
const (
	WriteThrough       WriteMode = iota // the members
	WriteBack                           // the cache
	WriteBackProtected                  // the cache while its protection is optimal, else the members
)

// SyncMode says what SYNCHRONIZE CACHE does.
type SyncMode uint8

// The sync modes.
const (
	SyncFlushAll   SyncMode = iota // destage, then flush the member caches
	SyncFlushCache                 // destage to the members, and leave their caches alone
	SyncAck                        // GOOD, nothing more
	SyncFail                       // CHECK CONDITION
)

// FUAMode says what a WRITE with FUA does.
type FUAMode uint8

// The FUA modes.
const (
	FUAHonour FUAMode = iota // acknowledged from the medium, or from a cache that is protected now
	FUAIgnore                // as without FUA
)

// ReportMode says what the caching mode page tells.
type ReportMode uint8

// The report modes.
const (
	ReportTruth ReportMode = iota // WCE as the cache works now
	ReportOff                     // WCE=0 whatever it does
	ReportOn                      // WCE=1 whatever it does
	ReportError                   // MODE SENSE page 08h fails
)

// WriteHole says what is on record of a stripe write under way when power goes.
type WriteHole uint8

// The ways to treat the write hole.
const (
	HoleOpen   WriteHole = iota // nothing: parity and data may disagree from then on
	HoleBitmap                  // a mark a stripe, in memory that keeps it: parity is made anew from the data
	HolePPL                     // partial parity on the members: parity is put right, with a member missing too
)

// CacheFate is what happens to dirty pages at an event that leaves the
// controller's memory supplied.
type CacheFate uint8

// The fates.
const (
	Keep  CacheFate = iota // the pages stay and are destaged later
	Flush                  // they are destaged first
	Drop                   // they are discarded
)

// Order is the order of destage.
type Order uint8

// The orders.
const (
	OldestFirst  Order = iota // the stripe with the page dirty for longest (least recently written)
	FullestFirst              // full stripes, then the one with most dirty blocks
	Elevator                  // rising addresses, round and round (C-SCAN)
	WOW                       // as Elevator, but a stripe written again meanwhile waits one more round (Gill & Modha, FAST'05)
)

// Rate is how fast the marks make dirty pages go.
type Rate uint8

// The rates.
const (
	// FullRate destages Depth stripes at a time from the high mark down to the low
	// one, and none in between on the way up.
	FullRate Rate = iota

	// LinearThreshold destages none below the low mark, Depth stripes at a time
	// from the high mark on, and in between a part of Depth that grows linearly
	// with what is dirty (Varma & Jacobson, IEEE Trans. Computers 47(2), 1998; as
	// a number of concurrent destages: Gill & Modha, FAST'05, §IV-E).
	LinearThreshold
)

// ProtectionKind is what keeps the cache.
type ProtectionKind uint8

// The kinds.
const (
	Unprotected ProtectionKind = iota
	Battery                    // keeps DRAM alive for the hold-up time
	Vault                      // a capacitor feeds the copy from DRAM to flash; kept for years
)

// BatteryState is the state of battery or capacitor.
type BatteryState uint8

// The states.
const (
	Optimal BatteryState = iota
	Charging
	Learning // relearn cycle of the old kind: not relied on until it ends
	Low
	Failed
)

var (
	writeModes      = []string{"through", "back", "back-if-protected"}
	syncModes       = []string{"flush-all", "flush-cache", "ack", "fail"}
	fuaModes        = []string{"honour", "ignore"}
	reportModes     = []string{"truth", "off", "on", "error"}
	writeHoles      = []string{"open", "bitmap", "ppl"}
	cacheFates      = []string{"keep", "flush", "drop"}
	orders          = []string{"oldest", "fullest", "elevator", "wow"}
	rates           = []string{"full", "linear-threshold"}
	protectionKinds = []string{"none", "battery", "flash"}
	batteryStates   = []string{"optimal", "charging", "learning", "low", "failed"}
)

func (m WriteMode) String() string      { return writeModes[m] }
func (m SyncMode) String() string       { return syncModes[m] }
func (m FUAMode) String() string        { return fuaModes[m] }
func (m ReportMode) String() string     { return reportModes[m] }
func (h WriteHole) String() string      { return writeHoles[h] }
func (f CacheFate) String() string      { return cacheFates[f] }
func (o Order) String() string          { return orders[o] }
func (r Rate) String() string           { return rates[r] }
func (k ProtectionKind) String() string { return protectionKinds[k] }
func (s BatteryState) String() string   { return batteryStates[s] }

// Options lists the words that a value of the type can be.
func (WriteMode) Options() []string      { return writeModes }
func (SyncMode) Options() []string       { return syncModes }
func (FUAMode) Options() []string        { return fuaModes }
func (ReportMode) Options() []string     { return reportModes }
func (WriteHole) Options() []string      { return writeHoles }
func (CacheFate) Options() []string      { return cacheFates }
func (Order) Options() []string          { return orders }
func (Rate) Options() []string           { return rates }
func (ProtectionKind) Options() []string { return protectionKinds }
func (BatteryState) Options() []string   { return batteryStates }

func (m *WriteMode) UnmarshalText(b []byte) error      { return words.Pick(m, writeModes, b) }
func (m *SyncMode) UnmarshalText(b []byte) error       { return words.Pick(m, syncModes, b) }
func (m *FUAMode) UnmarshalText(b []byte) error        { return words.Pick(m, fuaModes, b) }
func (m *ReportMode) UnmarshalText(b []byte) error     { return words.Pick(m, reportModes, b) }
func (h *WriteHole) UnmarshalText(b []byte) error      { return words.Pick(h, writeHoles, b) }
func (f *CacheFate) UnmarshalText(b []byte) error      { return words.Pick(f, cacheFates, b) }
func (o *Order) UnmarshalText(b []byte) error          { return words.Pick(o, orders, b) }
func (r *Rate) UnmarshalText(b []byte) error           { return words.Pick(r, rates, b) }
func (k *ProtectionKind) UnmarshalText(b []byte) error { return words.Pick(k, protectionKinds, b) }
func (s *BatteryState) UnmarshalText(b []byte) error   { return words.Pick(s, batteryStates, b) }

// Alias is the option that the papers call by another name, empty if they do not.
func (Order) Alias(name string) string {
	switch name {
	case "lrw":
		return orders[OldestFirst]
	case "cscan":
		return orders[Elevator]
	}
	return ""
}

// Aliases are the names that Alias knows.
func (Order) Aliases() []string { return []string{"lrw", "cscan"} }

// Validate reports the first contradiction between knobs.
func (p *Profile) Validate() error {
	switch {
	case p.Destage.LowPercent >= p.Destage.HighPercent:
		return fmt.Errorf("destage: low (%d %%) must be below high (%d %%)", p.Destage.LowPercent, p.Destage.HighPercent)
	case p.Write == WriteBackProtected && p.Protection.Kind == Unprotected:
		return fmt.Errorf("write: back-if-protected needs a protection of kind battery or flash")
	}
	return p.Protection.validate()
}

func (r *Protection) validate() error {
	learns := r.Learn != Learn{}
	switch {
	case r.Kind == Battery && r.HoldUp <= 0:
		return fmt.Errorf("protection: a battery needs a hold_up above 0")
	case r.Kind == Unprotected && r.HoldUp > 0:
		return fmt.Errorf("protection: hold_up without a battery; set kind: battery")
	case r.Kind == Unprotected && (r.Changes() || learns || r.DischargedPercent > 0 || r.LowPercent > 0):
		return fmt.Errorf("protection: a charge without anything to charge; set kind: battery or flash")
	case r.Recharge == 0 && (learns || r.DischargedPercent > 0 || r.LowPercent > 0):
		return fmt.Errorf("protection: discharged, low and learn need recharge, the time from empty to full")
	case learns && (r.Learn.Discharge <= 0 || r.Learn.After <= 0 && r.State != Learning):
		return fmt.Errorf("protection: a learn cycle needs both after and discharge above 0")
	case r.Recharge > 0 && r.State == Learning && !learns:
		return fmt.Errorf("protection: state learning with recharge needs learn.discharge, the time from full to empty")
	case r.Recharge > 0 && r.State == Low && r.startPercent() >= r.LowPercent:
		return fmt.Errorf("protection: state low at %d %% of the charge, and low begins below %d %%", r.startPercent(), r.LowPercent)
	}
	return nil
}
