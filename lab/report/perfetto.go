package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tbraid/internal/block"
	"tbraid/internal/perfetto"
	"tbraid/lab"
	"tbraid/scsi"
	"tbraid/sim"
	"tbraid/sim/ledger"
)

// mostTraced bounds the runs of a trace: more than people compare, and as much as
// Perfetto opens with ease.
const mostTraced = 8

// Perfetto writes what happened in each run as a trace for ui.perfetto.dev: a
// group of tracks a run, from the host down to the disks. Arrows lead from a WRITE
// to its acknowledgement, and from there to each stripe write that takes its
// content to the members. Times are those of the simulated clock.
func Perfetto(w io.Writer, d *Document) error {
	out := perfetto.NewWriter(w)
	t := &tracer{w: out}
	if err := d.Records(func(r *lab.Record) error {
		t.run(r)
		return nil
	}); err != nil {
		return err
	}
	return out.Close()
}

// tracer writes runs.
type tracer struct {
	w     *perfetto.Writer
	flows uint64 // handed out
}

// traced is a run while it is written.
type traced struct {
	*timeline
	r     *lab.Record
	facts map[block.Version][]*ledger.Fact // in order of time
	// arrows are the flows of each WRITE: one for each stripe write that takes a part
	// of it, or one that ends with its acknowledgement.
	arrows map[block.Version][]arrow
	flows  *uint64 // handed out
	// serials find the version of a WRITE by its command at the driver.
	serials map[sent]block.Version
}

// sent is a command of a host: numbers begin anew when it boots.
type sent struct {
	tag uint64
	at  sim.Time
}

// arrow is a flow from a WRITE; destage is when the stripe write began that it
// leads to, 0 if there is none.
type arrow struct {
	id      uint64
	destage sim.Time
}

func (t *tracer) run(r *lab.Record) {
	run := r.Run
	name := strings.Join(slices.DeleteFunc([]string{run.Case, run.Host, run.Policy, run.Event}, func(s string) bool { return s == "" }), " · ")
	x := &traced{timeline: &timeline{w: t.w, group: t.w.Group(0, name, r.Number+1)}, r: r, facts: map[block.Version][]*ledger.Fact{},
		arrows: map[block.Version][]arrow{}, flows: &t.flows}
	for i := range r.Facts {
		f := &r.Facts[i]
		x.facts[f.Version] = append(x.facts[f.Version], f)
	}
	destages := x.destages()
	acknowledged := x.acknowledged()
	x.instants("event", x.events())
	x.slices("steps", x.steps())
	x.slices("host: commands", x.commands("driver"))
	x.instants("host: acknowledged", acknowledged)
	x.slices("link: to the box", x.toBox())
	x.slices("link: to the host", x.toHost())
	x.slices("controller: commands", x.commands("target"))
	at, level := x.dirty()
	x.counter("cache: dirty", at, level)
	x.slices("cache: destage", destages)
	for m := range r.Members {
		x.slices(fmt.Sprintf("disk %d: commands", m), x.commands(fmt.Sprint("disk ", m)))
		x.slices(fmt.Sprintf("disk %d: medium", m), x.passes(m))
	}
	x.flush()
}

// events are the instants at which something happened to box or host.
func (x *traced) events() (all []slice) {
	for _, e := range x.r.Events {
		all = append(all, slice{from: e.At, event: perfetto.Event{Name: "↯ " + e.Name, Category: "event"}})
	}
	return all
}

func (x *traced) steps() (all []slice) {
	for _, s := range x.r.Run.Steps {
		if s.Skipped {
			continue
		}
		notes := []perfetto.Note{{Name: "kind", Text: s.Kind}}
		if s.Kind == "run" {
			notes = append(notes, perfetto.Note{Name: "exit status", Text: fmt.Sprint(s.Exit)})
		}
		all = append(all, slice{sim.Time(s.StartNS), sim.Time(s.EndNS), perfetto.Event{Name: s.Text, Category: "step", Notes: notes}})
	}
	return all
}

// commands are those that passed a seam. One that never came back lasts until the
// next event, or until the end.
func (x *traced) commands(seam string) (all []slice) {
	for i := range x.r.Commands {
		c := &x.r.Commands[i]
		if c.Seam != seam {
			continue
		}
		status, end := c.Fate, c.End
		if c.Fate == "" {
			status, end = "none came back", x.until(c.At)
		}
		e := perfetto.Event{Name: c.Name, Category: "command", Notes: []perfetto.Note{{Name: "command", Text: c.Command}, {Name: "status", Text: status}}}
		if seam == "driver" || seam == "target" {
			e.Notes = append(e.Notes, perfetto.Note{Name: "tag", Number: c.Tag})
		}
		if seam == "driver" {
			x.sends(&e, c)
		}
		all = append(all, slice{c.At, end, e})
	}
	return all
}

