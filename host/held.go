package host

import (
	"tbraid/host/workload"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/sim"
)

// A node with Profile.HoldWrites keeps whole pages in the memory of the host: as
// if another opener kept the node and nothing ever asked for them to be written.
// Programs read them back from there. They go out when a program asks for it with
// fsync(2), or writes or reads what is not whole pages of them; else they are gone
// with the machine.

// hold takes a run of write(2) calls into memory. It is false if they are not
// whole pages, or synchronous.
func (n *node) hold(c *workload.Call, sync bool) (workload.Reply, bool) {
	page := n.s.p.Page
	if sync || c.Offset%page != 0 || request(c)%page != 0 || c.Bytes%page != 0 || c.Offset+c.Bytes > n.bytes {
		return workload.Reply{}, false
	}
	for at := c.Offset; at < c.Offset+c.Bytes; at += page {
		e := n.blocks(at, at+page)
		v := n.s.l.Issue(n.s.k.Now(), e, e, c.Content == workload.Zeros)
		if c.Meaning != nil {
			n.s.mem.learn(v, e, c.Meaning)
		}
		n.held.Set(e, v)
	}
	return workload.Reply{Bytes: c.Bytes}, true
}

// recall reads what is held. It is false if a part of it is not.
func (n *node) recall(path string, c *workload.Call) (workload.Reply, bool) {
	end := min(c.Offset+c.Bytes, n.bytes)
	if c.Offset >= end {
		return workload.Reply{}, false
	}
	var runs []block.Run
	for _, p := range n.held.Append(nil, n.blocks(c.Offset, end)) {
		if p.Value == 0 {
			return workload.Reply{}, false
		}
		runs = append(runs, block.Run{Extent: p.Extent, Version: p.Value})
	}
	n.s.report(path, runs)
	return workload.Reply{Bytes: end - c.Offset}, true
}

// letGo writes out what is held and waits for it.
func (n *node) letGo(p *Process) {
	for n.held.Len() > 0 {
		held := n.held.All(nil)[0]
		if n.gone {
			n.lose(n.s.k.Now())
			return
		}
		if n.writes >= n.s.p.AsyncWrites || n.underWay(held.Extent) {
			n.wait(p)
			continue
		}
		c := n.s.command(scsi.Write(held.Extent), n, pageWrite)
		c.task.Version = held.Value
		n.held.Set(held.Extent, 0)
		n.writes++
		n.busy = append(n.busy, held.Extent.Start)
		n.s.send(c, 0)
	}
	for n.writes > 0 {
		n.wait(p)
	}
}

// lose ends what is held without a WRITE: no program is told.
func (n *node) lose(now sim.Time) {
	for _, h := range n.held.All(nil) {
		n.s.l.Fail(now, h.Value)
	}
	n.held = block.Map[block.Version]{}
}

// loseHeld is what the end of the machine, or of its disk, does to its memory.
func (s *System) loseHeld() {
	if !s.p.HoldWrites {
		return
	}
	for _, n := range s.nodes {
		n.lose(s.k.Now())
	}
}
