package host

import (
	"time"

	"tbraid/scsi"
)

// Stopwatch is told how long each command took that moves data or flushes and
// that ended with GOOD: from when the block stack first sent it until its status
// was back, retries and the pauses before them included.
type Stopwatch interface {
	Took(class scsi.Class, d time.Duration)
}

// Time sets who is told; nil is nobody.
func (s *System) Time(w Stopwatch) { s.watch = w }
