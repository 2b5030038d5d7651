package power

import (
	"fmt"
	"strings"
	"time"
)

// Cut says when the event of a case comes, in place of the step at which it
// stands. The zero Cut leaves it there.
type Cut struct {
	Kind CutKind
	At   time.Duration // FromStart and AfterTool
}

// CutKind says what the time of a Cut is counted from.
type CutKind uint8

// The kinds of cuts.
const (
	NoCut     CutKind = iota
	FromStart         // At after the first step of the case began, wherever the steps stand
	AfterTool         // At after the last command line before the event ended
	Worst             // the instant that costs most
	Every             // every instant
	cutKinds
)

// EveryCut is how users write the cut of kind Every.
const EveryCut = "every"

var cutWords = [cutKinds]string{Worst: "worst", Every: EveryCut}

// CutForms is how users write a cut.
const CutForms = "1.5s (after the case began), +250ms (after the last command line), worst, every"

// ParseCut reads a cut as users write it: see CutForms.
func ParseCut(s string) (Cut, error) {
	for kind, word := range cutWords {
		if word != "" && s == word {
			return Cut{Kind: CutKind(kind)}, nil
		}
	}
	c := Cut{Kind: FromStart}
	text := s
	if behind, ok := strings.CutPrefix(s, "+"); ok {
		c.Kind, text = AfterTool, behind
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil || strings.HasPrefix(text, "+"):
		return Cut{}, fmt.Errorf("%q is no instant: write %s", s, CutForms)
	case d < 0 || d > longestGap:
		return Cut{}, fmt.Errorf("%q is out of range: write a time from 0s to %s", s, short(longestGap))
	}
	c.At = d
	return c, nil
}

// String prints the cut as ParseCut reads it; nothing if there is none.
func (c Cut) String() string {
	switch c.Kind {
	case NoCut:
		return ""
	case FromStart:
		return short(c.At)
	case AfterTool:
		return "+" + short(c.At)
	}
	return cutWords[c.Kind]
}

// Text says in words when that is.
func (c Cut) Text() string {
	switch c.Kind {
	case FromStart:
		return short(c.At) + " after the case began"
	case AfterTool:
		return short(c.At) + " after the last command line before it"
	case Worst:
		return "at the instant that costs most"
	case Every:
		return "at every instant"
	}
	return ""
}
