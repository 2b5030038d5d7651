package host

// flow is the asynchronous side of a vnode: what it has under way, and the
// processes that wait until it is less.
type flow struct {
	writes  int // WRITEs under way
	reads   int // READs under way
	waiters []*Process
}

// wait parks p until something of the flow ends.
func (f *flow) wait(p *Process) {
	f.waiters = append(f.waiters, p)
	p.park()
}

// wake lets everyone look again.
func (f *flow) wake() {
	for _, p := range f.waiters {
		p.wake()
	}
	f.waiters = f.waiters[:0]
}
