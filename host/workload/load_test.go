package workload

import (
	"math/rand/v2"
	"slices"
	"testing"

	"tbraid/internal/block"
)

func TestLoad_Run(t *testing.T) {
	source := &Mix{}
	load := Load{Path: "/dev/rdisk5", Depth: 32, Source: source}
	for _, tt := range []struct {
		name string
		fail Op // that ends with EIO; SyncAll: none
		exit int
		want []Op
	}{
		{"works", SyncAll, 0, []Op{Open, Drive, Close}},
		{"no node", Open, 1, []Op{Open}},
		{"a request fails", Drive, 1, []Op{Open, Drive, Close}},
	} {
		f := &fake{fail: func(c Call) (Reply, bool) { return Reply{Err: EIO}, c.Op == tt.fail }}
		exit := load.Run(f)
		var got []Op
		for _, c := range f.calls {
			got = append(got, c.Op)
			if c.Op == Drive && (c.Depth != 32 || c.Source != source) {
				t.Errorf("%s: %+v", tt.name, c)
			}
		}
		if exit != tt.exit || !slices.Equal(got, tt.want) || len(f.out) != tt.exit {
			t.Errorf("%s: status %d, calls %v, output %q", tt.name, exit, got, f.out)
		}
	}
}

func TestMix_InOrder(t *testing.T) {
	m := Mix{Requests: 5, Blocks: 8, Region: block.Extent{Start: 100, Blocks: 30}, InOrder: true}
	var got []block.LBA
	for r, ok := m.Next(); ok; r, ok = m.Next() {
		if !r.Write || r.Extent.Blocks != 8 || r.After != 0 {
			t.Errorf("%+v", r)
		}
		got = append(got, r.Extent.Start)
	}
	if want := []block.LBA{100, 108, 116, 100, 108}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Shares and places are what they should be, within what chance allows: of 10,000
// requests the standard deviation of a share is below 50.
func TestMix_Drawn(t *testing.T) {
	hot := block.Extent{Start: 1000, Blocks: 64}
	m := Mix{Random: rand.New(rand.NewPCG(1, 2)), Requests: 10_000, Blocks: 8, Region: block.Extent{Start: 5000, Blocks: 8000},
		ReadPercent: 70, HotPercent: 50, Hot: hot}
	var reads, inHot, all int
	places := map[block.LBA]bool{}
	for r, ok := m.Next(); ok; r, ok = m.Next() {
		all++
		switch in := hot.Covers(r.Extent); {
		case in && r.Write || !in && !m.Region.Covers(r.Extent) || (r.Extent.Start-hot.Start)%8 != 0:
			t.Fatalf("%+v", r)
		case in:
			inHot++
		default:
			places[r.Extent.Start] = true
		}
		if !r.Write {
			reads++
		}
	}
	if all != 10_000 || reads < 6_800 || reads > 7_200 || inHot < 3_300 || inHot > 3_700 || len(places) < 990 {
		t.Errorf("%d requests, %d reads, %d of them hot, %d of 1,000 places", all, reads, inHot, len(places))
	}
}
