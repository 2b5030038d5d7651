package store

import (
	"slices"
	"strings"

	"tbraid/sim/ledger"
)

// A question that names a word which cannot be is refused: an answer of no rows
// would look like good news. Here are the words that can be.

func classNames(*View) []string {
	return spell(ledger.InFlight, ledger.AtRisk, ledger.Damage, ledger.BrokenWord)
}

func outcomeNames(*View) []string {
	return spell(ledger.Kept, ledger.Stale, ledger.Torn, ledger.Unreadable, ledger.Garbage, ledger.Foreign, ledger.Latent, ledger.Resurrected)
}

func promiseNames(*View) []string {
	return spell(ledger.Unacknowledged, ledger.Volatile, ledger.Ordered, ledger.Stable, ledger.Observed)
}

func causeNames(*View) []string { return spell(ledger.Causes()...) }

func layerNames(*View) []string {
	var all []string
	for _, c := range ledger.Causes() {
		if name := c.Layer().String(); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func readsNames(*View) []string { return []string{"zeros", "old", "torn", "garbage", "unreadable"} }

func effectiveNames(*View) []string { return []string{"write-back", "write-through"} }

func toolNames(v *View) []string {
	var all []string
	for r := range rowsOf[*run](runs)(v, nil) {
		for i := range r.Steps {
			if name := r.program(i); !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// spell are the names of some values.
func spell[T interface{ String() string }](all ...T) []string {
	var names []string
	for _, v := range all {
		names = append(names, v.String())
	}
	return names
}

// distinct are the words that the runs have, in the order in which they come.
func (v *View) distinct(of func(*run) string) []string {
	var all []string
	for r := range rowsOf[*run](runs)(v, nil) {
		if w := of(r); !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}

// layerOf is the layer of a cause by its name.
func layerOf(cause string) string {
	for _, c := range ledger.Causes() {
		if c.String() == cause {
			return c.Layer().String()
		}
	}
	return ""
}

// pattern is alternatives of which one has to be met.
type pattern []alternative

// alternative is a word, or with * in it any that has other characters there.
type alternative struct {
	word  string
	parts []string // between the *; nil if there is none
}

func newAlternative(text string) alternative {
	a := alternative{word: text}
	if strings.Contains(text, "*") {
		a.parts = strings.Split(text, "*")
	}
	return a
}

// meets tells whether a word is one of those that are meant.
func (p pattern) meets(word string) bool {
	for i := range p {
		if p[i].meets(word) {
			return true
		}
	}
	return false
}

func (a *alternative) meets(word string) bool {
	if a.parts == nil {
		return a.word == word
	}
	first, between, last := a.parts[0], a.parts[1:len(a.parts)-1], a.parts[len(a.parts)-1]
	if len(word) < len(first)+len(last) || !strings.HasPrefix(word, first) || !strings.HasSuffix(word, last) {
		return false
	}
	word = word[len(first) : len(word)-len(last)]
	for _, part := range between {
		i := strings.Index(word, part)
		if i < 0 {
			return false
		}
		word = word[i+len(part):]
	}
	return true
}
