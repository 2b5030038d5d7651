package controller

import (
	"slices"
	"testing"

	"tbraid/cache/replace"
	"tbraid/firmware"
)

// Scattered WRITEs, of which stripe 6 is written twice: in which order they are
// destaged from the high mark on, one at a time, is the order of the policy.
func TestDestage_Orders(t *testing.T) {
	stripe := uint64(11 * 128)
	for _, c := range []struct {
		order firmware.Order
		want  []uint64
	}{
		{firmware.OldestFirst, []uint64{6, 2, 9, 4}},
		{firmware.FullestFirst, []uint64{9, 6, 2, 4}},
		{firmware.Elevator, []uint64{2, 4, 6, 9}},
		{firmware.WOW, []uint64{2, 4, 9, 6}},
	} {
		fw := honest()
		fw.Destage = firmware.Destage{HighPercent: 80, Depth: 1, Order: c.order}
		r := newRig(t, fw, raid5of12)
		r.write(6*stripe, 64)
		r.write(2*stripe, 64)
		r.write(9*stripe, 512)
		r.write(6*stripe+8, 64)
		r.write(4*stripe, 64)
		r.c.draining = true // as if the high mark had been met
		var got []uint64
		r.c.pump(r.k.Now())
		for r.c.inFlight > 0 {
			got = append(got, r.c.batches[0].Stripe)
			r.k.RunWhile(func() bool { return r.c.inFlight > 0 && r.c.batches[0].Stripe == got[len(got)-1] })
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: stripes %v, want %v", c.order, got, c.want)
		}
	}
}

// Pages that are read again and again beside a scan twice the size of the cache:
// LRU loses them to it, the policies that resist scans do not. What a policy
// file says of it reaches the cache.
func TestReplace_Scan(t *testing.T) {
	for _, c := range []struct {
		kind  replace.Kind
		stays bool
	}{{replace.LRU, false}, {replace.TwoQ, true}, {replace.ARC, true}, {replace.SIEVE, true}, {replace.S3FIFO, true}} {
		fw := honest()
		fw.Replace = c.kind
		r := newRig(t, fw, raid5of12)
		const hot, cache = 64 * 8, 1024 * 8 // blocks
		for range 3 {
			r.read(0, hot)
		}
		scan := uint64(1 << 16)
		for range 2 {
			for end := scan + cache; scan < end; scan += 64 {
				r.read(scan, 64)
			}
			if c.kind == replace.TwoQ { // it keeps only what comes back after it has left
				r.read(0, hot)
			}
		}
		before := r.c.array.counts.Reads
		r.read(0, hot)
		if stays := r.c.array.counts.Reads == before; stays != c.stays {
			t.Errorf("%v: the hot pages stay: %v", c.kind, stays)
		}
	}
}
