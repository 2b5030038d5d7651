package sim

import "time"

// Station is a resource that serves one request at a time in arrival order: a
// direction of a link, a controller's processor. Reserving it is arithmetic and
// costs no event. It may be reserved ahead only by a single feeder that asks in
// arrival order; where flows join, schedule an event first.
type Station struct {
	free Time
	busy time.Duration
}

// Reserve queues a request that arrives now behind those before it and returns
// when its service ends.
func (s *Station) Reserve(now Time, service time.Duration) (finish Time) {
	start := max(now, s.free)
	s.free = start.Add(service)
	s.busy += service
	return s.free
}

// Cancel takes the last reservation back, which began with the station free at
// that time.
func (s *Station) Cancel(free Time, service time.Duration) {
	s.free = free
	s.busy -= service
}

// Free is the time at which the last reservation ends.
func (s *Station) Free() Time { return s.free }

// Busy is the total service time reserved.
func (s *Station) Busy() time.Duration { return s.busy }

// Worked is the service time up to now, if nothing was reserved ahead of its
// arrival: what is reserved beyond is left out.
func (s *Station) Worked(now Time) time.Duration {
	return s.busy - max(0, s.free.Sub(now))
}

// Reset forgets what was reserved beyond now: the resource lost its power.
func (s *Station) Reset(now Time) {
	if s.free > now {
		s.busy -= s.free.Sub(now)
		s.free = now
	}
}
