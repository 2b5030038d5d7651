package firmware

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tbraid/sim"
)

const cacheBytes = 64 << 20

// learner is a battery of 72 h with the learn cycle of Dell PERC 6 User's Guide
// p. 32: three hours of discharge, four of charge.
func learner() Protection {
	return Protection{Kind: Battery, HoldUp: 72 * time.Hour, Recharge: 4 * time.Hour,
		Learn: Learn{After: 10 * time.Hour, Every: 2160 * time.Hour, Discharge: 3 * time.Hour}}
}

func hours(n float64) sim.Time { return sim.Time(n * float64(time.Hour)) }

// advance makes every change up to and including a time.
func advance(c *Charge, to sim.Time) {
	for c.Next() <= to {
		c.Step(c.Next())
	}
}

// A state without recharge is what it says for ever.
func TestCharge_GivenStateStays(t *testing.T) {
	const all = math.MaxUint64
	for _, c := range []struct {
		name  string
		p     Protection
		hold  time.Duration
		bytes uint64
	}{
		{"unprotected", Protection{}, 0, 0},
		{"battery", Protection{Kind: Battery, HoldUp: 72 * time.Hour}, 72 * time.Hour, all},
		{"learning battery", Protection{Kind: Battery, HoldUp: 72 * time.Hour, State: Learning}, 72 * time.Hour, all},
		{"low battery holds half as long", Protection{Kind: Battery, HoldUp: 72 * time.Hour, State: Low}, 36 * time.Hour, all},
		{"charging battery", Protection{Kind: Battery, HoldUp: 72 * time.Hour, State: Charging}, 0, 0},
		{"failed battery", Protection{Kind: Battery, HoldUp: 72 * time.Hour, State: Failed}, 0, 0},
		{"flash", Protection{Kind: Vault}, math.MaxInt64, all},
		{"flash, energy for a part", Protection{Kind: Vault, Vault: 1 << 20}, math.MaxInt64, 1 << 20},
		{"flash, no energy yet", Protection{Kind: Vault, State: Charging}, 0, 0},
	} {
		b := NewCharge(c.p)
		for range 2 {
			if hold, bytes := b.Keeps(hours(1), cacheBytes); hold != c.hold || bytes != c.bytes || b.Next() != sim.Never || b.State != c.p.State {
				t.Errorf("%s: %v and %d bytes, %v, next at %v", c.name, hold, bytes, b.State, b.Next())
			}
			b.Outage(0, hours(1)) // nor does an outage change it
		}
	}
}

// The life of a battery: what it is at some hours after power-on.
func TestCharge_Timeline(t *testing.T) {
	type at struct {
		hour  float64
		state BatteryState
		hold  float64 // hours
	}
	with := func(set func(*Protection)) Protection { p := learner(); set(&p); return p }
	for _, c := range []struct {
		name string
		p    Protection
		want []at
	}{
		{"learn cycle", learner(), []at{{0, Optimal, 72}, {9.9, Optimal, 72}, {10, Learning, 72}, {11, Learning, 48}, {12, Learning, 24},
			{13, Learning, 0}, {14, Learning, 18}, {16, Learning, 54}, {17, Optimal, 72}, {2176, Optimal, 72}, {2178, Learning, 48}}},
		{"once", with(func(p *Protection) { p.Learn.Every = 0 }), []at{{17, Optimal, 72}, {9000, Optimal, 72}}},
		{"learning at power-on", with(func(p *Protection) { p.State, p.Learn.After = Learning, 0 }), []at{{0, Learning, 72}, {2, Learning, 24}, {7, Optimal, 72}}},
		{"discharged", with(func(p *Protection) { p.DischargedPercent = 75 }), []at{{0, Charging, 18}, {1, Charging, 36}, {3, Optimal, 72}}},
		{"low, then charging", with(func(p *Protection) { p.DischargedPercent, p.LowPercent = 100, 50 }),
			[]at{{0, Low, 0}, {1.9, Low, 34.2}, {2, Charging, 36}, {4, Optimal, 72}}},
		{"a cycle waits for the charge", with(func(p *Protection) { p.State, p.Learn.After = Charging, time.Hour }),
			[]at{{1, Charging, 18}, {3.9, Charging, 70.2}, {4, Learning, 72}, {7, Learning, 0}, {11, Optimal, 72}}},
		{"fails in its cycle", with(func(p *Protection) { p.FailAfter = 11 * time.Hour }), []at{{10.5, Learning, 60}, {11, Failed, 0}, {9000, Failed, 0}}},
		{"fails, not recharged", Protection{Kind: Battery, HoldUp: 72 * time.Hour, FailAfter: time.Hour}, []at{{0, Optimal, 72}, {1, Failed, 0}}},
	} {
		if err := c.p.validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		b := NewCharge(c.p)
		for _, w := range c.want {
			advance(&b, hours(w.hour))
			if hold, _ := b.Keeps(hours(w.hour), cacheBytes); b.State != w.state || (hold-time.Duration(hours(w.hold))).Abs() > 1 {
				t.Errorf("%s, %v h: %v, hold-up %v; want %v, %v h", c.name, w.hour, b.State, hold, w.state, w.hold)
			}
		}
	}
}

