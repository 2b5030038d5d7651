package controller

import (
	"tbraid/controller/raid"
	"tbraid/disks"
	"tbraid/internal/block"
)

// Content appends what a READ of e would find now, without an event: the cache
// over the members. It is for judging, and for tests.
func (c *Controller) Content(dst []block.Run, e block.Extent) []block.Run {
	e = e.Intersect(block.Extent{Blocks: c.Blocks()})
	if c.array.Lost() {
		return append(dst, block.Run{Extent: e, Version: block.Unread})
	}
	first := len(dst)
	dst = c.cache.Peek(dst, e)
	at := e.Start
	for _, r := range append([]block.Run(nil), dst[first:]...) {
		dst = c.array.Content(dst, block.Between(at, r.Extent.Start))
		at = r.Extent.End()
	}
	dst = c.array.Content(dst, block.Between(at, e.End()))
	sortRuns(dst[first:])
	return dst
}

// Content appends what the members hold in e, rebuilt where one is missing.
// Where too many are missing the blocks are Unread.
func (a *Array) Content(dst []block.Run, e block.Extent) []block.Run {
	if e.Empty() {
		return dst
	}
	steps, err := a.layout.PlanRead(nil, e, a.absent)
	if err != nil {
		return append(dst, block.Run{Extent: e, Version: block.Unread})
	}
	for i := range steps {
		steps[i].Cells = a.drives[steps[i].Member].Holds(nil, steps[i].Extent)
	}
	return a.layout.Assemble(dst, e, steps, a.absent)
}

// Settle puts everything dirty onto the media, at once and without an event, as
// if it had been there for long, and the next host is told of a power on. It
// panics if something is under way.
func (c *Controller) Settle() {
	if !c.Quiet() {
		panic("controller: settle while something is under way")
	}
	for _, r := range c.cache.Dirty(nil) {
		c.array.Prefill(r.Extent, r.Version)
	}
	c.discardAll()
	for _, d := range c.array.drives {
		d.Settle()
	}
	c.array.flushed(c.array.flushes + 1)
	c.powerOn()
}

// Prefill puts version v on the blocks of e, as if written and settled long ago.
// It panics if something is under way, which could land on top of it.
func (c *Controller) Prefill(e block.Extent, v block.Version) {
	if !c.Quiet() {
		panic("controller: prefill while something is under way")
	}
	c.cache.Discard(e)
	c.stir()
	c.array.Prefill(e, v)
}

// Prefill writes e with data and parity, straight onto the media.
func (a *Array) Prefill(e block.Extent, v block.Version) {
	var steps []raid.Step
	for at := e.Start; at < e.End(); {
		stripe := a.layout.StripeOf(at)
		part := e.Intersect(a.layout.StripeExtent(stripe))
		var err error
		if steps, err = a.layout.PlanWrite(steps[:0], stripe, []block.Extent{part}, a.absent); err != nil {
			return
		}
		for i := range steps {
			if steps[i].Op == raid.Read {
				steps[i].Cells = a.drives[steps[i].Member].Holds(steps[i].Cells[:0], steps[i].Extent)
			}
		}
		a.layout.Fill(steps, stripe, []block.Run{{Extent: part, Version: v}}, a.absent)
		a.ledger.Store(a.k.Now(), part, v)
		a.forgetLog(stripe)
		for i := range steps {
			if s := &steps[i]; s.Op == raid.Write {
				poke(a.drives[s.Member], s.Cells)
			}
		}
		at = part.End()
	}
}

func poke(d *disks.Drive, cells []block.Cell) {
	for _, c := range cells {
		d.Poke(c.Extent, c.Tag)
	}
}

func isData(r raid.Role) bool { return r == raid.Data || r == raid.Mirror }
