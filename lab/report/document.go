package report

import (
	"io"
	"slices"

	"tbraid/lab"
)

// Document is what files are made from: a result and, where a form asks for it,
// the loss curves of the same scenario.
type Document struct {
	Result *lab.Result
	Curves *lab.Curves
	// Records plays the runs again, one by one, and hands out all that happened.
	Records func(each func(*lab.Record) error) error
}

// Form is a kind of file that a result can be written as.
type Form struct {
	Ending string // of the name of the file, with its dot
	Title  string
	Curves bool // it shows loss curves, where the ledger is kept
	// MostRuns bounds the runs that a file of this form can hold; 0 is no bound.
	MostRuns int
	Write    func(w io.Writer, d *Document) error
}

// Forms are the kinds of files of a result.
func Forms() []Form {
	return []Form{
		{Ending: ".json", Title: "the result as it is (tbraid schema result)", Write: ofResult(JSON)},
		{Ending: ".csv", Title: "a row for each command line of each run", Write: ofResult(CSV)},
		{Ending: ".md", Title: "tables and verdict for a pull request", Write: ofResult(Markdown)},
		{Ending: ".svg", Title: "the tables as a picture, with a map of fates for each run", Write: ofResult(SVG)},
		{Ending: ".html", Title: "the report as one page that loads nothing", Curves: true, Write: HTML},
		{Ending: ".ndjson", Title: "the ledger: a line for each command at each seam, and for each change of a block (tbraid schema ledger)", Write: NDJSON},
		{Ending: ".pftrace", Title: "a trace of each run for ui.perfetto.dev", MostRuns: mostTraced, Write: Perfetto},
	}
}

// ofResult is a form that shows the result alone.
func ofResult(write func(io.Writer, *lab.Result) error) func(io.Writer, *Document) error {
	return func(w io.Writer, d *Document) error { return write(w, d.Result) }
}

// FindForm is the form of an ending.
func FindForm(ending string) (Form, bool) {
	all := Forms()
	i := slices.IndexFunc(all, func(f Form) bool { return f.Ending == ending })
	if i < 0 {
		return Form{}, false
	}
	return all[i], true
}
