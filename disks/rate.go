package disks

import (
	"math/bits"
	"time"

	"tbraid/internal/divisor"
)

// rate is bytes a second.
type rate struct{ divisor.Divisor }

func rateOf(bytesPerSec uint64) rate { return rate{divisor.New(bytesPerSec)} }

// time is how long bytes take, rounded down to nanoseconds.
func (r rate) time(bytes uint64) time.Duration {
	hi, nanos := bits.Mul64(bytes, uint64(time.Second))
	if hi != 0 { // beyond 18 GB
		quotient, _ := bits.Div64(hi, nanos, r.By())
		return time.Duration(quotient)
	}
	return time.Duration(r.Quotient(nanos))
}
