package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"tbraid/lab"
	"tbraid/sim/ledger"
)

// verdict says for each event and case under which hosts and policies what was
// acknowledged is gone.
func (p *printer) verdict(r *lab.Result) {
	label := "VERDICT"
	p.printf("\n")
	if s := p.summary(r); s != "" {
		p.item(label, s)
		label = ""
	}
	for _, event := range events(r) {
		g := newGrid(r, event)
		when := "after " + event
		if event == "" {
			when = "without an event"
		}
		for _, c := range g.cases {
			parts := p.o.fates(g, c)
			if len(parts) == 0 {
				parts = []string{"every host and policy keeps everything"}
			}
			p.item(label, fmt.Sprintf("%s, %s: %s.%s", when, c, strings.Join(parts, "; "), p.o.readBack(g, c)))
			label = ""
		}
	}
}

// readBack says what the tools found when they read the data back afterwards.
func (o Options) readBack(g *grid, c string) string {
	found := map[grade][]string{}
	for _, h := range g.hosts {
		for _, pol := range g.pols {
			if run := g.at(c, h, pol); run != nil && run.ReadAfter != nil {
				found[gradeOf(run)] = once(found[gradeOf(run)], run.ReadAfter.Word)
			}
		}
	}
	var parts []string
	for _, k := range []grade{failed, silent, broken, damaged, lost, kept} {
		if len(found[k]) > 0 {
			parts = append(parts, strings.Join(found[k], " or ")+" "+o.verdictWords().where[k])
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " Read back: " + list(parts) + "."
}

// fates says what becomes of a case: which policies lose, which break a promise,
// which let the tool fail. Hosts that agree share a clause.
func (o Options) fates(g *grid, c string) []string {
	var parts []string
	for _, k := range []grade{unjudged, failed, silent, broken, damaged, lost} {
		var clauses, hosts []string
		for _, h := range g.hosts {
			var under []string
			for _, pol := range g.pols {
				if run := g.at(c, h, pol); run != nil && (gradeOf(run) == k || k == failed && run.ToolError != "") {
					under = append(under, pol)
				}
			}
			if len(under) == 0 {
				continue
			}
			clause := every(under, len(g.pols))
			if n := len(clauses) - 1; n >= 0 && clauses[n] == clause {
				hosts[n] += " and " + h
				continue
			}
			clauses, hosts = append(clauses, clause), append(hosts, h)
		}
		for i := range clauses {
			parts = append(parts, fmt.Sprintf(o.verdictWords().verbs[k], hosts[i], clauses[i]))
		}
	}
	return parts
}

// every shortens a list that is complete.
func every(names []string, total int) string {
	if len(names) == total && total > 1 {
		return fmt.Sprintf("all %d policies", total)
	}
	return list(names)
}

// reason is one cause with everything that it explains.
type reason struct {
	cause lab.Cause
	runs  []*lab.Run
}

// why gives each cause once, with the layer that could have prevented the loss.
func (p *printer) why(r *lab.Result) {
	var all []*reason
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Replayed > 0 {
			continue
		}
		for _, c := range run.Causes {
			all = addReason(all, c, run)
		}
	}
	slices.SortStableFunc(all, func(a, b *reason) int { return strings.Compare(b.cause.Class, a.cause.Class) })
	label := "WHY"
	for _, re := range all {
		p.item(label, p.o.sentence(re))
		label = ""
	}
	p.silentErrors(r, label)
	p.toolErrors(r, label)
}

// silentErrors says which WRITEs failed without the tool being told.
func (p *printer) silentErrors(r *lab.Result, label string) {
	seen := map[string]bool{}
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Swallowed == 0 || run.FailedLBA == nil || seen[run.Host+run.Case] {
			continue
		}
		seen[run.Host+run.Case] = true
		p.item(label, p.o.say(fmt.Sprintf("%s under %s: the driver or the box failed WRITEs, the first at LBA %d; a buffered device node writes "+
			"asynchronously, and the error ends in the kernel log, not at the tool.", run.Case, run.Host, *run.FailedLBA)))
		label = ""
	}
}

func addReason(all []*reason, c lab.Cause, run *lab.Run) []*reason {
	for _, re := range all {
		if re.cause.Name == c.Name && re.cause.Class == c.Class && re.cause.Taken == c.Taken {
			if re.runs[len(re.runs)-1] != run {
				re.runs = append(re.runs, run)
			}
			return all
		}
	}
	return append(all, &reason{cause: c, runs: []*lab.Run{run}})
}

