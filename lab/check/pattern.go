package check

import "strings"

// pattern selects names: * is any text, ? is one character.
type pattern struct {
	text string
	at   int // byte offset in the assertion
}

// wild tells whether the pattern is more than one name.
func (p pattern) wild() bool { return strings.ContainsAny(p.text, "*?") }

// matches tells whether the pattern selects a name.
func (p pattern) matches(name string) bool { return glob([]rune(p.text), []rune(name)) }

// matchesAny tells whether the pattern selects one of several names.
func (p pattern) matchesAny(names []string) bool {
	for _, n := range names {
		if p.matches(n) {
			return true
		}
	}
	return false
}

// glob matches greedily: what is behind the last * met so far is tried one
// character further on until it fits. It takes len(text) × len(name) steps at most.
func glob(text, name []rune) bool {
	t, n := 0, 0
	star, from := -1, 0 // the last *, and the first character that it has not swallowed
	for n < len(name) {
		switch {
		case t < len(text) && text[t] == '*':
			star, from = t, n
			t++
		case t < len(text) && (text[t] == '?' || text[t] == name[n]):
			t, n = t+1, n+1
		case star >= 0:
			from++
			t, n = star+1, from
		default:
			return false
		}
	}
	for t < len(text) && text[t] == '*' {
		t++
	}
	return t == len(text)
}
