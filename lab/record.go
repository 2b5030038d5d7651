package lab

import (
	"tbraid/configs"
	"tbraid/host"
	"tbraid/internal/block"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// LedgerSchema names the form of the lines of a ledger as JSON. Fields are only
// ever added.
const LedgerSchema = "tbraid.ledger/1"

// Record is all that passed the seams in one run, and all that became of the
// blocks, in order.
type Record struct {
	Number   int // of the run in a Result
	Run      *Run
	Start    sim.Time // of the first step; what a ledger has of the blocks begins here
	Events   []Moment
	Commands []LogLine     // at driver, target and disks
	Facts    []ledger.Fact // of all blocks of the volume
	Losses   []ledger.Loss // as last judged, all of them

	Link    host.LinkSpec
	Members int
	// StripeBlocks is how many blocks of the volume a stripe holds.
	StripeBlocks uint64

	written func(v block.Version) ledger.Write
}

// Moment is an event, when it came.
type Moment struct {
	At   sim.Time
	Name string
}

// Written is the WRITE that gave its blocks version v.
func (r *Record) Written(v block.Version) ledger.Write { return r.written(v) }

// RunCount is how many runs a scenario has, its controls aside.
func RunCount(s *configs.Scenario) int { return len(matrix(s, Options{})) }

// Records plays the runs of a scenario, its controls aside, and hands out what
// happened in each, in their order, one at a time: a record can be large. The runs
// are those of Simulate.
func Records(s *configs.Scenario, o Options, each func(*Record) error) error {
	o.Seams = Seams{Driver: true, Target: true, Disks: true}
	for i, p := range matrix(s, o) {
		cut, worst, err := resolveCut(p)
		if err != nil {
			return err
		}
		p.cut = cut
		r, err := p.record()
		if err != nil {
			return err
		}
		r.Number, r.Run.Worst = i, worst
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

// record plays a plan with an eye on every block.
func (p plan) record() (*Record, error) {
	layout, err := p.hardware.Layout()
	if err != nil {
		return nil, err
	}
	t := &tale{whole: true}
	if err := p.tell(t, []block.Extent{{Blocks: layout.VolumeBlocks()}}); err != nil {
		return nil, err
	}
	r := &Record{Run: &t.w.run, Start: t.start, Commands: t.w.run.CommandLog, Facts: inOrder(t.facts), Losses: t.w.losses,
		Link: p.hardware.Link, Members: p.hardware.Members, StripeBlocks: layout.StripeBlocks(), written: t.w.l.Written}
	if t.cut != 0 {
		r.Events = append(r.Events, Moment{t.cut, t.first})
	}
	for _, e := range t.later {
		r.Events = append(r.Events, Moment{t.start + sim.Time(e.AtNS), e.Text})
	}
	return r, nil
}