// sentence says what the cause is and exactly which runs it explains.
func (o Options) sentence(re *reason) string {
	var events []string
	for _, run := range re.runs {
		events = once(events, run.Event)
	}
	var where []string
	for _, e := range events {
		when := "after " + e
		if e == "" {
			when = "without an event"
		}
		where = append(where, when+": "+strings.Join(re.clauses(e), "; "))
	}
	s := fmt.Sprintf(o.verdictWords().classes[re.cause.Class], o.layer(re.cause.Layer), o.causeText(&re.cause))
	return s + " (" + strings.Join(where, ". ") + ")."
}

// clauses names the runs of one event: cases that fare alike share a clause.
func (re *reason) clauses(event string) []string {
	var cases, clauses []string
	var names [][]string
	for _, run := range re.runs {
		if run.Event == event {
			cases = once(cases, run.Case)
		}
	}
	for _, c := range cases {
		clause := re.under(event, c)
		if i := slices.Index(clauses, clause); i >= 0 {
			names[i] = append(names[i], c)
			continue
		}
		clauses, names = append(clauses, clause), append(names, []string{c})
	}
	for i := range clauses {
		clauses[i] = list(names[i]) + ", " + clauses[i]
	}
	return clauses
}

// under names hosts and policies of one case; hosts that agree are named once.
func (re *reason) under(event, c string) string {
	var hosts []string
	pols := map[string][]string{}
	for _, run := range re.runs {
		if run.Event == event && run.Case == c {
			hosts = once(hosts, run.Host)
			pols[run.Host] = append(pols[run.Host], run.Policy)
		}
	}
	var parts []string
	for i := 0; i < len(hosts); {
		j := i + 1
		for j < len(hosts) && slices.Equal(pols[hosts[i]], pols[hosts[j]]) {
			j++
		}
		parts = append(parts, list(hosts[i:j])+" with "+list(pols[hosts[i]]))
		i = j
	}
	return strings.Join(parts, ", ")
}

// toolErrors says which WRITE made a tool fail.
func (p *printer) toolErrors(r *lab.Result, label string) {
	seen := map[string]bool{}
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.ToolError == "" || seen[run.Host+run.ToolError] {
			continue
		}
		seen[run.Host+run.ToolError] = true
		s := fmt.Sprintf("%s under %s ends with %q", run.Case, run.Host, run.ToolError)
		if run.FailedLBA != nil {
			s += fmt.Sprintf(": its WRITE at LBA %d failed", *run.FailedLBA)
			if *run.FailedLBA >= 1<<32 {
				s += ", beyond 2^32, where 16-byte CDBs begin"
			}
		}
		if s += "."; run.Loss.Acknowledged() == 0 {
			s += " A tool that reports an error loses nothing in silence."
		}
		p.item(label, p.o.say(s))
		label = ""
	}
}

// rivals says which combinations show the pair of observations, and that the
// obvious reading is one of several.
func (p *printer) rivals(r *lab.Result) {
	if len(r.Rivals) == 0 {
		return
	}
	p.item("TESTS", fmt.Sprintf("of all policy presets under these hosts, %d show the pair that was observed: after %s, "+
		"the old content without a read-back before it, the new content with one.", len(r.Rivals), r.Events[0].Name))
	for _, v := range r.Rivals {
		how := "the read-back itself saves the data: the same time without it does not"
		if v.ByTime {
			how = "time saves the data: the same time without the read-back keeps them as well"
		}
		p.item("", fmt.Sprintf("%s with %s: %s.", v.Host, v.Policy, how))
	}
	p.item("", "So \"the read flushed the cache\" is one explanation among these; the two tests alone cannot tell them apart. "+
		"Waiting as long without reading does.")
	p.contrast(r)
}

// contrast shows the same pair under the hosts that keep everything.
func (p *printer) contrast(r *lab.Result) {
	fits := map[string]bool{}
	for _, v := range r.Rivals {
		fits[v.Host+" "+v.Policy] = true
	}
	g := newGrid(r, r.Events[0].Name)
	for _, h := range g.hosts {
		for _, pol := range g.pols {
			fitsOther := false
			for _, o := range g.hosts {
				fitsOther = fitsOther || o != h && fits[o+" "+pol]
			}
			all := true
			for _, c := range g.cases {
				run := g.at(c, h, pol)
				all = all && run != nil && gradeOf(run) == kept
			}
			if fitsOther && all {
				p.item("", fmt.Sprintf("Under %s with %s the same cases keep everything after %s.", h, pol, r.Events[0].Name))
			}
		}
	}
}

