package report

import (
	"fmt"
	"strings"
	"time"

	"tbraid/lab"
)

// glossary says in plain words what the hosts and policies of the tables are.
func (p *printer) glossary(r *lab.Result) {
	label := "WORDS"
	for _, h := range r.Hosts {
		p.item(label, h.Name+": "+p.o.say(h.Title)+".")
		label = ""
	}
	for i := range r.Firmware {
		p.item(label, r.Firmware[i].Name+": "+habits(&r.Firmware[i])+".")
		label = ""
	}
}

// habits says what a box with that policy does.
func habits(f *lab.PolicyInfo) string {
	if f.InForce == "write-through" {
		return "the box says \"done\" when the data are on the disks: slow, and nothing to lose"
	}
	all := []string{"the box says \"done\" when the data are in its memory"}
	switch f.Protection {
	case "battery":
		all = append(all, "a battery keeps that memory for "+spoken(f.HoldUpNS))
	case "flash":
		all = append(all, "when the power goes it is copied to flash, with energy stored for that")
	default:
		all = append(all, "without power that memory forgets")
	}
	for _, d := range []struct {
		ns   int64
		text string
	}{
		{f.AgeNS, "data go to the disks when they are %s old"},
		{f.IntervalNS, "everything goes to the disks every %s"},
		{f.IdleNS, "data go to the disks when the computer has been silent for %s"},
	} {
		if d.ns > 0 {
			all = append(all, fmt.Sprintf(d.text, spoken(d.ns)))
		}
	}
	if f.OnRead {
		all = append(all, "what is read goes to the disks first")
	}
	switch {
	case f.Sync == "ack" && f.Protection == "none":
		all = append(all, "told to bring everything to the disks, it says yes and does nothing")
	case f.Sync == "fail":
		all = append(all, "it refuses when it is told to bring everything to the disks")
	case f.Sync == "flush-cache" && f.MemberCaches:
		all = append(all, "told to bring everything to the disks, it leaves the memories of the disks out")
	}
	return strings.Join(all, "; ")
}

// spoken is a time as people say it.
func spoken(ns int64) string {
	d := time.Duration(ns)
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d >= unit.of && d%unit.of == 0 {
			return fmt.Sprintf("%d %s", d/unit.of, unit.name)
		}
	}
	return d.String()
}
