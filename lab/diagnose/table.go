package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"tbraid/configs"
)

// Table is what each mechanism shows in each experiment, by simulation.
type Table struct {
	Experiments []Column `json:"experiments"`
	Rows        []Row    `json:"rows"`
}

// Column is an experiment.
type Column struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Row is a mechanism with the cells of its experiments, in the order of the columns.
type Row struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Title string   `json:"title"`
	With  []string `json:"with,omitempty"` // the mechanisms beside which it was put, by id
	Cells []string `json:"cells"`
}

// Tabulate puts each mechanism, with those beside which it shows, into each experiment
// and reads the result as a letter: N new data, O old, Z zeros, P part of each, G
// neither, X an error, - nothing was read. What was read back before the event stands
// in brackets where it is not N, halves have a comma between them, and flushes are
// those at the driver and at the firmware. Different results over what is not known
// about the mechanism have a stroke between them. A is O that
// the mechanism aged, if there is one of that name, turns into N where enough time has
// passed; behind another letter it means the same of that.
func Tabulate(o *configs.Observations, aged string, opt Options) (*Table, error) {
	p := newPredictor(o, opt.Workers)
	p.watch = opt.Watch
	t := &Table{}
	var columns [][]variant
	for i := range o.Experiments {
		e := &o.Experiments[i]
		t.Experiments = append(t.Experiments, Column{e.ID, e.Name, e.Title})
		v, err := p.experiment(e)
		if err != nil {
			return nil, err
		}
		columns = append(columns, v)
	}
	old, known := o.FindMechanism(aged)
	var rows []tableRow
	var states []int
	for i := range o.Mechanisms {
		r, err := p.tableRow(i, old, known)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
		states = append(append(states, r.plain...), r.aged...)
	}
	if err := p.prepare(states, slices.Concat(columns...)); err != nil {
		return nil, err
	}
	for i, r := range rows {
		m := &o.Mechanisms[i]
		row := Row{ID: m.ID, Name: m.Name, Title: m.Title, With: r.with}
		for c := range columns {
			row.Cells = append(row.Cells, p.cell(r, &o.Experiments[c], columns[c]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// experiment is what is done in an experiment, which has no unknowns.
func (p *predictor) experiment(e *configs.Experiment) ([]variant, error) {
	return p.variants(e.Name, &e.Script, e.Volumes, e.Other, slices.Contains(e.Looks, configs.LookSyncs))
}

// tableRow is a mechanism, over what is not known about it, without and with age.
type tableRow struct {
	with        []string
	plain, aged []int
}

func (p *predictor) tableRow(i int, old *configs.Mechanism, known bool) (tableRow, error) {
	m := &p.o.Mechanisms[i]
	s := set(1) << i
	var r tableRow
	for j := range p.o.Mechanisms {
		if o := &p.o.Mechanisms[j]; slices.Contains(m.With, o.Name) {
			s |= 1 << j
			r.with = append(r.with, o.ID)
		}
	}
	var err error
	if r.plain, err = p.firstly(s); err != nil {
		return r, err
	}
	if !known || m.Role != configs.Fault {
		return r, nil
	}
	for j := range p.o.Mechanisms {
		if &p.o.Mechanisms[j] == old && m != old && p.agrees(s, j) {
			r.aged, err = p.firstly(s | 1<<j)
		}
	}
	return r, err
}

// firstly are the states of a set over what is not known about its mechanisms; what
// the file does not know of everything is as it names it first.
func (p *predictor) firstly(s set) ([]int, error) {
	all, err := p.stateOver(s)
	return slices.DeleteFunc(all, func(i int) bool {
		return slices.ContainsFunc(p.o.Unknown, func(u configs.Unknown) bool {
			v, ok := p.states[i].given[u.Name]
			return ok && v != u.Values[0]
		})
	}), err
}

// stateOver are the states of a set over all that is not known.
func (p *predictor) stateOver(s set) ([]int, error) {
	var all []int
	for _, g := range configs.Choices(p.o.Shared(p.members(s))) {
		i, err := p.state(s, g)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, nil
}

// cell is what a row shows in an experiment.
func (p *predictor) cell(r tableRow, e *configs.Experiment, v []variant) string {
	plain, aged := p.codes(r.plain, e, v), p.codes(r.aged, e, v)
	turned := false
	for i, c := range plain {
		if kept := strings.ReplaceAll(c, "O", "N"); kept != c && slices.Contains(aged, kept) && !slices.Contains(plain, kept) {
			plain[i], turned = strings.ReplaceAll(c, "O", "A"), true
		}
	}
	if !turned && slices.Contains(aged, "N") && !slices.Contains(plain, "N") {
		plain = append(plain, "A")
	}
	return strings.Join(plain, "/")
}

// codes are the different results over some states, in order of first appearance.
func (p *predictor) codes(states []int, e *configs.Experiment, v []variant) []string {
	var all []string
	for _, st := range states {
		if c := p.in(st, v).codes(e.Looks); !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// codes is what is seen in letters.
func (s *seen) codes(looks []configs.Look) string {
	if slices.Contains(looks, configs.LookSyncs) {
		return sign(s.driver) + " " + sign(s.firmware)
	}
	var all []string
	for _, r := range s.reads {
		all = append(all, code(r))
	}
	text := strings.Join(all, ",")
	if back := code(s.back); back != "-" && back != "N" {
		text = fmt.Sprintf("(%s)%s", back, text)
	}
	if s.err != "" {
		text = "X"
	}
	return text
}

func sign(n uint64) string {
	if n == 0 {
		return "0"
	}
	return ">0"
}
