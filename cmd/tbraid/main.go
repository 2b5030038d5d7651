// Command tbraid replays dd, cp and diskutil on a model of a RAID box, lets the
// power go, the cable come off or the host restart, and reports which
// acknowledged bytes are gone and which layer broke which promise.
//
// Here are flags and words only: scenarios are read by package configs, run by
// package lab and printed by package lab/report.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// collectAt is how far garbage may grow, in percent of what is in use, before it is
// collected: a world of the model is some megabytes and lives for milliseconds.
const collectAt = 400

// app is one call of the program.
type app struct {
	args   []string // as typed, without the name of the program
	stdin  io.Reader
	out    *bufio.Writer // standard output
	errs   io.Writer     // standard error
	screen *os.File      // the terminal that out goes to, nil if it goes elsewhere
}

// run carries out a command line and returns the exit code. Results go to stdout
// and everything else to stderr.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintf(stderr, "tbraid: internal error: %v\nthis is a bug of tbraid; please report it with the command line\n", cause)
			code = exitFailed
		}
	}()
	a := &app{args: args, stdin: stdin, out: bufio.NewWriter(stdout), errs: stderr, screen: terminal(stdout)}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.out)
	root.SetErr(stderr)
	err := root.Execute()
	if lost := a.out.Flush(); lost != nil && err == nil {
		err = fmt.Errorf("standard output: %w", lost)
	}
	code = exitCode(err)
	if err != nil && code != exitAsserted { // the report has said it
		fmt.Fprintln(stderr, a.complaint(err))
	}
	return code
}
