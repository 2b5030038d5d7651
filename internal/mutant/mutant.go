// Package mutant names the lies that tests can build into the model, to see that
// the judge finds each of them out. The model asks Is at the one place at which a
// lie would stand. Without the build tag mutants the answer is no at compile time
// and the place is as if it were not there: no program that people run can lie.
package mutant

// Mutant is one fault that a box, or the ledger itself, could have.
type Mutant uint8

// The mutants, from the top of the house down.
const (
	None                  Mutant = iota
	FlushCoversInFlight          // the ledger credits a flush with what was acknowledged after it was asked for
	SyncAckedEarly               // SYNCHRONIZE CACHE ends GOOD before the cache has settled
	SyncSkipsInFlight            // SYNCHRONIZE CACHE takes destages that are under way for done
	FailedSyncCredited           // what a failed SYNCHRONIZE CACHE could not write is given up, and the next one ends GOOD
	FUAIgnored                   // FUA is ignored by firmware that says that it honours it
	CopyDroppedEarly             // a protected cache gives its copy up when the destage begins, not when it has ended
	ContentOutlivesHoldUp        // a battery gives the content back after the hold-up has passed
	MemberFlushSkipped           // one member is left out when the members' caches are flushed
	ParityFirst                  // parity is written before its data, not beside them
	OldDestageWins               // in a member's cache, the destage that lands last wins, not the newest write
	mutants
)

var names = [mutants]string{
	"none", "flush covers in flight", "sync acked early", "sync skips in flight", "failed sync credited", "FUA ignored",
	"copy dropped early", "content outlives hold-up", "member flush skipped", "parity first", "old destage wins",
}

// String is the mutant's name.
func (m Mutant) String() string { return names[m] }

// All lists the mutants.
func All() []Mutant {
	all := make([]Mutant, 0, mutants-1)
	for m := None + 1; m < mutants; m++ {
		all = append(all, m)
	}
	return all
}

// Is tells whether m is the lie that this test is about.
func Is(m Mutant) bool { return Active == m }
