package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/lab"
	"tbraid/lab/report"
	"tbraid/sim/ledger"
)

// outputs is where a result goes besides the report.
type outputs struct {
	stdout bool // in place of the report
	files  []string
}

// any tells whether the result goes anywhere besides the report.
func (o outputs) any() bool { return o.stdout || len(o.files) > 0 }

// parseOutputs sorts the values of -o; checkForm refuses files of which the
// ending is no form that the command writes.
func parseOutputs(all []string, checkForm func(path string) error) (outputs, error) {
	var o outputs
	for i, path := range all {
		switch {
		case slices.Contains(all[:i], path):
			return o, usage("-o %s is given twice", path)
		case path == "-":
			o.stdout = true
		default:
			if err := checkForm(path); err != nil {
				return o, err
			}
			o.files = append(o.files, path)
		}
	}
	return o, nil
}

// checkResultForm refuses a file that results have no form for.
func checkResultForm(path string) error {
	if _, ok := report.FindForm(filepath.Ext(path)); ok {
		return nil
	}
	return noForm(path, "there are "+endings())
}

// checkJSON refuses all but JSON, the one form of what is no result.
func checkJSON(path string) error {
	if filepath.Ext(path) == ".json" {
		return nil
	}
	return noForm(path, "there is .json")
}

func noForm(path, known string) error {
	known += ", and - for JSON on standard output"
	if ending := filepath.Ext(path); ending != "" {
		return usage("-o %s: there is no output in the form %s: %s", path, ending, known)
	}
	return usage("-o %s has no ending that says in which form to write: %s", path, known)
}

// endings lists those that results have a form for.
func endings() string {
	var all []string
	for _, f := range report.Forms() {
		all = append(all, f.Ending)
	}
	return strings.Join(all, ", ")
}

// hold refuses a scenario of more runs than a file can hold.
func (o outputs) hold(runs int) error {
	for _, path := range o.files {
		if f, _ := report.FindForm(filepath.Ext(path)); f.MostRuns > 0 && runs > f.MostRuns {
			return &lab.Refused{What: "-o " + path, Why: fmt.Sprintf("a file of this form holds at most %d runs, and there are %d", f.MostRuns, runs),
				Instead: "choose among them with --case, --host, --policy and --event"}
		}
	}
	return nil
}

// need adds up what the forms of the files show.
func (o outputs) need() report.Form {
	var all report.Form
	for _, path := range o.files {
		f, _ := report.FindForm(filepath.Ext(path))
		all.Curves = all.Curves || f.Curves
	}
	return all
}

// check refuses, before anything is simulated, what could not be written after.
func (o outputs) check() error {
	for _, path := range o.files {
		if at, err := os.Stat(path); err == nil && !at.Mode().IsRegular() {
			return &inputError{path: path, cause: errors.New("this is no regular file")}
		}
		folder, err := os.Stat(filepath.Dir(path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return &inputError{path: path, cause: fmt.Errorf("there is no folder %s", filepath.Dir(path))}
		case err != nil:
			return &inputError{path: path, cause: err}
		case !folder.IsDir():
			return &inputError{path: path, cause: fmt.Errorf("%s is no folder", filepath.Dir(path))}
		}
	}
	return nil
}

// document simulates a scenario under a watch, with the sweeps that the forms of the
// files show besides. If those were ended early, the result is partial.
func (a *app) document(s *configs.Scenario, o lab.Options, to outputs) (*report.Document, error) {
	d := &report.Document{}
	err := a.watched(func(w *lab.Watch) (err error) {
		o.Watch = w
		if d.Result, err = lab.Simulate(s, o); err != nil || d.Result.Partial != nil || !to.need().Curves || o.Ledger == ledger.Off {
			return err
		}
		d.Curves, err = lab.Sweeps(s, lab.SweepOptions{Workers: o.Workers, Tail: lab.DefaultTail, Ledger: o.Ledger, Watch: w})
		if err == nil && d.Curves.Partial != nil {
			d.Result.Partial, d.Curves = d.Curves.Partial, nil
		}
		return err
	})
	d.Records = func(each func(*lab.Record) error) error {
		if d.Result.Partial != nil {
			return errors.New("it plays every run again, and this result was ended early: let it come to its end, or narrow it")
		}
		return lab.Records(s, lab.Options{Ledger: o.Ledger}, each)
	}
	return d, err
}

// junitEnding is the form of a checked result that build servers read.
const junitEnding = ".xml"

// writeForms writes the document to files.
func (o outputs) writeForms(d *report.Document) error {
	return o.write(func(w io.Writer, ending string) error {
		if ending == junitEnding {
			return report.JUnit(w, d.Result)
		}
		form, _ := report.FindForm(ending)
		return form.Write(w, d)
	})
}

// write fills each file; render is told its ending.
func (o outputs) write(render func(w io.Writer, form string) error) error {
	for _, path := range o.files {
		if err := writeFile(path, render); err != nil {
			return &inputError{path: path, cause: err}
		}
	}
	return nil
}

// writeFile writes a form that the ending of the file names.
func writeFile(path string, render func(w io.Writer, form string) error) error {
	return writeWhole(path, func(w io.Writer) error { return render(w, filepath.Ext(path)) })
}

// writeWhole writes beside the file and renames, so that the file is there as a
// whole or as it was. A link stays a link.
func writeWhole(path string, emit func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	part := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	err = errors.Join(emit(f), f.Close())
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}