// sends gives a command of the host the arrows of its WRITE.
func (x *traced) sends(e *perfetto.Event, c *lab.LogLine) {
	if c.Extent.Empty() || !strings.HasPrefix(c.Name, "WRITE") {
		return
	}
	v := x.version(c)
	for _, a := range x.arrows[v] {
		e.Flows = append(e.Flows, a.id)
	}
	if v != 0 {
		e.Notes = append(e.Notes, perfetto.Note{Name: "version", Number: uint64(v)})
	}
}

// version is that of a WRITE that the driver has taken.
func (x *traced) version(c *lab.LogLine) block.Version {
	if x.serials == nil {
		x.serials = map[sent]block.Version{}
		for i := range x.r.Facts {
			if f := &x.r.Facts[i]; f.Kind == ledger.WriteAtDriver {
				x.serials[sent{uint64(f.Serial), f.At}] = f.Version
			}
		}
	}
	return x.serials[sent{c.Tag, c.At}]
}

// until is when the next event comes, or the end of the run.
func (x *traced) until(at sim.Time) sim.Time {
	for _, e := range x.r.Events {
		if e.At >= at {
			return e.At
		}
	}
	return sim.Time(x.r.Run.EndNS)
}

// acknowledged are the instants at which the host was told GOOD for a WRITE. An
// arrow leads on from there unless its stripe write had begun by then.
func (x *traced) acknowledged() (all []slice) {
	for i := range x.r.Facts {
		f := &x.r.Facts[i]
		if f.Kind != ledger.WriteAcknowledged || len(x.facts[f.Version]) == 0 || x.prefilled(f.Version) {
			continue
		}
		if len(x.arrows[f.Version]) == 0 {
			x.arrow(f.Version, 0)
		}
		e := perfetto.Event{Name: "GOOD", Category: "acknowledge", Notes: []perfetto.Note{
			{Name: "version", Number: uint64(f.Version)}, {Name: "lba", Number: uint64(f.Extent.Start)}, {Name: "blocks", Number: f.Extent.Blocks},
			{Name: "promise", Text: f.Promise.String()}}}
		for _, a := range x.arrows[f.Version] {
			if a.destage < f.At {
				e.Ends = append(e.Ends, a.id)
			} else {
				e.Flows = append(e.Flows, a.id)
			}
		}
		all = append(all, slice{from: f.At, event: e})
	}
	return all
}

// prefilled tells whether no command brought version v.
func (x *traced) prefilled(v block.Version) bool {
	return !slices.ContainsFunc(x.facts[v], func(f *ledger.Fact) bool { return f.Kind == ledger.WriteAtDriver })
}

func (x *traced) arrow(v block.Version, destage sim.Time) uint64 {
	*x.flows++
	x.arrows[v] = append(x.arrows[v], arrow{*x.flows, destage})
	return *x.flows
}

// destages are the stripe writes that empty the cache.
func (x *traced) destages() (all []slice) {
	for i := 0; i < len(x.r.Facts); {
		f := &x.r.Facts[i]
		if f.Kind != ledger.DestageBegun {
			i++
			continue
		}
		j := i + 1
		for j < len(x.r.Facts) && x.sameStripe(f, &x.r.Facts[j]) {
			j++
		}
		all = append(all, x.destage(x.r.Facts[i:j]))
		i = j
	}
	return all
}

func (x *traced) sameStripe(f, g *ledger.Fact) bool {
	stripe := func(f *ledger.Fact) uint64 { return uint64(f.Extent.Start) / x.r.StripeBlocks }
	return g.Kind == f.Kind && g.At == f.At && g.Trigger == f.Trigger && g.Method == f.Method && stripe(g) == stripe(f)
}

// destage is one stripe write, from when its blocks were gathered until the last of
// them was clean.
func (x *traced) destage(parts []ledger.Fact) slice {
	f := &parts[0]
	s := slice{from: f.At, event: perfetto.Event{Name: f.Method.String(), Category: "destage"}}
	blocks := uint64(0)
	for i := range parts {
		p := &parts[i]
		blocks += p.Extent.Blocks
		s.to = max(s.to, x.cleaned(p))
		if x.prefilled(p.Version) {
			continue
		}
		known := slices.ContainsFunc(parts[:i], func(o ledger.Fact) bool { return o.Version == p.Version })
		if known {
			continue
		}
		id := x.arrow(p.Version, f.At)
		if x.acknowledgedAt(p.Version) > f.At {
			s.event.Flows = append(s.event.Flows, id)
		} else {
			s.event.Ends = append(s.event.Ends, id)
		}
	}
	s.event.Notes = []perfetto.Note{{Name: "trigger", Text: f.Trigger.String()}, {Name: "stripe", Number: uint64(f.Extent.Start) / x.r.StripeBlocks},
		{Name: "lba", Number: uint64(f.Extent.Start)}, {Name: "dirty blocks", Number: blocks}}
	return s
}

// acknowledgedAt is when GOOD came back for v; 0 if it did not.
func (x *traced) acknowledgedAt(v block.Version) sim.Time {
	for _, f := range x.facts[v] {
		if f.Kind == ledger.WriteAcknowledged {
			return f.At
		}
	}
	return 0
}

