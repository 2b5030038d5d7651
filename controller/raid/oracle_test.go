package raid

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"tbraid/internal/block"
)

// content is what one block of a member holds in the oracle: real bytes.
type content [8]byte

// oracle is a RAID of bytes that knows only what the volume should hold and
// encodes it by the textbook. It shares no code with the Layout.
type oracle struct {
	g      Geometry
	rows   int
	volume []block.Version
}

// chunkName is what the textbook figure shows in one cell: a data chunk of the
// volume by number (-1: none), or the parity.
type chunkName struct {
	role Role
	data int
}

// figure draws one row of the layout, member by member.
func (o *oracle) figure(row int) []chunkName {
	n := o.g.Members
	cells := make([]chunkName, n)
	switch o.g.Level {
	case RAID0:
		for m := range n {
			cells[m] = chunkName{Data, row*n + m}
		}
	case RAID1:
		for m := range n {
			cells[m] = chunkName{Mirror, row}
		}
		cells[0].role = Data
	case RAID10:
		for m := range n {
			cells[m] = chunkName{Data, row*(n/2) + m/2}
			if m%2 == 1 {
				cells[m].role = Mirror
			}
		}
	case RAID5, RAID6:
		at := n - 1
		for range row { // parity moves one to the left with each row
			if at--; at < 0 {
				at = n - 1
			}
		}
		parity := []chunkName{{P, -1}}
		if o.g.Level == RAID6 {
			parity = append(parity, chunkName{Q, -1})
		}
		k := n - len(parity)
		for i := range n { // then everything follows to the right, wrapping
			name := chunkName{Data, row*k + i - len(parity)}
			if i < len(parity) {
				name = parity[i]
			}
			cells[at] = name
			at = (at + 1) % n
		}
	}
	return cells
}

// perRow is the number of data chunks of a row.
func (o *oracle) perRow() int {
	most := -1
	for _, c := range o.figure(0) {
		most = max(most, c.data)
	}
	return most + 1
}

// member is what member m should hold at a block.
func (o *oracle) member(m, at int) content {
	c := int(o.g.ChunkBlocks)
	row, offset := at/c, at%c
	name := o.figure(row)[m]
	if name.data >= 0 {
		return bytesOf(o.volume[name.data*c+offset].Tag(uint8(name.data % o.perRow())))
	}
	var sum content
	k := o.perRow()
	for d := range k {
		b := bytesOf(o.volume[(row*k+d)*c+offset].Tag(uint8(d)))
		for i := range b {
			weight := byte(1)
			if name.role == Q {
				for range d {
					weight = slowMultiply(weight, 2)
				}
			}
			sum[i] ^= slowMultiply(weight, b[i])
		}
	}
	return sum
}

// readable tells whether the level can lose these members.
func (o *oracle) readable(absent Absent) bool {
	lost := 0
	for m := range o.g.Members {
		if absent.Has(m) {
			lost++
		}
		if o.g.Level == RAID10 && m%2 == 1 && absent.Has(m) && absent.Has(m-1) {
			return false
		}
	}
	switch o.g.Level {
	case RAID0:
		return lost == 0
	case RAID1:
		return lost < o.g.Members
	case RAID5:
		return lost <= 1
	case RAID6:
		return lost <= 2
	}
	return true
}

// slowMultiply multiplies polynomials by hand and divides by 0x11d.
func slowMultiply(a, b byte) byte {
	var product uint32
	for i := range 8 {
		for j := range 8 {
			product ^= uint32(a>>i&1) * uint32(b>>j&1) << (i + j)
		}
	}
	for degree := 14; degree >= 8; degree-- {
		if product>>degree&1 != 0 {
			product ^= 0x11d << (degree - 8)
		}
	}
	return byte(product)
}

func bytesOf(t block.Tag) (c content) {
	binary.LittleEndian.PutUint64(c[:], uint64(t))
	return c
}

// box is a Layout with simulated members, beside the oracle.
type box struct {
	t rapid.TB
	*Layout
	oracle
	members [][]block.Tag
	absent  Absent
	steps   []Step
	version block.Version
}

func (b *box) name() string {
	return fmt.Sprintf("%v members=%d chunk=%d absent=%b", b.g.Level, b.g.Members, b.g.ChunkBlocks, b.absent)
}

func newBox(t testing.TB, g Geometry) *box {
	l, err := New(g)
	if err != nil {
		t.Fatal(err)
	}
	b := &box{t: t, Layout: l, oracle: oracle{g: g, rows: int(g.MemberBlocks / g.ChunkBlocks)}}
	b.volume = make([]block.Version, b.rows*b.perRow()*int(g.ChunkBlocks))
	b.members = make([][]block.Tag, g.Members)
	for m := range b.members {
		b.members[m] = make([]block.Tag, g.MemberBlocks)
	}
	return b
}

