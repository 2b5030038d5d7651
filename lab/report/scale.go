package report

import "math"

// logFrom is the ratio of the greatest worst to the least from which an axis is
// logarithmic: the least would be lower than a twentieth of a linear one.
const logFrom = 20

// zeroGap is the share of a logarithmic axis that lies between 0 and the first
// value above it.
const zeroGap = 0.12

// scale is the axis of bytes, one for all panels so that they compare.
type scale struct {
	least, most uint64 // powers of 2; least is of logarithmic axes only
	unit        uint64 // between ticks of a linear one
}

// newScale chooses between a linear and a logarithmic axis by what the worst
// moments of the curves are.
func newScale(all []panel) scale {
	var s scale
	low := uint64(math.MaxUint64)
	for i := range all {
		for j := range all[i].traces {
			if worst := all[i].traces[j].acknowledged().Worst; worst > 0 {
				low, s.most = min(low, worst), max(s.most, worst)
			}
		}
	}
	if s.most == 0 {
		return scale{most: 1, unit: 1}
	}
	if s.most/low < logFrom {
		s.unit = 2 * rowUnit(s.most)
		s.most = (s.most + s.unit - 1) / s.unit * s.unit
		return s
	}
	for s.least = 1; s.least <= low/2; {
		s.least *= 2
	}
	top := s.least
	for top < s.most && top < 1<<63 {
		top *= 2
	}
	s.most = top
	return s
}

func (s scale) logarithmic() bool { return s.least > 0 }

func (s scale) word() string {
	if s.logarithmic() {
		return "logarithmic"
	}
	return "linear"
}

// y is the place of a value in a plot, in pixels from above.
func (s scale) y(n uint64, plotTop int) float64 {
	bottom := float64(plotTop + plotHeight)
	if !s.logarithmic() {
		return bottom - plotHeight*float64(n)/float64(s.most)
	}
	if n == 0 {
		return bottom
	}
	share := zeroGap
	if n > s.least {
		share += (1 - zeroGap) * math.Log2(float64(n)/float64(s.least)) / math.Log2(float64(s.most)/float64(s.least))
	}
	return bottom - plotHeight*share
}

// ticks are 0 and at most some eight round values.
func (s scale) ticks() []uint64 {
	all := []uint64{0}
	if !s.logarithmic() {
		for n := s.unit; n <= s.most && n >= s.unit; n += s.unit {
			all = append(all, n)
		}
		return all
	}
	factor := uint64(2)
	for math.Log2(float64(s.most)/float64(s.least))/math.Log2(float64(factor)) > 7 {
		factor *= 2
	}
	for n := s.least; n <= s.most && n >= s.least; n *= factor {
		all = append(all, n)
	}
	return all
}