func TestCharge_Outage(t *testing.T) {
	b := NewCharge(learner())
	b.Outage(hours(1), hours(31))
	if hold, _ := b.Keeps(hours(31), cacheBytes); hold != 42*time.Hour || b.State != Charging {
		t.Fatalf("after 30 h: %v, %v", hold, b.State)
	}
	if hold, _ := b.Keeps(hours(32), cacheBytes); hold != 60*time.Hour { // an hour of four is 18 h of 72
		t.Fatalf("an hour later: %v", hold)
	}
	b.Outage(hours(32), hours(132))
	if hold, bytes := b.Keeps(hours(132), cacheBytes); hold != 0 || bytes != 0 {
		t.Fatalf("after 100 h: %v, %d bytes", hold, bytes)
	}

	b = NewCharge(learner())
	advance(&b, hours(11))
	b.Outage(hours(11), hours(12)) // in the discharge of a learn cycle
	advance(&b, hours(12))
	if b.State != Charging {
		t.Fatalf("a learn cycle cut short: %v", b.State)
	}
	if advance(&b, hours(14)); b.State != Learning { // 47 of 72 hours were left: full 83 minutes later
		t.Fatalf("it begins anew: %v", b.State)
	}

	failing := learner()
	failing.FailAfter = 2 * time.Hour
	b = NewCharge(failing)
	b.Outage(hours(1), hours(3))
	if b.State != Failed || b.Next() != sim.Never {
		t.Fatalf("a failure due in an outage: %v, next at %v", b.State, b.Next())
	}

	b = NewCharge(Protection{Kind: Vault, Vault: 10 << 20, Recharge: 5 * time.Minute})
	b.Outage(0, sim.Time(time.Second))
	if _, bytes := b.Keeps(sim.Time(time.Second), cacheBytes); bytes != 0 || b.State != Charging {
		t.Fatalf("a capacitor that has fed a copy: %d bytes, %v", bytes, b.State)
	}
	if _, bytes := b.Keeps(sim.Time(61*time.Second), cacheBytes); bytes+1 != 2<<20 { // a minute of five, rounded down
		t.Fatalf("a minute later: %d bytes", bytes)
	}
	if b.Next() != sim.Time(301*time.Second) {
		t.Fatalf("full at %v", b.Next())
	}
}

