package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// outputs is where a result goes besides the report.
type outputs struct {
	stdout bool // in place of the report
	files  []string
}

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

// checkResultForm refuses all but JSON, the one form of a result.
func checkResultForm(path string) error {
	switch ending := filepath.Ext(path); ending {
	case ".json":
		return nil
	case "":
		return usage("-o %s has no ending that says in which form to write: there is .json, and - for JSON on standard output", path)
	default:
		return usage("-o %s: there is no output in the form %s: there is .json, and - for JSON on standard output", path, ending)
	}
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
