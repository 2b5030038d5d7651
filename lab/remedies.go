package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/host"
	"tbraid/host/workload"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// What is proposed where nothing else says how much.
const (
	proposedHoldUp = 72 * time.Hour         // as wb-protected
	proposedAge    = 100 * time.Millisecond // shorter than a hand is at the plug
)

// propose lists what might have kept the data. That it might is all that is known
// here: what it does, and what it costs, comes out when it is played.
func (t *trier) propose(runs []Run) {
	t.program()
	t.otherPolicy(runs)
	t.otherDriver()
	t.otherFirmware()
	p := &t.plan.policy
	at := "policies." + p.Name + "."
	switch {
	case !p.WritesBack():
	case p.Protection.Kind == firmware.Unprotected:
		t.battery(at)
	case p.Protection.State != firmware.Optimal:
		t.set("protection", fmt.Sprintf("the %s in order", p.Protection.Kind), at+"protection.state="+firmware.Optimal.String())
	case t.lostTo(ledger.HoldUpExceeded, ledger.VaultShort):
		t.set("protection", "a capacitor and flash for all of the cache",
			at+"protection.kind=flash", at+"protection.hold_up=0", at+"protection.vault=0")
	}
	if p.WritesBack() && (p.Destage.Age == 0 || p.Destage.Age > proposedAge) {
		t.set("timer", fmt.Sprintf("pages destaged after %v", proposedAge), at+"destage.age="+proposedAge.String())
	}
}

// battery proposes one. Where the power goes, the host resets the box when it is
// back, and firmware that would drop the cache then makes nothing of its battery.
func (t *trier) battery(at string) {
	text := fmt.Sprintf("a battery that keeps the cache for %d h", proposedHoldUp/time.Hour)
	sets := []string{at + "protection.kind=battery", at + "protection.hold_up=" + hours(proposedHoldUp)}
	if t.lostTo(ledger.PowerLost) && t.plan.policy.HostReset == firmware.Drop {
		text += ", and firmware that keeps it over the reset that follows"
		sets = append(sets, at+"host_reset=keep")
	}
	t.set("protection", text, sets...)
}

func hours(d time.Duration) string { return fmt.Sprintf("%dh", d/time.Hour) }

// otherPolicy proposes the fastest policy of the scenario that keeps the data, and
// if that takes a battery or a capacitor the fastest that does without; if there is
// none, the presets with a battery and without a cache.
func (t *trier) otherPolicy(runs []Run) {
	best := t.fastest(runs, func(*firmware.Profile) bool { return true })
	if best == nil {
		for _, p := range configs.AllPolicies() {
			if _, own := t.s.FindPolicy(p.Name); !own && (p.Name == "wb-protected" || p.Name == "write-through") {
				t.policy(p)
			}
		}
		return
	}
	p, _ := t.s.FindPolicy(best.Policy)
	t.policy(p).known = best
	if p.Protection.Kind == firmware.Unprotected {
		return
	}
	if bare := t.fastest(runs, func(p *firmware.Profile) bool { return p.Protection.Kind == firmware.Unprotected }); bare != nil {
		p, _ := t.s.FindPolicy(bare.Policy)
		t.policy(p).known = bare
	}
}

// fastest is the run of the same case, event and host that keeps everything under a
// policy that will do, and is faster than the others; nil if there is none.
func (t *trier) fastest(runs []Run, will func(*firmware.Profile) bool) *Run {
	var best *Run
	for i := range runs {
		r := &runs[i]
		f := endingOf(r)
		if r.Case != t.run.Case || r.Event != t.run.Event || r.Host != t.run.Host || !f.Whole() {
			continue
		}
		if p, ok := t.s.FindPolicy(r.Policy); ok && will(&p) && (best == nil || r.Rate > best.Rate) {
			best = r
		}
	}
	return best
}

