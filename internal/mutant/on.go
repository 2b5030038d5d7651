//go:build mutants

package mutant

// Active is the lie that is told. Only tests set it, while no model runs.
var Active Mutant
