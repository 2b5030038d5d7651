package host

import (
	"slices"

	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// Memory says what the content of the box means. The model moves versions, not
// bytes; that a version of block 1 is a partition map is known here. It belongs
// to the scenario, not to the machine: a host that reads a version back learns
// from it what a real one would learn from the bytes, and learns nothing of a
// structure whose version is no longer on the device.
type Memory struct {
	notes map[block.Version][]note
	fills map[block.Version][]block.Run
}

// note is the meaning of some blocks of one version.
type note struct {
	extent block.Extent
	what   any // *workload.Meaning, or a structure of hfs.go or apfs.go
}

// NewMemory returns a Memory of nothing.
func NewMemory() *Memory {
	return &Memory{notes: map[block.Version][]note{}, fills: map[block.Version][]block.Run{}}
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

// filled notes what the WRITE of version v carried along beside its payload.
func (m *Memory) filled(v block.Version, rest []block.Run) { m.fills[v] = slices.Clone(rest) }

// Resolve appends found with every block that a WRITE only carried along shown as
// the version that supplied it.
func (m *Memory) Resolve(dst []block.Run, l *ledger.Ledger, found []block.Run) []block.Run {
	for _, r := range found {
		if !r.Version.Written() {
			dst = append(dst, r)
			continue
		}
		w := l.Written(r.Version)
		if w.Payload.Covers(r.Extent) || !w.Extent.Covers(r.Extent) {
			dst = append(dst, r) // all from the program, or strayed here by a fault
			continue
		}
		dst = m.split(dst, r, w.Payload)
	}
	return dst
}

// split resolves a run that is payload in part. What filled the rest was
// resolved when it was read.
func (m *Memory) split(dst []block.Run, r block.Run, payload block.Extent) []block.Run {
	before := block.Between(r.Extent.Start, min(r.Extent.End(), payload.Start))
	after := block.Between(max(r.Extent.Start, payload.End()), r.Extent.End())
	dst = m.carried(dst, r.Version, before)
	if in := r.Extent.Intersect(payload); !in.Empty() {
		dst = append(dst, block.Run{Extent: in, Version: r.Version})
	}
	return m.carried(dst, r.Version, after)
}

func (m *Memory) carried(dst []block.Run, v block.Version, e block.Extent) []block.Run {
	for _, f := range m.fills[v] {
		if in := f.Extent.Intersect(e); !in.Empty() {
			dst = append(dst, block.Run{Extent: in, Version: f.Version})
		}
	}
	return dst
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