func (t *trier) policy(p firmware.Profile) *trial {
	text := "policy " + p.Name
	if p.Title != p.Name {
		text += ": " + p.Title
	}
	return t.add("policy", text, "--policy "+p.Name, t.plan.on(t.plan.hardware, t.plan.host, p))
}

// otherDriver proposes to take away a habit of the driver, or to give it the hook
// that reaches the box before it is gone.
func (t *trier) otherDriver() {
	h := &t.plan.host
	at := "hosts." + h.Name + ".driver."
	if t.restarts() && h.Shutdown.DriverGoneFirst && !h.Driver.FlushAtHalt {
		t.set("driver", "the driver sends SYNCHRONIZE CACHE when it sees the halt state", at+"flush_at_halt=true")
	}
	if h.Driver.Sync != host.Forward {
		t.set("driver", "the driver passes SYNCHRONIZE CACHE on", at+"sync=forward")
	}
	if h.Driver.DropFUA {
		t.set("driver", "the driver leaves the FUA bit alone", at+"drop_fua=false")
	}
	if h.Driver.HighLBA == host.GateTruncate {
		t.set("driver", "the driver passes high addresses on", at+"high_lba=pass")
	}
}

// otherFirmware proposes to take away what the firmware does to a flush or to its
// cache.
func (t *trier) otherFirmware() {
	p := &t.plan.policy
	at := "policies." + p.Name + "."
	if p.Sync != firmware.SyncFlushAll {
		t.set("firmware", "the firmware carries SYNCHRONIZE CACHE out, members included", at+"sync=flush-all")
	}
	if p.FUA == firmware.FUAIgnore {
		t.set("firmware", "the firmware honours FUA", at+"fua=honour")
	}
	if p.Report != firmware.ReportTruth {
		t.set("firmware", "the firmware reports its write cache as it is", at+"report_wce=truth")
	}
	for _, f := range []struct {
		by   ledger.Cause
		key  string
		text string
		to   firmware.CacheFate
	}{
		{ledger.DroppedAtReset, "host_reset", "the firmware destages its cache at a reset by the host", firmware.Flush},
		{ledger.DroppedAtLinkLoss, "link_loss", "the firmware keeps its cache when the link goes down", firmware.Keep},
		{ledger.LostInCrash, "crash", "the firmware keeps its cache when it crashes", firmware.Keep},
	} {
		if t.lostTo(f.by) {
			t.set("firmware", f.text, at+f.key+"="+f.to.String())
		}
	}
	if t.lostTo(ledger.WriteHole) && p.Hole == firmware.HoleOpen {
		t.set("firmware", "an intent bitmap closes the write hole", at+"write_hole="+firmware.HoleBitmap.String())
		t.set("firmware", "a partial parity log closes the write hole", at+"write_hole="+firmware.HolePPL.String())
	}
	if t.lostTo(ledger.MembersUnflushed) && p.MemberCaches {
		t.set("firmware", "the write caches of the members off", at+"member_caches=false")
	}
}

// lostTo tells whether something was lost because of one of the causes, or taken by
// it.
func (t *trier) lostTo(by ...ledger.Cause) bool {
	return slices.ContainsFunc(t.run.Causes, func(c Cause) bool {
		return slices.ContainsFunc(by, func(b ledger.Cause) bool { return c.Name == b.String() || c.Taken == b.Text() })
	})
}

// restarts tells whether the host restarts in order.
func (t *trier) restarts() bool {
	_, q := t.plan.cutStep()
	return slices.ContainsFunc(q, func(e power.Timed) bool { return e.Event.Kind == power.Restart })
}

// withFsync is a dd to the disk with conv=fsync, if it has not got it: what people
// try first.
func withFsync(t workload.Tool) (line string, ok bool) {
	if t.Kind != workload.DD || t.ReadBack {
		return "", false
	}
	for _, word := range strings.Fields(t.Line) {
		if names, is := strings.CutPrefix(word, "conv="); is && slices.Contains(strings.Split(names, ","), "fsync") {
			return "", false
		}
	}
	return t.Line + " conv=fsync", true
}
