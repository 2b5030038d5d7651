package report

import (
	"fmt"
	"strings"

	"tbraid/lab"
)

// holes says of each policy that closes the write hole what that cost, over all
// its runs.
func holes(r *lab.Result) []string {
	var all []string
	for _, p := range r.Policies {
		var sum lab.Members
		for i := range r.Runs {
			if run := &r.Runs[i]; run.Policy == p.Name {
				m := &run.Members
				sum.Writes += m.Writes
				sum.BytesWritten += m.BytesWritten
				sum.StripeWrites += m.StripeWrites
				sum.LogWrites += m.LogWrites
				sum.LogBytes += m.LogBytes
				sum.ResyncBytesRead += m.ResyncBytesRead
				sum.ResyncBytesWritten += m.ResyncBytesWritten
			}
		}
		if parts := holeParts(&sum); len(parts) > 0 {
			all = append(all, fmt.Sprintf("Closing the write hole, %s: %s.", p.Name, strings.Join(parts, "; ")))
		}
	}
	return all
}

func holeParts(m *lab.Members) []string {
	var parts []string
	if m.LogWrites > 0 {
		parts = append(parts, fmt.Sprintf("%d log writes of %s in all before %d stripe writes, %d%% of its member writes and %d%% of their bytes",
			m.LogWrites, size(m.LogBytes), m.StripeWrites, roundPercent(m.LogWrites, m.Writes), roundPercent(m.LogBytes, m.BytesWritten)))
	}
	if m.ResyncBytesRead > 0 {
		parts = append(parts, fmt.Sprintf("once the power was back, %s read and %s written to make parity right before the unit was ready",
			size(m.ResyncBytesRead), size(m.ResyncBytesWritten)))
	}
	return parts
}

// roundPercent is n of total in whole percent, rounded.
func roundPercent(n, total uint64) uint64 {
	return (200*n + total) / (2 * max(total, 1))
}
