package lab

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"tbraid/configs"
	"tbraid/host/trace"
	"tbraid/host/workload"
	"tbraid/sim/ledger"
)

// BenchSchema names the form of a Bench as JSON.
const BenchSchema = "tbraid-bench/1"

// Bench is what a measurement of the model itself found.
type Bench struct {
	Schema string       `json:"schema"`
	Ledger ledger.Level `json:"ledger"`
	Swept  bool         `json:"swept"`
	Scale  float64      `json:"scale"`
	Cases  []Cost       `json:"cases"`
}

// Cost is what one case cost. Requests to PeakHeap belong to the part that is
// measured; what warms the caches up comes before it. The first four depend on the
// model alone, the others on the machine as well.
type Cost struct {
	Case      string `json:"case"`
	Title     string `json:"title"`
	Requests  uint64 `json:"requests"`     // of the program; case G: the same as Commands
	Commands  uint64 `json:"commands"`     // that crossed the link
	Events    uint64 `json:"events"`       // of the kernel
	Simulated int64  `json:"simulated_ns"` // time that passed in the model
	CPU       int64  `json:"cpu_ns"`       // processor time of this process
	Allocs    uint64 `json:"allocs"`       // heap objects
	PeakHeap  uint64 `json:"peak_heap"`    // bytes of heap objects, garbage not yet collected included
}

// PerCPUSecond is requests in a second of processor time.
func (c *Cost) PerCPUSecond() float64 {
	return float64(c.Requests) / time.Duration(max(c.CPU, 1)).Seconds()
}

// EventsPerIO is events of the kernel a request.
func (c *Cost) EventsPerIO() float64 { return float64(c.Events) / float64(max(c.Requests, 1)) }

// AllocsPerIO is heap objects a request.
func (c *Cost) AllocsPerIO() float64 { return float64(c.Allocs) / float64(max(c.Requests, 1)) }

// BenchOptions says what to measure, and how.
type BenchOptions struct {
	Cases  []string // names, or letters that stand for all that begin with it; nil is all
	Ledger ledger.Level
	Sweep  bool           // what a cut would have cost at every instant is kept up to date
	Scale  float64        // of the number of requests, above 0
	Trace  []trace.Record // that F replays, see host/trace
}

// BenchNames lists the cases.
func BenchNames() []string {
	var names []string
	for _, c := range benchCases {
		names = append(names, c.name)
	}
	for _, c := range otherCases {
		names = append(names, c.name)
	}
	return names
}

