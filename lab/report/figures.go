package report

import (
	"fmt"
	"slices"
	"strconv"

	"tbraid/lab"
)

// figures lists what the tools took and what the box had to do for them. Up to the
// event the runs of a case under one host and policy are one: the first stands for
// all. Policies of equal figures share a row.
func (p *page) figures(r *lab.Result) {
	tools := pageTable{ID: "tools", Title: "Speed and latency", Text: "Of each command line before the event, as the host saw it: READs and WRITEs, and " +
		"SYNCHRONIZE CACHE (flushes), from when they were sent until their status was back. MB is 10^6 bytes."}
	tools.Head = append(columns("host", "policy"), numbers("MB/s", "IOPS", "p50", "p90", "p99", "p99.9", "max", "flushes", "flush p99")...)
	box := pageTable{ID: "usage", Title: "What the box had to do", Text: "Up to the event. Busy shares are of the time in which command lines ran; " +
		"members: the busiest. Amplification is bytes written to members for each byte that the host wrote, as far as they had been written by then."}
	box.Head = append(columns("host", "policy"), numbers("link out", "link in", "controller", "members", "written", "amplification", "read hits", "most dirty")...)
	seen := map[[3]string]bool{}
	for i := range r.Runs {
		run := &r.Runs[i]
		key := [3]string{run.Case, run.Host, run.Policy}
		if seen[key] {
			continue
		}
		seen[key] = true
		for j := range run.Tools {
			if t := &run.Tools[j]; run.Event == "" || t.StartNS < run.EventNS {
				tools.add(run.Case+": "+t.Line, run, toolFigures(t))
			}
		}
		box.add(run.Case, run, usageFigures(&run.Usage))
	}
	for _, t := range []pageTable{tools, box} {
		if len(t.Groups) > 0 {
			p.Tables = append(p.Tables, t)
		}
	}
}

// changesText says how to read what was tried.
const changesText = "One thing changed at a time, and each line played again from the start. At once: the event comes at the instant at which the " +
	"last command line before it has ended. What keeps everything comes first. MB/s and p99 (of READs and WRITEs) are of the command line that is " +
	"changed; beside them the price against the run as it is."

// changes lists what was tried to keep what is lost, and its price.
func (p *page) changes(r *lab.Result) {
	if len(r.Changes) == 0 {
		return
	}
	t := pageTable{ID: "change", Title: "What would have helped", Text: changesText, Head: changeColumns()}
	for i := range r.Changes {
		c := &r.Changes[i]
		t.Groups = append(t.Groups, pageGroup{Options{}.changeTitle(c), changeRows(c)})
	}
	p.Changes = append(p.Changes, t)
}

func changeColumns() []column {
	return append(columns("change", "at the event", "at once"), numbers("MB/s", "speed", "p99", "latency")...)
}

// changeRows are the run as it is, and what was tried.
func changeRows(c *lab.Change) [][]string {
	o := Options{}
	var rows [][]string
	for _, t := range append([]lab.Trial{c.AsIs}, c.Tried...) {
		asIs := &t
		if len(rows) > 0 {
			asIs = &c.AsIs
		}
		var row []string
		for _, cell := range o.trialRow(&t, asIs) {
			row = append(row, fmt.Sprint(cell))
		}
		last := len(row) - 1
		rows = append(rows, append([]string{row[last]}, row[:last]...))
	}
	return rows
}

// add adds a row to a group, or a policy to the row of its host with the same
// figures.
func (t *pageTable) add(group string, run *lab.Run, figures []string) {
	k := slices.IndexFunc(t.Groups, func(g pageGroup) bool { return g.Name == group })
	if k < 0 {
		k = len(t.Groups)
		t.Groups = append(t.Groups, pageGroup{Name: group})
	}
	g := &t.Groups[k]
	for _, row := range g.Rows {
		if row[0] == run.Host && slices.Equal(row[2:], figures) {
			row[1] += ", " + run.Policy
			return
		}
	}
	g.Rows = append(g.Rows, append([]string{run.Host, run.Policy}, figures...))
}

func columns(names ...string) (all []column) {
	for _, n := range names {
		all = append(all, column{Name: n})
	}
	return all
}

func numbers(names ...string) (all []column) {
	for _, n := range names {
		all = append(all, column{n, true})
	}
	return all
}

func toolFigures(t *lab.Tool) []string {
	l := &t.Latency
	row := []string{rate(t.Rate), strconv.FormatUint(t.IOPS, 10)}
	for _, ns := range []int64{l.P50, l.P90, l.P99, l.P999, l.Max} {
		row = append(row, lasting(ns, l.Count))
	}
	return append(row, strconv.FormatUint(t.Flush.Count, 10), lasting(t.Flush.P99, t.Flush.Count))
}

func usageFigures(u *lab.Usage) []string {
	var busiest uint32
	for _, m := range u.MembersPPM {
		busiest = max(busiest, m)
	}
	var most uint64
	for _, d := range u.Dirty {
		most = max(most, d.Bytes)
	}
	hits := "-"
	if all := u.CacheHitBlocks + u.CacheMissBlocks; all > 0 {
		hits = percent(int64(u.CacheHitBlocks), int64(all))
	}
	amplified := "-"
	if u.HostBytesWritten > 0 {
		amplified = fmt.Sprintf("%.2f", float64(u.WriteAmplificationPPM)/1e6)
	}
	return []string{ppm(u.LinkOutPPM), ppm(u.LinkInPPM), ppm(u.ControllerPPM), ppm(busiest), amount(u.HostBytesWritten), amplified, hits, amount(most)}
}

// lasting is a time; a dash if there were none to take it.
func lasting(ns int64, count uint64) string {
	if count == 0 {
		return "-"
	}
	return Options{}.took(ns)
}

// ppm is a share in percent.
func ppm(n uint32) string { return percent(int64(n), 1e6) }
