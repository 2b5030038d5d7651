package report

import (
	"slices"

	"tbraid/internal/perfetto"
	"tbraid/sim"
)

// slice is an event that lasts.
type slice struct {
	from, to sim.Time
	event    perfetto.Event
}

// stamped is something that a trace shows at an instant.
type stamped struct {
	at    sim.Time
	write func(w *perfetto.Writer, at int64)
}

// timeline collects what a run shows, track by track, and writes it in order of
// time.
type timeline struct {
	w     *perfetto.Writer
	group perfetto.Track
	rank  int
	all   []stamped
}

// next is the rank of the next track: they show in the order in which they are made.
func (l *timeline) next() int {
	l.rank++
	return l.rank
}

// slices puts slices on as few tracks of one name as they need: on each they
// follow one another. Perfetto shows such tracks as one. There is always one.
func (l *timeline) slices(name string, all []slice) {
	slices.SortStableFunc(all, func(a, b slice) int { return int(a.from - b.from) })
	rank := l.next()
	var lanes []perfetto.Track
	var free []sim.Time
	onLane := func(i int) perfetto.Track {
		if i == len(lanes) {
			lanes, free = append(lanes, l.w.Slices(l.group, name, rank)), append(free, 0)
		}
		return lanes[i]
	}
	onLane(0)
	for _, s := range all {
		i := slices.IndexFunc(free, func(t sim.Time) bool { return t <= s.from })
		if i < 0 {
			i = len(lanes)
		}
		lane := onLane(i)
		free[i] = s.to
		l.all = append(l.all,
			stamped{s.from, func(w *perfetto.Writer, at int64) { w.Begin(lane, at, &s.event) }},
			stamped{s.to, func(w *perfetto.Writer, at int64) { w.End(lane, at) }})
	}
}

// instants puts events on a track.
func (l *timeline) instants(name string, all []slice) {
	t := l.w.Slices(l.group, name, l.next())
	for _, s := range all {
		l.all = append(l.all, stamped{s.from, func(w *perfetto.Writer, at int64) { w.Instant(t, at, &s.event) }})
	}
}

// counter puts the values that a number of bytes takes on a track.
func (l *timeline) counter(name string, at []sim.Time, value []uint64) {
	t := l.w.Counter(l.group, name, l.next())
	for i := range at {
		l.all = append(l.all, stamped{at[i], func(w *perfetto.Writer, ns int64) { w.Count(t, ns, value[i]) }})
	}
}

// flush writes all of it. What comes at one instant stays in its order, so that a
// slice ends before the next of its lane begins.
func (l *timeline) flush() {
	slices.SortStableFunc(l.all, func(a, b stamped) int { return int(a.at - b.at) })
	for _, s := range l.all {
		s.write(l.w, int64(s.at))
	}
}
