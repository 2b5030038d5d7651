package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"tbraid/configs"
	"tbraid/host/trace"
	"tbraid/lab"
	"tbraid/lab/store"
)

// The exit codes. Loss is a result and no failure.
const (
	exitOK       = 0
	exitFailed   = 1  // what has no code of its own
	exitUsage    = 2  // a command, a flag or its form
	exitInput    = 3  // a scenario, a preset, a command line to replay, an assertion, a path
	exitAsserted = 10 // an assertion does not hold
	exitBroken   = 11 // the model contradicted itself: always a bug of tbraid

	exitInterrupted = 130 // as shells count a program that SIGINT has ended
)

// usageError is a call that tbraid does not understand.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// inputError is about a file that was named and cannot be read or written.
type inputError struct {
	path  string
	cause error
	hint  string
}

func (e *inputError) Error() string { return e.path + ": " + reason(e.cause).Error() + e.hint }

func (e *inputError) Unwrap() error { return e.cause }

// reason is what the system said, without the call and the path of it.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// exitCode sorts errors.
func exitCode(err error) int {
	var (
		misused *usageError
		fault   *configs.Error
		path    *inputError
		refused *lab.Refused
		broken  *lab.Broken
		line    *trace.Error
		unknown *lab.UnknownCase
		unmet   *unmet
		early   *interrupted
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &misused):
		return exitUsage
	case errors.As(err, &fault), errors.As(err, &path), errors.As(err, &refused), errors.As(err, &line),
		errors.As(err, &unknown):
		return exitInput
	case errors.As(err, &broken):
		return exitBroken
	case errors.As(err, &unmet):
		return exitAsserted
	case errors.As(err, &early):
		return exitInterrupted
	}
	return exitFailed
}

// complaint is what a user reads of an error, one paragraph for each of several.
func (a *app) complaint(err error) string {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range several.Unwrap() {
			all = append(all, a.complaint(e))
		}
		return strings.Join(all, "\n")
	}
	text := err.Error()
	var fault *configs.Error
	var broken *lab.Broken
	switch {
	case errors.As(err, &fault) && isArgument(fault.File):
		place := fmt.Sprintf("%s:%d:%d: ", fault.File, fault.Line, fault.Column)
		text = strings.Replace(text, place, fault.File+": ", 1) // it has no lines to count
	case errors.As(err, &broken):
		text += fmt.Sprintf("\nthis is a bug of tbraid, not of the scenario; seed %d\nto see it again: %s",
			broken.Cause.Seed, a.again(broken.Cause.Seed))
	}
	return "tbraid: " + text
}

// isArgument tells whether what an error calls its file is an argument.
func isArgument(file string) bool {
	return file == typedName || file == store.Conditions || strings.HasPrefix(file, "--")
}

// again is the command that repeats this run, as a shell takes it.
func (a *app) again(seed uint64) string {
	words := []string{"tbraid"}
	seeded := slices.Contains(a.args, "bench") // its cases have seeds of their own
	add := func() {
		if !seeded {
			words, seeded = append(words, "--seed", fmt.Sprint(seed)), true
		}
	}
	for _, arg := range a.args {
		seeded = seeded || arg == "--seed" || strings.HasPrefix(arg, "--seed=")
		if arg == "--" {
			add() // no flag comes after it
		}
		words = append(words, shellWord(arg))
	}
	add()
	return strings.Join(words, " ")
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
