package store

import (
	"cmp"
	"iter"
	"slices"
)

var tables = []*Table{
	plan[lost]{
		name: "extents", one: "lost extent", many: "lost extents", about: "blocks that share their fate and their file",
		columns: extentColumns(),
		shown:   []string{"result", "case", "event", "host", "policy", "control", "lba", "bytes", "class", "cause", "reads", "file", "age"},
		rows:    (*View).extents,
		order:   inPlace,
		of:      func(l lost) *run { return l.run },
		short:   (*View).short,
	}.table(),
	plan[*run]{
		name: "runs", one: "run", many: "runs", about: "a case under a host, a policy and an event",
		columns: slices.Concat(ofRun(func(r *run) *run { return r }), runColumns()),
		shown:   []string{"result", "case", "event", "host", "policy", "control", "acked", "violation", "permitted", "collateral", "oldest", "rate"},
		rows:    rowsOf[*run](runs),
		order:   inOrder[*run],
		of:      func(r *run) *run { return r },
	}.table(),
	plan[*cause]{
		name: "causes", one: "cause", many: "causes", about: "why a run has lost bytes",
		columns: slices.Concat(ofRun(func(c *cause) *run { return c.run }), causeColumns()),
		shown:   []string{"result", "case", "event", "host", "policy", "control", "cause", "class", "layer", "bytes"},
		rows:    rowsOf[*cause](causes),
		order:   inOrder[*cause],
		of:      func(c *cause) *run { return c.run },
	}.table(),
	plan[*tool]{
		name: "tools", one: "command line", many: "command lines", about: "a command line that moved data, as its host saw it",
		columns: slices.Concat(ofRun(func(t *tool) *run { return t.run }), toolColumns()),
		shown:   []string{"result", "case", "event", "host", "policy", "control", "tool", "written", "read", "rate", "iops", "p50", "p99", "max"},
		rows:    rowsOf[*tool](tools),
		order:   inOrder[*tool],
		of:      func(t *tool) *run { return t.run },
	}.table(),
	plan[*policy]{
		name: "policies", one: "policy", many: "policies", about: "how a firmware policy fared over the runs of a result",
		columns: policyColumns(),
		shown:   []string{"result", "policy", "runs", "losing", "broken", "worst", "slowest"},
		rows:    rowsOf[*policy](policies),
		order:   inOrder[*policy],
	}.table(),
}

// rowsOf are all rows of a table of the database.
func rowsOf[R any](table string) func(*View, *Query) iter.Seq[R] {
	return func(v *View, _ *Query) iter.Seq[R] {
		return func(yield func(R) bool) {
			it := v.all(table)
			for row := it.Next(); row != nil && yield(row.(R)); row = it.Next() {
			}
		}
	}
}

func inOrder[R numbered](a, b R) int { return cmp.Compare(a.number(), b.number()) }

// inPlace orders lost extents by run and address. It is asked for every row: what
// decides first is looked at first.
func inPlace(a, b lost) int {
	if a.run != b.run {
		return cmp.Compare(a.run.ID, b.run.ID)
	}
	if a.part.Start != b.part.Start {
		return cmp.Compare(a.part.Start, b.part.Start)
	}
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.i, b.i))
}

// ofRun are the columns that say which run a row belongs to.
func ofRun[R any](of func(R) *run) []column[R] {
	col := func(name, about string, value func(*run) string) column[R] {
		known := func(v *View) []string { return v.distinct(value) }
		return word(name, name, about, known, func(r R) string { return value(of(r)) })
	}
	return []column[R]{
		col("result", "the name under which it was loaded, if there are several", func(r *run) string { return r.result.Name }),
		col("case", "the case of the scenario", func(r *run) string { return r.Case }),
		col("event", "what happened", func(r *run) string { return r.Event }),
		col("host", "the host profile", func(r *run) string { return r.Host }),
		col("policy", "the firmware policy", func(r *run) string { return r.Policy }),
		col("control", "the control of the scenario that the run is", func(r *run) string { return r.Control }),
	}
}

// extentColumns are those of lost extents; first which run it was.
func extentColumns() []column[lost] {
	return slices.Concat(fixed(ofRun(func(l lost) *run { return l.run })...), fateColumns(), placeColumns())
}

