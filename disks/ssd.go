package disks

import (
	"time"

	"tbraid/internal/block"
	"tbraid/sim"
)

// ssd is flash behind one bus: an access moves its blocks over the bus, which
// all channels share, and then takes the latency of its kind. The drive starts
// no more accesses at once than there are channels.
type ssd struct {
	bus     sim.Station
	rate    rate
	read    time.Duration
	program time.Duration
	page    block.LBA
	next    block.LBA
}

func newSSD(s Spec) *ssd {
	return &ssd{rate: rateOf(s.Bandwidth), read: s.ReadLatency, program: s.ProgramLatency,
		page: block.LBA(s.Tear / block.Size)}
}

func (s *ssd) buffered(sim.Time, block.Extent) bool { return false }

func (s *ssd) position() block.LBA { return s.next }

func (s *ssd) reset() { s.bus, s.next = sim.Station{}, 0 }

func (s *ssd) access(now sim.Time, op Op, e block.Extent) (begin, end sim.Time) {
	move := s.rate.time(e.Bytes())
	moved := s.bus.Reserve(now, move)
	s.next = e.End()
	latency := s.read
	if op == Write {
		latency = s.program
		if !aligned(e, s.page) {
			latency += s.read // the rest of the page
		}
	}
	return moved.Add(-move), moved.Add(latency)
}
