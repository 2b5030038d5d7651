package check

import (
	"fmt"
	"math"
	"strings"

	"tbraid/configs"
)

// assertion is one that was read: all of its words are known, its names are not
// looked up yet.
type assertion struct {
	configs.Assert
	metric              *metric
	tool, policy        pattern
	inCase, host, event pattern // * unless given
	op                  operator
	limit               int64
}

// example is what a reader of an error can copy.
const example = "lost(dd,*) == 0"

// keys are the words that narrow a selection, in the order of the fields of an
// assertion.
var keys = []string{"case", "host", "event"}

// parser reads an assertion from left to right.
type parser struct {
	assertion
	rest string // what is not read yet
}

// parse reads METRIC(TOOL,POLICY[,KEY=NAME]…) OP VALUE. Every error is a
// *configs.Error.
func parse(a configs.Assert) (*assertion, error) {
	p := &parser{rest: a.Text}
	p.Assert = a
	p.inCase, p.host, p.event = pattern{text: "*"}, pattern{text: "*"}, pattern{text: "*"}
	for _, part := range []func() error{p.readMetric, p.readNames, p.readOperator, p.readLimit} {
		p.skip()
		if err := part(); err != nil {
			return nil, err
		}
	}
	return &p.assertion, nil
}

// at is the offset of what is read next.
func (p *parser) at() int { return len(p.Text) - len(p.rest) }

func (p *parser) skip() { p.rest = strings.TrimLeft(p.rest, " \t") }

// take removes what was read.
func (p *parser) take(n int) string {
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

// word takes a word of small letters, digits, dots and hyphens.
func (p *parser) word() string {
	n := strings.IndexFunc(p.rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-'
	})
	if n < 0 {
		n = len(p.rest)
	}
	return p.take(n)
}

func (p *parser) readMetric() error {
	at := p.at()
	name := p.word()
	if name == "" {
		return p.Fault(at, "write METRIC(TOOL,POLICY) OP VALUE, as in "+example, "an assertion begins with a metric")
	}
	if p.metric = findMetric(name); p.metric == nil {
		return p.Fault(at, configs.Suggest(name, metricNames()), "there is no metric %q", name)
	}
	return nil
}

// readNames reads (TOOL,POLICY) with further names behind them.
func (p *parser) readNames() error {
	if !strings.HasPrefix(p.rest, "(") {
		return p.Fault(p.at(), "as in "+p.metric.name+"(dd,*)", "%s takes a tool and a policy in parentheses", p.metric.name)
	}
	given := map[string]bool{}
	for end := byte(','); end == ','; {
		p.take(1)
		p.skip()
		at := p.at()
		key := p.key()
		name, err := p.name()
		if err != nil {
			return err
		}
		slot := map[string]*pattern{"case": &p.inCase, "host": &p.host, "event": &p.event}[key]
		switch {
		case key != "" && slot == nil:
			return p.Fault(at, configs.Suggest(key, keys), "%q is nothing that a selection can be narrowed by", key)
		case given[key] && key != "":
			return p.Fault(at, "keep one", "%s= is given twice", key)
		case key != "":
			*slot, given[key] = name, true
		case len(given) > 0:
			return p.Fault(at, "write the tool first, then the policy, then "+strings.Join(keys, "=, ")+"=", "a name stands behind %s=", lastOf(given))
		case p.tool == (pattern{}):
			p.tool = name
		case p.policy == (pattern{}):
			p.policy = name
		default:
			return p.Fault(at, "narrow it further with "+strings.Join(keys, "=, ")+"=", "%s takes a tool and a policy, and %q is one more", p.metric.name, name.text)
		}
		p.skip()
		if p.rest == "" || p.rest[0] != ',' && p.rest[0] != ')' {
			return p.Fault(p.at(), "put a comma or ) here; a name with such characters in it stands in quotes", "the names do not end")
		}
		end = p.rest[0]
	}
	if p.policy == (pattern{}) {
		return p.Fault(p.at(), "* is any: "+p.metric.name+"(*,*)", "%s takes a tool and a policy, and one is missing", p.metric.name)
	}
	p.take(1)
	return nil
}

// lastOf is one of the keys that were given, the same one every time.
func lastOf(given map[string]bool) string {
	last := ""
	for _, k := range keys {
		if given[k] {
			last = k
		}
	}
	return last
}

// key takes KEY= if it stands here.
func (p *parser) key() string {
	before := p.rest
	word := p.word()
	p.skip()
	if word == "" || !strings.HasPrefix(p.rest, "=") {
		p.rest = before
		return ""
	}
	p.take(1)
	p.skip()
	return word
}

// name takes a pattern: in quotes, or up to what cannot be in one without.
func (p *parser) name() (pattern, error) {
	at := p.at()
	if p.rest != "" && strings.ContainsRune(`"'`, rune(p.rest[0])) {
		quote := p.take(1)
		n := strings.Index(p.rest, quote)
		if n < 0 {
			return pattern{}, p.Fault(at, "put a "+quote+" behind the name", "the quote does not end")
		}
		text := p.take(n)
		p.take(1)
		return p.pattern(text, at)
	}
	n := strings.IndexAny(p.rest, `,()="'`)
	if n < 0 {
		n = len(p.rest)
	}
	return p.pattern(strings.TrimRight(p.take(n), " \t"), at)
}

func (p *parser) pattern(text string, at int) (pattern, error) {
	if text == "" {
		return pattern{}, p.Fault(at, "* is any: "+p.metric.name+"(*,*)", "a name is missing")
	}
	return pattern{text, at}, nil
}

func (p *parser) readOperator() error {
	for _, o := range operators {
		if strings.HasPrefix(p.rest, string(o)) {
			p.op = o
			p.take(len(o))
			return nil
		}
	}
	hint := "operators are " + operatorList()
	if strings.HasPrefix(p.rest, "=") {
		hint = `did you mean "=="?`
	}
	if p.rest == "" {
		return p.Fault(p.at(), "as in "+p.metric.name+"(dd,*) == 0", "the comparison is missing")
	}
	return p.Fault(p.at(), hint, "a comparison is expected here")
}

func (p *parser) readLimit() error {
	at, text := p.at(), strings.TrimRight(p.rest, " \t")
	form := fmt.Sprintf("%s takes %s", p.metric.name, configs.QuantityForm(p.metric.unit))
	if text == "" {
		return p.Fault(at, form, "there is nothing to compare with")
	}
	n, err := configs.ParseQuantity(text, p.metric.unit)
	switch {
	case err != nil:
		return p.Fault(at, form, "%v", err)
	case n > math.MaxInt64:
		return p.Fault(at, form, "%s is too large", text)
	}
	p.limit = int64(n)
	return nil
}
