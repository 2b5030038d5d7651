package disks

import "tbraid/internal/block"

// Cached appends the content of the write cache that is not on the medium, in
// order: what a loss of power takes. A protected cache loses nothing.
func (d *Drive) Cached(dst []block.Cell) []block.Cell {
	if d.spec.Protected {
		return dst
	}
	return d.cache.append(dst)
}

// Settle puts the content of the write cache onto the medium, at once and
// without an event, as if it had been there for long, and ends the accesses that
// go on by themselves. No command may be under way.
func (d *Drive) Settle() {
	d.writeOut()
	d.cache.clear()
	d.kernel.Cancel(d)
	for i := range d.flights {
		d.land(&d.flights[i])
	}
	if d.up && d.kernel.Now() < d.readyAt {
		d.kernel.At(d.readyAt, d, spunUp, 0)
	}
}