// fateColumns are those that the extents of a page share.
func fateColumns() []column[lost] {
	return fixed(
		word("class", "class", "what the contract makes of it", classNames, func(l lost) string { return l.class }),
		word("outcome", "outcome", "what became of the blocks", outcomeNames, func(l lost) string { return l.outcome }),
		word("cause", "cause", "the highest place at which the loss could have been prevented", causeNames, func(l lost) string { return l.cause }),
		word("layer", "layer", "the part that the cause belongs to", layerNames, func(l lost) string { return layerOf(l.cause) }),
		word("taker", "taker", "the cause that took the last volatile copy, where that is another one", causeNames, func(l lost) string { return l.taker }),
		word("promise", "promise", "the strongest promise that stood on the blocks", promiseNames, func(l lost) string { return l.promise }),
		word("reads", "reads_as", "what a read of them shows", readsNames,
			func(l lost) string { return l.reads }),
		number("step", "step", Count, "the step that wrote them, from 0", func(l lost) int64 { return int64(l.step) }),
		word("tool", "tool", "the program of that step", toolNames, func(l lost) string { return l.run.program(l.step) }),
	)
}

// placeColumns are those in which the extents of a page differ.
func placeColumns() []column[lost] {
	return []column[lost]{
		unsigned("lba", lbaColumn, Address, "the first block", func(l lost) uint64 { return uint64(l.part.Start) }),
		unsigned("blocks", "blocks", Count, "how many blocks", func(l lost) uint64 { return l.part.Blocks }),
		unsigned("bytes", "bytes", Size, "how much that is", func(l lost) uint64 { return l.part.Bytes() }),
		fileColumn(),
		number("acked", "acked_ns", Span, "when they were acknowledged, on the clock of the run", func(l lost) int64 { return l.acked.values[l.i] }),
		number("age", "age_ns", Span, "how long before the event that was", func(l lost) int64 { return l.age.values[l.i] }),
	}
}

const lbaColumn = "lba"

func fileColumn() column[lost] {
	c := word("file", "file", "whose content they are, if a mounted volume had one there", nil, func(l lost) string { return l.files[l.file[l.i]] })
	c.dictionary = func(l lost) ([]string, uint32) { return l.files, l.file[l.i] }
	return c
}

func runColumns() []column[*run] {
	return []column[*run]{
		word("effective", "effective_policy", "what the firmware does with a WRITE", effectiveNames,
			func(r *run) string { return r.Effective }),
		number("at", "event_ns", Span, "when the event came, on the clock of the run", func(r *run) int64 { return r.EventNS }),
		number("end", "end_ns", Span, "when the run ended", func(r *run) int64 { return r.EndNS }),
		unsigned("acked", "acked_bytes", Size, "acknowledged before the event", func(r *run) uint64 { return r.Acked }),
		unsigned("lost", "lost_bytes", Size, "acknowledged and gone, of whatever class", func(r *run) uint64 { return r.Loss.Acknowledged() }),
		unsigned("violation", "violation_bytes", Size, "promised and gone", func(r *run) uint64 { return r.Loss.Violation }),
		unsigned("permitted", "permitted_bytes", Size, "acknowledged, never promised, and gone", func(r *run) uint64 { return r.Loss.Permitted }),
		unsigned("collateral", "collateral_bytes", Size, "destroyed by a later write", func(r *run) uint64 { return r.Loss.Collateral }),
		unsigned("in-flight", "in_flight_bytes", Size, "never acknowledged", func(r *run) uint64 { return r.Loss.InFlight }),
		unsigned("replayed", "replayed_bytes", Size, "lost, and put back by a journal", func(r *run) uint64 { return r.Replayed }),
		unsigned("swallowed", "swallowed_error_bytes", Size, "of WRITEs that failed in silence", func(r *run) uint64 { return r.Swallowed }),
		number("shorn", "shorn_commands", Count, "WRITEs that are there in part", func(r *run) int64 { return int64(r.Shorn) }),
		number("oldest", "oldest_lost_ns", Span, "how long before the event the oldest lost byte was acknowledged", func(r *run) int64 { return r.OldestNS }),
		unsigned("extents", "lost_extent_count", Count, "lost extents", func(r *run) uint64 { return r.ExtentCount }),
		unsigned("rate", "throughput_Bps", Rate, "of the first tool that moves data", func(r *run) uint64 { return r.Rate }),
		unsigned("commands", "host_commands", Count, "SCSI commands of the host", func(r *run) uint64 { return r.Commands }),
		word("error", "tool_error", "what the first tool that failed said", nil, func(r *run) string { return r.ToolError }),
	}
}

