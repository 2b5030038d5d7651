package lab

import "tbraid/configs"

// Assertion is what was expected of the result, and whether it came true. Package
// lab/check fills it in. Values are bytes, nanoseconds, bytes a second or numbers,
// as Unit says.
type Assertion struct {
	Text   string `json:"text"` // as it was written
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Metric string `json:"metric"`
	Unit   string `json:"unit"` // bytes, ns, Bps, count
	Passed bool   `json:"passed"`
	Limit  int64  `json:"limit"`
	// Value is the one of Checked that decides: the farthest on the wrong side, or
	// if there is none the one that comes nearest to it.
	Value   int64     `json:"value"`
	Checked []Checked `json:"checked"` // in the order of the runs; at least one
}

// Checked is one value that an assertion was held against.
type Checked struct {
	Case   string `json:"case"`
	Host   string `json:"host"`
	Policy string `json:"policy"`
	Event  string `json:"event,omitempty"`
	Tool   string `json:"tool,omitempty"`   // the command line, if the value is of one
	Outage string `json:"outage,omitempty"` // if the value is of a sweep: as a curve calls it
	Value  int64  `json:"value"`
	Passed bool   `json:"passed"`
	Why    string `json:"why,omitempty"` // the first cause of a loss, with the layer that could have prevented it
	// Missing tells that there was nothing to measure, such as the latency of a tool
	// that sent no command. An assertion about nothing does not pass.
	Missing bool `json:"missing,omitempty"`
}

// Planned lists the runs that Simulate makes of a scenario, in the order of the
// Result and without the controls: names, and nothing that has come of them.
func Planned(s *configs.Scenario) []Run {
	var all []Run
	for _, p := range matrix(s, Options{}) {
		all = append(all, p.run)
	}
	return all
}
