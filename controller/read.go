package controller

import (
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// beginRead answers from the cache what is there and fetches the rest from the
// members. What a firmware does on reads beside answering them is decided here
// too: some destage what a READ touches.
func (c *Controller) beginRead(now sim.Time, cmd *command) {
	if c.lost() { // an offline volume does not answer from its cache either
		c.finish(now, cmd, scsi.CheckCondition, scsi.SenseUnrecoveredRead)
		return
	}
	cmd.state = fetching
	cmd.mark, cmd.unsure = c.cache.Mark(), c.strays > 0
	if c.fw.Destage.OnRead && c.cache.DirtyIn(cmd.extent) {
		c.hurry(cmd.extent, false, ledger.ByRead)
		c.pump(now)
	}
	sequential := cmd.extent.Start == c.stream
	c.stream = cmd.extent.End()
	var hit bool
	cmd.found, hit = c.cache.Lookup(cmd.found[:0], cmd.extent)
	c.hitBlocks += cmd.extent.Blocks
	if hit {
		c.found(now, cmd)
		return
	}
	c.missing = c.cache.Missing(c.missing[:0], cmd.extent)
	for _, e := range c.missing {
		c.hitBlocks -= e.Blocks
		c.missedBlocks += e.Blocks
	}
	if n := len(c.missing) - 1; sequential && c.missing[n].End() == cmd.extent.End() {
		c.missing[n].Blocks += c.ahead(cmd.extent.End())
	}
	cmd.pieces = len(c.missing)
	for _, e := range c.missing {
		c.array.Read(now, cmd.ref, e)
	}
}

// ahead is how many blocks beyond a sequential READ are read with it.
func (c *Controller) ahead(end block.LBA) uint64 {
	n := min(c.fw.ReadAhead/block.Size, c.Blocks()-uint64(end))
	if n == 0 || c.cache.DirtyIn(block.Extent{Start: end, Blocks: n}) {
		return 0
	}
	return n
}

// Found is called by the array with the content of e, which a READ missed; ok is
// false if it could not be read.
func (c *Controller) Found(now sim.Time, ref uint32, e block.Extent, runs []block.Run, ok bool) {
	cmd := &c.commands[ref]
	if cmd.state != fetching {
		return // the command was taken away by a reset
	}
	if ok {
		c.keep(now, cmd, e, runs)
		for _, r := range runs {
			if part := r.Extent.Intersect(cmd.extent); !part.Empty() {
				cmd.found = append(cmd.found, block.Run{Extent: part, Version: r.Version})
			}
		}
	} else {
		cmd.failed = true
	}
	if cmd.pieces--; cmd.pieces > 0 {
		return
	}
	if cmd.failed {
		sense := scsi.SenseUnrecoveredRead
		sense.Valid, sense.Info = true, uint64(cmd.extent.Start)
		c.finish(now, cmd, scsi.CheckCondition, sense)
		return
	}
	c.found(now, cmd)
}

// keep puts what was read into the cache; under some firmware dirty pages give
// way to it.
func (c *Controller) keep(now sim.Time, cmd *command, e block.Extent, runs []block.Run) {
	if !cmd.unsure {
		c.cache.Fill(e, runs, cmd.mark)
	}
	if s := c.cache.Stats(); c.fw.Destage.OnPressure && s.Pages >= s.CapacityPages {
		c.pressed = true // the next page read wants the place of the oldest, dirty or not
		c.pump(now)
	}
}

// found answers a READ of which every block is known.
func (c *Controller) found(now sim.Time, cmd *command) {
	sortRuns(cmd.found)
	t := cmd.task
	at := cmd.extent.Start
	t.Found = t.Found[:0]
	for _, r := range cmd.found {
		if r.Extent.Start != at {
			panic("controller: a READ is answered with a gap or twice")
		}
		at = r.Extent.End()
		if n := len(t.Found) - 1; n >= 0 && t.Found[n].Version == r.Version {
			t.Found[n].Extent.Blocks += r.Extent.Blocks
			continue
		}
		t.Found = append(t.Found, r)
	}
	if at != cmd.extent.End() {
		panic("controller: a READ is answered in part")
	}
	c.good(now, cmd)
}

// sortRuns sorts by address. Runs come nearly sorted, and there are few.
func sortRuns(runs []block.Run) {
	for i := 1; i < len(runs); i++ {
		for j := i; j > 0 && runs[j].Extent.Start < runs[j-1].Extent.Start; j-- {
			runs[j], runs[j-1] = runs[j-1], runs[j]
		}
	}
}
