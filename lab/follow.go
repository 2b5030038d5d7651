package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tbraid/configs"
	"tbraid/internal/block"
	"tbraid/scsi"
	"tbraid/scsi/sam"
	"tbraid/sim"
	"tbraid/sim/ledger"
	"tbraid/sim/power"
)

// tale is a run of which some blocks were followed.
type tale struct {
	w     *world
	start sim.Time // of the first step: times of a life count from here
	facts []ledger.Fact
	// Of a run with an event:
	cut   sim.Time
	first string // the event
	split int    // facts recorded before it
	fates []ledger.Fate
	later []LifeFact // the events behind the first
	whole bool       // the blocks are those of the whole volume: too many for fates
}

// follow plays a plan with an eye on some blocks.
func (p plan) follow(extents []block.Extent) (*tale, error) {
	t := &tale{}
	return t, p.tell(t, extents)
}

// tell plays a plan and lets t follow some blocks.
func (p plan) tell(t *tale, extents []block.Extent) error {
	return p.guard(func() error {
		p.detail = ledger.Full
		w, err := newWorld(p)
		if err != nil {
			return err
		}
		t.w = w
		w.begin()
		w.usage.begin(w)
		t.start = w.k.Now()
		for _, e := range extents {
			w.l.Follow(e, w.k.Now)
		}
		w.tale = t
		for i, s := range w.steps {
			w.step = i
			w.l.Begin(i)
			w.aim(i)
			w.take(s)
		}
		w.finish()
		t.facts = w.l.Facts()
		return nil
	})
}

// judged takes note of what the judge has made of the blocks.
func (t *tale) judged() {
	if t != nil && !t.whole {
		t.fates = t.w.l.Fates(ledger.Judgement{Losses: t.w.losses}, t.w.box.Content)
	}
}

// struck notes that an event comes.
func (t *tale) struck(now sim.Time, e power.Event) {
	switch {
	case t == nil:
	case t.cut == 0:
		t.cut, t.split, t.first = now, len(t.w.l.Facts()), e.String()
	default:
		t.later = append(t.later, LifeFact{AtNS: int64(now - t.start), What: eventFact, Text: e.String(), Happened: true})
	}
}

// past are the facts up to the event: what was about to begin by then did not.
func (t *tale) past() []ledger.Fact {
	return inOrder(slices.DeleteFunc(slices.Clone(t.facts[:t.split]), func(f ledger.Fact) bool { return f.At > t.cut }))
}

// after are the facts behind the event.
func (t *tale) after() []ledger.Fact { return inOrder(slices.Clone(t.facts[t.split:])) }

func inOrder(facts []ledger.Fact) []ledger.Fact {
	slices.SortStableFunc(facts, func(a, b ledger.Fact) int { return int(a.At - b.At) })
	return facts
}

// without is the plan without its events: the steps before the first of them, and
// then the time passes.
func (p plan) without(tail time.Duration) plan {
	p.cut = power.Cut{}
	if i := p.firstEvent(); i >= 0 {
		p.steps = p.steps[:i]
	}
	p.steps = append(slices.Clone(p.steps), configs.Step{Kind: configs.Wait, Wait: tail})
	return p
}

// firstEvent is the step of the first event, -1 if there is none.
func (p plan) firstEvent() int {
	return slices.IndexFunc(p.steps, func(s configs.Step) bool { return s.Kind == configs.Happen })
}

// Subject is the blocks whose life is told.
type Subject struct {
	Kind    string `json:"kind"` // lba, file, command
	Name    string `json:"name"`
	Parts   []Part `json:"parts"`
	version block.Version
}

// Part is blocks of a Subject.
type Part struct {
	What   string `json:"what"` // data, or a structure of the file system
	LBA    uint64 `json:"lba"`
	Blocks uint64 `json:"blocks"`
}

func (s *Subject) add(what string, e block.Extent) {
	s.Parts = append(s.Parts, Part{what, uint64(e.Start), e.Blocks})
}

