package lab

import (
	"errors"
	"time"

	"tbraid/configs"
)

// SweepOptions says how to sweep a scenario.
type SweepOptions struct {
	Workers int           // sweeps at a time; 0 is one a processor
	Tail    time.Duration // how long after the event a sweep goes on
	Ledger  string        // detail of the facts: off, promises or full
}

// Sweeps plays every case under every host and policy without a cut and says
// what a cut would have cost at each instant.
func Sweeps(*configs.Scenario, SweepOptions) (*Curves, error) {
	return nil, errors.New("lab: sweeps are not built")
}
