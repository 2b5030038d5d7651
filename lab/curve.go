package lab

import "tbraid/configs"

// CurvesSchema names the form of Curves as JSON. Fields are only ever added.
const CurvesSchema = "tbraid.curves/1"

// Curves is what a power cut would cost at every instant, for each run of a
// scenario that was swept. Times are nanoseconds of the simulated clock, sizes
// bytes.
type Curves struct {
	Schema   string          `json:"schema"`
	Scenario ScenarioInfo    `json:"scenario"`
	Box      BoxInfo         `json:"box"`
	Partial  *Partial        `json:"partial,omitempty"` // if it was ended early
	Sweeps   []Sweep         `json:"sweeps"`            // by case, host, policy, in that order
	Guesses  []configs.Guess `json:"guesses"`
}

// Sweep is one case under one host and policy, played without a cut.
type Sweep struct {
	Case     string `json:"case"`
	Host     string `json:"host"`
	Policy   string `json:"policy"`
	StartNS  int64  `json:"start_ns"` // of the first step
	EventNS  int64  `json:"event_ns"` // when the scenario's event comes
	EndNS    int64  `json:"end_ns"`   // of the sweep
	Steps    []Step `json:"steps"`
	Writes   uint64 `json:"writes"`   // WRITEs issued
	Instants uint64 `json:"instants"` // that the sweep has looked at
	// Rows tells whether each row of parity was followed: without it there is no
	// curve of the write hole.
	Rows    bool     `json:"rows_followed"`
	Outages []Outage `json:"outages"` // one; with a battery two
}

// Outage is the fate of a cut whose power comes back within a given time.
type Outage struct {
	Name     string `json:"name"`       // any outage, within the hold-up, beyond the hold-up
	HoldUpNS int64  `json:"hold_up_ns"` // of the battery when the event comes; 0 without one
	// Samples is at how many instants an event was played that a sweep cannot
	// foretell; the curves know no more than these. 0: they are exact.
	Samples int `json:"samples,omitempty"`
	// Curves are those that are ever above 0, and before them acknowledged, which
	// is always there.
	Curves []Curve `json:"curves"`
	Causes []Curve `json:"causes,omitempty"` // by class and cause, as in "violation: firmware-acks"
}

// Curve is a step function of the instant of the cut, in bytes, with its figures.
type Curve struct {
	// Name is acknowledged, violation, permitted, collateral, in-flight, torn,
	// write-hole, surely or possibly.
	Name      string  `json:"name"`
	AtEvent   uint64  `json:"at_event_bytes"`
	Worst     uint64  `json:"worst_bytes"`
	WorstNS   int64   `json:"worst_ns"`   // first instant of the worst
	Mean      uint64  `json:"mean_bytes"` // weighted with time over StartNS..EndNS, rounded
	ExposedNS int64   `json:"exposed_ns"` // how long it is above 0
	FirstNS   int64   `json:"first_ns"`   // first instant above 0; -1 if never
	LastNS    int64   `json:"last_ns"`    // last instant above 0; -1 if never, EndNS if it does not end within the sweep
	Oldest    int64   `json:"oldest_ns"`  // of acknowledged only: the greatest age of a byte that a cut would have taken
	Points    []Point `json:"points"`     // at most about 1,000, in order, without gaps
}

// Point is one bucket of time: the least and the most that a cut within it would
// cost.
type Point struct {
	FromNS int64  `json:"from_ns"`
	ToNS   int64  `json:"to_ns"`
	Min    uint64 `json:"min_bytes"`
	Max    uint64 `json:"max_bytes"`
}
