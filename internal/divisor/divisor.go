// Package divisor divides many numbers by one that is known beforehand: chunks,
// stripes, tracks and rates, which turn up several times in every access. A
// multiplication takes the place of the division, for a tenth of its time.
package divisor

import "math/bits"

// Divisor is a number to divide by. Zero is not ready to use: see New.
type Divisor struct {
	by         uint64
	reciprocal uint64 // 2^64-1 by it
}

// New prepares division by a number, which must not be 0: it panics, as the
// division would.
func New(by uint64) Divisor { return Divisor{by, ^uint64(0) / by} }

// By is the number that New was given.
func (d Divisor) By() uint64 { return d.by }

// Split is quotient and remainder of x, exact for every x.
//
// With r = 2^64-1 by d, rounded down, r·d is less than 2^64 by at most d. So
// x·r/2^64 falls short of x/d by at most x/2^64, less than 1, and its whole part
// is the quotient or one too few (Granlund & Montgomery 1994, §4).
func (d Divisor) Split(x uint64) (quotient, remainder uint64) {
	quotient, _ = bits.Mul64(x, d.reciprocal)
	if remainder = x - quotient*d.by; remainder >= d.by {
		return quotient + 1, remainder - d.by
	}
	return quotient, remainder
}

// Quotient is x by the divisor, rounded down.
func (d Divisor) Quotient(x uint64) uint64 {
	q, _ := d.Split(x)
	return q
}

// Remainder is what the division of x leaves.
func (d Divisor) Remainder(x uint64) uint64 {
	_, r := d.Split(x)
	return r
}
