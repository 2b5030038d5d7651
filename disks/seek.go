package disks

import (
	"math"
	"math/bits"
	"time"
)

// seekTable is the time of a seek by its distance in cylinders: exact below 128
// cylinders, beyond that 64 knots to each doubling of the distance and straight
// lines between them.
type seekTable []time.Duration

// knots is the number of knots to each doubling of the distance.
const knots = 64

// newSeekTable builds the table for a disk of that many cylinders. The shape is
// a fit to the 1,792 seek times measured on a 4 TB disk of 7,200 rpm that come
// with DiskSim (model G4_LBA_64bit_4T): rms error 0.04 ms beyond 1,000 cylinders;
// the shorter ones scatter by 0.2 ms with the rounding of the measurement. It is
// scaled so that the average over all pairs of cylinders, as vendors define it,
// is average. A seek to the neighbour takes track: sequential access counts on
// it, and vendors publish it. Writes add the time to settle.
func newSeekTable(cylinders uint64, average, track, settle time.Duration) seekTable {
	scale := average.Seconds() * 1e3 / meanMillis()
	table := seekTable{0, track}
	for i := 2; ; i++ {
		x := float64(distanceOf(i)) / float64(cylinders)
		t := time.Duration(scale*seekMillis(x)*float64(time.Millisecond)) + settle
		table = append(table, max(t, table[i-1]))
		if x >= 1 { // one knot beyond the longest distance
			return table
		}
	}
}

// at is the time of a seek over that many cylinders, no more than the disk has.
func (s seekTable) at(cylinders uint64) time.Duration {
	i, shift := knotOf(cylinders)
	if shift == 0 {
		return s[i]
	}
	part := time.Duration(cylinders & (1<<shift - 1))
	return s[i] + (s[i+1]-s[i])*part>>shift
}

func knotOf(cylinders uint64) (knot, shift int) {
	if shift = bits.Len64(cylinders) - bits.Len64(2*knots-1); shift <= 0 {
		return int(cylinders), 0
	}
	return shift*knots + int(cylinders>>shift), shift
}

func distanceOf(knot int) uint64 {
	shift := max(0, knot/knots-1)
	return uint64(knot-shift*knots) << shift
}

// The fitted curve, over the distance as a part x of the full stroke.
const (
	bend       = 0.2257 // beyond it the arm coasts
	shortFixed = 1.462  // ms
	shortRoot  = 10.78  // ms times the root of x
	longFixed  = 4.510  // ms
	longSlope  = 9.74   // ms times x
)

func seekMillis(x float64) float64 {
	if x < bend {
		return shortFixed + shortRoot*math.Sqrt(x)
	}
	return longFixed + longSlope*x
}

// meanMillis is the mean of the curve over x with density 2(1-x), the distance
// of two random cylinders: 7.447 ms.
func meanMillis() float64 {
	const (
		long   = (1 - bend) * (1 - bend) // how many seeks go beyond the bend
		fixed  = (1-long)*shortFixed + long*longFixed
		slope  = 2 * longSlope * (1.0/6 - bend*bend/2 + bend*bend*bend/3)
		factor = 2 * shortRoot * bend * (2.0/3 - 2.0/5*bend)
	)
	return fixed + slope + factor*math.Sqrt(bend)
}