// extents are where the parts stand.
func (s *Subject) extents() []block.Extent {
	var all []block.Extent
	for _, p := range s.Parts {
		all = append(all, block.Extent{Start: block.LBA(p.LBA), Blocks: p.Blocks})
	}
	return all
}

// part names what a block is for the subject.
func (s *Subject) part(a block.LBA) string {
	for _, p := range s.Parts {
		if (block.Extent{Start: block.LBA(p.LBA), Blocks: p.Blocks}).Contains(a) {
			return p.What
		}
	}
	return ""
}

// subject finds the blocks that a question is about.
func (q *LifeQuery) subject(p plan) (*Subject, error) {
	switch {
	case q.File != "":
		return q.file(p)
	case q.Command != 0:
		return q.command(p)
	}
	if blocks := p.hardware.VolumeBlocks(); q.LBA >= blocks {
		return nil, &Refused{What: fmt.Sprintf("--lba %d", q.LBA), Why: fmt.Sprintf("the volume has %d blocks", blocks),
			Instead: fmt.Sprintf("name one from 0 to %d", blocks-1)}
	}
	s := &Subject{Kind: "lba", Name: fmt.Sprintf("LBA %d", q.LBA)}
	s.add("data", block.Extent{Start: block.LBA(q.LBA), Blocks: 1})
	return s, nil
}

// file asks the host where a file stands when nothing has cut the case short.
func (q *LifeQuery) file(p plan) (s *Subject, err error) {
	t, err := p.without(q.Tail).follow(nil)
	if err != nil {
		return nil, err
	}
	name, parts, all := t.w.sys.Where(q.File)
	if len(parts) > 0 {
		s = &Subject{Kind: "file", Name: name}
		for _, part := range parts {
			s.add(part.What, part.Extent)
		}
		return s, nil
	}
	r := &Refused{What: "--file " + q.File, Why: "no volume of case " + p.run.Case + " has one file of that name when the tools have ended"}
	switch {
	case len(t.w.volumes) == 0:
		r.Why, r.Instead = "case "+p.run.Case+" has no volume", "name a case that copies to one with --case, or blocks with --lba"
	case len(all) == 0:
		r.Instead = "there is none at all: name blocks with --lba"
	case name == "" && len(all) > maxNames:
		r.Instead = fmt.Sprintf("there are %s and %d more", strings.Join(all[:maxNames], ", "), len(all)-maxNames)
	default:
		r.Instead = "there are " + strings.Join(all, ", ")
	}
	return nil, r
}

// maxNames bounds the names that an error lists.
const maxNames = 4

// command looks for a WRITE in a run that nothing cuts short.
func (q *LifeQuery) command(p plan) (*Subject, error) {
	n := &numbered{want: q.Command}
	p.seen = n
	t, err := p.without(q.Tail).follow(nil)
	switch {
	case err != nil:
		return nil, err
	case n.version == 0:
		r := &Refused{What: fmt.Sprintf("--command %d", q.Command), Why: "no WRITE of the run has that number in the log of the target",
			Instead: "case " + p.run.Case + " sends none at all: name another with --case"}
		if n.first != 0 {
			r.Instead = fmt.Sprintf("the WRITEs are among #%d to #%d; tbraid run --log target lists them", n.first, n.last)
		}
		return nil, r
	}
	w := t.w.l.Written(n.version)
	s := &Subject{Kind: "command", Name: fmt.Sprintf("#%d %s", q.Command, scsi.Write(w.Extent)), version: n.version}
	s.add("data", w.Extent)
	return s, nil
}

// numbered watches the target for a WRITE of one number.
type numbered struct {
	want, first, last uint32
	version           block.Version
}

// Passing implements sam.Tap.
func (n *numbered) Passing(_ sim.Time, t *sam.Task) {
	if t.Version == 0 {
		return
	}
	if n.first == 0 {
		n.first = t.Serial
	}
	if n.last = t.Serial; t.Serial == n.want {
		n.version = t.Version
	}
}

// Returning implements sam.Tap.
func (n *numbered) Returning(sim.Time, *sam.Task) {}
