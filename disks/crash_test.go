package disks

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tbraid/internal/block"
	"tbraid/sim"
)

// world is the oracle: for each block the newest version that was submitted,
// acknowledged, and promised to be on the medium. Versions of one block grow in
// the order in which they were submitted, which is the order in which a drive
// must give them effect.
type world struct {
	t         *rapid.T
	kernel    *sim.Kernel
	drive     *Drive
	spec      Spec
	caching   bool
	version   block.Version
	submitted [worldBlocks]block.Version
	acked     [worldBlocks]block.Version
	promised  [worldBlocks]block.Version
	stored    [worldBlocks]block.Version
	begun     [maxDepth + 1]block.Extent // by lane
	written   map[block.Version]block.Extent
	pending   map[*IO]*expectation
	offline   bool // Done may say so
}

// expectation is what was known when a command was submitted.
type expectation struct {
	read    []block.Version
	flushed [worldBlocks]block.Version
	version block.Version
}

const worldBlocks = 64

var everything = block.Extent{Blocks: worldBlocks}

func TestDriveAgainstVersions(t *testing.T) {
	property := func(t *rapid.T) {
		w := newWorld(t)
		for _, step := range rapid.SliceOfN(rapid.SampledFrom(steps), 40, 160).Draw(t, "steps") {
			step(w)
		}
		w.kernel.RunUntil(sim.Never)
		if len(w.pending) != 0 || w.drive.CachedBlocks() != 0 || w.drive.commands.free != 1<<w.spec.QueueDepth-1 {
			t.Fatalf("%d commands and %d blocks never end", len(w.pending), w.drive.CachedBlocks())
		}
		w.compare("in the end the medium", w.drive.Peek(nil, everything), w.submitted[:])
	}
	for range 8 { // 100 worlds each: some lies need several things at once to show
		rapid.Check(t, property)
	}
}

// steps are what can happen, each as often as it is likely. Time goes on mostly
// by events, so that the next step meets the drive in the midst of things.
var steps = []func(*world){
	(*world).write, (*world).write, (*world).write, (*world).write, (*world).force, (*world).read,
	(*world).read, (*world).flush, (*world).flush, (*world).event, (*world).event, (*world).event,
	(*world).event, (*world).moment, (*world).settle, (*world).cut, (*world).abort,
}

func newWorld(t *rapid.T) *world {
	s := tiny()
	if rapid.Bool().Draw(t, "ssd") {
		s = flash()
		s.Capacity, s.Channels = 1<<20, 3
		s.ReadLatency, s.ProgramLatency = 2*time.Millisecond, time.Millisecond
	}
	s.Cache = rapid.SampledFrom([]uint64{4 << 10, 1 << 20}).Draw(t, "cache")
	s.Tear = rapid.SampledFrom([]uint64{512, 4096}).Draw(t, "tear")
	s.Protected = rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "protected")
	s.QueueDepth = rapid.SampledFrom([]int{1, 3, 32}).Draw(t, "depth")
	s.Order = rapid.SampledFrom([]Order{FCFS, Elevator}).Draw(t, "order")
	w := &world{t: t, kernel: sim.New(rapid.Uint64().Draw(t, "seed")), spec: s,
		caching: rapid.SampledFrom([]bool{true, true, false}).Draw(t, "caching"),
		written: map[block.Version]block.Extent{}, pending: map[*IO]*expectation{}}
	var err error
	if w.drive, err = newDrive(w.kernel, s, 1, w.caching, w); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) extent() block.Extent {
	start := rapid.Uint64Range(0, worldBlocks-1).Draw(w.t, "start")
	blocks := rapid.Uint64Range(1, min(12, worldBlocks-start)).Draw(w.t, "blocks")
	return block.Extent{Start: block.LBA(start), Blocks: blocks}
}

func (w *world) submit(io *IO) *expectation {
	x := &expectation{version: w.version, flushed: w.acked}
	x.read = append(x.read, w.submitted[io.Extent.Start:io.Extent.End()]...)
	w.pending[io] = x
	w.drive.Submit(w.kernel.Now(), io)
	return x
}

func (w *world) write() { w.put(false) }

func (w *world) force() { w.put(true) }

func (w *world) put(fua bool) {
	w.version++
	e := w.extent()
	w.written[w.version] = e
	for a := e.Start; a < e.End(); a++ {
		w.submitted[a] = w.version
	}
	w.submit(&IO{Op: Write, FUA: fua, Extent: e, Cells: []block.Cell{{Extent: e, Tag: w.version.Tag(0)}}})
}

func (w *world) read() { w.submit(&IO{Op: Read, Extent: w.extent()}) }

func (w *world) flush() { w.submit(&IO{Op: Flush}) }

func (w *world) event() { w.kernel.Step() }

func (w *world) moment() {
	w.advance(time.Duration(rapid.IntRange(1, 9000).Draw(w.t, "µs")) * time.Microsecond)
}

func (w *world) settle() { w.advance(time.Second) }

func (w *world) advance(d time.Duration) { w.kernel.RunUntil(w.kernel.Now().Add(d)) }

