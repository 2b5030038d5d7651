package configs

import (
	"errors"
	"strings"
	"unicode/utf8"

	"tbraid/sim/power"

	"gopkg.in/yaml.v3"
)

// event reads an event by its name, or several with the time between them. A
// fault of one of several is shown there.
func (r *reader) event(n *yaml.Node) (power.Sequence, error) {
	text, err := r.text(n, stepEvent)
	if err != nil {
		return nil, err
	}
	q, err := power.ParseSequence(text)
	var fault *power.PartError
	if !errors.As(err, &fault) {
		return q, err
	}
	at := *n
	if fault.Offset > 0 {
		at.Column += utf8.RuneCountInString(text[:fault.Offset])
		if n.Style != 0 {
			at.Column++ // a quote stands before the text
		}
	}
	if fault.Unknown == "" {
		return nil, r.fail(&at, fault.Hint, "%s", fault.Problem)
	}
	var known []string
	for _, k := range power.Kinds() {
		known = append(known, k.String())
	}
	return nil, r.fail(&at, suggest(fault.Unknown, known), "%s", fault.Problem)
}

// cut reads when the event comes.
func (r *reader) cut(n *yaml.Node) (power.Cut, error) {
	if n.Kind != yaml.ScalarNode {
		return power.Cut{}, r.fail(n, "write "+power.CutForms, "cut takes an instant, not %s", shape(n))
	}
	c, err := power.ParseCut(n.Value)
	if err != nil {
		message, hint, _ := strings.Cut(err.Error(), ": ")
		return c, r.fail(n, hint, "cut: %s", message)
	}
	return c, nil
}
