package diagnose

// Options says how to work, not what: results do not depend on Workers.
type Options struct {
	Workers int               // runs at a time; 0 is one a processor
	Told    func(done, of int) // progress, in runs; nil is nobody
}
