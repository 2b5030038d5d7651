package lab

import (
	"reflect"
	"slices"
	"testing"

	"tbraid/configs"
)

// TestRivals_HopelessRunsShowNothing plays runs to their end that were ended because
// nothing that was hoped for could be seen in them any more.
func TestRivals_HopelessRunsShowNothing(t *testing.T) {
	s, err := configs.Parse("hope.yaml", []byte(`
title: hope
box: tb3-12x6tb-raid5
hosts: [dext]
policies: [wb-flush-all]
events: [restart:kext, box-power]
steps:
  - prefill: {extent: 0+16MiB, with: pattern}
  - run: dd if=/dev/random of=/dev/disk5 bs=1m count=8
  - wait: 250ms
  - event: each
  - run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=8
  - run: dd if=/dev/disk5 of=/tmp/readback bs=1m count=16
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Policies = configs.AllPolicies()
	all := matrix(s, Options{})
	whole, err := perform(all, 0)
	if err != nil {
		t.Fatal(err)
	}
	ended := map[bool]int{}
	for _, words := range [][]string{{"correct"}, {"old", "zeros"}, {"missing"}} {
		for i := range all {
			all[i].hope = words
		}
		runs, err := complete(all, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range runs {
			early := runs[i].EndNS == 0
			ended[early]++
			switch {
			case !early && !reflect.DeepEqual(runs[i], whole[i]):
				t.Errorf("%s: hope for %q changes the run", all[i].title(), words)
			case early && sees(&whole[i], words...):
				t.Errorf("%s: ended without hope for %q, and reads %q", all[i].title(), words, whole[i].ReadAfter.Word)
			case early && !slices.Contains([]string{"correct", "old", "zeros", "mixed"}, whole[i].ReadAfter.Word):
				t.Errorf("%s: ended, and reads %q", all[i].title(), whole[i].ReadAfter.Word)
			}
		}
	}
	if ended[true] == 0 || ended[false] == 0 {
		t.Errorf("%d runs were ended, %d were not", ended[true], ended[false])
	}
	t.Log(ended)
}
