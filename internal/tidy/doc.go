// Package tidy holds tests about the code itself: which room may import which,
// what the deterministic core may not use, and what may not lie about in the
// tree. It has no code of its own. Every check is also run on a mutant, a small
// tree that breaks the rule, so that a check that sees nothing is found out.
package tidy