// At every instant: a longer hold-up keeps at least as long, a fuller charge too,
// and what two outages in a row use adds up.
func TestCharge_Laws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		duration := func(name string, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(1, int64(most)).Draw(t, name))
		}
		p := Protection{Kind: Battery, HoldUp: duration("hold-up", 200*time.Hour), Recharge: duration("recharge", 10*time.Hour),
			DischargedPercent: rapid.IntRange(0, 100).Draw(t, "discharged"), LowPercent: rapid.IntRange(0, 100).Draw(t, "low"),
			Learn: Learn{After: duration("after", 10*time.Hour), Every: duration("every", 10*time.Hour), Discharge: duration("discharge", 5*time.Hour)}}
		if rapid.Bool().Draw(t, "fails") {
			p.FailAfter = duration("fails at", 50*time.Hour)
		}
		longer, fuller := p, p
		longer.HoldUp += duration("longer", 100*time.Hour)
		fuller.DischargedPercent /= 2
		fuller.Learn, p.Learn = Learn{}, Learn{} // cycles move with the charge
		if rapid.Bool().Draw(t, "learns") {
			p.Learn = longer.Learn
		} else {
			longer.Learn = Learn{}
		}
		now := sim.Time(duration("now", 40*time.Hour))
		a, b, c := NewCharge(p), NewCharge(longer), NewCharge(fuller)
		for i, x := range []*Charge{&a, &b, &c} {
			last := sim.Time(-1)
			for n := 0; n < 1000 && x.Next() <= now; n++ {
				if x.Next() < last {
					t.Fatalf("%d: a change at %v after one at %v", i, x.Next(), last)
				}
				last = x.Next()
				x.Step(last)
			}
		}
		if a.Next() <= now {
			return // cycles of nanoseconds
		}
		hold, _ := a.Keeps(now, cacheBytes)
		if hold < 0 || hold > p.HoldUp || (a.State == Optimal) != (hold == p.HoldUp && a.course == steady) {
			t.Fatalf("%v with %v of %v", a.State, hold, p.HoldUp)
		}
		if more, _ := b.Keeps(now, cacheBytes); more < hold {
			t.Fatalf("a hold-up of %v keeps %v, one of %v %v", longer.HoldUp, more, p.HoldUp, hold)
		}
		if more, _ := c.Keeps(now, cacheBytes); p.Learn == (Learn{}) && more < hold {
			t.Fatalf("a fuller battery keeps %v, the other %v", more, hold)
		}
		outage := duration("outage", 300*time.Hour)
		a.Outage(now, now.Add(outage))
		left, _ := a.Keeps(now.Add(outage), cacheBytes)
		if want := max(hold-outage, 0); a.State != Failed && (left-want).Abs() > 1 {
			t.Fatalf("%v used of %v leaves %v", outage, hold, left)
		}
	})
}

func TestValidate_Protection(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Protection)
		ok   bool
	}{
		{"base", func(*Protection) {}, true},
		{"learn without recharge", func(p *Protection) { p.Recharge = 0 }, false},
		{"learn without discharge", func(p *Protection) { p.Learn.Discharge = 0 }, false},
		{"learn without a beginning", func(p *Protection) { p.Learn.After = 0 }, false},
		{"that begins at power-on", func(p *Protection) { p.Learn.After, p.State = 0, Learning }, true},
		{"learning, and no cycle", func(p *Protection) { p.Learn, p.State = Learn{}, Learning }, false},
		{"learning for ever", func(p *Protection) { p.Learn, p.State, p.Recharge = Learn{}, Learning, 0 }, true},
		{"discharged for ever", func(p *Protection) { p.Learn, p.Recharge, p.DischargedPercent = Learn{}, 0, 10 }, false},
		{"low without a limit", func(p *Protection) { p.State = Low }, false},
		{"low", func(p *Protection) { p.State, p.LowPercent = Low, 60 }, true},
		{"nothing to charge", func(p *Protection) { *p = Protection{Recharge: time.Hour} }, false},
		{"nothing to fail", func(p *Protection) { *p = Protection{FailAfter: time.Hour} }, false},
		{"failed, whatever is planned", func(p *Protection) { p.State = Failed }, true},
	} {
		p := learner()
		c.set(&p)
		if err := p.validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