// controls compares each control with what the scenario's own run gave.
func (p *printer) controls(r *lab.Result) {
	label := "CONTROL"
	for i := range r.Controls {
		run := &r.Controls[i]
		o := p.o
		o.Color = false
		s := fmt.Sprintf("%s: %s", run.Title, o.cell(run))
		if run.Event != "" {
			s += " after " + run.Event
		}
		s += fmt.Sprintf(" (%s, %s)", run.Host, run.Policy)
		for j := range r.Runs {
			if b := &r.Runs[j]; b.Case == run.Case && b.Host == run.Host && b.Policy == run.Policy && b.Event == run.Event {
				s += "; without the change: " + o.cell(b)
			}
		}
		p.item(label, s+".")
		label = ""
	}
}

// notes says what the words mean and what this is not.
func (p *printer) notes(r *lab.Result) {
	label := "NOTE"
	note := func(s string) { p.item(label, s); label = "" }
	if slices.ContainsFunc(events(r), func(e string) bool { return strings.HasPrefix(e, "restart") || strings.Contains(e, "+restart") }) {
		note("A restart is not a power loss: the box keeps its supply.")
	}
	for _, s := range cutNotes(r) {
		note(s)
	}
	if anyDropped(r) {
		note(p.o.verdictWords().reset)
	}
	if n, most := shorn(r); n > 0 {
		runs := fmt.Sprintf("%d %s", n, plural(n, "run", "runs"))
		note(fmt.Sprintf(p.o.verdictWords().shorn, runs, most))
	}
	if anySync(r) && !p.o.Plain {
		note("-69825 comes from a failed WRITE. macOS ignores the result of the flush behind a wipe (libutil, wipefs), so a lost or failed SYNCHRONIZE CACHE alone does not give it. What fails the WRITE is a second fault, which the host profile assumes.")
	}
	for _, s := range holes(r) {
		note(s)
	}
	note(p.o.verdictWords().model)
}

// anyDropped tells whether data went because a cache was dropped at a reset.
func anyDropped(r *lab.Result) bool {
	for i := range r.Runs {
		for _, c := range r.Runs[i].Causes {
			if c.Name == ledger.DroppedAtReset.String() || c.Taken == ledger.DroppedAtReset.Text() {
				return true
			}
		}
	}
	return false
}

// shorn counts the runs in which the event cut commands in two, and the most
// commands of a run.
func shorn(r *lab.Result) (runs, most int) {
	for i := range r.Runs {
		if n := r.Runs[i].Shorn; n > 0 {
			runs++
			most = max(most, n)
		}
	}
	return runs, most
}

// anySync tells whether a disk tool failed, so that the note is worth its lines.
func anySync(r *lab.Result) bool {
	for i := range r.Runs {
		if strings.Contains(r.Runs[i].ToolError, "-69825") {
			return true
		}
	}
	return false
}

// decisive are the assumptions that decide who loses what.
var decisive = []string{"host_reset", "high_lba", "gate_segments", "gate_bytes", "destage.age", "destage.interval", "destage.idle",
	"quiesce", "cache.capacity", "wait", "page", "tear", "driver.overhead", "max_bytes"}

// assumed lists the values that no source backs.
func (p *printer) assumed(r *lab.Result) {
	if len(r.Guesses) == 0 {
		return
	}
	if p.o.Verbose {
		for i, g := range r.Guesses {
			label := ""
			if i == 0 {
				label = "ASSUMED"
			}
			p.item(label, fmt.Sprintf("%s = %s: %s (%s)", g.Path, g.Value, g.Note, g.Where))
		}
		return
	}
	var few []string
	for _, g := range r.Guesses {
		for _, d := range decisive {
			if strings.HasSuffix("."+g.Path, "."+d) && g.Value != "0" {
				few = once(few, fmt.Sprintf("%s %s=%s", origin(g.Where), d, g.Value))
				break
			}
		}
	}
	p.item("ASSUMED", fmt.Sprintf("%d values have no source behind them; -v lists them all. Among those that decide the table: %s.",
		len(r.Guesses), strings.Join(few, ", ")))
}

// origin is the preset that a value comes from: the name of its file.
func origin(where string) string {
	file, _, _ := strings.Cut(where, ":")
	return strings.TrimSuffix(path.Base(file), ".yaml")
}
