package lab

import (
	"sort"

	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// maxFates bounds the cells of a Run.
const maxFates = 128

// Fate is a cell of the map of a run: how the blocks fare that WRITEs of the case
// had written when the event came, and those that were lost besides. Cells are in
// order of address and leave out what lies between; neighbours of which all blocks
// fare alike are one. Summed over the cells of a run, each class of loss is that
// of its Loss.
type Fate struct {
	LBA    uint64 `json:"lba"`        // of the first block
	Blocks uint64 `json:"blocks"`     // from the first to the last, with what lies between
	Kept   uint64 `json:"kept_bytes"` // written and not lost
	Loss
}

// marked is what a map tells apart before it looks at losses.
type marked struct {
	l       *ledger.Ledger
	open    func() bool // whether what is written still counts
	written block.Map[bool]
}

// Passing implements sam.Tap.
func (m *marked) Passing(sim.Time, *sam.Task) {}

// Returning implements sam.Tap.
func (m *marked) Returning(_ sim.Time, t *sam.Task) {
	if t.Version == 0 || t.Failure != sam.Delivered || t.Status != scsi.Good || !m.open() {
		return
	}
	m.written.Set(m.l.Written(t.Version).Payload, true)
}

// fates draws the map of a run from its losses, as last judged.
func (m *marked) fates(losses []ledger.Loss) []Fate {
	if m == nil {
		return nil
	}
	whole := m.written // no one writes in it any more
	var lost block.Map[bool]
	for _, l := range losses {
		whole.Set(l.Extent, true)
		lost.Set(l.Extent, true)
	}
	extents := whole.All(nil)
	all := cellsOf(extents)
	for _, e := range extents {
		for _, part := range lost.Append(nil, e.Extent) {
			if !part.Value {
				spread(all, part.Extent, func(f *Fate, in block.Extent) { f.Kept += in.Bytes() })
			}
		}
	}
	for _, l := range losses {
		spread(all, l.Extent, func(f *Fate, in block.Extent) {
			l.Extent = in
			f.add(l)
		})
	}
	return joined(all)
}

// joined joins neighbours of which all blocks fare alike.
func joined(all []Fate) []Fate {
	n := 0
	for i := 1; i < len(all); i++ {
		a, b := &all[n], &all[i]
		if a.plain() != 0 && a.plain() == b.plain() && a.LBA+a.Blocks == b.LBA {
			a.Blocks += b.Blocks
			a.Kept += b.Kept
			a.Violation += b.Violation
			a.Permitted += b.Permitted
			a.Collateral += b.Collateral
			a.InFlight += b.InFlight
			continue
		}
		n++
		all[n] = *b
	}
	return all[:min(n+1, len(all))]
}

// plain is how all blocks of a cell fare, as a number; 0 if they do not all fare
// alike.
func (f *Fate) plain() (how int) {
	for i, n := range [...]uint64{f.Kept, f.Violation, f.Permitted, f.Collateral, f.InFlight} {
		switch {
		case n > 0 && how > 0:
			return 0
		case n > 0:
			how = i + 1
		}
	}
	return how
}

// spread shares e out among the cells that it lies in.
func spread(all []Fate, e block.Extent, each func(f *Fate, in block.Extent)) {
	first := sort.Search(len(all), func(i int) bool { return block.LBA(all[i].LBA+all[i].Blocks) > e.Start })
	for i := first; i < len(all); i++ {
		in := e.Intersect(block.Extent{Start: block.LBA(all[i].LBA), Blocks: all[i].Blocks})
		if in.Empty() {
			return
		}
		each(&all[i], in)
	}
}

// cellsOf cuts extents into at most maxFates cells of as many blocks each.
func cellsOf(extents []block.Value[bool]) []Fate {
	var blocks uint64
	for _, e := range extents {
		blocks += e.Extent.Blocks
	}
	each := max((blocks+maxFates-1)/maxFates, 1)
	var all []Fate
	var room uint64 // in the last cell
	for _, v := range extents {
		for e := v.Extent; !e.Empty(); {
			if room == 0 {
				all, room = append(all, Fate{LBA: uint64(e.Start)}), each
			}
			n := min(room, e.Blocks)
			f := &all[len(all)-1]
			f.Blocks = uint64(e.Start) + n - f.LBA
			e = block.Between(e.Start+block.LBA(n), e.End())
			room -= n
		}
	}
	return all
}

// taps watch one seam together.
type taps []sam.Tap

// Passing implements sam.Tap.
func (all taps) Passing(now sim.Time, t *sam.Task) {
	for _, tap := range all {
		tap.Passing(now, t)
	}
}

// Returning implements sam.Tap.
func (all taps) Returning(now sim.Time, t *sam.Task) {
	for _, tap := range all {
		tap.Returning(now, t)
	}
}
