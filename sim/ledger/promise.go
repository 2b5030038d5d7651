// Package ledger records what was promised about every block and judges what
// was kept. During a run the parts of the model append facts; nothing reads them.
// After an event the judge replays the facts, compares them with what the volume
// holds, and gives every lost block an outcome, a class and a cause.
package ledger

// Promise is what an acknowledgement obliges the box to keep. Larger is stronger.
type Promise uint8

// The promise levels.
const (
	Unacknowledged Promise = iota // no status yet
	Volatile                      // GOOD while the write cache is reported on: nothing is promised for a power loss
	Ordered                       // ordered behind earlier writes, no more (barriers, ORDERED tasks)
	Stable                        // GOOD with FUA, with the write cache reported off, or covered by a SYNCHRONIZE CACHE that ended GOOD
	Observed                      // read back after an earlier power cycle
	promises
)

var promiseNames = [promises]string{"unacknowledged", "volatile", "ordered", "stable", "observed"}

// String is the level's name.
func (p Promise) String() string { return promiseNames[p] }

// Outcome is what one logical block turns out to hold after the event, seen
// against the versions that were issued to it.
type Outcome uint8

// The outcomes.
const (
	Newest      Outcome = iota // the newest acknowledged version, or a newer one
	Kept                       // an older version than the newest, but not older than the promised one
	Stale                      // an older version than the promised one
	Torn                       // part of one version, part of another, and reads GOOD
	Unreadable                 // MEDIUM ERROR
	Garbage                    // no version of this block, and reads GOOD
	Foreign                    // the content of another block
	Latent                     // the data are right, the redundancy is not
	Resurrected                // older than what an earlier start-up had already read
	outcomes
)

var outcomeNames = [outcomes]string{
	"newest", "kept", "stale", "torn", "unreadable", "garbage", "foreign", "latent", "resurrected",
}

// String is the outcome's name.
func (o Outcome) String() string { return outcomeNames[o] }

// Verdict is how the contract judges an outcome under a promise.
type Verdict uint8

// The verdicts.
const (
	Permitted  Verdict = iota // the contract allows it
	Violation                 // a durability promise was broken
	Collateral                // an older promised version was destroyed by a write in flight; SCSI and ATA do not exclude it
	Exposure                  // redundancy is wrong; nothing is lost until a member is
	Impossible                // cannot be: the model has a bug if it meets it
)

var verdictNames = [...]string{"permitted", "violation", "collateral", "exposure", "impossible"}

// String is the verdict's name.
func (v Verdict) String() string { return verdictNames[v] }

// quiet and busy tell whether a write to the block, by the host or by a destage
// of its stripe, was under way when the event came.
type traffic uint8

const (
	quiet traffic = iota
	busy
	traffics
)

// verdicts is the contract of SCSI and ATA: no atomic unit promised across
// power loss, non-volatile cache counts as stable while it keeps its contents.
// One row an outcome and traffic, one column a promise.
var verdicts = [outcomes][traffics][promises]Verdict{
	Newest:      same(Permitted, Permitted, Permitted, Permitted, Permitted),
	Kept:        same(Permitted, Permitted, Permitted, Permitted, Permitted),
	Stale:       same(Impossible, Impossible, Impossible, Violation, Violation),
	Torn:        {busy: {Permitted, Permitted, Permitted, Collateral, Collateral}, quiet: {Violation, Violation, Violation, Violation, Violation}},
	Unreadable:  {busy: {Permitted, Permitted, Permitted, Collateral, Collateral}, quiet: {Violation, Violation, Violation, Violation, Violation}},
	Garbage:     {busy: {Permitted, Violation, Violation, Violation, Violation}, quiet: {Violation, Violation, Violation, Violation, Violation}},
	Foreign:     {busy: {Permitted, Violation, Violation, Violation, Violation}, quiet: {Violation, Violation, Violation, Violation, Violation}},
	Latent:      same(Exposure, Exposure, Exposure, Collateral, Collateral),
	Resurrected: same(Impossible, Impossible, Impossible, Impossible, Violation),
}

func same(v ...Verdict) [traffics][promises]Verdict {
	row := [promises]Verdict(v)
	return [traffics][promises]Verdict{quiet: row, busy: row}
}

// Judge looks the verdict up. inFlight tells whether a write to the block or to
// its stripe was under way.
func Judge(o Outcome, p Promise, inFlight bool) Verdict {
	t := quiet
	if inFlight {
		t = busy
	}
	return verdicts[o][t][p]
}
