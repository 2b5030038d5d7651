package power

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// A part of two domains needs both.
func TestSupply_TwoDomains(t *testing.T) {
	var s Supply
	var log []string
	disk := lamp{"disk", &log}
	s.Attach(Box, disk)
	s.Attach(Disk(0), disk)
	s.Fail(1, Disk(0))
	s.Fail(2, Box)
	s.Return(3, Box)
	s.Return(4, Disk(0))
	if want := []string{"0.000000 s off disk", "0.000000 s on disk"}; !slices.Equal(log, want) {
		t.Fatalf("got %q", log)
	}
}

func TestParseSequence(t *testing.T) {
	for _, s := range []string{"box-power", "host-power+2s+box-power", "box-power/73h+1m25s+box-power", "disk-fail:0+0s+box-power",
		"host-power/1s+2s+restart:kext", "all-power+20ms+cable/1h+1m0.5s+firmware-crash"} {
		q, err := ParseSequence(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if again, err := ParseSequence(q.String()); q.String() != s || err != nil || !again.Equal(q) {
			t.Errorf("%s prints as %s", s, q)
		}
	}
	for s, want := range map[string]string{
		"boxpower":                                `0 unknown event "boxpower"`,
		"box-power+2s":                            "12 no event comes after the last time",
		"box-power+":                              `10 "" is no time`,
		"box-power+2s+":                           "13 an event is missing",
		"box-power+box-power":                     `10 "box-power" is no time`,
		"box-power+-2s+cable":                     `10 "-2s" is no time`,
		"box-power+2s+cabel":                      `13 unknown event "cabel"`,
		"box-power+2s+cable:1":                    `13 event "cable:1" cannot be read`,
		"host-power+2s+restart":                   "14 restart comes while the host has no power: let it come at least 58s later",
		"box-power+2s+controller-reset":           "13 controller-reset comes while the box has no power",
		"all-power/5s+2s+firmware-crash":          "16 firmware-crash comes while the box has no power",
		"disk-fail:1+2s+disk-power:1":             "15 disk-power:1 comes when member 1 has failed",
		"cable" + strings.Repeat("+1s+cable", 16): "144 more than 16 events",
	} {
		var fault *PartError
		_, err := ParseSequence(s)
		if !errors.As(err, &fault) || !strings.HasPrefix(fmt.Sprint(fault.Offset, " ", fault), want) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestParseCut(t *testing.T) {
	for _, s := range []string{"1.5s", "+250ms", "0s", "worst", "every"} {
		if c, err := ParseCut(s); err != nil || c.String() != s || c.Text() == "" {
			t.Errorf("%s: %v, %v", s, c, err)
		}
	}
	for _, s := range []string{"", "+", "1.5", "-1s", "+-1s", "++1s", "best", "20000h"} {
		if c, err := ParseCut(s); err == nil {
			t.Errorf("%q is read as %v", s, c)
		}
	}
}
