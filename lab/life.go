package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tbraid/configs"
	"tbraid/firmware"
	"tbraid/internal/block"
	"tbraid/sim/ledger"
)

// LifeSchema names the form of Lives as JSON. Fields are only ever added.
const LifeSchema = "tbraid.life/1"

// MaxStories bounds the stories of one question.
const MaxStories = 4

// LifeQuery asks for the life of some blocks: of one, of a file, or of a WRITE.
type LifeQuery struct {
	LBA     uint64
	File    string             // if not empty
	Command uint32             // if not 0: its number in the log of the target
	Case    string             // empty: of the only one
	Runs    []RunName          // if there are any, of these alone, in this order
	Tail    time.Duration      // how long the run without the cut goes on after the event
	Rivals  []firmware.Profile // under which the same cut is tried
}

// RunName is what tells a run of a scenario from the others.
type RunName struct{ Case, Event, Host, Policy string }

// Name is what tells the run from the others that are no controls.
func (r *Run) Name() RunName { return RunName{r.Case, r.Event, r.Host, r.Policy} }

// Lives are the lives of some blocks, a story for each case, event, host and policy.
// Times are nanoseconds since the case began.
type Lives struct {
	Schema   string       `json:"schema"`
	Scenario ScenarioInfo `json:"scenario"`
	Box      BoxInfo      `json:"box"`
	Asked    string       `json:"asked"`
	Chosen   string       `json:"chosen,omitempty"` // why these stories, if there are more runs
	TailNS   int64        `json:"tail_ns"`          // how long the run without the cut goes on after the event
	Stories  []Story      `json:"stories"`
}

// Story is the life of some blocks in one run. Blocks that share their fate are a
// group, and the life that is told is that of the first block of the worst.
type Story struct {
	Case    string      `json:"case"`
	Event   string      `json:"event"`
	Host    string      `json:"host"`
	Policy  string      `json:"policy"`
	Subject Subject     `json:"subject"`
	Cut     int64       `json:"cut_ns"`
	Groups  []LifeGroup `json:"groups"` // the worst first
	LBA     uint64      `json:"lba"`    // of the block of which Facts tells
	Part    string      `json:"part"`   // of the subject that it belongs to
	Facts   []LifeFact  `json:"facts"`
	Promise string      `json:"promise"`
	Shorn   *Shorn      `json:"shorn,omitempty"`
	Saving  *Saving     `json:"saving,omitempty"` // nil if nothing was lost
}

// LifeGroup is blocks of a Subject that share their fate.
type LifeGroup struct {
	Blocks  uint64 `json:"blocks"`
	LBA     uint64 `json:"lba"`  // of the first
	Part    string `json:"part"` // of the subject
	Lost    bool   `json:"lost"`
	Written bool   `json:"written"` // by the case; false is that nobody was told anything about them
	Class   string `json:"class"`
	Outcome string `json:"outcome"`
	Reads   string `json:"reads_as"`
	Cause   string `json:"cause,omitempty"`
	Layer   string `json:"layer,omitempty"`
	Text    string `json:"text,omitempty"`
	Taken   string `json:"taken_by,omitempty"`
	AgeNS   int64  `json:"acknowledged_before_cut_ns"` // how long before the cut the version in question was acknowledged
	Kept    string `json:"kept_by,omitempty"`
	fate    ledger.Fate
}

// Shorn says that a WRITE is there in part.
type Shorn struct {
	New    uint64 `json:"new_blocks"`
	Old    uint64 `json:"old_blocks"`
	Spoilt uint64 `json:"spoilt_blocks"` // torn, garbage or unreadable
}

// eventFact is what a LifeFact is that is no fact of a ledger.
const eventFact = "event"

// LifeFact is one line of a life.
type LifeFact struct {
	AtNS     int64  `json:"at_ns"`
	UntilNS  int64  `json:"until_ns,omitempty"` // pass-begun: when the head has passed
	What     string `json:"what"`               // a ledger.FactKind; or event; or flush-failed: it ended without a promise
	Text     string `json:"text"`
	Happened bool   `json:"happened"` // false: only in the run without the cut
}