// cleaned is when the blocks of a DestageBegun were clean; when the next event came
// if that never was, or only after another try.
func (x *traced) cleaned(begun *ledger.Fact) sim.Time {
	all := x.facts[begun.Version]
	stored := sim.Time(0)
	for _, f := range all[slices.Index(all, begun)+1:] {
		if !f.Extent.Overlaps(begun.Extent) || f.At < begun.At {
			continue
		}
		switch f.Kind {
		case ledger.CacheCleaned:
			return f.At
		case ledger.PassEnded: // of a block that is dirty again by then
			stored = f.At
		case ledger.DestageBegun:
			if f.At > begun.At {
				return max(stored, min(x.until(begun.At), f.At))
			}
		}
	}
	if stored > 0 {
		return stored
	}
	return x.until(begun.At)
}

// toBox is the time that commands and the data of WRITEs took on the link: it ends
// one latency before they arrive.
func (x *traced) toBox() (all []slice) {
	for i := range x.r.Commands {
		c := &x.r.Commands[i]
		if c.Seam != "target" {
			continue
		}
		var data time.Duration
		if strings.HasPrefix(c.Name, "WRITE(") {
			data = x.transfer(c.Bytes)
		}
		end := c.At.Add(-x.r.Link.Latency)
		all = append(all, slice{end.Add(-x.r.Link.Command - data), end, perfetto.Event{Name: c.Name, Category: "link",
			Notes: []perfetto.Note{{Name: "tag", Number: c.Tag}}}})
	}
	return all
}

// toHost is the time that the data of READs took: one after another, in the order
// in which the controller handed them over.
func (x *traced) toHost() (all []slice) {
	var reads []*lab.LogLine
	for i := range x.r.Commands {
		if c := &x.r.Commands[i]; c.Seam == "target" && strings.HasPrefix(c.Name, "READ(") && c.Fate == scsi.Good.String() {
			reads = append(reads, c)
		}
	}
	slices.SortStableFunc(reads, func(a, b *lab.LogLine) int { return int(a.End - b.End) })
	var free sim.Time
	for _, c := range reads {
		begin := max(c.End, free)
		free = begin.Add(x.transfer(c.Bytes))
		all = append(all, slice{begin, free, perfetto.Event{Name: c.Name, Category: "link", Notes: []perfetto.Note{{Name: "tag", Number: c.Tag}}}})
	}
	return all
}

func (x *traced) transfer(bytes uint64) time.Duration {
	return time.Duration(bytes * uint64(time.Second) / x.r.Link.Rate)
}

// dirty is the level of dirty bytes in the controller cache, at each instant at
// which it changes.
func (x *traced) dirty() (at []sim.Time, level []uint64) {
	var held block.Map[block.Version]
	var now uint64
	at, level = append(at, x.r.Start), append(level, 0)
	for i := range x.r.Facts {
		f := &x.r.Facts[i]
		var v block.Version
		switch f.Kind {
		case ledger.CacheHeld, ledger.CacheRestored:
			v = f.Version
		case ledger.CacheCleaned, ledger.CacheDropped:
		default:
			continue
		}
		for _, r := range held.Append(nil, f.Extent) {
			switch {
			case v != 0 && r.Value == 0:
				now += r.Extent.Bytes()
			case v == 0 && r.Value == f.Version:
				now -= r.Extent.Bytes()
			case v == 0:
				continue // another version is dirty there, or none
			}
			held.Set(r.Extent, v)
		}
		if n := len(at) - 1; at[n] == f.At {
			level[n] = now
		} else if level[n] != now {
			at, level = append(at, f.At), append(level, now)
		}
	}
	return at, level
}

// passes are the times in which a member writes its medium.
func (x *traced) passes(member int) (all []slice) {
	var facts []*ledger.Fact
	for i := range x.r.Facts {
		if f := &x.r.Facts[i]; f.Member == member && (f.Kind == ledger.PassBegun || f.Kind == ledger.PassEnded) {
			facts = append(facts, f)
		}
	}
	for i, f := range facts {
		if f.Kind != ledger.PassBegun {
			continue
		}
		to := f.Until
		if !ended(f, facts[i+1:]) {
			to = min(to, x.until(f.At))
		}
		if n := len(all) - 1; n >= 0 && f.At <= all[n].to { // the pieces of a pass follow one another; parity is several at a time
			all[n].to = max(all[n].to, to)
			if name := f.Copy.String(); !strings.Contains(all[n].event.Name, name) {
				all[n].event.Name += " and " + name
			}
			continue
		}
		all = append(all, slice{f.At, to, perfetto.Event{Name: "writes " + f.Copy.String(), Category: "medium",
			Notes: []perfetto.Note{{Name: "lba of the volume", Number: uint64(f.Extent.Start)}}}})
	}
	return all
}

// ended tells whether a pass came to its end: that is then the next that is known
// of these blocks.
func ended(begun *ledger.Fact, later []*ledger.Fact) bool {
	for _, f := range later {
		if f.Version == begun.Version && f.Copy == begun.Copy && f.Extent.Overlaps(begun.Extent) {
			return f.Kind == ledger.PassEnded
		}
	}
	return false
}
