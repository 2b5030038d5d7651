package firmware

import (
	"tbraid/cache"
	"tbraid/internal/mutant"
	"tbraid/scsi"
	"tbraid/sim"
)

// Admission is how a WRITE is treated.
type Admission uint8

// The admissions.
const (
	AdmitBack    Admission = iota // acknowledged once it is in the cache
	AdmitThrough                  // in the cache, acknowledged once it is on the members
	AdmitBypass                   // as AdmitThrough, and not kept in the cache
)

// SyncAction is how a SYNCHRONIZE CACHE is treated.
type SyncAction uint8

// The actions.
const (
	AckOnly SyncAction = iota
	FlushCache
	FlushCacheAndMembers
	FailSync
)

// Situation is what the decisions look at beside the command.
type Situation struct {
	Cache    cache.Stats
	LastHost sim.Time // when the host last sent a READ or WRITE
	Draining bool     // a destage from the high to the low mark is under way
	Flush    bool     // a flush waits for all dirty pages
	NextTick sim.Time // next beat of the interval timer
}

// Protected tells whether the cache would keep its content if power went now.
func (p *Profile) Protected() bool {
	return p.Protection.Kind != Unprotected && p.Protection.State == Optimal
}

// WritesBack tells whether a plain WRITE is acknowledged from the cache now.
func (p *Profile) WritesBack() bool {
	switch p.Write {
	case WriteBack:
		return true
	case WriteBackProtected:
		return p.Protected() || p.Protection.Forced
	}
	return false
}

// WCE is the write cache bit that MODE SENSE reports.
func (p *Profile) WCE() bool {
	switch p.Report {
	case ReportOff:
		return false
	case ReportOn:
		return true
	}
	return p.WritesBack()
}

// Admit decides how a WRITE is acknowledged. A protected cache is stable storage
// for FUA too: SBC lets a FUA write end in non-volatile cache.
func (p *Profile) Admit(c *scsi.Command) Admission {
	switch {
	case p.BypassBytes > 0 && c.Extent.Bytes() >= p.BypassBytes:
		return AdmitBypass
	case !p.WritesBack():
		return AdmitThrough
	case c.FUA && p.FUA == FUAHonour && !p.Protected() && !mutant.Is(mutant.FUAIgnored):
		return AdmitThrough
	}
	return AdmitBack
}

// SyncAction decides what SYNCHRONIZE CACHE does. The command's range is the
// controller's business.
func (p *Profile) SyncAction() SyncAction {
	switch p.Sync {
	case SyncAck:
		return AckOnly
	case SyncFlushCache:
		return FlushCache
	case SyncFail:
		return FailSync
	}
	return FlushCacheAndMembers
}

// DestageNow decides how many stripes may be under way, and when to ask again
// at the latest; sim.Never if only new work can change the answer.
func (p *Profile) DestageNow(now sim.Time, s *Situation) (stripes int, again sim.Time) {
	d := &p.Destage
	again = sim.Never
	if s.Cache.DirtyPages == 0 {
		return 0, again
	}
	if s.Flush || s.Draining && d.Rate == FullRate {
		return d.Depth, again
	}
	if d.Rate == LinearThreshold {
		stripes = p.linear(s)
	}
	if d.Age > 0 {
		due := s.Cache.OldestDirty.Add(d.Age)
		if now >= due {
			return d.Depth, again
		}
		again = min(again, due)
	}
	if d.Idle > 0 {
		due := s.LastHost.Add(d.Idle)
		if now >= due {
			return d.Depth, again
		}
		again = min(again, due)
	}
	if d.Interval > 0 {
		again = min(again, s.NextTick)
	}
	return stripes, again
}

// linear is how many stripes LinearThreshold wants under way. Between the marks
// it is at least one. A destage that goes on below the low mark is one that a
// stalled WRITE waits for.
func (p *Profile) linear(s *Situation) int {
	dirty := s.Cache.DirtyPages
	low, high := p.LowMark(s.Cache.CapacityPages), p.HighMark(s.Cache.CapacityPages)
	switch {
	case dirty >= high || dirty <= low && s.Draining:
		return p.Destage.Depth
	case dirty <= low:
		return 0
	}
	return (p.Destage.Depth*(dirty-low) + high - low - 1) / (high - low)
}

// HighMark and LowMark are the watermarks in pages.
func (p *Profile) HighMark(capacityPages int) int { return capacityPages * p.Destage.HighPercent / 100 }

// LowMark is where a destage that began at the high mark ends.
func (p *Profile) LowMark(capacityPages int) int { return capacityPages * p.Destage.LowPercent / 100 }
