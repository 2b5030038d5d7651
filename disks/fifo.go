package disks

// fifo is a queue of commands in a ring that grows to what it once held.
type fifo struct {
	ring []*IO // a power of two
	head int
	size int
}

func (f *fifo) len() int { return f.size }

func (f *fifo) front() *IO { return f.ring[f.head] }

func (f *fifo) push(io *IO) {
	if f.size == len(f.ring) {
		ring := make([]*IO, max(maxDepth, 2*f.size))
		n := copy(ring, f.ring[f.head:])
		copy(ring[n:], f.ring[:f.head])
		f.ring, f.head = ring, 0
	}
	f.ring[(f.head+f.size)&(len(f.ring)-1)] = io
	f.size++
}

func (f *fifo) pop() *IO {
	io := f.ring[f.head]
	f.ring[f.head] = nil
	f.head = (f.head + 1) & (len(f.ring) - 1)
	f.size--
	return io
}
