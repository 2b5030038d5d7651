package report

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"

	"tbraid/lab"
	"tbraid/sim/ledger"
)

// LedgerLine is one line of a ledger: a run begins, a step was taken, a command
// passed a seam, something became of blocks, an event came, or blocks are lost in
// the end. The lines of a run follow its first in order of time.
type LedgerLine struct {
	Run  int    `json:"run"`   // number of the run: its place in runs of the result
	Kind string `json:"kind"`  // run, step, command, change, event, lost
	AtNS int64  `json:"at_ns"` // of the simulated clock

	// Of a run.
	Schema   string `json:"schema,omitempty"`
	Scenario string `json:"scenario,omitempty"`
	SHA256   string `json:"sha256,omitempty"` // of the resolved scenario
	Seed     uint64 `json:"seed,omitempty"`
	Case     string `json:"case,omitempty"`
	Event    string `json:"event,omitempty"`
	Host     string `json:"host,omitempty"`
	Policy   string `json:"policy,omitempty"`

	EndNS *int64 `json:"end_ns,omitempty"` // of a step, of a command that came back, of a pass over a medium
	What  string `json:"what,omitempty"`   // kind of step; name of a command; what happened to blocks; name of an event
	Text  string `json:"text,omitempty"`   // of a step or command, as people read it
	Step  *int   `json:"step,omitempty"`   // of the case, where it began
	Exit  *int   `json:"exit,omitempty"`   // of a command line

	// Of a command.
	Seam   string `json:"seam,omitempty"`   // driver, target, disk N
	Tag    uint64 `json:"tag,omitempty"`    // at driver and target it has the same
	Status string `json:"status,omitempty"` // with sense; not there if none came back
	FUA    bool   `json:"fua,omitempty"`

	LBA    *uint64 `json:"lba,omitempty"` // of the volume; at a disk, of the member
	Blocks uint64  `json:"blocks,omitempty"`

	// Of a change.
	Version uint64 `json:"version,omitempty"` // of the content, by the WRITE it comes from
	Flush   uint32 `json:"flush,omitempty"`   // number of the flush
	Stage   string `json:"stage,omitempty"`   // how far a flush came
	Good    *bool  `json:"good,omitempty"`    // whether the one who asked for a flush was told that it worked
	Trigger string `json:"trigger,omitempty"` // why a destage began
	Method  string `json:"method,omitempty"`  // how its stripe is written
	Member  *int   `json:"member,omitempty"`
	Copy    string `json:"copy,omitempty"`    // what the member's blocks are to these: data, mirror, P, Q
	Carried bool   `json:"carried,omitempty"` // the blocks share a unit of the medium with what is written

	// Of what is promised and lost.
	Promise string `json:"promise,omitempty"`
	Class   string `json:"class,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	Cause   string `json:"cause,omitempty"`
}

// ledgerWriter writes the lines of runs as NDJSON.
type ledgerWriter struct {
	out *bufio.Writer
	enc *json.Encoder
	err error
}

// NDJSON writes the ledger of each run: one JSON object a line.
func NDJSON(w io.Writer, d *Document) error {
	l := &ledgerWriter{out: bufio.NewWriter(w)}
	l.enc = json.NewEncoder(l.out)
	l.enc.SetEscapeHTML(false)
	err := d.Records(func(r *lab.Record) error {
		l.run(d.Result, r)
		return l.err
	})
	if err != nil {
		return err
	}
	return l.out.Flush()
}

func (l *ledgerWriter) write(line *LedgerLine) {
	if l.err == nil {
		l.err = l.enc.Encode(line)
	}
}

// run writes the lines of one run.
func (l *ledgerWriter) run(of *lab.Result, r *lab.Record) {
	run := r.Run
	l.write(&LedgerLine{Run: r.Number, Kind: "run", AtNS: int64(r.Start), Schema: lab.LedgerSchema, Scenario: of.Scenario.Name,
		SHA256: of.Scenario.SHA256, Seed: of.Scenario.Seed, Case: run.Case, Event: run.Event, Host: run.Host, Policy: run.Policy})
	lines := slices.Concat(stepLines(r), commandLines(r), changeLines(r), eventLines(r), lossLines(r))
	slices.SortStableFunc(lines, func(a, b LedgerLine) int { return int(a.AtNS - b.AtNS) })
	for i := range lines {
		l.write(&lines[i])
	}
}

func stepLines(r *lab.Record) []LedgerLine {
	var all []LedgerLine
	for i, s := range r.Run.Steps {
		if s.Skipped {
			continue
		}
		line := LedgerLine{Run: r.Number, Kind: "step", AtNS: s.StartNS, EndNS: &s.EndNS, What: s.Kind, Text: s.Text, Step: &i}
		if s.Kind == "run" {
			line.Exit = &s.Exit
		}
		all = append(all, line)
	}
	return all
}

func commandLines(r *lab.Record) []LedgerLine {
	var all []LedgerLine
	for _, c := range r.Commands {
		line := LedgerLine{Run: r.Number, Kind: "command", AtNS: int64(c.At), Seam: c.Seam, Tag: c.Tag, What: c.Name, Text: c.Command,
			Status: c.Fate, FUA: c.FUA}
		if c.Fate != "" {
			end := int64(c.End)
			line.EndNS = &end
		}
		if !c.Extent.Empty() {
			lba := uint64(c.Extent.Start)
			line.LBA, line.Blocks = &lba, c.Extent.Blocks
		}
		all = append(all, line)
	}
	return all
}

func changeLines(r *lab.Record) []LedgerLine {
	var all []LedgerLine
	for i := range r.Facts {
		all = append(all, changeLine(r.Number, &r.Facts[i]))
	}
	return all
}

// changeLine says of a fact what belongs to its kind.
func changeLine(run int, f *ledger.Fact) LedgerLine {
	lba := uint64(f.Extent.Start)
	line := LedgerLine{Run: run, Kind: "change", AtNS: int64(f.At), What: f.Kind.String(), Step: &f.Step, LBA: &lba, Blocks: f.Extent.Blocks,
		Version: uint64(f.Version), Flush: f.Flush}
	switch f.Kind {
	case ledger.WriteAtDriver, ledger.WriteAtTarget:
		line.Tag = uint64(f.Serial)
	case ledger.WriteAcknowledged:
		line.Promise = f.Promise.String()
	case ledger.WriteShirked, ledger.FlushStopped, ledger.CacheDropped:
		line.Cause = f.Why.String()
	case ledger.FlushReached:
		line.Stage = f.Stage.String()
	case ledger.FlushEnded:
		line.Good = &f.Good
	case ledger.DestageBegun:
		line.Trigger, line.Method = f.Trigger.String(), f.Method.String()
	case ledger.MemberHeld:
		line.Member = &f.Member
	case ledger.PassBegun, ledger.PassEnded:
		line.Member, line.Copy, line.Carried = &f.Member, f.Copy.String(), f.Carried
		if f.Kind == ledger.PassBegun {
			until := int64(f.Until)
			line.EndNS = &until
		}
	}
	return line
}

func eventLines(r *lab.Record) []LedgerLine {
	var all []LedgerLine
	for _, e := range r.Events {
		all = append(all, LedgerLine{Run: r.Number, Kind: "event", AtNS: int64(e.At), What: e.Name})
	}
	return all
}

// lossLines are what was lost in the end, at the last event.
func lossLines(r *lab.Record) []LedgerLine {
	var all []LedgerLine
	for i := range r.Losses {
		l := &r.Losses[i]
		lba := uint64(l.Extent.Start)
		line := LedgerLine{Run: r.Number, Kind: "lost", AtNS: r.Run.EventNS, LBA: &lba, Blocks: l.Extent.Blocks, Version: uint64(l.Lost),
			Promise: l.Promise.String(), Class: l.Class.String(), Outcome: l.Outcome.String(), Flush: l.Flush}
		if l.Cause != ledger.NoCause {
			line.Cause = l.Cause.String()
		}
		if l.Step >= 0 {
			line.Step = &l.Step
		}
		all = append(all, line)
	}
	return all
}
