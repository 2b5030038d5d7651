package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"tbraid/lab/report"
)

// look is how a command prints.
type look struct {
	color          string
	ascii, verbose bool
	width          int
}

// narrowest is the width below which a report is no longer one.
const narrowest = 40

func (l *look) register(f *pflag.FlagSet) {
	l.color = "auto"
	f.BoolVarP(&l.verbose, "verbose", "v", false, "say more, sources included")
	f.Var(&choice{&l.color, []string{"auto", "always", "never"}}, "color",
		"auto, always or never; auto is on a terminal, and heeds NO_COLOR and CLICOLOR_FORCE")
	f.BoolVar(&l.ascii, "ascii", false, "words in place of glyphs")
	f.IntVar(&l.width, "width", 0, fmt.Sprintf("`COLUMNS`, at least %d (default that of the terminal, else 100)", narrowest))
}

// options settles what depends on where the output goes.
func (l *look) options(screen *os.File) (report.Options, error) {
	o := report.Options{Width: l.width, Color: l.colored(screen != nil), ASCII: l.ascii, Verbose: l.verbose}
	switch {
	case l.width != 0 && l.width < narrowest:
		return o, usage("--width takes at least %d, not %d", narrowest, l.width)
	case l.width == 0 && screen != nil:
		if n := columns(screen); n > 0 {
			o.Width = max(n, narrowest)
		}
	}
	return o, nil
}

// colored follows no-color.org and bixense.com/clicolors: the flag comes first,
// then NO_COLOR, then CLICOLOR_FORCE, then what standard output is.
func (l *look) colored(onScreen bool) bool {
	force := os.Getenv("CLICOLOR_FORCE")
	switch {
	case l.color != "auto":
		return l.color == "always"
	case os.Getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return onScreen && os.Getenv("TERM") != "dumb"
}

// terminal is w if it is a terminal, else nil.
func terminal(w io.Writer) *os.File {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// columns is how wide a terminal is, 0 if it does not say.
func columns(screen *os.File) int {
	n, _, err := term.GetSize(int(screen.Fd()))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

func (c *choice) String() string { return *c.value }
func (*choice) Type() string     { return "WHEN" }

// Set implements pflag.Value.
func (c *choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("it takes %s", strings.Join(c.words, ", "))
	}
	*c.value = word
	return nil
}
