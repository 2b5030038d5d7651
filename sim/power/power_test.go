package power

import (
	"fmt"
	"slices"
	"testing"

	"tbraid/sim"
)

type lamp struct {
	name string
	log  *[]string
}

func (l lamp) PowerFail(now sim.Time)   { *l.log = append(*l.log, fmt.Sprint(now, " off ", l.name)) }
func (l lamp) PowerReturn(now sim.Time) { *l.log = append(*l.log, fmt.Sprint(now, " on ", l.name)) }

func TestSupply_OrderAndOnce(t *testing.T) {
	var s Supply
	var log []string
	s.Attach(Box, lamp{"controller", &log})
	s.Attach(Box, lamp{"disk", &log})
	s.Attach(Host, lamp{"host", &log})
	s.Fail(1, Box)
	s.Fail(2, Box, Host) // the box is down already
	s.Return(3, Box)
	want := []string{"0.000000 s off controller", "0.000000 s off disk", "0.000000 s off host",
		"0.000000 s on disk", "0.000000 s on controller"}
	if !slices.Equal(log, want) {
		t.Fatalf("got %q", log)
	}
}

func TestParse(t *testing.T) {
	for _, s := range []string{"box-power", "box-power/73h", "cable/1m30s", "box-power/1h30m", "host-power", "all-power", "cable",
		"restart", "restart:kext", "controller-reset", "firmware-crash", "disk-power:3", "disk-fail:0"} {
		e, err := Parse(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if e.String() != s {
			t.Errorf("%s prints as %s", s, e)
		}
	}
	for _, s := range []string{"", "boxpower", "restart:", "box-power:1", "disk-power", "disk-power:x",
		"disk-fail:-1", "box-power/0s", "box-power/soon", "restart/3s"} {
		if _, err := Parse(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}
