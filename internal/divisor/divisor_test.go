package divisor

import (
	"testing"

	"pgregory.net/rapid"
)

// The oracle is the division of the processor.
func check(t interface{ Fatalf(string, ...any) }, by, x uint64) {
	d := New(by)
	if q, r := d.Split(x); q != x/by || r != x%by {
		t.Fatalf("%d by %d is %d, remainder %d; want %d and %d", x, by, q, r, x/by, x%by)
	}
	if d.Quotient(x) != x/by || d.Remainder(x) != x%by || d.By() != by {
		t.Fatalf("%d by %d: Quotient %d, Remainder %d, By %d", x, by, d.Quotient(x), d.Remainder(x), d.By())
	}
}

func TestDivisor_SmallNumbers(t *testing.T) {
	for by := uint64(1); by < 300; by++ {
		for x := range uint64(1000) {
			check(t, by, x)
		}
	}
}

// What is off by one shows at multiples and at the ends of the range.
func TestDivisor_Edges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		by := rapid.Uint64Min(1).Draw(t, "by")
		q := rapid.Uint64Max(^uint64(0)/by).Draw(t, "quotient")
		for _, x := range []uint64{q * by, q*by - 1, q*by + 1, by, by - 1, ^uint64(0), ^uint64(0) / by * by, 1 << 63} {
			check(t, by, x)
		}
	})
}

var sink uint64

// Each dividend depends on the result before, as addresses do.
func BenchmarkDivisor(b *testing.B) {
	by := uint64(b.N)%7 + 4293 // not known to the compiler
	x := uint64(1) << 40
	b.Run("split", func(b *testing.B) {
		d := New(by)
		for b.Loop() {
			q, r := d.Split(x)
			x = q + r + 1<<40
		}
	})
	b.Run("processor", func(b *testing.B) {
		for b.Loop() {
			x = x/by + x%by + 1<<40
		}
	})
	sink = x
}