// chosen lists the cases to measure, each once, in the order in which they were
// named.
func (o *BenchOptions) chosen() ([]string, error) {
	if len(o.Cases) == 0 {
		return BenchNames(), nil
	}
	var names []string
	for _, want := range o.Cases {
		found := false
		for _, name := range BenchNames() {
			letter, _, _ := strings.Cut(name, "-")
			if strings.EqualFold(want, name) || strings.EqualFold(want, letter) {
				found = true
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		if !found {
			return nil, &UnknownCase{want}
		}
	}
	return names, nil
}

// UnknownCase is the error of a case that there is not.
type UnknownCase struct{ Name string }

// Error says which there are.
func (u *UnknownCase) Error() string {
	return fmt.Sprintf("there is no case %q; cases are %s, or a letter for all that begin with it", u.Name, strings.Join(BenchNames(), ", "))
}

// MeasureSpeed runs the cases one after the other, each on one processor; the
// collector of the runtime may use another, and its time counts. It returns an
// *UnknownCase if there is no case of a name.
func MeasureSpeed(o BenchOptions) (*Bench, error) {
	names, err := o.chosen()
	if err != nil {
		return nil, err
	}
	b := &Bench{Schema: BenchSchema, Ledger: o.Ledger, Swept: o.Sweep, Scale: o.Scale}
	for _, name := range names {
		c, err := o.measure(name)
		if err != nil {
			return nil, err
		}
		b.Cases = append(b.Cases, c)
	}
	return b, nil
}

// measure runs one case.
func (o *BenchOptions) measure(name string) (Cost, error) {
	if i := slices.IndexFunc(otherCases, func(c otherCase) bool { return c.name == name }); i >= 0 {
		c, err := otherCases[i].measure(o)
		c.Case = name
		return c, err
	}
	i := slices.IndexFunc(benchCases, func(c benchCase) bool { return c.name == name })
	r, err := newRig(&benchCases[i], o)
	if err != nil {
		return Cost{}, err
	}
	if err := r.play(r.benchCase.warm); err != nil {
		return Cost{}, err
	}
	return r.measure(r.benchCase.scaled(o.Scale))
}

// scaled is how many requests the case makes.
func (c *benchCase) scaled(by float64) uint64 { return max(1, uint64(float64(c.requests)*by)) }

// rig is the world of a case, ready for its load.
type rig struct {
	*benchCase
	w     *world
	load  load
	swept bool
}

func newRig(c *benchCase, o *BenchOptions) (*rig, error) {
	text := fmt.Sprintf("title: %q\nseed: 1\nbox: %s\nhosts: [kext]\npolicies: [%s]\nsteps:\n  - wait: 1ms\n", c.title, c.box, c.policy)
	s, err := configs.Parse("case "+c.name, []byte(text), c.sets)
	if err != nil {
		return nil, err
	}
	p := uncut(s, &s.Cases[0]).on(s.Box, s.Hosts[0], s.Policies[0])
	p.detail = o.Ledger
	r := &rig{benchCase: c, swept: o.Sweep}
	return r, p.guard(func() error {
		w, err := newWorld(p)
		if err != nil {
			return err
		}
		if o.Sweep {
			w.listen()
		} else {
			w.begin()
		}
		r.w, r.load = w, load{w.k.Stream("load"), w.box.Blocks(), o.Trace}
		return nil
	})
}

// play lets the load make so many requests.
func (r *rig) play(n uint64) error {
	source, err := r.source(n, r.load)
	if err != nil {
		return err
	}
	return r.drive(source)
}

// drive runs a load to its end.
func (r *rig) drive(source workload.Source) error {
	return r.w.guard(func() error {
		run := workload.Load{Path: "/dev/r" + configs.Device, Depth: benchDepth, Source: source}
		if exit := r.w.program("load", run.Run); exit != 0 {
			return fmt.Errorf("case %s: the load ended with status %d: a request failed", r.name, exit)
		}
		return nil
	})
}

// measure plays the case and counts.
func (r *rig) measure(n uint64) (Cost, error) {
	source, err := r.source(n, r.load)
	if err != nil {
		return Cost{}, err
	}
	c := Cost{Case: r.name, Title: r.title}
	g := newGauge(n)
	from, fired, carried := r.w.k.Now(), r.w.k.Fired(), r.w.link.Carried().Commands
	g.start()
	err = r.drive(&metered{source, g})
	if r.swept && err == nil {
		r.w.l.Finish(r.w.k.Now())
	}
	g.stop(&c)
	c.Requests = g.requests
	c.Commands = r.w.link.Carried().Commands - carried
	c.Events = r.w.k.Fired() - fired
	c.Simulated = int64(r.w.k.Now().Sub(from))
	runtime.KeepAlive(r)
	return c, err
}

// metered counts the requests of a source and looks at the heap now and then.
type metered struct {
	workload.Source
	gauge *gauge
}

// Next is that of the source.
func (m *metered) Next() (workload.Request, bool) {
	r, ok := m.Source.Next()
	if ok {
		m.gauge.request()
	}
	return r, ok
}

// looks is how often the heap is looked at while a case runs.
const looks = 64

// gauge measures what a piece of work costs this process.
type gauge struct {
	requests, every uint64
	left            uint64 // requests to the next look
	samples         [1]metrics.Sample
	peak            uint64
	allocs          uint64
	used            time.Duration
}

func newGauge(requests uint64) *gauge {
	every := max(1, requests/looks)
	g := &gauge{every: every, left: every}
	g.samples[0].Name = "/memory/classes/heap/objects:bytes"
	return g
}

func (g *gauge) request() {
	g.requests++
	if g.left--; g.left == 0 {
		g.left = g.every
		g.look()
	}
}

func (g *gauge) look() {
	metrics.Read(g.samples[:])
	g.peak = max(g.peak, g.samples[0].Value.Uint64())
}

func (g *gauge) start() {
	runtime.GC()
	g.look()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	g.allocs, g.used = m.Mallocs, cpu()
}

func (g *gauge) stop(c *Cost) {
	used := cpu()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	g.look()
	c.CPU, c.Allocs, c.PeakHeap = int64(used-g.used), m.Mallocs-g.allocs, g.peak
}
