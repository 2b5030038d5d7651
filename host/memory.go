package host

import (
	"tbraid/host/workload"
	"tbraid/internal/block"
)

// Memory says what the content of the box means. The model moves versions, not
// bytes; that a version of block 1 is a partition map is known here. It belongs
// to the scenario, not to the machine: a host that reads a version back learns
// from it what a real one would learn from the bytes, and learns nothing of a
// structure whose version is no longer on the device.
type Memory struct {
	notes map[block.Version][]note
}

// note is the meaning of some blocks of one version.
type note struct {
	extent block.Extent
	what   any // *workload.Meaning, or a structure of hfs.go or apfs.go
}

// NewMemory returns a Memory of nothing.
func NewMemory() *Memory {
	return &Memory{notes: map[block.Version][]note{}}
}

// Meaning is what the block at a says if it holds version v; nil is nothing that
// a partition map or volume header would be recognised by.
func (m *Memory) Meaning(v block.Version, a block.LBA) *workload.Meaning {
	w, _ := m.at(v, a).(*workload.Meaning)
	return w
}

func (m *Memory) at(v block.Version, a block.LBA) any {
	notes := m.notes[v]
	for i := len(notes) - 1; i >= 0; i-- { // of two calls that one WRITE carried, the later
		if notes[i].extent.Contains(a) {
			return notes[i].what
		}
	}
	return nil
}

// learn notes that the blocks of e mean what, where they hold version v. Of two
// notes on one block the later stands; nil takes an earlier one back.
func (m *Memory) learn(v block.Version, e block.Extent, what any) {
	if what != nil || len(m.notes[v]) > 0 {
		m.notes[v] = append(m.notes[v], note{e, what})
	}
}

// overlay appends rest, which is in order, with the blocks of e holding v.
func overlay(dst, rest []block.Run, e block.Extent, v block.Version) []block.Run {
	placed := false
	for _, r := range rest {
		if before := block.Between(r.Extent.Start, min(r.Extent.End(), e.Start)); !before.Empty() {
			dst = append(dst, block.Run{Extent: before, Version: r.Version})
		}
		if !placed && r.Extent.End() > e.Start {
			dst, placed = append(dst, block.Run{Extent: e, Version: v}), true
		}
		if after := block.Between(max(r.Extent.Start, e.End()), r.Extent.End()); !after.Empty() {
			dst = append(dst, block.Run{Extent: after, Version: r.Version})
		}
	}
	return dst
}

// means tells whether every block of e holds a version that means what.
func (m *Memory) means(runs []block.Run, e block.Extent, what any) bool {
	at := e.Start
	for _, r := range runs {
		in := r.Extent.Intersect(e)
		if in.Empty() {
			continue
		}
		if m.at(r.Version, in.Start) != what || m.at(r.Version, in.End()-1) != what {
			return false
		}
		at = in.End()
	}
	return at == e.End()
}

// outside is the part of runs beside e.
func outside(runs []block.Run, e block.Extent) []block.Run {
	var beside []block.Run
	for _, r := range runs {
		for _, part := range []block.Extent{
			block.Between(r.Extent.Start, min(r.Extent.End(), e.Start)),
			block.Between(max(r.Extent.Start, e.End()), r.Extent.End()),
		} {
			if !part.Empty() {
				beside = append(beside, block.Run{Extent: part, Version: r.Version})
			}
		}
	}
	return beside
}
