package controller

import (
	"tbraid/firmware"
	"tbraid/sim"
)

// stage is how far a stripe write is between its reads and its writes.
type stage uint8

const (
	fresh   stage = iota // the content of its writes is not made yet
	filled               // it is, and nothing is on record
	waiting              // for room in the log
	logging              // the log entry is being written
	noted                // on record: the stripe may be written
)

// note puts on record that a stripe is about to be written, as the firmware does
// it, and reports true if the write may go on at once.
func (a *Array) note(now sim.Time, j *job) bool {
	switch a.hole {
	case firmware.HoleBitmap:
		a.marks.begin(j.stripe)
	case firmware.HolePPL:
		if !a.log(now, j) {
			return false
		}
	}
	j.stage = noted
	return true
}

// strike takes a stripe write that has ended off the record, or where members have
// volatile caches leaves it there until a flush has ended that begins from now on.
func (a *Array) strike(j *job) {
	switch {
	case a.hole == firmware.HoleBitmap && a.caches:
		a.marks.end(j.stripe, a.flushes)
	case a.hole == firmware.HoleBitmap:
		a.marks.clear(j.stripe)
	case j.entry != nil && a.caches:
		j.entry.state, j.entry.flushes = written, a.flushes
	case j.entry != nil:
		j.entry.state = settled
	}
}

// flushed takes off the record what a flush of that number, counted from 1, has
// made durable: the writes that had ended before it began.
func (a *Array) flushed(number uint64) {
	if a.hole == firmware.HoleBitmap {
		a.marks.flushed(number)
	}
	for m := range a.logs {
		for i := range a.logs[m].slots {
			if e := &a.logs[m].slots[i]; e.state == written && e.flushes < number {
				e.state = settled
			}
		}
	}
}
