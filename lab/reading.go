package lab

import (
	"slices"

	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// reader sorts what tools found by what they should have found: the newest
// version that was acknowledged for each block.
type reader struct {
	l      *ledger.Ledger
	newest *block.Map[block.Version]
	filled []block.Version // what a prefill supplied
	found  Reading
	parts  []block.Value[block.Version]
}

// newReader expects acked, which was acknowledged before the tool began, for what
// others write while it reads it may see or not; and what failed without its tool
// being told: for that tool it is written.
func newReader(l *ledger.Ledger, acked *block.Map[block.Version], silent func(ledger.Failure) bool) *reader {
	r := &reader{l: l, newest: acked}
	for _, f := range l.Failures() {
		if !silent(f) {
			continue
		}
		for _, old := range r.newest.Append(nil, f.Payload) {
			if old.Value < f.Version {
				r.newest.Set(old.Extent, f.Version)
			}
		}
	}
	return r
}

func (r *reader) add(runs []block.Run) {
	for _, run := range runs {
		r.parts = r.newest.Append(r.parts[:0], run.Extent)
		for _, want := range r.parts {
			n := want.Extent.Bytes()
			switch {
			case !run.Version.Written() && run.Version != 0:
				r.found.Wrong += n
				r.found.note(readsWrong, want.Extent.Start)
			case run.Version >= want.Value:
				r.found.Correct += n
				r.found.note(readsCorrect, want.Extent.Start)
			case r.l.Zeros(run.Version):
				r.found.Zeros += n
				r.found.note(readsZeros, want.Extent.Start)
			default:
				r.found.Old += n
				r.found.note(readsOld, want.Extent.Start)
				if slices.Contains(r.filled, run.Version) {
					r.found.Filled += n
				}
			}
		}
	}
}

// result names what was found in one word; nil if nothing was read.
func (r *reader) result() *Reading {
	f := r.found
	f.Word = f.word()
	if f.Word == "" {
		return nil
	}
	return &f
}

func (f *Reading) word() string {
	kinds, word := 0, ""
	for _, k := range []struct {
		bytes uint64
		word  string
	}{{f.Correct, "correct"}, {f.Old, "old"}, {f.Zeros, "zeros"}, {f.Wrong, "wrong"}, {f.Missing, "missing"}} {
		if k.bytes > 0 {
			kinds++
			word = k.word
		}
	}
	if kinds > 1 {
		return "mixed"
	}
	return word
}

// Plus adds two readings; either may be nil.
func (f *Reading) Plus(o *Reading) *Reading {
	switch {
	case f == nil:
		return o
	case o == nil:
		return f
	}
	sum := Reading{Correct: f.Correct + o.Correct, Old: f.Old + o.Old, Zeros: f.Zeros + o.Zeros,
		Wrong: f.Wrong + o.Wrong, Missing: f.Missing + o.Missing, Filled: f.Filled + o.Filled, first: f.first}
	for k, at := range o.first {
		if at > 0 {
			sum.note(k, at-1)
		}
	}
	sum.Word = sum.word()
	return &sum
}

// The kinds of content of which a Reading knows where it begins.
const (
	readsCorrect = iota
	readsOld
	readsZeros
	readsWrong
	readingKinds
)

var readingWords = [readingKinds]string{"correct", "old", "zeros", "wrong"}

// note remembers the lowest block of a kind.
func (f *Reading) note(kind int, at block.LBA) {
	if f.first[kind] == 0 || at < f.first[kind]-1 {
		f.first[kind] = at + 1
	}
}

// First is the lowest block of those that read as correct, old, zeros or wrong.
func (f *Reading) First(word string) (block.LBA, bool) {
	i := slices.Index(readingWords[:], word)
	if i < 0 || f.first[i] == 0 {
		return 0, false
	}
	return f.first[i] - 1, true
}

// OverZeros is the same reading of a disk on which every prefill had been zeros. What
// a prefill put there changes no command and no time, so no other run is needed.
func (f Reading) OverZeros() Reading {
	f.Old, f.Zeros, f.Filled = f.Old-f.Filled, f.Zeros+f.Filled, 0
	if at := f.first[readsOld]; at > 0 && f.Zeros > 0 {
		f.note(readsZeros, at-1)
		if f.Old == 0 {
			f.first[readsOld] = 0
		}
	}
	f.Word = f.word()
	return f
}
