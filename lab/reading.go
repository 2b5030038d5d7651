package lab

import (
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// reader sorts what tools found by what they should have found: the newest
// version that was acknowledged for each block.
type reader struct {
	l      *ledger.Ledger
	newest *block.Map[block.Version]
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
			case run.Version >= want.Value:
				r.found.Correct += n
			case r.l.Zeros(run.Version):
				r.found.Zeros += n
			default:
				r.found.Old += n
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

// plus adds two readings; either may be nil.
func (f *Reading) plus(o *Reading) *Reading {
	switch {
	case f == nil:
		return o
	case o == nil:
		return f
	}
	sum := Reading{Correct: f.Correct + o.Correct, Old: f.Old + o.Old, Zeros: f.Zeros + o.Zeros,
		Wrong: f.Wrong + o.Wrong, Missing: f.Missing + o.Missing}
	sum.Word = sum.word()
	return &sum
}
