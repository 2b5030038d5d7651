package firmware

import (
	"testing"
	"time"

	"tbraid/cache"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
)

func back() Profile {
	return Profile{Write: WriteBack, Destage: Destage{HighPercent: 80, LowPercent: 20, Depth: 8}}
}

func guarded(state BatteryState) Profile {
	p := back()
	p.Write, p.Protection = WriteBackProtected, Protection{Kind: Battery, HoldUp: 72 * time.Hour, State: state}
	return p
}

func TestAdmit(t *testing.T) {
	plain := scsi.Write(block.Extent{Blocks: 8})
	fua := plain
	fua.FUA = true
	large := scsi.Write(block.Extent{Blocks: 4096})
	through := back()
	through.Write = WriteThrough
	ignores := back()
	ignores.FUA = FUAIgnore
	bypass := back()
	bypass.BypassBytes = 1 << 20
	forced := guarded(Failed)
	forced.Protection.Forced = true
	for _, c := range []struct {
		name string
		p    Profile
		cmd  scsi.Command
		want Admission
		wce  bool
	}{
		{"write-back", back(), plain, AdmitBack, true},
		{"write-back, FUA goes to the medium", back(), fua, AdmitThrough, true},
		{"FUA ignored", ignores, fua, AdmitBack, true},
		{"write-through", through, plain, AdmitThrough, false},
		{"below the bypass size", bypass, plain, AdmitBack, true},
		{"bypass", bypass, large, AdmitBypass, true},
		{"protected", guarded(Optimal), plain, AdmitBack, true},
		{"protected: non-volatile cache is enough for FUA", guarded(Optimal), fua, AdmitBack, true},
		{"learn cycle falls back to write-through", guarded(Learning), plain, AdmitThrough, false},
		{"low battery", guarded(Low), plain, AdmitThrough, false},
		{"forced write-back on a failed battery", forced, plain, AdmitBack, true},
		{"and FUA then goes to the medium", forced, fua, AdmitThrough, true},
	} {
		if got := c.p.Admit(&c.cmd); got != c.want {
			t.Errorf("%s: admission %d, want %d", c.name, got, c.want)
		}
		if got := c.p.WCE(); got != c.wce {
			t.Errorf("%s: WCE %v", c.name, got)
		}
	}
}

func TestReport_IndependentOfTheTruth(t *testing.T) {
	p := back()
	for _, c := range []struct {
		r    ReportMode
		want bool
	}{{ReportTruth, true}, {ReportOff, false}, {ReportOn, true}} {
		if p.Report = c.r; p.WCE() != c.want {
			t.Errorf("report %v: WCE %v", c.r, p.WCE())
		}
	}
}

func TestDestageNow(t *testing.T) {
	const second = sim.Time(time.Second)
	dirty := cache.Stats{CapacityPages: 100, DirtyPages: 10, OldestDirty: 2 * second}
	with := func(set func(*Destage)) Profile { p := back(); set(&p.Destage); return p }
	for _, c := range []struct {
		name  string
		p     Profile
		now   sim.Time
		s     Situation
		want  int
		again sim.Time
	}{
		{"nothing dirty", back(), 5 * second, Situation{Flush: true}, 0, sim.Never},
		{"no trigger", back(), 5 * second, Situation{Cache: dirty}, 0, sim.Never},
		{"a flush waits", back(), 5 * second, Situation{Cache: dirty, Flush: true}, 8, sim.Never},
		{"draining", back(), 5 * second, Situation{Cache: dirty, Draining: true}, 8, sim.Never},
		{"young", with(func(d *Destage) { d.Age = 4e9 }), 5 * second, Situation{Cache: dirty}, 0, 6 * second},
		{"of age", with(func(d *Destage) { d.Age = 4e9 }), 6 * second, Situation{Cache: dirty}, 8, sim.Never},
		{"host busy", with(func(d *Destage) { d.Idle = 1e9 }), 5 * second, Situation{Cache: dirty, LastHost: 4500e6}, 0, 5500e6},
		{"host silent", with(func(d *Destage) { d.Idle = 1e9 }), 6 * second, Situation{Cache: dirty, LastHost: 4500e6}, 8, sim.Never},
		{"before the beat", with(func(d *Destage) { d.Interval = 4e9 }), 5 * second, Situation{Cache: dirty, NextTick: 8 * second}, 0, 8 * second},
	} {
		n, again := c.p.DestageNow(c.now, &c.s)
		if n != c.want || again != c.again {
			t.Errorf("%s: %d stripes, again at %v; want %d, %v", c.name, n, again, c.want, c.again)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Profile)
		ok   bool
	}{
		{"base", func(*Profile) {}, true},
		{"marks crossed", func(p *Profile) { p.Destage.LowPercent = 80 }, false},
		{"battery without hold-up", func(p *Profile) { p.Protection = Protection{Kind: Battery} }, false},
		{"hold-up without battery", func(p *Profile) { p.Protection.HoldUp = 1 }, false},
		{"protected mode without protection", func(p *Profile) { p.Write = WriteBackProtected }, false},
	} {
		p := back()
		c.set(&p)
		if err := p.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestWords_RoundTrip(t *testing.T) {
	var w WriteMode
	for i, word := range w.Options() {
		if err := w.UnmarshalText([]byte(word)); err != nil || int(w) != i || w.String() != word {
			t.Errorf("%q: %v %v", word, w, err)
		}
	}
	if err := w.UnmarshalText([]byte("sideways")); err == nil {
		t.Error("an unknown word is accepted")
	}
}

// Between the marks the number of stripes under way grows with what is dirty;
// what FullRate does there depends on where it comes from.
func TestDestageNow_LinearThreshold(t *testing.T) {
	p := back() // 20 to 80 of 100 pages, 8 stripes
	p.Destage.Rate = LinearThreshold
	for _, c := range []struct {
		dirty    int
		draining bool
		want     int
	}{
		{0, false, 0}, {20, false, 0}, {21, false, 1}, {27, false, 1}, {28, false, 2}, {50, false, 4}, {50, true, 4},
		{79, false, 8}, {72, false, 7}, {80, false, 8}, {100, true, 8},
		{20, true, 8}, // a WRITE stalls
	} {
		s := Situation{Cache: cache.Stats{CapacityPages: 100, DirtyPages: c.dirty}, Draining: c.draining}
		if got, again := p.DestageNow(0, &s); got != c.want || again != sim.Never {
			t.Errorf("%d dirty, draining %v: %d stripes, want %d; again at %v", c.dirty, c.draining, got, c.want, again)
		}
	}
	s := Situation{Cache: cache.Stats{CapacityPages: 100, DirtyPages: 30}, Flush: true}
	if got, _ := p.DestageNow(0, &s); got != 8 {
		t.Errorf("a flush destages %d stripes at a time", got)
	}
	p.Destage.Age = time.Second
	s.Flush = false
	if got, again := p.DestageNow(0, &s); got != 2 || again != sim.Time(time.Second) {
		t.Errorf("young pages: %d stripes, again at %v", got, again)
	}
	if got, _ := p.DestageNow(sim.Time(time.Second), &s); got != 8 {
		t.Errorf("old pages: %d stripes", got)
	}
}