// String is the question in short.
func (q *LifeQuery) String() string {
	switch {
	case q.File != "":
		return "file " + q.File
	case q.Command != 0:
		return fmt.Sprintf("command #%d", q.Command)
	}
	return fmt.Sprintf("LBA %d", q.LBA)
}

// TellLives plays the scenario with an eye on some blocks: once without a cut and
// once with it for each story, and then what would have saved them.
func TellLives(s *configs.Scenario, q LifeQuery) (*Lives, error) {
	plans, err := q.plans(s)
	if err != nil {
		return nil, err
	}
	d := describe(s)
	l := &Lives{Schema: LifeSchema, Asked: q.String(), Scenario: d.Scenario, Box: d.Box, TailNS: int64(q.Tail)}
	for _, p := range plans {
		story, err := q.tell(p)
		if err != nil {
			return nil, err
		}
		l.Stories = append(l.Stories, *story)
	}
	return l, nil
}

// plans lists the runs that a story is told of.
func (q *LifeQuery) plans(s *configs.Scenario) ([]plan, error) {
	if _, ok := s.FindCase(q.Case); q.Case != "" && !ok {
		return nil, &Refused{What: "--case " + q.Case, Why: "the scenario has no such case", Instead: "there are " + strings.Join(caseNames(s), ", ")}
	}
	plans := q.matching(s)
	if len(plans) <= MaxStories {
		for _, p := range plans {
			if p.firstEvent() < 0 {
				return nil, &Refused{What: "case " + p.run.Case, Why: "it has no event, so nothing is cut", Instead: "name a case that has one with --case"}
			}
		}
		return plans, nil
	}
	p := plans[0]
	var flags []string
	add := func(n int, flag, value string) {
		if n > 1 {
			flags = append(flags, fmt.Sprintf("%s '%s'", flag, value))
		}
	}
	if q.Case == "" {
		add(len(s.Cases), "--case", p.run.Case)
	}
	add(len(s.Hosts), "--host", p.run.Host)
	add(len(s.Policies), "--policy", p.run.Policy)
	add(len(s.Events), "--event", p.run.Event)
	return nil, &Refused{What: fmt.Sprintf("%d stories", len(plans)), Why: fmt.Sprintf("explain tells at most %d, one for each case, event, host and policy", MaxStories),
		Instead: "choose among them, as in " + strings.Join(flags, " ")}
}

// matching are the runs that the question may mean.
func (q *LifeQuery) matching(s *configs.Scenario) []plan {
	var plans []plan
	for _, p := range matrix(s, Options{}) {
		if (q.Case == "" || p.run.Case == q.Case) && (q.Runs == nil || slices.Contains(q.Runs, p.run.Name())) {
			plans = append(plans, p)
		}
	}
	slices.SortStableFunc(plans, func(a, b plan) int {
		return slices.Index(q.Runs, a.run.Name()) - slices.Index(q.Runs, b.run.Name())
	})
	return plans
}

// Matching is how many runs of the scenario the question may mean.
func (q *LifeQuery) Matching(s *configs.Scenario) int { return len(q.matching(s)) }

func caseNames(s *configs.Scenario) []string {
	var names []string
	for _, c := range s.Cases {
		names = append(names, c.Name)
	}
	return names
}

// tell tells one story.
func (q *LifeQuery) tell(p plan) (*Story, error) {
	var err error
	if p.cut, _, err = resolveCut(p); err != nil {
		return nil, err
	}
	subject, err := q.subject(p)
	if err != nil {
		return nil, err
	}
	with, err := p.follow(subject.extents())
	if err != nil {
		return nil, err
	}
	s := &Story{Case: p.run.Case, Event: p.run.Event, Host: p.run.Host, Policy: p.run.Policy, Subject: *subject,
		Cut: int64(with.cut - with.start)}
	n := &narrator{with: with}
	s.Groups, s.Shorn, s.LBA = n.groups(subject), n.shorn(subject.version), subject.Parts[0].LBA
	if len(s.Groups) > 0 {
		s.LBA = s.Groups[0].LBA
	}
	s.Part = subject.part(block.LBA(s.LBA))
	return s, q.narrate(p, s)
}

