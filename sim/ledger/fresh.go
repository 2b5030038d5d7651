package ledger

import "tbraid/internal/block"

// fresh is what was acknowledged since the last flush was asked for: what the
// next one covers. Most runs ask seldom and write much, so it is a list that ends
// when it has grown past a part of the runs that there are; what it would have
// told, the standings of all blocks then tell as cheaply.
type fresh struct {
	acked []block.Run
	over  bool // the list has ended
}

// fewFresh are listed however few runs there are.
const fewFresh = 1024

// forgotten stands for a version that was: older than any that is known.
const forgotten block.Version = 1

// add is told that version v of e is acknowledged, and how many runs there are.
func (f *fresh) add(e block.Extent, v block.Version, runs int) {
	if f.over || e.Empty() {
		return
	}
	if len(f.acked) >= max(fewFresh, runs/4) {
		f.over = true
		return
	}
	f.acked = append(f.acked, block.Run{Extent: e, Version: v})
}

// take returns what has been acknowledged, after that many flushes had been asked
// for, and begins anew; nil if that is nothing.
func (f *fresh) take(t *stands, asked uint32) *block.Map[block.Version] {
	owed := &block.Map[block.Version]{}
	if f.over {
		for p, ok := t.runs.Next(0); ok; p, ok = t.runs.Next(p.Extent.End()) {
			switch s := t.of(p.Value); {
			case s.acked != 0 && s.asked == asked:
				owed.Set(p.Extent, s.acked)
			case s.lacks():
				owed.Set(p.Extent, forgotten)
			}
		}
	}
	for _, r := range f.acked {
		if !f.over {
			owed.Set(r.Extent, r.Version)
		}
	}
	f.acked, f.over = f.acked[:0], false
	if owed.Len() == 0 {
		return nil
	}
	return owed
}

// lacks tells whether a flush would add something to what is known of versions that
// were forgotten: a promise, or that it was carried out.
func (s *standing) lacks() bool { return s.settled == written || s.settled == promised && !s.firm }
