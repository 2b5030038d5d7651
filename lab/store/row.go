package store

import (
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/lab"
)

// run is a row of the table of runs; the lost extents of its Run are in pages.
type run struct {
	ID     uint32
	result *result
	lab.Run
	listed uint64 // lost extents that the result had of it
}

func (r *run) number() uint32 { return r.ID }

// program is what runs in a step; empty if nothing does.
func (r *run) program(step int) string {
	if step < 0 || step >= len(r.Steps) || r.Steps[step].Kind != "run" {
		return ""
	}
	t, err := workload.Parse(r.Steps[step].Text)
	if err != nil {
		return ""
	}
	return t.Name
}

// tool is a row of the table of tools: a command line of a run.
type tool struct {
	ID  uint32
	run *run
	lab.Tool
}

func (t *tool) number() uint32 { return t.ID }

// cause is a row of the table of causes: one reason for loss in a run.
type cause struct {
	ID  uint32
	run *run
	lab.Cause
}

func (c *cause) number() uint32 { return c.ID }

// policy is a row of the table of policies: how one fared over all runs.
type policy struct {
	ID     uint32
	result *result
	lab.Named
	runs, losing, broken uint64 // how many there are, lose acknowledged bytes, and break a promise
	worst                uint64 // acknowledged bytes lost in the run that lost most
	slowest              uint64 // rate of the slowest run that has one
}

func (p *policy) number() uint32 { return p.ID }

func (p *policy) add(r *lab.Run) {
	p.runs++
	lost := r.Loss.Acknowledged()
	if lost > 0 {
		p.losing++
	}
	if r.Loss.Violation > 0 {
		p.broken++
	}
	p.worst = max(p.worst, lost)
	if r.Rate > 0 && (p.slowest == 0 || r.Rate < p.slowest) {
		p.slowest = r.Rate
	}
}

// lost is a lost extent, or the part of one that was asked for.
type lost struct {
	*page
	i    int
	part block.Extent
}