// execute does the steps of one op on the simulated members.
func (b *box) execute(steps []Step, op Op) {
	b.t.Helper()
	for i := range steps {
		s := &steps[i]
		if b.absent.Has(int(s.Member)) {
			b.t.Fatalf("%s: step for absent member %d", b.name(), s.Member)
		}
		if s.Op != op {
			continue
		}
		for at := s.Extent.Start; at < s.Extent.End(); at++ {
			if role := b.figure(int(uint64(at) / b.g.ChunkBlocks))[s.Member].role; role != s.Role {
				b.t.Fatalf("%s: step %v holds a block of role %d at %d", b.name(), s, role, at)
			}
		}
		if op == Write {
			at := s.Extent.Start
			for _, c := range s.Cells {
				if c.Extent.Start != at || c.Extent.Empty() {
					b.t.Fatalf("%s: cells %v of %v are not without gaps", b.name(), s.Cells, s.Extent)
				}
				for ; at < c.Extent.End(); at++ {
					b.members[s.Member][at] = c.Tag
				}
			}
			if at != s.Extent.End() {
				b.t.Fatalf("%s: cells end at %d of %v", b.name(), at, s.Extent)
			}
			continue
		}
		s.Cells = s.Cells[:0]
		for at := s.Extent.Start; at < s.Extent.End(); at++ {
			tag := b.members[s.Member][at]
			if n := len(s.Cells); n > 0 && s.Cells[n-1].Tag == tag {
				s.Cells[n-1].Extent.Blocks++
			} else {
				s.Cells = append(s.Cells, block.Cell{Extent: block.Extent{Start: at, Blocks: 1}, Tag: tag})
			}
		}
	}
}

// write gives the stripe's blocks whose bit is set in mask new content, some of
// it equal to that of the block before, and executes the plan.
func (b *box) write(stripe uint64, mask uint64, rng *rand.Rand) {
	b.t.Helper()
	var dirty []block.Extent
	var runs []block.Run
	whole := b.StripeExtent(stripe)
	for i := range whole.Blocks {
		if mask>>i&1 == 0 {
			continue
		}
		e := block.Extent{Start: whole.Start + block.LBA(i), Blocks: 1}
		if n := len(dirty); n > 0 && dirty[n-1].End() == e.Start && rng.IntN(4) > 0 {
			dirty[n-1].Blocks++
		} else {
			dirty = append(dirty, e)
		}
		if n := len(runs); n > 0 && runs[n-1].Extent.End() == e.Start && rng.IntN(2) > 0 {
			runs[n-1].Extent.Blocks++
		} else {
			b.version++
			runs = append(runs, block.Run{Extent: e, Version: b.version})
		}
		b.volume[e.Start] = b.version
	}
	var err error
	b.steps, err = b.PlanWrite(b.steps[:0], stripe, dirty, b.absent)
	if err != nil {
		b.t.Fatalf("%s: write of %v: %v", b.name(), dirty, err)
	}
	b.execute(b.steps, Read)
	b.Fill(b.steps, stripe, runs, b.absent)
	b.execute(b.steps, Write)
}

// checkMembers compares every present member with the oracle's bytes, in the
// blocks of a stripe.
func (b *box) checkMembers(stripe uint64) {
	b.t.Helper()
	for m := range b.members {
		for i := range b.g.ChunkBlocks {
			at := int(stripe*b.g.ChunkBlocks + i)
			if got, want := bytesOf(b.members[m][at]), b.member(m, at); got != want && !b.absent.Has(m) {
				b.t.Fatalf("%s: member %d block %d holds %x, want %x (%v)",
					b.name(), m, at, got, want, b.figure(int(stripe))[m].role)
			}
		}
	}
}

// checkRead reads e without the absent members and compares with the model.
func (b *box) checkRead(e block.Extent, absent Absent) {
	b.t.Helper()
	for _, r := range b.read(e, absent) {
		if want := b.volume[r.Extent.Start]; r.Version != want {
			b.t.Fatalf("%s: read of %v without %b: block %d is version %d, want %d",
				b.name(), e, absent, r.Extent.Start, r.Version, want)
		}
	}
}

// read returns e block by block, having checked the form of plan and runs.
func (b *box) read(e block.Extent, absent Absent) []block.Run {
	b.t.Helper()
	steps, err := b.PlanRead(b.steps[:0], e, absent)
	if err != nil {
		b.t.Fatalf("%s: read of %v without %b: %v", b.name(), e, absent, err)
	}
	b.steps = steps
	before := b.absent
	b.absent = absent
	b.execute(steps, Read)
	b.absent = before
	var out []block.Run
	at := e.Start
	last := block.MaxVersion
	for _, r := range b.Assemble(nil, e, steps, absent) {
		if r.Extent.Start != at || r.Extent.Empty() || r.Version == last {
			b.t.Fatalf("%s: run %v of %v has a gap before it or is not merged", b.name(), r, e)
		}
		last = r.Version
		for ; at < r.Extent.End(); at++ {
			out = append(out, block.Run{Extent: block.Extent{Start: at, Blocks: 1}, Version: r.Version})
		}
	}
	if at != e.End() {
		b.t.Fatalf("%s: read of %v ends at %d", b.name(), e, at)
	}
	return out
}

// geometries is every small array.
func geometries() (all []Geometry) {
	for _, l := range []struct {
		level       Level
		least, step int
	}{{RAID0, 2, 1}, {RAID1, 2, 1}, {RAID5, 3, 1}, {RAID6, 4, 1}, {RAID10, 4, 2}} {
		for members := l.least; members <= 6; members += l.step {
			for chunk := uint64(1); chunk <= 3; chunk++ {
				for rows := uint64(2); rows <= 3; rows++ {
					all = append(all, Geometry{l.level, members, chunk, rows * chunk})
				}
			}
		}
	}
	return all
}

// absentSets is every set of absent members that the level survives and that
// contains the given one.
func (b *box) absentSets(with Absent) (all []Absent) {
	for a := range Absent(1) << b.g.Members {
		if a&with == with && b.readable(a) {
			all = append(all, a)
		}
	}
	return all
}
