package workload

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Kind is what a tool is for.
type Kind uint8

// The kinds.
const (
	DD Kind = iota
	CP
	Diskutil
	Sync
)

// Tool is a command line that was understood.
type Tool struct {
	Name string // dd, cp, diskutil, sync
	Line string // as typed
	Kind Kind
	Run  Program

	Inputs []string // what it reads: if= of dd, the sources of cp
	Output string   // what it writes: of= of dd, the target of cp, the disk of diskutil
	Disk   string   // identifier of the disk that the line names (disk5); empty if none
	// Bytes is how much dd moves if its input is long enough; 0 if only the run
	// can tell.
	Bytes uint64
	// ReadBack tells that the line reads a disk and writes none: a check of what
	// is there.
	ReadBack bool
}

// ParseError says what in a command line was not understood and what would be.
type ParseError struct {
	Tool    string // empty if the tool itself is in doubt
	Column  int    // of the word at fault, from 1, in characters
	Problem string
	Remedy  string
}

func (e *ParseError) Error() string {
	s := fmt.Sprintf("column %d: %s; %s", e.Column, e.Problem, e.Remedy)
	if e.Tool != "" {
		s = e.Tool + ": " + s
	}
	return s
}

// word is a word of the line after quotes were taken away.
type word struct {
	text   string
	column int
}

// fault blames the word.
func (w word) fault(tool, remedy, problem string, args ...any) error {
	return &ParseError{tool, w.column, fmt.Sprintf(problem, args...), remedy}
}

// Tools are the names of the tools that Parse knows.
func Tools() []string { return []string{"dd", "cp", "diskutil", "sync"} }

// Parse reads a command line as a person types it: one simple command, quotes
// and backslashes as in sh(1), a sudo before it allowed. Nothing is expanded.
// Every error is a *ParseError.
func Parse(line string) (Tool, error) {
	words, err := split(line)
	if err != nil {
		return Tool{}, err
	}
	if len(words) > 0 && words[0].text == "sudo" {
		words = words[1:]
	}
	if len(words) == 0 {
		return Tool{}, word{column: 1}.fault("", "type a dd, cp, diskutil or sync command", "there is no command")
	}
	var t Tool
	switch name, args := path.Base(words[0].text), words[1:]; name {
	case "dd":
		t, err = parseDD(words[0], args)
	case "cp":
		t, err = parseCP(words[0], args)
	case "diskutil":
		t, err = parseDiskutil(words[0], args)
	case "sync":
		t, err = parseSync(args)
	default:
		return Tool{}, words[0].fault("", meant(name, strings.Join(Tools(), " "))+"known are dd, cp, diskutil and sync", "unknown tool %q", name)
	}
	if err != nil {
		return Tool{}, err
	}
	t.Line = line
	return t, nil
}

func parseSync(args []word) (Tool, error) {
	if len(args) > 0 {
		return Tool{}, args[0].fault("sync", "type sync alone", "sync takes no operand, not %q", args[0].text)
	}
	return Tool{Name: "sync", Kind: Sync, Run: func(sh Shell) int {
		sh.Call(Call{Op: SyncAll})
		return 0 // sync(2) has no result
	}}, nil
}

// special are the characters that a shell would act on outside of quotes.
const special = "|&;<>()`$*?[]{}\n\r"

// split cuts the line into words.
func split(line string) ([]word, error) {
	var words []word
	var b strings.Builder
	var quote rune // the open quote, or 0
	open, begun, escaped := 0, 0, false
	column := 0
	for i, r := range line {
		column++
		bad := word{column: column}
		if r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD") {
			return nil, bad.fault("", "type UTF-8", "a byte that is no character")
		}
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, open = true, column
		case quote != 0 && r == quote:
			quote = 0
		case quote == '\'':
			b.WriteRune(r)
			continue
		case quote == '"' && (r == '$' || r == '`'), quote == 0 && strings.ContainsRune(special, r):
			return nil, bad.fault("", shellRemedy(r), "a shell would act on %q", r)
		case quote == 0 && (r == '\'' || r == '"'):
			quote, open = r, column
		case quote == 0 && (r == ' ' || r == '\t'):
			if begun > 0 {
				words = append(words, word{b.String(), begun})
				b.Reset()
			}
			begun = 0
			continue
		default:
			b.WriteRune(r)
		}
		if begun == 0 {
			begun = column
		}
	}
	if quote != 0 || escaped {
		return nil, word{column: open}.fault("", "close it before the line ends", "an open quote or backslash")
	}
	if begun > 0 {
		words = append(words, word{b.String(), begun})
	}
	return words, nil
}

func shellRemedy(r rune) string {
	switch r {
	case '|', '&', ';', '<', '>', '(', ')', '\n', '\r':
		return "give one command a line, without pipes, redirections or lists"
	}
	return "nothing is expanded here: write the words out, or put them in single quotes"
}

// listed tells whether the list of words, parted by spaces, has the word.
func listed(list, w string) bool { return slices.Contains(strings.Fields(list), w) }

// meant is "did you mean X? " if a word of the list is close, else empty.
func meant(got, list string) string {
	best, at := 3, ""
	for _, k := range strings.Fields(list) {
		d := levenshtein.Distance(strings.ToLower(got), strings.ToLower(k), nil)
		if d < best && d < len(k) {
			best, at = d, k
		}
	}
	if at == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s? ", at)
}