func (w *world) Done(now sim.Time, _ *Drive, io *IO) {
	x := w.pending[io]
	if x == nil {
		w.t.Fatal("a command ends twice, or after Abort")
	}
	delete(w.pending, io)
	if io.Fault != None {
		if io.Fault != Offline || !w.offline {
			w.t.Fatalf("fault %v", io.Fault)
		}
		return
	}
	switch io.Op {
	case Read:
		w.compare("a read", io.Cells, x.read)
	case Write:
		direct := io.FUA || !w.caching || w.spec.Protected
		for a := io.Extent.Start; a < io.Extent.End(); a++ {
			w.acked[a] = max(w.acked[a], x.version)
			if direct {
				w.promised[a] = max(w.promised[a], x.version)
			}
		}
	default:
		for a, v := range x.flushed {
			w.promised[a] = max(w.promised[a], v)
		}
	}
	if !w.offline {
		w.surviving(w.drive.Peek(nil, everything))
	}
}

// Began must tell of what Stored tells.
func (w *world) Began(_ sim.Time, _ *Drive, p *Pass) { w.begun[p.Lane] = p.Extent }

// Stored must tell of each block of the medium that changed, versions in order.
func (w *world) Stored(now sim.Time, d *Drive, p *Pass) {
	e := p.Extent
	if p.Begin > p.End || p.End != now || !p.Units.Covers(e) || w.begun[p.Lane] != e {
		w.t.Fatalf("passed: %+v, now %d, begun %v", p, now, w.begun[p.Lane])
	}
	for i, v := range versions(d.Peek(nil, e)) {
		a := e.Start + block.LBA(i)
		if v < w.stored[a] {
			w.t.Fatalf("block %d: version %d reaches the medium after %d", a, v, w.stored[a])
		}
		w.stored[a] = v
	}
	for a, v := range versions(d.Peek(nil, everything)) {
		if v != w.stored[a] {
			w.t.Fatalf("block %d holds %d without a word, Stored told of %d", a, v, w.stored[a])
		}
	}
}

// cut takes the power and gives it back; what is left is the new beginning.
func (w *world) cut() {
	w.offline = true
	now := w.kernel.Now()
	if rapid.Bool().Draw(w.t, "owner too") {
		w.forget()
	}
	w.drive.PowerFail(now)
	left := w.drive.Peek(nil, everything)
	w.surviving(left)
	w.kernel.RunUntil(now)
	if len(w.pending) != 0 || w.drive.CachedBlocks() != 0 {
		w.t.Fatalf("%d commands outlive the power, %d blocks", len(w.pending), w.drive.CachedBlocks())
	}
	w.advance(time.Millisecond)
	w.drive.PowerReturn(w.kernel.Now())
	w.offline = false
	for a, v := range versions(left) {
		if !v.Written() {
			v = 0
			w.drive.Poke(block.Extent{Start: block.LBA(a), Blocks: 1}, 0)
		}
		w.submitted[a], w.acked[a], w.promised[a], w.stored[a] = v, v, v, v
	}
}

// forget takes all commands back and uses their memory for something else.
func (w *world) forget() {
	w.drive.Abort(w.kernel.Now())
	for io := range w.pending {
		for i := range io.Cells {
			io.Cells[i].Tag = block.MaxVersion.Tag(0)
		}
	}
	clear(w.pending)
}

// abort leaves open which of the commands that it ends had effect: the medium
// is let run out first, so that the oracle can look.
func (w *world) abort() {
	w.forget()
	w.kernel.RunUntil(w.kernel.Now() + 1e9)
	left := w.drive.Peek(nil, everything)
	w.surviving(left)
	for a, v := range versions(left) {
		if v < w.acked[a] {
			w.t.Fatalf("block %d holds %d, acknowledged was %d", a, v, w.acked[a])
		}
		w.submitted[a], w.acked[a], w.promised[a] = v, v, v
	}
}

// surviving checks what a cut leaves or would leave: nothing older than what was
// promised, nothing that was never written there, and torn blocks only in one
// physical sector for each access that can be under way.
func (w *world) surviving(left []block.Cell) {
	torn := map[int]bool{}
	for a, v := range versions(left) {
		switch e, known := w.written[v]; {
		case v == block.Torn:
			torn[a/8] = true
		case v < w.promised[a]:
			w.t.Fatalf("block %d holds %d, promised was %d", a, v, w.promised[a])
		case v != 0 && (!known || !e.Contains(block.LBA(a))):
			w.t.Fatalf("block %d holds %d, which was never written there", a, v)
		}
	}
	if limit := len(w.drive.flights); len(torn) > limit || len(torn) > 0 && (w.spec.Tear == 512 || w.spec.Protected) {
		w.t.Fatalf("torn sectors %v", torn)
	}
}

func (w *world) compare(what string, cells []block.Cell, want []block.Version) {
	got := versions(cells)
	if len(got) != len(want) {
		w.t.Fatalf("%s has %d blocks, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			w.t.Fatalf("%s: block %d holds %d, want %d", what, i, got[i], want[i])
		}
	}
}
