package ledger

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"tbraid/sim"
)

// The sum of n quotients, one by one and in big integers.
func TestFloorSum_AgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(0, 300).Draw(t, "n")
		m := rapid.Uint64Range(1, 1<<20).Draw(t, "m")
		a := rapid.Uint64Range(0, 1<<40).Draw(t, "a")
		b := rapid.Uint64Range(0, 1<<45).Draw(t, "b")
		want := new(big.Int)
		for i := range n {
			q := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(int64(i)))
			q.Add(q, big.NewInt(int64(b)))
			want.Add(want, q.Div(q, big.NewInt(int64(m))))
		}
		if got := floorSum(n, m, a, b); want.Cmp(new(big.Int).SetUint64(got)) != 0 {
			t.Fatalf("floorSum(%d, %d, %d, %d) = %d, want %s", n, m, a, b, got, want)
		}
	})
}

// The most that a sweep can ask for: a pass of a gigabyte in blocks, over hours.
func TestFloorSum_DoesNotOverflow(t *testing.T) {
	p := Pass{Begin: 0, End: sim.Time(3600e9), Units: 1 << 21, UnitBlocks: 1}
	n := p.Units - 1
	want, w, u := new(big.Int), big.NewInt(int64(p.End)), big.NewInt(int64(p.Units))
	for i := range n {
		arrives := new(big.Int).Mul(w, big.NewInt(int64(i+1)))
		arrives.Add(arrives, u).Sub(arrives, big.NewInt(1)).Div(arrives, u)
		want.Add(want, arrives.Sub(w, arrives))
	}
	if got := p.lateness(p.End, 0, n); want.Cmp(new(big.Int).SetUint64(got)) != 0 {
		t.Fatalf("%d, want %s", got, want)
	}
}

// Lateness is the sum over units of how long ago each came.
func TestLateness_AgainstEachUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Pass{Begin: sim.Time(rapid.Int64Range(0, 1<<40).Draw(t, "begin")), Units: rapid.Uint64Range(1, 5000).Draw(t, "units"), UnitBlocks: 1}
		p.End = p.Begin + sim.Time(rapid.Int64Range(1, 1<<36).Draw(t, "width"))
		i := rapid.Uint64Range(0, p.Units).Draw(t, "i")
		j := rapid.Uint64Range(i, p.Units).Draw(t, "j")
		now := p.End + sim.Time(rapid.Int64Range(0, 1000).Draw(t, "later"))
		var want uint64
		for u := i; u < j; u++ {
			at := p.arrival(u)
			if want += uint64(now - at); p.passed(at) <= u || p.passed(at-1) > u {
				t.Fatalf("unit %d comes at %d, and %d have come then, %d before", u, at, p.passed(at), p.passed(at-1))
			}
		}
		if got := p.lateness(now, i, j); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	})
}

// A product is a sum of signed products that is not below zero in the end.
func TestProduct_AgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p product
		want := new(big.Int)
		add := func(n, dt int64) {
			p.add(n, dt)
			want.Add(want, new(big.Int).Mul(big.NewInt(n), big.NewInt(dt)))
		}
		for range rapid.IntRange(1, 40).Draw(t, "terms") {
			n := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "n")
			add(n, rapid.Int64Range(0, 1<<55).Draw(t, "dt"))
			late := rapid.Uint64().Draw(t, "late")
			p.plus(late)
			want.Add(want, new(big.Int).SetUint64(late))
			less := rapid.Uint64().Draw(t, "less")
			p.sub(less)
			want.Sub(want, new(big.Int).SetUint64(less))
		}
		for want.Sign() < 0 {
			add(1<<40, 1<<60)
		}
		got := new(big.Int).Lsh(new(big.Int).SetUint64(p.hi), 64)
		if got.Add(got, new(big.Int).SetUint64(p.lo)); got.Cmp(want) != 0 {
			t.Fatalf("%s, want %s", got, want)
		}
		d := rapid.Uint64Range(1<<62, 1<<63-1).Draw(t, "d")
		mean := new(big.Int).Mul(want, big.NewInt(512))
		mean.Add(mean, new(big.Int).SetUint64(d/2)).Div(mean, new(big.Int).SetUint64(d))
		if mean.IsUint64() {
			if got := p.over(d, 512); got != mean.Uint64() {
				t.Fatalf("mean %d, want %s", got, mean)
			}
		}
	})
}