// narrate tells the life of the block that stands for the worst group.
func (q *LifeQuery) narrate(p plan, s *Story) error {
	one := []block.Extent{{Start: block.LBA(s.LBA), Blocks: 1}}
	with, err := p.follow(one)
	if err != nil {
		return err
	}
	without, err := p.without(q.Tail).follow(one)
	if err != nil {
		return err
	}
	n := newNarrator(with, without)
	s.Facts, s.Promise = n.life(one[0].Start), "none: nobody has written the block"
	if len(with.fates) == 0 {
		return nil
	}
	fate := &with.fates[0]
	s.Promise = n.promise(fate)
	if fate.Loss == nil {
		if g := &s.Groups[0]; g.Written {
			g.Kept = n.keeper(one[0].Start)
		}
		return nil
	}
	s.Saving, err = q.saving(p, &s.Subject, n, fate)
	return err
}

// groups sorts the blocks by their fate, the worst first.
func (n *narrator) groups(s *Subject) []LifeGroup {
	var all []LifeGroup
	for i := range n.with.fates {
		f := n.with.fates[i]
		g := n.group(&f)
		g.Part = s.part(f.Extent.Start)
		k := slices.IndexFunc(all, func(o LifeGroup) bool {
			return o.Class == g.Class && o.Outcome == g.Outcome && o.Cause == g.Cause && o.Taken == g.Taken && o.Reads == g.Reads &&
				o.Written == g.Written && o.Part == g.Part
		})
		if k < 0 {
			all = append(all, g)
			continue
		}
		all[k].Blocks += g.Blocks
		all[k].AgeNS = max(all[k].AgeNS, g.AgeNS)
	}
	slices.SortStableFunc(all, func(a, b LifeGroup) int { return b.weight() - a.weight() })
	return all
}

// weight orders groups by how bad they are.
func (g *LifeGroup) weight() int {
	switch {
	case g.fate.Loss != nil:
		return 2 + int(g.fate.Loss.Class)
	case g.Written:
		return 1
	}
	return 0
}

func (n *narrator) group(f *ledger.Fate) LifeGroup {
	g := LifeGroup{Blocks: f.Extent.Blocks, LBA: uint64(f.Extent.Start), Written: n.ofCase(f.Acked) || n.ofCase(f.Issued),
		Class: ledger.NoLoss.String(), Outcome: ledger.Newest.String(), Reads: n.reads(f), fate: *f}
	if l := f.Loss; l != nil {
		g.Lost = true
		g.Class, g.Outcome, g.Cause, g.Layer, g.Text = l.Class.String(), l.Outcome.String(), l.Cause.String(), l.Cause.Layer().String(), l.Cause.Text()
		if l.Taken != ledger.NoCause && l.Taken != l.Cause {
			g.Taken = l.Taken.Text()
		}
		g.AgeNS = int64(l.Age)
	}
	return g
}

// ofCase tells whether a step of the case wrote version v, after the scene was set.
func (n *narrator) ofCase(v block.Version) bool {
	if !v.Written() {
		return false
	}
	return n.with.w.l.Written(v).Step >= 0 && !n.with.prefilled(v)
}

// reads says what a block shows.
func (n *narrator) reads(f *ledger.Fate) string {
	switch {
	case f.Found == block.Torn:
		return "torn"
	case f.Found == block.Garbage:
		return "garbage"
	case f.Found == block.Unread:
		return "unreadable"
	case f.Found >= f.Acked && f.Found != 0:
		return "newest"
	case n.with.w.l.Zeros(f.Found):
		return "zeros"
	}
	return "old"
}

// shorn says in how many blocks a WRITE of which the power took a part is there.
func (n *narrator) shorn(v block.Version) *Shorn {
	if v == 0 {
		return nil
	}
	var s Shorn
	payload := n.with.w.l.Written(v).Payload
	for _, f := range n.with.fates {
		in := f.Extent.Intersect(payload).Blocks
		switch {
		case f.Found != 0 && !f.Found.Written():
			s.Spoilt += in
		case f.Found >= v:
			s.New += in
		default:
			s.Old += in
		}
	}
	if s.New == 0 || s.Old+s.Spoilt == 0 {
		return nil
	}
	return &s
}