func causeColumns() []column[*cause] {
	return []column[*cause]{
		word("cause", "cause", "the highest place at which the loss could have been prevented", causeNames, func(c *cause) string { return c.Name }),
		word("class", "class", "what the contract makes of it", classNames, func(c *cause) string { return c.Class }),
		word("layer", "layer", "the part that it belongs to", layerNames, func(c *cause) string { return c.Layer }),
		word("asker", "asker", "who asked for the flush that went wrong", nil, func(c *cause) string { return c.Asker }),
		unsigned("bytes", "bytes", Size, "lost for that reason", func(c *cause) uint64 { return c.Bytes }),
		word("text", "text", "the cause as a clause", nil, func(c *cause) string { return c.Text }),
	}
}

func toolColumns() []column[*tool] {
	return []column[*tool]{
		word("tool", "name", "the program", toolNames, func(t *tool) string { return t.Name }),
		word("line", "line", "the command line", nil, func(t *tool) string { return t.Line }),
		number("step", "step", Count, "the step in which it ran, from 0", func(t *tool) int64 { return int64(t.Step) }),
		number("start", "start_ns", Span, "when it began, on the clock of the run", func(t *tool) int64 { return t.StartNS }),
		number("took", "took_ns", Span, "for how long it ran", func(t *tool) int64 { return t.EndNS - t.StartNS }),
		unsigned("read", "read_bytes", Size, "read from the box", func(t *tool) uint64 { return t.BytesRead }),
		unsigned("written", "written_bytes", Size, "written to it", func(t *tool) uint64 { return t.BytesWritten }),
		unsigned("commands", "commands", Count, "SCSI commands of the host in that time", func(t *tool) uint64 { return t.Commands }),
		unsigned("rate", "throughput_Bps", Rate, "how fast", func(t *tool) uint64 { return t.Rate }),
		unsigned("iops", "iops", Count, "READs and WRITEs a second", func(t *tool) uint64 { return t.IOPS }),
		number("p50", "latency_p50_ns", Span, "median time of a READ or WRITE", func(t *tool) int64 { return t.Latency.P50 }),
		number("p90", "latency_p90_ns", Span, "9 of 10 took no longer", func(t *tool) int64 { return t.Latency.P90 }),
		number("p99", "latency_p99_ns", Span, "99 of 100 took no longer", func(t *tool) int64 { return t.Latency.P99 }),
		number("p999", "latency_p999_ns", Span, "999 of 1,000 took no longer", func(t *tool) int64 { return t.Latency.P999 }),
		number("max", "latency_max_ns", Span, "the longest", func(t *tool) int64 { return t.Latency.Max }),
		unsigned("flushes", "flush_count", Count, "SYNCHRONIZE CACHE that ended in that time", func(t *tool) uint64 { return t.Flush.Count }),
		number("flush-max", "flush_latency_max_ns", Span, "the longest of them", func(t *tool) int64 { return t.Flush.Max }),
	}
}

func policyColumns() []column[*policy] {
	return []column[*policy]{
		word("result", "result", "the name under which it was loaded, if there are several", nil, func(p *policy) string { return p.result.Name }),
		word("policy", "policy", "its name", func(v *View) []string { return v.distinct(func(r *run) string { return r.Policy }) }, func(p *policy) string { return p.Name }),
		word("title", "title", "what it is", nil, func(p *policy) string { return p.Title }),
		unsigned("runs", "runs", Count, "how often it was run", func(p *policy) uint64 { return p.runs }),
		unsigned("losing", "losing_runs", Count, "runs that lost acknowledged bytes", func(p *policy) uint64 { return p.losing }),
		unsigned("broken", "broken_runs", Count, "runs that broke a promise", func(p *policy) uint64 { return p.broken }),
		unsigned("worst", "worst_lost_bytes", Size, "acknowledged and gone in the run that lost most", func(p *policy) uint64 { return p.worst }),
		unsigned("slowest", "slowest_Bps", Rate, "of the slowest run", func(p *policy) uint64 { return p.slowest }),
	}
}
