// Package perfetto writes traces in Perfetto's own format: a protobuf message Trace
// whose packets are TrackDescriptors and TrackEvents. It knows as much of the
// format as tracks, slices, instants, counters and flows take.
//
// Field numbers are those of protos/perfetto/trace in the Perfetto repository:
// trace.proto, trace_packet.proto, track_event/{track_descriptor,track_event,
// counter_descriptor,debug_annotation}.proto; how they are used follows its page
// "Writing TrackEvent Protos Synthetically".
package perfetto

import (
	"bufio"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields that are written.
const (
	tracePacket = 1

	packetTimestamp  = 8 // nanoseconds
	packetSequence   = 10
	packetEvent      = 11
	packetFlags      = 13
	packetDescriptor = 60

	trackUUID          = 1
	trackName          = 2
	trackParent        = 5
	trackCounter       = 8
	trackChildOrdering = 11
	trackRank          = 12

	counterUnit = 3

	eventAnnotations  = 4
	eventType         = 9
	eventTrack        = 11
	eventCategories   = 22
	eventName         = 23
	eventCounterValue = 30
	eventFlows        = 47 // fixed64
	eventLastFlows    = 48 // fixed64

	annotationUint   = 3
	annotationString = 6
	annotationName   = 10
)

// Values of enumerations.
const (
	sequenceID              = 1 // one writer, one sequence
	incrementalStateCleared = 1 // SequenceFlags: with the first packet
	orderingExplicit        = 3 // ChildTracksOrdering: by rank
	unitBytes               = 3 // CounterDescriptor.Unit: UNIT_SIZE_BYTES

	typeBegin   = 1
	typeEnd     = 2
	typeInstant = 3
	typeCounter = 4
)

// Track is a track by its number; 0 is none.
type Track uint64

// Note is an annotation of an event: a text, or a number if the text is empty.
type Note struct {
	Name   string
	Text   string
	Number uint64
}

// Event is what a slice or an instant shows.
type Event struct {
	Name     string
	Category string
	Flows    []uint64 // arrows that start here or pass through
	Ends     []uint64 // arrows that end here
	Notes    []Note
}

// Writer writes a trace. Events have to come in order of time, those of one
// instant in the order in which they are to nest.
type Writer struct {
	out    *bufio.Writer
	tracks Track
	begun  bool
	packet []byte // reused
	body   []byte
	inner  []byte
	err    error
}

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{out: bufio.NewWriter(w)} }

// Group makes a track that holds others, in the order of their ranks; rank is its
// own among its siblings.
func (w *Writer) Group(parent Track, name string, rank int) Track {
	return w.track(parent, name, rank, func(b []byte) []byte { return number(b, trackChildOrdering, orderingExplicit) })
}

// Slices makes a track for slices and instants. Slices of one track must nest.
// Perfetto shows siblings of one name as one.
func (w *Writer) Slices(parent Track, name string, rank int) Track {
	return w.track(parent, name, rank, func(b []byte) []byte { return b })
}

// Counter makes a track for a number of bytes.
func (w *Writer) Counter(parent Track, name string, rank int) Track {
	return w.track(parent, name, rank, func(b []byte) []byte {
		w.inner = number(w.inner[:0], counterUnit, unitBytes)
		return raw(b, trackCounter, w.inner)
	})
}

func (w *Writer) track(parent Track, name string, rank int, more func([]byte) []byte) Track {
	w.tracks++
	b := number(w.body[:0], trackUUID, uint64(w.tracks))
	b = text(b, trackName, name)
	if parent != 0 {
		b = number(b, trackParent, uint64(parent))
	}
	b = number(b, trackRank, uint64(rank))
	w.body = more(b)
	w.emit(packetDescriptor, nil)
	return w.tracks
}

// Begin begins a slice.
func (w *Writer) Begin(t Track, atNS int64, e *Event) { w.event(t, atNS, typeBegin, e) }

// End ends the slice of the track that began last.
func (w *Writer) End(t Track, atNS int64) { w.event(t, atNS, typeEnd, &Event{}) }

// Instant is an event that takes no time.
func (w *Writer) Instant(t Track, atNS int64, e *Event) { w.event(t, atNS, typeInstant, e) }

// Count gives a counter a value.
func (w *Writer) Count(t Track, atNS int64, value uint64) {
	b := number(w.body[:0], eventType, typeCounter)
	b = number(b, eventTrack, uint64(t))
	w.body = number(b, eventCounterValue, value)
	w.emit(packetEvent, &atNS)
}

func (w *Writer) event(t Track, atNS int64, kind uint64, e *Event) {
	b := number(w.body[:0], eventType, kind)
	b = number(b, eventTrack, uint64(t))
	if e.Category != "" {
		b = text(b, eventCategories, e.Category)
	}
	if e.Name != "" {
		b = text(b, eventName, e.Name)
	}
	for _, id := range e.Flows {
		b = protowire.AppendFixed64(protowire.AppendTag(b, eventFlows, protowire.Fixed64Type), id)
	}
	for _, id := range e.Ends {
		b = protowire.AppendFixed64(protowire.AppendTag(b, eventLastFlows, protowire.Fixed64Type), id)
	}
	for _, n := range e.Notes {
		w.inner = text(w.inner[:0], annotationName, n.Name)
		if n.Text != "" {
			w.inner = text(w.inner, annotationString, n.Text)
		} else {
			w.inner = number(w.inner, annotationUint, n.Number)
		}
		b = raw(b, eventAnnotations, w.inner)
	}
	w.body = b
	w.emit(packetEvent, &atNS)
}

// emit writes a packet with body as its field; nil is no time.
func (w *Writer) emit(field protowire.Number, atNS *int64) {
	b := w.packet[:0]
	if atNS != nil {
		b = number(b, packetTimestamp, uint64(*atNS))
	}
	b = number(b, packetSequence, sequenceID)
	if !w.begun {
		b = number(b, packetFlags, incrementalStateCleared)
		w.begun = true
	}
	w.packet = raw(b, field, w.body)
	w.inner = raw(w.inner[:0], tracePacket, w.packet)
	if w.err == nil {
		_, w.err = w.out.Write(w.inner)
	}
}

// Close writes what is left, and returns the first error. It does not close what
// the Writer writes to.
func (w *Writer) Close() error {
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.err
}

func number(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func raw(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}
